"""Contents: what the index says of each thing, gathered from the dataset of a release."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pyoxigraph as ox

from publisher.index.relations import PROVENANCE, Relations
from publisher.intake.identifiers import recognise, same_address
from publisher.prefixes import WELL_KNOWN
from publisher.presentation import INTRODUCTIONS
from publisher.release import Release
from publisher.terms import RDF_TYPE, Term, bare, bare_triples, best_text, graph_of

_XSD = WELL_KNOWN["xsd"]
_DEPRECATED = f"{WELL_KNOWN['owl']}deprecated"
_REPLACED_BY = f"{WELL_KNOWN['dcterms']}isReplacedBy"
_SUBCLASS = f"{WELL_KNOWN['rdfs']}subClassOf"
#: The datatypes of what says of which year a thing is.
DATES = frozenset(f"{_XSD}{name}" for name in ("date", "dateTime", "gYear", "gYearMonth"))
_TEXTS = frozenset({f"{_XSD}string", f"{WELL_KNOWN['rdf']}langString"})
_YEAR = re.compile(r"(\d{4})(?:-|$)")


@dataclass(frozen=True)
class Name:
    """A name of a thing; `main` says that it is one of its labels."""

    text: str
    language: str | None
    main: bool


@dataclass(frozen=True)
class Address:
    """Where a thing is known elsewhere: the key that all spellings share, and by which property."""

    key: str
    property: str
    value: str


@dataclass
class Entry:
    """A thing, as it is found."""

    iri: str
    graphs: Sequence[str] = ()
    label: ox.Literal | None = None
    introduction: ox.Literal | None = None
    names: list[Name] = field(default_factory=list)
    classes: set[str] = field(default_factory=set)
    texts: list[str] = field(default_factory=list)
    addresses: set[Address] = field(default_factory=set)
    years: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    values: list[tuple[str, Term]] = field(default_factory=list)
    pointing: int = 0
    behind: bool = False
    """Whether the graph only rests on it: a source document, say."""

    @property
    def graph(self) -> str | None:
        """The first graph that gives it a type."""
        return self.graphs[0] if self.graphs else None


class Contents:
    """All entries of a release, and the names of whatever else its values lead to."""

    def __init__(self, release: Release) -> None:
        """Read the dataset. Raises SyntaxError and OSError."""
        self._iris = release.iris
        self._language = release.publication.language
        self._about: dict[str, dict[str, list[Term]]] = defaultdict(lambda: defaultdict(list))
        self._graphs: dict[str, dict[str, None]] = {}
        self._pointing: dict[str, set[tuple[str, str]]] = defaultdict(set)
        ontology = []
        seen = set()
        for quad in ox.parse(path=release.dataset_path, format=ox.RdfFormat.N_QUADS):
            if graph_of(quad) == release.iris.ontology_graph:
                ontology.append(quad)
            subject, predicate, value = bare(quad)
            if predicate.value == RDF_TYPE and isinstance(subject, ox.NamedNode):
                self._graphs.setdefault(subject.value, {})[graph_of(quad)] = None
            triple = quad.triple
            if triple not in seen and isinstance(subject, ox.NamedNode):
                seen.add(triple)
                self._take(subject.value, predicate.value, value)
        self.relations = Relations(bare_triples(ontology))
        self._superclasses = {
            iri: {v.value for v in about[_SUBCLASS] if isinstance(v, ox.NamedNode)}
            for iri, about in self._about.items()
            if _SUBCLASS in about
        }
        self.entries = [self._entry(iri) for iri in sorted(self._about) if self._is_thing(iri)]
        things = {entry.iri for entry in self.entries}
        self.merged = {
            iri: successor
            for iri in sorted(self._about)
            if iri not in things
            and self._iris.split(iri)
            and (successor := self._successor(iri)) in things
        }
        """What replaced each thing that was withdrawn, where that is a thing of ours."""
        self.labels = {
            iri: label for iri in sorted(self._about) if (label := self._label(iri)) is not None
        }

    @property
    def about(self) -> Mapping[str, Mapping[str, list[Term]]]:
        """What the default graph says of each IRI, by property."""
        return self._about

    def superclasses(self, classes: Iterable[str]) -> set[str]:
        """Return the classes with all that they are declared to be below of."""
        found: set[str] = set()
        waiting = list(classes)
        while waiting:
            class_ = waiting.pop()
            if class_ not in found:
                found.add(class_)
                waiting += self._superclasses.get(class_, ())
        return found

    def _take(self, subject: str, property_: str, value: Term) -> None:
        self._about[subject][property_].append(value)
        if isinstance(value, ox.NamedNode) and self._iris.split(value.value):
            self._pointing[value.value].add((subject, property_))

    def _successor(self, iri: str) -> str:
        """Follow what a thing was replaced by, as often as that was itself replaced."""
        passed: set[str] = set()
        while iri not in passed:
            passed.add(iri)
            following = self._about.get(iri, {}).get(_REPLACED_BY, ())
            iri = min((v.value for v in following if isinstance(v, ox.NamedNode)), default=iri)
        return iri

    def _is_thing(self, iri: str) -> bool:
        """Whether an IRI is that of a thing of ours that has a type and was not withdrawn."""
        about = self._about[iri]
        withdrawn = any(value.value == "true" for value in about.get(_DEPRECATED, ()))
        return bool(self._iris.split(iri)) and RDF_TYPE in about and not withdrawn

    def _label(self, iri: str) -> ox.Literal | None:
        about = self._about[iri]
        for property_ in self.relations.labels:
            texts = [each for each in about.get(property_, ()) if isinstance(each, ox.Literal)]
            if texts:
                return best_text(texts, self._language)
        return None

    def _entry(self, iri: str) -> Entry:
        about = self._about[iri]
        entry = Entry(iri, tuple(self._graphs.get(iri, ())), self._label(iri))
        for property_ in INTRODUCTIONS:
            texts = [each for each in about.get(property_, ()) if isinstance(each, ox.Literal)]
            entry.introduction = entry.introduction or best_text(texts, self._language)
        pointing = self._pointing.get(iri, set())
        entry.pointing = len(pointing)
        entry.behind = bool(pointing) and all(each in PROVENANCE for _, each in pointing)
        names: dict[tuple[str, str | None], Name] = {}
        for property_ in (*self.relations.labels, *self.relations.other_names):
            main = property_ in self.relations.labels
            for value in about.get(property_, ()):
                if isinstance(value, ox.Literal):
                    name = Name(value.value, value.language, main)
                    names.setdefault((value.value, value.language), name)
        entry.names = sorted(names.values(), key=lambda n: (not n.main, n.text, n.language or ""))
        for property_, values in sorted(about.items()):
            for value in sorted(values, key=str):
                self._describe(entry, property_, value)
        return entry

    def _describe(self, entry: Entry, property_: str, value: Term) -> None:
        if property_ == RDF_TYPE:
            if isinstance(value, ox.NamedNode):
                entry.classes.add(value.value)
            return
        if isinstance(value, ox.BlankNode):
            return
        entry.values.append((property_, value))
        if self.relations.strength(property_) and not self._iris.contains(value.value):
            key = key_of(value)
            if key:
                entry.addresses.add(Address(key, property_, value.value))
        if isinstance(value, ox.Literal):
            datatype = value.datatype.value
            year = _YEAR.match(value.value)
            if datatype in DATES and year:
                entry.years[property_].add(year[1])
            elif datatype in _TEXTS and not self._is_name(property_):
                entry.texts.append(value.value)

    def _is_name(self, property_: str) -> bool:
        return property_ in self.relations.labels or property_ in self.relations.other_names


def key_of(value: Term) -> str | None:
    """Return what all spellings of an address or identifier share; None for another text."""
    if isinstance(value, ox.NamedNode) or value.value.startswith(("http://", "https://")):
        return same_address(value.value)
    found = recognise(value.value)
    return found.key if found else None
