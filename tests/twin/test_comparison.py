"""The archive job: the live site and its twin compared, document by document and link by link."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from publisher.cli import main
from publisher.live_server import Client, serving
from publisher.progress import Progress
from publisher.release import Release
from publisher.twin.archive import compare
from publisher.twin.site import write
from tests.twin.conftest import plain_host


@pytest.fixture(scope="module")
def live(lighthouses_release: Release) -> Iterator[Client]:
    """The live site."""
    with serving(lighthouses_release.path) as client:
        yield client


def test_a_twin_is_the_same_as_its_live_site(
    live: Client, plain: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare-site", live.address, plain]) == 0
    assert "19 documents" in capsys.readouterr().out


def test_what_differs_and_what_is_broken_is_told(live: Client, twin: Path, tmp_path: Path) -> None:
    shutil.copytree(twin, tmp_path / "twin")
    document = tmp_path / "twin/doc/turm/kap-nord.nt"
    lines = document.read_text().splitlines(keepends=True)
    document.write_text("".join(lines[1:]) + "<urn:a> <urn:b> <urn:c> .\n")
    (tmp_path / "twin/ontology.html").unlink()
    with plain_host(tmp_path) as address:
        client = Client(f"{address}/twin")
        faults = compare(live, client, 1000, Progress(quiet=True)).faults
        few = compare(live, client, 2, Progress(quiet=True)).faults
        client.close()
    told = [(fault.address, fault.wrong) for fault in faults]
    assert ("/doc/turm/kap-nord.nt", "the twin has besides <urn:a> <urn:b> <urn:c>") in told
    assert ("/doc/turm/kap-nord.nt", "the twin misses " + lines[0][:-3]) in told
    assert ("/ontology.html", "the twin answers 404") in told
    # As a document, and as where links lead.
    assert told.count(("/ontology.html", "the twin answers 404")) == 2
    assert len(told) == 4
    assert any("allow more" in fault.wrong for fault in few)


def test_two_twins_of_a_release_are_equal_to_the_byte(
    lighthouses_release: Release, twin: Path, tmp_path: Path
) -> None:
    write(lighthouses_release, tmp_path / "other", Progress(quiet=True))
    names = sorted(path.relative_to(twin) for path in twin.rglob("*"))
    assert names == sorted(p.relative_to(tmp_path / "other") for p in tmp_path.glob("other/**/*"))
    for name in names:
        if (twin / name).is_file():
            assert (twin / name).read_bytes() == (tmp_path / "other" / name).read_bytes(), name


def test_what_is_no_twin_is_not_replaced(lighthouses_release: Release, tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters/mine.txt").write_text("mine")
    out = str(tmp_path / "letters")
    assert main(["site", str(lighthouses_release.path), "--out", out]) == 2
    assert [path.name for path in tmp_path.rglob("*")] == ["letters", "mine.txt"]
