"""The AI4Media graph itself, built from the repository and served as its users meet it."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest
import rdflib
from SPARQLWrapper import CSV, JSON, TURTLE, SPARQLWrapper

from publisher.release import Release

BASE = "https://w3id.org/ai4media/"


@pytest.fixture(scope="session")
def address(ai4media_release: Release) -> Iterator[str]:
    """The address of a server that serves the release."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "server", "--release", str(ai4media_release.path)]
    server = subprocess.Popen([*command, "--port", str(port)])
    address = f"http://127.0.0.1:{port}"
    try:
        _await(f"{address}/health", server)
        yield address
    finally:
        server.terminate()
        assert server.wait(20) == 0


def _await(url: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(200):
        assert server.poll() is None, "the server has ended"
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.05)
    raise AssertionError("the server does not answer")


def _get(url: str, accept: str = "*/*") -> bytes:
    request = urllib.request.Request(url, headers={"Accept": accept})
    with urllib.request.urlopen(request, timeout=20) as response:
        body: bytes = response.read()
    return body


def _select(address: str, query: str) -> list[dict[str, dict[str, str]]]:
    client = SPARQLWrapper(f"{address}/sparql", returnFormat=JSON)
    client.setQuery(query)
    rows: list[dict[str, dict[str, str]]] = client.queryAndConvert()["results"]["bindings"]
    return rows


def test_following_an_iri_with_turtle_in_mind_tells_about_certh(address: str) -> None:
    graph = rdflib.Graph()
    graph.parse(data=_get(f"{address}/id/organisation/certh", "text/turtle"), format="turtle")
    certh = rdflib.URIRef(f"{BASE}id/organisation/certh")
    assert graph.value(certh, rdflib.RDFS.label) == rdflib.Literal(
        "Centre for Research and Technology Hellas"
    )


def test_endpoint_counts_every_collection(address: str, ai4media_release: Release) -> None:
    rows = _select(
        address,
        "SELECT ?g (COUNT(DISTINCT ?thing) AS ?n) { GRAPH ?g { ?thing a ?type } "
        f'FILTER(STRSTARTS(STR(?thing), "{BASE}id/")) }} GROUP BY ?g',
    )
    counted = {row["g"]["value"]: int(row["n"]["value"]) for row in rows}
    for collection in ai4media_release.collections:
        assert counted[collection.graph] == collection.things
    assert len(ai4media_release.collections) >= 30


def test_latest_turtle_dump_holds_as_many_triples_as_the_endpoint(address: str) -> None:
    data = _get(f"{address}/dumps/latest/ai4media.ttl")
    by_oxigraph = len(set(ox.parse(data, ox.RdfFormat.TURTLE)))
    by_rdflib = len(rdflib.Graph().parse(data=data, format="turtle"))
    (row,) = _select(address, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")
    assert by_oxigraph == by_rdflib == int(row["n"]["value"]) > 16_000


def test_sparqlwrapper_reads_tables_and_graphs(address: str) -> None:
    client = SPARQLWrapper(f"{address}/sparql")
    client.setQuery("SELECT ?s { ?s a <http://www.w3.org/ns/org#Organization> } LIMIT 2")
    client.setReturnFormat(CSV)
    assert client.queryAndConvert().decode().splitlines()[0] == "s"
    client.setQuery(f"DESCRIBE <{BASE}id/project/ai4media>")
    client.setReturnFormat(TURTLE)
    graph = rdflib.Graph().parse(data=client.queryAndConvert(), format="turtle")
    assert len(graph) > 5


def test_every_thing_names_a_source_document(address: str) -> None:
    rows = _select(
        address,
        f"""PREFIX dcterms: <http://purl.org/dc/terms/>
        PREFIX a4m: <{BASE}ontology#>
        SELECT ?thing {{ GRAPH ?g {{ ?thing a ?type }}
          FILTER(STRSTARTS(STR(?thing), "{BASE}id/") && ?g != <{BASE}graph/ontology>)
          FILTER NOT EXISTS {{ ?thing a a4m:SourceDocument }}
          FILTER NOT EXISTS {{ ?thing dcterms:source/a a4m:SourceDocument }} }}""",
    )
    assert rows == []


def test_sources_are_formatted_and_hold_no_blank_node(ai4media_release: Release) -> None:
    folder = Path(__file__).parents[1] / "data"
    blank = [
        path.name
        for path in sorted(folder.glob("*.ttl"))
        for triple in ox.parse(path=path)
        if ox.BlankNode in (type(triple.subject), type(triple.object))
    ]
    assert blank == []


def test_health_names_the_release(address: str, ai4media_release: Release) -> None:
    health = json.loads(_get(f"{address}/health"))
    assert ai4media_release.id in json.dumps(health)
