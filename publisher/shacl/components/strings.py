"""String-based constraint components (SHACL, section 4.4)."""

from __future__ import annotations

import re
from typing import Final

import rdflib
from rdflib.namespace import SH

from publisher.shacl.context import Component, Context
from publisher.shacl.writing import NotCompilable, items

#: What the regular expressions of Python and of the engine read differently, or one of them not.
_APART: Final = re.compile(r"\(\?|\\[1-9bBAZzGkKpPQEhRvX]|\{,|&&|--|~~|\[\[|\[:")


def min_length(context: Context, value: rdflib.term.Node) -> list[str]:
    """Flag values that are shorter (4.4.1)."""
    return context.each(lambda v: f"FILTER(isBlank({v}) || STRLEN(STR({v})) < {_length(value)})")


def max_length(context: Context, value: rdflib.term.Node) -> list[str]:
    """Flag values that are longer (4.4.2)."""
    return context.each(lambda v: f"FILTER(isBlank({v}) || STRLEN(STR({v})) > {_length(value)})")


def _length(value: rdflib.term.Node) -> int:
    found = value.toPython() if isinstance(value, rdflib.Literal) else None
    if not isinstance(found, int) or isinstance(found, bool):
        raise NotCompilable(f"the length {value}")
    return found


def pattern(context: Context, value: rdflib.term.Node) -> list[str]:
    """Flag values that a regular expression does not match (4.4.3).

    An error counts as no match, so that an expression that the engine does not read flags all.
    """
    context.approximate("a pattern")
    if _APART.search(str(value)):
        raise NotCompilable(f"the pattern {value}")
    flags = "".join(map(str, context.graph.objects(context.shape, SH.flags)))
    if set(flags) - set("i"):
        raise NotCompilable(f"the flags {flags}")
    text = rdflib.Literal(str(value)).n3()
    return context.each(
        lambda v: f'FILTER(isBlank({v}) || !COALESCE(REGEX(STR({v}), {text}, "{flags}"), false))'
    )


def language_in(context: Context, value: rdflib.term.Node) -> list[str]:
    """Flag values that are in none of some languages (4.4.4)."""
    ranges = [rdflib.Literal(str(each)).n3() for each in items(context.graph, value)]

    def violation(v: str) -> str:
        known = " || ".join(f"LANGMATCHES(LANG({v}), {each})" for each in ranges) or "false"
        return f"FILTER(!COALESCE({known}, false))"

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
