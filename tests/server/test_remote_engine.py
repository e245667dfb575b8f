"""The server in front of a store elsewhere: what it must not read, and when the store is gone."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest

from publisher.push.generations import Generation
from publisher.release import Release
from tests import oxigraph_store, virtuoso
from tests.server.conftest import BASE, Site, serving

SYSTEM = "http://www.openlinksw.com/schemas/virtrdf#"


def number(site: Site, query: str, **more: str) -> int:
    reply = site.get(f"/sparql?{urlencode({'query': query, 'format': 'csv', **more})}")
    assert reply.status == 200, reply.text
    return int(reply.text.splitlines()[1])


@pytest.mark.parametrize(
    ("query", "more"),
    [
        (f"SELECT (COUNT(*) AS ?n) {{ GRAPH <{SYSTEM}> {{ ?s ?p ?o }} }}", {}),
        (f"SELECT (COUNT(*) AS ?n) FROM <{SYSTEM}> {{ ?s ?p ?o }}", {}),
        (f"SELECT (COUNT(*) AS ?n) FROM NAMED <{SYSTEM}> {{ GRAPH ?g {{ ?s ?p ?o }} }}", {}),
        ("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }", {"default-graph-uri": SYSTEM}),
        ("SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }", {"named-graph-uri": SYSTEM}),
        (f"SELECT (COUNT(*) AS ?n) {{ GRAPH ?g {{ ?s ?p ?o }} FILTER(?g = <{SYSTEM}>) }}", {}),
        (f"SELECT (COUNT(*) AS ?n) {{ ?s a <{SYSTEM}QuadMapFormat> }}", {}),
        (f"SELECT (COUNT(*) AS ?n) {{ GRAPH ?g {{ ?s a <{SYSTEM}QuadMapFormat> }} }}", {}),
        (f"SELECT (COUNT(*) AS ?n) {{ <{SYSTEM}DefaultQuadMap> ?p ?o }}", {}),
    ],
)
def test_nothing_else_in_the_store_is_read(
    virtuoso_site: Site, query: str, more: dict[str, str]
) -> None:
    assert number(virtuoso_site, query, **more) == 0


def test_graphs_have_the_names_of_the_publication(virtuoso_site: Site) -> None:
    query = "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g"
    reply = virtuoso_site.get(f"/sparql?{urlencode({'query': query, 'format': 'json'})}")
    rows = json.loads(reply.text)["results"]["bindings"]
    found = {row["g"]["value"]: int(row["n"]["value"]) for row in rows}
    assert found == virtuoso_site.release.counts["graphs"]
    assert "urn:x-generation" not in reply.text


@pytest.mark.parametrize("thing", ["turm/kap-nord", "probe/script", "ort/s%C3%BCdhafen"])
def test_things_are_described_as_by_the_other_engine(
    virtuoso_site: Site, memory_site: Site, thing: str
) -> None:
    query = f"DESCRIBE <{BASE}id/{thing}>"
    bodies = [
        site.get(f"/sparql?{urlencode({'query': query, 'format': 'nt'})}").text
        for site in (virtuoso_site, memory_site)
    ]
    assert sorted(bodies[0].splitlines()) == sorted(bodies[1].splitlines())
    assert virtuoso_site.get(f"/doc/{thing}.ttl").body == memory_site.get(f"/doc/{thing}.ttl").body


def test_class_expressions_are_described_to_the_last_blank_node(
    virtuoso_site: Site, memory_site: Site
) -> None:
    query = f"DESCRIBE <{BASE}ontology#Ort>"
    counts = [
        len(site.get(f"/sparql?{urlencode({'query': query, 'format': 'nt'})}").text.splitlines())
        for site in (virtuoso_site, memory_site)
    ]
    assert counts[0] == counts[1] > 6


@pytest.mark.parametrize(
    "query",
    [
        "SELECT (<bif:file_to_string>('/etc/passwd') AS ?n) {}",
        "SELECT * { ?s ?p ?o FILTER(true || <sql:f>(?o)) }",
        "SELECT * { ?s <bif:contains> 'x' }",
    ],
)
def test_functions_of_the_store_are_refused(virtuoso_site: Site, query: str) -> None:
    reply = virtuoso_site.get(f"/sparql?query={quote(query)}")
    assert reply.status == 400
    assert json.loads(reply.text)["type"].endswith("/evaluation-failed")
    assert "root:" not in reply.text


def test_a_filter_alone_in_its_group_is_applied(virtuoso_site: Site) -> None:
    for query, answer in (
        ("ASK { FILTER EXISTS { <x:nothing> ?p ?o } }", "false"),
        ("ASK { FILTER NOT EXISTS { <x:nothing> ?p ?o } }", "true"),
        ("ASK { FILTER EXISTS { ?s ?p ?o } }", "true"),
    ):
        assert f'"boolean":{answer}' in virtuoso_site.get(f"/sparql?query={quote(query)}").text


def test_a_store_that_limits_rows_is_not_believed(release: Release, tmp_path: Path) -> None:
    with virtuoso.running(tmp_path, rows=100) as server:
        virtuoso.push(release.path, server.addresses)
        options = ("--engine", "remote", "--remote", server.query)
        with serving(release, tmp_path / "server.log", *options) as site:
            for form in ("SELECT *", "CONSTRUCT"):
                reply = site.get(f"/sparql?query={quote(f'{form} WHERE {{ ?s ?p ?o }}')}")
                assert reply.status == 400, reply.text[:200]
                assert "cuts such answers off" in reply.text
            assert number(site, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }") > 100


def test_without_the_store_all_is_told_to_come_again(release: Release, tmp_path: Path) -> None:
    with oxigraph_store.running() as store:
        virtuoso.push(release.path, store.addresses)
        options = ("--engine", "remote", "--remote", store.query)
        with serving(release, tmp_path / "server.log", *options) as site:
            query = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
            assert number(site, query) == release.counts["triples"]
            store.status = 503
            for path in ("/sparql?query=ASK%7B%7D", "/doc/turm/kap-nord.ttl"):
                reply = site.get(path)
                assert reply.status == 503
                assert int(reply.headers["Retry-After"]) > 0
                assert json.loads(reply.text)["type"].endswith("/engine-unavailable")
            # What needs no store is there.
            assert site.get("/dumps/latest/leuchtturm.ttl").status == 302
            assert site.get("/sparql", "text/turtle").status == 200
            store.status = 200
            assert site.get("/doc/turm/kap-nord.ttl").status == 200
            assert Generation.of(release).iri in "".join(store.queries)
