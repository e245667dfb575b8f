"""Broken variants of valid things, derived from the shapes: one per constraint, at least.

A mutant is a copy of a thing of the data under a new IRI, changed so that it should break one
constraint and no other. A constraint that no mutant makes report, alone, is a defect.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Set
from dataclasses import dataclass
from itertools import count, islice

from rdflib import OWL, RDF, RDFS, SH, SKOS, XSD, Graph, Literal, Namespace, URIRef
from rdflib.collection import Collection
from rdflib.term import Node
from targets import focus_nodes

A4M = Namespace("https://w3id.org/ai4media/ontology#")
SCHEMA = Namespace("https://schema.org/")
DCTERMS = Namespace("http://purl.org/dc/terms/")

_DATES = {XSD.date, XSD.gYearMonth, XSD.gYear}

SELF = URIRef("urn:mutant:self")
"""Stands for the mutant's own IRI until it has one."""

INVERSES = {
    SKOS.broader: SKOS.narrower,
    SKOS.narrower: SKOS.broader,
    SKOS.topConceptOf: SKOS.hasTopConcept,
    SKOS.hasTopConcept: SKOS.topConceptOf,
}
"""The properties that are stated from both ends: a copy is stated from the other end as well."""

Statement = tuple[URIRef, Node]
Triple = tuple[Node, URIRef, Node]

COMPONENTS = {
    SH.minCount: SH.MinCountConstraintComponent,
    SH.maxCount: SH.MaxCountConstraintComponent,
    SH.datatype: SH.DatatypeConstraintComponent,
    SH.nodeKind: SH.NodeKindConstraintComponent,
    SH["class"]: SH.ClassConstraintComponent,
    SH.pattern: SH.PatternConstraintComponent,
    SH.languageIn: SH.LanguageInConstraintComponent,
    SH.uniqueLang: SH.UniqueLangConstraintComponent,
    SH.minInclusive: SH.MinInclusiveConstraintComponent,
    SH.maxInclusive: SH.MaxInclusiveConstraintComponent,
    SH["in"]: SH.InConstraintComponent,
    SH.hasValue: SH.HasValueConstraintComponent,
    SH.equals: SH.EqualsConstraintComponent,
    SH.disjoint: SH.DisjointConstraintComponent,
    SH["or"]: SH.OrConstraintComponent,
    SH.closed: SH.ClosedConstraintComponent,
    SH.sparql: SH.SPARQLConstraintComponent,
}
NO_CONSTRAINTS = {
    *(SH.path, SH.property, SH.targetClass, SH.targetSubjectsOf, SH.ignoredProperties),
    *(SH.name, SH.description, SH.message, SH.severity, SH.group, SH.order),
}


@dataclass(frozen=True, order=True)
class Constraint:
    """One thing that a shape demands: its shape, its component, and the value demanded."""

    shape: URIRef
    component: URIRef
    parameter: URIRef
    value: Node

    @property
    def key(self) -> Node:
        """What a validation result names: the SPARQL constraint, else the shape."""
        return self.value if self.parameter == SH.sparql else self.shape


@dataclass
class Mutant:
    """A changed copy: what it was copied from, and the statements about it."""

    original: URIRef
    statements: set[Statement]
    one_sided: bool = False

    def triples(self, iri: URIRef) -> Iterator[Triple]:
        """Return the triples of the mutant under the IRI it has been given."""
        for predicate, stated in self.statements:
            value = iri if stated == SELF else stated
            yield iri, predicate, value
            if predicate in INVERSES and isinstance(value, URIRef) and not self.one_sided:
                yield value, INVERSES[predicate], iri


