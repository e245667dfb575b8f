"""Engines of a generated release with tight limits."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from publisher.release import Release
from server.engine.client import Engine
from server.engine.process import EngineProcess
from tests import large

JSON = "application/sparql-results+json"
TSV = "text/tab-separated-values"
NT = "application/n-triples"

COUNT = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
#: Runs for ever without giving a row: native code all the time.
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
#: Gives rows for ever.
ROWS = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
#: Wants 400 MB for one string.
GREEDY = (
    f'SELECT (STRLEN(?long) AS ?n) {{ BIND("{"x" * 200_000}" AS ?s) '
    f"BIND(CONCAT({', '.join(['?s'] * 2000)}) AS ?long) }}"
)
#: Overflows the stack: no bracket is nested, so its tokens do not tell.
CRASHING = "SELECT * { FILTER(" + "!" * 150_000 + "true) }"


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """2,007 triples; a query may take 1 s, 128 MB of memory and 4 MB of answer."""
    return large.build(
        tmp_path_factory.mktemp("engine"),
        deadline_seconds=1.0,
        query_memory_mb=128,
        result_mb=4,
        concurrent_queries=4,
        queue_seconds=0.5,
    )


@pytest.fixture(scope="session")
def shared_process(release: Release) -> Iterator[EngineProcess]:
    process = EngineProcess(release.path)
    process.wait_until_ready(30)
    yield process
    process.stop()


@pytest.fixture(scope="session")
def disk_process(release: Release) -> Iterator[EngineProcess]:
    """The engine that keeps the same release on disk."""
    process = EngineProcess(release.path, engine="disk")
    process.wait_until_ready(30)
    yield process
    process.stop()


@pytest.fixture
def connect(release: Release) -> Iterator[Callable[[EngineProcess], Engine]]:
    """Make a client of an engine; it is closed after the test."""
    clients: list[Engine] = []

    def connect(process: EngineProcess) -> Engine:
        client = Engine(process.socket, release.limits, base=release.publication.base)
        clients.append(client)
        return client

    yield connect
    for client in clients:
        client.close()


@pytest.fixture
def engine(shared_process: EngineProcess, connect: Callable[[EngineProcess], Engine]) -> Engine:
    """A client of an engine that all tests share."""
    return connect(shared_process)


@pytest.fixture
def start(release: Release) -> Iterator[Callable[..., EngineProcess]]:
    """Start an engine of one's own, with the given settings; it is ended after the test."""
    processes: list[EngineProcess] = []

    def start(directory: Path = release.path, **settings: Any) -> EngineProcess:
        process = EngineProcess(directory, **settings)
        processes.append(process)
        process.wait_until_ready(30)
        return process

    yield start
    for process in processes:
        process.stop()


def text(engine: Engine, query: str, form: str = TSV, **options: object) -> str:
    """Return the whole answer to a query."""
    with engine.query(query, accept_form=form, **options) as answer:  # type: ignore[arg-type]
        return b"".join(answer).decode()


def workers(host: int) -> list[int]:
    """Return the pids of the host's workers, ready ones included."""
    return [int(pid) for pid in Path(f"/proc/{host}/task/{host}/children").read_text().split()]


def running(pid: int) -> bool:
    """Whether a process exists and is not just waiting to be buried."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def at_rest(host: int) -> bool:
    """Whether none of the host's workers uses the processor."""
    before = [runtime(pid) for pid in workers(host)]
    time.sleep(0.05)
    return before == [runtime(pid) for pid in workers(host)]


def runtime(pid: int) -> int:
    """Return the nanoseconds of processor time that a process has had; 0 if it has ended."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0])
    except OSError:
        return 0


def eventually(condition: Callable[[], bool], seconds: float = 5.0) -> bool:
    """Wait until a condition holds; False if it does not in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.01)
    return condition()
