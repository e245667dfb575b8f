"""What all tests share: the small publication, and copies of it to break."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from publisher.build import build
from publisher.progress import Progress
from publisher.publication import Publication
from publisher.release import Release
from tests import virtuoso

LIGHTHOUSES = Path(__file__).parent / "publications" / "lighthouses"
REPOSITORY = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def ai4media_release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """A release of the repository itself, the AI4Media graph."""
    out = tmp_path_factory.mktemp("ai4media") / "release"
    return build(Publication.load(REPOSITORY), out, Progress(quiet=True))


@pytest.fixture(scope="session")
def virtuoso_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[virtuoso.Virtuoso]:
    """A Virtuoso for all tests: started once, since it takes seconds."""
    with virtuoso.running(tmp_path_factory.mktemp("virtuoso")) as server:
        yield server


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
