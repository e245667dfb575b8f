"""Holdings: what the publication already has, found by identifier, name, address or notation."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

import pyoxigraph as ox

from publisher.findings import Finding, SourceFault
from publisher.intake.identifiers import recognise, same_address
from publisher.intake.mapping import Family, Intake
from publisher.intake.names import folded
from publisher.intake.record import FIELDS, Nature
from publisher.iri import IriSpace
from publisher.prefixes import WELL_KNOWN
from publisher.publication import Publication
from publisher.sources import DATA, SHAPES, Source, SourceSyntaxError, Statement, find_sources

_OWL, _RDFS, _SKOS, _DCTERMS = (WELL_KNOWN[prefix] for prefix in ("owl", "rdfs", "skos", "dcterms"))
_NAMES = frozenset({f"{_RDFS}label", f"{_SKOS}prefLabel", f"{_SKOS}altLabel"})
_NAME_FIELDS = ("title", "other-name", "acronym")


@dataclass
class Thing:
    """What duplicates are found by, of one thing that the publication describes or withdrew."""

    iri: str
    collection: str
    names: list[str] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)
    """Keys of its identifiers."""
    year: str | None = None
    withdrawn: bool = False
    successor: str | None = None


class Holdings:
    """An index of the sources; things that are to be added are put in as well."""

    def __init__(self, iris: IriSpace, intake: Intake) -> None:
        self._iris = iris
        self._intake = intake
        self.things: dict[str, Thing] = {}
        self.files: dict[str, str] = {}
        """Name of the file that the first thing of a collection stands in."""
        self._described: dict[str, str] = {}
        self._notations: dict[str, dict[str, str]] = defaultdict(dict)
        self._schemes: dict[str, set[str]] = defaultdict(set)
        self._by_key: dict[str, list[Thing]] = defaultdict(list)
        self._by_address: dict[tuple[str, str], Thing] = {}
        self._by_name: dict[tuple[str, str], list[Thing]] = defaultdict(list)
        self._names, self._identities, self._addresses, self._dates = self._properties()

    @classmethod
    def of(cls, publication: Publication, intake: Intake) -> Holdings:
        """Read data/ and ontology/. Raises SourceFault."""
        holdings = cls(publication.iris, intake)
        findings: list[Finding] = []
        for source in find_sources(publication):
            if source.kind != SHAPES:
                try:
                    for statement in source.statements():
                        holdings._take(source, statement)
                except SourceSyntaxError as error:
                    findings.append(error.finding)
        if findings:
            raise SourceFault(findings)
        for thing in list(holdings.things.values()):
            holdings.index(thing)
        return holdings

    def index(self, thing: Thing) -> None:
        """Make a thing known by all that it is found by."""
        self.things[thing.iri] = thing
        self._described.setdefault(thing.iri.lower(), thing.iri)
        for key in thing.keys:
            self._by_key[key].append(thing)
        for name in dict.fromkeys(map(folded, thing.names)):
            if thing not in self._by_name[thing.collection, name]:
                self._by_name[thing.collection, name].append(thing)

    def with_identifier(self, key: str) -> list[Thing]:
        """Return the things that carry an identifier."""
        return self._by_key.get(key, [])

    def named(self, collection: str, name: str) -> list[Thing]:
        """Return the things of a collection whose folded name this is."""
        return self._by_name.get((collection, name), [])

    def names(self, collection: str) -> Iterator[tuple[str, Thing]]:
        """Yield every folded name in a collection with each thing that has it."""
        for (place, name), things in self._by_name.items():
            if place == collection:
                yield from ((name, thing) for thing in things)

    def at_address(self, collection: str, iri: str) -> Thing | None:
        """Return the thing of a collection whose page is at an address."""
        return self._by_address.get((collection, same_address(iri)))

    def put_at_address(self, thing: Thing, iri: str) -> None:
        """Make a thing known by the address of its page."""
        self._by_address.setdefault((thing.collection, same_address(iri)), thing)

    def described(self, iri: str) -> str | None:
        """Return the IRI as the graph spells it if the graph describes it, whatever its case."""
        return self._described.get(iri.lower())

    def notated(self, scheme: str, notation: str) -> str | None:
        """Return the concept of a scheme that has a notation."""
        iri = self._notations[notation.lower()].get(scheme)
        return iri

    def _properties(self) -> tuple[set[str], dict[str, set[str]], set[str], set[str]]:
        """Return the properties that hold names, identifiers (with schemes), pages and dates."""
        names, identities = set(_NAMES), defaultdict[str, set[str]](set)
        addresses, dates = set[str](), set[str]()
        for family in self._intake.families.values():
            for name, binding in family.fields.items():
                if name in _NAME_FIELDS:
                    names.add(binding.property)
                elif FIELDS[name] is Nature.IDENTIFIER:
                    identities[binding.property].add(name)
                elif name == "page":
                    addresses.add(binding.property)
                elif name == "issued":
                    dates.add(binding.property)
        return names, dict(identities), addresses, dates

    def _take(self, source: Source, statement: Statement) -> None:
        quad = statement.quad
        if not isinstance(quad.subject, ox.NamedNode) or isinstance(quad.object, ox.BlankNode):
            return
        subject, predicate = quad.subject.value, quad.predicate.value
        assert isinstance(quad.object, ox.NamedNode | ox.Literal)
        value = quad.object.value
        self._described.setdefault(subject.lower(), subject)
        self._take_concept(subject, predicate, value)
        collection = self._iris.collection_of(subject)
        if source.kind != DATA or collection is None:
            return
        thing = self.things.get(subject)
        if thing is None:
            thing = self.things[subject] = Thing(subject, collection)
            self.files.setdefault(collection, source.path.name)
        if predicate in self._names:
            thing.names.append(value)
        elif predicate == f"{_OWL}deprecated":
            thing.withdrawn = value == "true"
        elif predicate == f"{_DCTERMS}isReplacedBy":
            thing.successor = value
        elif predicate in self._dates:
            thing.year = value[:4]
        if predicate in self._addresses:
            self.put_at_address(thing, value)
        for scheme in self._identities.get(predicate, ()):
            found = recognise(value, scheme)
            if found:
                thing.keys.add(found.key)

    def _take_concept(self, subject: str, predicate: str, value: str) -> None:
        """Remember notations and schemes, in whichever order their statements come."""
        if predicate == f"{_SKOS}notation":
            for scheme in self._schemes[subject]:
                self._notations[value.lower()][scheme] = subject
            self._schemes[subject].add(f"={value.lower()}")
        elif predicate == f"{_SKOS}inScheme":
            for known in self._schemes[subject]:
                if known.startswith("="):
                    self._notations[known[1:]][value] = subject
            self._schemes[subject].add(value)

    def file_of(self, family: Family) -> str:
        """Return the name of the file in data/ that things of a family go into."""
        default = family.file or f"{family.collection}.ttl"
        return self.files.get(family.collection, default)
