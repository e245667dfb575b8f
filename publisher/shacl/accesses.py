"""What a shape looks at: the statements that may change what it finds, by way of its paths."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import rdflib
from rdflib.namespace import RDF, SH

from publisher.shacl.components.sparql import own_parameters
from publisher.shacl.predicates import predicates
from publisher.shacl.writing import PATHS, NotCompilable, items, path

_LISTS: Final = frozenset((SH["and"], SH["or"], SH.xone))
_SHAPES: Final = frozenset((SH.node, SH.property, SH["not"], SH.qualifiedValueShape))
_PROPERTIES: Final = frozenset((SH.equals, SH.disjoint, SH.lessThan, SH.lessThanOrEquals))
#: What looks at a value alone, or at nothing.
_VALUES: Final = frozenset(
    (
        *(SH.datatype, SH.nodeKind, SH.minCount, SH.maxCount, SH.minExclusive, SH.minInclusive),
        *(SH.maxExclusive, SH.maxInclusive, SH.minLength, SH.maxLength, SH.pattern, SH.flags),
        *(SH.languageIn, SH.uniqueLang, SH.hasValue, SH["in"], SH.ignoredProperties),
        *(SH.path, SH.name, SH.description, SH.message, SH.severity, SH.order, SH.group),
        *(SH.defaultValue, SH.deactivated, SH.targetClass, SH.targetNode, SH.targetSubjectsOf),
        *(SH.targetObjectsOf, SH.qualifiedMinCount, SH.qualifiedMaxCount),
    )
)


@dataclass(frozen=True)
class Access:
    """Statements that a shape looks at."""

    path: str
    """The path from the focus node to where they are, as SPARQL; empty for the focus node."""
    predicate: rdflib.term.Node | None
    """Their predicate; None for any."""
    inverse: bool = False
    """Whether the path leads to their objects instead of their subjects."""
    anywhere: bool = False
    """Whether they may be anywhere, so that they matter to any focus node."""


class Accesses:
    """What the shapes of a graph look at."""

    def __init__(self, graph: rdflib.Graph) -> None:
        """Take a shapes graph."""
        self._graph = graph
        self._own = own_parameters(graph)
        self._known: dict[tuple[rdflib.term.Node, str], frozenset[Access]] = {}

    def of(self, shape: rdflib.term.Node) -> frozenset[Access]:
        """Return what a shape with targets looks at.

        Raises NotCompilable for a shape that may look at anything.
        """
        targets = {
            Access("", predicate, inverse)
            for target, inverse in ((SH.targetSubjectsOf, False), (SH.targetObjectsOf, True))
            for predicate in self._graph.objects(shape, target)
        }
        return self._within(shape, "", ()) | targets | {Access("", RDF.type)}

    def _within(
        self, shape: rdflib.term.Node, at: str, above: tuple[rdflib.term.Node, ...]
    ) -> frozenset[Access]:
        if shape in above:
            raise NotCompilable("shapes that refer to themselves")
        known = self._known.get((shape, at))
        if known is None:
            known = self._known[shape, at] = frozenset(self._found(shape, at, (*above, shape)))
        return known

    def _found(
        self, shape: rdflib.term.Node, at: str, above: tuple[rdflib.term.Node, ...]
    ) -> Iterator[Access]:
        graph, values = self._graph, at
        for each in graph.objects(shape, SH.path):
            yield from _of_path(graph, each, at)
            values = _joined(at, path(graph, each))
        for parameter, value in graph.predicate_objects(shape):
            if parameter in _SHAPES:
                yield from self._within(value, values, above)
            elif parameter in _LISTS:
                for each in items(graph, value):
                    yield from self._within(each, values, above)
            elif parameter in _PROPERTIES:
                yield Access(at, value)
            elif parameter == SH["class"]:
                yield Access(values, RDF.type)
            elif parameter == SH.closed:
                yield Access(values, None)
            elif parameter == SH.sparql:
                yield from (Access("", each, anywhere=True) for each in predicates(graph, value))
            elif parameter in self._own or (
                parameter not in _VALUES and str(parameter).startswith(str(SH))
            ):
                raise NotCompilable(f"<{parameter}>")


def _of_path(
    graph: rdflib.Graph, node: rdflib.term.Node, at: str, inverse: bool = False
) -> Iterator[Access]:
    """Yield what a path looks at on its way."""
    if isinstance(node, rdflib.URIRef):
        yield Access(at, node, inverse)
        return
    if (node, RDF.first, None) in graph:
        steps = items(graph, node)
        for step in reversed(steps) if inverse else steps:
            yield from _of_path(graph, step, at, inverse)
            at = _joined(at, f"^{path(graph, step)}" if inverse else path(graph, step))
        return
    for kind, inner in graph.predicate_objects(node):
        if kind == SH.alternativePath:
            for each in items(graph, inner):
                yield from _of_path(graph, each, at, inverse)
        elif kind == SH.inversePath:
            yield from _of_path(graph, inner, at, not inverse)
        elif kind in PATHS:
            again = f"({'^' if inverse else ''}{path(graph, inner)})*"
            yield from _of_path(graph, inner, _joined(at, again), inverse)


def _joined(at: str, step: str) -> str:
    return f"{at}/{step}" if at else step
