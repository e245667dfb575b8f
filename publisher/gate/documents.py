"""Documents and pages of things: what each says of its thing is what the release says of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from html import unescape
from itertools import groupby, islice
from typing import Final, TypeGuard
from urllib.parse import quote, unquote

import pyoxigraph as ox

from publisher.edition import Edition
from publisher.formats import N_TRIPLES
from publisher.gate.disagreement import Disagreement
from publisher.graphs import canonical, n_quads
from publisher.iri import IriSpace
from publisher.limits import GATE_DOCUMENTS, GATE_TRIPLES
from publisher.live_server import Client, ServerFailed
from publisher.progress import Progress
from publisher.push.quad_lines import has_blank_node
from publisher.terms import RDF_TYPE
from publisher.verify.contents import contents

_AT_ONCE: Final = 4
_BATCH: Final = 200
#: What is withdrawn has neither document nor page: it is gone, or leads to its successor.
_WITHDRAWN: Final = (301, 410)
_TYPE: Final = ox.NamedNode(RDF_TYPE)
_SHOWN: Final = 3
_SAFE: Final = "/%:@!$&'()*+,;=~"
_HTML: Final = "text/html"
_HREF: Final = re.compile(r'\shref="([^"]*)"')
_TAG: Final = re.compile(r"<[^>]*>")


def check_documents(
    live: Client, edition: Edition, lines: Callable[[], Iterator[bytes]], progress: Progress
) -> Iterator[Disagreement]:
    """Ask for the N-Triples document and the page of every thing that has them.

    `lines` are those of all statements without their graph, sorted. The document must have all that
    is said of its thing, and nothing that the release does not say; the page must link all things
    and addresses that its thing leads to. Of more than GATE_DOCUMENTS things each so-manieth is
    asked for; of a release of more than GATE_TRIPLES documents are held to their own thing only.
    """
    number = sum(1 for _ in _things(edition, lines()))
    each = -(-number // GATE_DOCUMENTS) or 1
    chosen = islice(_things(edition, lines()), 0, None, each)
    known = set(lines()) if edition.triples <= GATE_TRIPLES else None
    if each > 1:
        progress.say(f"documents: one in {each} of {number:,}")
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        check = partial(_checked, live, edition.iris, known)
        found = (
            disagreements
            for some in _batched(chosen, _BATCH)
            for disagreements in threads.map(check, some)
        )
        for disagreements in progress.step("documents", found, -(-number // each), "documents"):
            yield from disagreements


@dataclass(frozen=True)
class _Thing:
    """A thing: where its document is, how a line begins that is about it, and those lines."""

    path: str
    start: bytes
    lines: list[bytes]


def _things(edition: Edition, lines: Iterator[bytes]) -> Iterator[_Thing]:
    for subject, group in groupby(lines, lambda line: line.partition(b" ")[0]):
        iri = subject.decode()[1:-1]
        path = edition.iris.document_path(iri)
        if path is not None and edition.iris.split(iri):
            yield _Thing(quote(path, safe=_SAFE), subject + b" ", list(group))


def _batched(items: Iterator[_Thing], size: int) -> Iterator[list[_Thing]]:
    while some := list(islice(items, size)):
        yield some


def check_ontology(live: Client, edition: Edition) -> Iterator[Disagreement]:
    """Ask for the document of the ontology, and compare it with its graph."""
    graph = edition.iris.ontology_graph
    with edition.quads_path.open("rb") as file:
        quads = ox.parse(file, ox.RdfFormat.N_QUADS)
        wanted = contents(
            ox.Quad(*quad.triple) for quad in quads if quad.graph_name == ox.NamedNode(graph)
        )
    target = f"/ontology.{N_TRIPLES.suffix}"
    answer = live.get(target)
    found = contents(ox.parse(answer.body, N_TRIPLES.oxigraph)) if answer.status == 200 else None
    if found != wanted:
        said = f"{found.statements:,} triples" if found else f"{answer.status}"
        yield Disagreement(target, f"{said}, where the graph has {wanted.statements:,} triples")


def _checked(
    live: Client, iris: IriSpace, known: set[bytes] | None, thing: _Thing
) -> list[Disagreement]:
    try:
        return [*_document(live, known, thing), *_page(live, iris, thing)]
    except ServerFailed as error:
        return [Disagreement(thing.path, str(error))]


def _document(live: Client, known: set[bytes] | None, thing: _Thing) -> Iterator[Disagreement]:
    target = f"{thing.path}.{N_TRIPLES.suffix}"
    answer = live.get(target)
    if answer.status in _WITHDRAWN:
        return
    if answer.status != 200:
        yield Disagreement(target, f"the server answers {answer.status}")
        return
    found = set(
        n_quads(canonical(ox.parse(answer.body, N_TRIPLES.oxigraph))).splitlines(keepends=True)
    )
    own = {line for line in found if line.startswith(thing.start)}
    strange = own - set(thing.lines) if known is None else found - known
    for what, differing in (
        ("lacks", set(thing.lines) - own),
        ("says besides", {line for line in strange if not has_blank_node(line)}),
    ):
        for line in sorted(differing)[:_SHOWN]:
            yield Disagreement(target, f"{what} {line.decode().rstrip()}")
        if len(differing) > _SHOWN:
            yield Disagreement(target, f"{what} {len(differing) - _SHOWN:,} statements more")


def _page(live: Client, iris: IriSpace, thing: _Thing) -> Iterator[Disagreement]:
    path = thing.path
    answer = live.get(path, _HTML)
    if answer.status in _WITHDRAWN:
        return
    if answer.status != 200:
        yield Disagreement(path, f"the server answers {answer.status} for its page")
        return
    page = unescape(answer.body.decode())
    links = {unquote(link) for link in _HREF.findall(page)}
    # What is described elsewhere has a page here that is asked for by its IRI.
    links |= {link.partition("?iri=")[2] for link in links}
    text = " ".join(_TAG.sub(" ", page).split())
    for quad in ox.parse(b"".join(thing.lines), N_TRIPLES.oxigraph):
        value = quad.object
        if isinstance(value, ox.NamedNode):
            local = iris.document_path(value.value) or iris.path(value.value)
            # A class of others is shown by its name alone.
            named = quad.predicate == _TYPE and local is None
            ways = {unquote(way) for way in (value.value, local) if way}
            if not named and not ways & links and value.value not in page:
                yield Disagreement(path, f"its page does not link {quad.predicate} {value}")
        elif _is_text(value) and " ".join(value.value.split()) not in text:
            yield Disagreement(path, f"its page does not say {quad.predicate} {value}")


def _is_text(value: object) -> TypeGuard[ox.Literal]:
    return isinstance(value, ox.Literal) and value.datatype.value in _TEXTS


_TEXTS: Final = (
    "http://www.w3.org/2001/XMLSchema#string",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString",
)
