"""The peers: each serves one graph on the loopback, with files of its own."""

from __future__ import annotations

import contextlib
import http.client
import multiprocessing
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import urlencode

from bench import graphs, machine, releases
from bench.mix import JSON, Question
from bench.virtuoso import Virtuoso
from publisher import store
from publisher.progress import Progress
from publisher.release import STORE, Release

#: The most triples that rdflib's own store is given, and over which rdflib aggregates.
RDFLIB_TRIPLES: Final = 100_000
#: The most triples that rdflib-endpoint is given with Oxigraph as its store.
RDFLIB_OXIGRAPH_TRIPLES: Final = 1_000_000
_PATH: Final = "/sparql"
_PATIENCE_SECONDS: Final = 900.0


class PeerFailed(Exception):
    """A peer did not start, or gave an answer that is none."""


@dataclass
class Started:
    """What was measured while a peer began: seconds, and bytes on disk (0: keeps none)."""

    load_seconds: float = 0.0
    start_seconds: float = 0.0
    disk_bytes: int = 0


class Peer(Protocol):
    """A server that the mix is put to."""

    name: str
    started: Started

    @property
    def port(self) -> int:
        """Where it listens."""

    @property
    def pids(self) -> list[int]:
        """All its processes."""

    @property
    def processes(self) -> list[int]:
        """Those processes that carry answers to clients."""

    #: The path of its endpoint.
    path: str
    #: Added to requests whose answers are compared and go over the whole graph.
    dataset: list[tuple[str, str]]

    def stop(self) -> None:
        """End all its processes."""


@dataclass
class Server:
    """This server, with one of its engines."""

    name: str
    started: Started
    port: int
    process: subprocess.Popen[bytes]
    dataset: list[tuple[str, str]] = field(default_factory=list)
    path: str = _PATH

    @classmethod
    def start(
        cls, release: Release, engine: str, question: Question, log: Path, workers: int = 2
    ) -> Server:
        """Start it and wait for its first answer. Raises PeerFailed."""
        started = Started()
        if engine == "disk":
            started.load_seconds, started.disk_bytes = _build_store(release)
        port = machine.free_port()
        command = [sys.executable, "-m", "server", "--release", str(release.path)]
        command += ["--port", str(port), "--engine", engine, "--workers", str(workers)]
        began = time.perf_counter()
        process = _popen(command, log)
        _wait(port, cls.path, question, process, log)
        started.start_seconds = time.perf_counter() - began
        if engine == "memory":
            started.load_seconds = started.start_seconds
        return cls(f"server-{engine}", started, port, process)

    @property
    def pids(self) -> list[int]:
        """All its processes: web processes, engine, query workers."""
        return machine.tree(self.process.pid)

    @property
    def processes(self) -> list[int]:
        """The web processes."""
        return [pid for pid in self.pids if "spawn_main" in _command(pid)]

    def stop(self) -> None:
        """End it as a service manager does."""
        self.process.terminate()
        self.process.wait(60)


@dataclass
class RemoteServer:
    """This server in front of a Virtuoso, into which the release was pushed."""

    server: Server
    virtuoso: Virtuoso
    started: Started
    name: str = "server-remote"
    dataset: list[tuple[str, str]] = field(default_factory=list)
    path: str = _PATH

    @classmethod
    def start(cls, release: Release, question: Question, folder: Path, log: Path) -> RemoteServer:
        """Push a release, start the server and wait for its first answer. Raises PeerFailed."""
        home = folder / "virtuoso"
        virtuoso = Virtuoso(home, release.path, release.counts["triples"])
        try:
            virtuoso.wait()
            served = releases.remote(release, folder / "release", virtuoso.addresses)
            began = time.perf_counter()
            command = [sys.executable, "-m", "publisher", "push", "--release", str(served.path)]
            _run(command, virtuoso.credentials)
            started = Started(load_seconds=time.perf_counter() - began)
            virtuoso.checkpoint()
            started.disk_bytes = machine.bytes_in(home)
            server = Server.start(served, "remote", question, log)
        except BaseException:
            virtuoso.stop()
            raise
        started.start_seconds = server.started.start_seconds
        return cls(server, virtuoso, started)

    @property
    def port(self) -> int:
        """Where the server listens."""
        return self.server.port

    @property
    def pids(self) -> list[int]:
        """The server's processes and Virtuoso's."""
        return [*self.server.pids, self.virtuoso.pid]

    @property
    def processes(self) -> list[int]:
        """The web processes."""
        return self.server.processes

    def stop(self) -> None:
        """End both."""
        self.server.stop()
        self.virtuoso.stop()


