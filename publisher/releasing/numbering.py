"""Version numbers (Semantic Versioning 2.0.0, applied to data): which one a release must have."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from publisher.archive import version_key
from publisher.edition import Edition
from publisher.releasing.significance import Reason, Significance, reasons

_NUMBERS: Final = re.compile(r"(\d+)\.(\d+)\.(\d+)")
_TOLD: Final = 10


class WrongVersion(Exception):
    """A release has a number that does not say what changed; the text says which would."""


@dataclass(frozen=True)
class Step:
    """What a release is to the one before it: how significant, why, and its least number."""

    old: str
    significance: Significance
    counts: dict[Significance, int]
    reasons: tuple[Reason, ...]
    """The first few of the most significant."""
    least: str

    def told(self) -> list[str]:
        """Return this in lines for people."""
        if self.significance is Significance.NONE:
            return [f"nothing that was said in {self.old} changed; the next is {self.least}"]
        counted = ", ".join(
            f"{count:,} {each.name.lower()}"
            for each, count in sorted(self.counts.items(), reverse=True)
        )
        lines = [f"since {self.old}: {counted}; so this is at least {self.least}"]
        lines += [f"  {reason}" for reason in self.reasons]
        more = self.counts[self.significance] - len(self.reasons)
        return [*lines, f"  ... and {more:,} more"] if more > 0 else lines


def step(old: Edition, new: Edition) -> Step:
    """Return what the release `new` is to the one that it follows. Raises DamagedRelease."""
    return summed(old.version, reasons(old, new))


def summed(version: str, found: Iterable[Reason]) -> Step:
    """Return the step that some reasons make, from a version on."""
    counts: dict[Significance, int] = {}
    first: dict[Significance, list[Reason]] = {}
    for reason in found:
        counts[reason.significance] = counts.get(reason.significance, 0) + 1
        kept = first.setdefault(reason.significance, [])
        if len(kept) < _TOLD:
            kept.append(reason)
    most = max(counts, default=Significance.NONE)
    return Step(version, most, counts, tuple(first.get(most, ())), following(version, most))


def following(version: str, significance: Significance) -> str:
    """Return the least version that a release of some significance may have after `version`.

    Before 1.0.0 nothing is promised for good: what would be major raises the second number, all
    else the third (Semantic Versioning 2.0.0, clause 4). Raises WrongVersion for a version that is
    not three numbers.
    """
    found = _NUMBERS.fullmatch(version)
    if found is None:
        raise WrongVersion(f"{version!r} is not three numbers, as 1.4.2 is: nothing follows it")
    major, minor, patch = map(int, found.groups())
    if major == 0:
        significance = {Significance.MAJOR: Significance.MINOR}.get(
            significance, Significance.PATCH
        )
    if significance is Significance.MAJOR:
        return f"{major + 1}.0.0"
    if significance is Significance.MINOR:
        return f"{major}.{minor + 1}.0"
    return f"{major}.{minor}.{patch + 1}"


def check(version: str, step: Step) -> None:
    """Raise WrongVersion if a version is lower than a step asks for."""
    if _NUMBERS.fullmatch(version) is None:
        raise WrongVersion(f"{version!r} is not three numbers; write {step.least} or higher")
    if version_key(version) < version_key(step.least):
        lines = "\n".join(step.told())
        raise WrongVersion(f"{version} is too low a version (docs/versions.md)\n{lines}")
