"""SPARQL 1.1 Protocol, 2.1.4: the RDF dataset of a query, from the request or from the query."""

from __future__ import annotations

import pytest

from tests.server.conftest import BASE, Site
from tests.server.protocol.asking import (
    COUNT,
    FORM,
    PLACES,
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

SHIPS = f"{BASE}graph/schiff"
#: True where both graphs are in the default graph.
BOTH = (
    f"ASK {{ <{BASE}id/turm/kap-nord> a ?type . <{BASE}id/schiff/s001> a ?other "
    f"FILTER NOT EXISTS {{ <{BASE}id/ort/nordhafen> a ?third }} }}"
)
#: True where each is in a named graph of its own, and no third.
EACH = (
    f"ASK {{ GRAPH ?a {{ <{BASE}id/turm/kap-nord> a ?type }} "
    f"GRAPH ?b {{ <{BASE}id/schiff/s001> a ?other }} "
    f"FILTER NOT EXISTS {{ GRAPH ?c {{ <{BASE}id/ort/nordhafen> a ?third }} }} }}"
)
DEFAULTS = (("default-graph-uri", TOWERS), ("default-graph-uri", SHIPS))
NAMED = (("named-graph-uri", TOWERS), ("named-graph-uri", SHIPS))
GRAPHS = "SELECT (COUNT(DISTINCT ?g) AS ?n) { GRAPH ?g { ?s ?p ?o } }"


def test_query_dataset_default_graphs_get(site: Site) -> None:
    assert truth(site.get(address(BOTH, *DEFAULTS)))


def test_query_dataset_default_graphs_post(site: Site) -> None:
    path = f"/sparql?{form(*DEFAULTS).decode()}"
    assert truth(post(site, BOTH.encode(), QUERY, path))
    assert truth(post(site, form(("query", BOTH), *DEFAULTS), FORM))


def test_query_dataset_named_graphs_post(site: Site) -> None:
    path = f"/sparql?{form(*NAMED).decode()}"
    assert truth(post(site, EACH.encode(), QUERY, path))
    assert truth(post(site, form(("query", EACH), *NAMED), FORM))


def test_query_dataset_named_graphs_get(site: Site) -> None:
    assert truth(site.get(address(EACH, *NAMED)))


def test_query_dataset_full(site: Site) -> None:
    query = (
        f"ASK {{ <{BASE}id/ort/nordhafen> a ?type "
        f"GRAPH ?a {{ <{BASE}id/turm/kap-nord> a ?x }} "
        f"GRAPH ?b {{ <{BASE}id/schiff/s001> a ?y }} }}"
    )
    given = form(("default-graph-uri", PLACES), *NAMED).decode()
    assert truth(post(site, query.encode(), QUERY, f"/sparql?{given}"))


def test_query_multiple_dataset(site: Site) -> None:
    query = EACH.replace("ASK", f"ASK FROM <{PLACES}>")
    assert truth(post(site, query.encode(), QUERY, f"/sparql?{form(*NAMED).decode()}"))


def test_2_1_4_without_one_the_default_graph_is_the_merge(site: Site) -> None:
    assert number(get(site, COUNT)) == site.release.counts["triples"]
    assert number(get(site, GRAPHS)) == len(site.release.counts["graphs"])


def test_2_1_4_default_graph(site: Site) -> None:
    reply = site.get(address(COUNT, ("default-graph-uri", TOWERS)))
    assert number(reply) == site.release.counts["graphs"][TOWERS]


def test_2_1_4_a_default_graph_alone_leaves_no_named_ones(site: Site) -> None:
    assert number(site.get(address(GRAPHS, ("default-graph-uri", TOWERS)))) == 0


def test_2_1_4_default_graphs_are_merged(site: Site) -> None:
    graphs = [TOWERS, PLACES]
    given = [("default-graph-uri", graph) for graph in graphs]
    counts = site.release.counts["graphs"]
    assert number(site.get(address(COUNT, *given))) == sum(counts[graph] for graph in graphs)


def test_2_1_4_a_default_graph_given_twice_is_one(site: Site) -> None:
    given = [("default-graph-uri", TOWERS)] * 2
    assert number(site.get(address(COUNT, *given))) == site.release.counts["graphs"][TOWERS]


def test_2_1_4_named_graphs(site: Site) -> None:
    assert number(site.get(address(GRAPHS, ("named-graph-uri", TOWERS)))) == 1
    assert number(site.get(address(COUNT, ("named-graph-uri", TOWERS)))) == 0


def test_2_1_4_the_protocol_overrides_from(site: Site) -> None:
    query = f"SELECT (COUNT(*) AS ?n) FROM <{PLACES}> {{ ?s ?p ?o }}"
    reply = site.get(address(query, ("default-graph-uri", TOWERS)))
    assert number(reply) == site.release.counts["graphs"][TOWERS]


def test_2_1_4_the_protocol_overrides_from_named(site: Site) -> None:
    query = GRAPHS.replace("{ GRAPH", f"FROM NAMED <{PLACES}> FROM NAMED <{SHIPS}> {{ GRAPH")
    assert number(get(site, query)) == 2
    assert number(site.get(address(query, ("named-graph-uri", TOWERS)))) == 1
    assert number(site.get(address(query, ("default-graph-uri", TOWERS)))) == 0


def test_2_1_4_from_in_the_query(site: Site) -> None:
    query = f"SELECT (COUNT(*) AS ?n) FROM <{PLACES}> {{ ?s ?p ?o }}"
    assert number(get(site, query)) == site.release.counts["graphs"][PLACES]


def test_2_1_4_from_takes_relative_iris_from_the_base(site: Site) -> None:
    """Section 2.1.8: the base is that of the publication, as the service defines it."""
    query = "SELECT (COUNT(*) AS ?n) FROM <graph/ort> { ?s ?p ?o }"
    assert number(get(site, query)) == site.release.counts["graphs"][PLACES]


def test_2_1_4_with_a_direct_post_in_the_url(site: Site) -> None:
    path = f"/sparql?{form(('default-graph-uri', TOWERS)).decode()}"
    reply = post(site, COUNT.encode(), QUERY, path)
    assert number(reply) == site.release.counts["graphs"][TOWERS]


def test_2_1_4_in_the_url_and_in_a_form(site: Site) -> None:
    path = f"/sparql?{form(DEFAULTS[0]).decode()}"
    assert truth(post(site, form(("query", BOTH), DEFAULTS[1]), FORM, path))


@pytest.mark.parametrize("name", ["default-graph-uri", "named-graph-uri"])
def test_2_1_4_a_graph_that_is_no_iri(site: Site, name: str) -> None:
    problem(site.get(address(COUNT, (name, "no iri"))), 400, "evaluation-failed")
    problem(site.get(address(COUNT, (name, ""))), 400, "evaluation-failed")


def test_2_1_4_a_graph_that_there_is_not_is_empty(site: Site) -> None:
    assert number(site.get(address(COUNT, ("default-graph-uri", f"{BASE}graph/nothing")))) == 0


def test_2_1_4_a_dataset_without_a_query(site: Site) -> None:
    problem(site.get(f"/sparql?{form(DEFAULTS[0]).decode()}"), 400, "query-count")


@pytest.mark.parametrize("graph", ["file:///etc/passwd", "http://127.0.0.1:1/"])
def test_2_1_4_nothing_is_fetched(site: Site, graph: str) -> None:
    assert number(get(site, f"SELECT (COUNT(*) AS ?n) FROM <{graph}> {{ ?s ?p ?o }}")) == 0
    assert number(get(site, GRAPHS.replace("{ GRAPH", f"FROM NAMED <{graph}> {{ GRAPH"))) == 0
    assert number(site.get(address(COUNT, ("default-graph-uri", graph)))) == 0
