"""Changes between two releases, found by walking through their sorted N-Quads side by side.

Both are in canonical form (sorted by code point), so that nothing but the statements about one
subject is in memory. Canonical labels of blank nodes depend on the whole dataset: where statements
have some, a change elsewhere may relabel them, and they count as removed and added.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Final

from publisher.prefixes import WELL_KNOWN
from publisher.release import DamagedRelease

_DEPRECATED = f"<{WELL_KNOWN['owl']}deprecated>".encode()
_TRUE = (b'"true"', b'"1"')
#: The kinds of changes, in the order in which they are told.
VANISHED: Final = "Gone"
WITHDRAWN: Final = "Withdrawn"
APPEARED: Final = "New"
CHANGED: Final = "Changed"
KINDS: Final = (VANISHED, WITHDRAWN, APPEARED, CHANGED)


@dataclass(frozen=True)
class Change:
    """A subject with other statements in the new release than in the old: lines of N-Quads."""

    subject: str
    """An IRI, or the label of a blank node with its `_:`."""
    old: tuple[bytes, ...]
    new: tuple[bytes, ...]

    @property
    def removed(self) -> list[bytes]:
        """The lines of the old release that the new one lacks, sorted."""
        kept = set(self.new)
        return [line for line in self.old if line not in kept]

    @property
    def added(self) -> list[bytes]:
        """The lines of the new release that the old one lacked, sorted."""
        known = set(self.old)
        return [line for line in self.new if line not in known]

    @property
    def nameless(self) -> bool:
        """Whether it is a blank node."""
        return self.subject.startswith("_:")

    @property
    def appeared(self) -> bool:
        """Whether the old release says nothing of it."""
        return not self.old

    @property
    def vanished(self) -> bool:
        """Whether the new release says nothing of it."""
        return not self.new

    @property
    def withdrawn(self) -> bool:
        """Whether it became a tombstone: `owl:deprecated true` is said now, and was not before."""
        return self.tombstone and not _is_tombstone(self.old)

    @property
    def tombstone(self) -> bool:
        """Whether `owl:deprecated true` is said of it now."""
        return _is_tombstone(self.new)

    @property
    def kind(self) -> str:
        """One of KINDS."""
        if self.appeared:
            return APPEARED
        if self.vanished:
            return VANISHED
        return WITHDRAWN if self.withdrawn else CHANGED


def changes(old: Iterable[bytes], new: Iterable[bytes]) -> Iterator[Change]:
    """Yield what changed, in the order of the subjects.

    Takes sorted lines of N-Quads without doubles. Raises DamagedRelease if they are not sorted.
    """
    olds, news = _by_subject(old), _by_subject(new)
    before, after = next(olds, None), next(news, None)
    while before is not None or after is not None:
        if after is None or (before is not None and before[0] < after[0]):
            assert before is not None
            yield Change(_named(before[0]), before[1], ())
            before = next(olds, None)
        elif before is None or after[0] < before[0]:
            yield Change(_named(after[0]), (), after[1])
            after = next(news, None)
        else:
            if before[1] != after[1]:
                yield Change(_named(before[0]), before[1], after[1])
            before, after = next(olds, None), next(news, None)


def _by_subject(lines: Iterable[bytes]) -> Iterator[tuple[bytes, tuple[bytes, ...]]]:
    last = b""
    # A subject ends at the first space: neither IRIs nor labels have one.
    for subject, group in groupby(lines, lambda line: line.partition(b" ")[0]):
        found = tuple(group)
        if subject <= last or any(one >= other for one, other in pairwise(found)):
            raise DamagedRelease(
                f"the N-Quads are not sorted where they speak of {subject.decode(errors='replace')}"
                "; compare releases as the publisher wrote them"
            )
        last = subject
        yield subject, found


def _named(subject: bytes) -> str:
    return subject.decode().removeprefix("<").removesuffix(">")


def _is_tombstone(lines: tuple[bytes, ...]) -> bool:
    for line in lines:
        _, predicate, value = line.split(b" ", 2)
        if predicate == _DEPRECATED and value.startswith(_TRUE):
            return True
    return False
