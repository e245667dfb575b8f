"""What was published stays, whole and unchanged, under its version."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from publisher.archive import Archive, ArchiveConflict, version_key
from publisher.build import build
from publisher.progress import Progress
from publisher.publication import Publication
from publisher.release import MANIFEST, DamagedRelease, Release


@pytest.fixture
def minimal(minimal: Path) -> Path:
    """The smallest publication with something to publish."""
    base = "https://example.org/minimal/"
    label = "http://www.w3.org/2000/01/rdf-schema#label"
    (minimal / "data" / "thing.nt").write_text(f'<{base}id/thing/a> <{label}> "A" .\n')
    return minimal


def release(sources: Path, out: Path, version: str, released: str, title: str = "") -> Release:
    """Build a version of a publication; another title makes other content."""
    path = sources / "publication.toml"
    text = re.sub(r"(?m)^version = .*\n|^released = .*\n", "", path.read_text("utf-8"))
    text = re.sub(r'(?m)^title = "(.*?)\+*"$', rf'title = "\1{title}"', text)
    path.write_text(f'version = "{version}"\nreleased = {released}\n{text}', encoding="utf-8")
    return build(Publication.load(sources), out, Progress(quiet=True))


def test_releases_are_kept_in_the_order_of_their_days(minimal: Path, tmp_path: Path) -> None:
    archive = Archive(tmp_path / "archive")
    assert archive.releases() == []
    assert archive.latest() is None
    for version, day in (
        ("0.10.0", "2026-03-01"),
        ("0.9.0", "2026-03-01"),
        ("1.0.0", "2025-01-01"),
    ):
        added = archive.add(release(minimal, tmp_path / "out", version, day).path)
        assert added.folder == tmp_path / "archive" / version
        Release.open(added.folder)
    found = [edition.version for edition in archive.releases()]
    assert found == ["1.0.0", "0.9.0", "0.10.0"], "by day, then by number"
    latest = archive.latest()
    assert latest is not None
    assert latest.version == "0.10.0"
    assert archive.get("7.0.0") is None


def test_what_is_published_is_never_replaced(minimal: Path, tmp_path: Path) -> None:
    archive = Archive(tmp_path / "archive")
    first = release(minimal, tmp_path / "out", "1.0.0", "2026-01-01")
    archive.add(tmp_path / "out")
    (first.path / "manifest.json.sig").write_text("signed\n")
    archive.add(tmp_path / "out")
    assert (tmp_path / "archive/1.0.0/manifest.json.sig").read_text() == "signed\n"
    (first.path / "manifest.json.sig").write_text("signed by another\n")
    archive.add(tmp_path / "out")
    assert (tmp_path / "archive/1.0.0/manifest.json.sig").read_text() == "signed\n"
    release(minimal, tmp_path / "out", "1.0.0", "2026-01-01", "+")
    with pytest.raises(ArchiveConflict, match=r"1\.0\.0 was published with other content"):
        archive.add(tmp_path / "out")
    assert Release.open(tmp_path / "archive/1.0.0").id == first.id


def test_nothing_half_made_or_damaged_comes_in(minimal: Path, tmp_path: Path) -> None:
    archive = Archive(tmp_path / "archive")
    made = release(minimal, tmp_path / "out", "1.0.0", "2026-01-01")
    (archive.folder / ".staged-left").mkdir(parents=True)
    (made.path / "dumps" / "minimal.nt").write_text("<a:a> <a:b> <a:c> .\n")
    with pytest.raises(DamagedRelease, match=r"minimal\.nt is not the file that was released"):
        archive.add(made.path)
    assert archive.releases() == []
    build(Publication.load(minimal), tmp_path / "out", Progress(quiet=True), force=True)
    archive.add(tmp_path / "out")
    left = {path.name for path in archive.folder.iterdir()}
    assert left == {".lock", "1.0.0"}


def test_a_misplaced_or_foreign_release_is_told(minimal: Path, tmp_path: Path) -> None:
    archive = Archive(tmp_path / "archive")
    made = release(minimal, tmp_path / "out", "1.0.0", "2026-01-01")
    archive.add(made.path)
    toml = minimal / "publication.toml"
    toml.write_text(toml.read_text().replace("org/minimal/", "org/other/"))
    other = build(Publication.load(minimal), tmp_path / "other", Progress(quiet=True))
    with pytest.raises(ArchiveConflict, match="name another --archive"):
        archive.add(other.path)
    (archive.folder / "1.0.0").rename(archive.folder / "2.0.0")
    with pytest.raises(DamagedRelease, match=r"holds version 1\.0\.0"):
        archive.releases()
    (archive.folder / "2.0.0").rename(archive.folder / "1.0.0")
    (archive.folder / "notes").mkdir()
    with pytest.raises(DamagedRelease, match="no release: it has no"):
        archive.latest()


def test_a_version_is_no_path(minimal: Path, tmp_path: Path) -> None:
    made = release(minimal, tmp_path / "out", "1.0.0", "2026-01-01")
    manifest = json.loads((made.path / MANIFEST).read_text())
    for version in ("../x", "a/b", "", ".hidden"):
        (made.path / MANIFEST).write_text(json.dumps(manifest | {"version": version}))
        with pytest.raises(DamagedRelease):
            Archive(tmp_path / "archive").add(made.path)
    assert not (tmp_path / "x").exists()


def test_versions_are_sorted_as_numbers() -> None:
    versions = ["1.0.0", "0.10.0", "1.0.0-rc2", "0.9.1", "2"]
    assert sorted(versions, key=version_key)[:2] == ["0.9.1", "0.10.0"]
