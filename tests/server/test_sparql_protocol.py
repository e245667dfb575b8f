"""SPARQL 1.1 Protocol, corner by corner; the numbers are those of its sections."""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.parse import quote, urlencode

import pytest
from pyoxigraph import NamedNode, QueryResultsFormat, RdfFormat, parse, parse_query_results

from tests.server.conftest import BASE, Reply, Site

COUNT = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
JSON = "application/sparql-results+json"
QUERY = "application/sparql-query"
FORM = "application/x-www-form-urlencoded"
TOWERS = f"{BASE}graph/turm"


def get(site: Site, query: str, accept: str | None = None, **parameters: str) -> Reply:
    return site.get(f"/sparql?{urlencode({'query': query, **parameters})}", accept)


def post(
    site: Site, body: bytes, content_type: str | None, path: str = "/sparql", **headers: str
) -> Reply:
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    if content_type is not None:
        fields["Content-Type"] = content_type
    return site.request("POST", path, fields, body)


def number(reply: Reply) -> int:
    assert reply.status == 200, reply.text
    return int(json.loads(reply.text)["results"]["bindings"][0]["n"]["value"])


def problem(reply: Reply, status: int, kind: str) -> Mapping[str, object]:
    assert reply.status == status, reply.text
    assert reply.media_type == "application/problem+json"
    assert reply.headers["Access-Control-Allow-Origin"] == "*"
    members: dict[str, object] = json.loads(reply.text)
    assert members["status"] == status
    assert members["type"] == f"{BASE}problem/{kind}"
    return members


# 2.1 query operation


def test_2_1_1_get(site: Site) -> None:
    assert number(get(site, COUNT)) == site.release.counts["triples"]


def test_2_1_2_post_form(site: Site) -> None:
    body = urlencode({"query": COUNT}).encode()
    assert number(post(site, body, FORM)) == site.release.counts["triples"]


def test_2_1_2_post_form_with_charset(site: Site) -> None:
    body = urlencode({"query": COUNT}).encode()
    assert post(site, body, f"{FORM}; charset=UTF-8").status == 200


def test_2_1_3_post_direct(site: Site) -> None:
    assert number(post(site, COUNT.encode(), QUERY)) == site.release.counts["triples"]


def test_2_1_3_post_direct_in_utf_8(site: Site) -> None:
    query = 'SELECT ("東京 ü" AS ?n) {}'
    reply = post(site, query.encode(), f"{QUERY}; charset=utf-8")
    assert json.loads(reply.text)["results"]["bindings"][0]["n"]["value"] == "東京 ü"


def test_2_1_post_in_chunks(site: Site) -> None:
    answer = site.raw(
        b"POST /sparql HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
        b"Content-Type: application/sparql-query\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"3\r\nASK\r\n3\r\n {}\r\n0\r\n\r\n"
    )
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b'"boolean":true' in answer


def test_2_1_the_query_method(site: Site) -> None:
    reply = site.request("QUERY", "/sparql", {"Content-Type": QUERY}, COUNT.encode())
    assert number(reply) == site.release.counts["triples"]


def test_2_1_head_equals_get(site: Site) -> None:
    path = f"/sparql?{urlencode({'query': COUNT})}"
    got, head = site.get(path, JSON), site.request("HEAD", path, {"Accept": JSON})
    assert head.status == 200
    assert head.body == b""
    names = ("Content-Type", "Content-Length", "ETag", "Last-Modified", "Vary", "Cache-Control")
    assert [head.headers[name] for name in names] == [got.headers[name] for name in names]


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_2_1_other_methods(site: Site, method: str) -> None:
    reply = site.request(method, "/sparql")
    assert reply.status == 405
    assert {"GET", "HEAD", "POST", "OPTIONS"} <= set(reply.headers["Allow"].split(", "))


def test_2_1_other_parameters_are_passed_over(site: Site) -> None:
    assert get(site, COUNT, timeout="1000", debug="on").status == 200


# 2.1.4 dataset


