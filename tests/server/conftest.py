"""A real server for all tests here: one release, one process, on a free port of the loopback."""

from __future__ import annotations

import http.client
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import Message
from pathlib import Path

import pytest

from bench.machine import tree
from publisher.archive import Archive
from publisher.feeds.making import ensure
from publisher.progress import Progress
from publisher.release import Release
from tests import virtuoso
from tests.conftest import LIGHTHOUSES, REPOSITORY

BASE = "https://data.example.org/leuchtturm/"
TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
LABEL = "http://www.w3.org/2000/01/rdf-schema#label"
#: What the tests of modules with EVERY_ENGINE are run in front of.
ENGINES = ("memory", "virtuoso")
#: Where an engine truly differs: the test, and why. See docs/decisions/0008-remote-engine.md.
DEVIATIONS = {
    "virtuoso": {
        "test_all_forms_of_a_table_say_the_same": (
            "Virtuoso 7 gives a whole column of VALUES the type of its first row: literals below "
            "an IRI come back as IRIs"
        ),
        "test_a_query_of_half_a_megabyte": (
            "Virtuoso 7 makes an operator of VALUES, which takes fewer than 8,000 arguments"
        ),
    }
}
#: More things that point at one place than a page of its description holds.
SHIPS = 450

#: Things whose IRIs and names are hard to carry through HTTP and HTML unharmed.
AWKWARD = f"""
<{BASE}id/probe/a%2Fb> <{LABEL}> "escaped slash" .
<{BASE}id/probe/caf%C3%A9> <{LABEL}> "escaped letter" .
<{BASE}id/probe/50%25> <{LABEL}> "per cent" .
<{BASE}id/probe/%22quoted%22> <{LABEL}> "quotes in the IRI" .
<{BASE}id/probe/o'neil> <{LABEL}> "apostrophe" .
<{BASE}id/probe/script> <{LABEL}> "<script>alert('1')</script> & \\"co\\"" .
<{BASE}id/probe/script> <http://www.w3.org/2000/01/rdf-schema#seeAlso> <javascript:alert(1)> .
<{BASE}id/probe/script> <http://www.w3.org/2000/01/rdf-schema#comment> "</textarea><img src=x>"@en .
<{BASE}id/probe/report.ttl> <{LABEL}> "named like a file" .
<{BASE}id/probe/東京> <{LABEL}> "東京"@ja .
"""
#: The licence of the work; what is published about it is under that of the publication.
OWN_LICENCE = "https://spdx.org/licenses/CC-BY-NC-4.0"
#: A work, which can be cited.
WORK = f"""
<{BASE}id/probe/aufsatz> <{TYPE}> <https://schema.org/ScholarlyArticle> .
<{BASE}id/probe/aufsatz> <{LABEL}> "Die Kennung der Leuchtfeuer"@de .
<{BASE}id/probe/aufsatz> <http://purl.org/dc/terms/bibliographicCitation> "Seewart 12, 3"@de .
<{BASE}id/probe/aufsatz> <http://purl.org/dc/terms/license> <{OWN_LICENCE}> .
"""
#: Class expressions, whose blank nodes no two readers label alike.
EXPRESSIONS = f"""
<{BASE}ontology#Ort> <http://www.w3.org/2002/07/owl#disjointWith>
  [ <http://www.w3.org/2002/07/owl#complementOf> [ <{LABEL}> "inner"@en ] ] ,
  [ <http://www.w3.org/2002/07/owl#complementOf> [ <{LABEL}> "other"@en ] ] .
"""


@dataclass(frozen=True)
class Reply:
    """What came back."""

    status: int
    headers: Message
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()

    @property
    def media_type(self) -> str:
        """The Content-Type without parameters."""
        return self.headers.get_content_type() if "Content-Type" in self.headers else ""


