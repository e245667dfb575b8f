"""Things: a description arranged for a page by what the shapes and the ontology say."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from pyoxigraph import Literal, NamedNode, Triple

from publisher.index.relations import OTHER_NAMES
from publisher.iri import IriSpace
from publisher.presentation import INTRODUCTIONS
from publisher.terms import RDF_TYPE, Term, bare, best_text
from server.pages.values import Namer, Value, readable
from server.presentation import Presentation, Slot
from server.presentation import Term as NamedTerm

_LAST = float("inf")


@dataclass
class Row:
    """One property with its values."""

    label: str
    term: NamedTerm
    description: str
    inverse: bool
    order: float
    values: list[Value]


@dataclass
class Section:
    """Rows under one heading; the first section of a page has none."""

    heading: str | None
    order: float
    named: bool = False
    rows: list[Row] = field(default_factory=list)


@dataclass(frozen=True)
class Thing:
    """Everything that the page of a thing says."""

    iri: str
    title: Value
    kinds: list[NamedTerm]
    introduction: Value | None
    sections: list[Section]
    incoming: list[Row]
    told: int = 0
    """How many values that lead here stand elsewhere on the page, and not in `incoming`."""


def without(thing: Thing, properties: Collection[str], shown: Collection[str]) -> Thing:
    """Leave out the values of some properties that are shown elsewhere on the page, by IRI."""

    def rest(rows: Iterable[Row]) -> list[Row]:
        left = [
            replace(row, values=[each for each in row.values if each.title not in shown])
            if row.term.iri in properties
            else row
            for row in rows
        ]
        return [row for row in left if row.values]

    sections = [replace(each, rows=rest(each.rows)) for each in thing.sections]
    incoming = rest(thing.incoming)
    told = sum(len(row.values) for row in thing.incoming) - sum(len(r.values) for r in incoming)
    kept = [each for each in sections if each.rows]
    return replace(thing, sections=kept, incoming=incoming, told=told)


def arrange(
    iri: str, triples: Iterable[Triple], presentation: Presentation, iris: IriSpace
) -> Thing:
    """Arrange the description of the thing `iri`.

    Values that a shape names stand in its groups and order, the others after them; links that
    point here and that no shape names stand apart, by relation.
    """
    outgoing: dict[str, list[Term]] = defaultdict(list)
    pointing: dict[str, list[Term]] = defaultdict(list)
    names: dict[str, dict[str, list[Literal]]] = defaultdict(lambda: defaultdict(list))
    for subject, property_, value in map(bare, triples):
        predicate = property_.value
        if not isinstance(subject, NamedNode):
            continue
        if subject.value == iri:
            outgoing[predicate].append(value)
        if isinstance(value, NamedNode) and value.value == iri:
            pointing[predicate].append(subject)
        if isinstance(value, Literal) and predicate in presentation.label_properties:
            names[subject.value][predicate].append(value)
    namer = Namer(iris, presentation, _preferred(names, presentation))
    return _Arrangement(iri, outgoing, pointing, namer).thing()


def _preferred(
    names: Mapping[str, Mapping[str, list[Literal]]], presentation: Presentation
) -> dict[str, list[Literal]]:
    """Keep for each thing the names by the label property that comes first."""
    return {
        subject: next(given[each] for each in presentation.label_properties if each in given)
        for subject, given in names.items()
    }


class _Arrangement:
    """Takes values out of a description as they find their place on the page."""

    def __init__(
        self,
        iri: str,
        outgoing: dict[str, list[Term]],
        pointing: dict[str, list[Term]],
        namer: Namer,
    ) -> None:
        self.iri = iri
        self.outgoing = outgoing
        self.pointing = pointing
        self.namer = namer
        self.presentation = namer.presentation
        self.names = self._names()

    def thing(self) -> Thing:
        types = [
            each.value for each in self.outgoing.pop(RDF_TYPE, []) if isinstance(each, NamedNode)
        ]
        kinds = self.presentation.kinds(types)
        slots = self.presentation.slots(kind.iri for kind in kinds)
        title = self._title()
        introduction = self._introduction()
        sections = self._sections(slots)
        return Thing(self.iri, title, kinds, introduction, sections, self._incoming(slots))

    def _title(self) -> Value:
        name = self.namer.name(self.iri)
        if name is None:
            return Value(readable(self.iri).rpartition("/")[2])
        for predicate in self.presentation.label_properties:
            self._take(predicate, name)
        return self.namer.value(name)

    def _names(self) -> list[str]:
        """Return all that the thing is called, the longest first."""
        found = [
            each.value
            for predicate in (*self.presentation.label_properties, *OTHER_NAMES)
            for each in self.outgoing.get(predicate, ())
            if isinstance(each, Literal)
        ]
        return sorted(dict.fromkeys(found), key=len, reverse=True)

    def _introduction(self) -> Value | None:
        for predicate in INTRODUCTIONS:
            texts = [each for each in self.outgoing.get(predicate, ()) if isinstance(each, Literal)]
            text = best_text(texts, self.presentation.language)
            if text is not None:
                self._take(predicate, text)
                return self.namer.value(text)
        return None

    def _take(self, predicate: str, value: Term) -> None:
        left = [each for each in self.outgoing.get(predicate, ()) if each != value]
        if left:
            self.outgoing[predicate] = left
        else:
            self.outgoing.pop(predicate, None)

    def _sections(self, slots: Mapping[tuple[str, bool], Slot]) -> list[Section]:
        plain = Section(None, -_LAST)
        rest = Section("Further", _LAST)
        by_group = {
            iri: Section(group.label, group.order, named=True)
            for iri, group in self.presentation.groups.items()
        }
        found = [(predicate, False, values) for predicate, values in self.outgoing.items()]
        found += [
            (predicate, True, values)
            for predicate, values in self.pointing.items()
            if (predicate, True) in slots
        ]
        for predicate, inverse, values in found:
            slot = slots.get((predicate, inverse))
            section = rest if slot is None else by_group.get(slot.group or "", plain)
            section.rows.append(self._row(predicate, inverse, values, slot))
        sections = [each for each in (plain, *by_group.values(), rest) if each.rows]
        if sections == [rest]:
            rest.heading = None
        for section in sections:
            section.rows.sort(key=lambda row: (row.order, row.label.casefold()))
        return sorted(sections, key=lambda section: section.order)

    def _incoming(self, slots: Mapping[tuple[str, bool], Slot]) -> list[Row]:
        rows = [
            self._row(predicate, True, values, None)
            for predicate, values in self.pointing.items()
            if (predicate, True) not in slots
        ]
        return sorted(rows, key=lambda row: row.label.casefold())

    def _row(self, predicate: str, inverse: bool, values: list[Term], slot: Slot | None) -> Row:
        term = self.presentation.term(predicate)
        shown = _told_apart(values, self.namer)
        if inverse and self.presentation.is_statement_part(predicate):
            shown = [replace(each, text=_beside(each.text, self.names)) for each in shown]
        return Row(
            label=(slot.label if slot else "") or term.label,
            term=term,
            description=(slot.description if slot else "") or term.definition,
            inverse=inverse,
            order=slot.order if slot else _LAST,
            values=shown,
        )


def _beside(text: str, names: Iterable[str]) -> str:
    """Return what the name of a statement says besides the thing whose page it stands on."""
    for name in names:
        rest = text.removeprefix(f"{name}: ").removesuffix(f": {name}")
        if rest != text:
            return rest
    return text


def _told_apart(terms: Iterable[Term], namer: Namer) -> list[Value]:
    """Return values in order, those of one name with what their IRI says of their kind."""
    shown = [(term, namer.value(term)) for term in terms]
    names = Counter(value.text for _, value in shown)
    values = []
    for term, value in shown:
        kind = namer.iris.collection_of(term.value) if isinstance(term, NamedNode) else None
        if kind is not None and names[value.text] > 1:
            value = replace(value, hint=kind.replace("-", " "))
        values.append(value)
    return sorted(values, key=lambda value: value.sort_key)
