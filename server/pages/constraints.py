"""Constraints: what a shape asks of values, in plain words (SHACL, sections 4 and 5).

A phrase is a sequence of values that read as one line, so that the terms in it are links.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from pyoxigraph import BlankNode, Literal, NamedNode

from publisher.prefixes import WELL_KNOWN
from publisher.terms import Term
from server.pages.statements import Statements
from server.pages.values import Value

_RDF, _RDFS, _SH, _XSD = (WELL_KNOWN[each] for each in ("rdf", "rdfs", "sh", "xsd"))
_DEEPEST: Final = 5
_NODE_KINDS: Final = {
    "IRI": "an IRI",
    "Literal": "a literal",
    "BlankNode": "a blank node",
    "BlankNodeOrIRI": "an IRI or a blank node",
    "IRIOrLiteral": "an IRI or a literal",
    "BlankNodeOrLiteral": "a blank node or a literal",
}
_DATATYPES: Final = {
    f"{_XSD}string": "plain text",
    f"{_RDF}langString": "text in a named language",
    f"{_XSD}boolean": "yes or no",
    f"{_XSD}integer": "a whole number",
    f"{_XSD}nonNegativeInteger": "a whole number, zero or more",
    f"{_XSD}positiveInteger": "a whole number, one or more",
    f"{_XSD}decimal": "a decimal number",
    f"{_XSD}double": "a floating-point number",
    f"{_XSD}date": "a date",
    f"{_XSD}dateTime": "a date and time",
    f"{_XSD}gYear": "a year",
    f"{_XSD}gYearMonth": "a month of a year",
    f"{_XSD}duration": "a length of time",
    f"{_XSD}anyURI": "an address",
}
_PATH_OPERATORS: Final = (
    ("inversePath", "inverse of "),
    ("zeroOrMorePath", "any number of steps along "),
    ("oneOrMorePath", "one or more steps along "),
    ("zeroOrOnePath", "at most one step along "),
)
#: Constraints with one value: the words before it and those behind it.
_SENTENCES: Final[Mapping[str, tuple[str, str]]] = {
    "class": ("a thing of the kind ", ""),
    "minInclusive": ("not less than ", ""),
    "maxInclusive": ("not more than ", ""),
    "minExclusive": ("more than ", ""),
    "maxExclusive": ("less than ", ""),
    "minLength": ("at least ", " characters long"),
    "maxLength": ("at most ", " characters long"),
    "hasValue": ("one of the values is ", ""),
    "node": ("keeps to the shape ", ""),
    "equals": ("the same values as ", ""),
    "disjoint": ("no value that ", " has too"),
    "lessThan": ("each less than every ", ""),
    "lessThanOrEquals": ("each at most every ", ""),
}
_LISTS: Final = {
    "in": ("", "one of "),
    "languageIn": ("in the language ", "in one of the languages "),
}
_LOGIC: Final = {
    "or": ("either ", ", or "),
    "xone": ("exactly one of: ", "; or "),
    "and": ("all of: ", "; and "),
}
_NUMBERS: Final = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")

Phrase = tuple[Value, ...]


def words(phrase: Iterable[Value]) -> str:
    """Return a phrase as plain text."""
    return "".join(each.text for each in phrase)


def path(node: Term | None, statements: Statements, depth: int = 0) -> Phrase:
    """Write a property path in words (SHACL, 2.3.1); one that is broken or too deep ends in `…`."""
    if node is None or depth > _DEEPEST:
        return (Value("…"),)
    if isinstance(node, NamedNode):
        return (statements.property(node.value),)
    for operator, before in _PATH_OPERATORS:
        inner = statements.one(node, _SH + operator)
        if inner is not None:
            return (Value(before), *path(inner, statements, depth + 1))
    alternatives = statements.one(node, f"{_SH}alternativePath")
    joint = " then " if alternatives is None else " or "
    steps = statements.items(node if alternatives is None else alternatives)
    return _joined((path(step, statements, depth + 1) for step in steps), joint) or (Value("…"),)


def constraints(shape: Term, statements: Statements, depth: int = 0) -> Iterator[Phrase]:
    """Yield what a shape asks, one phrase for each constraint but how many values there are."""
    about = {
        predicate.removeprefix(_SH): values for predicate, values in statements.about(shape).items()
    }
    for say in (_kinds, _sentences, _patterns, _members, _logic, _qualified, _flags):
        yield from say(about, statements, depth)


def amount(shape: Term, statements: Statements) -> str | None:
    """Return in words how many values a shape wants, or None if any number will do."""
    about = statements.about(shape)
    return _amount(about.get(f"{_SH}minCount"), about.get(f"{_SH}maxCount"))


def _amount(lowest: Iterable[Term] | None, highest: Iterable[Term] | None) -> str | None:
    least, most = _integer(lowest) or 0, _integer(highest)
    if most is None:
        return f"at least {_count(least)}" if least else None
    if most == 0:
        return "no value at all"
    if least == most:
        return f"exactly {_count(least)}"
    return f"{_count(least)} to {_count(most)}" if least else f"at most {_count(most)}"


About = Mapping[str, list[Term]]


def _kinds(about: About, statements: Statements, _: int) -> Iterator[Phrase]:
    for kind in about.get("nodeKind", ()):
        name = kind.value.removeprefix(_SH) if isinstance(kind, NamedNode) else ""
        yield (Value(_NODE_KINDS.get(name, name or "…")),)
    for datatype in about.get("datatype", ()):
        shown = statements.value(datatype)
        known = _DATATYPES.get(datatype.value) if isinstance(datatype, NamedNode) else None
        yield (replace(shown, text=known),) if known else (Value("of the datatype "), shown)


def _sentences(about: About, statements: Statements, depth: int) -> Iterator[Phrase]:
    for name, (before, after) in _SENTENCES.items():
        for value in about.get(name, ()):
            if name == "node" and isinstance(value, BlankNode):
                yield _inner(value, statements, depth)
            else:
                shown = (Value(before), statements.value(value), Value(after))
                yield tuple(each for each in shown if each.text)


def _patterns(about: About, _: Statements, _depth: int) -> Iterator[Phrase]:
    flags = "".join(each.value for each in about.get("flags", ()) if isinstance(each, Literal))
    ignoring = " in capitals or not" if "i" in flags else ""
    for pattern in about.get("pattern", ()):
        if isinstance(pattern, Literal):
            start = _plain_start(pattern.value)
            known = start is not None
            before = "begins with " if known else "is written as the pattern "
            yield (Value(before), Value(start or pattern.value, code=True), Value(ignoring))


def _plain_start(pattern: str) -> str | None:
    """Return the text that a pattern asks a value to begin with, if it asks nothing else."""
    found = re.fullmatch(r"\^((?:\\[^\w\s]|[^\\.^$*+?{}\[\]|()])+)", pattern)
    return None if found is None else re.sub(r"\\(.)", r"\1", found[1])


def _members(about: About, statements: Statements, _: int) -> Iterator[Phrase]:
    for name, befores in _LISTS.items():
        for head in about.get(name, ()):
            items = [(statements.value(item),) for item in statements.items(head)]
            yield (Value(befores[len(items) != 1]), *_joined(items, ", "))


def _logic(about: About, statements: Statements, depth: int) -> Iterator[Phrase]:
    for name, (before, joint) in _LOGIC.items():
        for head in about.get(name, ()):
            parts = (_inner(item, statements, depth) for item in statements.items(head))
            yield (Value(before), *_joined(parts, joint))
    for shape in about.get("not", ()):
        yield (Value("not: "), *_inner(shape, statements, depth))


def _qualified(about: About, statements: Statements, depth: int) -> Iterator[Phrase]:
    """A count of the values that keep to a shape (SHACL, 4.7.3)."""
    count = _amount(about.get("qualifiedMinCount"), about.get("qualifiedMaxCount"))
    for shape in about.get("qualifiedValueShape", ()):
        before = Value(f"{count or 'any number'} of the values: ")
        yield (before, *_inner(shape, statements, depth))


def _flags(about: About, statements: Statements, _: int) -> Iterator[Phrase]:
    if _is_true(about.get("uniqueLang", ())):
        yield (Value("one value per language"),)
    if _is_true(about.get("closed", ())):
        others = [
            (statements.value(item),)
            for head in about.get("ignoredProperties", ())
            for item in statements.items(head)
        ]
        more = (Value(", besides "), *_joined(others, ", ")) if others else ()
        yield (Value("no property but those listed here"), *more)
    if _is_true(about.get("deactivated", ())):
        yield (Value("not checked at present"),)


def _inner(shape: Term, statements: Statements, depth: int) -> Phrase:
    """Return a shape within a shape: what it asks of the values, and of their properties."""
    if depth > _DEEPEST:
        return (Value("…"),)
    if isinstance(shape, NamedNode):
        return (Value("keeps to the shape "), statements.value(shape))
    count = amount(shape, statements)
    said: list[Phrase] = [(Value(count),)] if count else []
    said += constraints(shape, statements, depth + 1)
    own = statements.one(shape, f"{_SH}path")
    if own is not None:
        return (*path(own, statements), Value(": "), *(_joined(said, ", ") or (Value("any"),)))
    for each in statements.about(shape).get(f"{_SH}property", ()):
        said.append(_inner(each, statements, depth + 1))
    return _joined(said, ", ") or (Value("anything"),)


def _joined(phrases: Iterable[Phrase], joint: str) -> Phrase:
    found: list[Value] = []
    for phrase in phrases:
        found += [*([Value(joint)] if found else []), *phrase]
    return tuple(found)


def _count(number: int) -> str:
    return _NUMBERS[number] if number < len(_NUMBERS) else str(number)


def _integer(values: Iterable[Term] | None) -> int | None:
    for each in values or ():
        if isinstance(each, Literal) and re.fullmatch(r"\+?\d+", each.value):
            return int(each.value)
    return None


def _is_true(values: Iterable[Term]) -> bool:
    return any(isinstance(each, Literal) and each.value in ("true", "1") for each in values)
