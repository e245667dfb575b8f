"""What well-known clients really send, and two of them at work."""

from __future__ import annotations

import json
import warnings
from urllib.error import HTTPError

import pytest
from rdflib import Graph, URIRef
from rdflib.plugins.stores.sparqlstore import SPARQLStore
from SPARQLWrapper import (
    CSV,
    GET,
    JSON,
    JSONLD,
    N3,
    POST,
    POSTDIRECTLY,
    RDFXML,
    TSV,
    TURTLE,
    URLENCODED,
    XML,
    SPARQLWrapper,
)
from SPARQLWrapper.SPARQLExceptions import QueryBadFormed

from tests.server.conftest import BASE, LABEL, Site
from tests.server.protocol.asking import COUNT, FORM, QUERY, TOWERS, address, form, post

SELECT, CONSTRUCT, ASK = COUNT, "CONSTRUCT WHERE { ?s ?p ?o } LIMIT 1", "ASK {}"
RESULTS_JSON, RESULTS_XML = "application/sparql-results+json", "application/sparql-results+xml"

EVERY_ENGINE = True

JENA_SELECT = (
    "application/sparql-results+json, application/sparql-results+xml;q=0.9, "
    "text/tab-separated-values;q=0.7, text/csv;q=0.5, application/json;q=0.2, "
    "application/xml;q=0.2, */*;q=0.1"
)
JENA_GRAPH = (
    "text/turtle,application/n-triples;q=0.9,application/ld+json;q=0.8,"
    "application/rdf+xml;q=0.7,*/*;q=0.3"
)
RDF4J_SELECT = (
    "application/x-sparqlstar-results+json;q=0.8, text/tab-separated-values;q=0.8, "
    "application/sparql-results+json, application/json, application/sparql-results+xml;q=0.8, "
    "application/xml;q=0.8, application/x-binary-rdf-results-table"
)
COMUNICA_SELECT = "application/sparql-results+json;q=1.0,application/sparql-results+xml;q=0.7"
COMUNICA_GRAPH = (
    "application/n-quads,application/trig;q=0.95,application/ld+json;q=0.9,"
    "application/n-triples;q=0.8,text/turtle;q=0.6,application/rdf+xml;q=0.5,"
    "text/n3;q=0.35,text/html;q=0.2"
)
YASGUI_SELECT = "application/sparql-results+json,*/*;q=0.9"
YASGUI_GRAPH = "application/n-triples,*/*;q=0.9"
JAVA_DEFAULT = "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2"


@pytest.mark.parametrize(
    ("query", "accept", "form"),
    [
        (SELECT, JENA_SELECT, RESULTS_JSON),
        (ASK, JENA_SELECT, RESULTS_JSON),
        (CONSTRUCT, JENA_GRAPH, "text/turtle"),
        (SELECT, RDF4J_SELECT, RESULTS_JSON),
        (SELECT, COMUNICA_SELECT, RESULTS_JSON),
        (ASK, COMUNICA_SELECT, RESULTS_JSON),
        (CONSTRUCT, COMUNICA_GRAPH, "application/ld+json"),
        (SELECT, YASGUI_SELECT, RESULTS_JSON),
        (CONSTRUCT, YASGUI_GRAPH, "application/n-triples"),
        # OpenRefine and Wikidata's tools ask for JSON; curl and wget for anything.
        (SELECT, "application/json", "application/json"),
        (SELECT, "*/*", RESULTS_JSON),
        (CONSTRUCT, "*/*", "text/turtle"),
        # R's and Python's common ways.
        (SELECT, "text/csv", "text/csv"),
        (SELECT, "application/sparql-results+xml,text/xml;q=0.9", RESULTS_XML),
    ],
)
def test_what_clients_accept(site: Site, query: str, accept: str, form: str) -> None:
    for reply in (
        site.get(address(query), accept),
        post(
            site, f"query={address(query)[14:]}".encode(), f"{FORM}; charset=UTF-8", Accept=accept
        ),
        post(site, query.encode(), QUERY, Accept=accept),
    ):
        assert reply.status == 200
        assert reply.media_type == form


