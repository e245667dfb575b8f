"""The glossary: the ontology as a book that people read, with an entry for each term."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pyoxigraph import BlankNode, NamedNode, Triple

from publisher.prefixes import WELL_KNOWN
from publisher.release import Release
from publisher.terms import RDF_TYPE, Term
from publisher.vocabulary import CLASS_TYPES, PROPERTY_TYPES
from server.http.addresses import local_link
from server.pages.diagrams import Drawing, Edge, Label, hierarchy, neighbourhood
from server.pages.entries import Entry, EntryWriter, Row
from server.pages.grouping import Group, Grouping
from server.pages.kinship import Kin, Kinship
from server.pages.overview import Overview, overview
from server.pages.rules import RuleBook, Shape
from server.pages.statements import Statements
from server.pages.usage import Tie, Usage
from server.pages.values import Value, grouped
from server.presentation import Presentation
from server.search.index import Index

_RDFS, _OWL, _SKOS = (WELL_KNOWN[each] for each in ("rdfs", "owl", "skos"))
_SCHEMA: Final = WELL_KNOWN["schema"]
_SUBCLASS, _SUBPROPERTY = f"{_RDFS}subClassOf", f"{_RDFS}subPropertyOf"
_INDIVIDUALS: Final = frozenset({f"{_OWL}NamedIndividual"})
_SCHEMES: Final = frozenset({f"{_SKOS}ConceptScheme"})
_TOP_CONCEPT: Final = f"{_SKOS}hasTopConcept"
_INVERSE: Final = f"{_OWL}inverseOf"
#: What a property is meant for and what it leads to, as limits or as advice.
_ENDS: Final = (
    (f"{_RDFS}domain", f"{_SCHEMA}domainIncludes"),
    (f"{_RDFS}range", f"{_SCHEMA}rangeIncludes"),
)
#: What is said of a property by its types.
_CHARACTERS: Final = {
    "ObjectProperty": "leads to things",
    "DatatypeProperty": "has plain values",
    "AnnotationProperty": "remarks on things",
    "FunctionalProperty": "has one value at most",
    "InverseFunctionalProperty": "identifies the thing that has it",
    "TransitiveProperty": "passes on from link to link",
    "SymmetricProperty": "holds in both directions",
    "AsymmetricProperty": "never holds in both directions",
    "ReflexiveProperty": "holds of everything with itself",
    "IrreflexiveProperty": "never holds of a thing with itself",
    "DeprecatedProperty": "should no longer be used",
}
_MOST_NEIGHBOURS: Final = 5
_MOST_ENDS: Final = 8


@dataclass(frozen=True)
class Chapter:
    """Entries that stand together under one heading."""

    heading: str
    entries: list[Entry]
    foreign: bool = False
    """Whether the heading is in the language of the publication."""


@dataclass(frozen=True)
class Book:
    """A whole vocabulary."""

    header: Entry
    classes: list[Chapter]
    properties: list[Chapter]
    others: list[Chapter]
    trees: list[Kin]
    """The classes from the top, as their labels stand in `labels`."""
    labels: Mapping[str, Label]
    hierarchy: Drawing | None
    overview: Overview | None


def ontology(
    triples: Sequence[Triple],
    rule_book: RuleBook,
    presentation: Presentation,
    release: Release,
    index: Index,
) -> Book:
    """Return the ontology as a book; `rule_book` is empty where the release has no shapes."""
    return _Glossary(triples, rule_book, presentation, release, index).book()


class _Glossary:
    """Makes entries out of the ontology, the shapes and the usage of terms."""

    def __init__(
        self,
        triples: Sequence[Triple],
        rule_book: RuleBook,
        presentation: Presentation,
        release: Release,
        index: Index,
    ) -> None:
        iris = release.iris
        plain = Statements(triples, presentation, iris)
        self._classes = Kinship.of(plain, CLASS_TYPES, _SUBCLASS)
        self._properties = Kinship.of(plain, PROPERTY_TYPES, _SUBPROPERTY)
        statistics = release.overview["statistics"]
        self._usage = Usage(index, statistics, self._classes.ancestors)
        names = index.names_of(self._usage.named)
        self._statements = Statements(triples, presentation, iris, names)
        self._writer = EntryWriter(self._statements)
        self._presentation = presentation
        self._iris = iris
        self._shapes: dict[str, list[Shape]] = defaultdict(list)
        for shape in rule_book.shapes:
            for class_ in shape.classes:
                self._shapes[class_].append(shape)
        named = self._statements.namer.resource
        self._labels = {iri: self._label(iri, named(iri)) for iri in self._classes.terms}
        self._inverses = self._stated_inverses()

    def book(self) -> Book:
        statements = self._statements
        others = [
            Chapter(heading, [self._other(node) for node in statements.subjects(types)])
            for heading, types in (("Individuals", _INDIVIDUALS), ("Concept schemes", _SCHEMES))
        ]
        branches = self._classes.branches(self._labels)
        return Book(
            header=self._other(NamedNode(self._iris.ontology)),
            classes=self._class_chapters(),
            properties=self._property_chapters(),
            others=[chapter for chapter in others if chapter.entries],
            trees=self._classes.trees,
            labels=self._labels,
            hierarchy=hierarchy(
                branches,
                "The hierarchy of the classes",
                "Each class beside those below it, as the list of classes has them too.",
            )
            if branches
            else None,
            overview=overview(
                self._usage,
                self._labels,
                self._classes.ancestors,
                {iri: self._label(iri, statements.property(iri)) for iri in self._usage.triples},
            ),
        )

    def _label(self, iri: str, value: Value) -> Label:
        return Label(value.text, value.href, self._iris.contains(iri))

    def _class_chapters(self) -> list[Chapter]:
        """Return the classes by family, each under the first of those that it belongs to."""
        placed: set[str] = set()
        chapters, single = [], []
        for tree in self._classes.trees:
            family = [iri for iri in _members(tree) if iri not in placed]
            placed.update(family)
            if tree.below and family:
                name = self._labels[tree.iri].text
                chapters.append(Chapter(name, [self._class(iri) for iri in family], True))
            else:
                single += family
        if single:
            heading = "Further classes" if chapters else "Classes"
            chapters.append(Chapter(heading, [self._class(iri) for iri in single]))
        return chapters

    def _class(self, iri: str) -> Entry:
        about = self._statements.about(NamedNode(iri))
        above = about.pop(_SUBCLASS, [])
        rows = [
            self._writer.row("kind of", [each for each in above if isinstance(each, NamedNode)]),
            self._writer.row("kinds of it", map(NamedNode, self._classes.below[iri])),
            self._writer.row("each", [each for each in above if isinstance(each, BlankNode)]),
            *self._writer.aligned(about),
        ]
        usage = self._usage
        return self._writer.entry(
            iri,
            rows,
            about,
            things=usage.things.get(iri, 0),
            extent=usage.extents.get(iri, 0),
            examples=[
                (self._statements.value(NamedNode(each.thing)), None)
                for each in usage.examples.get(iri, ())
            ],
            shapes=self._shapes.get(iri, []),
            drawing=self._neighbourhood(iri),
        )

    def _neighbourhood(self, iri: str) -> Drawing | None:
        sides = [
            self._edges(ties)
            for ties in (
                self._usage.incoming(iri, self._classes.terms),
                self._usage.outgoing(iri, self._classes.terms),
            )
        ]
        if not any(sides):
            return None
        label = self._labels[iri]
        said = [
            f"{', '.join(each.text for each in edge.labels)}: {before}{edge.neighbour.text}"
            for before, edges in zip(("from ", "to "), sides, strict=True)
            for edge in edges
        ]
        title = f"What {label.text} is tied to"
        return neighbourhood(label, sides[0], sides[1], title, "; ".join(said))

    def _edges(self, ties: Iterable[Tie]) -> list[Edge]:
        """Return the neighbours that the most triples lead to, each with its relations."""
        neighbours: dict[str, list[str]] = defaultdict(list)
        for tie in ties:
            neighbours[tie.other].append(tie.property)
        said = self._statements.property
        return [
            Edge(tuple(self._label(e, said(e)) for e in properties), self._labels[other])
            for other, properties in list(neighbours.items())[:_MOST_NEIGHBOURS]
        ]

    def _property_chapters(self) -> list[Chapter]:
        """Return the properties in their groups, in each our own before those taken over."""
        grouping = Grouping(self._presentation)
        chapters: dict[Group, list[Entry]] = defaultdict(list)
        for iri in self._properties.terms:
            chapters[grouping.group(iri, self._types(iri))].append(self._property(iri))
        return [
            Chapter(group.heading, sorted(chapters[group], key=lambda e: not e.own), group.foreign)
            for group in sorted(chapters)
        ]

    def _types(self, iri: str) -> list[str]:
        types = self._statements.about(NamedNode(iri)).get(RDF_TYPE, ())
        return [each.value.rpartition("#")[2] for each in types if isinstance(each, NamedNode)]

    def _property(self, iri: str) -> Entry:
        about = self._statements.about(NamedNode(iri))
        types = self._types(iri)
        characters = [words for name, words in _CHARACTERS.items() if name in types]
        domain, range_ = (
            [value for predicate in predicates for value in about.pop(predicate, ())]
            for predicates in _ENDS
        )
        inverses = {*about.pop(_INVERSE, []), *map(NamedNode, self._inverses[iri])}
        users, values = self._usage.ends(iri)
        rows = [
            Row("nature", [Value("; ".join(characters))] if characters else []),
            self._writer.row("meant for", domain),
            self._writer.row("leads to", range_),
            self._writer.row("kind of", about.pop(_SUBPROPERTY, [])),
            self._writer.row("kinds of it", map(NamedNode, self._properties.below[iri])),
            self._writer.row("inverse of", sorted(inverses, key=str)),
            *self._writer.aligned(about),
            self._found("used on", users, domain),
            self._found("values found", values, range_),
        ]
        return self._writer.entry(
            iri,
            rows,
            about,
            things=self._usage.triples.get(iri, 0),
            extent=self._usage.subjects.get(iri, 0),
            examples=[
                (
                    self._statements.value(NamedNode(each.thing)),
                    each.value and self._statements.value(each.value),
                )
                for each in self._usage.examples.get(iri, ())
            ],
        )

    def _found(self, label: str, found: list[str], stated: list[Term]) -> Row:
        """Return what the data have at an end of a property, unless it is just what is stated."""
        nodes = [NamedNode(each) for each in found]
        if set(nodes) == set(stated):
            nodes = []
        return self._writer.row(label, nodes, most=_MOST_ENDS)

    def _stated_inverses(self) -> dict[str, list[str]]:
        """Return by property those that name it as their inverse."""
        found: dict[str, list[str]] = defaultdict(list)
        for iri in self._properties.terms:
            for each in self._statements.about(NamedNode(iri)).get(_INVERSE, ()):
                if isinstance(each, NamedNode):
                    found[each.value].append(iri)
        return found

    def _other(self, node: NamedNode) -> Entry:
        about = self._statements.about(node)
        rows = self._writer.aligned(about)
        concepts = self._usage.concepts.get(node.value)
        if concepts:
            link = local_link(self._iris, node.value)
            rows.insert(0, Row("concepts", [Value(f"{grouped(str(concepts))}, as a tree", link)]))
            about.pop(_TOP_CONCEPT, None)
        return self._writer.entry(node.value, rows, about)


def _members(tree: Kin) -> list[str]:
    """Return the terms of a tree from the top, each once."""
    below = [iri for each in tree.below for iri in _members(each)]
    return list(dict.fromkeys([tree.iri, *below]))
