"""Value range constraint components (SHACL, section 4.3)."""

from __future__ import annotations

from typing import Final

import rdflib
from rdflib.namespace import SH

from publisher.shacl.components.comparison import agreed
from publisher.shacl.context import Component, Context
from publisher.shacl.writing import NotCompilable, term


def _range(comparison: str) -> Component:
    def component(context: Context, value: rdflib.term.Node) -> list[str]:
        context.approximate("a comparison")
        if not isinstance(value, rdflib.Literal):
            raise NotCompilable("a bound that is no literal")
        bound = term(value)
        return context.each(lambda v: f"FILTER(!{agreed(v, comparison, bound, value.datatype)})")

    return component


COMPONENTS: Final[dict[rdflib.URIRef, Component]] = {
    SH.minExclusive: _range(">"),
    SH.minInclusive: _range(">="),
    SH.maxExclusive: _range("<"),
    SH.maxInclusive: _range("<="),
}
