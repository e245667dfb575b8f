"""Rules: the shapes as entries that people read, each with what it asks of the data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from publisher.iri import IriSpace
from publisher.prefixes import WELL_KNOWN
from publisher.terms import Term
from server.pages.constraints import Phrase, amount, constraints, path, words
from server.pages.references import Matrix, Reference, matrix, references
from server.pages.statements import Statements
from server.pages.values import Value
from server.presentation import Presentation

_RDF, _RDFS, _OWL, _SH = (WELL_KNOWN[each] for each in ("rdf", "rdfs", "owl", "sh"))
_TARGETS = (
    ("targetClass", "things of the kind "),
    ("targetSubjectsOf", "whatever has "),
    ("targetObjectsOf", "whatever is a value of "),
    ("targetNode", ""),
)
_SEVERITIES = {"Violation": "must", "Warning": "should", "Info": "may"}
_CLASSES = frozenset({f"{_OWL}Class", f"{_RDFS}Class"})


@dataclass(frozen=True)
class Rule:
    """What one property shape, or one rule in SPARQL, asks."""

    anchor: str
    label: str
    path: Phrase
    property: str | None
    """The property that it is about, if it is one seen from its subject."""
    amount: str | None
    constraints: list[Phrase]
    message: Value | None
    description: Value | None
    severity: str
    """`must`, `should` or `may`, for a violation, a warning and a remark."""


@dataclass(frozen=True)
class Section:
    """The rules of one group (sh:group); those without one have no heading."""

    heading: str | None
    rules: list[Rule]


@dataclass(frozen=True)
class Shape:
    """A node shape: whom it is for, what it asks as a whole, and its rules in their order."""

    anchor: str
    label: Value
    iri: str
    classes: list[str]
    """IRIs of the classes whose things it is for."""
    targets: list[Phrase]
    description: Value | None
    conditions: list[Phrase]
    message: Value | None
    severity: str
    sections: list[Section]
    further: list[Rule]
    """Rules in SPARQL."""
    leads_to: list[Reference]

    @property
    def rules(self) -> list[Rule]:
        """The rules of all its sections."""
        return [rule for section in self.sections for rule in section.rules]


@dataclass(frozen=True)
class Group:
    """A heading under which values stand on the pages of things."""

    anchor: str
    label: str
    order: float


@dataclass(frozen=True)
class Prefix:
    """A prefix that rules in SPARQL are written with (SHACL, 5.2.1)."""

    anchor: str
    prefix: str
    namespace: str


@dataclass(frozen=True)
class RuleBook:
    """All shapes, the groups that their rules stand in, and the prefixes of those in SPARQL."""

    shapes: list[Shape]
    groups: list[Group]
    prefixes: list[Prefix]

    @property
    def matrix(self) -> Matrix | None:
        """Which shape leads to which class."""
        return matrix(shape.leads_to for shape in self.shapes)


def rule_book(
    triples: Iterable[Triple],
    presentation: Presentation,
    iris: IriSpace,
    names: Mapping[str, Sequence[Literal]] | None = None,
) -> RuleBook:
    """Return the node shapes in the order of their names, each with its rules in order.

    `names` are those of things that rules name and that have no name among the triples.
    """
    statements = Statements(triples, presentation, iris, names)
    anchored: set[str] = set()
    nodes = statements.subjects(frozenset({f"{_SH}NodeShape"}))
    groups = [
        Group(_local_name(group.iri), group.label, group.order)
        for group in presentation.groups.values()
    ]
    prefixes = [
        Prefix(_local_name(node.value), prefix.value, namespace.value)
        for node in statements.subjects(frozenset({f"{_SH}PrefixDeclaration"}))
        if (prefix := statements.text(node, f"{_SH}prefix"))
        and (namespace := statements.text(node, f"{_SH}namespace"))
    ]
    shapes = [_shape(node, statements, anchored) for node in nodes]
    return RuleBook(shapes, groups, prefixes)


def _shape(node: NamedNode, statements: Statements, anchored: set[str]) -> Shape:
    about = statements.about(node)
    classes = [each for each in about.get(f"{_SH}targetClass", ()) if isinstance(each, NamedNode)]
    if any(isinstance(t, NamedNode) and t.value in _CLASSES for t in about.get(f"{_RDF}type", ())):
        classes.append(node)
    targets: list[Phrase] = [
        (Value(before), statements.value(target))
        for kind, before in _TARGETS
        for target in about.get(_SH + kind, ())
    ]
    severity = _severity(node, statements)
    anchor = _local_name(node.value)
    own = statements.namer.name(node.value)
    label = statements.namer.value(own) if own else targets[0][1] if targets else Value(anchor)
    return Shape(
        anchor=anchor,
        label=label,
        iri=node.value,
        classes=[each.value for each in classes],
        targets=targets,
        description=_text(node, "description", statements),
        conditions=list(constraints(node, statements)),
        message=_text(node, "message", statements),
        severity=severity,
        sections=_sections(node, statements, anchored),
        further=[
            _sparql_rule(each, statements, anchored, severity)
            for each in about.get(f"{_SH}sparql", ())
        ],
        leads_to=references(node, statements),
    )


def _sections(node: NamedNode, statements: Statements, anchored: set[str]) -> list[Section]:
    """Return the rules of a shape by group, in the order of groups and within them (2.3.2)."""

    def group(shape: Term) -> Term | None:
        return statements.one(shape, f"{_SH}group")

    def place(shape: Term) -> tuple[float, str, float, str]:
        found = group(shape)
        words = path(statements.one(shape, f"{_SH}path"), statements)
        orders = (_order(found, statements), _order(shape, statements))
        return orders[0], str(found), orders[1], "".join(each.text for each in words)

    shapes = sorted(_property_shapes(node, statements, frozenset()), key=place)
    return [
        Section(
            statements.presentation.groups[key.value].label
            if isinstance(key, NamedNode) and key.value in statements.presentation.groups
            else None,
            [_rule(each, statements, anchored) for each in members],
        )
        for key, members in groupby(shapes, key=group)
    ]


def _property_shapes(node: Term, statements: Statements, above: frozenset[Term]) -> Iterator[Term]:
    """Yield the property shapes of a shape and of those without a name that it takes in."""
    about = statements.about(node)
    yield from dict.fromkeys(about.get(f"{_SH}property", ()))
    taken_in = [
        *about.get(f"{_SH}node", ()),
        *(each for head in about.get(f"{_SH}and", ()) for each in statements.items(head)),
    ]
    for each in taken_in:
        if isinstance(each, BlankNode) and each not in above:
            yield from _property_shapes(each, statements, above | {node})


def _order(shape: Term | None, statements: Statements) -> float:
    order = None if shape is None else statements.one(shape, f"{_SH}order")
    return float(order.value) if isinstance(order, Literal) else float("inf")


def _anchor(shape: Term, anchored: set[str]) -> str:
    """Return the anchor of a rule; one that several shapes share has it where it stands first."""
    anchor = _local_name(shape.value) if isinstance(shape, NamedNode) else ""
    if anchor in anchored:
        return ""
    anchored.add(anchor)
    return anchor


def _local_name(iri: str) -> str:
    return iri.partition("#")[2] or iri


def _rule(shape: Term, statements: Statements, anchored: set[str]) -> Rule:
    node = statements.one(shape, f"{_SH}path")
    shown = path(node, statements)
    name = statements.text(shape, f"{_SH}name")
    return Rule(
        anchor=_anchor(shape, anchored),
        label=name.value if name else words(shown),
        path=shown,
        property=node.value if isinstance(node, NamedNode) else None,
        amount=amount(shape, statements),
        constraints=list(constraints(shape, statements)),
        message=_text(shape, "message", statements),
        description=_text(shape, "description", statements),
        severity=_severity(shape, statements),
    )


def _sparql_rule(
    constraint: Term, statements: Statements, anchored: set[str], severity: str
) -> Rule:
    """Return a rule that is written as a query (SHACL, 5), whose words are its message."""
    name = statements.text(constraint, f"{_RDFS}label")
    return Rule(
        anchor=_anchor(constraint, anchored),
        label=name.value if name else "a rule written in SPARQL",
        path=(),
        property=None,
        amount=None,
        constraints=[],
        message=_text(constraint, "message", statements),
        description=_text(constraint, "description", statements),
        severity=severity,
    )


def _text(shape: Term, name: str, statements: Statements) -> Value | None:
    text = statements.text(shape, _SH + name)
    return statements.namer.value(text) if text else None


def _severity(shape: Term, statements: Statements) -> str:
    """Return how much a rule binds; a violation is what SHACL takes it for by default (2.1.4)."""
    severity = statements.one(shape, f"{_SH}severity")
    name = _local_name(severity.value) if isinstance(severity, NamedNode) else "Violation"
    return _SEVERITIES.get(name, name)
