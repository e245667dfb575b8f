"""Helpers of the tests of the intake: records, the outcome of a run, what was written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from publisher.cli import main

RECORDS = Path(__file__).parent / "records"
BOOKSHELF = Path(__file__).parents[2] / "publications" / "bookshelf"


@dataclass(frozen=True)
class Outcome:
    """What a run of the command came to."""

    code: int
    out: str
    err: str


Add = Callable[..., Outcome]


def texts(folder: Path) -> dict[str, str]:
    """Return every file of data/ by name."""
    return {path.name: path.read_text() for path in sorted((folder / "data").iterdir())}


def block(folder: Path, file: str, subject: str) -> str:
    """Return the statement about a subject in a formatted Turtle file."""
    parts = (folder / "data" / file).read_text().split("\n\n")
    (found,) = [part for part in parts if part.strip().startswith(f"{subject} ")]
    return found.strip()


def check(folder: Path) -> None:
    """Assert that the publication is valid and formatted."""
    assert main(["validate", "--publication", str(folder)]) == 0
    assert main(["format", "--check", "--publication", str(folder)]) == 0
