"""FROM and default-graph-uri over graphs that share triples: the RDF merge (Query, 13.2).

rdflib judges: it evaluates the same pattern over a graph into which the others were put.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from rdflib import Dataset, Graph, URIRef

from publisher.build import build
from publisher.progress import Progress
from publisher.publication import Publication
from publisher.release import Release
from tests import virtuoso
from tests.server.conftest import Reply, Site, serving
from tests.server.protocol.asking import FORM, QUERY, address, form, get, number, post

BASE = "https://example.org/minimal/"
LABEL = "http://www.w3.org/2000/01/rdf-schema#label"
RELATED = "http://www.w3.org/2004/02/skos/core#related"
GRAPHS = ("red", "green", "blue")


def _quads() -> Iterator[str]:
    """Each thing is in the graphs whose bit its index has; those of 7 are in all three."""
    for index in range(1, 64):
        for bit, graph in enumerate(GRAPHS):
            if index >> bit & 1:
                thing, name = f"<{BASE}id/thing/t{index}>", f"<{BASE}graph/{graph}>"
                yield f'{thing} <{LABEL}> "thing {index}"@en {name} .\n'
                yield f"{thing} <{RELATED}> <{BASE}id/thing/t{index % 7 + 1}> {name} .\n"


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """A release whose graphs share triples."""
    folder = tmp_path_factory.mktemp("merge")
    (folder / "data").mkdir()
    (folder / "data" / "shared.nq").write_text("".join(_quads()))
    (folder / "publication.toml").write_text(
        f'title = "Shared"\nbase = "{BASE}"\n'
        'license = "https://creativecommons.org/publicdomain/zero/1.0/"\n'
    )
    release = build(Publication.load(folder), folder / "release", Progress(quiet=True))
    assert release.default_graph == "merged"
    return release


@pytest.fixture(scope="module")
def judge() -> Dataset:
    """The same in rdflib."""
    judge = Dataset()
    judge.parse(data="".join(_quads()), format="nquads")
    return judge


@pytest.fixture(scope="module", params=["memory", "disk"])
def shared(
    request: pytest.FixtureRequest, release: Release, judge: Dataset
) -> Iterator[tuple[Site, Dataset]]:
    """A site, and its judge."""
    log = release.path.parent / f"{request.param}.log"
    with serving(release, log, "--engine", request.param) as site:
        yield site, judge


@pytest.fixture(scope="module")
def in_virtuoso(release: Release, virtuoso_server: virtuoso.Virtuoso) -> Iterator[Site]:
    """The same in front of a store that merges no graphs."""
    virtuoso.push(release.path, virtuoso_server.addresses)
    log = release.path.parent / "remote.log"
    with serving(release, log, "--engine", "remote", "--remote", virtuoso_server.query) as site:
        yield site


def _ways(site: Site, pattern: str, graphs: tuple[str, ...]) -> list[Reply]:
    """Return the answers to a query over graphs that are named in all the ways there are."""
    iris = [f"{BASE}graph/{graph}" for graph in graphs]
    given = [("default-graph-uri", iri) for iri in iris]
    clauses = "\n".join(f"FROM <{iri}>" for iri in iris)
    relative = " ".join(f"from#{graph}\n<graph/{graph}>" for graph in graphs)
    short = " ".join(f"FROM g:{graph}" for graph in graphs)
    written = (
        pattern.replace("WHERE", f"{clauses} WHERE"),
        pattern.replace("WHERE", f"{relative} WHERE"),
        f"PREFIX g: <{BASE}graph/> {pattern.replace('WHERE', f'{short} WHERE')}",
        f"BASE <{BASE}id/> PREFIX g: <../graph/> {pattern.replace('WHERE', f'{short} WHERE')}",
    )
    return [
        site.get(address(pattern, *given)),
        post(site, form(("query", pattern), *given), FORM),
        post(site, pattern.encode(), QUERY, f"/sparql?{form(*given).decode()}"),
        *(get(site, query) for query in written),
    ]


def _merge(judge: Dataset, graphs: tuple[str, ...]) -> Graph:
    merged = Graph()
    for graph in graphs:
        merged += judge.graph(URIRef(f"{BASE}graph/{graph}"))
    return merged


PATTERNS = [
    "SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }",
    "SELECT (COUNT(DISTINCT ?s) AS ?n) WHERE { ?s ?p ?o }",
    f"SELECT (COUNT(*) AS ?n) WHERE {{ ?s <{RELATED}> ?o . ?o <{LABEL}> ?l }}",
    f"SELECT (COUNT(*) AS ?n) WHERE {{ ?s <{RELATED}>/<{RELATED}> ?o }}",
    f"SELECT (SUM(STRLEN(?l)) AS ?n) WHERE {{ ?s <{LABEL}> ?l }}",
    f"SELECT (COUNT(*) AS ?n) WHERE {{ ?s <{LABEL}> ?l MINUS {{ ?x <{RELATED}> ?s }} }}",
]
CHOICES = [("red",), ("red", "green"), ("green", "blue", "red"), ("red", "red"), GRAPHS * 2]


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("graphs", CHOICES, ids="+".join)
def test_counts_are_those_of_the_merge(
    shared: tuple[Site, Dataset], pattern: str, graphs: tuple[str, ...]
) -> None:
    site, judge = shared
    ((expected,),) = _merge(judge, graphs).query(pattern)
    replies = _ways(site, pattern, graphs)
    assert [number(reply) for reply in replies] == [int(expected)] * len(replies)


@pytest.mark.parametrize("graphs", CHOICES, ids="+".join)
def test_a_store_that_merges_nothing_is_not_asked_to(
    in_virtuoso: Site, judge: Dataset, graphs: tuple[str, ...]
) -> None:
    for reply in _ways(in_virtuoso, PATTERNS[0], graphs):
        if 1 < len(set(graphs)) < len(GRAPHS):
            assert reply.status == 400
            assert "name one default graph, or all" in reply.text
        else:
            assert number(reply) == len(_merge(judge, graphs))


def test_solutions_are_not_doubled(shared: tuple[Site, Dataset]) -> None:
    site, judge = shared
    query = f"SELECT ?s FROM <graph/red> FROM <graph/green> {{ ?s <{LABEL}> ?l }} ORDER BY ?s"
    rows = json.loads(get(site, query).text)["results"]["bindings"]
    found = [row["s"]["value"] for row in rows]
    expected = {str(thing) for thing in _merge(judge, ("red", "green")).subjects(URIRef(LABEL))}
    assert found == sorted(expected)


def test_named_graphs_stay_as_they_are(shared: tuple[Site, Dataset]) -> None:
    site, judge = shared
    blue = len(judge.graph(URIRef(f"{BASE}graph/blue")))
    both = len(_merge(judge, ("red", "green")))
    query = (
        "SELECT (COUNT(*) AS ?n) FROM <graph/red> FROM NAMED <graph/blue> FROM <graph/green> "
        "{ { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } }"
    )
    assert number(get(site, query)) == both + blue
    pattern = "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }"
    given = [("default-graph-uri", f"{BASE}graph/{graph}") for graph in ("red", "green")]
    assert number(site.get(address(pattern, *given))) == 0
    named = ("named-graph-uri", f"{BASE}graph/blue")
    assert number(site.get(address(pattern, *given, named))) == blue
    assert number(site.get(address(pattern, *given, named, named))) == blue


def test_a_construct_has_each_triple_once(shared: tuple[Site, Dataset]) -> None:
    site, judge = shared
    query = "CONSTRUCT { ?s ?p ?o } FROM <graph/red> FROM <graph/green> WHERE { ?s ?p ?o }"
    reply = get(site, query, "application/n-triples")
    lines = reply.text.splitlines()
    assert len(lines) == len(set(lines)) == len(_merge(judge, ("red", "green")))


def test_what_is_no_graph_is_still_explained(shared: tuple[Site, Dataset]) -> None:
    site, _ = shared
    for clause in ("FROM <x y>", 'FROM "x"', "FROM ?g", "FROM"):
        query = f"SELECT * FROM <graph/red> FROM <graph/red> {clause} {{ ?s ?p ?o }}"
        assert get(site, query).status == 400


def test_without_a_dataset_it_is_the_merge_of_all(shared: tuple[Site, Dataset]) -> None:
    site, judge = shared
    assert number(get(site, PATTERNS[0])) == len(_merge(judge, GRAPHS))
