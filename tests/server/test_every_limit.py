"""One test for each limit that is announced: break it, and see that the answer is honest."""

from __future__ import annotations

import http.client
import json
import math
import socket
import time
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from publisher.limits import LISTED_BY_WORDS, Limits
from server.engine.slots import SHORT_SECONDS
from server.http import bounds
from tests import large
from tests.engine.conftest import COUNT, ENDLESS, ROWS, eventually
from tests.server.conftest import Reply, Site, serving
from tests.server.test_client_limits import PUBLIC, ask, asked, new

#: Doubles a string until it would have 3 GB.
GREEDY = (
    f'SELECT (STRLEN(?s25) AS ?n) {{ BIND("{"x" * 100}" AS ?s0) '
    + " ".join(f"BIND(CONCAT(?s{n}, ?s{n}) AS ?s{n + 1})" for n in range(25))
    + " }"
)
LIMITS = {
    "deadline_seconds": 2.5,
    "query_memory_mb": 128,
    "result_mb": 2,
    "query_kb": 16,
    "concurrent_queries": 3,
    "queue_seconds": 0.4,
    "concurrent_queries_per_client": 2,
    "requests_per_minute_per_client": 30,
}
#: More than anything but a query may send.
LARGE = (
    b"POST /limits HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 2000000\r\n\r\n"
    + b"x" * 2_000_000
)
FOREVER = f"/sparql?query={quote(ENDLESS)}"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("every")
    release = large.build(folder, public_url=PUBLIC, **LIMITS)
    with serving(release, folder / "server.log", "--workers", "1") as site:
        yield site


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("many")
    release = large.listed(folder, things=LISTED_BY_WORDS + 1, public_url=PUBLIC)
    with serving(release, folder / "server.log", "--workers", "1") as site:
        yield site


def get(site: Site, query: str, client: str = "192.0.2.1") -> Reply:
    return ask(site, client, f"/sparql?query={quote(query)}")


def broken(reply: Reply, status: int, limit: str) -> Reply:
    """Check what every problem document says that tells of a limit."""
    assert reply.status == status, reply.text
    assert reply.media_type == "application/problem+json"
    members = json.loads(reply.text)
    bound = next(each for each in bounds.bounds(Limits(**LIMITS)) if each.name == limit)  # type: ignore[arg-type]
    assert members["type"] == f"{large.BASE}problem/{bound.problem}"
    assert members["limit"] == limit
    assert members["value"] == bound.value
    assert members["unit"] == bound.unit
    assert members["detail"].endswith(bound.mend)
    assert members["help"] == f"{PUBLIC}limits#{limit}"
    assert members["dumps"] == f"{PUBLIC}dumps/latest/"
    # The type itself leads to the same place.
    shared = {"busy": "concurrent_queries", "batch-too-large": "batch_queries"}
    shared["text-too-long"] = "address_characters"
    assert bounds.anchor(bound.problem) == shared.get(bound.problem, limit)
    return reply


def works(site: Site) -> bool:
    return ask(site, "192.0.2.99", new()).body == b"n\r\n2007\r\n"


def test_deadline_seconds(served: Site) -> None:
    began = time.monotonic()
    broken(get(served, ENDLESS), 504, "deadline_seconds")
    assert 2.4 < time.monotonic() - began < 5


def test_query_memory_mb(served: Site) -> None:
    broken(get(served, GREEDY), 503, "query_memory_mb")
    assert works(served)


def test_result_mb(served: Site) -> None:
    # HTTP/1.0 has no way to tell that an answer broke off, so its answers are looked at first.
    path = f"/sparql?query={quote(ROWS)}"
    answer = served.raw(f"GET {path} HTTP/1.0\r\nAccept: text/csv\r\n\r\n".encode())
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.0 503")
    members = json.loads(body)
    assert (members["limit"], members["value"], members["unit"]) == ("result_mb", 2, "MiB")
    assert members["dumps"] == f"{PUBLIC}dumps/latest/"
    with pytest.raises(http.client.IncompleteRead):
        get(served, ROWS)