@dataclass
class VirtuosoPeer:
    """Virtuoso 7 behind its own HTTP server."""

    virtuoso: Virtuoso
    started: Started
    dataset: list[tuple[str, str]]
    name: str = "virtuoso"
    path: str = _PATH

    @classmethod
    def start(cls, release: Release, question: Question, folder: Path) -> VirtuosoPeer:
        """Load the release into it, start it anew and wait for its first answer."""
        triples = release.counts["triples"]
        data = release.dataset_path.parent
        loading = Virtuoso(folder, data, triples)
        loading.wait()
        began = time.perf_counter()
        loading.load(release.dataset_path)
        started = Started(load_seconds=time.perf_counter() - began)
        loading.stop()
        started.disk_bytes = machine.bytes_in(folder)
        began = time.perf_counter()
        virtuoso = Virtuoso(folder, data, triples)
        _wait(virtuoso.port, cls.path, question, None, folder / "virtuoso.log")
        started.start_seconds = time.perf_counter() - began
        # It keeps graphs of its own in the same store, which no answer may count.
        named = [("default-graph-uri", graph) for graph in release.counts["graphs"]]
        return cls(virtuoso, started, named)

    @property
    def port(self) -> int:
        """Where it listens."""
        return self.virtuoso.port

    @property
    def pids(self) -> list[int]:
        """Its only process."""
        return [self.virtuoso.pid]

    @property
    def processes(self) -> list[int]:
        """Its only process."""
        return self.pids

    def stop(self) -> None:
        """End it."""
        self.virtuoso.stop()


@dataclass
class RdflibEndpoint:
    """rdflib-endpoint as its own command starts it: on rdflib's store, or on oxrdflib's."""

    name: str
    started: Started
    port: int
    process: subprocess.Popen[bytes]
    dataset: list[tuple[str, str]] = field(default_factory=list)
    path: str = "/"

    @classmethod
    def start(
        cls, release: Release, kind: str, python: Path, question: Question, log: Path
    ) -> RdflibEndpoint:
        """Start it and wait for its first answer; `kind` of store is "default" or "oxigraph"."""
        port = machine.free_port()
        command = [str(python), "-m", "rdflib_endpoint", "serve", str(release.dataset_path)]
        command += ["--port", str(port), "--store", kind]
        began = time.perf_counter()
        # It says a line for each request; a pipe that nobody reads would stop it.
        process = _popen(command, log, folder=log.parent)
        _wait(port, cls.path, question, process, log)
        seconds = time.perf_counter() - began
        name = "rdflib-endpoint" if kind == "default" else "rdflib-endpoint-oxigraph"
        return cls(name, Started(start_seconds=seconds, load_seconds=seconds), port, process)

    @property
    def pids(self) -> list[int]:
        """Its only process."""
        return [self.process.pid]

    @property
    def processes(self) -> list[int]:
        """Its only process."""
        return self.pids

    def stop(self) -> None:
        """End it."""
        self.process.kill()
        self.process.wait()


def path_of(path: str, question: Question, extra: list[tuple[str, str]] | None = None) -> str:
    """Return the path of a request by GET to an endpoint at `path`."""
    return f"{path}?{urlencode([('query', question.query), *(extra or [])])}"


def ask(
    peer: Peer,
    question: Question,
    *,
    extra: list[tuple[str, str]] | None = None,
    headers: Mapping[str, str] | None = None,
    timeout: float = 300,
) -> tuple[int, Mapping[str, str], bytes]:
    """Put a question to a peer; return status, header fields and body."""
    return _get(
        peer.port,
        path_of(peer.path, question, extra),
        {"Accept": question.form, **(headers or {})},
        timeout,
    )


def first_question() -> Question:
    """Return the question that a peer must answer to count as started."""
    thing = graphs.Plan.of(1).thing("publication", 0)
    return Question(f"SELECT ?p ?o {{ <{thing}> ?p ?o }}", JSON)


def _get(
    port: int, path: str, headers: Mapping[str, str], timeout: float
) -> tuple[int, Mapping[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    with contextlib.closing(connection):
        connection.request("GET", path, headers=dict(headers))
        response = connection.getresponse()
        return response.status, dict(response.headers), response.read()


def _wait(
    port: int,
    path: str,
    question: Question,
    process: subprocess.Popen[bytes] | None,
    log: Path,
) -> None:
    end = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < end and (process is None or process.poll() is None):
        with contextlib.suppress(OSError, http.client.HTTPException):
            status, _, body = _get(port, path_of(path, question), {"Accept": question.form}, 60)
            if status == 200 and b'"bindings"' in body:
                return
        time.sleep(0.01)
    if process is not None:
        process.kill()
    text = log.read_text(errors="replace")[-2000:] if log.exists() else ""
    raise PeerFailed(f"no answer came from the server that was started: {text}")


def _popen(command: list[str], log: Path, folder: Path | None = None) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONPATH": "" if folder else str(Path(__file__).parents[1])}
    with log.open("wb") as output:
        return subprocess.Popen(  # noqa: S603
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=folder,
            env=environment,
        )


def _ensure_store(release: Path) -> None:
    store.ensure(Release.open(release, verify=False), Progress(quiet=True))


def _build_store(release: Release) -> tuple[float, int]:
    """Build the store on disk anew; return the seconds that took and the bytes that it has."""
    place = release.path / STORE
    shutil.rmtree(place, ignore_errors=True)
    # In a process of its own: RocksDB starts threads.
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        began = time.perf_counter()
        pool.apply(_ensure_store, (release.path,))
        seconds = time.perf_counter() - began
    return seconds, machine.bytes_in(place)


def _run(command: list[str], environment: Mapping[str, str]) -> None:
    folder = str(Path(__file__).parents[1])
    result = subprocess.run(  # noqa: S603
        command,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": folder, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        raise PeerFailed((result.stdout + result.stderr)[-2000:])


def _command(pid: int) -> str:
    try:
        return re.sub("\0", " ", Path(f"/proc/{pid}/cmdline").read_text())
    except OSError:
        return ""
