"""Limits as clients meet them: problem documents, broken transfers, and others left alone."""

from __future__ import annotations

import contextlib
import http.client
import itertools
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import large
from tests.conftest import REPOSITORY
from tests.engine.conftest import COUNT, CRASHING, ENDLESS, GREEDY, ROWS, at_rest, eventually
from tests.server.conftest import Reply, Site, free_port, wait_until_healthy

EVERY_ENGINE = True

TSV = "text/tab-separated-values"
_numbers = itertools.count()
QUERY = {"Content-Type": "application/sparql-query", "Accept": TSV}
#: 25 MB of answer, which is more than all the buffers on its way can hold.
LONG = f"SELECT * {{ ?a ?b ?c VALUES ?n {{ {' '.join(map(str, range(90)))} }} }}"


class Served(Site):
    """A server with its own process, for tests that look at it from outside."""

    process: subprocess.Popen[bytes]

    def post(self, query: str, **headers: str) -> Reply:
        """POST a query."""
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.request("POST", "/sparql", {**QUERY, **fields}, query.encode())

    def counts(self) -> bool:
        """Whether a short query that was not asked before is answered rightly."""
        return self.post(f"{COUNT} #{next(_numbers)}").body == b"?n\n2007\n"

    def children(self, pattern: str) -> list[int]:
        """Return the pids of the server's child processes whose command line matches."""
        found = []
        for task in Path(f"/proc/{self.process.pid}/task").iterdir():
            with contextlib.suppress(OSError):
                for child in (task / "children").read_text().split():
                    command = Path(f"/proc/{child}/cmdline").read_bytes().replace(b"\0", b" ")
                    if re.search(pattern, command.decode()):
                        found.append(int(child))
        return found


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server on which a query may take 2 s, 128 MB of memory and 32 MB of answer."""
    folder = tmp_path_factory.mktemp("limits")
    release = large.build(
        folder,
        deadline_seconds=2.0,
        query_memory_mb=128,
        result_mb=32,
        query_kb=512,
        concurrent_queries=4,
        queue_seconds=0.5,
    )
    served = Served(free_port(), release)
    log = folder / "server.log"
    command = [sys.executable, "-m", "server", "--release", str(release.path)]
    command += ["--port", str(served.port), "--workers", "2"]
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=REPOSITORY, stdout=output, stderr=output)
    object.__setattr__(served, "process", process)
    try:
        wait_until_healthy(served, process, log)
        yield served
    finally:
        process.terminate()
        assert process.wait(30) == 0
    text = log.read_text(encoding="utf-8")
    assert "Traceback" not in text, text


def problem(reply: Reply, status: int, kind: str) -> dict[str, object]:
    assert reply.status == status, reply.text
    members: dict[str, object] = json.loads(reply.text)
    assert str(members["type"]).endswith(f"/problem/{kind}")
    return members


@pytest.mark.parametrize("served_query", [ENDLESS])
def test_the_deadline(served: Served, served_query: str) -> None:
    began = time.monotonic()
    members = problem(served.post(served_query), 504, "deadline-exceeded")
    assert time.monotonic() - began < 3.5
    assert (members["limit"], members["value"]) == ("deadline_seconds", 2.0)
    assert members["dumps"] == "/dumps/latest/"
    assert served.counts()


def test_memory(served: Served) -> None:
    members = problem(served.post(GREEDY), 503, "memory-exceeded")
    assert (members["limit"], members["value"]) == ("query_memory_mb", 128)
    assert served.counts()


def test_a_crash(served: Served) -> None:
    reply = served.post(CRASHING)
    problem(reply, 503, "worker-crashed")
    assert reply.headers["Retry-After"]
    assert served.counts()


def test_an_answer_that_breaks_off_does_not_look_whole(served: Served) -> None:
    with pytest.raises(http.client.IncompleteRead):
        served.post(ROWS)
    assert served.counts()


def test_a_long_answer_is_whole(served: Served) -> None:
    reply = served.post(LONG)
    assert len(reply.body.splitlines()) == 1 + 90 * 2007


def test_too_many_at_once(served: Served) -> None:
    replies: list[Reply] = []
    threads = [
        # Equal queries would be evaluated once for all.
        threading.Thread(target=lambda n: replies.append(served.post(f"{ENDLESS} #{n}")), args=(n,))
        for n in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(replies) == 12
    kinds = {json.loads(reply.text)["type"].rpartition("/")[2] for reply in replies}
    assert kinds == {"deadline-exceeded", "busy"}
    for reply in replies:
        if reply.status == 503:
            assert reply.headers["Retry-After"]
    assert served.counts()


def test_short_queries_pass_long_ones(served: Served) -> None:
    threads = [threading.Thread(target=served.post, args=(f"{ENDLESS} #{n}",)) for n in range(3)]
    for thread in threads:
        thread.start()
    time.sleep(0.3)
    times = []
    for _ in range(20):
        began = time.monotonic()
        assert served.counts()
        times.append(time.monotonic() - began)
    for thread in threads:
        thread.join()
    assert sorted(times)[10] < 0.15


def test_a_client_that_hangs_up_ends_its_query(served: Served) -> None:
    (engine,) = served.children(r"server\.engine")
    assert eventually(lambda: at_rest(engine))
    body = ENDLESS.encode()
    with socket.create_connection(("127.0.0.1", served.port)) as connection:
        connection.sendall(
            b"POST /sparql HTTP/1.1\r\nHost: a\r\nContent-Type: application/sparql-query\r\n"
            b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
        )
        assert eventually(lambda: not at_rest(engine))
    assert eventually(lambda: at_rest(engine), 0.7)


def test_a_client_that_hangs_up_in_the_middle_of_an_answer(served: Served) -> None:
    (engine,) = served.children(r"server\.engine")
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=10)
    connection.request("POST", "/sparql", LONG.encode(), QUERY)
    assert connection.getresponse().read(1000)
    connection.close()
    assert eventually(lambda: at_rest(engine))
    assert served.counts()


def memory(pids: list[int]) -> int:
    """Return the resident memory of processes in MB."""
    pages = sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in pids)
    return pages * os.sysconf("SC_PAGE_SIZE") // 2**20


def test_slow_readers_cost_little_and_hold_up_nobody(served: Served) -> None:
    web = served.children("spawn_main")
    assert len(web) == 2
    before = memory(web)
    connections = []
    for _ in range(4):
        connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=30)
        connection.request("POST", "/sparql", LONG.encode(), QUERY)
        response = connection.getresponse()
        assert response.read(100_000)
        connections.append((connection, response))
    # Longer than the deadline, which is for evaluation.
    time.sleep(1.2)
    assert memory(web) - before < 30
    for _ in range(5):
        assert served.counts()
    for connection, response in connections:
        response.read()
        connection.close()
    assert memory(web) - before < 60


def idle(port: int, count: int, first: bytes) -> list[socket.socket]:
    connections = []
    for _ in range(count):
        connection = socket.create_connection(("127.0.0.1", port))
        connection.sendall(first)
        connections.append(connection)
    return connections


@pytest.mark.parametrize(
    "first",
    [
        b"",
        b"GET /sparql?query=ASK HTTP/1.1\r\nHost: a\r\nX-Slow: ",
        b"POST /sparql HTTP/1.1\r\nHost: a\r\nContent-Type: application/sparql-query\r\n"
        b"Content-Length: 100\r\n\r\nSEL",
        b"POST /reconcile HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nx",
    ],
    ids=["silent", "slow header", "slow query", "slow body"],
)
def test_a_thousand_connections_that_stand_still(served: Served, first: bytes) -> None:
    connections = idle(served.port, 1000, first)
    try:
        began = time.monotonic()
        for _ in range(3):
            assert served.counts()
        assert served.get("/").status == 200
        assert time.monotonic() - began < 3
    finally:
        for connection in connections:
            connection.close()


@pytest.mark.parametrize(
    ("request_head", "status"),
    [
        (b"GET /sparql HTTP/1.1\r\nHost: a\r\nX-Large: " + b"x" * 2_000_000, b"431"),
        (b"GET /sparql?query=" + b"x" * 2_000_000 + b" HTTP/1.1\r\nHost: a", b"4"),
        (b"GET /sparql HTTP/1.1\r\nHost: a\r\n" + b"X-A: b\r\n" * 5000 + b"X-B: c", b"431"),
        (b"POST /sparql HTTP/1.1\r\nHost: a\r\nContent-Length: x", b"400"),
        (b"POST /sparql HTTP/1.1\r\nHost: a\r\nContent-Length: -1", b"400"),
        (b"\x16\x03\x01\x02\x00", b"400"),
    ],
)
def test_broken_requests(served: Served, request_head: bytes, status: bytes) -> None:
    try:
        answer = served.raw(request_head + b"\r\nConnection: close\r\n\r\n")
    except ConnectionError:
        answer = b""
    assert answer == b"" or answer.startswith(b"HTTP/1.1 " + status)
    assert served.counts()


@pytest.mark.parametrize("chunks", [b"ZZ\r\n", b"5\r\nASK{}\r\nZZ\r\n"])
def test_a_body_of_broken_chunks(served: Served, chunks: bytes) -> None:
    answer = served.raw(
        b"POST /sparql HTTP/1.1\r\nHost: a\r\nContent-Type: application/sparql-query\r\n"
        b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks
    )
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"/problem/body-broken" in answer


def test_a_body_that_is_no_query_is_bounded(served: Served) -> None:
    reply = served.request("POST", "/health", {"Content-Type": "text/plain"}, b"x" * 3_000_000)
    assert reply.status in (405, 413)


def until_healthy(served: Served) -> Callable[[], bool]:
    def healthy() -> bool:
        try:
            return served.get("/health").status == 200
        except OSError:
            return False

    return healthy


def test_the_engine_killed(served: Served) -> None:
    (engine,) = served.children(r"server\.engine")
    os.kill(engine, signal.SIGKILL)
    assert eventually(lambda: engine not in served.children(r"server\.engine"))
    reply = served.post("SELECT (1 AS ?gone) {}")
    if reply.status != 200:
        problem(reply, 503, "engine-unavailable")
        assert reply.headers["Retry-After"]
        assert served.get("/dumps/").status == 200
    # Its workers end right after it: some may still have answered in between.
    assert eventually(lambda: until_healthy(served)() and served.counts(), 20)
    assert served.children(r"server\.engine") != [engine]


def test_a_web_process_killed(served: Served) -> None:
    first, _ = served.children("spawn_main")
    os.kill(first, signal.SIGKILL)
    assert eventually(
        lambda: (
            len(served.children("spawn_main")) == 2 and first not in served.children("spawn_main")
        ),
        20,
    )
    assert eventually(until_healthy(served), 20)
    assert served.counts()
