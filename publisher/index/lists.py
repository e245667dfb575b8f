"""Lists: in which order and with which columns the things of a collection stand beside each other.

A list may be long, so what each page of it needs is worked out here, once: the place of every
thing in the order of names, the first year it is of, and how many things have which value.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import pyoxigraph as ox

from publisher.index.contents import DATES, Contents, Entry
from publisher.index.facets import COLLECTION, YEAR
from publisher.index.relations import PROVENANCE
from publisher.index.spelling import spellings
from publisher.presentation import INTRODUCTIONS

#: Columns that a list has besides name, kind and year.
_MOST_COLUMNS: Final = 3
#: A column is for what so many of the things have, and in so many characters.
_SHARE: Final = 0.4
_LONGEST: Final = 60
_NUMBER: Final = re.compile(r"(\d+)")


@dataclass(frozen=True)
class Column:
    """A property whose values stand in a list; `label` is that of the shapes, or empty."""

    property: str
    label: str


@dataclass(frozen=True)
class Row:
    """Where a thing stands in a list: `place` is that of its name among all names."""

    collection: str
    place: int
    thing: int
    year: int | None
    pointing: int


@dataclass
class _Use:
    """How one property is used in a collection."""

    things: int = 0
    values: set[str] = field(default_factory=set)
    characters: int = 0
    written: int = 0
    unnamed: int = 0
    dated: bool = False


class Lists:
    """The lists of all collections, from what is said of their things.

    `found` are the values of each entry's facets, in the order of the entries.
    """

    def __init__(
        self,
        contents: Contents,
        found: Sequence[Iterable[tuple[str, str]]],
        presentation: Mapping[str, Any],
        graphs: str,
    ) -> None:
        """Arrange the entries; `graphs` is what the names of collections' graphs begin with."""
        self._contents = contents
        self._presentation = presentation
        self._entries = contents.entries
        self._members: defaultdict[str, list[int]] = defaultdict(list)
        for at, entry in enumerate(self._entries):
            for graph in entry.graphs:
                self._members[graph.removeprefix(graphs)].append(at)
        self._found = [list(values) for values in found]

    def rows(self) -> list[Row]:
        """Return where each thing stands, list by list."""
        order = sorted(range(len(self._entries)), key=lambda at: _key(self._entries[at]))
        places = {at: place for place, at in enumerate(order, 1)}
        years = [
            min((int(value) for name, value in values if name == YEAR), default=None)
            for values in self._found
        ]
        rows = [
            Row(slug, places[at], at + 1, years[at], self._entries[at].pointing)
            for slug, members in self._members.items()
            for at in members
        ]
        return sorted(rows, key=lambda row: (row.collection, row.place))

    def tallies(self) -> list[tuple[str, str, str, int]]:
        """Return how many things of which collection have which value of which facet."""
        return sorted(
            (slug, name, value, things)
            for slug, members in self._members.items()
            for (name, value), things in Counter(
                each for at in members for each in self._found[at] if each[0] != COLLECTION
            ).items()
        )

    def lists(self) -> list[tuple[str, int, list[Column]]]:
        """Return the name, the length and the columns of each list."""
        return [
            (slug, len(members), self._columns([self._entries[at] for at in members]))
            for slug, members in sorted(self._members.items())
        ]

    def _columns(self, entries: Sequence[Entry]) -> list[Column]:
        """Return what most of the things have and not all alike, in the order of the shapes."""
        slots = self._slots({class_ for entry in entries for class_ in entry.classes})
        uses = self._uses(entries)
        least = max(1, _SHARE * len(entries))
        fit = [
            property_
            for property_, use in uses.items()
            if use.things >= least
            and len(use.values) > 1
            and not use.dated
            and use.characters <= _LONGEST * use.written
            and 2 * use.unnamed <= use.written
        ]
        last = (float("inf"), float("inf"), "")
        fit.sort(key=lambda each: (slots.get(each, last)[:2], -uses[each].things, each))
        return [Column(each, slots.get(each, last)[2]) for each in fit[:_MOST_COLUMNS]]

    def _uses(self, entries: Sequence[Entry]) -> dict[str, _Use]:
        relations, labels = self._contents.relations, self._contents.labels
        uses: defaultdict[str, _Use] = defaultdict(_Use)
        left_out = {*relations.labels, *relations.other_names, *INTRODUCTIONS, *PROVENANCE}
        for entry in entries:
            seen = set()
            for property_, value in entry.values:
                if property_ in left_out or relations.strength(property_):
                    continue
                use = uses[property_]
                seen.add(property_)
                use.values.add(value.value)
                use.written += 1
                if isinstance(value, ox.Literal):
                    use.characters += len(value.value)
                    use.dated |= value.datatype.value in DATES
                elif value.value not in labels:
                    use.unnamed += 1
            for property_ in seen:
                uses[property_].things += 1
        return uses

    def _slots(self, classes: set[str]) -> dict[str, tuple[float, float, str]]:
        """Return where the shapes of the classes place their properties, and under which name."""
        groups = {each["iri"]: each.get("order") or 0 for each in self._presentation["groups"]}
        slots: dict[str, tuple[float, float, str]] = {}
        for class_ in sorted(classes & set(self._presentation["classes"])):
            for entry in self._presentation["classes"][class_]["properties"]:
                path = entry["path"]
                if isinstance(path, str):
                    group = groups.get(entry.get("group"), float("inf"))
                    place = (float(group), float(entry.get("order") or 0), entry.get("label") or "")
                    slots[path] = min(place, slots.get(path, place))
        return slots


def _key(entry: Entry) -> tuple[list[str | int], str, str]:
    """Return what things are put in order by: their names as people read them, numbers as such."""
    name = entry.label.value if entry.label else entry.iri.rpartition("/")[2]
    form = next(iter(spellings(name)), name.lower())
    parts = [int(part) if at % 2 else part for at, part in enumerate(_NUMBER.split(form))]
    return parts, name, entry.iri
