"""SPARQL 1.1 Protocol, 2.1: the three query operations.

Tests that the W3C suite (data-sparql11/protocol) has too bear its names.
"""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest

from tests.server.conftest import BASE, Site
from tests.server.protocol.asking import (
    COUNT,
    FORM,
    JSON,
    QUERY,
    TOWERS,
    address,
    form,
    get,
    number,
    post,
    problem,
    truth,
)

EVERY_ENGINE = True

# 2.1.1 GET


def test_query_get(site: Site) -> None:
    assert truth(get(site, "ASK {}"))
    assert truth(site.get(address("ASK {}", ("default-graph-uri", f"{BASE}nothing"))))


def test_2_1_1_get(site: Site) -> None:
    assert number(get(site, COUNT)) == site.release.counts["triples"]


def test_2_1_1_a_plus_is_a_space_and_an_escaped_plus_is_one(site: Site) -> None:
    assert number(site.get("/sparql?query=SELECT+(1%2B1+AS+%3Fn)+%7B%7D")) == 2


def test_2_1_1_brackets_and_letters_may_come_unescaped(site: Site) -> None:
    answer = site.raw(
        "GET /sparql?query=SELECT(STRLEN('東京')AS?n){} HTTP/1.1\r\n"
        "Host: a\r\nConnection: close\r\n\r\n".encode()
    )
    assert b'"value":"2"' in answer


def test_2_1_1_a_percent_sign_that_escapes_nothing_is_one(site: Site) -> None:
    query = "SELECT (STRLEN('100%25 %zz') AS ?n) {}".replace(" ", "+")
    assert number(site.get(f"/sparql?query={query}")) == 8


def test_2_1_1_a_body_of_a_get_is_passed_over(site: Site) -> None:
    path = address("ASK {}")
    assert truth(site.request("GET", path, {"Content-Type": QUERY}, b"ASK { ?s ?p 'nothing' }"))


def test_2_1_head_equals_get(site: Site) -> None:
    path = address(COUNT)
    got, head = site.get(path, JSON), site.request("HEAD", path, {"Accept": JSON})
    assert head.status == 200
    assert head.body == b""
    names = ("Content-Type", "Content-Length", "ETag", "Last-Modified", "Vary", "Cache-Control")
    assert [head.headers[name] for name in names] == [got.headers[name] for name in names]


def test_2_1_head_of_an_error_equals_get(site: Site) -> None:
    for query in ("SELECT", "CLEAR ALL"):
        got = get(site, query)
        head = site.request("HEAD", address(query))
        assert (head.status, head.body) == (got.status, b"")
        assert head.headers["Content-Type"] == got.headers["Content-Type"]


# 2.1.2 POST with URL-encoded parameters


def test_query_post_form(site: Site) -> None:
    path = f"/sparql?default-graph-uri={quote(BASE)}nothing"
    assert truth(post(site, b"query=ASK%20%7B%7D", FORM, path))


def test_2_1_2_post_form(site: Site) -> None:
    assert number(post(site, form(query=COUNT), FORM)) == site.release.counts["triples"]


@pytest.mark.parametrize("charset", ["charset=UTF-8", 'charset="utf-8"', "Charset=utf8"])
def test_2_1_2_post_form_with_charset(site: Site, charset: str) -> None:
    assert post(site, form(query=COUNT), f"{FORM}; {charset}").status == 200


def test_2_1_2_the_type_is_read_in_any_case(site: Site) -> None:
    assert truth(
        post(site, form(query="ASK {}"), "Application/X-WWW-Form-Urlencoded;charset=utf-8")
    )


def test_2_1_2_the_order_of_parameters_does_not_matter(site: Site) -> None:
    body = form(("default-graph-uri", TOWERS), ("query", COUNT), ("format", "json"))
    assert number(post(site, body, FORM)) == site.release.counts["graphs"][TOWERS]


# 2.1.3 POST directly


def test_query_post_direct(site: Site) -> None:
    assert truth(post(site, b"ASK {}", QUERY))


def test_2_1_3_post_direct(site: Site) -> None:
    assert number(post(site, COUNT.encode(), QUERY)) == site.release.counts["triples"]


