"""Releases that our publisher would not make: nothing of them leads to a bare error."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from publisher.release import MANIFEST, DamagedRelease, Release, write_checksums
from tests.conftest import REPOSITORY
from tests.server.conftest import Site, serving

NAME = "Łódź “1”.ttl"


def changed(release: Release, folder: Path, old: str, new: str) -> Path:
    """Return a copy of a release in which a file has another name."""
    copy = Path(shutil.copytree(release.path, folder / "copy"))
    manifest = json.loads((copy / MANIFEST).read_text(encoding="utf-8"))
    (entry,) = (each for each in manifest["files"] if each["path"] == old)
    entry["path"] = new
    (copy / old).rename(copy / new)
    (copy / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    write_checksums(copy)
    return copy


@pytest.fixture(scope="module")
def odd(release: Release, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("odd")
    copy = changed(release, folder, "dumps/leuchtturm-turm.ttl", f"dumps/{NAME}")
    with serving(Release.open(copy), folder / "server.log", "--workers", "1") as site:
        yield site


def test_a_file_name_that_no_header_can_hold(odd: Site) -> None:
    reply = odd.get(f"/dumps/2.1.0/{quote(NAME)}")
    assert reply.status == 200
    assert f"filename*=UTF-8''{quote(NAME)}" in reply.headers["Content-Disposition"]


def test_a_release_of_an_older_make_is_refused(release: Release, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(release.path, tmp_path / "copy"))
    shutil.rmtree(copy / "descriptions")
    manifest = json.loads((copy / MANIFEST).read_text(encoding="utf-8"))
    manifest["format"] = 1
    (copy / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    write_checksums(copy)
    command = [sys.executable, "-m", "server", "--release", str(copy), "--port", "1"]
    done = subprocess.run(
        command, cwd=REPOSITORY, capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 1
    assert "release format 1" in done.stderr
    assert "python -m publisher build" in done.stderr
    assert "Traceback" not in done.stderr


def test_no_file_outside_the_release(release: Release, tmp_path: Path) -> None:
    copy = changed(release, tmp_path, "dumps/leuchtturm-turm.ttl", "../secret.ttl")
    with pytest.raises(DamagedRelease, match="outside"):
        Release.open(copy)
