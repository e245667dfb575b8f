"""The limits of one client on a running server, over all its web processes."""

from __future__ import annotations

import http.client
import itertools
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest

from publisher.release import Release
from server.app import create_app
from server.engine.process import EngineProcess
from server.limits.admission import COUNTED as COUNTED_BLUEPRINTS
from server.service import service_of
from tests import large
from tests.engine.conftest import COUNT, ENDLESS, eventually
from tests.server.conftest import Reply, Site, serving

PUBLIC = "https://data.example.net/kg/"
ASK = f"/sparql?query={quote(COUNT)}"
FOREVER = f"/sparql?query={quote(ENDLESS)}"
PER_MINUTE = 120
_numbers = itertools.count()


@pytest.fixture(scope="module")
def tight(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """A release on which a client may have two queries under way and 120 requests a minute."""
    return large.build(
        tmp_path_factory.mktemp("clients"),
        public_url=PUBLIC,
        deadline_seconds=5.0,
        concurrent_queries=4,
        queue_seconds=0.5,
        concurrent_queries_per_client=2,
        requests_per_minute_per_client=PER_MINUTE,
    )


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("log") / "server.log"


@pytest.fixture(scope="module")
def served(tight: Release, log: Path) -> Iterator[Site]:
    with serving(tight, log, "--workers", "2") as site:
        yield site


def ask(site: Site, client: str, path: str = ASK, **headers: str) -> Reply:
    """Ask as a proxy on this machine asks for a client."""
    return site.get(path, headers.pop("Accept", "text/csv"), X_Forwarded_For=client, **headers)


def new() -> str:
    """Return the path of a query whose answer nobody has kept."""
    return f"{ASK}%23{next(_numbers)}"


def refused(reply: Reply, kind: str, limit: str, value: float) -> dict[str, object]:
    """Check all that a problem document says of a limit that was met."""
    assert reply.status == 429, reply.text
    members: dict[str, object] = json.loads(reply.text)
    assert members["type"] == f"{large.BASE}problem/{kind}"
    assert (members["limit"], members["value"]) == (limit, value)
    assert members["unit"]
    assert members["help"] == f"{PUBLIC}limits#{limit}"
    assert members["dumps"] == f"{PUBLIC}dumps/latest/"
    assert reply.headers["Access-Control-Allow-Origin"] == "*"
    return members


@contextmanager
def asked(site: Site, client: str, path: str, count: int) -> Iterator[None]:
    """Have something asked by connections that read nothing; each query is evaluated."""
    connections = []
    for number in range(count):
        connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=30)
        headers = {"X-Forwarded-For": client, "Accept": "text/csv"}
        connection.request("GET", f"{path}%23{number}", headers=headers)
        connections.append(connection)
    time.sleep(0.2)
    try:
        yield
    finally:
        for connection in connections:
            connection.close()


def test_requests_a_minute(served: Site) -> None:
    began = time.monotonic()
    etag = ask(served, "192.0.2.1").headers["ETag"]
    # What is answered from a cache, with an error or as a page counts as well.
    assert ask(served, "192.0.2.1", If_None_Match=etag).status == 304
    assert ask(served, "192.0.2.1", "/sparql?query=nonsense").status == 400
    assert ask(served, "192.0.2.1", Accept="text/html").status == 200
    replies = [ask(served, "192.0.2.1") for _ in range(PER_MINUTE - 4)]
    assert {reply.status for reply in replies} == {200}
    passed = time.monotonic() - began
    # Meanwhile some of the allowance has come back.
    more = [ask(served, "192.0.2.1") for _ in range(int(passed * PER_MINUTE / 60) + 3)]
    (reply, *_) = (each for each in more if each.status != 200)
    kind, limit = "too-many-requests", "requests_per_minute_per_client"
    refused(reply, kind, limit, PER_MINUTE)
    assert reply.headers["Retry-After"] == "1"
    page = ask(served, "192.0.2.1", Accept="text/html")
    if page.status != 200:
        assert (page.status, page.media_type) == (429, "text/html")
    # Neither others nor what is no query are concerned.
    assert ask(served, "192.0.2.2").status == 200
    assert ask(served, "2001:db8::1").status == 200
    assert ask(served, "192.0.2.1", "/sparql", Accept="text/turtle").status == 200
    assert ask(served, "192.0.2.1", "/doc/thing/t1.ttl").status == 200
    # Whoever waits as told is answered.
    time.sleep(1)
    assert ask(served, "192.0.2.1").status == 200


#: What asks for work that grows with the graph, besides queries.
COUNTED = (
    "/search?q=thing",
    "/search/suggestions?q=thing",
    "/lookup?iri=Q64",
    "/resolve?curie=owl%3AClass",
    "/reconcile",
    "/reconcile/suggest/entity?prefix=thing",
    "/reconcile/preview?id=thing/t1",
    "/graph?default",
    "/graph/thing",
    "/queries",
)


def test_all_that_asks_something_counts_together(served: Site) -> None:
    client = "192.0.2.50"
    for number in range(PER_MINUTE + 30):
        reply = ask(served, client, COUNTED[number % len(COUNTED)], Accept="*/*")
        if reply.status == 429:
            break
    assert PER_MINUTE <= number < PER_MINUTE + 10
    refused(reply, "too-many-requests", "requests_per_minute_per_client", PER_MINUTE)
    statuses = {path: [ask(served, client, path, Accept="*/*") for _ in "ab"] for path in COUNTED}
    for path, replies in statuses.items():
        # One request is allowed each half second meanwhile.
        assert 429 in {reply.status for reply in replies}, path
    headers = {"X-Forwarded-For": client, "Content-Type": "application/json"}
    batch = {"/lookup": b'{"iris": ["Q64"]}', "/reconcile/match": b'{"queries": []}'}
    for path, body in batch.items():
        replies = [served.request("POST", path, headers, body) for _ in "ab"]
        assert 429 in {reply.status for reply in replies}, path
        assert replies[-1].headers["Retry-After"] in ("1", None)
    # A preflight asks for nothing, and documents and descriptions stay to be had.
    assert served.request("OPTIONS", "/search", {"X-Forwarded-For": client}).status == 204
    for path in ("/doc/thing/t1.ttl", "/catalog.ttl", "/void.ttl", "/dumps/", "/limits"):
        assert ask(served, client, path, Accept="*/*").status == 200


