"""The catalogue and VoID as they are served: equal in every form, and true of the endpoint."""

from __future__ import annotations

import csv
import io
from urllib.parse import quote
from xml.etree import ElementTree

import pyoxigraph as ox
import pytest
import rdflib

from publisher.formats import form_by_suffix
from publisher.graphs import canonical
from publisher.prefixes import WELL_KNOWN
from tests.server.conftest import BASE, Reply, Site

VOID = rdflib.Namespace(WELL_KNOWN["void"])
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def triples_of(reply: Reply, suffix: str) -> list[str]:
    """Return the canonical triples (RDFC-1.0) of a body."""
    form = form_by_suffix(suffix)
    assert form is not None
    return [str(quad) for quad in canonical(ox.parse(reply.body, form.oxigraph))]


@pytest.mark.parametrize("path", ["/catalog", "/void"])
def test_all_forms_hold_the_same_triples(site: Site, path: str) -> None:
    forms = [
        triples_of(site.get(f"{path}.{suffix}"), suffix)
        for suffix in ("ttl", "nt", "rdf", "jsonld")
    ]
    assert forms[0]
    assert forms.count(forms[0]) == len(forms)


def test_the_page_of_void_has_the_anchors_of_its_parts(site: Site) -> None:
    page = site.get("/void.html").text
    graph = rdflib.Graph().parse(data=site.get("/void.ttl").body, format="turtle")
    parts = [
        *graph.objects(None, VOID.classPartition),
        *graph.objects(None, VOID.propertyPartition),
    ]
    parts += graph.subjects(rdflib.RDF.type, VOID.Linkset)
    assert len(parts) > 10
    for part in parts:
        assert f'id="{str(part).partition("#")[2]}"' in page
    (triples,) = graph.objects(rdflib.URIRef(f"{BASE}dataset"), VOID.triples)
    assert f"<dd>{triples}</dd>" in page.replace("\N{NARROW NO-BREAK SPACE}", "")


def test_the_look_up_that_void_names_answers(site: Site) -> None:
    graph = rdflib.Graph().parse(data=site.get("/void.ttl").body, format="turtle")
    (endpoint,) = graph.objects(rdflib.URIRef(f"{BASE}dataset"), VOID.uriLookupEndpoint)
    assert str(endpoint) == f"{BASE}lookup?iri="
    example = f"{BASE}id/turm/kap-nord"
    path = str(endpoint).removeprefix(BASE[:-1]) + quote(example, safe="")
    found = rdflib.Graph().parse(data=site.get(path, "text/turtle").body, format="turtle")
    assert list(found.predicate_objects(rdflib.URIRef(example)))


def _count(site: Site, pattern: str, counted: str) -> int:
    query = quote(f"SELECT (COUNT({counted}) AS ?n) WHERE {{ {pattern} }}", safe="")
    reply = site.get(f"/sparql?query={query}", "text/csv")
    assert reply.status == 200, reply.text
    return int(list(csv.reader(io.StringIO(reply.text)))[1][0])


def test_counts_are_those_of_the_endpoint(site: Site) -> None:
    graph = rdflib.Graph().parse(data=site.get("/.well-known/void").body, format="turtle")
    dataset = rdflib.URIRef(f"{BASE}dataset")

    def value(subject: rdflib.term.Node, name: str) -> int:
        return int(str(graph.value(subject, VOID[name])))

    assert value(dataset, "triples") == _count(site, "?s ?p ?o", "*")
    assert value(dataset, "distinctSubjects") == _count(site, "?s ?p ?o", "DISTINCT ?s")
    assert value(dataset, "distinctObjects") == _count(site, "?s ?p ?o", "DISTINCT ?o")
    assert value(dataset, "properties") == _count(site, "?s ?p ?o", "DISTINCT ?p")
    assert value(dataset, "classes") == _count(site, "?s a ?c FILTER(isIRI(?c))", "DISTINCT ?c")
    ours = f"?s a ?c FILTER(STRSTARTS(STR(?s), '{BASE}id/'))"
    assert value(dataset, "entities") == _count(site, ours, "DISTINCT ?s")
    classes = list(graph.objects(dataset, VOID.classPartition))
    assert len(classes) == value(dataset, "classes")
    for part in classes:
        pattern = f"?s a <{graph.value(part, VOID['class'])}>"
        assert value(part, "entities") == _count(site, pattern, "DISTINCT ?s")
    properties = list(graph.objects(dataset, VOID.propertyPartition))
    assert len(properties) == value(dataset, "properties")
    for part in properties:
        pattern = f"?s <{graph.value(part, VOID.property)}> ?o"
        assert value(part, "triples") == _count(site, pattern, "*")
        assert value(part, "distinctSubjects") == _count(site, pattern, "DISTINCT ?s")
        assert value(part, "distinctObjects") == _count(site, pattern, "DISTINCT ?o")


def test_linksets_are_downloads(site: Site) -> None:
    graph = rdflib.Graph().parse(data=site.get("/void.ttl").body, format="turtle")
    found = list(graph.subjects(rdflib.RDF.type, VOID.Linkset))
    assert found
    for linkset in found:
        address = str(graph.value(linkset, VOID.dataDump))
        reply = site.get("/" + address.removeprefix(BASE))
        assert reply.media_type == "application/n-triples"
        expected = int(str(graph.value(linkset, VOID.triples)))
        assert len(reply.text.splitlines()) == expected


def test_example_resources_and_dumps_are_there(site: Site) -> None:
    graph = rdflib.Graph().parse(data=site.get("/void.ttl").body, format="turtle")
    dataset = rdflib.URIRef(f"{BASE}dataset")
    for predicate, status in ((VOID.exampleResource, 303), (VOID.dataDump, 200)):
        found = [str(each) for each in graph.objects(dataset, predicate)]
        assert found
        for address in found:
            path = "/" + quote(address.removeprefix(BASE), safe="/%")
            assert site.request("HEAD", path).status == status, address


def test_dataset_and_releases_lead_to_the_catalogue(site: Site) -> None:
    for path in ("/dataset", "/dataset/2.1.0", "/dataset/1.0.0"):
        assert site.get(path, "text/html").headers["Location"] == "/catalog"
        reply = site.get(path, "text/turtle")
        assert reply.status == 303
        assert reply.headers["Location"] == "/catalog.ttl"
        assert '</catalog>; rel="describedby"' in reply.headers["Link"]
    assert site.get("/dataset/0.1").status == 404
    assert site.get("/dataset", "image/png").status == 406


def test_the_page_of_the_catalogue_shows_versions_counts_and_linksets(site: Site) -> None:
    page = site.get("/catalog.html").text
    assert "2.0.0" in page
    assert "Die ersten Türme." in page
    assert "leuchtturm-links-example.org.nt" in page
    assert f"{BASE}dataset" in page


def test_crawlers_find_every_document(site: Site) -> None:
    assert f"Sitemap: {BASE}sitemap.xml" in site.get("/robots.txt").text
    index = ElementTree.fromstring(site.get("/sitemap.xml").text)
    addresses = []
    for node in index.iter(f"{SITEMAP}loc"):
        sitemap = site.get("/" + str(node.text).removeprefix(BASE))
        assert sitemap.media_type == "application/xml"
        tree = ElementTree.fromstring(sitemap.text)
        addresses += [str(each.text).removeprefix(BASE) for each in tree.iter(f"{SITEMAP}loc")]
    assert len(addresses) > 450
    for address in (each for each in addresses if "schiff/s" not in each):
        assert site.request("HEAD", f"/{address}").status == 200, address


def test_security_txt(site: Site) -> None:
    reply = site.get("/.well-known/security.txt")
    assert reply.headers["Content-Type"] == "text/plain; charset=utf-8"
    fields = [line.partition(": ")[0] for line in reply.text.splitlines()]
    assert fields.count("Expires") == 1
    assert fields.count("Contact") == 2
    assert f"Canonical: {BASE}.well-known/security.txt" in reply.text
