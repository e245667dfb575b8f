"""Findings: what is wrong in the sources, where, by which rule, and how to mend it."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, order=True)
class Place:
    """A line of a source file; lines count from 1, 0 stands for the file as a whole."""

    file: Path
    line: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else str(self.file)


@dataclass(frozen=True, order=True)
class Finding:
    """One fault in the sources."""

    place: Place
    rule: str
    fault: str
    mend: str

    def __str__(self) -> str:
        return f"{self.place}: {self.fault} [{self.rule}]\n    mend: {self.mend}"


class SourceFault(Exception):
    """The sources break rules; carries every finding there is."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = sorted(set(findings))
        super().__init__("\n".join(str(finding) for finding in self.findings))

    def __reduce__(self) -> tuple[type[SourceFault], tuple[list[Finding]]]:
        """Be the same in another process; an exception is made anew from its text otherwise."""
        return SourceFault, (self.findings,)


def tell(findings: Sequence[Finding], most: int = 100) -> None:
    """Write findings to standard error."""
    for finding in findings[:most]:
        print(finding, file=sys.stderr)
    more = len(findings) - most
    if more > 0:
        print(f"... and {more} more", file=sys.stderr)
    number = len(findings)
    noun = "fault" if number == 1 else "faults"
    print(f"{number} {noun} in the sources; nothing was published", file=sys.stderr)
