"""A release answers at every address of those before it, or it is not built."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from publisher.cli import main
from publisher.release import Release

ONTOLOGY = "https://data.example.org/leuchtturm/ontology#"
PLACE = "https://data.example.org/leuchtturm/id/ort/insel"
STONE = f'<{PLACE}> <http://www.w3.org/2002/07/owl#deprecated> "true"^^<{{}}boolean> .\n'.format(
    "http://www.w3.org/2001/XMLSchema#"
)


def build(sources: Path, out: Path, *arguments: str) -> int:
    return main(["build", "--publication", str(sources), "--out", str(out), *arguments])


def change(sources: Path, *, version: str, released: str) -> None:
    """Give a publication another version and day."""
    path = sources / "publication.toml"
    text = re.sub(r"(?m)^version = .*$", f'version = "{version}"', path.read_text("utf-8"))
    path.write_text(
        re.sub(r"(?m)^released = .*$", f"released = {released}", text), encoding="utf-8"
    )


@pytest.fixture
def publication(lighthouses: Path) -> Path:
    """The small publication with one more place."""
    about = (
        f"<{PLACE}> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <{ONTOLOGY}Ort> .",
        f'<{PLACE}> <http://www.w3.org/2000/01/rdf-schema#label> "Insel"@de .',
    )
    with (lighthouses / "data" / "ort.nt").open("a", encoding="utf-8") as file:
        file.write("".join(f"{line}\n" for line in about))
    return lighthouses


def withdraw(sources: Path) -> None:
    """Take all that is said of the place out of the sources."""
    path = sources / "data" / "ort.nt"
    lines = path.read_text("utf-8").splitlines(keepends=True)
    path.write_text("".join(line for line in lines if not line.startswith(f"<{PLACE}> ")))


def test_a_lost_address_is_refused_and_a_tombstone_is_not(
    publication: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert build(publication, out) == 0
    before = Release.open(out)
    change(publication, version="2.2.0", released="2027-01-01")
    withdraw(publication)
    assert build(publication, out) == 1
    fault = f"data: <{PLACE}> of version {before.version} would be a 404 [lost-address]"
    assert fault in capsys.readouterr().err
    assert Release.open(out).id == before.id, "the release in place stays"
    with (publication / "data" / "ort.nt").open("a", encoding="utf-8") as file:
        file.write(STONE)
    assert build(publication, out) == 0
    assert Release.open(out).version == "2.2.0"


def test_drafts_of_one_version_may_lose_addresses(publication: Path, tmp_path: Path) -> None:
    assert build(publication, tmp_path / "out") == 0
    withdraw(publication)
    assert build(publication, tmp_path / "out") == 0


def test_an_older_version_follows_no_newer_one(publication: Path, tmp_path: Path) -> None:
    change(publication, version="3.0.0", released="2027-01-01")
    assert build(publication, tmp_path / "out") == 0
    change(publication, version="2.0.0", released="2024-12-01")
    withdraw(publication)
    assert build(publication, tmp_path / "out") == 0


def test_earlier_releases_elsewhere(
    publication: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    earlier, out = tmp_path / "earlier", tmp_path / "out"
    assert build(publication, earlier) == 0
    withdraw(publication)
    assert build(publication, out) == 0
    assert build(publication, out, "--earlier", str(earlier)) == 1, "also if nothing is to be built"
    assert build(publication, out, "--force", "--earlier", str(earlier)) == 1
    capsys.readouterr()
    assert build(publication, out, "--earlier", str(tmp_path)) == 2
    assert "is no release" in capsys.readouterr().err
    damaged = Path(shutil.copytree(earlier, tmp_path / "damaged"))
    (damaged / "dumps" / "leuchtturm.nq").write_text("")
    assert build(publication, out, "--earlier", str(damaged)) == 2
    assert "not the file that was released" in capsys.readouterr().err