def test_a_batch_is_one_request(served: Site) -> None:
    queries = {f"q{number}": {"query": f"thing number {number}"} for number in range(100)}
    path = f"/reconcile?queries={quote(json.dumps(queries))}"
    for _ in range(3):
        assert ask(served, "192.0.2.51", path, Accept="*/*").status == 200
    statuses = [ask(served, "192.0.2.51").status for _ in range(PER_MINUTE - 10)]
    assert set(statuses) == {200}


def test_names_of_what_counts_are_those_of_routes(tight: Release) -> None:
    app = create_app(tight, "/nowhere")
    assert set(app.blueprints) >= COUNTED_BLUEPRINTS


def test_a_client_is_not_whom_it_says_it_is(served: Site) -> None:
    replies = [ask(served, f"198.51.100.{n % 200}, 192.0.2.3") for n in range(PER_MINUTE + 30)]
    assert 429 in {reply.status for reply in replies}


def test_a_network_of_64_bits_is_one_client(served: Site) -> None:
    replies = [ask(served, f"2001:db8:7::{n:x}") for n in range(PER_MINUTE + 30)]
    assert 429 in {reply.status for reply in replies}
    assert ask(served, "2001:db8:8::1").status == 200


def test_queries_at_once(served: Site) -> None:
    with asked(served, "192.0.2.10", FOREVER, 2):
        began = time.monotonic()
        reply = ask(served, "192.0.2.10", new())
        assert 0.4 < time.monotonic() - began < 4
        refused(reply, "too-many-queries", "concurrent_queries_per_client", 2)
        assert reply.headers["Retry-After"] == "1"
        assert ask(served, "192.0.2.11", new()).status == 200
        # A query that is not evaluated needs no place.
        etag = ask(served, "192.0.2.11").headers["ETag"]
        assert ask(served, "192.0.2.10", If_None_Match=etag).status == 304
        assert ask(served, "192.0.2.10", Accept="text/html").status == 429
    assert eventually(lambda: ask(served, "192.0.2.10", new()).status == 200)


def test_many_queries_of_one_client_hold_up_nobody(served: Site) -> None:
    with asked(served, "192.0.2.12", FOREVER, 60):
        for number in range(10):
            began = time.monotonic()
            assert ask(served, f"192.0.2.{20 + number}", new()).status == 200
            assert time.monotonic() - began < 2


def test_pages_of_queries_as_well(served: Site) -> None:
    connections = []
    for _ in range(2):
        connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=30)
        headers = {"X-Forwarded-For": "192.0.2.40", "Accept": "text/html"}
        connection.request("GET", FOREVER, headers=headers)
        connections.append(connection)
    time.sleep(0.2)
    reply = ask(served, "192.0.2.40", new())
    refused(reply, "too-many-queries", "concurrent_queries_per_client", 2)
    for connection in connections:
        connection.close()


def test_a_proxy_that_names_nobody_is_told_of(served: Site, log: Path) -> None:
    def once() -> bool:
        return served.get(ASK, "text/csv").status == 429

    assert any(once() for _ in range(PER_MINUTE + 30))
    assert eventually(lambda: "have it name its clients" in log.read_text("utf-8"))
    lines = [line for line in log.read_text("utf-8").splitlines() if "name its clients" in line]
    assert len(lines) <= 2


def test_another_proxy_and_another_header(tight: Release, tmp_path: Path) -> None:
    options = ("--trusted-proxy", "192.0.2.0/24", "--trusted-proxy", "::1", "--workers", "1")
    with serving(tight, tmp_path / "server.log", *options) as site:
        replies = [ask(site, f"198.51.100.{n % 200}") for n in range(PER_MINUTE + 30)]
        assert 429 in {reply.status for reply in replies}
    options = ("--proxy-header", "forwarded", "--workers", "1")
    with serving(tight, tmp_path / "server.log", *options) as site:
        for number in range(PER_MINUTE + 30):
            client = f'for="[2001:db8:{number:x}::1]:80"'
            headers = {"Forwarded": client, "X_Forwarded_For": "192.0.2.9"}
            assert site.get(ASK, "text/csv", **headers).status == 200


def test_under_another_wsgi_server(tight: Release) -> None:
    engine = EngineProcess(tight.path)
    engine.wait_until_ready(30)
    try:
        app = create_app(tight, engine.socket)
        client = app.test_client()
        long = "SELECT * { ?a ?b ?c VALUES ?n { 1 2 3 4 5 6 7 8 9 } }"
        streams = [client.get(f"/sparql?query={quote(long)}&format=csv") for _ in range(2)]
        reply = client.get(ASK)
        assert (reply.status_code, reply.json["limit"]) == (429, "concurrent_queries_per_client")
        for stream in streams:
            stream.close()
        statuses = [client.get(ASK).status_code for _ in range(PER_MINUTE + 30)]
        assert statuses[0] == 200
        assert statuses[-1] == 429
        service_of(app).engine.close()
    finally:
        engine.stop()