@pytest.mark.parametrize(
    "query",
    [
        'SELECT ("東京 ü" AS ?n) {}',
        'SELECT ("a+b%20c&query=d" AS ?n) {}',
        'SELECT ("""two\r\nlines\n""" AS ?n) {}',
        'SELECT\t("\\t\\u00FC" AS ?n)\r\n{} # the end',
        'SELECT ("\U0001f5fc" AS ?n) {}',
    ],
)
def test_2_1_3_a_query_goes_round_unharmed(site: Site, query: str) -> None:
    """What is posted directly is evaluated as written, and equals what GET and a form give."""
    direct = post(site, query.encode(), f"{QUERY}; charset=utf-8")
    assert direct.status == 200, direct.text
    expected = {
        "東京": "東京 ü",
        "a+b": "a+b%20c&query=d",
        "two": "two\r\nlines\n",
        "\\t": "\tü",
        "\U0001f5fc": "\U0001f5fc",
    }
    (value,) = (text for mark, text in expected.items() if mark in query)
    assert json.loads(direct.text)["results"]["bindings"][0]["n"]["value"] == value
    assert get(site, query).body == direct.body
    assert post(site, form(query=query), FORM).body == direct.body


def test_2_1_3_saved_queries_are_answered_as_they_are_served(site: Site) -> None:
    """What `/queries/{name}.rq` answers with can be posted as it is."""
    served = site.get("/queries/tuerme.rq")
    assert served.media_type == QUERY
    assert post(site, served.body, served.headers["Content-Type"]).status == 200


def test_2_1_post_in_chunks(site: Site) -> None:
    answer = site.raw(
        b"POST /sparql HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
        b"Content-Type: application/sparql-query\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"3\r\nASK\r\n3\r\n {}\r\n0\r\n\r\n"
    )
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b'"boolean":true' in answer


# Other methods and parameters


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "PROPFIND"])
def test_bad_query_method(site: Site, method: str) -> None:
    reply = site.request(method, address("ASK {}"), {"Content-Type": FORM})
    problem(reply, 405, None)
    allowed = set(reply.headers["Allow"].split(", "))
    assert allowed == {"GET", "HEAD", "POST", "QUERY", "OPTIONS"}


def test_2_1_a_method_that_is_not_allowed_is_so_however_large_its_body(site: Site) -> None:
    reply = site.request("PUT", "/sparql", {"Content-Type": "text/turtle"}, b"#" * 3_000_000)
    problem(reply, 405, None)


def test_2_1_options(site: Site) -> None:
    reply = site.request("OPTIONS", "/sparql")
    assert reply.status == 204
    assert {"GET", "HEAD", "POST", "QUERY"} <= set(reply.headers["Allow"].split(", "))
    assert reply.headers["Accept-Post"] == f"{QUERY}, {FORM}"
    assert reply.headers["Accept-Query"] == f"{QUERY}, {FORM}"


def test_2_1_other_parameters_are_passed_over(site: Site) -> None:
    assert get(site, COUNT, timeout="1000", debug="on").status == 200


# Connections


def test_http_1_0(site: Site) -> None:
    path = address("SELECT * { ?a ?b ?c }", format="xml")
    answer = site.raw(f"GET {path} HTTP/1.0\r\n\r\n".encode())
    head, _, body = answer.partition(b"\r\n\r\n")
    length = next(
        line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
    )
    assert int(length.split(b":")[1]) == len(body)
    assert body.rstrip().endswith(b"</sparql>")


def test_many_requests_on_one_connection(site: Site) -> None:
    request = b"GET /sparql?query=ASK%7B%7D HTTP/1.1\r\nHost: a\r\n"
    answer = site.raw((request + b"\r\n") * 3 + request + b"Connection: close\r\n\r\n")
    assert answer.count(b'"boolean":true') == 4


def test_a_query_of_half_a_megabyte(site: Site) -> None:
    things = " ".join(f"<{BASE}id/schiff/s{number:03}>" for number in range(8_000))
    query = f"SELECT (COUNT(DISTINCT ?s) AS ?n) {{ VALUES ?s {{ {things} }} ?s ?p ?o }}"
    assert len(query) > 400_000
    assert number(post(site, query.encode(), QUERY)) == 450


# Cross origin


def test_answers_are_for_everyone(site: Site) -> None:
    reply = site.get(address(COUNT), Origin="https://example.org")
    assert reply.headers["Access-Control-Allow-Origin"] == "*"
    exposed = set(reply.headers["Access-Control-Expose-Headers"].split(", "))
    assert {"Link", "ETag", "Retry-After", "Content-Location"} <= exposed


@pytest.mark.parametrize("method", ["POST", "QUERY"])
def test_preflight(site: Site, method: str) -> None:
    asked = {"Origin": "https://example.org", "Access-Control-Request-Method": method}
    reply = site.request(
        "OPTIONS", "/sparql", {**asked, "Access-Control-Request-Headers": "content-type"}
    )
    assert reply.status == 204
    assert method in reply.headers["Access-Control-Allow-Methods"].split(", ")
    assert "Content-Type" in reply.headers["Access-Control-Allow-Headers"]
