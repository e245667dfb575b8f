"""Lists: the things of a collection in order, narrowed by facets and words, and counted.

Nothing here takes longer for a longer list than reading the places up to its page: orders and the
counts of the whole list stand in the index, and what is left of it is found as a bitmap. What is
chosen first is what narrows most.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from publisher.index.lists import Column
from publisher.index.spelling import words
from server.search.index import Index
from server.search.members import Members
from server.search.narrowing import Chosen

#: The orders of a list by the value of `sort=`, as SQL has them.
ORDERS: Final = {
    "name": "place",
    "-name": "place DESC",
    "year": "year NULLS LAST, place",
    "-year": "year DESC NULLS LAST, place",
    "linked": "pointing DESC, place",
}
#: A choice that leaves less than this share of a list is sorted; one that leaves more is found on
#: the way through the list as it stands in order.
_FEW: Final = 0.1
_BLOCK: Final = 500


@dataclass(frozen=True)
class Selection:
    """Things of one collection: all that have all the words and all the chosen values."""

    collection: str
    text: str = ""
    chosen: Chosen = field(default_factory=dict)

    @property
    def narrowed(self) -> bool:
        """Whether it may be less than the whole collection."""
        return bool(self.text.strip() or any(self.chosen.values()))

    @property
    def values(self) -> list[tuple[str, str]]:
        """The chosen values, each with its facet."""
        return [(facet, value) for facet, values in self.chosen.items() for value in values]


@dataclass(frozen=True)
class Literal:
    """A text or number in a list, by the IRI of its datatype."""

    value: str
    datatype: str
    language: str | None


@dataclass(frozen=True)
class Named:
    """What an IRI in a list stands for, by its name; None where nothing here names it."""

    iri: str
    name: str | None
    language: str | None


@dataclass(frozen=True)
class Item:
    """A thing as it stands in a list; `cells` are its values by property."""

    iri: str
    name: str
    language: str | None
    pointing: int
    years: Sequence[str]
    kinds: Sequence[str]
    cells: dict[str, list[Literal | Named]]


class Lists:
    """Reads the lists of the index."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._found: dict[tuple[object, ...], int] = {}

    def columns(self, collection: str) -> list[Column]:
        """Return the columns that the things of a collection have besides name, kind and year."""
        rows = self._index.rows("SELECT columns FROM list WHERE collection = ?", (collection,))
        return [Column(**each) for row in rows for each in json.loads(row["columns"])]

    def any_pointing(self, collection: str) -> bool:
        """Whether anything points at things of a collection."""
        query = (
            "SELECT pointing FROM listed WHERE collection = ? ORDER BY pointing DESC, place LIMIT 1"
        )
        return any(row["pointing"] for row in self._index.rows(query, (collection,)))

    def total(self, selection: Selection) -> int:
        """Return how many things there are."""
        if not selection.narrowed:
            query = "SELECT things FROM list WHERE collection = ?"
            return sum(row["things"] for row in self._index.rows(query, (selection.collection,)))
        if len(selection.values) == 1 and not selection.text.strip():
            return self._tally(selection.collection, *selection.values[0])
        return self._members(selection).bit_count()

    def frequent(
        self, selection: Selection, facet: str, length: int | None = None
    ) -> list[tuple[str, int]]:
        """Return which values of a facet how many of the things have, the most frequent first.

        At most `length` of them, if it is given.
        """
        members = Members(self._index, selection.collection)
        within = self._members(selection) if selection.narrowed else None
        return members.frequent(facet, length, within)

    def various(self, collection: str, facet: str) -> int:
        """Return how many values of a facet the things of a collection have, counting to two."""
        return len(self.frequent(Selection(collection), facet, 2))

    def items(
        self,
        selection: Selection,
        order: str,
        start: int,
        length: int,
        columns: Sequence[Column],
    ) -> list[Item]:
        """Return `length` of the things from the `start`th on, in one of ORDERS."""
        query, parameters = self.places(selection, order)
        rows = self._index.rows(f"{query} LIMIT ? OFFSET ?", (*parameters, length, start))
        return self._items([row["thing"] for row in rows], columns)

    def all_items(
        self, selection: Selection, order: str, columns: Sequence[Column]
    ) -> Iterator[Item]:
        """Yield all the things in order, read block by block."""
        things = [row["thing"] for row in self._index.rows(*self.places(selection, order))]
        for at in range(0, len(things), _BLOCK):
            yield from self._items(things[at : at + _BLOCK], columns)

    def places(self, selection: Selection, order: str) -> tuple[str, list[object]]:
        """Return the query for the things in order, as the index numbers them, with parameters."""
        source, parameters = self._source(selection, ordered=True)
        return f"SELECT listed.thing FROM {source} ORDER BY {ORDERS[order]}", parameters  # noqa: S608

    def iris(self, selection: Selection, most: int) -> list[str]:
        """Return the IRIs of at most so many of the things."""
        source, parameters = self._source(selection, ordered=True)
        rows = self._index.rows(
            f"SELECT iri FROM thing JOIN (SELECT listed.thing, place FROM {source}"  # noqa: S608
            f" ORDER BY place LIMIT ?) AS some ON some.thing = thing.id ORDER BY place",
            (*parameters, most),
        )
        return [row["iri"] for row in rows]

    def _members(self, selection: Selection) -> int:
        key = (selection.collection, selection.text, *selection.values)
        if key not in self._found:
            members = Members(self._index, selection.collection)
            self._found[key] = members.selected(selection.text, selection.values)
        return self._found[key]

    def _tally(self, collection: str, facet: str, value: str) -> int:
        query = "SELECT things FROM tally WHERE collection = ? AND facet = ? AND value = ?"
        return sum(row["things"] for row in self._index.rows(query, (collection, facet, value)))

    def _source(self, selection: Selection, *, ordered: bool) -> tuple[str, list[object]]:
        """Return the FROM and WHERE that make a selection of table `listed`, with parameters.

        `CROSS JOIN` tells SQLite in which order to go: first through what narrows most.
        """
        values = selection.values
        terms = words(selection.text)
        if selection.text.strip() and not terms:
            return "listed WHERE 0", []
        if terms:
            match = " AND ".join(f'"{term}"*' for term in terms)
            first, parameters = _MATCHING, [match]
        else:
            sizes = {each: self._tally(selection.collection, *each) for each in values}
            values = sorted(values, key=lambda each: sizes[each])
            whole = self.total(Selection(selection.collection))
            if not values or (ordered and sizes[values[0]] > _FEW * whole):
                first, parameters = "listed", []
            else:
                (facet, value), values = values[0], values[1:]
                first, parameters = _HAVING, [facet, value]
        conditions = ["listed.collection = ?", *[_HAS] * len(values)]
        others = [part for each in values for part in each]
        return (
            f"{first} WHERE {' AND '.join(conditions)}",
            [*parameters, selection.collection, *others],
        )

    def _items(self, things: Sequence[int], columns: Sequence[Column]) -> list[Item]:
        index = self._index
        found = {r["id"]: r for r in index.rows_for(_THINGS, things)}
        kinds, years = defaultdict(list), defaultdict(list)
        for row in index.rows_for(_KINDS, things):
            kinds[row["thing"]].append(row["class"])
        for row in index.rows_for(_YEARS, things):
            years[row["thing"]].append(row["value"])
        cells = self._cells(things, columns)
        return [
            Item(
                found[id_]["iri"],
                found[id_]["name"],
                found[id_]["language"],
                found[id_]["pointing"],
                years[id_],
                kinds[id_],
                cells[id_],
            )
            for id_ in things
        ]

    def _cells(
        self, things: Sequence[int], columns: Sequence[Column]
    ) -> dict[int, dict[str, list[Literal | Named]]]:
        if not columns:
            return defaultdict(dict)
        properties = [column.property for column in columns]
        places = ", ".join("?" * len(properties))
        query = (
            f"SELECT thing, property, value, datatype, language FROM statement"  # noqa: S608
            f" WHERE property IN ({places}) AND thing IN ({{}}) ORDER BY +rowid"
        )
        rows = self._index.rows_for(query, things, *properties)
        names = self._index.labels({row["value"] for row in rows if row["datatype"] is None})
        cells: dict[int, dict[str, list[Literal | Named]]] = defaultdict(lambda: defaultdict(list))
        for row in rows:
            cells[row["thing"]][row["property"]].append(_cell(row, names))
        return cells


_HAVING: Final = (
    "facet AS first CROSS JOIN listed"
    " ON first.facet = ? AND first.value = ? AND listed.thing = first.thing"
)
_MATCHING: Final = (
    "(SELECT rowid AS thing FROM text WHERE text MATCH ?) AS first CROSS JOIN listed"
    " ON listed.thing = first.thing"
)
_HAS: Final = "EXISTS (SELECT 1 FROM facet WHERE facet = ? AND value = ? AND thing = listed.thing)"
_THINGS: Final = "SELECT id, iri, name, language, pointing FROM thing WHERE id IN ({})"
#: A plus sign keeps SQLite from the index that has the order, and with it from all other things.
_KINDS: Final = "SELECT thing, class FROM kind WHERE direct AND thing IN ({}) ORDER BY +class"
_YEARS: Final = (
    "SELECT thing, value FROM facet WHERE thing IN ({}) AND +facet = 'year' ORDER BY +value"
)


def _cell(row: Any, names: dict[str, Any]) -> Literal | Named:
    if row["datatype"] is not None:
        return Literal(row["value"], row["datatype"], row["language"])
    name = names.get(row["value"])
    if name is None:
        return Named(row["value"], None, None)
    return Named(row["value"], name["name"], name["language"])
