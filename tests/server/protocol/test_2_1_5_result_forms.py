"""SPARQL 1.1 Protocol, 2.1.5 and 2.1.6: the form of an answer, by `Accept` and by `format=`."""

from __future__ import annotations

import csv
import io
import json

import pytest
from pyoxigraph import (
    NamedNode,
    QueryBoolean,
    QueryResultsFormat,
    RdfFormat,
    parse,
    parse_query_results,
)

from tests.server.conftest import BASE, Site
from tests.server.protocol.asking import COUNT, FORM, JSON, QUERY, XML, form, get, post, problem

EVERY_ENGINE = True

TSV = "text/tab-separated-values"
DESCRIBE = f"DESCRIBE <{BASE}id/probe/report.ttl>"
CONSTRUCT = f"CONSTRUCT WHERE {{ <{BASE}id/probe/report.ttl> ?p ?o }}"
RESULTS = [JSON, XML, "text/csv", TSV]
GRAPHS = ["text/turtle", "application/n-triples", "application/rdf+xml", "application/ld+json"]


@pytest.mark.parametrize("accept", [None, *RESULTS])
def test_query_content_type_select(site: Site, accept: str | None) -> None:
    fields = {} if accept is None else {"Accept": accept}
    reply = post(site, b"SELECT (1 AS ?value) {}", QUERY, **fields)
    assert reply.status == 200
    assert reply.media_type == (accept or JSON)


@pytest.mark.parametrize("accept", [None, JSON, XML])
def test_query_content_type_ask(site: Site, accept: str | None) -> None:
    fields = {} if accept is None else {"Accept": accept}
    reply = post(site, b"ASK {}", QUERY, **fields)
    assert reply.media_type == (accept or JSON)
    known = QueryResultsFormat.from_media_type(reply.media_type)
    result = parse_query_results(reply.body, format=known)
    assert isinstance(result, QueryBoolean)
    assert bool(result)


@pytest.mark.parametrize("accept", [None, *GRAPHS])
def test_query_content_type_describe(site: Site, accept: str | None) -> None:
    fields = {} if accept is None else {"Accept": accept}
    reply = post(site, b"DESCRIBE <http://example.org/>", QUERY, **fields)
    assert reply.media_type == (accept or "text/turtle")
    assert list(parse(reply.body, format=RdfFormat.from_media_type(reply.media_type))) == []


@pytest.mark.parametrize("accept", [None, *GRAPHS])
def test_query_content_type_construct(site: Site, accept: str | None) -> None:
    fields = {} if accept is None else {"Accept": accept}
    reply = post(site, b"CONSTRUCT { <s> <p> 1 } WHERE {}", QUERY, **fields)
    assert reply.media_type == (accept or "text/turtle")
    (quad,) = parse(reply.body, format=RdfFormat.from_media_type(reply.media_type))
    assert quad.subject == NamedNode(f"{BASE}s")


@pytest.mark.parametrize("kind", ["SELECT", "ASK"])
@pytest.mark.parametrize(
    ("accept", "form"),
    [
        (None, JSON),
        ("", JSON),
        ("*/*", JSON),
        ("*", JSON),
        ("application/*", JSON),
        ("text/*", "text/csv"),
        (JSON, JSON),
        (JSON.upper(), JSON),
        (XML, XML),
        ("text/csv", "text/csv"),
        (TSV, TSV),
        ("text/csv;q=0.5, application/sparql-results+xml;q=0.9", XML),
        ("text/csv; q=0.123 , text/tab-separated-values; q=.2", TSV),
        ("text/csv;charset=utf-8", "text/csv"),
        ("text/csv;header=present;q=0.4, application/sparql-results+xml;q=0.3", "text/csv"),
        ("application/json", "application/json"),
        ("application/json, text/csv;q=0.5", "application/json"),
        ("application/json;q=0.2, text/csv;q=0.5", "text/csv"),
        ("application/xml", "application/xml"),
        ("text/xml", "text/xml"),
        ("text/turtle, */*;q=0.1", JSON),
        ("text/turtle, application/rdf+xml, text/*;q=0.1", "text/csv"),
        (f"{JSON};q=0, */*", XML),
        (f"{JSON};q=0, {XML};q=0, */*", "text/csv"),
        ("broken, ;;;, text/csv;q=2, a/b;q=x", JSON),
        ("application/json;q=0.1," * 500 + "*/*", JSON),
    ],
)
def test_tables(site: Site, kind: str, accept: str | None, form: str) -> None:
    query = {"SELECT": "SELECT (1 AS ?n) {}", "ASK": "ASK {}"}[kind]
    reply = get(site, query, accept)
    assert reply.status == 200
    assert reply.media_type == form
    assert reply.headers["Vary"] == "Accept, Accept-Encoding"
    assert ("1" in reply.text) if kind == "SELECT" else ("true" in reply.text)
    known = QueryResultsFormat.from_media_type(form)
    if known is not None and form != "text/csv" and kind == "SELECT":
        (row,) = parse_query_results(reply.body, format=known)
        assert row["n"].value == "1"