def test_java_asks_like_a_browser_and_gets_a_page(site: Site) -> None:
    """A program that says it likes HTML best gets it; `format=` is for those who cannot choose."""
    assert site.get(address(SELECT), JAVA_DEFAULT).media_type == "text/html"
    assert site.get(address(SELECT, format="json"), JAVA_DEFAULT).media_type == RESULTS_JSON


def test_yasgui_sends_its_dataset_in_a_form(site: Site) -> None:
    body = form(("query", COUNT), ("default-graph-uri", TOWERS))
    reply = post(
        site, body, f"{FORM}; charset=UTF-8", Accept=YASGUI_SELECT, Origin="https://yasgui"
    )
    value = json.loads(reply.text)["results"]["bindings"][0]["n"]["value"]
    assert int(value) == site.release.counts["graphs"][TOWERS]
    assert reply.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize(
    ("method", "way"), [(GET, URLENCODED), (POST, URLENCODED), (POST, POSTDIRECTLY)]
)
@pytest.mark.parametrize("form", [JSON, XML, CSV, TSV])
def test_sparqlwrapper_asks_for_tables(site: Site, method: str, way: str, form: str) -> None:
    wrapper = SPARQLWrapper(f"http://127.0.0.1:{site.port}/sparql")
    wrapper.setMethod(method)
    wrapper.setRequestMethod(way)
    wrapper.setReturnFormat(form)
    wrapper.setQuery(COUNT)
    answer = wrapper.query()
    assert answer.response.status == 200
    assert str(site.release.counts["triples"]).encode() in answer.response.read()


@pytest.mark.parametrize("form", [XML, RDFXML, TURTLE, N3, JSONLD, JSON])
def test_sparqlwrapper_asks_for_graphs(site: Site, form: str) -> None:
    wrapper = SPARQLWrapper(f"http://127.0.0.1:{site.port}/sparql", returnFormat=form)
    wrapper.setQuery(f"CONSTRUCT WHERE {{ <{BASE}id/probe/script> <{LABEL}> ?o }}")
    with warnings.catch_warnings():
        # It warns of forms that it cannot read itself.
        warnings.simplefilter("ignore", RuntimeWarning)
        answer = wrapper.query()
        text = answer.response.read()
    assert answer.response.status == 200
    assert b"alert" in text


def test_sparqlwrapper_understands_a_refusal(site: Site) -> None:
    wrapper = SPARQLWrapper(f"http://127.0.0.1:{site.port}/sparql", returnFormat=JSON)
    wrapper.setQuery("SELECT * {\n ?s ?p }")
    with pytest.raises(QueryBadFormed, match=r"line 2, column 8") as caught:
        wrapper.query()
    response = caught.value.__context__
    assert isinstance(response, HTTPError)
    response.close()


@pytest.mark.parametrize("method", ["GET", "POST", "POST_FORM"])
@pytest.mark.parametrize("form", ["xml", "json", "csv", "tsv"])
def test_rdflib_sparqlstore(site: Site, method: str, form: str) -> None:
    store = SPARQLStore(
        f"http://127.0.0.1:{site.port}/sparql",
        method=method,
        returnFormat=form,
        context_aware=False,
    )
    graph = Graph(store)
    (row,) = graph.query(COUNT)
    assert int(row[0]) == site.release.counts["triples"]
    thing = URIRef(f"{BASE}id/probe/report.ttl")
    assert str(graph.value(thing, URIRef(LABEL))) == "named like a file"


def test_rdflib_sparqlstore_constructs(site: Site) -> None:
    graph = Graph(SPARQLStore(f"http://127.0.0.1:{site.port}/sparql", context_aware=False))
    answer = graph.query(f"CONSTRUCT WHERE {{ <{BASE}id/probe/report.ttl> ?p ?o }}")
    assert len(list(answer)) == 1
