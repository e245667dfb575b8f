"""What all tests share: the small publication, and copies of it to break."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

LIGHTHOUSES = Path(__file__).parent / "publications" / "lighthouses"
REPOSITORY = Path(__file__).parents[1]


@pytest.fixture
def lighthouses(tmp_path: Path) -> Path:
    """A copy of the small publication that a test may change."""
    return Path(shutil.copytree(LIGHTHOUSES, tmp_path / "lighthouses"))


@pytest.fixture
def minimal(tmp_path: Path) -> Path:
    """The smallest publication: a publication.toml with three keys and an empty data/."""
    folder = tmp_path / "minimal"
    (folder / "data").mkdir(parents=True)
    (folder / "publication.toml").write_text(
        'title = "Minimal"\n'
        'base = "https://example.org/minimal/"\n'
        'license = "https://creativecommons.org/publicdomain/zero/1.0/"\n'
    )
    return folder