def test_2_1_4_default_graph(site: Site) -> None:
    reply = site.get(f"/sparql?{urlencode({'query': COUNT, 'default-graph-uri': TOWERS})}")
    assert number(reply) == site.release.counts["graphs"][TOWERS]


def test_2_1_4_default_graphs_are_merged(site: Site) -> None:
    graphs = [TOWERS, f"{BASE}graph/ort"]
    given = urlencode([("query", COUNT), *(("default-graph-uri", graph) for graph in graphs)])
    counts = site.release.counts["graphs"]
    assert number(site.get(f"/sparql?{given}")) == sum(counts[graph] for graph in graphs)


def test_2_1_4_named_graphs(site: Site) -> None:
    query = "SELECT (COUNT(DISTINCT ?g) AS ?n) { GRAPH ?g { ?s ?p ?o } }"
    given = urlencode({"query": query, "named-graph-uri": TOWERS})
    assert number(site.get(f"/sparql?{given}")) == 1
    given = urlencode({"query": COUNT, "named-graph-uri": TOWERS})
    assert number(site.get(f"/sparql?{given}")) == 0


def test_2_1_4_the_protocol_overrides_from(site: Site) -> None:
    query = f"SELECT (COUNT(*) AS ?n) FROM <{BASE}graph/ort> {{ ?s ?p ?o }}"
    given = urlencode({"query": query, "default-graph-uri": TOWERS})
    assert number(site.get(f"/sparql?{given}")) == site.release.counts["graphs"][TOWERS]


def test_2_1_4_with_a_direct_post_in_the_url(site: Site) -> None:
    path = f"/sparql?{urlencode({'default-graph-uri': TOWERS})}"
    reply = post(site, COUNT.encode(), QUERY, path)
    assert number(reply) == site.release.counts["graphs"][TOWERS]


def test_2_1_4_a_graph_that_is_no_iri(site: Site) -> None:
    given = urlencode({"query": COUNT, "default-graph-uri": "no iri"})
    problem(site.get(f"/sparql?{given}"), 400, "evaluation-failed")


def test_2_1_4_nothing_is_fetched(site: Site) -> None:
    query = "SELECT (COUNT(*) AS ?n) FROM <file:///etc/passwd> { ?s ?p ?o }"
    assert number(get(site, query)) == 0


# 2.1.5 accepted forms


@pytest.mark.parametrize("kind", ["SELECT", "ASK"])
@pytest.mark.parametrize(
    ("accept", "form"),
    [
        (None, JSON),
        ("*/*", JSON),
        (JSON, JSON),
        ("application/sparql-results+xml", "application/sparql-results+xml"),
        ("text/csv", "text/csv"),
        ("text/tab-separated-values", "text/tab-separated-values"),
        (
            "text/csv;q=0.5, application/sparql-results+xml;q=0.9",
            "application/sparql-results+xml",
        ),
        ("application/json", "application/json"),
        ("text/turtle, */*;q=0.1", JSON),
        ("application/sparql-results+json;q=0, */*", "application/sparql-results+xml"),
    ],
)
def test_2_1_5_tables(site: Site, kind: str, accept: str | None, form: str) -> None:
    query = {"SELECT": "SELECT (1 AS ?n) {}", "ASK": "ASK {}"}[kind]
    reply = get(site, query, accept)
    assert reply.status == 200
    assert reply.media_type == form
    assert reply.headers["Vary"] == "Accept"
    assert ("1" in reply.text) if kind == "SELECT" else ("true" in reply.text)
    known = QueryResultsFormat.from_media_type(form)
    if known is not None and form != "text/csv" and kind == "SELECT":
        (row,) = parse_query_results(reply.body, format=known)
        assert row["n"].value == "1"


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        (None, "text/turtle"),
        ("text/turtle", "text/turtle"),
        ("application/n-triples", "application/n-triples"),
        ("application/rdf+xml", "application/rdf+xml"),
        ("application/ld+json", "application/ld+json"),
        ("application/rdf+xml;q=0.3, text/turtle;q=0.2", "application/rdf+xml"),
    ],
)
@pytest.mark.parametrize(
    "query",
    [
        f"CONSTRUCT WHERE {{ <{BASE}id/probe/report.ttl> ?p ?o }}",
        f"DESCRIBE <{BASE}id/probe/report.ttl>",
    ],
)
def test_2_1_5_graphs(site: Site, query: str, accept: str | None, form: str) -> None:
    reply = get(site, query, accept)
    assert reply.status == 200
    assert reply.media_type == form
    (quad,) = parse(reply.body, format=RdfFormat.from_media_type(form))
    assert quad.subject == NamedNode(f"{BASE}id/probe/report.ttl")


