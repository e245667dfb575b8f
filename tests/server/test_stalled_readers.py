"""Readers that stop reading: their answers give way to the queries of others, visibly."""

from __future__ import annotations

import http.client
import socket
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest

from tests import large
from tests.engine.conftest import eventually
from tests.server.conftest import Site, serving
from tests.server.test_client_limits import new

#: 25 MB of answer, which is more than all the buffers on its way can hold.
LONG = f"SELECT * {{ ?a ?b ?c VALUES ?n {{ {' '.join(map(str, range(90)))} }} }}"
ROWS = 1 + 90 * 2007


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("stalled") / "server.log"


@pytest.fixture(scope="module")
def small(log: Path) -> Iterator[Site]:
    """A server of one process in which four queries fill all places."""
    limits = {"deadline_seconds": 30.0, "concurrent_queries": 4, "queue_seconds": 3.0}
    release = large.build(log.parent, **limits)
    with serving(release, log, "--workers", "1") as site:
        yield site


@contextmanager
def stalled(site: Site, count: int) -> Iterator[list[socket.socket]]:
    """Have a long query asked by as many clients that read nothing."""
    request = (
        f"GET /sparql?query={quote(LONG)} HTTP/1.1\r\nHost: a\r\nAccept: text/csv\r\n\r\n"
    ).encode()
    readers = []
    for _ in range(count):
        reader = socket.socket()
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        reader.connect(("127.0.0.1", site.port))
        reader.sendall(request)
        readers.append(reader)
    try:
        yield readers
    finally:
        for reader in readers:
            reader.close()


def counted(site: Site) -> float:
    """Return how long a short query takes."""
    began = time.monotonic()
    reply = site.get(new(), "text/csv")
    assert reply.body == b"n\r\n2007\r\n", reply.text
    return time.monotonic() - began


@pytest.mark.parametrize("count", [20, 60, 200])
def test_others_are_answered(small: Site, count: int) -> None:
    with stalled(small, count) as readers:
        # They get an answer or are turned away; those that have one have stopped reading.
        assert eventually(lambda: sum(map(has_begun, readers)) == count, 15)
        times = []
        for _ in range(20):
            times.append(counted(small))
            time.sleep(0.05)
        assert max(times) < 1.2
        assert sorted(times)[10] < 0.2
        # As soon as others ask for more than fits into a packet, who is in the way is sent away.
        path = f"/sparql?query={quote(LONG)}"
        assert small.get(path, "text/csv").body.count(b"\n") == ROWS
        assert eventually(lambda: any(map(is_over, readers)))


def has_begun(reader: socket.socket) -> bool:
    """Whether anything of an answer has come, or of the reason why there is none."""
    try:
        return bool(reader.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT))
    except BlockingIOError:
        return False


def is_over(reader: socket.socket) -> bool:
    """Whether an answer has ended too early, and its connection with it."""
    reader.setblocking(False)
    received = b""
    try:
        while part := reader.recv(1 << 20):
            received = received[-10:] + part
    except BlockingIOError:
        return False
    except ConnectionError:
        return True
    return not received.endswith(b"0\r\n\r\n")


@contextmanager
def asked(site: Site) -> Iterator[http.client.HTTPResponse]:
    """Have the long query asked, and its answer open."""
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=30)
    connection.request("GET", f"/sparql?query={quote(LONG)}", headers={"Accept": "text/csv"})
    with closing(connection), connection.getresponse() as response:
        yield response


def test_an_answer_that_gave_way_does_not_look_whole(small: Site, log: Path) -> None:
    with asked(small) as response:
        response.read(1000)
        with stalled(small, 30):
            time.sleep(2)
            with pytest.raises((http.client.IncompleteRead, ConnectionError)):
                response.read()
    assert "broken off: it was not read, and its place was needed" in log.read_text("utf-8")


def test_who_reads_slowly_is_read_to_the_end(small: Site) -> None:
    """Two megabytes a second are slow, but they are not nothing."""
    rows = 0
    with asked(small) as response, stalled(small, 40):
        end = time.monotonic() + 4
        while time.monotonic() < end:
            rows += response.read(100_000).count(b"\n")
            time.sleep(0.05)
        rows += response.read().count(b"\n")
    assert rows == ROWS
