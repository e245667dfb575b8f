"""Lists: in which order and with which columns the things of a collection stand beside each other.

A list may be long, so what each page of it needs is worked out here, once: the place of every
thing in the order of names, the first year it is of, and how many things have which value.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import pyoxigraph as ox

from publisher.index.contents import DATES, Entry
from publisher.index.facets import YEAR
from publisher.index.relations import PROVENANCE, Relations
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


@dataclass
class _Use:
    """How one property is used in a collection."""

    things: int = 0
    values: set[str] = field(default_factory=set)
    characters: int = 0
    written: int = 0
    unnamed: int = 0
    dated: bool = False


@dataclass
class _List:
    """What is known of a collection once all its things were seen."""

    things: int = 0
    classes: set[str] = field(default_factory=set)
    uses: defaultdict[str, _Use] = field(default_factory=lambda: defaultdict(_Use))


class Lists:
    """The lists of all collections, from what is said of their things."""

    def __init__(
        self,
        relations: Relations,
        labelled: Container[str],
        presentation: Mapping[str, Any],
        graphs: str,
    ) -> None:
        """Begin: `labelled` has a name, and `graphs` is what collections' graphs begin with."""
        self._relations = relations
        self._labelled = labelled
        self._presentation = presentation
        self._graphs = graphs
        self._lists: defaultdict[str, _List] = defaultdict(_List)
        self._left_out = frozenset(
            (*relations.labels, *relations.other_names, *INTRODUCTIONS, *PROVENANCE)
        )

    def add(self, entry: Entry) -> list[str]:
        """Put a thing into the lists of its collections, which are returned."""
        slugs = [graph.removeprefix(self._graphs) for graph in entry.graphs]
        for slug in slugs:
            self._lists[slug].things += 1
            self._lists[slug].classes |= entry.classes
            self._use(entry, self._lists[slug].uses)
        return slugs

    def columns(self) -> dict[str, list[Column]]:
        """Return the columns of each list, by its name."""
        return {slug: self._columns(found) for slug, found in self._lists.items()}

    def _columns(self, found: _List) -> list[Column]:
        """Return what most of the things have and not all alike, in the order of the shapes."""
        slots = self._slots(found.classes)
        least = max(1, _SHARE * found.things)
        fit = [
            property_
            for property_, use in found.uses.items()
            if use.things >= least
            and len(use.values) > 1
            and not use.dated
            and use.characters <= _LONGEST * use.written
            and 2 * use.unnamed <= use.written
        ]
        last = (float("inf"), float("inf"), "")
        fit.sort(key=lambda each: (slots.get(each, last)[:2], -found.uses[each].things, each))
        return [Column(each, slots.get(each, last)[2]) for each in fit[:_MOST_COLUMNS]]

    def _use(self, entry: Entry, uses: defaultdict[str, _Use]) -> None:
        seen = set()
        for property_, value in entry.values:
            if property_ in self._left_out or self._relations.strength(property_):
                continue
            use = uses[property_]
            seen.add(property_)
            if len(use.values) < 2:
                use.values.add(value.value)
            use.written += 1
            if isinstance(value, ox.Literal):
                use.characters += len(value.value)
                use.dated |= value.datatype.value in DATES
            elif value.value not in self._labelled:
                use.unnamed += 1
        for property_ in seen:
            uses[property_].things += 1

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


def first_year(values: Iterable[tuple[str, str]]) -> int | None:
    """Return the first year that a thing is of, from the values of its facets."""
    return min((int(value) for name, value in values if name == YEAR), default=None)


def key(entry: Entry) -> bytes:
    """Return what things are put in order by: their names as people read them, numbers as such.

    It has no line feed. Parts of a name are parted by what stands before every letter; a number
    begins with how many digits it has.
    """
    name = entry.label.value if entry.label else entry.iri.rpartition("/")[2]
    form = next(iter(spellings(name)), name.lower())
    parts = [
        f"{len(part.lstrip('0')):06}{part.lstrip('0')}" if at % 2 else part
        for at, part in enumerate(_NUMBER.split(form))
    ]
    text = "\x01".join(("\x02".join(parts), name, entry.iri))
    return text.replace("\n", " ").encode()
