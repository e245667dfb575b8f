"""The page that tells people what changed between two releases, as Markdown."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

import pyoxigraph as ox

from publisher.compare.changes import APPEARED, CHANGED, VANISHED, WITHDRAWN, Change
from publisher.compare.labels import label
from publisher.edition import Edition
from publisher.limits import DIFF_THINGS
from publisher.terms import RDF_TYPE, Term, bare, graph_of

_MEANINGS: Final = {
    VANISHED: "Nothing is said of them any more.",
    WITHDRAWN: "They stay as tombstones: 410, or a redirect to what replaces them.",
    APPEARED: "Nothing was said of them before.",
    CHANGED: "Property by property: what was removed and what was added.",
}


class Page:
    """Gathers what is to be told; holds no more than DIFF_THINGS of each kind in memory."""

    def __init__(self, old: Edition, new: Edition, language: str = "en") -> None:
        self._old = old
        self._new = new
        self._language = language
        self.counts: dict[str, int] = dict.fromkeys(_MEANINGS, 0)
        self._told: dict[str, list[str]] = {kind: [] for kind in _MEANINGS}
        self._nameless = 0

    def add(self, change: Change, removed: Sequence[bytes], added: Sequence[bytes]) -> None:
        """Note one change; the lines are those of the change, worked out already."""
        if change.nameless:
            self._nameless += 1
            return
        kind = change.kind
        self.counts[kind] += 1
        if len(self._told[kind]) < DIFF_THINGS:
            self._told[kind].append(self._entry(kind, change, removed, added))

    def summary(self) -> list[str]:
        """Return the counts of things, a line each."""
        lines = [f"{kind.lower()}: {count:,}" for kind, count in self.counts.items()]
        if self._nameless:
            lines.append(f"blank nodes whose statements differ: {self._nameless:,}")
        return lines

    def text(self, removed: int, added: int, lost: Sequence[str], lost_in_all: int) -> str:
        """Return the page; `lost` are the first of the IRIs that no longer answer."""
        old, new = self._old, self._new
        lines = [
            f"# From {old.version} to {new.version}",
            "",
            f"`{old.canonical_sha256}` had {old.quads:,} statements, "
            f"`{new.canonical_sha256}` has {new.quads:,}: "
            f"{removed:,} were removed, {added:,} were added.",
            "",
            "| things | |",
            "|---|---|",
            *(f"| {kind.lower()} | {count:,} |" for kind, count in self.counts.items()),
        ]
        if self._nameless:
            lines += ["", f"The statements about {self._nameless:,} blank nodes differ, too."]
        lines += ["", "## Addresses that are lost", ""]
        if lost_in_all:
            lines += [*(f"- <{iri}>" for iri in lost), *_rest(lost_in_all, len(lost))]
        else:
            lines += ["None: each IRI of the old release answers in the new one."]
        for kind, entries in self._told.items():
            if entries:
                lines += ["", f"## {kind}", "", _MEANINGS[kind], "", *entries]
                lines += _rest(self.counts[kind], len(entries))
        return "\n".join(lines) + "\n"

    def _entry(
        self, kind: str, change: Change, removed: Sequence[bytes], added: Sequence[bytes]
    ) -> str:
        known = _quads(change.new or change.old)
        heading = f"{self._label(known)} <{change.subject}>".strip()
        if kind in (APPEARED, VANISHED):
            statements = map(bare, known)
            types = ", ".join(
                self._value(value) for _, name, value in statements if name.value == RDF_TYPE
            )
            return f"- {heading}{f' ({types})' if types else ''}, statements: {len(known)}"
        return "\n".join([f"### {heading}", "", *self._properties(removed, added), ""])

    def _properties(self, removed: Sequence[bytes], added: Sequence[bytes]) -> Iterable[str]:
        sides = {"removed": _quads(removed), "added": _quads(added)}
        moved = {quad.triple for quad in sides["removed"]} & {
            quad.triple for quad in sides["added"]
        }
        found: defaultdict[str, list[str]] = defaultdict(list)
        for side, quads in sides.items():
            for quad in quads:
                _, predicate, value = bare(quad)
                where = f" in {self._name(graph_of(quad))}" if quad.triple in moved else ""
                found[predicate.value].append(f"{side}: {self._value(value)}{where}")
        for predicate_ in sorted(found):
            yield f"- {self._name(predicate_)}"
            yield from (f"    - {value}" for value in found[predicate_])

    def _label(self, quads: Sequence[ox.Quad]) -> str:
        found = label(quads, self._language)
        if found is None:
            return ""
        return re.sub(r"([\\`*_\[\]<>#&|~])", r"\\\1", " ".join(found.value.split()))

    def _value(self, term: Term) -> str:
        return self._name(term.value) if isinstance(term, ox.NamedNode) else _code(str(term))

    def _name(self, iri: str) -> str:
        return _code(self._new.prefixes.name(iri))


def _quads(lines: Iterable[bytes]) -> list[ox.Quad]:
    return list(ox.parse(b"".join(lines), format=ox.RdfFormat.N_QUADS))


def _code(text: str) -> str:
    """Return a text as a code span, whatever backticks it has (CommonMark, 6.1)."""
    fence = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    space = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{space}{text}{space}{fence}"


def _rest(all_: int, told: int) -> list[str]:
    return ["", f"... and {all_ - told:,} more."] if all_ > told else []
