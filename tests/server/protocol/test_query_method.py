"""The HTTP method QUERY (RFC 10008): safe like GET, with the query as its content."""

from __future__ import annotations

from urllib.parse import urljoin

import pytest

from tests.server.conftest import Reply, Site
from tests.server.protocol.asking import (
    COUNT,
    FORM,
    JSON,
    QUERY,
    TOWERS,
    form,
    get,
    number,
    post,
    problem,
)

EVERY_ENGINE = True

READ = f"{QUERY}, {FORM}"


def query(
    site: Site, content: str | bytes, kind: str | None = QUERY, path: str = "/sparql", **fields: str
) -> Reply:
    body = content.encode() if isinstance(content, str) else content
    headers = {name.replace("_", "-"): value for name, value in fields.items()}
    if kind is not None:
        headers["Content-Type"] = kind
    return site.request("QUERY", path, headers, body)


def test_the_content_is_the_query(site: Site) -> None:
    assert number(query(site, COUNT)) == site.release.counts["triples"]
    assert number(query(site, form(query=COUNT), FORM)) == site.release.counts["triples"]


def test_with_a_dataset_and_a_format_in_the_url(site: Site) -> None:
    given = form(("default-graph-uri", TOWERS), ("format", "json")).decode()
    assert (
        number(query(site, COUNT, path=f"/sparql?{given}")) == site.release.counts["graphs"][TOWERS]
    )


def test_forms_are_negotiated(site: Site) -> None:
    reply = query(site, COUNT, Accept="text/csv")
    assert reply.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert reply.headers["Vary"] == "Accept, Accept-Encoding"
    problem(query(site, COUNT, Accept="image/png"), 406, "not-acceptable")


def test_it_is_announced(site: Site) -> None:
    """Section 3: Accept-Query, where a client looks before it asks."""
    assert site.request("OPTIONS", "/sparql").headers["Accept-Query"] == READ
    assert site.get("/sparql", "text/turtle").headers["Accept-Query"] == READ
    assert site.request("HEAD", "/sparql").headers["Accept-Query"] == READ


def test_content_without_a_type(site: Site) -> None:
    """Section 2.1."""
    reply = query(site, COUNT, kind=None)
    problem(reply, 400, "no-content-type")
    assert reply.headers["Accept-Query"] == READ


def test_content_of_another_type(site: Site) -> None:
    reply = query(site, COUNT, "text/plain")
    problem(reply, 415, "unsupported-media-type")
    assert reply.headers["Accept-Query"] == READ


def test_a_type_that_does_not_fit_the_content(site: Site) -> None:
    problem(query(site, COUNT, FORM), 400, "query-count")
    problem(query(site, form(query=COUNT)), 400, "syntax-error")


def test_without_content(site: Site) -> None:
    answer = site.raw(
        b"QUERY /sparql?query=ASK%7B%7D HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
        b"Content-Type: application/sparql-query\r\n\r\n"
    )
    assert answer.startswith(b"HTTP/1.1 411 ")


@pytest.mark.parametrize("accept", [None, "text/csv", "application/json"])
def test_the_answer_is_to_be_had_by_get_as_well(site: Site, accept: str | None) -> None:
    """Sections 2.3 and 2.4: Content-Location is this answer, Location repeats the query."""
    fields = {} if accept is None else {"Accept": accept}
    path = f"/sparql?{form(('default-graph-uri', TOWERS)).decode()}"
    reply = query(site, f"{COUNT} # +&=ü", path=path, **fields)
    assert reply.status == 200
    for name, asked in (("Content-Location", "image/png"), ("Location", accept)):
        again = site.get(urljoin(path, reply.headers[name]), asked)
        assert again.body == reply.body
        for field in ("Content-Type", "ETag", "Last-Modified", "Cache-Control"):
            assert again.headers[field] == reply.headers[field]


def test_a_graph_is_to_be_had_by_get_as_well(site: Site) -> None:
    reply = query(site, "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o } ORDER BY ?s ?p ?o LIMIT 3")
    assert site.get(reply.headers["Content-Location"]).body == reply.body


def test_what_does_not_fit_an_address_has_none(site: Site) -> None:
    reply = query(site, COUNT + " # " + "x" * 10_000)
    assert number(reply) == site.release.counts["triples"]
    assert "Location" not in reply.headers
    assert "Content-Location" not in reply.headers


def test_what_changes_has_no_place_of_its_own(site: Site) -> None:
    reply = query(site, "SELECT (NOW() AS ?n) {}")
    assert "Content-Location" not in reply.headers
    assert "ETag" not in reply.headers
    assert reply.headers["Cache-Control"] == "no-store"
    assert site.get(reply.headers["Location"]).status == 200


def test_errors_have_no_place(site: Site) -> None:
    reply = query(site, "SELECT")
    problem(reply, 400, "syntax-error")
    assert "Location" not in reply.headers
    assert "Content-Location" not in reply.headers


def test_it_may_be_kept(site: Site) -> None:
    """Section 2.7: the cache key has the content in it; so do our entity tags."""
    reply, other = query(site, COUNT), query(site, COUNT + " ")
    assert reply.headers["ETag"] == get(site, COUNT, JSON).headers["ETag"]
    assert reply.headers["ETag"] != other.headers["ETag"]
    assert reply.headers["Cache-Control"] == "public, max-age=300"
    assert "ETag" not in post(site, COUNT.encode(), QUERY).headers


def test_conditional_requests(site: Site) -> None:
    """Section 2.6: the conditions are about the answer, as for GET."""
    reply = query(site, COUNT)
    for condition in (
        {"If_None_Match": reply.headers["ETag"]},
        {"If_None_Match": "*"},
        {"If_Modified_Since": reply.headers["Last-Modified"]},
    ):
        again = query(site, COUNT, **condition)
        assert again.status == 304, condition
        assert again.body == b""
        assert again.headers["ETag"] == reply.headers["ETag"]
    assert number(query(site, COUNT, If_None_Match='"other"')) > 0
    assert number(query(site, COUNT, If_Match=reply.headers["ETag"])) > 0
    assert query(site, COUNT, If_Match='"other"').status == 412
    assert number(query(site, COUNT + " ", If_None_Match=reply.headers["ETag"])) > 0


def test_elsewhere_it_is_no_method(site: Site) -> None:
    reply = query(site, COUNT, path="/graph/turm")
    problem(reply, 405, None)
    assert "QUERY" not in reply.headers["Allow"]
