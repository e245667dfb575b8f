"""SPARQL 1.1 Protocol, 2.1.7: what is no query operation, and how that is said."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from tests.server.conftest import Site
from tests.server.protocol.asking import COUNT, FORM, QUERY, form, get, number, post, problem

EVERY_ENGINE = True


def test_bad_query_syntax(site: Site) -> None:
    members = problem(site.get("/sparql?query=ASK%20%7B"), 400, "syntax-error")
    assert (members["line"], members["column"]) == (1, 6)


def test_a_syntax_error_has_a_place(site: Site) -> None:
    reply = get(site, "SELECT *\nWHERE { ?s ?p }")
    members = problem(reply, 400, "syntax-error")
    assert (members["line"], members["column"]) == (2, 15)
    assert "'}'" in str(members["detail"])


def test_a_syntax_error_has_a_place_in_every_operation(site: Site) -> None:
    query = "SELECT *\nWHERE {\n  ?s ?p ?o .\n  FILTER( ?o > )\n}"
    replies = (
        get(site, query),
        post(site, query.encode(), QUERY),
        post(site, form(query=query), FORM),
        site.request("QUERY", "/sparql", {"Content-Type": QUERY}, query.encode()),
    )
    for reply in replies:
        members = problem(reply, 400, "syntax-error")
        assert (members["line"], members["column"]) == (4, 16)


@pytest.mark.parametrize("query", ["", " ", "# nothing"])
def test_an_empty_query(site: Site, query: str) -> None:
    problem(get(site, query), 400, "syntax-error")
    problem(post(site, form(query=query), FORM), 400, "syntax-error")


def test_bad_multiple_queries(site: Site) -> None:
    reply = site.get("/sparql?query=ASK%20%7B%7D&query=SELECT%20%2A%20%7B%7D")
    members = problem(reply, 400, "query-count")
    assert "2 times" in str(members["detail"])


def test_the_same_query_twice(site: Site) -> None:
    problem(site.get(f"/sparql?query={quote(COUNT)}&query={quote(COUNT)}"), 400, "query-count")
    problem(post(site, form(("query", COUNT), ("query", COUNT)), FORM), 400, "query-count")


def test_a_query_in_the_url_and_in_the_body(site: Site) -> None:
    path = f"/sparql?query={quote(COUNT)}"
    problem(post(site, COUNT.encode(), QUERY, path), 400, "query-count")
    problem(post(site, form(query=COUNT), FORM, path), 400, "query-count")


def test_a_form_without_a_query(site: Site) -> None:
    problem(post(site, b"default-graph-uri=x:y", FORM), 400, "query-count")
    problem(post(site, b"QUERY=ASK%7B%7D", FORM), 400, "query-count")


def test_bad_query_missing_form_type(site: Site) -> None:
    problem(post(site, b"query=ASK%20%7B%7D", None), 415, "unsupported-media-type")


def test_bad_query_missing_direct_type(site: Site) -> None:
    reply = post(site, b"ASK {}", None)
    problem(reply, 415, "unsupported-media-type")
    assert QUERY in reply.headers["Accept-Post"]


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/json",
        "multipart/form-data; boundary=x",
        "application/sparql-query+xml",
        "application/sparql-results+json",
        "application",
        ";",
        "text/turtle; charset=utf-8",
    ],
)
def test_bad_query_wrong_media_type(site: Site, content_type: str) -> None:
    reply = post(site, COUNT.encode(), content_type)
    problem(reply, 415, "unsupported-media-type")
    assert reply.headers["Accept-Post"] == f"{QUERY}, {FORM}"


@pytest.mark.parametrize("kind", [QUERY, FORM])
def test_another_charset(site: Site, kind: str) -> None:
    reply = post(site, b"query=" + COUNT.encode("utf-16"), f"{kind}; charset=UTF-16")
    problem(reply, 415, "unsupported-media-type")


def test_bad_query_non_utf8(site: Site) -> None:
    body = "ASK {}".encode("utf-16")
    problem(post(site, body, f"{QUERY}; charset=UTF-16"), 415, "unsupported-media-type")
    problem(post(site, body, QUERY), 400, "encoding")


@pytest.mark.parametrize(
    "octets",
    [b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xc0\xaf", b"\xf4\x90\x80\x80", "ü".encode("latin-1")],
)
def test_octets_that_are_not_utf_8(site: Site, octets: bytes) -> None:
    escaped = b"".join(b"%%%02X" % octet for octet in octets)
    problem(post(site, b'ASK { ?s ?p "' + octets + b'" }', QUERY), 400, "encoding")
    problem(post(site, b"query=ASK+%7B%7D" + escaped, FORM), 400, "encoding")
    problem(post(site, b"query=ASK+%7B%7D" + octets, FORM), 400, "encoding")
    problem(site.get(f"/sparql?query=ASK+%7B%7D{escaped.decode()}"), 400, "encoding")
    problem(site.get(f"/sparql?query=ASK&default-graph-uri={escaped.decode()}"), 400, "encoding")


def test_nul_characters(site: Site) -> None:
    problem(site.get("/sparql?query=ASK+%7B%7D%00"), 400, "encoding")
    problem(post(site, b"ASK {\0}", QUERY), 400, "encoding")


def test_a_byte_order_mark(site: Site) -> None:
    problem(post(site, "\ufeffASK {}".encode(), QUERY), 400, "syntax-error")


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "gzip, identity", "x"])
def test_a_compressed_body(site: Site, coding: str) -> None:
    reply = post(site, b"\x1f\x8b", QUERY, Content_Encoding=coding)
    problem(reply, 415, "unsupported-media-type")


def test_a_body_that_is_said_to_be_as_it_is(site: Site) -> None:
    assert post(site, b"ASK {}", QUERY, Content_Encoding="identity").status == 200


def test_a_body_of_unknown_length(site: Site) -> None:
    for version in (b"1.0", b"1.1"):
        answer = site.raw(
            b"POST /sparql HTTP/" + version + b"\r\nHost: a\r\nConnection: close\r\n"
            b"Content-Type: application/sparql-query\r\n\r\n"
        )
        assert answer.split(b" ", 2)[1] == b"411"
        assert b"application/problem+json" in answer


def test_an_empty_body(site: Site) -> None:
    problem(post(site, b"", QUERY, Content_Length="0"), 400, "syntax-error")
    problem(post(site, b"", FORM, Content_Length="0"), 400, "query-count")


def test_a_query_too_long_in_a_post(site: Site) -> None:
    query = COUNT + " # " + "x" * (site.release.limits.query_kb * 1024)
    for body, kind in ((query.encode(), QUERY), (form(query=query), FORM)):
        members = problem(post(site, body, kind), 413, "query-too-long")
        assert members["limit"] == "query_kb"
        assert members["value"] == site.release.limits.query_kb
        assert members["dumps"] == "/dumps/latest/"


def test_a_query_too_long_by_far(site: Site) -> None:
    answer = site.raw(
        b"POST /sparql HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
        b"Content-Type: application/sparql-query\r\nContent-Length: 10000000000\r\n\r\n"
    )
    assert answer.startswith(b"HTTP/1.1 413 ")


def test_a_long_query_in_a_url(site: Site) -> None:
    query = COUNT + " # " + "x" * 60_000
    assert number(get(site, query)) == site.release.counts["triples"]


def test_brackets_too_deep(site: Site) -> None:
    reply = post(site, b"SELECT * {" + b"{" * 10_000 + b"}" * 10_000 + b"}", QUERY)
    members = problem(reply, 400, "query-too-deep")
    assert members["limit"] == "query_depth"


def test_an_unknown_function(site: Site) -> None:
    problem(get(site, "SELECT (<x:f>(1) AS ?n) {}"), 400, "evaluation-failed")


def test_a_prefix_that_is_not_declared(site: Site) -> None:
    members = problem(get(site, "SELECT * {\n ?s ex:p ?o }"), 400, "syntax-error")
    assert (members["line"], members["column"]) == (2, 5)


def test_people_get_a_page_that_says_it(site: Site) -> None:
    reply = get(site, "SELECT", "text/html")
    assert reply.status == 400
    assert reply.media_type == "text/html"
    reply = get(site, "CLEAR ALL", "text/html")
    assert reply.status == 403
