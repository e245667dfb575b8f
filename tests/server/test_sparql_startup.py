"""Starting and ending the server."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench.machine import tree
from publisher.release import Release
from server import create_app
from server.service import service_of
from tests.conftest import REPOSITORY
from tests.engine.conftest import eventually, running
from tests.server.conftest import BASE, Site, free_port, serving

COUNT = "/sparql?query=SELECT+(COUNT(*)+AS+?n)+%7B?s+?p+?o%7D"


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "server", *arguments]


def test_a_public_url_of_its_own(release: Release, tmp_path: Path) -> None:
    address = "http://127.0.0.1:4711/kg"
    log = tmp_path / "server.log"
    with serving(release, log, "--workers", "1", "--public-url", address) as site:
        manifest = json.loads(site.get("/reconcile").text)
        assert manifest["view"]["url"] == f"{address}/id/{{{{id}}}}"
        assert manifest["suggest"]["entity"]["service_url"] == f"{address}/reconcile"
        # What things are called is another matter.
        assert manifest["identifierSpace"] == f"{BASE}id/"
        tag = site.get("/reconcile").headers["ETag"]
    with serving(release, log, "--workers", "1") as site:
        manifest = json.loads(site.get("/reconcile").text)
        assert manifest["view"]["url"] == f"{BASE}id/{{{{id}}}}"
        assert site.get("/reconcile").headers["ETag"] != tag


@pytest.mark.parametrize("address", ["localhost:8000", "ftp://a/", "http://a/?b", "http://a b/"])
def test_a_public_url_that_is_none(release: Release, address: str) -> None:
    done = run("--release", str(release.path), "--public-url", address)
    assert done.returncode == 2
    assert "is no http(s) address" in done.stderr


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments), cwd=REPOSITORY, capture_output=True, text=True, timeout=60
    )


@pytest.fixture
def temporary() -> Iterator[Path]:
    """A directory for temporary files whose path is short enough for sockets in it."""
    with tempfile.TemporaryDirectory(prefix="t-", dir="/tmp") as directory:
        yield Path(directory)


@pytest.fixture
def start(
    release: Release, tmp_path: Path, temporary: Path
) -> Iterator[Callable[[], tuple[subprocess.Popen[str], Site]]]:
    """Start a server of one's own and wait until it says that it answers."""
    started: list[subprocess.Popen[str]] = []

    def start() -> tuple[subprocess.Popen[str], Site]:
        port = free_port()
        with (tmp_path / "errors").open("w") as errors:
            process = subprocess.Popen(
                command("--release", str(release.path), "--port", str(port), "--workers", "2"),
                cwd=REPOSITORY,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env={**os.environ, "TMPDIR": str(temporary)},
            )
        started.append(process)
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.endswith(f"http://127.0.0.1:{port}/\n"), (tmp_path / "errors").read_text()
        return process, Site(port, release)

    yield start
    for process in started:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


Start = Callable[[], tuple[subprocess.Popen[str], Site]]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_with_all_its_processes(start: Start, temporary: Path, number: int) -> None:
    process, site = start()
    assert site.get(COUNT).status == 200
    everyone = tree(process.pid)
    assert len(everyone) >= 5
    process.send_signal(number)
    assert process.wait(20) == 0
    assert eventually(lambda: not any(running(pid) for pid in everyone))
    assert not list(temporary.glob("sparql-*"))


def test_killed_it_leaves_nothing_behind(start: Start, temporary: Path) -> None:
    process, site = start()
    assert site.get(COUNT).status == 200
    everyone = tree(process.pid)
    process.kill()
    process.wait()
    assert eventually(lambda: not any(running(pid) for pid in everyone))
    assert eventually(lambda: not list(temporary.glob("sparql-*")))


def test_a_long_path_of_temporary_files(release: Release, tmp_path: Path) -> None:
    """An address of a Unix socket holds 108 bytes, a path many more."""
    deep = tmp_path / ("deep" * 30)
    deep.mkdir()
    process = subprocess.Popen(
        command("--release", str(release.path), "--port", str(port := free_port())),
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(deep)},
    )
    with process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().endswith(f"http://127.0.0.1:{port}/\n")
            assert Site(port, release).get(COUNT).status == 200
        finally:
            process.terminate()


def test_killed_while_it_starts_it_leaves_nothing_behind(release: Release, temporary: Path) -> None:
    for pause in (0.3, 0.6, 0.9):
        process = subprocess.Popen(
            command("--release", str(release.path), "--port", str(free_port())),
            cwd=REPOSITORY,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "TMPDIR": str(temporary)},
        )
        time.sleep(pause)
        everyone = tree(process.pid)
        process.kill()
        process.wait()
        assert eventually(lambda: not any(running(pid) for pid in everyone))  # noqa: B023


