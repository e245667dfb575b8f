"""The server's own look-ups while clients' queries take all there is: busy is not dead."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

import pytest

from tests import large
from tests.engine.conftest import ENDLESS
from tests.server.conftest import Site, serving

#: What needs a look-up or at least a thread, and what errors need.
PATHS = ("/health", "/doc/thing/t1.ttl", "/id/thing/t2", "/graph/kind.nt", "/", "/sparql?query=x")
LONG = f"SELECT * {{ ?a ?b ?c VALUES ?n {{ {' '.join(map(str, range(90)))} }} }}"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server of one process in which four queries fill all places."""
    folder = tmp_path_factory.mktemp("busy")
    limits = {"deadline_seconds": 4.0, "concurrent_queries": 4, "queue_seconds": 0.5}
    release = large.build(folder, **limits)
    with serving(release, folder / "server.log", "--workers", "1") as site:
        yield site


@contextmanager
def asked(site: Site, query: str, accept: str, count: int) -> Iterator[None]:
    """Have a query asked by `count` clients that read nothing; each is evaluated."""
    connections = []
    for number in range(count):
        connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=30)
        path = f"/sparql?query={quote(f'{query} #{number}')}"
        connection.request("GET", path, headers={"Accept": accept})
        connections.append(connection)
    time.sleep(0.3)
    try:
        yield
    finally:
        for connection in connections:
            connection.close()


def slowest(site: Site) -> float:
    """Return the longest time that any of PATHS takes, with eight clients at once.

    What waits for a query takes the four seconds that one may run.
    """
    times: list[float] = []

    def look() -> None:
        for number in range(3):
            for path in PATHS:
                began = time.monotonic()
                reply = site.get(path.replace("t1", f"t{number + 5}"), "text/turtle")
                times.append(time.monotonic() - began)
                assert reply.status in (200, 303, 400), reply.text

    threads = [threading.Thread(target=look) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(times) == 8 * 3 * len(PATHS)
    return max(times)


@pytest.mark.parametrize("accept", ["text/csv", "text/html"])
def test_while_all_places_are_taken(small: Site, accept: str) -> None:
    with asked(small, ENDLESS, accept, 10):
        assert slowest(small) < 3


def test_while_more_clients_read_slowly_than_there_are_lanes(small: Site) -> None:
    with asked(small, LONG, "text/csv", 40):
        assert slowest(small) < 3


def test_pages_of_queries_wait_for_each_other(small: Site) -> None:
    with asked(small, ENDLESS, "text/html", 4):
        reply = small.get(f"/sparql?query={quote(ENDLESS)}", "text/html")
        assert reply.status == 503
        assert reply.headers["Retry-After"]


def test_health_says_which_release(small: Site) -> None:
    health = json.loads(small.get("/health").body)
    assert (health["status"], health["release"]) == ("ok", small.release.id)