@pytest.mark.parametrize("name", ["json", "xml", "csv", "tsv", JSON])
def test_2_1_5_format_outranks_accept(site: Site, name: str) -> None:
    reply = get(site, COUNT, "text/html", format=name)
    assert reply.status == 200
    assert reply.media_type != "text/html"


@pytest.mark.parametrize("name", ["ttl", "nt", "rdf", "jsonld"])
def test_2_1_5_format_of_graphs(site: Site, name: str) -> None:
    assert get(site, "CONSTRUCT WHERE { ?s ?p ?o } LIMIT 1", format=name).status == 200


@pytest.mark.parametrize(
    ("query", "accept"),
    [(COUNT, "text/turtle"), ("DESCRIBE <x:y>", "text/csv"), (COUNT, "image/png")],
)
def test_2_1_5_what_is_not_on_offer(site: Site, query: str, accept: str) -> None:
    members = problem(get(site, query, accept), 406, "not-acceptable")
    assert members["available"]


def test_2_1_5_a_format_that_does_not_exist(site: Site) -> None:
    problem(get(site, COUNT, format="docx"), 406, "not-acceptable")


def test_2_1_5_text_forms_name_their_charset(site: Site) -> None:
    assert get(site, COUNT, "text/csv").headers["Content-Type"] == "text/csv; charset=utf-8"


# 2.1.6 failures


def test_2_1_6_a_syntax_error_has_a_place(site: Site) -> None:
    reply = get(site, "SELECT *\nWHERE { ?s ?p }")
    members = problem(reply, 400, "syntax-error")
    assert (members["line"], members["column"]) == (2, 15)
    assert "'}'" in str(members["detail"])


def test_2_1_6_a_syntax_error_in_a_post(site: Site) -> None:
    problem(post(site, b"SELECT", QUERY), 400, "syntax-error")


@pytest.mark.parametrize("query", ["", " ", "# nothing"])
def test_2_1_6_an_empty_query(site: Site, query: str) -> None:
    problem(get(site, query), 400, "syntax-error")


def test_2_1_6_two_queries(site: Site) -> None:
    reply = site.get(f"/sparql?query={quote(COUNT)}&query={quote(COUNT)}")
    problem(reply, 400, "query-count")


def test_2_1_6_a_query_in_the_url_and_in_the_body(site: Site) -> None:
    reply = post(site, COUNT.encode(), QUERY, f"/sparql?query={quote(COUNT)}")
    problem(reply, 400, "query-count")
    body = urlencode({"query": COUNT}).encode()
    problem(post(site, body, FORM, f"/sparql?query={quote(COUNT)}"), 400, "query-count")


def test_2_1_6_a_form_without_a_query(site: Site) -> None:
    problem(post(site, b"default-graph-uri=x:y", FORM), 400, "query-count")


def test_2_1_6_no_content_type(site: Site) -> None:
    reply = post(site, COUNT.encode(), None)
    problem(reply, 415, "unsupported-media-type")
    assert QUERY in reply.headers["Accept-Post"]


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/json", "multipart/form-data; boundary=x"]
)
def test_2_1_6_a_wrong_content_type(site: Site, content_type: str) -> None:
    problem(post(site, COUNT.encode(), content_type), 415, "unsupported-media-type")


@pytest.mark.parametrize("kind", [QUERY, FORM])
def test_2_1_6_another_charset(site: Site, kind: str) -> None:
    reply = post(site, b"query=" + COUNT.encode("utf-16"), f"{kind}; charset=UTF-16")
    problem(reply, 415, "unsupported-media-type")


