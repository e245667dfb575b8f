"""Full-text search: which things of the release fit some words, narrowed by facets and counted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from publisher.index.spelling import words
from publisher.intake.names import folded
from server.search.index import Index, current_index
from server.search.matcher import Matcher, current_matcher

#: How much a word says in a label, in another name or an identifier, and in any other text.
_WEIGHTS: Final = "10.0, 6.0, 1.0"
#: More things than these are not ranked: whoever gets so many narrows the search.
MOST_FOUND: Final = 10_000
#: Names less alike than this are not offered where nothing fits the words.
_NEAR: Final = 0.5
_NAMES_ONLY: Final = "{names others} : "
#: How many things are offered while somebody types, or for what cannot be read.
SUGGESTIONS: Final = 8


@dataclass(frozen=True)
class Hit:
    """A thing that was found."""

    id: int
    iri: str
    name: str
    language: str | None
    introduction: str
    collection: str | None
    kinds: tuple[str, ...]


@dataclass(frozen=True)
class Count:
    """A value of a facet and how many of the things found have it."""

    value: str
    things: int


@dataclass(frozen=True)
class Found:
    """What a search found: one page of it, and the values by which to narrow it.

    `near` says that nothing has the words, and that these are the names most like them.
    """

    total: int
    hits: list[Hit]
    counts: Mapping[str, list[Count]]
    near: bool = False

    @property
    def fits(self) -> bool:
        """Whether anything has the words and the values."""
        return self.total > 0 and not self.near


def current_finder() -> Finder:
    """Return the finder over the release that is served."""
    return Finder(current_index(), current_matcher())


class Finder:
    """Searches the index."""

    def __init__(self, index: Index, matcher: Matcher) -> None:
        self._index = index
        self._matcher = matcher

    def search(
        self, text: str, chosen: Mapping[str, Sequence[str]], start: int, length: int
    ) -> Found:
        """Return `length` things from the `start`th on that have all words and chosen values."""
        ids, near = self._ids(text)
        for facet, values in chosen.items():
            for value in values:
                ids = self._narrowed(ids, facet, value)
        return Found(
            total=len(ids),
            hits=self._hits(ids[start : start + length]),
            counts=self._counts(ids),
            near=near and bool(ids),
        )

    def suggestions(self, text: str, length: int) -> list[Hit]:
        """Return things with a name that has the words, the last of which may be unfinished."""
        ids = [each.id for each in self._matcher.identified(text)]
        ids = ids or self._fitting(text, _NAMES_ONLY, length) or self._like(text)
        return self._hits(ids[:length])

    def _ids(self, text: str) -> tuple[list[int], bool]:
        if not text.strip():
            rows = self._index.rows(
                "SELECT id FROM thing ORDER BY behind, name COLLATE NOCASE, id LIMIT ?",
                (MOST_FOUND,),
            )
            return [row["id"] for row in rows], False
        identified = [each.id for each in self._matcher.identified(text)]
        fitting = self._fitting(text, "", MOST_FOUND)
        ids = list(dict.fromkeys([*identified, *fitting]))
        return (ids, False) if ids else (self._like(text), True)

    def _fitting(self, text: str, columns: str, most: int) -> list[int]:
        """Return the things that have all words: those called so first, then the best by rank."""
        terms = words(text)
        if not terms:
            return []
        match = columns + " AND ".join(f'"{term}"*' for term in terms)
        form = folded(text)
        rows = self._index.rows(
            f"SELECT thing.id, bm25(text, {_WEIGHTS}) * (2 - behind) / 2 AS rank,"  # noqa: S608
            f" (SELECT max((folded = ?) + (substr(folded, 1, ?) = ?))"
            f" FROM name WHERE name.thing = thing.id) AS called"
            f" FROM text JOIN thing ON thing.id = text.rowid WHERE text MATCH ?"
            f" ORDER BY called DESC, rank, pointing DESC, thing.id LIMIT ?",
            (form, len(form), form, match, most),
        )
        return [row["id"] for row in rows]

    def _like(self, text: str) -> list[int]:
        return [each.id for each in self._matcher.candidates(text) if each.score >= _NEAR]

    def _narrowed(self, ids: list[int], facet: str, value: str) -> list[int]:
        rows = self._index.rows(
            "SELECT thing FROM facet WHERE facet = ? AND value = ?", (facet, value)
        )
        having = {row["thing"] for row in rows}
        return [id_ for id_ in ids if id_ in having]

    def _hits(self, ids: Sequence[int]) -> list[Hit]:
        things = {
            r["id"]: r for r in self._index.rows_for("SELECT * FROM thing WHERE id IN ({})", ids)
        }
        kinds = defaultdict(list)
        for row in self._index.rows_for(
            "SELECT thing, class FROM kind WHERE direct AND thing IN ({})", ids
        ):
            kinds[row["thing"]].append(row["class"])
        return [_hit(things[id_], kinds[id_]) for id_ in ids]

    def _counts(self, ids: Sequence[int]) -> dict[str, list[Count]]:
        found: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        query = (
            "SELECT facet, value, count(*) AS things FROM facet WHERE thing IN ({}) GROUP BY 1, 2"
        )
        for row in self._index.rows_for(query, ids):
            found[row["facet"]][row["value"]] += row["things"]
        return {
            facet.name: sorted(
                (Count(value, things) for value, things in found[facet.name].items()),
                key=lambda count: (-count.things, count.value),
            )
            for facet in self._index.facets
        }


def _hit(row: Any, kinds: list[str]) -> Hit:
    return Hit(
        row["id"],
        row["iri"],
        row["name"],
        row["language"],
        row["introduction"],
        row["collection"],
        tuple(sorted(kinds)),
    )
