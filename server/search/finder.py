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
from server.search.members import Count, Members

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
class Found:
    """What a search found: one page of it, and all of it as a set of things.

    `near` says that nothing has the words, and that these are the names most like them.
    """

    total: int
    hits: list[Hit]
    members: int
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
        self._everything = Members(index)

    def search(
        self, text: str, chosen: Mapping[str, Sequence[str]], start: int, length: int
    ) -> Found:
        """Return `length` things from the `start`th on that have all words and chosen values."""
        ids, near = self._ids(text)
        members = self._everything.of(ids)
        if any(chosen.values()):
            values = [(facet, value) for facet, values in chosen.items() for value in values]
            members &= self._everything.selected("", values)
            kept = set(self._everything.things(members))
            ids = [id_ for id_ in ids if id_ in kept]
        return Found(
            total=len(ids),
            hits=self._hits(ids[start : start + length]),
            members=members,
            near=near and bool(ids),
        )

    def frequent(self, found: Found, facet: str, length: int | None = None) -> list[Count]:
        """Return which values of a facet how many of the things found have, frequent ones first.

        At most `length` of them, if it is given.
        """
        return self._everything.frequent(facet, length, found.members)

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
