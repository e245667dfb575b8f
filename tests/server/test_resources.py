"""Things and the documents about them."""

from __future__ import annotations

import re
from urllib.parse import quote

import pyoxigraph as ox
import pytest

from publisher.formats import RDF_FORMS, form_by_suffix
from tests.server.conftest import BASE, LABEL, SHIPS, Reply, Site

EVERY_ENGINE = True

FORMS = [form for form in RDF_FORMS if form.suffix in ("ttl", "nt", "jsonld", "rdf")]
HARBOUR = f"{BASE}id/ort/nordhafen"
SPATIAL = "http://purl.org/dc/terms/spatial"


def read(reply: Reply, suffix: str) -> set[ox.Triple]:
    """Return the triples of a document."""
    form = form_by_suffix(suffix)
    assert form is not None
    assert reply.status == 200, reply.text
    return {quad.triple for quad in ox.parse(reply.body, format=form.oxigraph)}


def links(reply: Reply) -> dict[str, list[str]]:
    """Return the targets of the Link field by relation."""
    found: dict[str, list[str]] = {}
    for target, relation in re.findall(r'<([^>]*)>; rel="([^"]*)"', reply.headers["Link"] or ""):
        found.setdefault(relation, []).append(target)
    return found


@pytest.mark.parametrize("name", ["turm/kap-nord", "ort/nordhafen", "turm/s%C3%BCd-mole"])
def test_all_forms_say_the_same(site: Site, name: str) -> None:
    graphs = [read(site.get(f"/doc/{name}.{form.suffix}"), form.suffix) for form in FORMS]
    assert graphs[0]
    assert all(graph == graphs[0] for graph in graphs)


def test_a_description_holds_the_thing_its_names_and_what_points_to_it(site: Site) -> None:
    thing, place = f"{BASE}id/turm/kap-nord", HARBOUR
    triples = read(site.get("/doc/turm/kap-nord.nt"), "nt")
    said = {(t.subject.value, t.predicate.value): t.object for t in triples}
    assert said[thing, f"{BASE}ontology#stehtIn"] == ox.NamedNode(place)
    assert said[place, LABEL] == ox.Literal("Nordhafen", language="de")
    class_name = (f"{BASE}ontology#Turm", LABEL)
    assert class_name in said
    tower, harbour = f"{BASE}id/turm/süd-mole", f"{BASE}id/ort/südhafen"
    pointing = read(site.get("/doc/ort/s%C3%BCdhafen.nt"), "nt")
    pairs = {(t.subject.value, t.predicate.value) for t in pointing if t.object.value == harbour}
    assert (tower, f"{BASE}ontology#stehtIn") in pairs
    assert (tower, LABEL) in {(t.subject.value, t.predicate.value) for t in pointing}


def test_rdf_has_canonical_iris_only(site: Site) -> None:
    host = f"127.0.0.1:{site.port}"
    for form in FORMS:
        reply = site.get(f"/doc/turm/kap-nord.{form.suffix}", Host="evil.example")
        subjects = {triple.subject.value for triple in read(reply, form.suffix)}
        assert f"{BASE}id/turm/kap-nord" in subjects
        assert host not in reply.text
        assert "evil.example" not in reply.text + str(reply.headers)


def test_pages_link_within_the_host(site: Site) -> None:
    text = site.get("/doc/turm/kap-nord.html", Host="evil.example").text
    assert 'href="/doc/ort/nordhafen"' in text
    assert f'href="{BASE}id' not in text
    assert "evil.example" not in text


