"""Dumps: the dataset and its collections as files, the same bytes for the same triples.

They are written from the parsed sources, never from a store, which would rewrite literals; and
piece by piece, so that they may be larger than memory.
"""

from __future__ import annotations

import functools
import hashlib
import re
import tempfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from publisher.blocks import trig_stream, turtle_stream
from publisher.describe.context import context
from publisher.describe.linksets import Linkset
from publisher.describe.void import linkset_file
from publisher.formats import JSON_LD, N_QUADS, N_TRIPLES, RDF_FORMS, RDF_XML, TRIG, TURTLE, RdfForm
from publisher.graphs import Graphs, NamedGraph, triples_in
from publisher.jsonld import Compactor
from publisher.publication import Publication
from publisher.release import DEFAULT
from publisher.terms import bare_triples
from publisher.turtle import turtle

DUMPS = "dumps"
_PIECE: Final = 1 << 18
_LEVEL: Final = 9
#: What has zlib write the header of gzip, without a time (zlib manual, deflateInit2).
_GZIP: Final = 31


@dataclass(frozen=True)
class Dump:
    """A file to be written into a release's dumps/ and what it holds (see ReleasedFile)."""

    file: str
    title: str
    form: RdfForm
    content: Callable[[], Iterable[bytes]]
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
    for name, graph in graphs.named.items():
        collection = name.removeprefix(publication.iris.graph(""))
        file = f"{publication.name}-{_file_name(collection)}.ttl"
        if file in taken:
            digest = hashlib.sha256(name.encode()).hexdigest()[:8]
            file = f"{publication.name}-{_file_name(collection)}-{digest}.ttl"
        taken.add(file)
        title = publication.collections.get(collection, f"the graph {collection}")
        if name == publication.iris.ontology_graph:
            title = "the ontology"
        write = functools.partial(writer.turtle, graph)
        found.append(Dump(file, title, TURTLE, write, name))
    if graphs.shapes:
        file = f"{publication.name}-shapes.ttl"
        found.append(Dump(file, "the shapes", TURTLE, writer.shapes))
    for linkset in linksets:
        title = f"links to {linkset.target.title}"
        file = linkset_file(publication.name, linkset)
        found.append(Dump(file, title, N_TRIPLES, linkset.lines, packed=False))
    return found


def _file_name(collection: str) -> str:
    """Return a name that every file system and every HTTP header takes."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", collection).strip("-.") or "graph"


def write_dumps(plan: list[Dump], folder: Path) -> Iterator[tuple[Path, Dump]]:
    """Write the dumps and a .gz beside each; yields every path when its file is complete."""
    folder.mkdir(parents=True, exist_ok=True)
    for dump in plan:
        path = folder / dump.file
        with path.open("wb") as file:
            file.writelines(dump.content())
        yield path, dump
        if not dump.packed:
            continue
        packed = folder / f"{dump.file}.gz"
        _pack(path, packed)
        yield packed, dump


def _pack(path: Path, packed: Path) -> None:
    """Compress a file; neither its name nor a time goes into the other."""
    squeeze = zlib.compressobj(_LEVEL, wbits=_GZIP)
    with packed.open("wb") as file:
        file.writelines(map(squeeze.compress, _pieces(path)))
        file.write(squeeze.flush())


class _Writer:
    def __init__(self, publication: Publication, graphs: Graphs) -> None:
        self._prefixes = publication.prefixes
        self._ontology = publication.iris.ontology
        self._graphs = graphs

    def whole(self) -> list[tuple[RdfForm, Callable[[], Iterable[bytes]]]]:
        """Return for each form how the whole dataset is written in it."""
        graphs, prefixes, folder = self._graphs, self._prefixes, self._graphs.folder
        writers: dict[RdfForm, Callable[[], Iterable[bytes]]] = {
            TURTLE: lambda: self.turtle(graphs.merged),
            N_TRIPLES: lambda: _pieces(graphs.merged.path),
            JSON_LD: self._json_ld,
            RDF_XML: self._rdf_xml,
            TRIG: lambda: trig_stream(graphs.named, prefixes, folder),
            N_QUADS: lambda: _pieces(graphs.path),
        }
        return [(form, writers[form]) for form in RDF_FORMS]

    def turtle(self, graph: NamedGraph) -> Iterator[bytes]:
        """Yield one graph as Turtle."""
        return turtle_stream(graph, self._prefixes, self._graphs.folder)

    def shapes(self) -> Iterator[bytes]:
        """Yield the shapes as Turtle."""
        yield turtle(bare_triples(self._graphs.shapes), self._prefixes).encode()

    def _json_ld(self) -> Iterator[bytes]:
        short = context(self._ontology, self._prefixes, self._graphs.merged.lines())["@context"]
        graphs = {name: triples_in(graph) for name, graph in self._graphs.named.items()}
        return Compactor(short).dataset(graphs)

    def _rdf_xml(self) -> Iterator[bytes]:
        """Yield the merge as RDF/XML, which Oxigraph writes into a file."""
        with tempfile.NamedTemporaryFile(dir=self._graphs.folder) as file:
            ox.serialize(
                self._graphs.triples(),
                file.name,
                format=RDF_XML.oxigraph,
                prefixes=dict(self._prefixes),
            )
            yield from _pieces(Path(file.name))


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece
