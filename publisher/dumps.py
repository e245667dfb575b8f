"""Dumps: the dataset and its collections as files, the same bytes for the same triples.

They are written from the parsed sources, never from a store, which would rewrite literals; and
piece by piece, so that they may be larger than memory.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyoxigraph as ox

from publisher.blocks import trig_stream, turtle_stream
from publisher.cores import Advance
from publisher.describe.linksets import Linkset
from publisher.describe.void import linkset_file
from publisher.formats import JSON_LD, N_QUADS, N_TRIPLES, RDF_FORMS, RDF_XML, TRIG, TURTLE, RdfForm
from publisher.graphs import Graphs, NamedGraph, triples_in
from publisher.jsonld import Compactor
from publisher.packing import PACKINGS, Packing
from publisher.publication import Publication
from publisher.push.quad_lines import quad
from publisher.release import DEFAULT, ReleasedFile, sha256
from publisher.staging import linked
from publisher.terms import bare_triples
from publisher.turtle import turtle

DUMPS = "dumps"
_PIECE: Final = 1 << 18
#: Microseconds that a triple takes in each form, packed in every way, or if it is not packed.
_WORK: Final[dict[RdfForm, float]] = {
    TURTLE: 8,
    N_TRIPLES: 5,
    JSON_LD: 9,
    RDF_XML: 6,
    TRIG: 8,
    N_QUADS: 6,
}
_NOT_PACKED: Final = 0.2
#: The part of it that comes before the packing.
_PLAIN: Final = 0.4


@dataclass(frozen=True)
class Dump:
    """A file to be written into a release's dumps/ and what it holds (see ReleasedFile)."""

    file: str
    title: str
    form: RdfForm
    content: Callable[[], Iterable[bytes]] | Path
    """What yields its bytes, or a file that has just these."""
    triples: int
    graph: str | None = None
    packed: bool = True
    """Whether it is there packed, too, in every way (see publisher.packing)."""

    @property
    def work(self) -> float:
        """How much there is to do for it: about so many microseconds of a core."""
        return self.triples * (_WORK[self.form] if self.packed else _NOT_PACKED)


def dumps(
    publication: Publication,
    graphs: Graphs,
    linksets: Iterable[Linkset],
    context: Mapping[str, Any],
) -> list[Dump]:
    """Return all dumps of a release: the whole in every form, each collection, shapes, links.

    `context` is that of JSON-LD (see publisher.describe.context).
    """
    writer = _Writer(publication, graphs, context)
    found = [
        Dump(
            f"{publication.name}.{form.suffix}",
            f"the whole dataset as {form.label}",
            form,
            write,
            graphs.size if form.dataset else graphs.merged.triples,
            None if form.dataset else DEFAULT,
        )
        for form, write in writer.whole()
    ]
    taken = {f"{publication.name}-shapes"}
    for name, graph in graphs.named.items():
        collection = name.removeprefix(publication.iris.graph(""))
        stem = f"{publication.name}-{_file_name(collection)}"
        if stem in taken:
            stem = f"{stem}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
        taken.add(stem)
        title = publication.collections.get(collection, f"the graph {collection}")
        if name == publication.iris.ontology_graph:
            title = "the ontology"
        for form, write in writer.part(name, graph):
            about = title if form is TURTLE else f"{title} as {form.label}"
            found.append(Dump(f"{stem}.{form.suffix}", about, form, write, graph.triples, name))
    if graphs.shapes:
        file = f"{publication.name}-shapes.ttl"
        found.append(Dump(file, "the shapes", TURTLE, writer.shapes, len(graphs.shapes)))
    for linkset in linksets:
        title = f"links to {linkset.target.title}"
        file = linkset_file(publication.name, linkset)
        found.append(Dump(file, title, N_TRIPLES, linkset.path, linkset.triples, packed=False))
    return found