def test_query_kb(served: Site) -> None:
    long = f"{COUNT} #{'x' * 16 * 1024}"
    broken(get(served, long), 414, "query_kb")
    for form, body in (("sparql-query", long), ("x-www-form-urlencoded", f"query={quote(long)}")):
        headers = {"Content-Type": f"application/{form}", "X-Forwarded-For": "192.0.2.1"}
        broken(served.request("POST", "/sparql", headers, body.encode()), 413, "query_kb")


def test_query_depth(served: Site) -> None:
    broken(get(served, "SELECT * {" + "{" * 200 + "}" * 200 + "}"), 400, "query_depth")


def test_concurrent_queries_and_queue_seconds(served: Site) -> None:
    with asked(served, "192.0.2.11", FOREVER, 2), asked(served, "192.0.2.12", f"{FOREVER}%20", 1):
        assert works(served)
        began = time.monotonic()
        reply = broken(ask(served, "192.0.2.13", f"{FOREVER}%20%20"), 503, "concurrent_queries")
        assert time.monotonic() - began > SHORT_SECONDS + LIMITS["queue_seconds"] - 0.1
        assert reply.headers["Retry-After"] == str(math.ceil(LIMITS["queue_seconds"]))
    assert eventually(lambda: works(served))


def test_concurrent_queries_per_client(served: Site) -> None:
    with asked(served, "192.0.2.14", FOREVER, 2):
        reply = broken(ask(served, "192.0.2.14", new()), 429, "concurrent_queries_per_client")
        assert reply.headers["Retry-After"] == "1"
        assert works(served)


def test_requests_per_minute_per_client(served: Site) -> None:
    replies = [get(served, "ASK {}", "192.0.2.15") for _ in range(40)]
    reply = next(each for each in replies if each.status != 200)
    broken(reply, 429, "requests_per_minute_per_client")
    assert 0 < int(reply.headers["Retry-After"]) <= 2
    assert works(served)


def test_url_kb(served: Site) -> None:
    for size, status in ((bounds.URL_KB - 1, b"200"), (bounds.URL_KB + 1, b"414")):
        target = b"/sparql?query=ASK%7B%7D&x=" + b"x" * size * 1024
        answer = served.raw(b"GET " + target + b" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 " + status)


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        (b"X-Large: " + b"x" * 250 * 1024, b"200"),
        # The HTTP server looks at what has come when it has come; what passes it meets our own.
        (b"X-Large: " + b"x" * 300 * 1024, b"431"),
        (b"X-Large: " + b"x" * 1024 * 1024, b"431"),
        (b"\r\n".join(b"X-%d: x" % number for number in range(90)), b"200"),
        (b"\r\n".join(b"X-%d: x" % number for number in range(500)), b"431"),
    ],
    ids=["long", "too long", "far too long", "many", "too many"],
)
def test_header_kb(served: Site, fields: bytes, status: bytes) -> None:
    request = b"GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + fields + b"\r\n\r\n"
    assert served.raw(request).startswith(b"HTTP/1.1 " + status)


def test_body_kb(served: Site) -> None:
    # Where no body is taken at all, that is said first; it is not taken in either case.
    headers = {"Content-Type": "text/plain"}
    reply = served.request("POST", "/limits", headers, b"x" * 1_100_000)
    assert reply.status == 405
    members = json.loads(served.raw(LARGE).partition(b"\r\n\r\n")[2])
    assert members["status"] == 405


def send(site: Site, path: str, document: object) -> Reply:
    headers = {"Content-Type": "application/json", "X-Forwarded-For": "192.0.2.30"}
    return site.request("POST", path, headers, json.dumps(document).encode())


