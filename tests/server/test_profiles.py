"""Profiles and signposts: schema.org on demand and in pages, typed links in both levels."""

from __future__ import annotations

import json
import re

import pyoxigraph as ox
import pytest
import rdflib

from publisher.graphs import canonical
from tests.server.conftest import BASE, OWN_LICENCE, Reply, Site
from tests.server.test_catalogue import triples_of

SCHEMA = "https://schema.org/"
TOWER = "/doc/turm/kap-nord"
#: What machines look for on a landing page (signposting.org/FAIR, level 1).
LEVEL_1 = {"cite-as", "describedby", "license", "type", "collection", "linkset"}
_LINK = re.compile(r'<([^>]*)>((?:;\s*[\w*-]+="[^"]*")*)')
_PARAMETER = re.compile(r';\s*([\w*-]+)="([^"]*)"')


def links_of(reply: Reply) -> list[tuple[str, dict[str, str]]]:
    """Return targets and parameters of all Link fields of a reply."""
    fields = reply.headers.get_all("Link") or []
    return [
        (match[1], dict(_PARAMETER.findall(match[2])))
        for field in fields
        for match in _LINK.finditer(field)
    ]


def relations(reply: Reply) -> dict[str, list[str]]:
    """Return the targets of the Link fields by relation type."""
    found: dict[str, list[str]] = {}
    for target, parameters in links_of(reply):
        for relation in parameters["rel"].split():
            found.setdefault(relation, []).append(target)
    return found


def _schema(reply: Reply) -> rdflib.Graph:
    return rdflib.Graph().parse(data=reply.body, format=reply.media_type)


@pytest.mark.parametrize(
    "ask",
    [
        lambda site: site.get(TOWER, "application/ld+json", Accept_Profile="<https://schema.org/>"),
        lambda site: site.get(TOWER, Accept_Profile="<http://schema.org>;q=0.9, <urn:x>"),
        lambda site: site.get(f"{TOWER}?_profile=schema"),
        lambda site: site.get(f"{TOWER}?_profile=https://schema.org/"),
        lambda site: site.get(f"{TOWER}.jsonld?_profile=schema"),
        lambda site: site.get(TOWER, 'application/ld+json;profile="https://schema.org/"'),
    ],
    ids=["header", "header-spelling", "query", "query-iri", "suffix", "parameter"],
)
def test_schema_org_by_every_way_of_asking(site: Site, ask: object) -> None:
    assert callable(ask)
    reply = ask(site)
    assert reply.status == 200
    assert reply.media_type == "application/ld+json"
    assert reply.headers["Content-Profile"] == f"<{SCHEMA}>"
    graph = _schema(reply)
    tower = rdflib.URIRef(f"{BASE}id/turm/kap-nord")
    assert rdflib.Literal("Kap Nord", lang="de") in graph.objects(
        tower, rdflib.URIRef(f"{SCHEMA}name")
    )
    assert all(
        str(predicate).startswith((SCHEMA, str(rdflib.RDF))) for predicate in graph.predicates()
    )


def test_the_thing_leads_to_the_profile(site: Site) -> None:
    reply = site.get("/id/turm/kap-nord", Accept_Profile="<https://schema.org/>")
    assert reply.headers["Location"] == f"{TOWER}.jsonld?_profile=schema"
    assert "Accept-Profile" in reply.headers["Vary"]


def test_all_forms_of_the_profile_are_equal(site: Site) -> None:
    forms = [
        triples_of(site.get(f"{TOWER}.{suffix}?_profile=schema"), suffix)
        for suffix in ("jsonld", "ttl", "nt", "rdf")
    ]
    assert forms[0]
    assert forms.count(forms[0]) == 4


def test_profiles_that_are_not_there(site: Site) -> None:
    """A wish in a header field is passed over; an address with it would be a wrong address."""
    reply = site.get(TOWER, "text/turtle", Accept_Profile="<https://example.org/profile>")
    assert (reply.status, reply.headers["Content-Profile"]) == (200, f"<{BASE}ontology>")
    assert site.get(f"{TOWER}?_profile=nonsense").status == 406
    assert site.get(f"{TOWER}.html?_profile=schema").status == 406
    assert site.get(TOWER, "text/html;q=1", Accept_Profile="<https://schema.org/>").status == 406


def test_profiles_are_listed_and_have_tags_of_their_own(site: Site) -> None:
    plain, schema = site.get(f"{TOWER}.ttl"), site.get(f"{TOWER}.ttl?_profile=schema")
    assert plain.headers["ETag"] != schema.headers["ETag"]
    for reply in (plain, schema):
        tokens = {parameters.get("token") for _, parameters in links_of(reply)}
        assert {"own", "schema"} <= tokens
        targets = {target for target, link in links_of(reply) if link.get("profile") == SCHEMA}
        assert targets == {f"{TOWER}.jsonld?_profile=schema"}


def _embedded(page: str) -> dict[str, object]:
    match = re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    assert match is not None
    found = json.loads(match[1])
    assert isinstance(found, dict)
    return found


def test_pages_carry_schema_org(site: Site) -> None:
    found = _embedded(site.get(f"{TOWER}.html").text)
    assert found["@context"] == "https://schema.org"
    graph = found["@graph"]
    assert isinstance(graph, list)
    assert graph[0]["@id"] == f"{BASE}id/turm/kap-nord"
    catalogue = _embedded(site.get("/catalog.html").text)["@graph"]
    assert isinstance(catalogue, list)
    types = {node["@id"]: node["@type"] for node in catalogue}
    assert types[f"{BASE}dataset"] == "Dataset"
    assert types[f"{BASE}catalog"] == "DataCatalog"
    assert list(types.values()).count("DataDownload") == 6