def _file_name(collection: str) -> str:
    """Return a name that every file system and every HTTP header takes."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", collection).strip("-.") or "graph"


def write_dump(dump: Dump, release: Path, advance: Advance) -> list[ReleasedFile]:
    """Write a dump into the directory of a release, plain and packed; return what was written."""
    path = release / DUMPS / dump.file
    if isinstance(dump.content, Path):
        if not path.exists():  # the canonical dump is there already, for the index
            linked(dump.content, path)
    else:
        with path.open("wb") as file:
            file.writelines(dump.content())
    advance(_PLAIN * dump.work)
    found = [_released(path, dump, None, release)]
    for packing in PACKINGS if dump.packed else ():
        packed = path.with_name(f"{path.name}{packing.suffix}")
        packing.pack(path, packed)
        found.append(_released(packed, dump, packing, release))
    advance((1 - _PLAIN) * dump.work)
    return found


def _released(path: Path, dump: Dump, packing: Packing | None, release: Path) -> ReleasedFile:
    return ReleasedFile(
        path=path.relative_to(release).as_posix(),
        bytes=path.stat().st_size,
        sha256=sha256(path),
        media_type=packing.media_type if packing else dump.form.media_type,
        title=f"{dump.title}, compressed" if packing else dump.title,
        graph=dump.graph,
    )


class _Writer:
    def __init__(
        self, publication: Publication, graphs: Graphs, context: Mapping[str, Any]
    ) -> None:
        self._prefixes = publication.prefixes
        self._graphs = graphs
        self._compactor = Compactor(context["@context"])

    def whole(self) -> list[tuple[RdfForm, Callable[[], Iterable[bytes]] | Path]]:
        """Return for each form how the whole dataset is written in it."""
        graphs, prefixes, folder = self._graphs, self._prefixes, self._graphs.folder
        writers: dict[RdfForm, Callable[[], Iterable[bytes]] | Path] = {
            TURTLE: lambda: self.turtle(graphs.merged),
            N_TRIPLES: graphs.merged.path,
            JSON_LD: lambda: self._json_ld(graphs.named),
            RDF_XML: lambda: self._rdf_xml(graphs.merged),
            TRIG: lambda: trig_stream(graphs.named, prefixes, folder),
            N_QUADS: graphs.path,
        }
        return [(form, writers[form]) for form in RDF_FORMS]

    def part(
        self, name: str, graph: NamedGraph
    ) -> Iterator[tuple[RdfForm, Callable[[], Iterable[bytes]] | Path]]:
        """Yield for each form how one graph is written in it: with its name where a form has it."""
        prefixes, folder = self._prefixes, self._graphs.folder
        writers: dict[RdfForm, Callable[[], Iterable[bytes]] | Path] = {
            TURTLE: lambda: self.turtle(graph),
            N_TRIPLES: graph.path,
            JSON_LD: lambda: self._json_ld({name: graph}),
            RDF_XML: lambda: self._rdf_xml(graph),
            TRIG: lambda: trig_stream({name: graph}, prefixes, folder),
            N_QUADS: lambda: (quad(line, name) for line in graph.lines()),
        }
        yield from ((form, writers[form]) for form in RDF_FORMS)

    def turtle(self, graph: NamedGraph) -> Iterator[bytes]:
        """Yield one graph as Turtle."""
        return turtle_stream(graph, self._prefixes, self._graphs.folder)

    def shapes(self) -> Iterator[bytes]:
        """Yield the shapes as Turtle."""
        yield turtle(bare_triples(self._graphs.shapes), self._prefixes).encode()

    def _json_ld(self, graphs: Mapping[str, NamedGraph]) -> Iterator[bytes]:
        return self._compactor.dataset({name: triples_in(graphs[name]) for name in graphs})

    def _rdf_xml(self, graph: NamedGraph) -> Iterator[bytes]:
        """Yield a graph as RDF/XML, which Oxigraph writes into a file."""
        with tempfile.NamedTemporaryFile(dir=self._graphs.folder) as file:
            ox.serialize(
                triples_in(graph),
                file.name,
                format=RDF_XML.oxigraph,
                prefixes=dict(self._prefixes),
            )
            yield from _pieces(Path(file.name))


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece
