"""SPARQL 1.1 Graph Store HTTP Protocol, for reading; the numbers are those of its sections.

Tests that the W3C suite (data-sparql11/http-rdf-update) has too bear its names.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from pyoxigraph import CanonicalizationAlgorithm, Dataset, Quad, RdfFormat, parse

from tests import large
from tests.server.conftest import BASE, Reply, Site, serving
from tests.server.protocol.asking import PLACES, TOWERS, get, problem

EVERY_ENGINE = True
FORMS = {
    "ttl": "text/turtle",
    "nt": "application/n-triples",
    "jsonld": "application/ld+json",
    "rdf": "application/rdf+xml",
}


def of(graph: str, **parameters: str) -> str:
    return f"/graph?{urlencode({'graph': graph, **parameters})}"


def triples(reply: Reply) -> set[Quad]:
    """Return what a reply says, its blank nodes labelled alike wherever it comes from."""
    assert reply.status == 200, reply.text
    found = parse(reply.body, format=RdfFormat.from_media_type(reply.media_type))
    dataset = Dataset(found)
    dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return set(dataset)


def asked(site: Site, graph: str | None) -> set[Quad]:
    pattern = "?s ?p ?o" if graph is None else f"GRAPH <{graph}> {{ ?s ?p ?o }}"
    query = f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ {pattern} }}"
    return triples(get(site, query, "application/n-triples"))


# 4.1 and 4.2: naming a graph


def test_4_1_direct(site: Site) -> None:
    assert triples(site.get("/graph/turm", "text/turtle")) == asked(site, TOWERS)


def test_4_2_indirect(site: Site) -> None:
    assert triples(site.get(of(TOWERS), "text/turtle")) == asked(site, TOWERS)
    direct, indirect = site.get("/graph/turm.nt"), site.get(of(TOWERS, format="nt"))
    assert indirect.body == direct.body


def test_4_2_every_graph_of_the_service_description(site: Site) -> None:
    for graph, count in site.release.counts["graphs"].items():
        assert len(triples(site.get(of(graph), "application/n-triples"))) == count


def test_4_2_a_graph_whose_name_lies_elsewhere(site: Site) -> None:
    """Graphs of .trig and .nq files keep their names, which need not be below `/graph/`."""
    foreign = [iri for iri in site.release.counts["graphs"] if not iri.startswith(f"{BASE}graph/")]
    for graph in (*foreign, f"{BASE}graph/ontology"):
        assert triples(site.get(of(graph))) == asked(site, graph)


def test_4_2_the_default_graph(site: Site) -> None:
    merged = asked(site, None)
    assert len(merged) == site.release.counts["triples"]
    for path in ("/graph?default", "/graph?default=", "/graph?default=yes"):
        assert triples(site.get(path)) == merged


@pytest.mark.parametrize(
    "query",
    ["", "?", "?graph", "?graphs=x:y", "?default&graph=x:y", "?graph=x:y&graph=x:y", "?GRAPH=x:y"],
)
def test_4_2_neither_or_both(site: Site, query: str) -> None:
    kind = "graph-iri" if query == "?graph" else "graph-count"
    problem(site.get(f"/graph{query}"), 400, kind)


@pytest.mark.parametrize("graph", ["", "turm", "/graph/turm", "//example.org/", "graph/turm", "?"])
def test_4_2_a_relative_iri(site: Site, graph: str) -> None:
    """It must be absolute; that is the client's to see to."""
    problem(site.get(of(graph)), 400, "graph-iri")


def test_4_2_what_is_not_utf_8(site: Site) -> None:
    problem(site.get("/graph?graph=x:%FF"), 400, "encoding")


@pytest.mark.parametrize(
    "graph",
    [
        f"{BASE}graph/nothing",
        "http://example.org/",
        "file:///etc/passwd",
        "x:y> { } } #",
        TOWERS.upper(),
        f"{TOWERS}/",
        f"{TOWERS}.ttl",
    ],
)
def test_4_2_a_graph_that_there_is_not(site: Site, graph: str) -> None:
    problem(site.get(of(graph)), 404, None)


# 5.2 GET and 5.6 HEAD


@pytest.mark.parametrize("path", ["/graph/turm", of(TOWERS), "/graph?default", of(PLACES)])
def test_5_2_equal_triples_in_every_form(site: Site, path: str) -> None:
    expected = triples(site.get(path, "application/n-triples"))
    tags = set()
    for name, media_type in FORMS.items():
        fixed = f"{path}&format={name}" if "?" in path else f"{path}.{name}"
        for reply in (site.get(path, media_type), site.get(fixed, "image/png")):
            assert reply.media_type == media_type
            assert triples(reply) == expected
            tags.add(reply.headers["ETag"])
    assert len(tags) == len(FORMS)


def test_5_2_forms_are_negotiated(site: Site) -> None:
    reply = site.get(of(TOWERS))
    assert reply.media_type == "text/turtle"
    assert reply.headers["Vary"] == "Accept, Accept-Encoding"
    accept = "text/html,application/xhtml+xml,*/*;q=0.8"
    assert site.get(of(TOWERS), accept).media_type == "text/turtle"
    accept = "text/turtle;q=0.1, application/rdf+xml;q=0.5"
    assert site.get(of(TOWERS), accept).media_type == "application/rdf+xml"
    members = problem(site.get(of(TOWERS), "text/csv"), 406, "not-acceptable")
    offered = members["available"]
    assert isinstance(offered, list)
    assert {each["type"] for each in offered} == set(FORMS.values())
    problem(site.get(of(TOWERS, format="trig")), 406, "not-acceptable")


