"""The parsed sources as named graphs: merged, canonical, sorted, on disk.

Statements are kept as lines of canonical N-Quads and N-Triples, sorted by code point, in files of a
folder that the caller provides; what is read of them is read as a stream.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import BinaryIO, Final, cast

import pyoxigraph as ox

from publisher.iri import IriSpace
from publisher.progress import Progress
from publisher.push.quad_lines import chunks, has_blank_node, split
from publisher.runs import distinct
from publisher.terms import RDF_TYPE, bare

#: Lines of all graphs wait for each other until there are so many bytes of one, or of all.
_BATCH: Final = 1 << 18
_WAITING: Final = 64 << 20
_TYPE: Final = f" <{RDF_TYPE}> ".encode()


def canonical(quads: Iterable[ox.Quad]) -> list[ox.Quad]:
    """Return the quads without doubles, blank nodes labelled by RDFC-1.0, in code point order.

    Implements RDF Dataset Canonicalization (rdf-canon); sorting the lines of the result gives the
    canonical N-Quads form.
    """
    dataset = ox.Dataset(quads)
    if any(map(_has_blank_node, dataset)):
        dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return sorted(dataset, key=str)


def canonical_lines(quads: Iterable[ox.Quad], folder: Path) -> Iterator[bytes]:
    """Yield the canonical N-Quads of a dataset, sorted, in bounded memory.

    Labels of blank nodes depend on nothing but the statements that have some (rdf-canon, 4.4), so
    only those are held in memory. `folder` is for the runs of the sort.
    """
    nameless: list[ox.Quad] = []

    def lines() -> Iterator[bytes]:
        for quad in quads:
            if _has_blank_node(quad):
                nameless.append(quad)
            else:
                yield _line(quad)
        yield from map(_line, canonical(nameless))

    return distinct(lines(), folder)


def n_quads(quads: Iterable[ox.Quad]) -> bytes:
    """Return canonical N-Quads lines, sorted by code point."""
    serialized = ox.serialize(quads, format=ox.RdfFormat.N_QUADS)
    assert serialized is not None
    return b"".join(sorted(serialized.splitlines(keepends=True)))


@dataclass
class NamedGraph:
    """One graph: its triples as sorted N-Triples in a file."""

    path: Path
    triples: int = 0
    things: list[str] = field(default_factory=list)
    """The IRIs of the things that it gives a type."""
    nameless: set[bytes] = field(default_factory=set)
    """Subjects, as they are written, of which a statement has a blank node."""

    def lines(self, passed: Callable[[int], None] | None = None) -> Iterator[bytes]:
        """Read its lines; `passed` is told how many bytes have been read since the last time."""
        with self.path.open("rb") as file:
            if passed is None:
                yield from file
                return
            while lines := file.readlines(_BATCH):
                yield from lines
                passed(sum(map(len, lines)))


class Graphs:
    """The dataset of a release (canonical, sorted) and, apart from it, the shapes."""

    def __init__(self, iris: IriSpace, folder: Path, shapes: list[ox.Quad]) -> None:
        """Take an empty folder; `of` fills it."""
        self.iris = iris
        self.folder = folder
        self.shapes = shapes
        self.path = folder / "dataset.nq"
        """All statements as canonical N-Quads."""
        self.merged = NamedGraph(folder / "merged.nt")
        """The distinct triples of all graphs (RDF 1.1 Semantics, 4.1)."""
        self.named: dict[str, NamedGraph] = {}
        """Each graph by its name, sorted."""

    @classmethod
    def of(
        cls,
        iris: IriSpace,
        dataset: Iterable[ox.Quad],
        shapes: Iterable[ox.Quad],
        folder: Path,
        progress: Progress,
    ) -> Graphs:
        """Canonicalise both and write the dataset into an empty folder.

        `shapes` are not read before `dataset` has been.
        """
        count = 0

        def counted() -> Iterator[ox.Quad]:
            nonlocal count
            for quad in dataset:
                count += 1
                yield quad

        sorted_ = canonical_lines(counted(), folder)
        # All is read before the first line is known; only then is it known how many there are.
        first = [line for line in (next(sorted_, None),) if line]
        lines = progress.step("canonicalise", chain(first, sorted_), count, "statements")
        graphs = cls(iris, folder, [])
        with graphs.path.open("wb") as whole, graphs.merged.path.open("wb") as merged:
            for name, batch in chunks(graphs._take(lines, whole, merged), _BATCH, _WAITING):
                with graphs.named[name].path.open("ab") as file:
                    file.write(batch)
        graphs.named = dict(sorted(graphs.named.items()))
        graphs.shapes = canonical(shapes)
        return graphs

    def _take(
        self, lines: Iterable[bytes], whole: BinaryIO, merged: BinaryIO
    ) -> Iterator[tuple[str, bytes]]:
        """Write the whole and its merge; yield each triple with the name of its graph."""
        last = subject = b""
        thing: str | None = None
        for line in lines:
            whole.write(line)
            triple, name = split(line)
            graph = self.named.get(name)
            if graph is None:
                graph = self.named[name] = NamedGraph(self.folder / f"{len(self.named)}.nt")
            graph.triples += 1
            if not subject or not triple.startswith(subject):
                subject = triple[: triple.index(b" ") + 1]
                iri = subject[1:-2].decode()
                thing = iri if self.iris.split(iri) else None
            if b"_:" in triple and has_blank_node(triple):
                graph.nameless.add(subject)
                self.merged.nameless.add(subject)
            if thing and triple.startswith(_TYPE, len(subject) - 1):
                if not graph.things or graph.things[-1] != thing:
                    graph.things.append(thing)
                if not self.merged.things or self.merged.things[-1] != thing:
                    self.merged.things.append(thing)
            if triple != last:
                merged.write(triple)
                self.merged.triples += 1
                last = triple
            yield name, triple

    @property
    def size(self) -> int:
        """How many quads there are."""
        return sum(graph.triples for graph in self.named.values())

    def quads(self) -> Iterator[ox.Quad]:
        """Read all quads, sorted."""
        for quad in ox.parse(path=self.path, format=ox.RdfFormat.N_QUADS, lenient=True):
            yield cast(ox.Quad, quad)

    def triples(self) -> Iterator[ox.Triple]:
        """Read the distinct triples of all graphs, sorted."""
        return triples_in(self.merged)

    def ontology(self) -> list[ox.Quad]:
        """Return the quads of the ontology's graph."""
        graph = self.named.get(self.iris.ontology_graph)
        name = ox.NamedNode(self.iris.ontology_graph)
        return [ox.Quad(*bare(triple), name) for triple in triples_in(graph)] if graph else []


def triples_in(graph: NamedGraph) -> Iterator[ox.Triple]:
    """Read the triples of a graph, sorted; blank nodes keep their labels."""
    for quad in ox.parse(path=graph.path, format=ox.RdfFormat.N_TRIPLES, lenient=True):
        yield cast(ox.Quad, quad).triple


def _has_blank_node(quad: ox.Quad) -> bool:
    return isinstance(quad.subject, ox.BlankNode) or isinstance(quad.object, ox.BlankNode)


def _line(quad: ox.Quad) -> bytes:
    return f"{quad} .\n".encode()