def constraints(shapes: Graph) -> list[Constraint]:
    """Return the constraints of all named shapes; those inside sh:or belong to the sh:or.

    Raises KeyError on a constraint component that the derivation below does not know.
    """
    found: set[Constraint] = set()
    for kind in (SH.NodeShape, SH.PropertyShape):
        for shape in shapes.subjects(RDF.type, kind):
            assert isinstance(shape, URIRef), f"a shape without an IRI: {shape}"
            for parameter, value in shapes.predicate_objects(shape):
                if parameter in NO_CONSTRAINTS or not str(parameter).startswith(str(SH)):
                    continue
                assert isinstance(parameter, URIRef)
                # One SPARQL constraint used by many shapes is proven once.
                owner = URIRef(str(value)) if parameter == SH.sparql else shape
                found.add(Constraint(owner, COMPONENTS[parameter], parameter, value))
    return sorted(found)


class Derivation:
    """Derives mutants from the things of a data graph."""

    def __init__(self, shapes: Graph, data: Graph) -> None:
        self._shapes = shapes
        self._data = data
        self._pools: dict[URIRef, list[Node]] = {}
        taken = (int(str(number)) for number in data.objects(None, SCHEMA.position))
        self._free_numbers = count(1 + max(taken, default=0))

    def mutants(self, constraint: Constraint) -> Iterator[Mutant]:
        """Return mutants that should break a constraint, the likeliest first."""
        if constraint.parameter == SH.sparql:
            return self._sparql(constraint)
        if constraint.parameter == SH.closed:
            stray = (URIRef("urn:mutant:stray"), Literal("stray"))
            return (
                Mutant(thing, self.statements(thing) | {stray})
                for thing in self._things([constraint.shape])
            )
        return self._values(constraint)

    def statements(self, thing: URIRef) -> set[Statement]:
        """Return the statements about a thing; a number in a scheme is moved out of the way."""
        own = {(p, o) for p, o in self._data.predicate_objects(thing) if isinstance(p, URIRef)}
        numbered = {(p, o) for p, o in own if p == SCHEMA.position}
        if numbered and any(p == SKOS.inScheme for p, _ in own):
            own = (own - numbered) | {(SCHEMA.position, Literal(next(self._free_numbers)))}
        return own

    def instances(self, node_shape: URIRef) -> list[URIRef]:
        """Return the focus nodes of a node shape, in a fixed order."""
        return sorted(focus_nodes(node_shape, self._shapes, self._data))

    def _things(
        self, node_shapes: Iterable[URIRef], has: Set[URIRef] = frozenset()
    ) -> Iterator[URIRef]:
        """Return things of several shapes in turn, so that the first ones differ in kind."""
        queues = [
            (t for t in self.instances(shape) if not has or has & set(self._data.predicates(t)))
            for shape in node_shapes
        ]
        while queues:
            for queue in list(queues):
                thing = next(queue, None)
                if thing is None:
                    queues.remove(queue)
                else:
                    yield thing

    def _users(self, property_shape: URIRef) -> list[URIRef]:
        return sorted(s for s in self._shapes.subjects(SH.property, property_shape))  # type: ignore[misc]

    def _paths(self, property_shape: URIRef) -> list[URIRef]:
        path = self._shapes.value(property_shape, SH.path)
        assert path is not None
        if isinstance(path, URIRef):
            return [path]
        alternatives = self._shapes.value(path, SH.alternativePath)
        assert alternatives is not None, f"{property_shape}: a path of an unknown form"
        return [p for p in Collection(self._shapes, alternatives) if isinstance(p, URIRef)]

    def _values(self, constraint: Constraint) -> Iterator[Mutant]:
        """Change the values of a property; then also leave out one other property.

        The second way tells apart constraints that hold one another up, such as the form of a
        number and its agreement with an address.
        """
        paths = self._paths(constraint.shape)
        users = self._users(constraint.shape)
        for alone in (False, True):
            for thing in islice(self._things(users, set(paths)), 60):
                statements = self.statements(thing)
                kept = {(p, o) for p, o in statements if p not in paths}
                values = sorted((o for p, o in statements if p in paths), key=str)
                left_out = sorted({p for p, _ in kept} - {RDF.type}) if alone else [None]
                for changed in islice(self._broken(constraint, thing, paths[0], values), 12):
                    for other in left_out:
                        rest = {(p, o) for p, o in kept if p != other}
                        yield Mutant(thing, rest | {(paths[0], value) for value in changed})

    def _broken(
        self, constraint: Constraint, thing: URIRef, path: URIRef, values: list[Node]
    ) -> Iterator[list[Node]]:
        """Return sets of values that break a constraint, made from those that keep it."""
        demanded = constraint.value
        match constraint.parameter.removeprefix(str(SH)):
            case "minCount":
                yield values[: int(str(demanded)) - 1]
            case "maxCount":
                missing = int(str(demanded)) + 1 - len(values)
                for more in self._more(constraint.shape, path, values):
                    yield values + more[:missing]
            case "uniqueLang":
                for value in values:
                    assert isinstance(value, Literal)
                    yield [*values, Literal(f"{value} (again)", lang=value.language)]
            case "hasValue":
                rest = [value for value in values if value != demanded]
                yield rest
                yield [*rest, Literal(False)]
            case "disjoint":
                for other in self._data.objects(thing, URIRef(str(demanded))):
                    yield [*values, other]
            case _:
                for value in values:
                    rest = [other for other in values if other != value]
                    for bad in self._bad(constraint, value):
                        yield [*rest, bad]

    def _bad(self, constraint: Constraint, value: Node) -> Iterator[Node]:
        demanded = constraint.value
        match constraint.parameter.removeprefix(str(SH)):
            case "datatype":
                yield from _of_another_datatype(value)
            case "nodeKind":
                yield Literal(str(value))
            case "class" | "in":
                yield URIRef(f"{value}-nothing")
                yield from _altered(value)
            case "or":
                yield Literal("nothing of the kind")
                if isinstance(value, URIRef):
                    yield URIRef(f"{value}-nothing")
            case "pattern":
                yield from self._against_pattern(constraint.shape, value)
            case "languageIn":
                yield Literal(str(value), lang="fr")
            case "minInclusive" | "maxInclusive":
                assert isinstance(demanded, Literal)
                assert isinstance(value, Literal)
                step = -1 if constraint.parameter == SH.minInclusive else 1
                yield Literal(demanded.toPython() + step, datatype=value.datatype)
            case "equals":
                assert isinstance(value, Literal)
                yield Literal(f"{value} (other)", lang=value.language, datatype=value.datatype)

    def _against_pattern(self, shape: URIRef, value: Node) -> Iterator[Node]:
        class_ = self._shapes.value(shape, SH["class"])
        if isinstance(value, Literal):
            for bad in (f"?{value}", f"{value}?", ";"):
                yield Literal(bad, lang=value.language, datatype=value.datatype)
        elif class_ is not None:
            # A value of the right class whose name does not fit.
            members = self._members(class_)
            yield from members[:3] + members[-3:]
        else:
            yield URIRef("urn:mutant:nothing")

    def _more(self, shape: URIRef, path: URIRef, values: list[Node]) -> Iterator[list[Node]]:
        """Return values to add: such as other things have, such as the shape allows, altered."""
        if path not in self._pools:
            self._pools[path] = sorted(set(self._data.objects(None, path)), key=str)
        others = [value for value in self._pools[path] if value not in values]
        if any(isinstance(value, URIRef) for value in values):
            class_ = self._shapes.value(shape, SH["class"])
            allowed = self._shapes.value(shape, SH["in"])
            members = self._members(class_) if class_ else others[:20]
            members += Collection(self._shapes, allowed) if allowed else []
            yield from ([m] for m in members if m not in values and self._fits(shape, m))
        for value in values:
            yield from ([other] for other in _altered(value))
        yield from ([other] for other in others)

    def _members(self, class_: Node) -> list[Node]:
        classes = self._data.transitive_subjects(RDFS.subClassOf, class_)
        return sorted({m for c in classes for m in self._data.subjects(RDF.type, c)}, key=str)

    def _fits(self, shape: URIRef, value: Node) -> bool:
        """Whether a value has the form that a shape asks of names, and stands in its list."""
        pattern = self._shapes.value(shape, SH.pattern)
        allowed = self._shapes.value(shape, SH["in"])
        return (pattern is None or bool(re.search(str(pattern), str(value)))) and (
            allowed is None or value in Collection(self._shapes, allowed)
        )

    def _sparql(self, constraint: Constraint) -> Iterator[Mutant]:
        name = str(constraint.value).rpartition("#")[2]
        change = SPARQL_CHANGES[name]
        users = self._shapes.subjects(SH.sparql, constraint.value)
        for thing in self._things(sorted(u for u in users if isinstance(u, URIRef))):
            mutant = change(self._data, thing, self.statements(thing))
            if mutant is not None:
                yield mutant


