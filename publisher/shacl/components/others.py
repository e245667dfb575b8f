"""Other constraint components (SHACL, section 4.8): sh:closed, sh:hasValue, sh:in."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import rdflib
from rdflib.namespace import SH

from publisher.shacl.context import Component, Context, Violation
from publisher.shacl.writing import items, kept, term


def closed(context: Context, value: rdflib.term.Node) -> list[Violation]:
    """Flag values that have another property (4.8.1)."""
    if not (isinstance(value, rdflib.Literal) and value.toPython() is True):
        return []
    graph, shape = context.graph, context.shape
    known = {
        path
        for each in graph.objects(shape, SH.property)
        for path in graph.objects(each, SH.path)
        if isinstance(path, rdflib.URIRef)
    }
    for ignored in graph.objects(shape, SH.ignoredProperties):
        known.update(each for each in items(graph, ignored) if isinstance(each, rdflib.URIRef))
    predicate, any_ = context.variables.fresh(), context.variables.fresh()
    # Not `NOT IN`, which pyoxigraph 0.5 takes for false where the list is empty.
    other = " ".join(f"FILTER({predicate} != {each})" for each in sorted(map(term, known)))
    found = context.each(lambda v: f"{v} {predicate} {any_} . {other}")
    return [replace(each, value=any_) for each in found]


def has_value(context: Context, value: rdflib.term.Node) -> list[Violation]:
    """Flag focus nodes that lack a value (4.8.2)."""
    if context.path is None:
        return [Violation(f"FILTER(!sameTerm({context.focus}, {kept(value)}))")]
    has = f"{context.focus} {context.path} {kept(value)}"
    return [Violation(f"FILTER NOT EXISTS {{ {has} }}")]


def in_(context: Context, value: rdflib.term.Node) -> list[Violation]:
    """Flag values that are none of some (4.8.3)."""
    known = [kept(each) for each in items(context.graph, value)]

    def violation(v: str) -> str:
        one = " || ".join(f"sameTerm({v}, {each})" for each in known) or "false"
        return f"FILTER(!({one}))"

    return context.each(violation)


COMPONENTS: Final[dict[rdflib.URIRef, Component]] = {
    SH.closed: closed,
    SH.hasValue: has_value,
    SH["in"]: in_,
}
