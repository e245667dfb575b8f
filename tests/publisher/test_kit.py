"""The succession kit: what a repository is given, and the rules of the host of the base IRI."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from publisher.build import build
from publisher.findings import Place
from publisher.intake.citation_file import read_citation_file
from publisher.kit import w3id
from publisher.kit.command import write_rules
from publisher.kit.deposit import write_deposit
from publisher.live_server import Answer, Client
from publisher.progress import Progress
from publisher.publication import Publication
from publisher.release import Release
from publisher.twin.site import write as write_twin
from tests.apache import running
from tests.conftest import LIGHTHOUSES, REPOSITORY
from tests.twin.conftest import plain_host

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    return build(
        Publication.load(LIGHTHOUSES),
        tmp_path_factory.mktemp("kit") / "release",
        Progress(quiet=True),
    )


@pytest.fixture(scope="module")
def deposit(release: Release, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("deposit")
    write_deposit(release, folder)
    return folder


def test_a_deposit_can_be_verified_and_opened(deposit: Path, release: Release) -> None:
    sums = ["sha256sum", "--check", "--quiet", "SHA256SUMS"]
    assert subprocess.run(sums, cwd=deposit / "release", check=False).returncode == 0
    assert Release.open(deposit / "release").id == release.id


def test_two_deposits_have_the_same_bytes(deposit: Path, release: Release, tmp_path: Path) -> None:
    write_deposit(release, tmp_path)
    for name in ("README.md", "CITATION.cff", "datacite.json", "ro-crate-metadata.json"):
        assert (tmp_path / name).read_bytes() == (deposit / name).read_bytes()


def test_the_citation_file_is_read_as_what_it_is(deposit: Path, release: Release) -> None:
    text = (deposit / "CITATION.cff").read_text()
    record = read_citation_file(text, Place("CITATION.cff"))
    assert record.family == "dataset"
    assert record.first("title") == release.publication.title
    assert record.first("version") == release.version
    assert record.first("issued") == release.released.date().isoformat()


def test_datacite_is_of_its_schema(deposit: Path) -> None:
    schema45 = pytest.importorskip("datacite.schema45")
    document = json.loads((deposit / "datacite.json").read_text())
    # The repository gives the DOI and the URL of its page, and says who sent it.
    required = {"url": "https://repository.example/1", "doi": "10.1234/x"}
    errors = [error.message for error in schema45.validator.iter_errors(document | required)]
    assert errors == []


def test_the_crate_lists_every_file_with_its_bytes(deposit: Path) -> None:
    crate = json.loads((deposit / "ro-crate-metadata.json").read_text())
    nodes = {node["@id"]: node for node in crate["@graph"]}
    there = {
        path.relative_to(deposit).as_posix()
        for path in deposit.rglob("*")
        if path.is_file() and path.name != "ro-crate-metadata.json"
    }
    assert {part["@id"] for part in nodes["./"]["hasPart"]} == there
    for name in there:
        assert nodes[name]["contentSize"] == str((deposit / name).stat().st_size)
        if "sha256" in nodes[name]:
            digest = hashlib.sha256((deposit / name).read_bytes()).hexdigest()
            assert nodes[name]["sha256"] == digest


def test_a_crate_is_read_by_the_library_of_crates(deposit: Path, release: Release) -> None:
    crate = pytest.importorskip("rocrate.rocrate").ROCrate(deposit)
    assert crate.name == release.publication.title
    assert crate.root_dataset["version"] == release.version
    assert len(crate.data_entities) > 20


@pytest.fixture(scope="module")
def folder(release: Release) -> str:
    assert w3id.folder(release) == "leuchtturm"
    return w3id.folder(release)


@pytest.fixture(scope="module")
def archived(
    release: Release, folder: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Client]:
    """The host of the base IRI in front of the twin below Python's own file server."""
    root = tmp_path_factory.mktemp("archived")
    write_twin(release, root / "twin", Progress(quiet=True))
    with plain_host(root) as host:
        hosts = tmp_path_factory.mktemp("w3id")
        write_rules(release, hosts / folder, None, f"{host}/twin")
        with running(hosts, tmp_path_factory.mktemp("apache"), folder) as client:
            yield client


def followed(client: Client, path: str, accept: str) -> tuple[int, Answer]:
    """Return the status of the first answer, and the last one behind redirects elsewhere."""
    first = client.get(path, accept)
    assert first.status in (302, 303)
    parts = urlsplit(first.headers["location"])
    there = Client(f"http://{parts.netloc}")
    try:
        return first.status, there.get(parts._replace(scheme="", netloc="").geturl(), accept)
    finally:
        there.close()


