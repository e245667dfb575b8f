"""The compiler: from a shape to queries that flag the focus nodes which violate it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import rdflib
from rdflib.namespace import SH

from publisher.shacl import targets
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
from publisher.shacl.context import Component, Context, Violation
from publisher.shacl.shapes_graph import ShapesGraph
from publisher.shacl.writing import THIS, NotCompilable, Variables, path

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
_PATH: Final = SH.path
_PROPERTY: Final = SH.property
_SPARQL: Final = SH.sparql
_NONE: Final = "FILTER(false)"


@dataclass(frozen=True)
class Query:
    """A query for what violates one constraint of a shape.

    It yields focus nodes as `?this`, and their wrong values as `?value` where a result has one. It
    may yield some that violate nothing, never too few.
    """

    text: str
    component: rdflib.URIRef
    shape: rdflib.term.Node
    """The shape with the constraint: the one with the target, or a property shape of it."""


@dataclass(frozen=True)
class Compiled:
    """A shape as queries."""

    shape: rdflib.term.Node
    queries: tuple[Query, ...]
    """A query for each constraint."""
    flagging: tuple[str, ...]
    """Queries for `?this` that together yield the focus nodes of all of these, in few passes."""


@dataclass(frozen=True)
class _Constraint:
    """A constraint at the top of a query."""

    component: rdflib.URIRef
    shape: rdflib.term.Node
    violation: Violation


class Compiler:
    """Compiles the shapes of one graph."""

    def __init__(
        self, graph: rdflib.Graph, check: Callable[[rdflib.term.Node], None] = lambda _: None
    ) -> None:
        """Take a shapes graph, in which rules and declarations of components may stand, too.

        `check` raises NotCompilable for a shape that is not formed as it must be.
        """
        self._shapes = ShapesGraph(graph)
        self._check = check
        self._own = sparql.own_parameters(graph)

    def compile(
        self, shape: rdflib.term.Node, among: Sequence[rdflib.term.Node] | None = None
    ) -> Compiled:
        """Compile a shape that has targets, perhaps for some nodes alone. Raises NotCompilable."""
        where = targets.focus_nodes(self._shapes, shape, among)
        if not where or self._shapes.is_deactivated(shape):
            return Compiled(shape, (), ())
        constraints = list(self._constraints(shape))
        queries = [
            Query(_valued(where, each.violation), each.component, each.shape)
            for each in constraints
        ]
        violations = [each.violation for each in constraints]
        flagging = [_valued(where, each) for each in violations if each.having]
        if patterns := [each.pattern for each in violations if not each.having]:
            any_ = " UNION ".join(f"{{ {each} }}" for each in patterns)
            flagging.append(f"SELECT DISTINCT ?this WHERE {{ {where} FILTER EXISTS {{ {any_} }} }}")
        for query in self._queried(shape, where):
            queries.append(query)
            flagging.append(query.text)
        nodes = targets.nodes(self._shapes, shape, among)
        if nodes and queries:
            # A path of no steps leads from a node to itself, but for the engine only in the data.
            apart = "FILTER NOT EXISTS { ?this ?_p ?_o } FILTER NOT EXISTS { ?_s ?_p ?this }"
            listed = f"VALUES ?this {{ {' '.join(nodes)} }}"
            flagging.append(f"SELECT ?this WHERE {{ {listed} {apart} }}")
        return Compiled(shape, tuple(queries), tuple(flagging))

    def focus_nodes(self, shape: rdflib.term.Node, among: Sequence[rdflib.term.Node]) -> str:
        """Return a query for which of some nodes are focus nodes of a shape.

        Raises NotCompilable.
        """
        where = targets.focus_nodes(self._shapes, shape, among) or _NONE
        return f"SELECT DISTINCT ?this WHERE {{ {where} }}"

    def _constraints(self, shape: rdflib.term.Node) -> Iterator[_Constraint]:
        """Yield the constraints of a shape and of its property shapes, whose focus nodes it has.

        Those that are queries themselves are not among them.
        """
        variables = Variables()
        for each in self._with_properties(shape):
            above = () if each == shape else (shape,)
            for parameter, violation in self._violations(each, THIS, variables, above):
                yield _Constraint(_component(parameter, violation), each, violation)

    def _queried(self, shape: rdflib.term.Node, where: str) -> Iterator[Query]:
        """Yield the queries of SPARQL-based constraints."""
        graph = self._shapes.graph
        for each in self._with_properties(shape):
            paths = self._shapes.values(each, _PATH)
            for constraint in sorted(self._shapes.values(each, _SPARQL), key=str):
                if not self._shapes.is_deactivated(constraint):
                    along = next((path(graph, found) for found in paths), None)
                    text = sparql.query(graph, constraint, where, along)
                    yield Query(text, SH.SPARQLConstraintComponent, each)

    def _with_properties(self, shape: rdflib.term.Node) -> list[rdflib.term.Node]:
        """Return a shape, and if it is a node shape its property shapes."""
        if self._shapes.has_path(shape):
            return [shape]
        properties = sorted(self._shapes.values(shape, _PROPERTY), key=str)
        if not all(map(self._shapes.has_path, properties)):
            raise NotCompilable("a node shape as the value of sh:property")
        return [shape, *(each for each in properties if not self._shapes.is_deactivated(each))]

    def _violations(
        self,
        shape: rdflib.term.Node,
        focus: str,
        variables: Variables,
        above: tuple[rdflib.term.Node, ...],
        exact: bool = False,
        outermost: bool = True,
    ) -> Iterator[tuple[rdflib.term.Node, Violation]]:
        """Yield the parameters of a shape with what is solved where they are violated."""
        if shape in above:
            raise NotCompilable("shapes that refer to themselves")
        if self._shapes.is_deactivated(shape):
            return
        self._check(shape)
        graph = self._shapes.graph
        paths = self._shapes.values(shape, _PATH)
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
            outermost,
        )
        for parameter, values in sorted(self._shapes.about(shape).items()):
            if parameter == _PROPERTY and outermost and not paths:
                continue  # its constraints stand outermost, too
            component = COMPONENTS.get(parameter)  # type: ignore[call-overload]
            if component is not None:
                for value in sorted(values, key=str):
                    for violation in component(context, value):
                        yield parameter, violation
            else:
                self._refuse(parameter, outermost)

    def _refuse(self, parameter: rdflib.term.Node, outermost: bool) -> None:
        """Raise NotCompilable for a parameter of a shape that no component knows."""
        if parameter == _SPARQL:
            if not outermost:
                raise NotCompilable("a SPARQL constraint of a shape within another")
        elif parameter in self._own or (
            parameter not in _SILENT and str(parameter).startswith(str(SH))
        ):
            raise NotCompilable(f"<{parameter}>")

    def _violated(
        self, variables: Variables, above: tuple[rdflib.term.Node, ...], exact: bool
    ) -> Callable[[rdflib.term.Node, str], str]:
        def violated(shape: rdflib.term.Node, focus: str) -> str:
            found = self._violations(shape, focus, variables, above, exact, outermost=False)
            # A shape that asks for nothing is violated by nothing.
            return " UNION ".join(f"{{ {each.pattern} }}" for _, each in found) or _NONE

        return violated


def _valued(where: str, violation: Violation) -> str:
    """Return the query for focus nodes and values."""
    if violation.having:
        grouped = f"GROUP BY {THIS} HAVING({violation.having})"
        return f"SELECT {THIS} WHERE {{ {{ {where} }} {violation.pattern} }} {grouped}"
    found = f"{THIS} ({violation.value} AS ?value)" if violation.value else THIS
    return f"SELECT DISTINCT {found} WHERE {{ {{ {where} }} {violation.pattern} }}"


def _component(parameter: rdflib.term.Node, violation: Violation) -> rdflib.URIRef:
    name = str(parameter).removeprefix(str(SH))
    return violation.component or SH[f"{name[0].upper()}{name[1:]}ConstraintComponent"]