@pytest.mark.parametrize("path", [of(TOWERS), "/graph?default", "/graph?default&format=jsonld"])
def test_5_2_validators(site: Site, path: str) -> None:
    reply = site.get(path)
    tag = reply.headers["ETag"]
    assert tag.startswith('"')
    assert reply.headers["Last-Modified"]
    assert site.get(path).body == reply.body
    for condition in (
        {"If_None_Match": tag},
        {"If_Modified_Since": reply.headers["Last-Modified"]},
    ):
        again = site.get(path, **condition)
        assert again.status == 304
        assert again.body == b""
        assert again.headers["ETag"] == tag
    assert site.get(path, If_Match='"other"').status == 412


def test_head_on_an_existing_graph(site: Site) -> None:
    for path in ("/graph/turm", of(TOWERS), "/graph?default", "/graph?default&format=jsonld"):
        got, head = site.get(path), site.request("HEAD", path)
        assert head.status == 200
        assert head.body == b""
        for name in ("Content-Type", "Content-Length", "ETag", "Last-Modified", "Vary", "Link"):
            assert head.headers[name] == got.headers[name], name


def test_head_on_a_non_existing_graph(site: Site) -> None:
    assert site.request("HEAD", "/graph/nothing").status == 404
    assert site.request("HEAD", of(f"{BASE}graph/nothing")).status == 404


# 5.3 to 5.5 and 5.7: nothing is written


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE", "PATCH"])
@pytest.mark.parametrize(
    "path", ["/graph/turm", "/graph/new", of(TOWERS), of("http://example.org/"), "/graph?default"]
)
def test_writes_are_refused(site: Site, method: str, path: str) -> None:
    body = b"<x:a> <x:b> <x:c> ."
    fields = {"Content-Type": "application/sparql-update" if method == "PATCH" else "text/turtle"}
    before = asked(site, None)
    reply = site.request(method, path, fields, body)
    problem(reply, 405, None)
    assert set(reply.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}
    assert asked(site, None) == before


def test_a_large_write_is_refused_just_so(site: Site) -> None:
    body = b"<x:a> <x:b> <x:c> .\n" * 200_000
    reply = site.request("PUT", of(TOWERS), {"Content-Type": "text/turtle"}, body)
    problem(reply, 405, None)


def test_a_write_by_a_form_is_refused(site: Site) -> None:
    fields = {"Content-Type": "multipart/form-data; boundary=x"}
    body = b'--x\r\nContent-Disposition: form-data; name="f"; filename="f.ttl"\r\n\r\n\r\n--x--\r\n'
    problem(site.request("POST", "/graph/turm", fields, body), 405, None)


def test_options(site: Site) -> None:
    for path in ("/graph", "/graph/turm", of(TOWERS)):
        reply = site.request("OPTIONS", path, {"Origin": "https://example.org"})
        assert reply.status == 204
        assert set(reply.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


# Graphs that are too large to be put in order


@pytest.fixture(scope="module")
def sizeable(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("sizeable")
    release = large.build(folder, things=2_600)
    assert release.counts["graphs"][f"{large.BASE}graph/thing"] > 10_000
    with serving(release, folder / "server.log") as site:
        yield site


@pytest.mark.parametrize("path", [of(f"{large.BASE}graph/thing"), "/graph?default", "/graph/thing"])
def test_a_large_graph_is_to_be_had_by_any_client(sizeable: Site, path: str) -> None:
    graph = None if "default" in path else f"{large.BASE}graph/thing"
    expected = asked(sizeable, graph)
    for media_type in FORMS.values():
        reply = sizeable.get(path, media_type)
        assert reply.media_type == media_type
        assert triples(reply) == expected
        again = sizeable.get(path, media_type)
        assert again.body == reply.body
        assert again.headers["ETag"] == reply.headers["ETag"]
        assert sizeable.get(path, media_type, If_None_Match=reply.headers["ETag"]).status == 304
        head = sizeable.request("HEAD", path, {"Accept": media_type})
        assert head.status == 200
        assert head.headers["Content-Length"] == reply.headers["Content-Length"]
        assert head.headers["ETag"] == reply.headers["ETag"]


def test_what_is_a_file_is_sent_as_it_is(sizeable: Site) -> None:
    name = sizeable.release.publication.name
    files = {"/graph?default": f"{name}.ttl", of(f"{large.BASE}graph/thing"): f"{name}-thing.ttl"}
    for path, file in files.items():
        served = sizeable.get(path, "text/turtle").body
        assert served == (sizeable.release.path / "dumps" / file).read_bytes()
    served = sizeable.get("/graph?default&format=nt").body
    assert served == (sizeable.release.path / "dumps" / f"{name}.nt").read_bytes()


def test_a_reader_who_leaves_keeps_no_place(sizeable: Site) -> None:
    path = of(f"{large.BASE}graph/thing", format="nt")
    request = f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode()
    for _ in range(2 * sizeable.release.limits.concurrent_queries):
        with socket.create_connection(("127.0.0.1", sizeable.port)) as connection:
            connection.sendall(request)
            assert connection.recv(100).startswith(b"HTTP/1.1 200 ")
    lines = sizeable.get(path).body.splitlines()
    assert len(lines) == sizeable.release.counts["graphs"][f"{large.BASE}graph/thing"]
