"""Where pySHACL 0.40 departs from the specification of SHACL: its components, mended.

A value is judged by the very expression that queries flag by, and by the engine, so that what is
reported is what is flagged. docs/decisions/0017-shacl-compiler.md names the departures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from threading import RLock
from typing import Any, Final

import pyoxigraph as ox
import pyshacl.shape
import rdflib
from pyshacl.constraints import ALL_CONSTRAINT_PARAMETERS, CONSTRAINT_PARAMETERS_MAP
from pyshacl.constraints.core.property_pair_constraints import (
    LessThanConstraintComponent,
    LessThanOrEqualsConstraintComponent,
)
from pyshacl.errors import ReportableRuntimeError
from pyshacl.helper import expression_helper, sparql_query_helper
from pyshacl.helper.sparql_query_helper import SPARQLQueryHelper
from pyshacl.rdfutil.stringify import stringify_blank_node
from rdflib.namespace import RDF, SH, XSD

from publisher.shacl.components import sparql, strings, value_range, value_type
from publisher.shacl.components.value_range import holds
from publisher.shacl.context import Rule
from publisher.shacl.rdflib_terms import to_engine
from publisher.shacl.writing import NotCompilable, path

_EMPTY: Final = ox.Store()
_LOCK: Final = RLock()
_along: Final = expression_helper.value_nodes_from_path
_collect: Final[Callable[[Any], None]] = SPARQLQueryHelper.collect_prefixes


@contextmanager
def specified() -> Iterator[None]:
    """Let pySHACL validate as the specification says, in one thread at a time."""
    parameters = (ALL_CONSTRAINT_PARAMETERS, CONSTRAINT_PARAMETERS_MAP | _COMPONENTS)
    with _LOCK, ExitStack() as stack:
        for module, name, mended in (
            # pySHACL keeps there what it has read of its components, and looks there first.
            (pyshacl.shape, "CONSTRAINT_PARAMS", parameters),
            (pyshacl.shape, "value_nodes_from_path", _value_nodes),
            (expression_helper, "value_nodes_from_path", _value_nodes),
            (SPARQLQueryHelper, "collect_prefixes", _collect_prefixes),
            (sparql_query_helper, "shacl_path_to_sparql_path", _path_in_query),
            # What it calls blank nodes it keeps by the address of their graph, for ever: messages
            # would tell of another graph that was there before.
            (stringify_blank_node, "dict_cache", {}),
        ):
            stack.callback(setattr, module, name, getattr(module, name, (None, None)))
            setattr(module, name, mended)
        yield


def _true(expression: str, **values: rdflib.term.Node) -> bool:
    """Whether an expression is true of values; an error is not."""
    names = " ".join(f"?{name}" for name in values)
    rows = _EMPTY.query(
        f"SELECT {names} (COALESCE({expression}, false) AS ?true) {{}}",
        substitutions={ox.Variable(name): to_engine(node) for name, node in values.items()},
    )
    assert isinstance(rows, ox.QuerySolutions)
    return bool(next(rows)["true"] == ox.Literal(True))


def _tested(parameter: rdflib.URIRef, rule: Rule) -> type:
    """Return pySHACL's component of a parameter, with values judged by a rule."""
    base: Any = CONSTRAINT_PARAMETERS_MAP[parameter]

    class Tested(base):  # type: ignore[misc]
        def evaluate(
            self, executor: Any, target_graph: Any, focus_value_nodes: Any, path: Any
        ) -> Any:
            try:
                tests = [
                    rule(self.shape.sg.graph, given) for given in self.shape.objects(parameter)
                ]
            except NotCompilable:
                return super().evaluate(executor, target_graph, focus_value_nodes, path)
            reports = [
                self.make_v_result(target_graph, focus, value_node=value)
                for test in tests
                for focus, values in focus_value_nodes.items()
                for value in values
                if not (self.may_be(value) and _true(test("?value"), value=value))
            ]
            return not reports, reports

        def may_be(self, value: rdflib.term.Node) -> bool:
            # The engine takes an xsd:byte for the xsd:integer that it is derived from.
            return parameter != SH.datatype or _datatype(value) == self.datatype_rule

    return Tested


def _datatype(value: rdflib.term.Node) -> rdflib.term.Node | None:
    if not isinstance(value, rdflib.Literal):
        return None
    return value.datatype or (RDF.langString if value.language else XSD.string)


def _compared(base: type, comparison: str, method: str) -> type:
    """Return pySHACL's component of a property pair, with SPARQL's comparison."""

    def compare(self: Any, values: Any, others: Any, graph: Any, focus: Any) -> Any:
        reports = [
            self.make_v_result(graph, focus, value_node=value)
            for value in values
            for other in others
            if not _true(holds("?value", comparison, "?other"), value=value, other=other)
        ]
        return bool(reports), reports

    return type(base.__name__, (base,), {method: compare})


def _collect_prefixes(helper: Any) -> None:
    """Collect prefixes, also those of graphs that are imported."""
    _collect(helper)
    shapes = helper.shape.sg.graph
    for prefixes in shapes.objects(helper.node, SH.prefixes):
        for declaration in sparql.declarations(shapes, prefixes):
            prefix = str(shapes.value(declaration, SH.prefix))
            helper.prefixes[prefix] = shapes.value(declaration, SH.namespace)


def _path_in_query(shapes: Any, path_: Any, *_: Any, **__: Any) -> str:
    """Return a path for `$PATH`, in brackets wherever another operator may stand beside it."""
    try:
        return path(shapes.graph, path_)
    except NotCompilable as error:
        raise ReportableRuntimeError(str(error)) from None


def _value_nodes(
    shapes: Any, focus: Any, path: Any, data: Any, inverse: bool = False, recursion: int = 0
) -> set[Any]:
    """Return the value nodes along a path: the inverse of a sequence from its last step."""
    if inverse and (path, RDF.first, None) in shapes.graph:
        nodes = {focus}
        for step in reversed(list(shapes.graph.items(path))):
            nodes = {
                value
                for node in nodes
                for value in _value_nodes(shapes, node, step, data, inverse, recursion + 1)
            }
        return nodes
    return set(_along(shapes, focus, path, data, inverse, recursion))


_COMPONENTS: Final[dict[rdflib.URIRef, type]] = {
    **{
        parameter: _tested(parameter, rule)
        for module in (strings, value_range, value_type)
        for parameter, rule in module.RULES.items()
    },
    SH.lessThan: _compared(LessThanConstraintComponent, "<", "_compare_lt"),
    SH.lessThanOrEquals: _compared(LessThanOrEqualsConstraintComponent, "<=", "_compare_ltoe"),
}