def test_batch_queries(served: Site) -> None:
    batch = {f"q{number}": {"query": "thing"} for number in range(101)}
    path = f"/reconcile?queries={quote(json.dumps(batch))}"
    broken(ask(served, "192.0.2.30", path), 413, "batch_queries")
    queries = {"queries": [{"conditions": []}] * 101}
    broken(send(served, "/reconcile/match", queries), 413, "batch_queries")
    # The manifest says how many there may be.
    manifest = json.loads(ask(served, "192.0.2.30", "/reconcile").text)
    assert manifest["batchSize"] == 100
    del batch["q0"]
    path = f"/reconcile?queries={quote(json.dumps(batch))}"
    assert len(json.loads(ask(served, "192.0.2.30", path).text)) == 100


def test_batch_entities_and_batch_properties(served: Site) -> None:
    many = {"ids": ["thing/t1"] * 501, "properties": []}
    broken(send(served, "/reconcile/extend", many), 413, "batch_entities")
    wide = {"ids": ["thing/t1"], "properties": [{"id": "rdfs:label"}] * 51}
    broken(send(served, "/reconcile/extend", wide), 413, "batch_properties")


def test_batch_addresses_and_address_characters(served: Site) -> None:
    broken(send(served, "/lookup", {"iris": ["x:y"] * 501}), 413, "batch_addresses")
    broken(send(served, "/lookup", {"iris": [f"x:{'y' * 2000}"]}), 400, "address_characters")
    assert send(served, "/lookup", {"iris": ["x:y"] * 500}).status == 200


def test_search_characters(served: Site) -> None:
    path = f"/search?q={'a' * 501}"
    reply = ask(served, "192.0.2.31", path, Accept="application/json")
    broken(reply, 400, "search_characters")


def test_listed_by_words(many: Site) -> None:
    broken(many.get("/lists/thing.ttl?q=thing"), 400, "listed_by_words")
    assert "?draft=" not in many.get("/graph/thing?q=thing", "text/html").text
    for form in ("csv", "json", "nt"):
        whole = many.get(f"/lists/thing.{form}")
        head = many.request("HEAD", f"/lists/thing.{form}")
        assert head.status == whole.status == 200
        assert head.headers["ETag"] == whole.headers["ETag"]
        assert "Content-Length" not in head.headers
    # Neither a table nor facets meet it, nor fewer things.
    assert len(many.get("/lists/thing.csv?q=thing").text.splitlines()) == LISTED_BY_WORDS + 2
    for path in ("/lists/thing.ttl", "/lists/thing.ttl?year=2001", "/lists/thing.ttl?q=thing+77"):
        assert many.get(path).status == 200


@pytest.mark.nightly
def test_header_seconds_and_body_seconds(served: Site) -> None:
    slow = {
        b"GET /sparql?query=ASK HTTP/1.1\r\nHost: a\r\nX-Slow: ": (15, b""),
        b"POST /sparql HTTP/1.1\r\nHost: a\r\nContent-Type: application/sparql-query\r\n"
        b"Content-Length: 1000\r\n\r\n": (30, b"HTTP/1.1 408"),
    }
    for begin, (seconds, answer) in slow.items():
        with socket.create_connection(("127.0.0.1", served.port), timeout=1) as connection:
            began = time.monotonic()
            connection.sendall(begin)
            received = b""
            while time.monotonic() < began + seconds + 10:
                try:
                    part = connection.recv(65536)
                except TimeoutError:
                    # Something now and then is as good as nothing.
                    connection.sendall(b"x")
                    continue
                received += part
                if not part or b"\r\n\r\n" in received:
                    break
            assert seconds - 1 < time.monotonic() - began < seconds + 5
            assert received.startswith(answer)
            if answer:
                assert b'"body_seconds"' in received or received.endswith(b"\r\n\r\n")
    assert works(served)


def test_every_limit_has_a_test() -> None:
    names = " ".join(name for name in globals() if name.startswith("test_"))
    for bound in bounds.bounds(Limits(**LIMITS)):  # type: ignore[arg-type]
        # What is kept in memory refuses nobody.
        assert bound.name in names or bound.name == "cache_mb"
