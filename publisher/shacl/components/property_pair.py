"""Property pair constraint components (SHACL, section 4.5)."""

from __future__ import annotations

from typing import Final

import rdflib
from rdflib.namespace import SH

from publisher.shacl.components.value_range import holds
from publisher.shacl.context import Component, Context, Violation
from publisher.shacl.writing import NotCompilable, term


def _property(value: rdflib.term.Node) -> str:
    if not isinstance(value, rdflib.URIRef):
        raise NotCompilable("a property that is none")
    return term(value)


def equals(context: Context, value: rdflib.term.Node) -> list[Violation]:
    """Flag focus nodes whose values are not those of a property (4.5.1)."""
    other, v, w = _property(value), context.variables.fresh(), context.variables.fresh()
    if context.path is None:
        focus = context.focus
        return [
            Violation(f"FILTER NOT EXISTS {{ {focus} {other} {focus} }}", focus),
            Violation(f"{focus} {other} {w} . FILTER(!sameTerm({focus}, {w}))", w),
        ]
    has = f"{context.focus} {context.path}"
    return [
        Violation(f"{has} {v} . FILTER NOT EXISTS {{ {context.focus} {other} {v} }}", v),
        Violation(f"{context.focus} {other} {w} . FILTER NOT EXISTS {{ {has} {w} }}", w),
    ]


def disjoint(context: Context, value: rdflib.term.Node) -> list[Violation]:
    """Flag values that are those of a property, too (4.5.2)."""
    other = _property(value)
    return context.each(lambda v: f"{context.focus} {other} {v} .")


def _compared(comparison: str) -> Component:
    def component(context: Context, value: rdflib.term.Node) -> list[Violation]:
        other, w = _property(value), context.variables.fresh()

        def violation(v: str) -> str:
            kept = f"COALESCE({holds(v, comparison, w)}, false)"
            return f"{context.focus} {other} {w} . FILTER(!{kept})"

        return context.each(violation)

    return component


COMPONENTS: Final[dict[rdflib.URIRef, Component]] = {
    SH.equals: equals,
    SH.disjoint: disjoint,
    SH.lessThan: _compared("<"),
    SH.lessThanOrEquals: _compared("<="),
}
