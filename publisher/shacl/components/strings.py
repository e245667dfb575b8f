"""String-based constraint components (SHACL, section 4.4)."""

from __future__ import annotations

from typing import Final

import rdflib
from rdflib.namespace import RDF, SH, XSD

from publisher.shacl.components.expressions import narrowed
from publisher.shacl.context import Component, Context
from publisher.shacl.writing import NotCompilable, items

#: Datatypes that the engine and pySHACL write in the same way; it writes a date-time by Python's.
_STRAIGHT: Final = ", ".join(
    kind.n3()
    for kind in (
        *(XSD.string, RDF.langString, XSD.anyURI, XSD.integer, XSD.decimal, XSD.boolean),
        *(XSD.gYear, XSD.gYearMonth),
    )
)


def min_length(context: Context, value: rdflib.term.Node) -> list[str]:
    """Flag values that are shorter (4.4.1)."""
    return _written(context, f"STRLEN(%s) >= {_length(value)}")


def max_length(context: Context, value: rdflib.term.Node) -> list[str]:
    """Flag values that are longer (4.4.2)."""
    return _written(context, f"STRLEN(%s) <= {_length(value)}")


def _written(context: Context, right: str) -> list[str]:
    """Flag values, save where an expression is true of a text that both write in one way."""
    context.approximate("what a literal is written like")

    def violation(v: str) -> str:
        known = f"(isIRI({v}) || DATATYPE({v}) IN ({_STRAIGHT}))"
        return f"FILTER(!COALESCE({known} && {right.replace('%s', f'STR({v})')}, false))"

    return context.each(violation)


def _length(value: rdflib.term.Node) -> int:
    found = value.toPython() if isinstance(value, rdflib.Literal) else None
    if not isinstance(found, int) or isinstance(found, bool):
        raise NotCompilable(f"the length {value}")
    return found


def pattern(context: Context, value: rdflib.term.Node) -> list[str]:
    """Flag values that a regular expression does not match (4.4.3).

    An error counts as no match, so that an expression that the engine does not read flags all.
    """
    flags = "".join(map(str, context.graph.objects(context.shape, SH.flags)))
    if set(flags) - set("i"):
        raise NotCompilable(f"the flags {flags}")
    expression = rdflib.Literal(narrowed(str(value))).n3()
    return _written(context, f'REGEX(%s, {expression}, "{flags}")')


def language_in(context: Context, value: rdflib.term.Node) -> list[str]:
    """Flag values that are in none of some languages (4.4.4).

    PySHACL knows a range for a whole tag or for the first part of one, not for the first two.
    """
    ranges = [rdflib.Literal(str(each).lower()).n3() for each in items(context.graph, value)]
    listed = f"IN ({', '.join(ranges) or repr('')})"
    any_ = "'*'" in listed or '"*"' in listed

    def violation(v: str) -> str:
        tag = f"LCASE(LANG({v}))"
        known = "true" if any_ else f"({tag} {listed} || STRBEFORE({tag}, '-') {listed})"
        return f"FILTER(!COALESCE(LANG({v}) != '' && {known}, false))"

    return context.each(violation)


def unique_lang(context: Context, value: rdflib.term.Node) -> list[str]:
    """Flag focus nodes with two values in one language (4.4.5)."""
    if not (isinstance(value, rdflib.Literal) and value.toPython() is True):
        return []
    context.approximate("sh:uniqueLang")
    one, other = context.variables.fresh(), context.variables.fresh()
    same = f"LANG({one}) != '' && LCASE(LANG({one})) = LCASE(LANG({other}))"
    return [
        f"{context.values(one)} {context.values(other)} FILTER(!sameTerm({one}, {other}) && {same})"
    ]


COMPONENTS: Final[dict[rdflib.URIRef, Component]] = {
    SH.minLength: min_length,
    SH.maxLength: max_length,
    SH.pattern: pattern,
    SH.languageIn: language_in,
    SH.uniqueLang: unique_lang,
}