def test_2_1_6_not_utf_8(site: Site) -> None:
    problem(post(site, b'ASK { ?s ?p "\xff" }', QUERY), 400, "encoding")
    problem(post(site, b"query=ASK+%7B%7D%FF", FORM), 400, "encoding")
    problem(site.get("/sparql?query=ASK+%7B%7D%FF"), 400, "encoding")


def test_2_1_6_nul_characters(site: Site) -> None:
    problem(site.get("/sparql?query=ASK+%7B%7D%00"), 400, "encoding")


def test_2_1_6_a_compressed_body(site: Site) -> None:
    reply = post(site, b"\x1f\x8b", QUERY, Content_Encoding="gzip")
    problem(reply, 415, "unsupported-media-type")


def test_2_1_6_a_query_too_long_in_a_post(site: Site) -> None:
    query = COUNT + " # " + "x" * (site.release.limits.query_kb * 1024)
    for body, kind in ((query.encode(), QUERY), (urlencode({"query": query}).encode(), FORM)):
        members = problem(post(site, body, kind), 413, "query-too-long")
        assert members["limit"] == "query_kb"
        assert members["value"] == site.release.limits.query_kb
        assert members["dumps"] == "/dumps/latest/"


def test_2_1_6_a_query_too_long_by_far(site: Site) -> None:
    answer = site.raw(
        b"POST /sparql HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
        b"Content-Type: application/sparql-query\r\nContent-Length: 10000000000\r\n\r\n"
    )
    assert answer.startswith(b"HTTP/1.1 413 ")


def test_2_1_6_a_long_query_in_a_url(site: Site) -> None:
    query = COUNT + " # " + "x" * 60_000
    assert number(get(site, query)) == site.release.counts["triples"]


def test_2_1_6_brackets_too_deep(site: Site) -> None:
    reply = post(site, b"SELECT * {" + b"{" * 10_000 + b"}" * 10_000 + b"}", QUERY)
    members = problem(reply, 400, "query-too-deep")
    assert members["limit"] == "depth"


def test_2_1_6_an_unknown_function(site: Site) -> None:
    problem(get(site, "SELECT (<x:f>(1) AS ?n) {}"), 400, "evaluation-failed")


# 2.2 update operation

UPDATE = "INSERT DATA { <x:a> <x:b> <x:c> }"


def test_2_2_as_a_query(site: Site) -> None:
    problem(get(site, UPDATE), 403, "update-refused")
    problem(post(site, UPDATE.encode(), QUERY), 403, "update-refused")


def test_2_2_as_a_form(site: Site) -> None:
    problem(post(site, urlencode({"update": UPDATE}).encode(), FORM), 403, "update-refused")


def test_2_2_direct(site: Site) -> None:
    kind = "application/sparql-update"
    problem(post(site, UPDATE.encode(), kind), 403, "update-refused")


def test_2_2_in_a_url(site: Site) -> None:
    problem(site.get(f"/sparql?update={quote(UPDATE)}"), 403, "update-refused")


def test_2_2_nothing_has_changed(site: Site) -> None:
    assert '"boolean":false' in get(site, "ASK { <x:a> ?p ?o }").text


# federation


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }",
        "SELECT * { FILTER EXISTS { service SILENT <http://127.0.0.1:1/> { ?s ?p ?o } } }",
        "SELECT * { \\u0053ERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }",
    ],
)
def test_is_refused(site: Site, query: str) -> None:
    members = problem(get(site, query), 403, "service-refused")
    assert members["line"] == 1


def test_the_word_is_not(site: Site) -> None:
    assert get(site, 'SELECT ?service { ?service ?p "SERVICE" } # SERVICE').status == 200


# caching


