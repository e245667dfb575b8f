"""Members: which things of a list have some words and values, and which other values those have.

Sets of things are bitmaps. Those of frequent values stand in the index; others are put together
from its rows, which are few. So are counts: most frequent values first, as far as anybody reads.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property, reduce
from operator import and_
from typing import Any, Final

from publisher.index.bitmaps import bitmap, from_octets, numbers
from publisher.index.facets import COLLECTION
from publisher.index.spelling import words
from publisher.index.tallies import EVERYTHING
from server.search.index import Index

#: The values of so few things are counted thing by thing.
_FEW: Final = 300
#: Values that are compared with a set at a time.
_BATCH: Final = 32
#: So many rows are read for each member before values are counted thing by thing after all.
_PATIENCE: Final = 4

Count = tuple[str, int]


class Members:
    """The things of one list, as bitmaps whose lowest bit is the first thing of the list."""

    def __init__(self, index: Index, collection: str = EVERYTHING) -> None:
        """Look at the list of a collection, or at that of all things."""
        self._index = index
        self._collection = collection
        query = "SELECT things, first, last FROM list WHERE collection = ?"
        rows = index.rows(query, (collection,))
        things, first, last = rows[0] if rows else (0, 1, 0)
        self._first, self._last = int(first), int(last)
        self._things = int(things)

    def of(self, things: Iterable[int]) -> int:
        """Return the set of some things of the list, given by their numbers."""
        return bitmap(things, self._first)

    @cached_property
    def all(self) -> int:
        """All things of the list."""
        span = self._last - self._first + 1
        if self._things == span:
            return (1 << span) - 1
        return Members(self._index).having(COLLECTION, self._collection) >> (self._first - 1)

    def things(self, members: int) -> Iterator[int]:
        """Yield the numbers of the things in a set."""
        return numbers(members, self._first)

    def selected(self, text: str, values: Iterable[tuple[str, str]]) -> int:
        """Return the things that have all words of a text and all values, each with its facet."""
        sets = [self.having(facet, value) for facet, value in values]
        if text.strip():
            sets.append(self._matching(text))
        return reduce(and_, sets) if sets else self.all

    def having(self, facet: str, value: str) -> int:
        """Return the things that have a value of a facet."""
        query = "SELECT bits, things FROM tally WHERE collection = ? AND facet = ? AND value = ?"
        rows = self._index.rows(query, (self._collection, facet, value))
        if not rows:
            return 0
        if rows[0]["bits"] is not None:
            return from_octets(rows[0]["bits"])
        return self.all & self._set(
            self._index.rows(
                "SELECT thing FROM facet WHERE facet = ? AND value = ? AND thing BETWEEN ? AND ?",
                (facet, value, self._first, self._last),
            )
        )

    def frequent(
        self, facet: str, length: int | None = None, within: int | None = None
    ) -> list[Count]:
        """Return the values of a facet that most things have, with how many; at most `length`.

        `within` is the set of the things that are counted, all of the list without it.
        """
        if within is None:
            rows = self._index.rows(
                "SELECT value, things FROM tally WHERE collection = ? AND facet = ?"
                " ORDER BY things DESC, value LIMIT ?",
                (self._collection, facet, -1 if length is None else length),
            )
            return [(row["value"], row["things"]) for row in rows]
        size = within.bit_count()
        if size > _FEW and length is not None:
            found = self._down_from_the_largest(facet, length, within, _PATIENCE * size)
            if found is not None:
                return found
        return self._thing_by_thing(facet, within)[:length]

    def _thing_by_thing(self, facet: str, within: int) -> list[Count]:
        counts: Counter[str] = Counter()
        for row in self._index.rows_for(
            "SELECT value, count(*) AS things FROM facet"
            " WHERE +facet = ? AND thing IN ({}) GROUP BY value",
            self.things(within),
            facet,
        ):
            counts[row["value"]] += row["things"]
        return _ordered(counts.items())

    def _down_from_the_largest(
        self, facet: str, length: int, within: int, patience: int
    ) -> list[Count] | None:
        """Count the values of most things of the list first, until no other can be more frequent.

        None if more than `patience` rows would have to be read.
        """
        counts: list[Count] = []
        least, at = 0, 0
        while True:
            rows = self._index.rows(
                "SELECT value, things, bits FROM tally WHERE collection = ? AND facet = ?"
                " ORDER BY things DESC, value LIMIT ? OFFSET ?",
                (self._collection, facet, _BATCH, at),
            )
            rows = [row for row in rows if row["things"] > least]
            if not rows:
                return _ordered(counts)[:length]
            at += _BATCH
            patience -= sum(row["things"] for row in rows if row["bits"] is None)
            if patience < 0:
                return None
            counts += self._shared(facet, rows, within)
            counts = _ordered(counts)[:length]
            if len(counts) == length:
                # One as frequent would come later in the order, or has been counted.
                least = counts[-1][1] - 1

    def _shared(self, facet: str, rows: Sequence[Any], within: int) -> list[Count]:
        """Return how many things of a set have each of the values of some rows, if any has."""
        counts = {
            row["value"]: (from_octets(row["bits"]) & within).bit_count()
            for row in rows
            if row["bits"] is not None
        }
        sparse = [row["value"] for row in rows if row["bits"] is None]
        things: dict[str, list[Any]] = {value: [] for value in sparse}
        for row in self._index.rows_for(
            "SELECT value, thing FROM facet"
            " WHERE facet = ? AND thing BETWEEN ? AND ? AND value IN ({})",
            sparse,
            facet,
            self._first,
            self._last,
        ):
            things[row["value"]].append(row)
        for value, having in things.items():
            counts[value] = (self._set(having) & within).bit_count()
        return [(value, count) for value, count in counts.items() if count]

    def _matching(self, text: str) -> int:
        terms = words(text)
        if not terms:
            return 0
        match = " AND ".join(f'"{term}"*' for term in terms)
        rows = self._index.rows(
            "SELECT rowid AS thing FROM text WHERE text MATCH ? AND rowid BETWEEN ? AND ?",
            (match, self._first, self._last),
        )
        return self.all & self._set(rows)

    def _set(self, rows: Iterable[Any]) -> int:
        return self.of(row["thing"] for row in rows)


def _ordered(counts: Iterable[Count]) -> list[Count]:
    return sorted(counts, key=lambda each: (-each[1], each[0]))
