"""Stubs: the statements that a record becomes, and the file each of them belongs in."""

from __future__ import annotations

import datetime as dt
import itertools
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import pyoxigraph as ox

from publisher.findings import SourceFault
from publisher.intake.holdings import Holdings, Thing
from publisher.intake.mapping import FILE, Family, Intake
from publisher.intake.names import address_slug, slug
from publisher.intake.people import match
from publisher.intake.record import (
    ORGANISATION,
    PERSON,
    SOURCE,
    Agent,
    Record,
    fault,
    values,
)
from publisher.intake.statements import Statement, guesses, own_statements
from publisher.publication import Publication, PublicationError
from publisher.terms import RDF_TYPE, BareTriple


@dataclass(frozen=True)
class Origin:
    """Where and when the records were read: the document, its title, the day."""

    seen: dt.date
    address: str | None = None
    title: str | None = None


@dataclass
class Draft:
    """What is to be written, by name of file in data/, and what a person has to know."""

    triples: defaultdict[str, list[BareTriple]] = field(default_factory=lambda: defaultdict(list))
    added: dict[str, Record] = field(default_factory=dict)
    """Records by the IRI of the thing that they became."""
    along: list[str] = field(default_factory=list)
    """People, bodies and source documents that came along."""
    ask: list[tuple[str, str, str]] = field(default_factory=list)
    """Thing, property, and what is still to write."""
    notes: list[str] = field(default_factory=list)

    @property
    def things(self) -> list[str]:
        """IRIs of all that is new."""
        return [*self.added, *self.along]