def test_validators(site: Site) -> None:
    reply = get(site, COUNT, JSON)
    assert reply.headers["ETag"].startswith(f'"{site.release.id}-')
    assert reply.headers["Last-Modified"]
    path = f"/sparql?{urlencode({'query': COUNT})}"
    again = site.get(path, JSON, If_None_Match=reply.headers["ETag"])
    assert again.status == 304
    assert again.body == b""
    assert again.headers["ETag"] == reply.headers["ETag"]
    assert again.headers["Vary"] == "Accept"
    other = site.get(path, "text/csv", If_None_Match=reply.headers["ETag"])
    assert other.status == 200
    assert other.headers["ETag"] != reply.headers["ETag"]


def test_a_validator_that_does_not_match(site: Site) -> None:
    path = f"/sparql?{urlencode({'query': COUNT})}"
    assert number(site.get(path, If_None_Match='"other"')) > 0
    assert site.get(path, If_Match='"other"').status == 412


def test_the_dataset_is_part_of_it(site: Site) -> None:
    plain = get(site, COUNT).headers["ETag"]
    given = urlencode({"query": COUNT, "default-graph-uri": TOWERS})
    assert site.get(f"/sparql?{given}").headers["ETag"] != plain


def test_answers_that_change_are_not_kept(site: Site) -> None:
    reply = get(site, "SELECT (NOW() AS ?n) {}")
    assert "ETag" not in reply.headers
    assert reply.headers["Cache-Control"] == "no-store"


def test_a_post_is_not_kept(site: Site) -> None:
    reply = post(site, COUNT.encode(), QUERY)
    assert "ETag" not in reply.headers


# cross origin


def test_answers_are_for_everyone(site: Site) -> None:
    reply = site.get(f"/sparql?{urlencode({'query': COUNT})}", Origin="https://example.org")
    assert reply.headers["Access-Control-Allow-Origin"] == "*"
    exposed = set(reply.headers["Access-Control-Expose-Headers"].split(", "))
    assert {"Link", "ETag", "Retry-After", "Content-Location"} <= exposed


def test_preflight(site: Site) -> None:
    reply = site.request(
        "OPTIONS",
        "/sparql",
        {"Origin": "https://example.org", "Access-Control-Request-Method": "POST"},
    )
    assert reply.status == 204
    assert "POST" in reply.headers["Access-Control-Allow-Methods"]


# service description

SD = "http://www.w3.org/ns/sparql-service-description#"


@pytest.mark.parametrize(
    "form",
    ["text/turtle", "application/n-triples", "application/rdf+xml", "application/ld+json"],
)
def test_in_each_form(site: Site, form: str) -> None:
    reply = site.get("/sparql", form)
    assert reply.status == 200
    assert reply.media_type == form
    triples = list(parse(reply.body, format=RdfFormat.from_media_type(form)))
    named = {t.object.value for t in triples if t.predicate.value == f"{SD}name"}
    assert named == set(site.release.counts["graphs"])
    features = {t.object.value for t in triples if t.predicate.value == f"{SD}feature"}
    assert features == {f"{SD}UnionDefaultGraph"}
    formats = [t for t in triples if t.predicate.value == f"{SD}resultFormat"]
    assert len(formats) == 8


def test_its_counts_are_true(site: Site) -> None:
    query = "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g"
    rows = json.loads(get(site, query, JSON).text)["results"]["bindings"]
    found = {row["g"]["value"]: int(row["n"]["value"]) for row in rows}
    assert found == site.release.counts["graphs"]
    reply = site.get("/sparql", "application/n-triples")
    for graph, count in found.items():
        said = f'<{graph}> <http://rdfs.org/ns/void#triples> "{count}"^^'
        assert said in reply.text


def test_programs_get_it_and_browsers_the_page(site: Site) -> None:
    assert site.get("/sparql").media_type == "text/turtle"
    assert site.get("/sparql", "*/*").media_type == "text/turtle"
    assert site.get("/sparql", "text/html").media_type == "text/html"


def test_nothing_else_is_on_offer(site: Site) -> None:
    problem(site.get("/sparql", "image/png"), 406, "not-acceptable")


# old clients


def test_http_1_0(site: Site) -> None:
    path = f"/sparql?{urlencode({'query': 'SELECT * { ?a ?b ?c }', 'format': 'xml'})}"
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