@pytest.mark.parametrize(
    ("path", "accept", "status", "content"),
    [
        ("/id/turm/kap-nord", BROWSER, 303, b"<!doctype html>"),
        ("/id/turm/kap-nord", "", 303, b"<!doctype html>"),
        ("/id/turm/kap-nord", "text/turtle", 303, b"turm:kap-nord"),
        ("/id/turm/kap-nord", "application/n-triples", 303, b"/id/turm/kap-nord> <"),
        ("/id/turm/kap-nord", "application/ld+json", 303, b'"@context"'),
        ("/id/turm/kap-nord", "text/html;q=0.1, application/rdf+xml", 303, b"<rdf:RDF"),
        ("/id/ort/s%C3%BCdhafen", "text/turtle", 303, b"dhafen"),
        ("/id/turm", BROWSER, 303, b"<!doctype html>"),
        ("/graph/turm", "text/turtle", 303, b"turm:kap-nord"),
        ("/ontology", "text/turtle", 303, b"owl:Ontology"),
        ("/ontology", BROWSER, 303, b"<!doctype html>"),
        ("/shapes", "text/turtle", 303, b"sh:NodeShape"),
        ("/dataset", "text/turtle", 303, b"dcat:Dataset"),
        ("/doc/turm/kap-nord.ttl", BROWSER, 302, b"turm:kap-nord"),
        ("/dumps/", BROWSER, 302, b"<!doctype html>"),
    ],
)
def test_names_lead_to_the_archived_site(
    archived: Client, path: str, accept: str, status: int, content: bytes
) -> None:
    first, answer = followed(archived, path, accept)
    assert answer.status == 200
    assert content in answer.body
    assert first == status


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/id/turm/kap-nord", 303),
        ("/id/ort/s%C3%BCdhafen", 303),
        ("/id/probe/50%25", 303),
        ("/id/probe/a%2Fb", 303),
        ("/graph/turm?ort=nordhafen&sort=-year", 303),
        ("/dataset/1.0.0", 303),
        ("/ontology", 303),
        ("/sparql?query=ASK%20%7B%7D", 302),
        ("/", 302),
    ],
)
def test_names_lead_to_the_live_server_as_they_were_written(
    release: Release, folder: str, path: str, status: int, live_rules: Client
) -> None:
    answer = live_rules.get(path, "text/turtle")
    assert answer.status == status
    assert answer.headers["location"] == f"https://live.example.org/kg{path}"


@pytest.fixture(scope="module")
def live_rules(
    release: Release, folder: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Client]:
    hosts = tmp_path_factory.mktemp("w3id")
    write_rules(release, hosts / folder, "https://live.example.org/kg", None)
    with running(hosts, tmp_path_factory.mktemp("apache"), folder) as client:
        yield client


def kit(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "publisher", "kit", *arguments]
    return subprocess.run(
        command, cwd=REPOSITORY, env={**os.environ}, capture_output=True, text=True, check=False
    )


def test_the_command_writes_all_of_it(release: Release, tmp_path: Path) -> None:
    out = tmp_path / "kit"
    options = [str(release.path), "--out", str(out)]
    addresses = ["--live", "https://live.example.org", "--archive", "https://old.example.org"]
    for _ in range(2):
        result = kit(*options, *addresses)
        assert result.returncode == 0, result.stderr
    names = {path.name for path in (out / "w3id").iterdir()}
    assert names == {".htaccess", "htaccess-live", "htaccess-archive", "README.md"}
    rules = (out / "w3id" / ".htaccess").read_text()
    assert rules == (out / "w3id" / "htaccess-live").read_text()


def test_what_is_used_wrongly_is_told(release: Release, tmp_path: Path) -> None:
    out = str(tmp_path / "kit")
    assert "--live" in kit(str(release.path), "--out", out).stderr
    wrong = kit(str(release.path), "--out", out, "--live", "nowhere")
    assert (wrong.returncode, "no address" in wrong.stderr) == (2, True)
    (tmp_path / "kit").mkdir()
    (tmp_path / "kit" / "mine").write_text("keep")
    options = ["--live", "https://live.example.org"]
    assert kit(str(release.path), "--out", out, *options).returncode == 2
    assert (tmp_path / "kit" / "mine").read_text() == "keep"
