"""Constraints: properties that a query gives besides a name, and which of them a thing meets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from pyoxigraph import NamedNode

from publisher.index.contents import key_of
from publisher.intake.names import folded
from server.reconciliation.identifiers import entity_iri, property_iri
from server.search.index import Index
from server.search.likeness import likeness
from server.search.matcher import Candidate, Matcher, keys_of, settle

#: Part of the score that properties have where some are given.
_SHARE: Final = 0.3
#: Texts that are this alike are taken for the same.
_ALIKE: Final = 0.85
#: Without a name, so many things that meet a constraint are looked at.
_MOST: Final = 200


@dataclass(frozen=True)
class Constraint:
    """A property, the values that it may have, and whether a thing without them is left out."""

    property: str
    inverse: bool
    values: tuple[Any, ...]
    required: bool = False

    @classmethod
    def of(cls, pid: str, value: Any, *, required: bool = False) -> Constraint:
        """Read a property and its value or list of values as a query has them."""
        iri, inverse = property_iri(pid)
        values = value if isinstance(value, list) else [value]
        return cls(iri, inverse, tuple(values), required)


@dataclass
class _Known:
    """What the index says of the values of one property of one thing."""

    values: list[tuple[str, str | None]] = field(default_factory=list)
    names: list[str] = field(default_factory=list)


class Checker:
    """Compares candidates with constraints."""

    def __init__(self, index: Index, matcher: Matcher) -> None:
        self._index = index
        self._matcher = matcher

    def telling(self, constraints: Sequence[Constraint]) -> list[Constraint]:
        """Return the constraints that can tell one thing from another, and the required ones.

        A property that nothing here has, such as a misspelt one, says nothing of anything.
        """
        known = self._index.properties if constraints else frozenset()
        return [each for each in constraints if each.required or each.property in known]

    def weighed(self, found: list[Candidate], constraints: Sequence[Constraint]) -> list[Candidate]:
        """Return the candidates with scores that count the constraints, in their new order."""
        known = self._known(found, constraints)
        kept = []
        for each in found:
            met = [self._meets(known[each.id, at], c) for at, c in enumerate(constraints)]
            if any(c.required and not m for c, m in zip(constraints, met, strict=True)):
                continue
            share = sum(m or 0.0 for m in met) / len(met)
            each.features["properties"] = round(share, 4)
            each.score = (1 - _SHARE) * each.score + _SHARE * share
            # What speaks against a thing is a value that it has, not one that nobody gave it.
            each.certain = each.certain and all(m is None or m > 0 for m in met)
            each.exact = each.exact and all(m is None or m > 0 for m in met)
            kept.append(each)
        return settle(kept)

    def meeting(self, constraints: Sequence[Constraint]) -> list[Candidate]:
        """Return things that meet a constraint, for queries without a name."""
        ids: dict[int, None] = {}
        for constraint in constraints:
            for value in constraint.values:
                ids.update(dict.fromkeys(self._having(constraint, value)))
        rows = self._index.rows_for("SELECT * FROM thing WHERE id IN ({})", list(ids)[:_MOST])
        return [Candidate.of(row, 1.0, row["name"], certain=True) for row in rows]

    def _having(self, constraint: Constraint, value: Any) -> list[int]:
        wanted = [entity_iri(value["id"])] if isinstance(value, dict) else [_text(value)]
        if isinstance(value, str):
            wanted += [each.iri for each in self._matcher.candidates(value) if each.sure]
        if constraint.inverse:
            query = (
                "SELECT target.id AS thing FROM statement JOIN thing AS origin"
                " ON origin.id = statement.thing JOIN thing AS target ON target.iri = value"
                " WHERE property = ? AND origin.iri IN ({})"
            )
            return [r["thing"] for r in self._index.rows_for(query, wanted, constraint.property)]
        rows = self._index.rows_for(
            "SELECT thing FROM statement WHERE property = ? AND value IN ({})",
            wanted,
            constraint.property,
        )
        if isinstance(value, str):
            rows += self._index.rows_for(
                "SELECT thing FROM address WHERE property = ? AND key IN ({})",
                keys_of(value),
                constraint.property,
            )
        return [row["thing"] for row in rows]

    def _known(
        self, found: Iterable[Candidate], constraints: Sequence[Constraint]
    ) -> dict[tuple[int, int], _Known]:
        known: dict[tuple[int, int], _Known] = defaultdict(_Known)
        ids = {each.id for each in found}
        iris = {each.iri: each.id for each in found}
        for at, constraint in enumerate(constraints):
            if constraint.inverse:
                rows = self._index.rows_for(
                    "SELECT value AS about, origin.iri AS value, NULL AS datatype"
                    " FROM statement JOIN thing AS origin ON origin.id = statement.thing"
                    " WHERE property = ? AND value IN ({})",
                    iris,
                    constraint.property,
                )
                pairs = [(iris[row["about"]], row) for row in rows]
            else:
                rows = self._index.rows_for(
                    "SELECT thing, value, datatype FROM statement WHERE property = ?"
                    " AND thing IN ({})",
                    ids,
                    constraint.property,
                )
                pairs = [(row["thing"], row) for row in rows]
            for id_, row in pairs:
                known[id_, at].values.append((row["value"], row["datatype"]))
            self._name(known, at)
        return known

    def _name(self, known: dict[tuple[int, int], _Known], at: int) -> None:
        mine = {key: each for key, each in known.items() if key[1] == at}
        iris = {v for each in mine.values() for v, datatype in each.values if datatype is None}
        names: dict[str, list[str]] = defaultdict(list)
        for row in self._index.rows_for(
            "SELECT iri, folded FROM name JOIN thing ON thing.id = name.thing WHERE iri IN ({})",
            iris,
        ):
            names[row["iri"]].append(row["folded"])
        for row in self._index.rows_for("SELECT iri, name FROM label WHERE iri IN ({})", iris):
            names[row["iri"]].append(folded(row["name"]))
        for each in mine.values():
            each.names = [name for value, _ in each.values for name in names.get(value, ())]

    def _meets(self, known: _Known, constraint: Constraint) -> float | None:
        """Return how well the best of the values is met; None if the thing has none at all."""
        if not known.values:
            return None
        return max((self._alike(known, value) for value in constraint.values), default=0.0)

    def _alike(self, known: _Known, value: Any) -> float:
        stored = {text for text, _ in known.values}
        if isinstance(value, dict):
            return float(entity_iri(str(value.get("id"))) in stored)
        text = _text(value)
        if text in stored or any(_same(text, each) for each in known.values):
            return 1.0
        keys = set(keys_of(text))
        if keys and any(key_of(NamedNode(v)) in keys for v, kind in known.values if kind is None):
            return 1.0
        form = folded(text)
        texts = [*known.names, *(folded(v) for v, kind in known.values if kind is not None)]
        best = max((likeness(form, t, self._matcher.weight).score for t in texts), default=0.0)
        return best if best >= _ALIKE else 0.0


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value).strip()


def _same(text: str, stored: tuple[str, str | None]) -> bool:
    """Whether a number is the same, or a year or month that of a date."""
    value, datatype = stored
    if datatype is None:
        return False
    try:
        return float(text) == float(value)
    except ValueError:
        return len(text) in (4, 7) and text[:4].isdigit() and value.startswith(f"{text}-")
