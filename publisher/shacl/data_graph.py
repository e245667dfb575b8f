"""The data as pySHACL sees it: what is in the default graph of a store."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyoxigraph as ox
import rdflib
from pyshacl.graph_abstraction import OxigraphDataGraph, OxigraphStore
from rdflib.graph import DATASET_DEFAULT_GRAPH_ID

from publisher.shacl.rdflib_terms import from_engine, plain, to_engine

_Triple = tuple[rdflib.term.Node, rdflib.term.Node, rdflib.term.Node]


class _Store(OxigraphStore):
    """The store below the graph, which pySHACL looks at where it describes blank nodes."""

    def triples(self, triple_pattern: Any, context: Any = None) -> Any:
        for (subject, predicate, value), contexts in super().triples(triple_pattern, context):
            yield (subject, predicate, plain(value)), contexts


class DataGraph(OxigraphDataGraph):
    """The graph of pySHACL 0.40 over a store, with its faults mended.

    It asks `if graph` for every result it makes, inside sh:or also for those it drops; on an
    Oxigraph store that counts all triples each time (378 s instead of 6.5 s for 16,000 triples and
    47 shapes; docs/decisions/0003-shacl.md). It takes plain literals of the store for others than
    those of the shapes, so that sh:in and sh:hasValue of a string find none, and has ill-formed
    literals in a form that is well: "none"^^xsd:boolean as "false". It fails where a literal stands
    in the place of a class, or is a value of a closed shape.
    """

    def __init__(self, store: ox.Store) -> None:
        """Take a store."""
        super().__init__(store)
        self._store = _Store(store=store)
        self._default_graph = rdflib.Graph(self._store, DATASET_DEFAULT_GRAPH_ID)

    def __bool__(self) -> bool:
        return True

    def triples(self, triple: Any) -> Iterator[_Triple]:  # type: ignore[override]
        """Yield triples of a pattern; None stands for any term."""
        subject, predicate, _ = triple
        if isinstance(subject, rdflib.Literal) or isinstance(
            predicate, rdflib.Literal | rdflib.BNode
        ):
            return
        terms = (None if node is None else to_engine(node) for node in triple)
        pattern: Any = (*terms, ox.DefaultGraph())
        for quad in self.impl.quads_for_pattern(*pattern):
            found, by, value = map(from_engine, quad.triple)
            yield found, by, value

    def objects(self, subject: Any, predicate: Any, unique: bool = False) -> Any:  # type: ignore[override]  # noqa: ARG002
        """Yield the objects of a subject, or of several."""
        for each in subject if isinstance(subject, list | tuple) else [subject]:
            for _, _, value in self.triples((each, predicate, None)):
                yield value

    def subject_objects(self, predicate: Any, unique: bool = False) -> Any:  # type: ignore[override]  # noqa: ARG002
        """Yield the subjects and objects of a predicate."""
        for subject, _, value in self.triples((None, predicate, None)):
            yield subject, value

    def predicate_objects(self, subject: Any, unique: bool = False) -> Any:  # type: ignore[override]  # noqa: ARG002
        """Yield the predicates and objects of a subject."""
        for _, predicate, value in self.triples((subject, None, None)):
            yield predicate, value


def copied(store: ox.Store) -> rdflib.Graph:
    """Return what is in the default graph of a store; blank nodes keep their labels."""
    graph = rdflib.Graph(bind_namespaces="core")
    for quad in store.quads_for_pattern(None, None, None, ox.DefaultGraph()):
        graph.add(
            (from_engine(quad.subject), from_engine(quad.predicate), from_engine(quad.object))
        )
    return graph
