"""The record of a transition: what changed, thing by thing, for pages and programs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pyoxigraph as ox

from publisher.compare.changes import APPEARED, KINDS, VANISHED, Change
from publisher.compare.labels import label
from publisher.limits import DIFF_THINGS
from publisher.terms import RDF_TYPE, Term, bare


class Record:
    """Gathers what is to be told; holds no more than DIFF_THINGS of each kind in memory."""

    def __init__(self, language: str) -> None:
        """Name things in `language` where they have several names."""
        self._language = language
        self._counts = dict.fromkeys(KINDS, 0)
        self._things: dict[str, list[dict[str, Any]]] = {kind: [] for kind in KINDS}
        self._nameless = 0

    def add(self, change: Change, removed: Sequence[bytes], added: Sequence[bytes]) -> None:
        """Note one change; the lines are those of the change, worked out already."""
        if change.nameless:
            self._nameless += 1
            return
        self._counts[change.kind] += 1
        if len(self._things[change.kind]) < DIFF_THINGS:
            self._things[change.kind].append(self._entry(change, removed, added))

    def as_mapping(self) -> dict[str, Any]:
        """Return the record for JSON."""
        return {
            "counts": {**self._counts, "nameless": self._nameless},
            "things": self._things,
        }

    def _entry(
        self, change: Change, removed: Sequence[bytes], added: Sequence[bytes]
    ) -> dict[str, Any]:
        known = _quads(change.new or change.old)
        before = _quads(change.old) if change.withdrawn else known
        name = label(known, self._language) or label(before, self._language)
        types = {quad.object.value for quad in known if quad.predicate.value == RDF_TYPE}  # type: ignore[union-attr]
        entry: dict[str, Any] = {
            "iri": change.subject,
            "label": None if name is None else _value(name),
            "types": sorted(types),
            "tombstone": change.tombstone,
            "removed": len(removed),
            "added": len(added),
        }
        if change.kind not in (APPEARED, VANISHED):
            entry["properties"] = _properties(removed, added)
        return entry


def _properties(removed: Iterable[bytes], added: Iterable[bytes]) -> list[dict[str, Any]]:
    """Return what was removed and added property by property; what moved is told of both graphs."""
    found: dict[str, dict[str, Any]] = {}
    for side, lines in (("removed", removed), ("added", added)):
        for quad in _quads(lines):
            _, predicate, value = bare(quad)
            entry = found.setdefault(
                predicate.value, {"property": predicate.value, "removed": [], "added": []}
            )
            entry[side].append(_value(value) | {"graph": quad.graph_name.value})  # type: ignore[union-attr]
    return [found[name] for name in sorted(found)]


def _value(term: Term) -> dict[str, str]:
    if isinstance(term, ox.NamedNode):
        return {"iri": term.value}
    if isinstance(term, ox.BlankNode):
        return {"node": term.value}
    if term.language:
        return {"value": term.value, "language": term.language}
    return {"value": term.value, "datatype": term.datatype.value}


def _quads(lines: Iterable[bytes]) -> list[ox.Quad]:
    return list(ox.parse(b"".join(lines), format=ox.RdfFormat.N_QUADS))