def test_several_accept_fields_are_one_list(site: Site) -> None:
    answer = site.raw(
        b"GET /sparql?query=ASK%7B%7D HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
        b"Accept: text/csv;q=0.5\r\nAccept: application/sparql-results+xml;q=0.9\r\n\r\n"
    )
    assert f"content-type: {XML}".encode() in answer.lower()


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        (None, "text/turtle"),
        ("*/*", "text/turtle"),
        ("application/*", "application/n-triples"),
        *((form, form) for form in GRAPHS),
        ("application/json", "application/json"),
        ("application/x-turtle", "text/turtle"),
        ("application/rdf+xml;q=0.3, text/turtle;q=0.2", "application/rdf+xml"),
        (f"{JSON}, application/ld+json;q=0.1", "application/ld+json"),
        (f"{JSON}, */*;q=0.1", "text/turtle"),
    ],
)
@pytest.mark.parametrize("query", [CONSTRUCT, DESCRIBE])
def test_graphs(site: Site, query: str, accept: str | None, form: str) -> None:
    reply = get(site, query, accept)
    assert reply.status == 200
    assert reply.media_type == form
    known = RdfFormat.from_media_type("application/ld+json" if "json" in form else form)
    (quad,) = parse(reply.body, format=known)
    assert quad.subject == NamedNode(f"{BASE}id/probe/report.ttl")


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("json", JSON),
        ("xml", XML),
        ("csv", "text/csv"),
        ("tsv", TSV),
        ("JSON", JSON),
        *((form, form) for form in RESULTS),
        ("application/json", "application/json"),
        ("text/xml", "text/xml"),
    ],
)
def test_format_outranks_accept(site: Site, name: str, media_type: str) -> None:
    reply = get(site, COUNT, "text/html", format=name)
    assert reply.status == 200
    assert reply.media_type == media_type
    assert post(site, form(query=COUNT, format=name), FORM).media_type == media_type
    assert post(site, COUNT.encode(), QUERY, f"/sparql?format={name}").media_type == media_type


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("ttl", "text/turtle"),
        ("nt", "application/n-triples"),
        ("rdf", "application/rdf+xml"),
        ("jsonld", "application/ld+json"),
        *((form, form) for form in GRAPHS),
        # What clients write.
        ("turtle", "text/turtle"),
        ("n3", "text/turtle"),
        ("ntriples", "application/n-triples"),
        ("xml", "application/rdf+xml"),
        ("rdf+xml", "application/rdf+xml"),
        ("json", "application/ld+json"),
        ("json-ld", "application/ld+json"),
    ],
)
def test_format_of_graphs(site: Site, name: str, media_type: str) -> None:
    reply = get(site, CONSTRUCT, "text/html", format=name)
    assert reply.media_type == media_type
    (quad,) = parse(reply.body, format=RdfFormat.from_media_type(media_type))
    assert quad.subject == NamedNode(f"{BASE}id/probe/report.ttl")


def test_the_last_of_several_formats_decides(site: Site) -> None:
    body = form(("query", COUNT), ("format", "csv"), ("format", "xml"))
    assert post(site, body, FORM).media_type == XML


@pytest.mark.parametrize(
    ("query", "accept"),
    [
        (COUNT, "text/turtle"),
        (COUNT, "image/png"),
        (COUNT, "*/*;q=0"),
        ("ASK {}", "application/ld+json"),
        ("DESCRIBE <x:y>", "text/csv"),
        (CONSTRUCT, JSON),
    ],
)
def test_what_is_not_on_offer(site: Site, query: str, accept: str) -> None:
    members = problem(get(site, query, accept), 406, "not-acceptable")
    offered = members["available"]
    assert isinstance(offered, list)
    listed = [each["type"] for each in offered]
    assert listed == (GRAPHS if query[0] in "CD" else RESULTS)
    for each in offered:
        assert get(site, query, each["type"]).media_type == each["type"]
        assert get(site, query, accept, format=each["format"]).media_type == each["type"]


@pytest.mark.parametrize("name", ["docx", "text/turtle", ""])
def test_a_format_that_does_not_exist(site: Site, name: str) -> None:
    problem(get(site, COUNT, format=name), 406, "not-acceptable")


def test_text_forms_name_their_charset(site: Site) -> None:
    for accept in ("text/csv", TSV):
        assert get(site, COUNT, accept).headers["Content-Type"] == f"{accept}; charset=utf-8"
    reply = get(site, CONSTRUCT, "text/turtle")
    assert reply.headers["Content-Type"] == "text/turtle; charset=utf-8"


def test_all_forms_of_a_table_say_the_same(site: Site) -> None:
    """Query Results JSON, XML and TSV carry terms; CSV their plain values (its section 3)."""
    query = (
        'SELECT ?a ?b ?c ?d { VALUES (?a ?b ?c ?d) { (<x:i> "q\\"\\t,\\n"@en 1.5 UNDEF) '
        '("ü" 7 true "x"^^<x:t>) } }'
    )
    rows = []
    for accept in (JSON, XML, TSV):
        reply = get(site, query, accept)
        known = QueryResultsFormat.from_media_type(accept)
        rows.append([str(row) for row in parse_query_results(reply.body, format=known)])
    assert rows[0] == rows[1] == rows[2]
    read = list(csv.reader(io.StringIO(get(site, query, "text/csv").text, newline="")))
    assert read[0] == ["a", "b", "c", "d"]
    assert read[1] == ["x:i", 'q"\t,\n', "1.5", ""]
    assert read[2] == ["ü", "7", "true", "x"]
    assert get(site, query, "text/csv").text.count("\r\n") == 3


def test_json_has_its_members_where_there_are_no_rows(site: Site) -> None:
    reply = get(site, "SELECT ?a ?b { ?a <x:none> ?b }", JSON)
    assert json.loads(reply.text) == {"head": {"vars": ["a", "b"]}, "results": {"bindings": []}}