class StubWriter:
    """Turns records into statements, one after the other; later ones see the earlier ones."""

    def __init__(
        self,
        publication: Publication,
        intake: Intake,
        holdings: Holdings,
        origin: Origin,
        given: Sequence[Statement] = (),
    ) -> None:
        self.draft = Draft()
        self._publication = publication
        self._intake = intake
        self._holdings = holdings
        self._origin = origin
        self._given = given
        """Statements of the maintainer about each thing that a record becomes."""

    def family(self, name: str) -> Family:
        """Return how a kind of thing is written. Raises PublicationError if nothing says so."""
        try:
            return self._intake.families[name]
        except KeyError:
            path = self._publication.folder / FILE
            raise PublicationError(f"{path}: '{name}': missing; say how to write it") from None

    def add(self, record: Record) -> str:
        """Draft the thing that a record describes; returns its IRI. Raises SourceFault."""
        family = self.family(record.family)
        iri = self._mint(family, record)
        linked, names = self._agents(record, family)
        source = family.fields.get("source")
        if source:
            linked.append((ox.NamedNode(source.property), self._source(record)))
        statements = [*self._own(record, family, iri), *linked]
        if names and "author-list" in family.fields:
            property_ = ox.NamedNode(family.fields["author-list"].property)
            statements.append((property_, ox.Literal("; ".join(names))))
        overruled = guesses(family) & {predicate.value for predicate, _ in self._given}
        statements = [found for found in statements if found[0].value not in overruled]
        statements += self._given
        self._put(family, iri, statements)
        self.draft.added[iri] = record
        self._ask(record, family, iri, {predicate.value for predicate, _ in statements})
        return iri

    def _ask(self, record: Record, family: Family, iri: str, written: set[str]) -> None:
        for property_, text in family.ask.items():
            if property_ not in written:
                self.draft.ask.append((iri, property_, text))
        self.draft.notes += [f"{record.key} {note}" for note in record.notes]
        if record.more_authors:
            self.draft.notes.append(f'{record.key}: its list of authors ends in "and others"')

    def _own(self, record: Record, family: Family, iri: str) -> list[Statement]:
        """Return what stands in the record's own fields; asks for what has no IRI."""
        language = record.language or self._publication.language
        statements, unknown = own_statements(record, family, language, self._holdings)
        self.draft.ask += ((iri, property_, text) for property_, text in unknown)
        return statements

    def _agents(self, record: Record, family: Family) -> tuple[list[Statement], list[str]]:
        """Return the links to authors and editors, and the printed names of the authors.

        Only those stand in the printed list whom the property of authors leads to.
        """
        links: dict[Statement, None] = {}
        names: list[str] = []
        authors = family.fields.get("authors")
        for role, agents in (("authors", record.authors), ("editors", record.editors)):
            for agent in agents:
                kind = "corporate-authors" if agent.corporate and role == "authors" else role
                binding = family.fields.get(kind)
                nobody = not slug(agent.name)
                if binding is None or nobody or (agent.corporate and role == "editors"):
                    if binding or kind == "corporate-authors":
                        self.draft.notes.append(f"{record.key}: '{agent.name}' was left out")
                    continue
                link = ox.NamedNode(binding.property), self._agent(agent, record)
                if link not in links and role == "authors" and authors:
                    names += [agent.name.replace(";", ",")] * (binding.property == authors.property)
                links[link] = None
        return list(links), names

    def _agent(self, agent: Agent, record: Record) -> ox.NamedNode:
        family = self.family(ORGANISATION if agent.corporate else PERSON)
        found = match(agent, family, self._holdings)
        self.draft.notes += found.notes
        if found.thing:
            return ox.NamedNode(found.thing.iri)
        orcid = agent.orcid.iri if agent.orcid else None
        stub = Record(family.name, agent.name, record.place, values(title=agent.name, orcid=orcid))
        iri = self._mint(family, stub)
        statements = self._own(stub, family, iri)
        source = family.fields.get("source")
        if source:
            statements.append((ox.NamedNode(source.property), self._source(record)))
        self._put(family, iri, statements)
        self.draft.along.append(iri)
        return ox.NamedNode(iri)

    def _source(self, record: Record) -> ox.NamedNode:
        """Return the document that the record was read from, drafted if it is new."""
        family = self.family(SOURCE)
        page = self._origin.address or record.document
        if page is None:
            what = f"{record.key}: nothing says where this was read"
            mend = "give the address of the page or file with --source https://..."
            raise SourceFault([fault(record.place, "source", what, mend)])
        known = self._holdings.at_address(family.collection, page)
        if known:
            return ox.NamedNode(known.iri)
        title = self._origin.title or (None if self._origin.address else record.title)
        title = title or page
        stub = Record(
            family.name,
            title,
            record.place,
            values(title=title, page=page, seen=self._origin.seen.isoformat()),
            language=None if self._origin.title else record.language,
        )
        iri = self._mint(family, stub)
        self._put(family, iri, self._own(stub, family, iri))
        self._holdings.put_at_address(self._holdings.things[iri], page)
        self.draft.along.append(iri)
        return ox.NamedNode(iri)

    def _mint(self, family: Family, record: Record) -> str:
        """Return a new IRI for a thing; slugs are never used twice, not even withdrawn ones."""
        slots = {
            "title": slug(record.title, family.words),
            "year": (record.first("issued") or "")[:4],
            "acronym": slug(record.first("acronym") or ""),
            "address": address_slug(record.first("page") or ""),
        }
        made = (_filled(template, slots) for template in family.slugs)
        base = next((text for text in made if text), "")
        if not re.fullmatch(self._publication.slug_pattern, base):
            what = f"{record.key}: no slug can be made of its title"
            mend = "add it by hand, with a slug of your own"
            raise SourceFault([fault(record.place, "slug", what, mend)])
        for number in itertools.count(1):
            text = base if number == 1 else f"{base}-{number}"
            iri = self._publication.iris.thing(family.collection, text)
            if iri not in self._holdings.things:
                self._index(family, record, iri)
                return iri
        raise AssertionError

    def _index(self, family: Family, record: Record, iri: str) -> None:
        names = [*record.values.get("title", ()), *record.values.get("other-name", ())]
        keys = {found.key for found in record.identifiers()}
        year = (record.first("issued") or "")[:4] or None
        self._holdings.index(Thing(iri, family.collection, names, keys, year))

    def _put(self, family: Family, iri: str, statements: Iterable[Statement]) -> None:
        rows = self.draft.triples[self._holdings.file_of(family)]
        subject = ox.NamedNode(iri)
        rows += ((subject, ox.NamedNode(RDF_TYPE), ox.NamedNode(type_)) for type_ in family.types)
        rows += ((subject, predicate, value) for predicate, value in statements)


def _filled(template: str, slots: dict[str, str]) -> str | None:
    """Return a template with its slots filled, or None if one of them has nothing in it."""
    names = re.findall(r"\{(\w+)\}", template)
    if not all(slots[name] for name in names):
        return None
    return re.sub(r"\{(\w+)\}", lambda match_: slots[match_[1]], template)
