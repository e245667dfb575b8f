"""The twin of a publication that has grown: its earlier versions, and what changed with each."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pyoxigraph as ox
import pytest

from publisher.archive import Archive
from publisher.cli import main
from publisher.feeds.making import ensure
from publisher.live_server import Client, serving
from publisher.progress import Progress
from publisher.release import CHECKSUMS, Release
from publisher.twin.site import write
from tests import history
from tests.apache import running

_NODE = ox.NamedNode("https://w3id.org/tree#node")


@dataclass(frozen=True)
class Grown:
    """An archive of three versions, and the twin that was made with it."""

    archive: Archive
    twin: Path


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Grown:
    room = tmp_path_factory.mktemp("grown")
    archive = history.archive(room)
    ensure(archive.releases(), archive.folder, Progress(quiet=True))
    latest = archive.latest()
    assert latest is not None
    write(Release.open(latest.folder), room / "root/site", Progress(quiet=True), archive.folder)
    return Grown(archive, room / "root/site")


@pytest.fixture(scope="module")
def apache(grown: Grown, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with running(grown.twin.parent, tmp_path_factory.mktemp("apache"), "site") as client:
        yield client


@pytest.mark.parametrize("version", history.DATES)
def test_the_dumps_of_every_version_are_there_as_released(grown: Grown, version: str) -> None:
    room = grown.twin / "dumps" / version
    lines = (room / CHECKSUMS).read_text().splitlines()
    assert len(lines) > 20
    for line in lines:
        digest, name = line.split("  ")
        assert hashlib.sha256((room / name).read_bytes()).hexdigest() == digest, name


def test_the_event_stream_leads_to_all_its_pages(apache: Client) -> None:
    root = apache.get("/changes/ldes")
    assert root.headers["content-type"].partition(";")[0] == "application/trig"
    nodes = {q.object.value for q in ox.parse(root.body, ox.RdfFormat.TRIG) if q.predicate == _NODE}
    assert len(nodes) == len(history.DATES)
    for node in nodes:
        page = apache.get("/changes/" + urlsplit(node).path.partition("/changes/")[2])
        assert page.status == 200
        assert list(ox.parse(page.body, ox.RdfFormat.TRIG))


def test_the_feed_has_the_type_of_one(apache: Client) -> None:
    assert (
        apache.get("/changes/feed.atom").headers["content-type"].startswith("application/atom+xml")
    )


def test_what_was_withdrawn_says_so_without_a_host_that_knows(grown: Grown) -> None:
    page = (grown.twin / "doc/turm/alt-seebrueck.html").read_text()
    assert "withdrawn" in page
    assert 'http-equiv="refresh"' not in page


def test_it_is_the_same_as_the_live_site(
    grown: Grown, apache: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    latest = grown.archive.latest()
    assert latest is not None
    with serving(latest.folder, grown.archive.folder) as live:
        code = main(["compare-site", live.address, apache.address])
    told = capsys.readouterr()
    assert ", 0 faults" in told.out
    assert code == 0


def test_an_archive_that_is_not_there_is_told(
    grown: Grown, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    latest = grown.archive.latest()
    assert latest is not None
    options = ["--out", str(tmp_path / "site"), "--archive", str(tmp_path / "none")]
    assert main(["site", str(latest.folder), *options]) != 0
    assert "there is no folder" in capsys.readouterr().err
    assert not (tmp_path / "site").exists()
