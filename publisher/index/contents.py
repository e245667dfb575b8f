"""Contents: what the index says of each thing, gathered from the dataset of a release."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter, itemgetter
from pathlib import Path
from typing import BinaryIO, cast

import pyoxigraph as ox

from publisher.index.relations import PROVENANCE, SUB_PROPERTY, Relations
from publisher.index.schemes import CONCEPT_LINKS, Link
from publisher.intake.identifiers import recognise, same_address
from publisher.prefixes import WELL_KNOWN
from publisher.presentation import INTRODUCTIONS
from publisher.release import Release
from publisher.runs import distinct
from publisher.terms import RDF_TYPE, BareTriple, Term, bare, best_text, graph_of

_XSD = WELL_KNOWN["xsd"]
_TYPE = f"<{RDF_TYPE}>"
_WITHDRAWN = f"<{WELL_KNOWN['owl']}deprecated>"
_IS_TRUE = re.compile(r'"true"')
_REPLACED_BY = f"{WELL_KNOWN['dcterms']}isReplacedBy"
_SUBCLASS = f"{WELL_KNOWN['rdfs']}subClassOf"
_KEPT = frozenset(f"<{iri}>" for iri in (_SUBCLASS, _REPLACED_BY, *CONCEPT_LINKS))
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


@dataclass
class Subject:
    """What the default graph says of an IRI, by property, and the graphs that give it a type."""

    iri: str
    graphs: Sequence[str]
    stated: dict[str, list[Term]]


class Contents:
    """What a release says, subject by subject, and what must be known of all before.

    Statements wait in files of a folder; what is held in memory is the IRIs with their classes.
    """

    def __init__(self, release: Release, folder: Path) -> None:
        """Read the dataset once and sort it by subjects. Raises OSError."""
        self._iris = release.iris
        self._language = release.publication.language
        self._things = f"<{release.iris.things}"
        self._sorted = folder / "subjects.nq"
        self._pointing = folder / "pointing"
        self.kinds: dict[str, tuple[str, ...]] = {}
        """The classes of each subject that has a type."""
        self.labelled: set[str] = set()
        """The subjects that have a name."""
        self.concepts: list[Link] = []
        """The statements that put concepts into schemes."""
        self._superclasses: defaultdict[str, set[str]] = defaultdict(set)
        self._withdrawn: set[str] = set()
        self._successors: dict[str, str] = {}
        path = release.dataset_path
        self.relations = Relations(_sub_properties(path, release.iris.ontology_graph))
        with self._pointing.open("wb") as pointing, self._sorted.open("wb") as subjects:
            lines = distinct(_sortable(path), folder)
            inverse = distinct(self._noted(lines, subjects), folder)
            pointing.writelines(inverse)

    def _noted(self, lines: Iterable[bytes], subjects: BinaryIO) -> Iterator[bytes]:
        """Write lines that are sorted by their subjects; yield what points at things of ours."""
        labels = frozenset(f"<{iri}>" for iri in self.relations.labels)
        tuples: dict[tuple[str, ...], tuple[str, ...]] = {}
        kinds: list[str] = []
        typed = False
        iri = ""
        for line in lines:
            subjects.write(b"<" + line.replace(b" ", b"> ", 1))
            statement = line[: line.rindex(b" <")].decode()
            subject, predicate, value = statement.split(" ", 2)
            if subject != iri:
                if typed:
                    self.kinds[iri] = tuples.setdefault(tuple(kinds), tuple(kinds))
                iri, kinds, typed = subject, [], False
            if value.startswith("<"):
                if predicate == _TYPE:
                    typed = True
                    if value[1:-1] not in kinds:
                        kinds.append(value[1:-1])
                elif predicate in _KEPT:
                    self._keep(iri, predicate[1:-1], value[1:-1])
                if value.startswith(self._things) and self._iris.split(value[1:-1]):
                    yield f"{value[1:-1]} {iri} {predicate}\n".encode()
            elif predicate in labels and value.startswith('"'):
                self.labelled.add(iri)
            elif predicate == _TYPE:
                typed = True
            if predicate == _WITHDRAWN and _IS_TRUE.match(value):
                self._withdrawn.add(iri)
        if typed:
            self.kinds[iri] = tuple(kinds)

    def _keep(self, iri: str, property_: str, value: str) -> None:
        if property_ == _SUBCLASS:
            self._superclasses[iri].add(value)
        elif property_ == _REPLACED_BY:
            self._successors[iri] = min(value, self._successors.get(iri, value))
        else:
            self.concepts.append((iri, property_, value))

    def subjects(self) -> Iterator[Subject]:
        """Yield what is said of each IRI, sorted; a triple of several graphs stands once."""
        quads = ox.parse(path=self._sorted, format=ox.RdfFormat.N_QUADS, lenient=True)
        for node, about in groupby(quads, attrgetter("subject")):
            stated: defaultdict[str, list[Term]] = defaultdict(list)
            graphs: dict[str, None] = {}
            for quad in about:
                _, predicate, value = bare(quad)
                property_ = predicate.value
                if property_ == RDF_TYPE:
                    graphs[graph_of(cast(ox.Quad, quad))] = None
                values = stated[property_]
                if not values or values[-1] != value:
                    values.append(value)
            yield Subject(node.value, tuple(graphs), stated)

    def pointing(self) -> Iterator[tuple[str, list[tuple[str, str]]]]:
        """Yield what points at each thing, sorted by the thing: subjects with properties."""
        with self._pointing.open("rb") as file:
            rows = (line.decode()[:-2].split(" ") for line in file)
            for iri, group in groupby(rows, itemgetter(0)):
                yield iri, [(subject, property_[1:]) for _, subject, property_ in group]

    def links(self) -> Iterator[tuple[str, str, str]]:
        """Yield subject, property and value of what points at things of ours, by subjects."""
        wanted = f" {self._things}".encode()
        with self._sorted.open("rb") as file:
            for line in file:
                if wanted in line:
                    subject, property_, rest = line.decode().split(" ", 2)
                    value = rest[: rest.rindex(" <")]
                    if value.startswith(self._things):
                        yield subject[1:-1], property_[1:-1], value[1:-1]

    def entry(self, subject: Subject, pointing: Sequence[tuple[str, str]]) -> Entry:
        """Return a thing, as it is found."""
        stated = subject.stated
        entry = Entry(subject.iri, subject.graphs, self.label(subject))
        for property_ in INTRODUCTIONS:
            texts = [each for each in stated.get(property_, ()) if isinstance(each, ox.Literal)]
            entry.introduction = entry.introduction or best_text(texts, self._language)
        entry.pointing = len(pointing)
        entry.behind = bool(pointing) and all(each in PROVENANCE for _, each in pointing)
        names: dict[tuple[str, str | None], Name] = {}
        for property_ in (*self.relations.labels, *self.relations.other_names):
            main = property_ in self.relations.labels
            for value in stated.get(property_, ()):
                if isinstance(value, ox.Literal):
                    name = Name(value.value, value.language, main)
                    names.setdefault((value.value, value.language), name)
        entry.names = sorted(names.values(), key=lambda n: (not n.main, n.text, n.language or ""))
        for property_, values in sorted(stated.items()):
            for value in sorted(values, key=str):
                self._describe(entry, property_, value)
        return entry

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

    def is_thing(self, iri: str) -> bool:
        """Whether an IRI is that of a thing of ours that has a type and was not withdrawn."""
        return iri in self.kinds and iri not in self._withdrawn and bool(self._iris.split(iri))

    def merged(self) -> dict[str, str]:
        """Return what replaced each thing that was withdrawn, where that is a thing of ours."""
        return {
            iri: successor
            for iri in sorted(self._successors)
            if not self.is_thing(iri)
            and self._iris.split(iri)
            and self.is_thing(successor := self._successor(iri))
        }

    def _successor(self, iri: str) -> str:
        """Follow what a thing was replaced by, as often as that was itself replaced."""
        passed: set[str] = set()
        while iri not in passed:
            passed.add(iri)
            iri = self._successors.get(iri, iri)
        return iri

    def label(self, subject: Subject) -> ox.Literal | None:
        """Return the best name of a subject."""
        for property_ in self.relations.labels:
            values = subject.stated.get(property_, ())
            texts = [each for each in values if isinstance(each, ox.Literal)]
            if texts:
                return best_text(texts, self._language)
        return None

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


def _sortable(path: Path) -> Iterator[bytes]:
    """Yield the statements on IRIs, without brackets around these, by which they are sorted."""
    with path.open("rb") as file:
        for line in file:
            if line.startswith(b"<"):
                end = line.index(b">")
                yield line[1:end] + line[end + 1 :]


def _sub_properties(path: Path, ontology: str) -> Iterator[BareTriple]:
    """Yield what a graph says of properties that are below others."""
    wanted, name = f" <{SUB_PROPERTY}> ".encode(), f" <{ontology}> .\n".encode()
    with path.open("rb") as file:
        lines = b"".join(line for line in file if wanted in line and line.endswith(name))
    for quad in ox.parse(lines, format=ox.RdfFormat.N_QUADS, lenient=True):
        yield bare(quad)
