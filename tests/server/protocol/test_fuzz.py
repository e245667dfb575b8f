"""Requests of any kind: every answer is the right one, or a problem document that fits.

A query that is answered is answered as Oxigraph answers it in process.
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pyoxigraph import QueryResultsFormat, RdfFormat, Store, parse, parse_query_results

from server.http.bounds import PROBLEMS
from tests.server.conftest import BASE, Reply, Site
from tests.server.protocol.asking import FORM, JSON, QUERY, address, post, truth

FUZZ = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
#: Statuses of refusals that say what is wrong with a request.
REFUSALS = (400, 403, 406, 411, 413, 414, 415)


@dataclass(frozen=True)
class Judge:
    """The server, and the same dataset in process."""

    site: Site
    store: Store


@pytest.fixture(scope="module")
def judge(site: Site) -> Iterator[Judge]:
    store = Store()
    store.load(path=site.release.dataset_path, format=RdfFormat.N_QUADS)
    yield Judge(site, store)
    assert truth(site.get(address("ASK {}")))


def well_formed(reply: Reply) -> None:
    """Expect an answer in the form that it says it has, or a problem document."""
    assert "Traceback" not in reply.body.decode("utf-8", "replace")
    if reply.status == 200:
        _readable(reply)
        return
    assert reply.status in (*REFUSALS, 503, 504), (reply.status, reply.body[:500])
    if reply.media_type == "text/html":
        return
    assert reply.media_type == "application/problem+json"
    members = json.loads(reply.text)
    assert members["status"] == reply.status
    kind = members["type"].removeprefix(f"{BASE}problem/")
    assert kind in PROBLEMS or "limit" in members, kind


def _readable(reply: Reply) -> None:
    results = QueryResultsFormat.from_media_type(reply.media_type)
    graph = RdfFormat.from_media_type(reply.media_type)
    if results in (QueryResultsFormat.JSON, QueryResultsFormat.XML):
        answer = parse_query_results(reply.body, format=results)
        if hasattr(answer, "__iter__"):
            list(answer)
    elif graph is not None and results is None:
        list(parse(reply.body, format=graph))
    else:
        assert reply.media_type in ("text/html", "text/csv", "text/tab-separated-values")
        reply.body.decode()


# Tokens of the grammar in any order, a good part of which make a query.

TERMS = ["?s", "?p", "?o", "$x", f"<{BASE}id/turm/kap-nord>", "<x>", '"a"@de', "'b'", "3", "1.5e0"]
TERMS += ["true", "rdf:type", ":", "_:b", "[]", "a", "()", '"""long\n"""', "-7", '"x"^^<y:z>']
PATTERNS = [
    "?s ?p ?o .",
    "?s a ?c .",
    "OPTIONAL {",
    "UNION",
    "{",
    "}",
    "FILTER(",
    ")",
    "BIND(1 AS ?n)",
]
PATTERNS += ["GRAPH ?g {", "MINUS {", "VALUES ?x {", "FILTER EXISTS {", "?s a/^a* ?t .", "SERVICE"]
WORDS = ["SELECT *", "SELECT (COUNT(*) AS ?n)", "ASK", "CONSTRUCT {", "DESCRIBE", "WHERE {", "FROM"]
WORDS += [
    "ORDER BY ?s",
    "LIMIT 3",
    "GROUP BY ?s",
    "DISTINCT",
    "BASE <x:>",
    "PREFIX : <y:>",
    "INSERT",
]
SOUP = st.lists(st.sampled_from([*TERMS, *PATTERNS, *WORDS, ",", ";", "#", "\\u0041"]), max_size=16)
#: A query around some soup parses far more often.
FRAMES = st.sampled_from(
    [
        "%s",
        "SELECT * { %s }",
        "ASK { %s }",
        "CONSTRUCT WHERE { %s }",
        "SELECT * { %s ?s ?p ?o } LIMIT 5",
    ]
)


@FUZZ
@given(SOUP, FRAMES, st.sampled_from([" ", "\n", ""]))
@example(["?s ?p ?o ."], "ASK { %s }", " ")
@example(["GRAPH ?g {", "?s a ?c .", "}"], "SELECT * { %s }", "")
@example(["VALUES ?x {", "1.5e0", "}"], "SELECT * { %s }", " ")
def test_soups_of_tokens(judge: Judge, soup: list[str], frame: str, between: str) -> None:
    query = frame.replace("%s", between.join(soup))
    reply = post(judge.site, query.encode(), QUERY)
    well_formed(reply)
    if reply.status != 200 or reply.media_type != JSON:
        return
    try:
        expected = judge.store.query(query, base_iri=BASE, use_default_graph_as_union=True)
    except SyntaxError:
        pytest.fail(f"answered, and is no query: {query}")
    written = expected.serialize(format=QueryResultsFormat.JSON)
    assert written is not None
    wanted, found = json.loads(written), json.loads(reply.text)
    if "boolean" in wanted:
        assert found == wanted
    else:
        assert found["head"] == wanted["head"]
        # Without ORDER BY, LIMIT may give other rows, but as many.
        assert len(found["results"]["bindings"]) == len(wanted["results"]["bindings"])


# The header space.

RANGES = st.sampled_from(
    [
        JSON,
        "text/csv",
        "text/turtle",
        "application/ld+json",
        "*/*",
        "text/*",
        "*",
        "a/b",
        "text/html",
    ]
)
QUALITIES = st.sampled_from(
    ["", ";q=0", ";q=1", ";q=0.5", ";q=.2", ";q=2", ";q=x", ";q", ";v=1;q=0.1"]
)
ACCEPT = st.one_of(
    st.none(),
    st.lists(st.tuples(RANGES, QUALITIES).map("".join), max_size=6).map(", ".join),
    st.text(
        st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f"),
        max_size=80,
    ),
)
TYPES = st.one_of(
    st.none(),
    st.sampled_from(
        [QUERY, FORM, "text/plain", "application/sparql-update", f"{FORM}; charset=utf-8"]
    ),
    st.sampled_from(
        [f"{QUERY};charset=utf-16", f"{QUERY}; charset", ";", "/", f"{QUERY};;", QUERY.upper()]
    ),
    st.text(
        st.characters(min_codepoint=0x21, max_codepoint=0xFF, exclude_characters="\x7f"),
        max_size=40,
    ),
)
BODIES = st.one_of(
    st.binary(max_size=200),
    st.sampled_from(
        [b"", b"ASK {}", b"query=ASK%20%7B%7D", b"query=ASK%7B%7D&query=", b"\xff", b"query=%FF"]
    ),
    st.builds(lambda text: text.encode("utf-8", "surrogatepass"), st.text(max_size=60)),
    st.just(b"ASK {" + b" " * 600_000 + b"}"),
)
OTHERS = st.dictionaries(
    st.sampled_from(
        ["Content-Encoding", "If-None-Match", "If-Match", "If-Modified-Since", "Range", "TE"]
    ),
    st.sampled_from(
        ["gzip", "identity", "*", '"x"', "W/", "Sun, 22 Nov 2026 00:00:00 GMT", "bytes=0-1", ""]
    ),
    max_size=2,
)


@FUZZ
@given(st.sampled_from(["GET", "POST", "QUERY", "HEAD", "PUT"]), ACCEPT, TYPES, BODIES, OTHERS)
def test_headers_and_bodies(
    judge: Judge,
    method: str,
    accept: str | None,
    content_type: str | None,
    body: bytes,
    others: dict[str, str],
) -> None:
    fields = dict(others)
    fields |= {} if accept is None else {"Accept": accept}
    fields |= {} if content_type is None else {"Content-Type": content_type}
    fields = {name: value.encode("latin-1").decode("latin-1") for name, value in fields.items()}
    reply = judge.site.request(
        method, "/sparql", fields, b"" if method in ("GET", "HEAD") else body
    )
    if reply.status in (304, 412):
        assert any(name.startswith("If-") for name in others)
    elif method == "PUT":
        assert reply.status == 405
        assert reply.headers["Allow"]
    elif method == "HEAD":
        assert reply.body == b""
        assert reply.status in (200, *REFUSALS)
    elif method == "GET" and reply.status == 200:
        assert reply.media_type == "text/html" or list(
            parse(reply.body, format=RdfFormat.from_media_type(reply.media_type))
        )
    else:
        well_formed(reply)


# The query string.

ESCAPES = st.sampled_from(
    ["%", "%2", "%zz", "%00", "%FF", "%C3%BC", "%ED%A0%80", "+", "&", "=", "%25", "?"]
)
NAMES = st.sampled_from(
    ["query", "update", "default-graph-uri", "named-graph-uri", "format", "graph"]
)
VALUES = st.one_of(
    ESCAPES,
    st.sampled_from(
        ["ASK%7B%7D", "json", "csv", "ttl", "x:y", quote(BASE, safe=""), "CLEAR+ALL", ""]
    ),
    st.text(max_size=20).map(lambda text: quote(text.encode("utf-8", "surrogatepass"))),
)


@FUZZ
@given(
    st.sampled_from(["/sparql", "/graph"]),
    st.lists(st.tuples(NAMES, VALUES, ESCAPES), max_size=5),
    st.booleans(),
)
def test_query_strings(
    judge: Judge, path: str, pairs: list[tuple[str, str, str]], sloppy: bool
) -> None:
    parts = [f"{name}={value}{escape if sloppy else ''}" for name, value, escape in pairs]
    reply = judge.site.get(f"{path}?{'&'.join(parts)}")
    if reply.status == 404:
        assert path == "/graph"
    else:
        well_formed(reply)


@FUZZ
@given(st.binary(max_size=120))
@example(
    b"GET /sparql?query=ASK%7B%7D HTTP/1.1\r\nHost: a\r\nAccept: \xff\r\nConnection: close\r\n\r\n"
)
@example(b"POST /sparql HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n")
@example(b"POST /sparql HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nASK{}")
@example(b"GET http://b/sparql HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
@example(b"GET \\\\ HTTP/1.1\r\n\r\n")
def test_octets(judge: Judge, octets: bytes) -> None:
    """What is no HTTP gets a 4xx or is cut; whatever comes back never is a 5xx."""
    site = judge.site
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=10)
    try:
        connection.connect()
        connection.sock.sendall(octets)
        connection.sock.shutdown(1)
        answer = b""
        while part := connection.sock.recv(65536):
            answer += part
    except TimeoutError:
        raise
    except OSError:
        # It may be closed before all was sent, but not be left open.
        return
    finally:
        connection.close()
    assert not answer or answer.startswith(b"HTTP/1.")
    assert not answer.startswith((b"HTTP/1.1 5", b"HTTP/1.0 5"))
