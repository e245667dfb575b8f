"""Documents and pages of things: what each says of its thing is what the release says of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from itertools import groupby
from typing import Final, TypeGuard
from urllib.parse import quote, unquote

import pyoxigraph as ox

from publisher.edition import Edition
from publisher.formats import N_TRIPLES
from publisher.gate.disagreement import Disagreement
from publisher.graphs import canonical, n_quads
from publisher.iri import IriSpace
from publisher.live_server import Client, ServerFailed
from publisher.progress import Progress
from publisher.terms import RDF_TYPE
from publisher.verify.contents import contents

_AT_ONCE: Final = 4
#: What is withdrawn has neither document nor page: it is gone, or leads to its successor.
_WITHDRAWN: Final = (301, 410)
_TYPE: Final = ox.NamedNode(RDF_TYPE)
_SHOWN: Final = 3
_SAFE: Final = "/%:@!$&'()*+,;=~"
_HTML: Final = "text/html"
_HREF: Final = re.compile(r'\shref="([^"]*)"')
_TAG: Final = re.compile(r"<[^>]*>")


def check_documents(
    live: Client, edition: Edition, merge: Iterator[bytes], progress: Progress
) -> Iterator[Disagreement]:
    """Ask for the N-Triples document and the page of every thing that has them.

    `merge` are the lines of all statements without their graph, sorted. The document must have all
    that is said of its thing, and nothing that the release does not say; the page must link all
    things and addresses that its thing leads to.
    """
    every = list(merge)
    known = set(every)
    things = [
        (quote(path, safe=_SAFE), subject.decode(), list(lines))
        for subject, lines in groupby(every, lambda line: line.partition(b" ")[0])
        if (path := edition.iris.document_path(subject.decode()[1:-1])) is not None
        and edition.iris.split(subject.decode()[1:-1])
    ]
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        found = threads.map(lambda each: _checked(live, edition.iris, known, *each), things)
        for disagreements in progress.step("documents", found, len(things), "documents"):
            yield from disagreements


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
    live: Client, iris: IriSpace, known: set[bytes], path: str, subject: str, lines: list[bytes]
) -> list[Disagreement]:
    try:
        return [
            *_document(live, known, f"{path}.{N_TRIPLES.suffix}", subject, lines),
            *_page(live, iris, path, lines),
        ]
    except ServerFailed as error:
        return [Disagreement(path, str(error))]


def _document(
    live: Client, known: set[bytes], target: str, subject: str, lines: list[bytes]
) -> Iterator[Disagreement]:
    answer = live.get(target)
    if answer.status in _WITHDRAWN:
        return
    if answer.status != 200:
        yield Disagreement(target, f"the server answers {answer.status}")
        return
    found = set(
        n_quads(canonical(ox.parse(answer.body, N_TRIPLES.oxigraph))).splitlines(keepends=True)
    )
    start = f"{subject} ".encode()
    own = {line for line in found if line.startswith(start)}
    for what, differing in (
        ("lacks", set(lines) - own),
        ("says besides", {line for line in found - known if b"_:" not in line}),
    ):
        for line in sorted(differing)[:_SHOWN]:
            yield Disagreement(target, f"{what} {line.decode().rstrip()}")
        if len(differing) > _SHOWN:
            yield Disagreement(target, f"{what} {len(differing) - _SHOWN:,} statements more")


def _page(live: Client, iris: IriSpace, path: str, lines: list[bytes]) -> Iterator[Disagreement]:
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
    for quad in ox.parse(b"".join(lines), N_TRIPLES.oxigraph):
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
