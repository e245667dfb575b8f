"""SPARQL 1.1 Service Description at the bare endpoint."""

from __future__ import annotations

import json

import pytest
from pyoxigraph import BlankNode, RdfFormat, parse

from tests.server.conftest import BASE, TYPE, Site
from tests.server.protocol.asking import JSON, get, number, problem, truth

EVERY_ENGINE = True

SD = "http://www.w3.org/ns/sparql-service-description#"
ENDPOINT = f"{BASE}sparql"


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


def _objects(site: Site, predicate: str) -> dict[str, set[str]]:
    """Return what the description says with a predicate, by subject."""
    found: dict[str, set[str]] = {}
    for triple in parse(site.get("/sparql").body, format=RdfFormat.TURTLE):
        if triple.predicate.value == predicate:
            found.setdefault(triple.subject.value, set()).add(triple.object.value)
    return found


def test_returns_rdf(site: Site) -> None:
    reply = site.get("/sparql")
    assert reply.status == 200
    assert list(parse(reply.body, format=RdfFormat.from_media_type(reply.media_type)))


def test_has_endpoint_triple(site: Site) -> None:
    assert _objects(site, f"{SD}endpoint") == {ENDPOINT: {ENDPOINT}}


def test_conforms_to_schema(site: Site) -> None:
    """Domains, ranges and cardinalities of the vocabulary; and no blank node."""
    types = _objects(site, TYPE)
    assert f"{SD}Service" in types[ENDPOINT]
    ranges = {"defaultDataset": "Dataset", "defaultGraph": "Graph", "namedGraph": "NamedGraph"}
    for name, kind in {**ranges, "graph": "Graph"}.items():
        for values in _objects(site, f"{SD}{name}").values():
            assert all(f"{SD}{kind}" in types[value] for value in values)
    for name in ("endpoint", "defaultDataset", "defaultGraph", "defaultEntailmentRegime"):
        assert [len(values) for values in _objects(site, f"{SD}{name}").values()] == [1]
    named = [iri for iri, kinds in types.items() if f"{SD}NamedGraph" in kinds]
    assert len(named) == len(site.release.counts["graphs"])
    assert set(_objects(site, f"{SD}name")) == set(named)
    triples = list(parse(site.get("/sparql").body, format=RdfFormat.TURTLE))
    assert not [t for t in triples if isinstance(t.subject, BlankNode)]
    assert not [t for t in triples if isinstance(t.object, BlankNode)]


#: Media types by what https://www.w3.org/ns/formats/ calls them.
MEDIA_TYPES = {
    "SPARQL_Results_JSON": JSON,
    "SPARQL_Results_XML": "application/sparql-results+xml",
    "SPARQL_Results_CSV": "text/csv",
    "SPARQL_Results_TSV": "text/tab-separated-values",
    "Turtle": "text/turtle",
    "N-Triples": "application/n-triples",
    "RDF_XML": "application/rdf+xml",
    "JSON-LD": "application/ld+json",
}


def test_every_format_that_it_announces_is_to_be_had_and_no_other(site: Site) -> None:
    announced = {iri.rpartition("/")[2] for iri in _objects(site, f"{SD}resultFormat")[ENDPOINT]}
    for name in announced:
        query = "SELECT * { ?s ?p ?o } LIMIT 1" if "Results" in name else "DESCRIBE <x:y>"
        reply = get(site, query, MEDIA_TYPES[name])
        assert reply.status == 200
        assert reply.media_type == MEDIA_TYPES[name]
    assert announced == set(MEDIA_TYPES)
    for other in ("application/trig", "application/n-quads", "text/n3", "application/rdf+json"):
        problem(get(site, "DESCRIBE <x:y>", other), 406, "not-acceptable")


def test_every_feature_that_it_announces_is_there_and_no_other(site: Site) -> None:
    features = {iri.rpartition("#")[2] for iri in _objects(site, f"{SD}feature")[ENDPOINT]}
    every = number(get(site, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"))
    distinct = "SELECT (COUNT(*) AS ?n) { SELECT DISTINCT ?s ?p ?o { GRAPH ?g { ?s ?p ?o } } }"
    assert ("UnionDefaultGraph" in features) == (number(get(site, distinct)) == every)
    call = get(site, f"ASK {{ SERVICE <http://127.0.0.1:{site.port}/sparql> {{ ?s ?p ?o }} }}")
    assert ("BasicFederatedQuery" in features) == (call.status == 200)
    fetched = get(site, f"ASK FROM <http://127.0.0.1:{site.port}/graph?default> {{ ?s ?p ?o }}")
    assert ("DereferencesURIs" in features) == truth(fetched)
    assert ("RequiresDataset" in features) == (get(site, "ASK {}").status != 200)
    assert "EmptyGraphs" not in features
    assert _objects(site, f"{SD}supportedLanguage")[ENDPOINT] == {f"{SD}SPARQL11Query"}
    problem(get(site, "CLEAR ALL"), 403, "update-refused")


def test_its_neighbours_are_there(site: Site) -> None:
    addresses = _objects(site, "http://www.w3.org/ns/dcat#endpointURL")
    assert set(addresses) == {ENDPOINT, f"{BASE}graph"}
    described = _objects(site, "http://www.w3.org/ns/dcat#endpointDescription")
    for values in described.values():
        assert values == {f"{BASE}openapi.json"}
    assert site.get("/graph?default").status == 200
    assert site.get("/openapi.json").status == 200