def test_incoming_links_come_in_pages(site: Site) -> None:
    seen: list[str] = []
    path = "/doc/ort/nordhafen.nt"
    pages = 0
    while path:
        reply = site.get(path)
        here = {
            t.subject.value
            for t in read(reply, "nt")
            if t.predicate.value == SPATIAL and t.object.value == HARBOUR
        }
        assert len(here) <= 200
        seen += here
        pages += 1
        path = links(reply).get("next", [""])[0]
    assert pages == 3
    assert len(seen) == len(set(seen)) == SHIPS
    second = site.get("/doc/ort/nordhafen?page=2", "text/turtle")
    assert second.headers["Content-Location"] == "/doc/ort/nordhafen.ttl?page=2"
    assert links(second)["prev"] == ["/doc/ort/nordhafen?page=1"]
    assert "page=3" in site.get("/doc/ort/nordhafen.html?page=2").text


def test_pages_go_on_in_the_form_that_the_query_names(site: Site) -> None:
    reply = site.get("/doc/ort/nordhafen?_mediatype=text/turtle")
    assert reply.media_type == "text/turtle"
    assert links(reply)["next"] == ["/doc/ort/nordhafen.ttl?page=2"]
    assert links(site.get("/doc/ort/nordhafen", "text/turtle"))["next"] == [
        "/doc/ort/nordhafen?page=2"
    ]


@pytest.mark.parametrize("page", ["4", "9" * 40])
def test_pages_that_there_are_not(site: Site, page: str) -> None:
    assert site.get(f"/doc/ort/nordhafen.ttl?page={page}").status == 404


@pytest.mark.parametrize("page", ["0", "-1", "x", "", "1e3", "%C2%B2"])
def test_what_is_no_page(site: Site, page: str) -> None:
    reply = site.get(f"/doc/ort/nordhafen.ttl?page={page}")
    assert (reply.status, reply.media_type) == (400, "application/problem+json")
    assert "from 1 on" in reply.text


def test_link_field(site: Site) -> None:
    found = links(site.get("/doc/turm/kap-nord", "text/turtle"))
    assert found["describes"] == [f"{BASE}id/turm/kap-nord"]
    assert found["license"] == ["https://creativecommons.org/publicdomain/zero/1.0/"]
    assert found["canonical"] == [f"{BASE}doc/turm/kap-nord"]
    assert "/doc/turm/kap-nord.jsonld" in found["alternate describedby"]
    assert links(site.get("/id/turm/kap-nord"))["describedby"] == ["/doc/turm/kap-nord"]


def test_406_lists_what_there_is(site: Site) -> None:
    reply = site.get("/doc/turm/kap-nord", "image/png")
    assert reply.status == 406
    assert '"/doc/turm/kap-nord.ttl"' in reply.text
    page = site.get("/doc/turm/kap-nord", "image/png, text/html;q=0")
    assert page.media_type == "application/problem+json"


#: Slug as the IRI has it, path that asks for it, and the name it is known by.
SPELLINGS = [
    ("a%2Fb", "a%2Fb", "escaped slash"),
    ("a%2Fb", "a%2fb", "escaped slash"),
    ("caf%C3%A9", "caf%C3%A9", "escaped letter"),
    ("caf%C3%A9", "caf%c3%a9", "escaped letter"),
    ("50%25", "50%25", "per cent"),
    ("%22quoted%22", "%22quoted%22", "quotes in the IRI"),
    ("o'neil", "o'neil", "apostrophe"),
    ("o'neil", "o%27neil", "apostrophe"),
    ("東京", "%E6%9D%B1%E4%BA%AC", "東京"),
    ("script", "%73cript", "<script>alert('1')</script> & \"co\""),
]


@pytest.mark.parametrize(("slug", "path", "name"), SPELLINGS)
def test_iris_that_are_hard_to_spell(site: Site, slug: str, path: str, name: str) -> None:
    reply = site.get(f"/id/probe/{path}", "application/n-triples")
    assert reply.status == 303
    location = reply.headers["Location"]
    assert location == f"/doc/probe/{quote(slug, safe='%~' + chr(39))}.nt"
    triples = read(site.get(location), "nt")
    names = {t.object.value for t in triples if t.subject.value == f"{BASE}id/probe/{slug}"}
    assert name in names
    page = site.get(location.removesuffix(".nt") + ".html").text
    assert "<script>" not in page