def test_nothing_in_the_data_ends_the_script(site: Site) -> None:
    page = site.get("/doc/probe/script.html").text
    assert page.count("</script>") == 1
    assert "<script>alert" not in page
    names = [node.get("name") for node in _embedded(page)["@graph"]]  # type: ignore[attr-defined]
    assert "<script>alert('1')</script> & \"co\"" in names


def test_the_catalogue_in_schema_org(site: Site) -> None:
    reply = site.get("/catalog", Accept_Profile="<https://schema.org/>")
    graph = _schema(reply)
    dataset = rdflib.URIRef(f"{BASE}dataset")
    assert graph.value(dataset, rdflib.RDF.type) == rdflib.URIRef(f"{SCHEMA}Dataset")
    urls = list(graph.objects(None, rdflib.URIRef(f"{SCHEMA}contentUrl")))
    assert len(urls) == 6
    forms = [
        triples_of(site.get(f"/catalog.{suffix}?_profile=schema"), suffix)
        for suffix in ("jsonld", "ttl", "nt", "rdf")
    ]
    assert forms.count(forms[0]) == 4


@pytest.mark.parametrize("path", [TOWER, f"{TOWER}.html", f"{TOWER}.ttl", "/doc/ort/s%C3%BCdhafen"])
def test_level_1(site: Site, path: str) -> None:
    reply = site.get(path)
    found = relations(reply)
    assert set(found) >= LEVEL_1
    assert f"{SCHEMA}AboutPage" in found["type"]
    assert len(found["cite-as"]) == 1
    assert all(
        parameters.get("type")
        for _, parameters in links_of(reply)
        if "describedby" in parameters["rel"]
    )
    for target in (*found["describedby"], *found["alternate"], *found["linkset"]):
        assert site.request("HEAD", target).status == 200, target
    assert sum(len(field) for field in reply.headers.get_all("Link") or []) < 4000


WORK = "/doc/probe/aufsatz"
PUBLISHED_UNDER = "https://creativecommons.org/publicdomain/zero/1.0/"


@pytest.mark.parametrize("path", ["/id/probe/aufsatz", f"{WORK}.html"])
def test_what_has_a_licence_of_its_own_says_so(site: Site, path: str) -> None:
    assert relations(site.get(path))["license"] == [OWN_LICENCE]


@pytest.mark.parametrize(
    "path",
    [f"{WORK}.{form}" for form in ("ttl", "jsonld", "bib", "csl.json", "linkset.json")]
    + [WORK, f"{WORK}.ttl?_profile=schema"],
)
def test_a_description_is_under_the_licence_of_the_publication(site: Site, path: str) -> None:
    links = links_of(site.get(path, "text/turtle"))
    found = [(link, fields) for link, fields in links if fields["rel"] == "license"]
    assert found == [
        (PUBLISHED_UNDER, {"rel": "license"}),
        (OWN_LICENCE, {"rel": "license", "anchor": f"{BASE}id/probe/aufsatz"}),
    ]


def test_the_link_set_tells_the_licences_apart(site: Site) -> None:
    contexts = json.loads(site.get(f"{WORK}.linkset.json").text)["linkset"]
    found = {each["anchor"]: each["license"] for each in contexts}
    assert found[f"{BASE}doc/probe/aufsatz"] == [{"href": OWN_LICENCE}]
    assert found[f"{BASE}id/probe/aufsatz"] == [{"href": OWN_LICENCE}]
    assert found[f"{BASE}doc/probe/aufsatz.ttl"] == [{"href": PUBLISHED_UNDER}]


def test_level_2(site: Site) -> None:
    reply = site.get(relations(site.get(TOWER))["linkset"][0])
    assert reply.headers["Content-Type"] == "application/linkset+json"
    page, *metadata = json.loads(reply.text)["linkset"]
    assert page["anchor"] == f"{BASE}doc/turm/kap-nord"
    assert page["cite-as"] == [{"href": f"{BASE}id/turm/kap-nord"}]
    assert page["collection"] == [{"href": f"{BASE}graph/turm"}]
    assert {each["type"] for each in page["describedby"]} >= {"text/turtle", "application/ld+json"}
    described = {each["href"] for each in page["describedby"]}
    assert {context["anchor"] for context in metadata} == described
    for context in metadata:
        assert context["describes"] == [{"href": page["anchor"], "type": "text/html"}]


def test_all_pages_of_incoming_links_together(site: Site) -> None:
    """Every form of each page says the same; the pages, followed by `next`, say everything."""
    pointers: set[str] = set()
    path, pages = "/doc/ort/nordhafen", 0
    while path:
        pages += 1
        stem, _, query = path.partition("?")
        stem = stem.removesuffix(".nt")
        forms = [
            triples_of(site.get(f"{stem}.{suffix}?{query}"), suffix)
            for suffix in ("nt", "ttl", "jsonld", "rdf")
        ]
        assert forms.count(forms[0]) == 4
        reply = site.get(f"{stem}.nt?{query}")
        pointers |= {
            str(quad.subject)
            for quad in canonical(ox.parse(reply.body, ox.RdfFormat.N_TRIPLES))
            if str(quad.object) == f"<{BASE}id/ort/nordhafen>"
        }
        path = next(iter(relations(reply).get("next", [])), "")
    assert pages == 3
    assert len(pointers) == 451, "450 ships and a lighthouse"
