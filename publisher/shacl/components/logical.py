"""Logical and shape-based constraint components (SHACL, sections 4.6 and 4.7)."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import rdflib
from rdflib.namespace import SH

from publisher.shacl.components.cardinality import number
from publisher.shacl.context import Component, Context, Violation
from publisher.shacl.writing import NotCompilable, items

_QUALIFIED_MIN: Final = SH.QualifiedMinCountConstraintComponent
_QUALIFIED_MAX: Final = SH.QualifiedMaxCountConstraintComponent


def not_(context: Context, value: rdflib.term.Node) -> list[Violation]:
    """Flag values that conform to a shape (4.6.1)."""
    return context.each(lambda v: f"FILTER NOT EXISTS {{ {context.violated_exactly(value, v)} }}")


def and_(context: Context, value: rdflib.term.Node) -> list[Violation]:
    """Flag values that violate one of some shapes (4.6.2)."""
    return [
        pattern for shape in items(context.graph, value) for pattern in conforms(context, shape)
    ]


def or_(context: Context, value: rdflib.term.Node) -> list[Violation]:
    """Flag values that violate all of some shapes (4.6.3)."""
    shapes = items(context.graph, value)
    return context.each(
        lambda v: " ".join(f"FILTER EXISTS {{ {context.violated(each, v)} }}" for each in shapes)
    )


def xone(context: Context, value: rdflib.term.Node) -> list[Violation]:
    """Flag values that do not conform to exactly one of some shapes (4.6.4)."""
    shapes = items(context.graph, value)

    def violation(v: str) -> str:
        ones = [f"IF(EXISTS {{ {context.violated_exactly(each, v)} }}, 0, 1)" for each in shapes]
        return f"FILTER(({' + '.join(ones) or '0'}) != 1)"

    return context.each(violation)


def conforms(context: Context, value: rdflib.term.Node) -> list[Violation]:
    """Flag values that violate a shape."""
    return context.each(lambda v: f"FILTER EXISTS {{ {context.violated(value, v)} }}")


def node(context: Context, value: rdflib.term.Node) -> list[Violation]:
    """Flag values that violate a node shape (4.7.1)."""
    if (value, SH.path, None) in context.graph:
        raise NotCompilable("a property shape as the value of sh:node")
    return conforms(context, value)


def property_(context: Context, value: rdflib.term.Node) -> list[Violation]:
    """Flag values that violate a property shape (4.7.2)."""
    if (value, SH.path, None) not in context.graph:
        raise NotCompilable("a node shape as the value of sh:property")
    return conforms(context, value)


def qualified(context: Context, value: rdflib.term.Node) -> list[Violation]:
    """Flag focus nodes with too few or too many values that conform to a shape (4.7.3)."""
    graph, shape = context.graph, context.shape
    others = _siblings(graph, shape, value)

    def right(v: str) -> str:
        conforms = f"FILTER NOT EXISTS {{ {context.violated_exactly(value, v)} }}"
        apart = (f"FILTER EXISTS {{ {context.violated_exactly(each, v)} }}" for each in others)
        return " ".join((conforms, *apart))

    least = map(number, graph.objects(shape, SH.qualifiedMinCount))
    most = map(number, graph.objects(shape, SH.qualifiedMaxCount))
    return [
        *(replace(context.fewer(n, right), component=_QUALIFIED_MIN) for n in least if n),
        *(replace(context.more(n, right), component=_QUALIFIED_MAX) for n in most),
    ]


def _siblings(
    graph: rdflib.Graph, shape: rdflib.term.Node, value: rdflib.term.Node
) -> list[rdflib.term.Node]:
    """Return the shapes to which values must not conform, too, where shapes are disjoint."""
    if not any(map(_true, graph.objects(shape, SH.qualifiedValueShapesDisjoint))):
        return []
    found = {
        sibling
        for parent in graph.subjects(SH.property, shape)
        for each in graph.objects(parent, SH.property)
        for sibling in graph.objects(each, SH.qualifiedValueShape)
    }
    return sorted(found - {value}, key=str)


def _true(value: rdflib.term.Node) -> bool:
    return isinstance(value, rdflib.Literal) and value.toPython() is True


COMPONENTS: Final[dict[rdflib.URIRef, Component]] = {
    SH["not"]: not_,
    SH["and"]: and_,
    SH["or"]: or_,
    SH.xone: xone,
    SH.node: node,
    SH.property: property_,
    SH.qualifiedValueShape: qualified,
}