def _of_another_datatype(value: Node) -> Iterator[Literal]:
    assert isinstance(value, Literal)
    if value.language:
        yield Literal(str(value))
    elif value.datatype == XSD.integer:
        yield Literal(f"{value}.0", datatype=XSD.decimal)
    elif value.datatype == XSD.decimal:
        yield Literal(str(value), datatype=XSD.double)
    elif value.datatype == XSD.date:
        yield Literal(str(value)[:4], datatype=XSD.gYear)
    elif value.datatype == XSD.duration:
        yield Literal(str(value))
    else:
        yield Literal(str(value), lang="en")


def _altered(value: Node) -> Iterator[Node]:
    """Return other values of the same form: another last character, then a longer text."""
    text = str(value)
    if isinstance(value, Literal):
        if value.datatype == XSD.integer:
            texts = [f"1{text}", f"2{text}"]
        elif value.datatype == XSD.decimal:
            texts = [f"{text}1", f"{text}2"]
        elif value.datatype in _DATES:
            texts = [f"1999{text[4:]}", f"2999{text[4:]}"]
        elif value.datatype == XSD.duration:
            texts = ["P1Y", "P2Y"]
        else:
            texts = list(_altered_texts(text))
        yield from (Literal(t, lang=value.language, datatype=value.datatype) for t in texts)
    else:
        yield from (URIRef(t) for t in _altered_texts(text))


