"""Matching: which things of the release a name, a title or an identifier may mean.

Candidates come from the index: by name in any of its spellings, by the trigrams that names share,
by identifier. They are then compared word by word; see server.likeness.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from flask import current_app

from publisher.index.spelling import ordered, spellings, trigrams
from publisher.intake.identifiers import (
    ARXIV,
    DOI,
    ORCID,
    ROR,
    WIKIDATA,
    Identifier,
    enclosing,
    recognise,
    same_address,
)
from publisher.iri import IriSpace
from server.search.index import Index, current_index
from server.search.likeness import likeness
from server.search.own import things_meant
from server.service import current_service

_KEY = "matcher"
#: How many names are compared word by word.
_COMPARED = 20
#: A longer query is cut for the search of candidates, in trigrams.
_MOST_TRIGRAMS = 120
#: The rarest trigrams are looked up until they stand in so many names, but always so many of them.
_MOST_POSTINGS, _FEWEST_TRIGRAMS = 1000, 4
_WORDS_REMEMBERED = 20_000
#: From this score on, and this far ahead of the next, a candidate is taken for the thing meant.
_SURE, _AHEAD = 0.86, 0.04
#: Names with fewer letters say too little to be taken for sure when they are not equal.
_SHORT = 6
#: What a name that is not a label is worth, and a document that the graph only rests on.
_OTHER_NAME, _BEHIND = 0.995, 0.97
_BARE = (ORCID, ROR, WIKIDATA, DOI, ARXIV)


@dataclass
class Candidate:
    """A thing that may be meant; `score` and the features are from 0 to 1."""

    id: int
    iri: str
    name: str
    language: str | None
    introduction: str
    score: float
    matched: str
    certain: bool
    exact: bool
    pointing: int
    behind: bool
    features: dict[str, float | bool] = field(default_factory=dict)
    sure: bool = False

    @classmethod
    def of(cls, row: Any, score: float, matched: str, *, certain: bool) -> Candidate:
        """Make a candidate of a row of the index; `matched` is the text that was like the query."""
        return cls(
            id=row["id"],
            iri=row["iri"],
            name=row["name"],
            language=row["language"],
            introduction=row["introduction"],
            score=score,
            matched=matched,
            certain=certain,
            exact=False,
            pointing=row["pointing"],
            behind=bool(row["behind"]),
        )


def current_matcher() -> Matcher:
    """Return the matcher over the release that is served, which remembers what words say."""
    known: Matcher | None = current_app.extensions.get(_KEY)
    if known is None:
        known = Matcher(current_index(), current_service().release.iris)
        current_app.extensions[_KEY] = known
    return known


class Matcher:
    """Finds the things that queries mean."""

    def __init__(self, index: Index, iris: IriSpace) -> None:
        self._index = index
        self._iris = iris
        self.weight = lru_cache(_WORDS_REMEMBERED)(self._weight)

    def candidates(
        self, text: str, kinds: Sequence[str] = (), *, every: bool = False
    ) -> list[Candidate]:
        """Return what a text may mean, the best first, at most as many as are compared.

        With `kinds` only things of any of these classes are looked at, of all of them with
        `every`. `sure` is set on the one that is taken for the thing meant.
        """
        found = self.identified(text) or self._named(text, kinds)
        if kinds:
            found = self.of_kinds(found, kinds, every=every)
        return settle(found)

    def identified(self, text: str) -> list[Candidate]:
        """Return the things that carry an identifier or an address, or that it is the IRI of.

        The address of a file in a repository finds what has the repository, not for sure.
        """
        own = things_meant(self._index, self._iris, [text], relative=True).values()
        rows = self._index.rows_for("SELECT *, iri AS matched FROM thing WHERE iri IN ({})", own)
        if not rows:
            rows = self._index.rows_for(
                "SELECT DISTINCT thing.*, address.value AS matched FROM address"
                " JOIN thing ON thing.id = address.thing"
                " WHERE address.strength = 'identity' AND key IN ({})",
                keys_of(text),
            ) or self._index.rows_for(
                "SELECT DISTINCT thing.*, address.value AS matched FROM address"
                " JOIN thing ON thing.id = address.thing WHERE key IN ({})",
                keys_of(text),
            )
        exact = bool(rows)
        around = None if rows else enclosing(text)
        if around:
            rows = self._index.rows_for(
                "SELECT DISTINCT thing.*, address.value AS matched FROM address"
                " JOIN thing ON thing.id = address.thing WHERE key IN ({})",
                [around.key],
            )
        found = {row["id"]: Candidate.of(row, 1.0, row["matched"], certain=exact) for row in rows}
        for candidate in found.values():
            candidate.exact = exact
            candidate.features = {"identifier": True}
        return list(found.values())

    def _named(self, text: str, kinds: Sequence[str]) -> list[Candidate]:
        forms = spellings(text)
        rows: dict[int, Any] = {}
        for form in forms:
            keys = (form, ordered(form), form.replace(" ", ""))
            for row in self._index.rows(
                f"{_NAMES} WHERE folded = ? OR ordered = ? OR joined = ?", keys
            ):
                rows[row["name_id"]] = row
        for row in self._alike(forms[:1], kinds):
            rows.setdefault(row["name_id"], row)
        best: dict[int, Candidate] = {}
        for row in rows.values():
            candidate = self._compared(row, forms)
            known = best.get(candidate.id)
            if known is None or candidate.score > known.score:
                best[candidate.id] = candidate
        return list(best.values())

    def _alike(self, forms: list[str], kinds: Sequence[str]) -> list[Any]:
        """Return the names that share the most, and the rarest, trigrams with the query."""
        grams = self._rarest(forms[0]) if forms else []
        if not grams:
            return []
        places = ", ".join("?" * len(grams))
        narrowed = ""
        if kinds:
            listed = ", ".join("?" * len(kinds))
            narrowed = (
                f" AND (SELECT thing FROM name WHERE name.id = posting.name)"  # noqa: S608
                f" IN (SELECT thing FROM kind WHERE class IN ({listed}))"
            )
        return self._index.rows(
            f"SELECT * FROM (SELECT name AS near, sum(weight) AS shared"  # noqa: S608
            f" FROM gram JOIN posting USING (gram) WHERE gram.gram IN ({places}){narrowed}"
            f" GROUP BY name ORDER BY shared DESC, name LIMIT {_COMPARED})"
            f" JOIN ({_NAMES}) AS named ON named.name_id = near",
            (*grams, *kinds),
        )

    def _rarest(self, form: str) -> list[str]:
        """Return the trigrams to look for, which few names have all in all."""
        wanted = trigrams(form)[:_MOST_TRIGRAMS]
        rows = self._index.rows_for("SELECT gram, names FROM gram WHERE gram IN ({})", wanted)
        chosen: list[str] = []
        touched = 0
        for row in sorted(rows, key=lambda row: (row["names"], row["gram"])):
            touched += row["names"]
            if len(chosen) >= _FEWEST_TRIGRAMS and touched > _MOST_POSTINGS:
                break
            chosen.append(row["gram"])
        return chosen

    def _compared(self, row: Any, forms: Iterable[str]) -> Candidate:
        alike = max(
            (likeness(form, row["folded"], self.weight) for form in forms),
            key=lambda each: each.score,
        )
        score = (
            alike.score * (1 if row["main"] else _OTHER_NAME) * (_BEHIND if row["behind"] else 1)
        )
        long_enough = len(row["joined"]) >= _SHORT
        candidate = Candidate.of(row, score, row["text"], certain=alike.certain and long_enough)
        candidate.exact = alike.score == 1.0
        candidate.features = {
            "name_similarity": round(alike.score, 4),
            "query_covered": round(alike.query, 4),
            "name_covered": round(alike.name, 4),
        }
        return candidate

    def of_kinds(
        self, found: list[Candidate], kinds: Sequence[str], *, every: bool = False
    ) -> list[Candidate]:
        """Return those candidates that are of any of the classes, or of all with `every`."""
        rows = self._index.rows_for(
            "SELECT thing, class FROM kind WHERE thing IN ({})", [each.id for each in found]
        )
        has: dict[int, set[str]] = {}
        for row in rows:
            has.setdefault(row["thing"], set()).add(row["class"])
        fits = all if every else any
        return [each for each in found if fits(kind in has.get(each.id, ()) for kind in kinds)]

    def _weight(self, word: str) -> float:
        """Return how much a word says: the rarer among all names, the more."""
        rows = self._index.rows("SELECT names FROM word WHERE word = ?", (word,))
        return math.log(1 + self._index.names / (rows[0]["names"] if rows else 0.5))


_NAMES = (
    "SELECT thing.*, name.id AS name_id, name.text AS text, folded, ordered, joined, main"
    " FROM name JOIN thing ON thing.id = name.thing"
)


def keys_of(text: str) -> list[str]:
    """Return the keys by which an identifier or address is looked for, in any usual spelling."""
    text = text.strip()
    if text.startswith(("http://", "https://")):
        text = text.partition("#")[0]
    found = identifier_of(text)
    keys = [found.key] if found else []
    if text.startswith(("http://", "https://")):
        keys.append(same_address(text))
    return list(dict.fromkeys(keys))


def identifier_of(text: str) -> Identifier | None:
    """Return the identifier that a text spells, also where it is only the number, or None."""
    return recognise(text) or recognise(text, *_BARE)


def settle(found: list[Candidate]) -> list[Candidate]:
    """Put candidates in order, and say of the first whether it is taken for the thing meant.

    None but the first ever is; what an earlier order said of another one is forgotten.
    """
    found.sort(key=lambda each: (-each.score, each.behind, -each.pointing, each.iri))
    for each in found:
        each.sure = False
    if found:
        best, rival = found[0], found[1] if len(found) > 1 else None
        ahead = best.score - rival.score if rival else 1.0
        # An equal name decides between names, not against what else the query says.
        decided = best.exact and not (rival and _meets_more(rival, best))
        alone = not (rival and rival.exact and best.exact) and (decided or ahead >= _AHEAD)
        best.sure = (best.exact or (best.certain and best.score >= _SURE)) and alone
    return found


def _meets_more(rival: Candidate, best: Candidate) -> bool:
    """Whether a candidate meets more of the properties, or the type, that a query gives."""
    return any(
        float(rival.features.get(name, 0)) > float(best.features.get(name, 0))
        for name in ("properties", "type")
    )
