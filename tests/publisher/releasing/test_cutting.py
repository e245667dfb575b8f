"""`python -m publisher release`: what is refused, what is released, nothing half done."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import stat
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from publisher.archive import Archive
from publisher.cli import main
from publisher.publication import Publication
from publisher.release import CHECKSUMS, Release
from publisher.releasing import reproduction
from publisher.releasing.reproduction import NotReproducible, refuse_differences
from publisher.verify.verdict import RIGHT
from tests.conftest import LIGHTHOUSES

Cut = Callable[..., int]
DAY = "2026-03-01"


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the sources were released once: with sources, archive and build."""
    room = tmp_path_factory.mktemp("first")
    shutil.copytree(LIGHTHOUSES, room / "sources")
    assert run(room, "2.1.0") == 0
    return room


def run(room: Path, version: str, *options: str) -> int:
    places = ["--archive", str(room / "archive"), "--out", str(room / "build/release")]
    return main(["release", version, "--publication", str(room / "sources"), *places, *options])


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """Sources of which nothing was released."""
    return Path(shutil.copytree(LIGHTHOUSES, tmp_path / "sources"))


@pytest.fixture
def released(first: Path, tmp_path: Path) -> Path:
    """Sources of which 2.1.0 was released."""
    shutil.copytree(first, tmp_path, dirs_exist_ok=True, symlinks=True)
    return tmp_path / "sources"


@pytest.fixture
def cut(tmp_path: Path) -> Cut:
    return partial(run, tmp_path)


def versions(folder: Path) -> list[str]:
    return [each.version for each in Archive(folder / "archive").releases()]


