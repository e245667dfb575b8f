"""String-based constraint components (SHACL, section 4.4)."""

from __future__ import annotations

from typing import Final

import rdflib
from rdflib.namespace import SH

from publisher.shacl.components.expressions import narrowed
from publisher.shacl.context import Component, Context, Rule, Test, Violation, tested
from publisher.shacl.writing import NotCompilable, items


def _min_length(_: rdflib.Graph, value: rdflib.term.Node) -> Test:
    """Test for a text that is long enough (4.4.1); a blank node has none."""
    least = _length(value)
    return lambda v: f"STRLEN(STR({v})) >= {least}"


def _max_length(_: rdflib.Graph, value: rdflib.term.Node) -> Test:
    """Test for a text that is short enough (4.4.2); a blank node has none."""
    most = _length(value)
    return lambda v: f"STRLEN(STR({v})) <= {most}"


def _length(value: rdflib.term.Node) -> int:
    found = value.toPython() if isinstance(value, rdflib.Literal) else None
    if not isinstance(found, int) or isinstance(found, bool):
        raise NotCompilable(f"the length {value}")
    return found


def _language_in(graph: rdflib.Graph, value: rdflib.term.Node) -> Test:
    """Test for a text in one of some languages (4.4.4)."""
    ranges = items(graph, value)
    if not all(isinstance(each, rdflib.Literal) for each in ranges):
        raise NotCompilable("a language that is no literal")
    written = [rdflib.Literal(str(each)).n3() for each in ranges]
    return lambda v: " || ".join(f"LANGMATCHES(LANG({v}), {each})" for each in written) or "false"


def pattern(context: Context, value: rdflib.term.Node) -> list[Violation]:
    """Flag values that a regular expression does not match (4.4.3).

    An error counts as no match, so that an expression that the engine does not read flags all.
    """
    context.approximate("a pattern")
    flags = "".join(map(str, context.graph.objects(context.shape, SH.flags)))
    if set(flags) - set("i"):
        raise NotCompilable(f"the flags {flags}")
    expression = rdflib.Literal(narrowed(str(value))).n3()
    matches = f'REGEX(STR(%s), {expression}, "{flags}")'
    return context.each(lambda v: f"FILTER(!COALESCE({matches % v}, false))")


def unique_lang(context: Context, value: rdflib.term.Node) -> list[Violation]:
    """Flag focus nodes with two values in one language (4.4.5)."""
    if not (isinstance(value, rdflib.Literal) and value.toPython() is True):
        return []
    one, other = context.variables.fresh(), context.variables.fresh()
    same = f"LANG({one}) != '' && LCASE(LANG({one})) = LCASE(LANG({other}))"
    values = f"{context.values(one)} {context.values(other)}"
    return [Violation(f"{values} FILTER(!sameTerm({one}, {other}) && {same})")]


RULES: Final[dict[rdflib.URIRef, Rule]] = {
    SH.minLength: _min_length,
    SH.maxLength: _max_length,
    SH.languageIn: _language_in,
}
COMPONENTS: Final[dict[rdflib.URIRef, Component]] = {
    **{parameter: tested(rule) for parameter, rule in RULES.items()},
    SH.pattern: pattern,
    SH.uniqueLang: unique_lang,
}
