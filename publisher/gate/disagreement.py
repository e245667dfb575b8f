"""A disagreement: a place that says something else than the release, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Disagreement:
    """What one place says otherwise than the canonical N-Quads of the release."""

    place: str
    wrong: str

    def __str__(self) -> str:
        return f"{self.place}: {self.wrong}"