def _altered_texts(text: str) -> Iterator[str]:
    yield from (text[:-1] + last for last in "019Xx" if not text.endswith(last))
    yield from (f"{text}{number}" for number in range(1, 10))


# --- The constraints in SPARQL: what breaks them cannot be derived, so it is written down. ---

Change = Callable[[Graph, URIRef, set[Statement]], Mutant | None]


def _without(statements: set[Statement], *predicates: URIRef) -> set[Statement]:
    return {(p, o) for p, o in statements if p not in predicates}


def _end_before_start(_: Graph, thing: URIRef, statements: set[Statement]) -> Mutant | None:
    start, end = SCHEMA.startDate, SCHEMA.endDate
    if not {start, end} <= {p for p, _ in statements}:
        return None
    early = (end, Literal("1999", datatype=XSD.gYear))
    return Mutant(thing, _without(statements, end) | {early})


def _one_author_more(_: Graph, thing: URIRef, statements: set[Statement]) -> Mutant | None:
    lists = [o for p, o in statements if p == A4M.authorList]
    if not lists:
        return None
    longer = (A4M.authorList, Literal(f"{lists[0]}; Nobody"))
    return Mutant(thing, _without(statements, A4M.authorList) | {longer})


def _drop_longitude(_: Graph, thing: URIRef, statements: set[Statement]) -> Mutant | None:
    changed = _without(statements, SCHEMA.longitude)
    return Mutant(thing, changed) if changed != statements else None


def _drop_basis(_: Graph, thing: URIRef, statements: set[Statement]) -> Mutant | None:
    changed = _without(statements, A4M.basis)
    certain = all(p != A4M.certainty for p, _ in statements)
    return Mutant(thing, changed) if changed != statements and not certain else None