@dataclass(frozen=True)
class Site:
    """A running server and the release that it serves; `pid` is its first process."""

    port: int
    release: Release
    pid: int = 0

    def processes(self, pattern: str) -> list[int]:
        """Return its processes whose command line has a pattern, parents before their children."""
        found = []
        for pid in tree(self.pid):
            with suppress(OSError):
                if pattern in Path(f"/proc/{pid}/cmdline").read_text():
                    found.append(pid)
        return found

    @property
    def engine(self) -> int:
        """The process that forks its query workers."""
        return self.processes("server.engine")[0]

    def request(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Reply:
        """Send one request, its path as it stands, and return the reply without following it."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body or None, dict(headers or {}))
            response = connection.getresponse()
            return Reply(response.status, response.headers, response.read())
        finally:
            connection.close()

    def get(self, path: str, accept: str | None = None, **headers: str) -> Reply:
        """GET a path; header names are given with `_` for `-`."""
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        if accept is not None:
            fields["Accept"] = accept
        return self.request("GET", path, fields)

    def raw(self, request: bytes) -> bytes:
        """Send octets and return the octets that come back until the connection ends."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as connection:
            connection.sendall(request)
            parts = []
            while part := connection.recv(65536):
                parts.append(part)
            return b"".join(parts)


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """A release of the small publication with many ships and some awkward names added."""
    folder = tmp_path_factory.mktemp("web")
    sources = Path(shutil.copytree(LIGHTHOUSES, folder / "sources"))
    harbour = f"<{BASE}id/ort/nordhafen>"
    ships = (
        f"<{BASE}id/schiff/s{number:03}> <http://purl.org/dc/terms/spatial> {harbour} .\n"
        f"<{BASE}id/schiff/s{number:03}> <{TYPE}> <{BASE}ontology#Ort> .\n"
        f'<{BASE}id/schiff/s{number:03}> <{LABEL}> "Schiff {number:03}"@de .\n'
        for number in range(SHIPS)
    )
    (sources / "data" / "schiff.nt").write_text("".join(ships), encoding="utf-8")
    (sources / "data" / "probe.nt").write_text((AWKWARD + WORK).lstrip(), encoding="utf-8")
    version = (
        f"<{BASE}ontology> <http://www.w3.org/2002/07/owl#versionIRI> <{BASE}ontology/2.1.0> .\n"
    )
    (sources / "ontology" / "version.ttl").write_text(version + EXPRESSIONS, encoding="utf-8")
    build = [sys.executable, "-m", "publisher", "build"]
    build += ["--publication", str(sources), "--out", str(folder / "release")]
    result = subprocess.run(build, cwd=REPOSITORY, capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stdout + result.stderr
    return Release.open(folder / "release")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what holds for every engine in front of each."""
    if "site" in metafunc.fixturenames and getattr(metafunc.module, "EVERY_ENGINE", False):
        metafunc.parametrize("site", ENGINES, indirect=True, scope="session")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Expect of each engine that it fails where it is known to differ, and nowhere else."""
    for item in items:
        if isinstance(item, pytest.Function) and hasattr(item, "callspec"):
            engine = item.callspec.params.get("site")
            reason = DEVIATIONS.get(engine, {}).get(item.originalname)
            if reason is not None:
                item.add_marker(pytest.mark.xfail(reason=reason, strict=True))


@pytest.fixture(scope="session")
def site(request: pytest.FixtureRequest, release: Release) -> Site:
    """The release behind `python -m server`; in modules with EVERY_ENGINE, in turn by each."""
    engine = getattr(request, "param", ENGINES[0])
    found: Site = request.getfixturevalue(f"{engine}_site")
    return found


@pytest.fixture(scope="session")
def archive(release: Release, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive with the release alone, and what it brought."""
    archive = Archive(tmp_path_factory.mktemp("archive"))
    archive.add(release.path)
    ensure(archive.releases(), archive.folder, Progress(quiet=True))
    return archive.folder


@pytest.fixture(scope="session")
def memory_site(
    release: Release, archive: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """The release in memory."""
    log = tmp_path_factory.mktemp("log") / "server.log"
    with serving(release, log, "--archive", str(archive)) as site:
        yield site


@pytest.fixture(scope="session")
def legacy(ai4media_release: Release, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The AI4Media graph behind `python -m server`."""
    log = tmp_path_factory.mktemp("legacy") / "server.log"
    with serving(ai4media_release, log, "--workers", "1") as site:
        yield site


@pytest.fixture(scope="session")
def virtuoso_site(
    release: Release,
    archive: Path,
    virtuoso_server: virtuoso.Virtuoso,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Site]:
    """The release in a Virtuoso, to which it was pushed."""
    virtuoso.push(release.path, virtuoso_server.addresses)
    log = tmp_path_factory.mktemp("log") / "server.log"
    options = ("--engine", "remote", "--remote", virtuoso_server.query, "--archive", str(archive))
    with serving(release, log, *options) as site:
        yield site


@contextmanager
def serving(release: Release, log: Path, *options: str) -> Iterator[Site]:
    """Serve a release with `python -m server`; its log must stay without a traceback."""
    port = free_port()
    command = [sys.executable, "-m", "server", "--release", str(release.path), "--port", str(port)]
    if "--archive" not in options:
        # Not what lies in the repository's own, should there be one.
        empty = log.with_name("no-archive")
        empty.mkdir(exist_ok=True)
        command += ["--archive", str(empty)]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, *options], cwd=REPOSITORY, stdout=output, stderr=output
        )
        try:
            site = Site(port, release, process.pid)
            wait_until_healthy(site, process, log)
            yield site
        finally:
            process.terminate()
            process.wait(30)
    assert "Traceback" not in log.read_text(encoding="utf-8")


def free_port() -> int:
    """Return a port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until_healthy(site: Site, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until the server answers; fails with its log if it ends or takes too long."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if process.poll() is not None:
            pytest.fail(f"the server ended: {log.read_text(encoding='utf-8')}")
        try:
            if site.get("/health").status == 200:
                return
        except OSError:
            time.sleep(0.05)
    pytest.fail(f"the server did not start: {log.read_text(encoding='utf-8')}")