def test_a_slug_that_ends_like_a_form(site: Site) -> None:
    assert site.get("/doc/probe/report.ttl", "text/html").media_type == "text/html"
    assert site.get("/doc/probe/report.ttl", "text/turtle").media_type == "text/turtle"
    assert site.get("/doc/probe/report.ttl.nt").media_type == "application/n-triples"


@pytest.mark.parametrize(
    "path",
    [
        "/id/turm/%ff",
        "/doc/turm/%C3%28.ttl",
        "/id/turm/%ED%A0%80",
        "/id/turm/kap%",
        "/id/turm/kap%2",
        "/id/turm/%zz",
        "/%ff",
    ],
)
def test_paths_that_cannot_be_read(site: Site, path: str) -> None:
    reply = site.get(path)
    assert reply.status in (400, 404)
    assert reply.media_type == "application/problem+json"


@pytest.mark.parametrize(
    "path",
    [
        "/id/turm/%3E%20%7D%20SELECT",
        "/id/turm/%3Cx%3E",
        "/id/turm/%22%3E%3Cscript%3Ealert(1)%3C/script%3E",
        "/doc/turm/%00",
        "/doc/turm/%0D%0ASet-Cookie:%20a=b",
        "/id/turm/a%5Cb",
        "/id//turm/kap-nord",
        "/id/turm/../turm/kap-nord",
        "/doc/turm/%252e%252e%252f",
        "/graph/%22%3E%3Cscript%3E",
        "/dumps/latest/%22%3E%3Cscript%3E",
        "/dumps/%2e%2e/manifest.json",
        "/id/" + "a/" * 2000,
        "/id/turm/" + "%41" * 2000,
    ],
)
@pytest.mark.parametrize("accept", ["text/html", "text/turtle"])
def test_nothing_is_reflected_unescaped(site: Site, path: str, accept: str) -> None:
    reply = site.get(path, accept)
    assert reply.status in (400, 404, 414), reply.text[:300]
    assert reply.headers["Set-Cookie"] is None
    if reply.media_type == "text/html":
        assert "<script" not in reply.text
    else:
        assert reply.media_type == "application/problem+json"


def test_values_are_escaped_on_pages(site: Site) -> None:
    page = site.get("/doc/probe/script.html").text
    assert "&lt;script&gt;" in page
    assert page.count("<script") == page.count('<script type="application/ld+json">') == 1
    assert "<img" not in page
    assert 'href="javascript:' not in page


def test_octets_that_are_no_ascii_in_the_request_line(site: Site) -> None:
    request = "GET /id/ort/südhafen HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    status = int(site.raw(request.encode()).split(b" ", 2)[1])
    assert status in (303, 400)


def test_redirects_do_not_trust_the_host(site: Site) -> None:
    for path in ("/dumps", "/ontology/", "/id/turm/kap-nord", "/id/turm/nordkap", "/id/turm"):
        location = site.get(path, "text/turtle", Host="evil.example").headers["Location"]
        assert location.startswith("/")
        assert not location.startswith("//")
    assert site.get("/dumps?x=1").headers["Location"] == "/dumps/?x=1"


def test_slashes_do_not_lead_away(site: Site) -> None:
    for path in ("//evil.example/", "//evil.example/dumps", "/\\evil.example/", "///dumps"):
        location = site.get(path).headers["Location"]
        assert location is None or not location.startswith(("//", "/\\"))


def test_a_path_that_is_not_utf_8(site: Site) -> None:
    assert site.get("/id/turm/%FF").status == 400
    assert site.get("/doc/turm/%C3").status == 400


def test_a_field_with_an_underscore_is_not_another(site: Site) -> None:
    headers = {"Accept": "text/turtle", "If_None_Match": "*"}
    assert site.request("GET", "/ontology", headers).status == 200
