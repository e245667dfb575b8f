"""Entries: one term of the ontology, with what is said of it and what the data do with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from pyoxigraph import NamedNode

from publisher.prefixes import WELL_KNOWN
from publisher.presentation import DEFINITION_PROPERTIES
from publisher.terms import RDF_TYPE, Term
from server.pages.diagrams import Drawing
from server.pages.rules import Shape
from server.pages.statements import Statements
from server.pages.values import Value
from server.presentation import Term as NamedTerm

_RDFS, _OWL, _SKOS = (WELL_KNOWN[each] for each in ("rdfs", "owl", "skos"))
_LEFT_OUT: Final = frozenset({RDF_TYPE, f"{_RDFS}isDefinedBy"})
#: Relations to terms elsewhere, in the order of their closeness.
_ALIGNMENTS = (
    *(f"{_OWL}{name}" for name in ("equivalentClass", "equivalentProperty", "sameAs")),
    *(f"{_SKOS}{name}Match" for name in ("exact", "close", "broad", "narrow", "related")),
    f"{_RDFS}seeAlso",
)


@dataclass(frozen=True)
class Row:
    """A heading with values; the heading leads to the property that says it, if one does."""

    label: str
    values: list[Value]
    term: NamedTerm | None = None


@dataclass(frozen=True)
class Entry:
    """A term, or the vocabulary itself, with what is said about it and what the data do with it."""

    term: NamedTerm
    anchor: str
    own: bool
    definition: Value | None
    rows: list[Row]
    things: int = 0
    """Things of a class, or triples with a property."""
    extent: int = 0
    """Things of a class and of those below it, or things that have a property."""
    examples: list[tuple[Value, Value | None]] = field(default_factory=list)
    shapes: list[Shape] = field(default_factory=list)
    drawing: Drawing | None = None


class EntryWriter:
    """Makes rows and entries out of what the ontology says."""

    def __init__(self, statements: Statements) -> None:
        self._statements = statements
        self._presentation = statements.presentation

    def row(
        self,
        label: str,
        values: Iterable[Term],
        term: NamedTerm | None = None,
        most: int | None = None,
    ) -> Row:
        """Return a row with a heading in words, and at most so many of the values."""
        shown = [self._statements.value(each) for each in values]
        if most is not None and len(shown) > most + 1:
            shown[most:] = [Value(f"{len(shown) - most} others")]
        return Row(label, shown, term)

    def aligned(self, about: dict[str, list[Term]]) -> list[Row]:
        """Take the relations to terms elsewhere out of a description."""
        terms = self._presentation.term
        return [
            self.row(terms(predicate).label, about.pop(predicate), terms(predicate))
            for predicate in _ALIGNMENTS
            if predicate in about
        ]

    def entry(
        self, iri: str, rows: Iterable[Row], about: Mapping[str, list[Term]], **more: Any
    ) -> Entry:
        """Return an entry with the rest of what is said of a term behind the rows given."""
        statements, presentation = self._statements, self._presentation
        texts = [statements.text(NamedNode(iri), each) for each in DEFINITION_PROPERTIES]
        definition = next((text for text in texts if text is not None), None)
        name = statements.namer.name(iri)
        term = presentation.term(iri)
        rest = [
            self.row(presentation.term(predicate).label, left, presentation.term(predicate))
            for predicate, objects in about.items()
            if predicate not in _LEFT_OUT
            and (left := [each for each in objects if each not in (definition, name)])
        ]
        rest.sort(key=lambda row: row.label.casefold())
        return Entry(
            term=term if name is None else replace(term, label=name.value),
            anchor=presentation.anchor(iri),
            own=statements.iris.contains(iri),
            definition=None if definition is None else statements.namer.value(definition),
            rows=[row for row in (*rows, *rest) if row.values],
            **more,
        )
