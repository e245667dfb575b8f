"""Rules: what the shapes ask of the data, in plain words (SHACL, section 4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from publisher.iri import IriSpace
from publisher.prefixes import WELL_KNOWN
from publisher.terms import Term
from server.pages.glossary import Statements
from server.pages.values import Value
from server.presentation import Presentation

_RDFS, _SH = WELL_KNOWN["rdfs"], WELL_KNOWN["sh"]
_NODE_KINDS = {
    f"{_SH}IRI": "an IRI",
    f"{_SH}Literal": "a literal",
    f"{_SH}BlankNode": "a blank node",
    f"{_SH}BlankNodeOrIRI": "an IRI or a blank node",
    f"{_SH}IRIOrLiteral": "an IRI or a literal",
    f"{_SH}BlankNodeOrLiteral": "a blank node or a literal",
}
_PATH_OPERATORS = (
    ("inversePath", "inverse of {}"),
    ("zeroOrMorePath", "any number of {}"),
    ("oneOrMorePath", "one or more of {}"),
    ("zeroOrOnePath", "at most one {}"),
)
#: Constraints with one value, and how a reader says them.
_SENTENCES: Mapping[str, str] = {
    "datatype": "of type {}",
    "class": "of the kind {}",
    "minInclusive": "not less than {}",
    "maxInclusive": "not more than {}",
    "minExclusive": "more than {}",
    "maxExclusive": "less than {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "pattern": "matches {}",
    "hasValue": "one of the values is {}",
    "node": "conforms to {}",
    "equals": "the same values as {}",
    "disjoint": "no value in common with {}",
    "lessThan": "less than {}",
    "lessThanOrEquals": "not more than {}",
}


@dataclass(frozen=True)
class Rule:
    """What one property shape asks."""

    anchor: str
    label: str
    path: Value
    constraints: list[Value]
    message: Value | None
    severity: str | None


@dataclass(frozen=True)
class Shape:
    """A node shape: whom it is for, and its rules in their order."""

    anchor: str
    label: Value
    iri: str
    targets: list[Value]
    rules: list[Rule]


def shapes(triples: Iterable[Triple], presentation: Presentation, iris: IriSpace) -> list[Shape]:
    """Return the node shapes in the order of their names, each with its rules in order."""
    statements = Statements(triples, presentation, iris)
    anchored: set[str] = set()
    nodes = statements.subjects(frozenset({f"{_SH}NodeShape"}))
    return [_shape(node, statements, anchored) for node in nodes]


def _shape(node: NamedNode, statements: Statements, anchored: set[str]) -> Shape:
    about = statements.about(node)
    targets = [
        statements.value(target)
        for kind in ("targetClass", "targetSubjectsOf", "targetObjectsOf", "targetNode")
        for target in about.get(_SH + kind, ())
    ]
    properties = sorted(
        about.get(f"{_SH}property", ()), key=lambda each: (*_place(each, statements), str(each))
    )
    anchor = _local_name(node.value)
    own = statements.namer.name(node.value)
    label = statements.namer.value(own) if own else next(iter(targets), Value(anchor))
    return Shape(
        anchor=anchor,
        label=label,
        iri=node.value,
        targets=targets,
        rules=[_rule(each, statements, anchored) for each in properties],
    )


def _local_name(iri: str) -> str:
    return iri.partition("#")[2] or iri


def _place(shape: Term, statements: Statements) -> tuple[float, float]:
    """Where a property stands on a page: order of its group, order within it (SHACL, 2.3.2)."""
    group = statements.one(shape, f"{_SH}group")
    return _order(group, statements), _order(shape, statements)


def _order(shape: Term | None, statements: Statements) -> float:
    if shape is None:
        return float("inf")
    order = statements.one(shape, f"{_SH}order")
    return float(order.value) if isinstance(order, Literal) else float("inf")


def _rule(shape: Term, statements: Statements, anchored: set[str]) -> Rule:
    """Return a rule; one that several shapes share has its anchor where it stands first."""
    anchor = _local_name(shape.value) if isinstance(shape, NamedNode) else ""
    if anchor in anchored:
        anchor = ""
    anchored.add(anchor)
    path = statements.one(shape, f"{_SH}path")
    shown = Value("…") if path is None else _path(path, statements)
    name = statements.text(shape, f"{_SH}name")
    message = statements.text(shape, f"{_SH}message")
    severity = statements.one(shape, f"{_SH}severity")
    return Rule(
        anchor=anchor,
        label=name.value if name else shown.text,
        path=shown,
        constraints=list(_constraints(shape, statements)),
        message=statements.namer.value(message) if message else None,
        severity=_local_name(severity.value).lower() if isinstance(severity, NamedNode) else None,
    )


def _path(path: Term, statements: Statements) -> Value:
    """Write a property path in words (SHACL, 2.3.1)."""
    if not isinstance(path, BlankNode):
        return statements.value(path)
    for operator, words in _PATH_OPERATORS:
        inner = statements.one(path, _SH + operator)
        if inner is not None:
            return Value(words.format(_path(inner, statements).text))
    alternatives = statements.one(path, f"{_SH}alternativePath")
    joint = " or " if alternatives is not None else " then "
    steps = statements.items(path if alternatives is None else alternatives)
    return Value(joint.join(_path(step, statements).text for step in steps) or "…")


def _constraints(shape: Term, statements: Statements) -> Iterable[Value]:
    about = statements.about(shape)
    cardinality = _cardinality(about)
    if cardinality is not None:
        yield Value(cardinality)
    for kind in about.get(f"{_SH}nodeKind", ()):
        yield Value(_NODE_KINDS.get(kind.value if isinstance(kind, NamedNode) else "", "…"))
    for name, words in _SENTENCES.items():
        for value in about.get(_SH + name, ()):
            shown = statements.value(value)
            yield Value(words.format(shown.text), href=shown.href, external=shown.external)
    for name, words in (("in", "one of {}"), ("languageIn", "in one of the languages {}")):
        for head in about.get(_SH + name, ()):
            items = [statements.name(item) for item in statements.items(head)]
            yield Value(words.format(", ".join(items)))
    for name, words in (("or", "either {}"), ("xone", "exactly one of: {}"), ("and", "all of: {}")):
        for head in about.get(_SH + name, ()):
            parts = [_inner(item, statements) for item in statements.items(head)]
            yield Value(words.format("; or ".join(part for part in parts if part) or "…"))
    if _is_true(about.get(f"{_SH}uniqueLang", ())):
        yield Value("one value per language")


def _inner(shape: Term, statements: Statements) -> str:
    return ", ".join(each.text for each in _constraints(shape, statements))


def _cardinality(about: Mapping[str, list[Term]]) -> str | None:
    lowest, highest = (
        next((each.value for each in about.get(_SH + name, ()) if isinstance(each, Literal)), None)
        for name in ("minCount", "maxCount")
    )
    if lowest is not None and lowest == highest:
        return f"exactly {lowest}"
    if lowest in (None, "0"):
        return None if highest is None else f"at most {highest}"
    return f"at least {lowest}" if highest is None else f"{lowest} to {highest}"


def _is_true(values: Iterable[Term]) -> bool:
    return any(isinstance(each, Literal) and each.value in ("true", "1") for each in values)
