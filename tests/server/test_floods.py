"""Floods: what comes in masses or never ends costs others nothing, and loses none of theirs."""

from __future__ import annotations

import bz2
import gzip
import select
import socket
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

import pytest

from tests import large
from tests.engine.conftest import COUNT
from tests.server.conftest import Site, serving
from tests.server.test_client_limits import new

POST = (
    b"POST /sparql HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
    b"Content-Type: application/sparql-query\r\n"
)
#: Five megabytes of zeros, a thousand times smaller on their way.
BOMB = b"ASK{}" + b" " * 5_000_000


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("floods") / "server.log"


@pytest.fixture(scope="module")
def served(log: Path) -> Iterator[Site]:
    release = large.build(log.parent, deadline_seconds=5.0)
    with serving(release, log, "--workers", "2") as site:
        yield site
    # Refusals are for clients to know of; nothing here is worth a line.
    assert log.read_text(encoding="utf-8").splitlines()[1:] == []


@contextmanager
def answered(site: Site) -> Iterator[None]:
    """Ask all the while, and see that each answer is right and comes in time."""
    times: list[float] = []
    wrong: list[str] = []
    over = threading.Event()

    def ask() -> None:
        while not over.is_set() or len(times) < 5:
            began = time.monotonic()
            try:
                reply = site.get(new(), "text/csv")
            except OSError as error:
                wrong.append(repr(error))
                return
            if reply.body != b"n\r\n2007\r\n":
                wrong.append(reply.text)
            times.append(time.monotonic() - began)
            time.sleep(0.01)

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
    assert not wrong, wrong[:3]
    assert len(times) >= 5
    assert max(times) < 2


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", gzip.compress(BOMB)),
        ("x-gzip", gzip.compress(BOMB)),
        ("deflate", zlib.compress(BOMB)),
        ("br", b"\xcf\xff\xff\x7f\xf8'\x00\xe2\xb1@ \xf7\xfe\x9f" * 40),
        ("zstd", b"\x28\xb5\x2f\xfd" + b"\x00" * 400),
        ("bzip2", bz2.compress(BOMB)),
        ("gzip, gzip", gzip.compress(gzip.compress(BOMB))),
    ],
    ids=["gzip", "x-gzip", "deflate", "br", "zstd", "bzip2", "twice"],
)
def test_what_is_packed_is_not_unpacked(served: Site, coding: str, body: bytes) -> None:
    head = POST + f"Content-Encoding: {coding}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    with answered(served):
        for _ in range(10):
            answer = served.raw(head + body)
            assert answer.startswith(b"HTTP/1.1 415"), answer[:300]
            assert b"/problem/unsupported-media-type" in answer
        time.sleep(0.1)


def test_queries_of_ten_megabytes(served: Site) -> None:
    query = COUNT.encode() + b" " * 10_000_000
    with answered(served):
        whole = served.raw(POST + b"Content-Length: %d\r\n\r\n" % len(query) + query)
        assert whole.startswith(b"HTTP/1.1 413")
        assert b"/problem/query-too-long" in whole
        pieces = b"%x\r\n%s\r\n0\r\n\r\n" % (len(query), query)
        chunked = served.raw(POST + b"Transfer-Encoding: chunked\r\n\r\n" + pieces)
        assert chunked.startswith(b"HTTP/1.1 413")
        with suppress(ConnectionError):
            answer = served.raw(b"GET /sparql?query=" + query + b" HTTP/1.1\r\nHost: a\r\n\r\n")
            assert answer[:12] in (b"", b"HTTP/1.1 414", b"HTTP/1.1 431", b"HTTP/1.1 400")


def test_a_body_without_end(served: Site) -> None:
    with answered(served), socket.create_connection(("127.0.0.1", served.port)) as connection:
        connection.sendall(POST + b"Transfer-Encoding: chunked\r\n\r\n")
        chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
        sent = 0
        with suppress(ConnectionError):
            while not select.select([connection], [], [], 0)[0]:
                connection.sendall(chunk)
                sent += len(chunk)
        # Some is read and thrown away, for clients that listen only when they have said all.
        assert sent < 64 * 2**20
        with suppress(ConnectionError):
            assert connection.recv(12) == b"HTTP/1.1 413"


def test_a_thousand_headers_that_trickle(served: Site) -> None:
    connections = []
    for _ in range(1000):
        connection = socket.create_connection(("127.0.0.1", served.port))
        connection.sendall(b"GET /sparql?query=ASK%7B%7D HTTP/1.1\r\nHost: a\r\nX-Slow: ")
        connections.append(connection)
    with answered(served):
        for _ in range(3):
            for connection in connections:
                connection.sendall(b"x")
            time.sleep(0.3)
    # Slow as they are, they get their answer.
    for connection in connections[::100]:
        connection.settimeout(5)
        connection.sendall(b"\r\n\r\n")
        assert connection.recv(12) == b"HTTP/1.1 200"
    for connection in connections:
        connection.close()


def test_a_flood_of_headers(served: Site) -> None:
    fields = b"".join(b"X-%d: %s\r\n" % (number, b"x" * 2000) for number in range(500))
    head = b"GET /sparql?query=ASK%7B%7D HTTP/1.1\r\nHost: a\r\n" + fields + b"\r\n"
    with answered(served):
        for _ in range(100):
            with suppress(ConnectionError):
                assert served.raw(head).startswith(b"HTTP/1.1 431")


def test_connections_that_come_and_go(served: Site) -> None:
    with answered(served):
        for number in range(1000):
            with socket.create_connection(("127.0.0.1", served.port)) as connection:
                connection.sendall((b"", b"G", b"GET / HTTP/1.1\r\n", POST)[number % 4])


def test_requests_that_nobody_waits_for(served: Site) -> None:
    """Each is another query: the same one would be evaluated once."""
    with answered(served):
        for number in range(100):
            query = quote(f"SELECT (COUNT(*) + {number} AS ?n) {{ ?s ?p ?o }}")
            request = f"GET /sparql?query={query} HTTP/1.1\r\nHost: a\r\n\r\n".encode()
            with socket.create_connection(("127.0.0.1", served.port)) as connection:
                connection.sendall(request)


def test_pipelined_requests_are_answered_in_order(served: Site) -> None:
    request = f"GET /sparql?query={quote(COUNT)}&format=csv HTTP/1.1\r\nHost: a\r\n".encode()
    last = request + b"Connection: close\r\n\r\n"
    with answered(served):
        answers = served.raw((request + b"\r\n") * 99 + last)
    assert answers.count(b"HTTP/1.1 200 OK") == 100
    assert answers.count(b"n\r\n2007\r\n") == 100


def test_no_other_protocol_is_spoken(served: Site) -> None:
    answer = served.raw(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0")
    assert answer == b"" or answer.startswith(b"HTTP/1.1 4") or answer.startswith(b"HTTP/1.1 505")
