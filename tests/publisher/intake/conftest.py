"""What the tests of the intake share: a publication to add to, and the command in this process."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from added import BOOKSHELF, Add, Outcome

from publisher.cli import main


@pytest.fixture
def bookshelf(tmp_path: Path) -> Path:
    """A copy of a small publication with an intake.toml, which a test may change."""
    return Path(shutil.copytree(BOOKSHELF, tmp_path / "bookshelf"))


@pytest.fixture
def add(bookshelf: Path, capsys: pytest.CaptureFixture[str]) -> Add:
    """Run `add` on the bookshelf, or on another publication, on a fixed day."""

    def run(*arguments: str | Path, publication: Path = bookshelf) -> Outcome:
        capsys.readouterr()
        fixed = ("--seen", "2026-02-03", "--publication", str(publication))
        code = main(["add", *map(str, arguments), *fixed])
        captured = capsys.readouterr()
        return Outcome(code, captured.out, captured.err)

    return run
