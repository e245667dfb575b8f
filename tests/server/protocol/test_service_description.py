"""SPARQL 1.1 Service Description at the bare endpoint."""

from __future__ import annotations

import json

import pytest
from pyoxigraph import RdfFormat, parse

from tests.server.conftest import Site
from tests.server.protocol.asking import JSON, get, problem

EVERY_ENGINE = True

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


@pytest.mark.parametrize("name", ["ttl", "nt", "rdf", "jsonld", "application/n-triples"])
def test_format_outranks_accept(site: Site, name: str) -> None:
    reply = site.get(f"/sparql?format={name}", "text/html")
    assert reply.status == 200
    assert list(parse(reply.body, format=RdfFormat.from_media_type(reply.media_type)))


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
    problem(site.get("/sparql?format=csv"), 406, "not-acceptable")
