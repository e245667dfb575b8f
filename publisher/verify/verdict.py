"""What may be said of a file that was checked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum


class Standing(Enum):
    """How a file stands, the best first."""

    RIGHT = "right"
    NOTED = "note"
    INCOMPLETE = "incomplete"
    MISSING = "missing"
    UNCHECKED = "unchecked"
    WRONG = "WRONG"


#: Exit codes: whole and right, wrong, something is missing or cannot be checked.
RIGHT, WRONG, NOT_WHOLE = 0, 1, 2


@dataclass(frozen=True)
class Verdict:
    """What came of checking one file (or signature), and why, in words."""

    name: str
    standing: Standing
    detail: str = ""

    def __str__(self) -> str:
        detail = f"  {self.detail}" if self.detail else ""
        return f"{self.standing.value:<10}  {self.name}{detail}"


def exit_code(verdicts: Iterable[Verdict]) -> int:
    """Return what the verdicts come to: one that is wrong outweighs all that are not whole."""
    standings = {verdict.standing for verdict in verdicts}
    if Standing.WRONG in standings:
        return WRONG
    return RIGHT if standings <= {Standing.RIGHT, Standing.NOTED} else NOT_WHOLE
