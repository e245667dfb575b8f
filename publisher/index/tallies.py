"""Tallies: how many things of a list have which value of a facet; which ones, if they are many."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Final

from publisher.index.bitmaps import bitmap, to_octets
from publisher.index.facets import COLLECTION

#: The name of the list of all things, which searches are counted by.
EVERYTHING: Final = ""
#: A value that so many things have, and so large a share of a list, has a bitmap in it.
_LARGE: Final = 200
_LARGE_SHARE: Final = 0.01

_OF_LISTS: Final = (
    "SELECT collection, facet, value, thing FROM facet JOIN listed USING (thing)"
    " WHERE facet != ? ORDER BY collection, facet, value, thing"
)
_OF_ALL: Final = "SELECT facet, value, thing FROM facet ORDER BY facet, value, thing"


@dataclass(frozen=True)
class Span:
    """How many things a list has, and the numbers of its first and last."""

    things: int
    first: int
    last: int


@dataclass(frozen=True)
class Tally:
    """How many things of a list have a value of a facet; `bits` are which, if they are many.

    The lowest bit is the first thing of the list, by its number.
    """

    collection: str
    facet: str
    value: str
    things: int
    bits: bytes | None


def spans(file: sqlite3.Connection) -> dict[str, Span]:
    """Return the span of each list, that of all things included."""
    found = file.execute(
        "SELECT collection, count(*), min(thing), max(thing) FROM listed GROUP BY collection"
    )
    lists = {collection: Span(*numbers) for collection, *numbers in found}
    things = file.execute("SELECT count(*) FROM thing").fetchone()[0]
    return {EVERYTHING: Span(things, 1, things), **lists}


def tallies(file: sqlite3.Connection, lists: dict[str, Span]) -> Iterator[Tally]:
    """Yield the tallies of all lists, given by their spans; that of all things has collections."""
    of_all = ((EVERYTHING, *row) for row in file.execute(_OF_ALL))
    for rows in (of_all, file.execute(_OF_LISTS, (COLLECTION,))):
        for (collection, facet, value), group in groupby(rows, itemgetter(0, 1, 2)):
            span = lists[collection]
            things = [row[3] for row in group]
            many = len(things) >= max(_LARGE, _LARGE_SHARE * span.things)
            bits = to_octets(bitmap(things, span.first)) if many else None
            yield Tally(collection, facet, value, len(things), bits)
