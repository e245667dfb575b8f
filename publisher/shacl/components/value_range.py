"""Value range constraint components (SHACL, section 4.3), by the comparisons of SPARQL."""

from __future__ import annotations

from typing import Final

import rdflib
from rdflib.namespace import SH, XSD

from publisher.shacl.context import Component, Rule, Test, tested
from publisher.shacl.writing import NotCompilable, term


def holds(left: str, comparison: str, right: str) -> str:
    """Return an expression: whether a comparison of two terms holds (SPARQL 1.1, section 17.3).

    The engine compares no booleans, so they are compared as the numbers that stand for them.
    """
    boolean = XSD.boolean.n3()
    both = f"DATATYPE({left}) = {boolean} && DATATYPE({right}) = {boolean}"
    numbers = f"{XSD.integer.n3()}({left}) {comparison} {XSD.integer.n3()}({right})"
    return f"IF({both}, {numbers}, {left} {comparison} {right})"


def _within(comparison: str) -> Rule:
    def rule(_: rdflib.Graph, bound: rdflib.term.Node) -> Test:
        if not isinstance(bound, rdflib.Literal):
            raise NotCompilable("a bound that is no literal")
        written = term(bound)
        if bound.datatype == XSD.boolean:
            return lambda v: holds(v, comparison, written)
        return lambda v: f"{v} {comparison} {written}"

    return rule


RULES: Final[dict[rdflib.URIRef, Rule]] = {
    SH.minExclusive: _within(">"),
    SH.minInclusive: _within(">="),
    SH.maxExclusive: _within("<"),
    SH.maxInclusive: _within("<="),
}
COMPONENTS: Final[dict[rdflib.URIRef, Component]] = {
    parameter: tested(rule) for parameter, rule in RULES.items()
}
