"""Cardinality constraint components (SHACL, section 4.2): sh:minCount and sh:maxCount."""

from __future__ import annotations

from typing import Final

import rdflib
from rdflib.namespace import SH

from publisher.shacl.context import Component, Context, Violation
from publisher.shacl.writing import NotCompilable


def number(value: rdflib.term.Node) -> int:
    """Return a literal as a count. Raises NotCompilable for what is none."""
    found = value.toPython() if isinstance(value, rdflib.Literal) else None
    if not isinstance(found, int) or isinstance(found, bool) or found < 0:
        raise NotCompilable(f"the count {value}")
    return found


def min_count(context: Context, value: rdflib.term.Node) -> list[Violation]:
    """Flag focus nodes with fewer values (4.2.1)."""
    least = number(value)
    return [context.fewer(least)] if least else []


def max_count(context: Context, value: rdflib.term.Node) -> list[Violation]:
    """Flag focus nodes with more values (4.2.2)."""
    return [context.more(number(value))]


COMPONENTS: Final[dict[rdflib.URIRef, Component]] = {
    SH.minCount: min_count,
    SH.maxCount: max_count,
}
