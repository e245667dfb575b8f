"""Dumps: the dataset and its collections as files, the same bytes for the same triples.

They are written from the parsed sources, never from a store, which would rewrite literals.
"""

from __future__ import annotations

import functools
import gzip
import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox

from publisher.describe.context import context
from publisher.describe.linksets import Linkset
from publisher.describe.void import linkset_file
from publisher.formats import JSON_LD, N_QUADS, N_TRIPLES, RDF_FORMS, RDF_XML, TRIG, TURTLE, RdfForm
from publisher.graphs import Graphs, n_quads
from publisher.jsonld import Compactor
from publisher.publication import Publication
from publisher.release import DEFAULT
from publisher.terms import bare_triples
from publisher.turtle import trig, turtle

DUMPS = "dumps"


@dataclass(frozen=True)
class Dump:
    """A file to be written into a release's dumps/ and what it holds (see ReleasedFile)."""

    file: str
    title: str
    form: RdfForm
    content: Callable[[], bytes]
    graph: str | None = None
    packed: bool = True
    """Whether there is a .gz beside it."""


def dumps(publication: Publication, graphs: Graphs, linksets: Iterable[Linkset]) -> list[Dump]:
    """Return all dumps of a release: the whole in every form, each collection, shapes, links."""
    writer = _Writer(publication, graphs)
    found = [
        Dump(
            f"{publication.name}.{form.suffix}",
            f"the whole dataset as {form.label}",
            form,
            write,
            None if form.dataset else DEFAULT,
        )
        for form, write in writer.whole()
    ]
    taken = {f"{publication.name}-shapes.ttl"}
    for name, quads in graphs.named().items():
        collection = name.removeprefix(publication.iris.graph(""))
        file = f"{publication.name}-{_file_name(collection)}.ttl"
        if file in taken:
            digest = hashlib.sha256(name.encode()).hexdigest()[:8]
            file = f"{publication.name}-{_file_name(collection)}-{digest}.ttl"
        taken.add(file)
        title = publication.collections.get(collection, f"the graph {collection}")
        if name == publication.iris.ontology_graph:
            title = "the ontology"
        write = functools.partial(writer.turtle, quads)
        found.append(Dump(file, title, TURTLE, write, name))
    if graphs.shapes:
        file = f"{publication.name}-shapes.ttl"
        found.append(Dump(file, "the shapes", TURTLE, lambda: writer.turtle(graphs.shapes)))
    for linkset in linksets:
        title = f"links to {linkset.target.title}"
        file = linkset_file(publication.name, linkset)
        found.append(Dump(file, title, N_TRIPLES, linkset.n_triples, packed=False))
    return found


def _file_name(collection: str) -> str:
    """Return a name that every file system and every HTTP header takes."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", collection).strip("-.") or "graph"


def write_dumps(plan: list[Dump], folder: Path) -> Iterator[tuple[Path, Dump]]:
    """Write the dumps and a .gz beside each; yields every path when its file is complete."""
    folder.mkdir(parents=True, exist_ok=True)
    for dump in plan:
        data = dump.content()
        path = folder / dump.file
        path.write_bytes(data)
        yield path, dump
        if not dump.packed:
            continue
        packed = folder / f"{dump.file}.gz"
        packed.write_bytes(gzip.compress(data, mtime=0))
        yield packed, dump


class _Writer:
    def __init__(self, publication: Publication, graphs: Graphs) -> None:
        self._prefixes = publication.prefixes
        self._ontology = publication.iris.ontology
        self._graphs = graphs

    def whole(self) -> list[tuple[RdfForm, Callable[[], bytes]]]:
        """Return for each form how the whole dataset is written in it."""
        writers: dict[RdfForm, Callable[[], bytes]] = {
            TURTLE: self._merged_turtle,
            N_TRIPLES: lambda: self._merged(N_TRIPLES),
            JSON_LD: self._json_ld,
            RDF_XML: lambda: self._merged(RDF_XML),
            TRIG: self._trig,
            N_QUADS: lambda: n_quads(self._graphs.quads),
        }
        return [(form, writers[form]) for form in RDF_FORMS]

    def turtle(self, quads: list[ox.Quad]) -> bytes:
        """Return one graph as Turtle."""
        return turtle(bare_triples(quads), self._prefixes).encode()

    def _merged_turtle(self) -> bytes:
        return turtle(bare_triples(self._graphs.merge()), self._prefixes).encode()

    def _merged(self, form: RdfForm) -> bytes:
        prefixes = dict(self._prefixes) if form is RDF_XML else {}
        return _serialize(self._graphs.merge(), form, prefixes)

    def _json_ld(self) -> bytes:
        short = context(self._ontology, self._prefixes, self._graphs.merge())["@context"]
        return b"".join(Compactor(short).dataset(self._graphs.named()))

    def _trig(self) -> bytes:
        graphs = {name: bare_triples(quads) for name, quads in self._graphs.named().items()}
        return trig(graphs, self._prefixes).encode()


def _serialize(
    statements: list[ox.Quad] | list[ox.Triple], form: RdfForm, prefixes: dict[str, str]
) -> bytes:
    data = ox.serialize(statements, format=form.oxigraph, prefixes=prefixes or None)
    assert data is not None
    return data