def _take_number(data: Graph, thing: URIRef, statements: set[Statement]) -> Mutant | None:
    taken = data.value(thing, SCHEMA.position)
    if taken is None:
        return None
    return Mutant(thing, _without(statements, SCHEMA.position) | {(SCHEMA.position, taken)})


def _own_broader(_: Graph, thing: URIRef, statements: set[Statement]) -> Mutant | None:
    changed = _without(statements, SKOS.broader)
    return Mutant(thing, changed | {(SKOS.broader, SELF)}) if changed != statements else None


def _from_one_end(predicate: URIRef) -> Change:
    """Return the change after which the property is stated by the mutant alone."""

    def change(_: Graph, thing: URIRef, statements: set[Statement]) -> Mutant | None:
        changed = _without(statements, *INVERSES.keys() - {predicate})
        stated = any(p == predicate for p, _ in changed)
        return Mutant(thing, changed, one_sided=True) if stated else None

    return change


def _other_celex(_: Graph, thing: URIRef, statements: set[Statement]) -> Mutant | None:
    numbers = [o for p, o in statements if p == A4M.celexNumber]
    addressed = any(p == OWL.sameAs and "/resource/celex/" in str(o) for p, o in statements)
    if not numbers or not addressed:
        return None
    other = (A4M.celexNumber, next(_altered(numbers[0])))
    return Mutant(thing, _without(statements, A4M.celexNumber) | {other})


def _of_another_document(_: Graph, thing: URIRef, statements: set[Statement]) -> Mutant | None:
    replaced = [o for p, o in statements if p == DCTERMS.replaces]
    if not replaced:
        return None
    other = (DCTERMS.isVersionOf, replaced[0])
    return Mutant(thing, _without(statements, DCTERMS.isVersionOf) | {other})


def _place_online(_: Graph, thing: URIRef, statements: set[Statement]) -> Mutant | None:
    if (SCHEMA.eventAttendanceMode, SCHEMA.OnlineEventAttendanceMode) not in statements:
        return None
    return Mutant(thing, statements | {(SCHEMA.location, Literal("Nowhere", lang="en"))})


def _under_another_call(data: Graph, thing: URIRef, statements: set[Statement]) -> Mutant | None:
    calls = set(data.subjects(RDF.type, A4M.OpenCall)) - {
        o for p, o in statements if p == A4M.fundedUnder
    }
    if not calls or all(p != A4M.answersChallenge for p, _ in statements):
        return None
    other = (A4M.fundedUnder, min(calls, key=str))
    return Mutant(thing, _without(statements, A4M.fundedUnder) | {other})


def _claim_a_fact(data: Graph, thing: URIRef, statements: set[Statement]) -> Mutant | None:
    fact = min(data.subject_objects(DCTERMS.contributor), default=None, key=str)
    if fact is None:
        return None
    parts = (A4M.claimSubject, A4M.claimProperty, A4M.claimObject)
    said = zip(parts, (fact[0], DCTERMS.contributor, fact[1]), strict=True)
    return Mutant(thing, _without(statements, *parts) | set(said))


SPARQL_CHANGES: dict[str, Change] = {
    "end-not-before-start": _end_before_start,
    "authors-agree": _one_author_more,
    "latitude-with-longitude": _drop_longitude,
    "inferred-with-basis": _drop_basis,
    "position-unique-in-scheme": _take_number,
    "broader-without-circle": _own_broader,
    "broader-stated-back": _from_one_end(SKOS.broader),
    "narrower-stated-back": _from_one_end(SKOS.narrower),
    "top-concept-of-stated-back": _from_one_end(SKOS.topConceptOf),
    "top-concept-stated-back": _from_one_end(SKOS.hasTopConcept),
    "celex-agrees-with-identifier": _other_celex,
    "version-of-one-document": _of_another_document,
    "online-without-place": _place_online,
    "challenge-of-the-same-call": _under_another_call,
    "claim-not-stated-as-fact": _claim_a_fact,
}
"""One entry for each sh:SPARQLConstraint, by local name; a missing one is a KeyError."""
