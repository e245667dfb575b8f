"""Logical and shape-based constraint components (SHACL, sections 4.6 and 4.7)."""

from __future__ import annotations

from typing import Final

import rdflib
from rdflib.namespace import SH

from publisher.shacl.components.cardinality import number
from publisher.shacl.context import Component, Context
from publisher.shacl.writing import NotCompilable, items


def not_(context: Context, value: rdflib.term.Node) -> list[str]:
    """Flag values that conform to a shape (4.6.1)."""
    return context.each(lambda v: f"FILTER NOT EXISTS {{ {context.violated_exactly(value, v)} }}")


def and_(context: Context, value: rdflib.term.Node) -> list[str]:
    """Flag values that violate one of some shapes (4.6.2)."""
    return [
        pattern for shape in items(context.graph, value) for pattern in conforms(context, shape)
    ]


def or_(context: Context, value: rdflib.term.Node) -> list[str]:
    """Flag values that violate all of some shapes (4.6.3)."""
    shapes = items(context.graph, value)
    return context.each(
        lambda v: " ".join(f"FILTER EXISTS {{ {context.violated(each, v)} }}" for each in shapes)
    )


def xone(context: Context, value: rdflib.term.Node) -> list[str]:
    """Flag values that do not conform to exactly one of some shapes (4.6.4)."""
    shapes = items(context.graph, value)

    def violation(v: str) -> str:
        ones = [f"IF(EXISTS {{ {context.violated_exactly(each, v)} }}, 0, 1)" for each in shapes]
        return f"FILTER(({' + '.join(ones) or '0'}) != 1)"

    return context.each(violation)


def conforms(context: Context, value: rdflib.term.Node) -> list[str]:
    """Flag values that violate a shape."""
    return context.each(lambda v: f"FILTER EXISTS {{ {context.violated(value, v)} }}")


def node(context: Context, value: rdflib.term.Node) -> list[str]:
    """Flag values that violate a node shape (4.7.1)."""
    if (value, SH.path, None) in context.graph:
        raise NotCompilable("a property shape as the value of sh:node")
    return conforms(context, value)


def property_(context: Context, value: rdflib.term.Node) -> list[str]:
    """Flag values that violate a property shape (4.7.2)."""
    if (value, SH.path, None) not in context.graph:
        raise NotCompilable("a node shape as the value of sh:property")
    return conforms(context, value)


def qualified(context: Context, value: rdflib.term.Node) -> list[str]:
    """Flag focus nodes with too few or too many values that conform to a shape (4.7.3)."""
    graph, shape = context.graph, context.shape
    if any(map(bool, map(_true, graph.objects(shape, SH.qualifiedValueShapesDisjoint)))):
        raise NotCompilable("sh:qualifiedValueShapesDisjoint")

    def right(v: str) -> str:
        return f"FILTER NOT EXISTS {{ {context.violated_exactly(value, v)} }}"

    least = map(number, graph.objects(shape, SH.qualifiedMinCount))
    most = map(number, graph.objects(shape, SH.qualifiedMaxCount))
    return [
        *(f"FILTER NOT EXISTS {{ {context.distinct(n, right)} }}" for n in least if n),
        *(context.distinct(n + 1, right) for n in most),
    ]


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
