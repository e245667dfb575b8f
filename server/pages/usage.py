"""Usage: what the data do with the terms of the ontology, as the index has counted it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pyoxigraph import Literal, NamedNode

from publisher.index.relations import PROVENANCE
from publisher.terms import Term
from server.search.index import Index


@dataclass(frozen=True)
class Tie:
    """So many triples lead by a property to a class, or come by it from one."""

    property: str
    other: str
    triples: int


@dataclass(frozen=True)
class Example:
    """A thing that shows a term; of a property also a value."""

    thing: str
    value: Term | None


class Usage:
    """Counts, examples and ties of terms, read from the index at once."""

    def __init__(
        self,
        index: Index,
        statistics: Mapping[str, Any],
        superclasses: Mapping[str, frozenset[str]],
    ) -> None:
        """Read the index and the statistics of the release.

        `superclasses` are those of each class, itself left out.
        """
        self.things = {each["iri"]: each["entities"] for each in statistics["classes"]}
        self.triples = {each["iri"]: each["triples"] for each in statistics["properties"]}
        self.subjects = {each["iri"]: each["subjects"] for each in statistics["properties"]}
        self._superclasses = superclasses
        self.extents = {iri: int(things) for iri, things in index.rows("SELECT * FROM extent")}
        self.examples: dict[str, list[Example]] = defaultdict(list)
        for row in index.rows("SELECT * FROM example ORDER BY term, place"):
            self.examples[row["term"]].append(Example(row["thing"], _term(row)))
        self.concepts = {iri: int(concepts) for iri, concepts in index.rows("SELECT * FROM scheme")}
        """How many concepts each scheme has."""
        self._rows = [tuple(row) for row in index.rows("SELECT * FROM tie")]

    @property
    def named(self) -> set[str]:
        """IRIs of all that examples show."""
        found = set()
        for examples in self.examples.values():
            for example in examples:
                found.add(example.thing)
                if isinstance(example.value, NamedNode):
                    found.add(example.value.value)
        return found

    def outgoing(self, class_: str, classes: Iterable[str]) -> list[Tie]:
        """Return what leads from things of a class to those of others, the most used first."""
        wanted = set(classes)
        found = [
            Tie(property_, other, triples)
            for kind, property_, other, triples in self._rows
            if kind == class_ and other in wanted and property_ not in PROVENANCE
        ]
        return self._narrowed(found)

    def incoming(self, class_: str, classes: Iterable[str]) -> list[Tie]:
        """Return what leads to things of a class from those of others, the most used first."""
        wanted = set(classes)
        found = [
            Tie(property_, kind, triples)
            for kind, property_, other, triples in self._rows
            if other == class_ and kind in wanted and property_ not in PROVENANCE
        ]
        return self._narrowed(found)

    def ends(self, property_: str) -> tuple[list[str], list[str]]:
        """Return the classes that things with a property have, and what its values are.

        Classes and datatypes, the most frequent first; a class all of whose triples are those of
        one below it is left out.
        """
        subjects: dict[str, int] = defaultdict(int)
        values: dict[str, int] = defaultdict(int)
        for kind, used, other, triples in self._rows:
            if used == property_:
                subjects[kind] += triples
                if other:
                    values[other] += triples
        ends = []
        for found in (subjects, values):
            ties = [Tie(property_, other, triples) for other, triples in found.items()]
            ends.append([tie.other for tie in self._narrowed(ties)])
        return ends[0], ends[1]

    def _narrowed(self, ties: list[Tie]) -> list[Tie]:
        """Leave out what only repeats a tie of a class below, since things carry both classes."""
        known = {(tie.property, tie.other): tie.triples for tie in ties}
        repeated = {
            (tie.property, above)
            for tie in ties
            for above in self._superclasses.get(tie.other, ())
            if known.get((tie.property, above)) == tie.triples
        }
        kept = [tie for tie in ties if (tie.property, tie.other) not in repeated]
        return sorted(kept, key=lambda tie: (-tie.triples, tie.property, tie.other))


def _term(row: Mapping[str, str | None]) -> Term | None:
    value, datatype = row["value"], row["datatype"]
    if value is None:
        return None
    if datatype is None:
        return NamedNode(value)
    if row["language"]:
        return Literal(value, language=row["language"])
    return Literal(value, datatype=NamedNode(datatype))
