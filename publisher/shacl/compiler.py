"""The compiler: from a shape to queries that flag the focus nodes which violate it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import rdflib
from rdflib.namespace import OWL, RDF, RDFS, SH

from publisher.shacl.components import (
    cardinality,
    logical,
    others,
    property_pair,
    sparql,
    strings,
    value_range,
    value_type,
)
from publisher.shacl.context import Component, Context
from publisher.shacl.writing import NotCompilable, Variables, path, term

_MODULES: Final = (
    *(cardinality, logical, others, property_pair, strings, value_range, value_type),
)
COMPONENTS: Final[Mapping[rdflib.URIRef, Component]] = {
    parameter: component
    for module in _MODULES
    for parameter, component in module.COMPONENTS.items()
}
#: What a shape may have that asks for nothing by itself.
_SILENT: Final = frozenset(
    (
        *(SH.path, SH.name, SH.description, SH.message, SH.severity, SH.order, SH.group),
        *(SH.defaultValue, SH.deactivated, SH.flags, SH.ignoredProperties, SH.targetClass),
        *(SH.targetNode, SH.targetSubjectsOf, SH.targetObjectsOf, SH.qualifiedMinCount),
        *(SH.qualifiedMaxCount, SH.qualifiedValueShapesDisjoint, SH.declare, SH.prefixes),
    )
)
_THIS: Final = "?this"
_NONE: Final = "FILTER(false)"


@dataclass(frozen=True)
class Compiled:
    """Queries for `?this`, which together flag every focus node that violates a shape."""

    shape: rdflib.term.Node
    queries: tuple[str, ...]


class Compiler:
    """Compiles the shapes of one graph."""

    def __init__(
        self, graph: rdflib.Graph, check: Callable[[rdflib.term.Node], None] = lambda _: None
    ) -> None:
        """Take a shapes graph, in which rules and declarations of components may stand, too.

        `check` raises NotCompilable for a shape that is not formed as it must be.
        """
        self._graph = graph
        self._check = check
        # pySHACL knows a class of classes only where it is a subclass of rdfs:Class itself.
        self._classes = {*graph.transitive_subjects(RDFS.subClassOf, RDFS.Class), OWL.Class}
        self._own = sparql.own_parameters(graph)

    def compile(
        self, shape: rdflib.term.Node, among: Sequence[rdflib.term.Node] | None = None
    ) -> Compiled:
        """Compile a shape that has targets, perhaps for some nodes alone. Raises NotCompilable."""
        where = self._focus_nodes(shape, among)
        if not where or self._deactivated(shape):
            return Compiled(shape, ())
        queries = [
            f"SELECT DISTINCT ?this WHERE {{ {where} {pattern} }}"
            for pattern in self._patterns(shape, _THIS, Variables(), ())
        ]
        queries += [
            sparql.query(self._graph, constraint, where)
            for constraint in self._graph.objects(shape, SH.sparql)
            if not self._deactivated(constraint)
        ]
        nodes = list(self._graph.objects(shape, SH.targetNode))
        if nodes and queries:
            # A path of no steps leads from a node to itself, but for the engine only in the data.
            listed = " ".join(sorted(map(term, nodes)))
            apart = "FILTER NOT EXISTS { ?this ?_p ?_o } FILTER NOT EXISTS { ?_s ?_p ?this }"
            queries.append(f"SELECT ?this WHERE {{ VALUES ?this {{ {listed} }} {apart} }}")
        return Compiled(shape, tuple(queries))

    def focus_nodes(self, shape: rdflib.term.Node, among: Sequence[rdflib.term.Node]) -> str:
        """Return a query for which of some nodes are focus nodes of a shape.

        Raises NotCompilable.
        """
        return f"SELECT DISTINCT ?this WHERE {{ {self._focus_nodes(shape, among) or _NONE} }}"

    def _focus_nodes(
        self, shape: rdflib.term.Node, among: Sequence[rdflib.term.Node] | None
    ) -> str:
        """Return a pattern for the focus nodes of a shape; empty without a target."""
        where = " UNION ".join(f"{{ {each} }}" for each in self._targets(shape))
        if among is None or not where:
            return where
        some = " ".join(sorted(map(term, among)))
        return f"VALUES {_THIS} {{ {some} }} {{ {where} }}"

    def _targets(self, shape: rdflib.term.Node) -> list[str]:
        """Return patterns that bind ?this to the focus nodes (SHACL, section 2.1.3)."""
        graph = self._graph
        if (shape, SH.target, None) in graph:
            raise NotCompilable("a target of SHACL Advanced Features")
        nodes = set(graph.objects(shape, SH.targetNode))
        if any(isinstance(each, rdflib.Literal) for each in nodes):
            # The engine spells it as it likes, and a report has to name it as the shape does.
            raise NotCompilable("a literal as a target")
        classes = set(graph.objects(shape, SH.targetClass))
        if not self._classes.isdisjoint(graph.objects(shape, RDF.type)):
            classes.add(shape)
        path_ = f"{RDF.type.n3()}/{RDFS.subClassOf.n3()}*"
        found = [f"{_THIS} {path_} {term(each)} ." for each in classes]
        found += [f"VALUES {_THIS} {{ {term(each)} }}" for each in nodes]
        other = "?_other"
        for each in graph.objects(shape, SH.targetSubjectsOf):
            found.append(f"{_THIS} {term(each)} {other} .")
        for each in graph.objects(shape, SH.targetObjectsOf):
            found.append(f"{other} {term(each)} {_THIS} .")
        return sorted(found)

    def _deactivated(self, shape: rdflib.term.Node) -> bool:
        return any(
            isinstance(value, rdflib.Literal) and value.toPython() is True
            for value in self._graph.objects(shape, SH.deactivated)
        )

    def _patterns(
        self,
        shape: rdflib.term.Node,
        focus: str,
        variables: Variables,
        above: tuple[rdflib.term.Node, ...],
        exact: bool = False,
    ) -> Iterator[str]:
        """Yield patterns that, behind what binds `focus`, are solved where it violates a shape."""
        if shape in above:
            raise NotCompilable("shapes that refer to themselves")
        if self._deactivated(shape):
            return
        self._check(shape)
        graph = self._graph
        paths = list(graph.objects(shape, SH.path))
        if len(paths) > 1:
            raise NotCompilable("a shape with several paths")
        inner = (*above, shape)
        context = Context(
            graph,
            shape,
            focus,
            path(graph, paths[0]) if paths else None,
            variables,
            self._violated(variables, inner, exact),
            self._violated(variables, inner, True),
            exact,
        )
        for parameter, value in sorted(graph.predicate_objects(shape)):
            component = COMPONENTS.get(parameter)  # type: ignore[call-overload]
            if component is not None:
                yield from component(context, value)
            elif parameter == SH.sparql and above:
                raise NotCompilable("a SPARQL constraint of a shape within another")
            elif parameter in self._own or (
                str(parameter).startswith(str(SH)) and parameter not in (*_SILENT, SH.sparql)
            ):
                raise NotCompilable(f"<{parameter}>")
            elif parameter == SH.sparql and paths:
                raise NotCompilable("a SPARQL constraint of a property shape")

    def _violated(
        self, variables: Variables, above: tuple[rdflib.term.Node, ...], exact: bool
    ) -> Callable[[rdflib.term.Node, str], str]:
        def violated(shape: rdflib.term.Node, focus: str) -> str:
            patterns = list(self._patterns(shape, focus, variables, above, exact))
            # A shape that asks for nothing is violated by nothing.
            return " UNION ".join(f"{{ {each} }}" for each in patterns) or _NONE

        return violated
