"""The parsed sources as named graphs: merged, canonical, sorted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

import pyoxigraph as ox

from publisher.iri import IriSpace
from publisher.terms import RDF_TYPE, bare, graph_of


def canonical(quads: Iterable[ox.Quad]) -> list[ox.Quad]:
    """Return the quads without doubles, blank nodes labelled by RDFC-1.0, in code point order.

    Implements RDF Dataset Canonicalization (rdf-canon); sorting the lines of the result gives the
    canonical N-Quads form.
    """
    dataset = ox.Dataset(quads)
    if any(
        isinstance(term, ox.BlankNode) for quad in dataset for term in (quad.subject, quad.object)
    ):
        dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return sorted(dataset, key=str)


def n_quads(quads: Iterable[ox.Quad]) -> bytes:
    """Return canonical N-Quads lines, sorted by code point."""
    serialized = ox.serialize(quads, format=ox.RdfFormat.N_QUADS)
    assert serialized is not None
    return b"".join(sorted(serialized.splitlines(keepends=True)))


@dataclass
class Graphs:
    """The dataset of a release (canonical, sorted) and, apart from it, the shapes."""

    iris: IriSpace
    quads: list[ox.Quad] = field(default_factory=list)
    shapes: list[ox.Quad] = field(default_factory=list)

    @classmethod
    def of(cls, iris: IriSpace, dataset: Iterable[ox.Quad], shapes: Iterable[ox.Quad]) -> Graphs:
        """Canonicalise both."""
        return cls(iris, canonical(dataset), canonical(shapes))

    def named(self) -> dict[str, list[ox.Quad]]:
        """Return the quads by graph name, both sorted."""
        graphs: dict[str, list[ox.Quad]] = {}
        for quad in self.quads:
            graphs.setdefault(graph_of(quad), []).append(quad)
        return dict(sorted(graphs.items()))

    def merge(self) -> list[ox.Triple]:
        """Return the distinct triples of all graphs (RDF 1.1 Semantics, 4.1), sorted."""
        return sorted({quad.triple for quad in self.quads}, key=str)

    def ontology(self) -> list[ox.Quad]:
        """Return the quads of the ontology's graph."""
        return self.named().get(self.iris.ontology_graph, [])

    def things(self) -> dict[str, set[str]]:
        """Return the IRIs of the things that each graph gives a type, by graph name."""
        found: defaultdict[str, set[str]] = defaultdict(set)
        for quad in self.quads:
            subject, predicate, _ = bare(quad)
            if predicate.value == RDF_TYPE and self.iris.split(subject.value):
                found[graph_of(quad)].add(subject.value)
        return dict(found)