def test_a_port_that_is_taken(site: Site, release: Release) -> None:
    result = run("--release", str(release.path), "--port", str(site.port))
    assert result.returncode == 1
    assert f"127.0.0.1:{site.port}" in result.stderr
    assert "--port" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_release_that_was_changed(release: Release, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(release.path, tmp_path / "copy"))
    dataset = next((copy / "dumps").glob("*.nq"))
    dataset.write_text(dataset.read_text() + "<x:a> <x:b> <x:c> .\n")
    result = run("--release", str(copy), "--port", str(free_port()))
    assert result.returncode == 1
    assert dataset.name in result.stderr
    assert "Traceback" not in result.stderr


def test_a_download_that_was_changed(release: Release, tmp_path: Path) -> None:
    """What is only given away is checked while the server answers already."""
    copy = Path(shutil.copytree(release.path, tmp_path / "copy"))
    (download,) = (copy / "dumps").glob("*-shapes.ttl.gz")
    download.write_bytes(b"other")
    result = run("--release", str(copy), "--port", str(free_port()))
    assert result.returncode == 1
    assert f"{download.name} is not the file that was released" in result.stderr
    assert "Traceback" not in result.stderr


def test_who_comes_early_waits(release: Release, tmp_path: Path) -> None:
    port = free_port()
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            command("--release", str(release.path), "--port", str(port)),
            cwd=REPOSITORY,
            stdout=log,
            stderr=log,
        )
    try:
        statuses = []
        end = time.monotonic() + 60
        while not statuses and time.monotonic() < end:
            try:
                statuses.append(Site(port, release).get(COUNT).status)
            except OSError:
                assert process.poll() is None
                time.sleep(0.01)
        # The first that gets a connection gets an answer, never an error.
        assert statuses == [200]
    finally:
        process.terminate()
        assert process.wait(30) == 0


@pytest.mark.parametrize("name", ["nothing-here", "."])
def test_what_is_no_release(tmp_path: Path, name: str) -> None:
    result = run("--release", str(tmp_path / name))
    assert result.returncode == 1
    assert "publisher build" in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [[], ["--release"], ["--bogus"], ["--release", "x", "--port", "99999"], ["--workers", "0"]],
)
def test_wrong_use(arguments: list[str]) -> None:
    result = run(*arguments)
    assert result.returncode == 2
    assert "usage:" in result.stderr


def test_help() -> None:
    result = run("--help")
    assert result.returncode == 0
    assert all(name in result.stdout for name in ("--release", "--host", "--port", "--workers"))


def test_as_a_wsgi_application_it_brings_its_own_engine(release: Release) -> None:
    """The same answers and headers, whoever calls the application."""
    program = (
        "import sys; from server import create_app\n"
        "client = create_app(sys.argv[1]).test_client()\n"
        "reply = client.get(sys.argv[2])\n"
        "print(reply.status, dict(reply.headers), reply.data)"
    )
    result = subprocess.run(
        [sys.executable, "-c", program, str(release.path), COUNT],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("200 OK")
    assert str(release.counts["triples"]) in result.stdout


def test_both_fronts_send_the_same_headers(site: Site, release: Release) -> None:
    engine = next(
        Path(argument)
        for pid in _engines()
        for argument in Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
        if argument.endswith("engine.sock")
        and str(release.path) in Path(f"/proc/{pid}/cmdline").read_bytes().decode()
    )
    app = create_app(release, engine)
    client = app.test_client()
    for path, accept in ((COUNT, "text/csv"), (COUNT, "*/*"), ("/sparql", "text/turtle")):
        direct = client.get(path, headers={"Accept": accept})
        served = site.get(path, accept)
        ours = {name.lower(): value for name, value in direct.headers.items()}
        theirs = dict(served.headers.items())
        del theirs["server"], theirs["date"]
        theirs.pop("cache-status", None)
        # The middle of the tag names the code, which may have been edited since the server started.
        tags = [headers.pop("etag").strip('"').split("-") for headers in (ours, theirs)]
        assert (tags[0][0], tags[0][2:]) == (tags[1][0], tags[1][2:])
        assert ours == theirs
        assert direct.data == served.body
    service_of(app).engine.close()


def _engines() -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                line = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if b"server.engine\0" in line:
                found.append(int(entry.name))
    return found