def test_a_release_is_archived_put_in_place_and_followed_by_the_next(
    cut: Cut, released: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert Release.open(tmp_path / "build/release").version == "2.1.0"
    assert versions(tmp_path) == ["2.1.0"]
    sums = (tmp_path / "archive/2.1.0" / CHECKSUMS).read_bytes()
    # The same once more changes nothing.
    assert cut("2.1.0") == 0
    assert (tmp_path / "archive/2.1.0" / CHECKSUMS).read_bytes() == sums

    towers = released / "data/turm.ttl"
    towers.write_text(towers.read_text().replace("lt:hoehe 26.5", "lt:hoehe 26.75"))
    assert cut("2.1.0") == 1
    assert "published with other content" in capsys.readouterr().err
    assert cut("2.1.1") == 2
    assert 'write version = "2.1.1"' in capsys.readouterr().err
    assert cut("2.1.1", "--write", "--date", DAY) == 0
    assert versions(tmp_path) == ["2.1.0", "2.1.1"]
    assert "since 2.1.0: 1 patch; so this is at least 2.1.1" in capsys.readouterr().out
    record = tmp_path / "archive/changes/2.1.0..2.1.1/changes.json"
    assert (json.loads(record.read_text())["removed"], record.is_file()) == (1, True)
    publication = Publication.load(released)
    assert publication.released == dt.date(2026, 3, 1)
    # The notes went with the version that they were about.
    assert [each.version for each in publication.about.history][-1] == "2.1.0"
    assert publication.about.history[-1].notes == "Die Leuchtschiffe sind dazugekommen."
    assert publication.about.notes is None
    assert list(tmp_path.glob("build/.cut-*")) == []


def test_a_version_that_says_too_little_is_refused_and_nothing_changes(
    cut: Cut, released: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = (tmp_path / "build/release").resolve()
    towers = released / "data/turm.ttl"
    text = towers.read_text().replace("turm:kap-nord a lt:Turm ;", "turm:kap a lt:Turm ;")
    text = text.replace("dcterms:isReplacedBy turm:kap-nord", "dcterms:isReplacedBy turm:kap")
    towers.write_text(f"{text}\nturm:kap-nord owl:deprecated true .\n")
    visits = released / "data/besuche.trig"
    visits.write_text(visits.read_text().replace("turm/kap-nord>", "turm/kap>"))
    assert cut("2.2.0", "--dry-run") == 1
    assert "at least 3.0.0" in capsys.readouterr().out
    assert cut("2.2.0", "--write", "--date", DAY) == 1
    said = capsys.readouterr().err
    assert "2.2.0 is too low a version" in said
    assert "major: <https://data.example.org/leuchtturm/id/turm/kap-nord> was withdrawn" in said
    assert versions(tmp_path) == ["2.1.0"]
    assert (tmp_path / "build/release").resolve() == place
    assert cut("3.0.0", "--dry-run") == 0


def test_the_history_names_what_the_archive_has(
    cut: Cut, released: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = released / "publication.toml"
    settings.write_text(settings.read_text().replace('"2.1.0"\nreleased', '"2.1.1"\nreleased'))
    assert cut("2.1.1") == 2
    said = capsys.readouterr().err
    assert '[[catalogue.history]]\nversion = "2.1.0"\nreleased = 2025-05-01' in said


def test_comments_and_order_of_the_settings_stay(cut: Cut, sources: Path) -> None:
    settings = sources / "publication.toml"
    settings.write_text(f"# Ours.\n{settings.read_text()}")
    before = settings.read_text().splitlines()
    assert cut("2.2.0", "--write", "--date", DAY) == 0
    after = settings.read_text().splitlines()
    changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    assert changed == [
        ('version = "2.1.0"', 'version = "2.2.0"'),
        ("released = 2025-05-01", f"released = {DAY}"),
    ]


def test_what_breaks_a_shape_is_told_and_not_released(
    cut: Cut, sources: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    towers = sources / "data/turm.ttl"
    towers.write_text(towers.read_text().replace("lt:hoehe 26.5", "lt:hoehe -1.5"))
    assert cut("2.1.0") == 1
    assert "data/turm.ttl" in capsys.readouterr().err
    assert versions(tmp_path) == []
    assert not (tmp_path / "build/release").exists()


def test_a_lost_address_is_refused(
    cut: Cut, released: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    towers = released / "data/turm.ttl"
    towers.write_text(towers.read_text().replace("turm:alt-seebrueck owl:deprecated true .", ""))
    assert cut("3.0.0", "--write", "--date", DAY) == 1
    assert "alt-seebrueck> of version 2.1.0 would be a 404" in capsys.readouterr().err


@pytest.mark.usefixtures("sources")
def test_it_is_signed_with_openssh_and_verified(
    cut: Cut, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = tmp_path / "key"
    make = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "m", "-f", str(key)]
    subprocess.run(make, check=True, timeout=30)
    assert cut("2.1.0", "--sign", str(tmp_path / "none")) == 1
    assert "there is no key" in capsys.readouterr().err
    assert versions(tmp_path) == []
    assert cut("2.1.0", "--sign", str(key)) == 0
    signers = tmp_path / "signers"
    signers.write_text(f'm@example.org namespaces="file" {key.with_suffix(".pub").read_text()}')
    for place in ("archive/2.1.0", "build/release"):
        options = ["--allowed-signers", str(signers)]
        assert main(["verify", str(tmp_path / place), *options]) == RIGHT
        assert "manifest.json was signed by m@example.org" in capsys.readouterr().out


@pytest.mark.usefixtures("sources")
def test_large_sources_are_built_one_after_the_other(
    cut: Cut, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(reproduction, "BUILDS_AT_ONCE_MB", 0)
    assert cut("2.1.0") == 0
    assert "one after the other" in capsys.readouterr().err


@pytest.mark.parametrize("planted", ["a byte", "a file"])
def test_a_difference_of_two_builds_is_found(first: Path, tmp_path: Path, planted: str) -> None:
    first = first / "archive/2.1.0"
    second = Path(shutil.copytree(first, tmp_path / "second"))
    refuse_differences(first, second)
    if planted == "a byte":
        dump = second / "dumps/leuchtturm.nq"
        dump.write_bytes(dump.read_bytes()[:-2] + b"!\n")
        place = f"{dump.stat().st_size - 2:,}"
        expected = f"differ in dumps/leuchtturm.nq, from byte {place} on"
    else:
        sums = second / CHECKSUMS
        sums.write_text(sums.read_text() + f"{'0' * 64}  zuletzt.txt\n")
        expected = "only the second of two builds has the file zuletzt.txt"
    with pytest.raises(NotReproducible, match=expected):
        refuse_differences(first, second)


def test_what_is_released_can_be_read_by_others_than_who_released_it(first: Path) -> None:
    for path in (first / "archive/2.1.0").rglob("*"):
        assert path.stat().st_mode & stat.S_IROTH, path
