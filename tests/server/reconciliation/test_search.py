"""`/search`: names in part, in any case and without accents; facets, pages, suggestions."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.server.conftest import BASE, SHIPS, Site


def find(site: Site, q: str = "", **parameters: Any) -> dict[str, Any]:
    query = urlencode({"q": q, **parameters}, doseq=True)
    reply = site.get(f"/search?{query}", "application/json")
    assert reply.status == 200, reply.text
    document: dict[str, Any] = json.loads(reply.text)
    return document


def paths(document: dict[str, Any]) -> list[str]:
    return [each["iri"].partition("/id/")[2] for each in document["results"]]


@pytest.mark.parametrize(
    ("typed", "thing"),
    [
        ("popesc", "person/adrian-popescu"),
        ("POPESCU adri", "person/adrian-popescu"),
        ("popescu, adrian", "person/adrian-popescu"),
        ("certh", "organisation/certh"),
        ("ecole polytechnique federale", "organisation/epfl"),
        ("Αριστοτέλειο Πανεπιστήμιο", "organisation/auth"),
        ("universiteit van amst", "organisation/uva"),
        ("10.1145/3469877.3493593", "publication/pub-2021-conditioned-fashion-retrieval"),
        ("doi:10.1145/3469877.3493593", "publication/pub-2021-conditioned-fashion-retrieval"),
        ("3469877.3493593", "publication/pub-2021-conditioned-fashion-retrieval"),
        ("fashion retriev clip", "publication/pub-2021-conditioned-fashion-retrieval"),
        ("Conditoned Imgae Retrieval Fasion", "publication/pub-2021-conditioned-fashion-retrieval"),
        ("https://w3id.org/ai4media/id/organisation/auth", "organisation/auth"),
    ],
)
def test_first_of_the_list(legacy: Site, typed: str, thing: str) -> None:
    assert paths(find(legacy, typed))[0] == thing


def test_names_of_a_small_german_publication(site: Site) -> None:
    for typed in ("südm", "SUDMOLE", "suedmole", "Südmole"):
        assert find(site, typed)["results"][0]["iri"] == f"{BASE}id/turm/süd-mole"
    assert find(site, "north cape")["results"][0]["iri"] == f"{BASE}id/turm/kap-nord"
    assert find(site, "jürgens")["results"][0]["iri"] == f"{BASE}id/turm/kap-nord", "from a text"


def test_withdrawn_things_are_not_found(site: Site) -> None:
    for typed in ("", "seebrueck", "nordkap"):
        iris = {each["iri"] for each in find(site, typed)["results"]}
        assert not iris & {f"{BASE}id/turm/alt-seebrueck", f"{BASE}id/turm/nordkap"}


def test_every_facet_narrows_to_what_it_counts(legacy: Site) -> None:
    whole = find(legacy, "face")
    names = {facet["name"] for facet in whole["facets"]}
    assert names == {"collection", "kind", "year", "organisation", "topic", "research-area"}
    for facet in whole["facets"]:
        for value in facet["values"][:3]:
            narrowed = find(legacy, "face", **{facet["name"]: value["value"]})
            assert narrowed["total"] == value["things"], (facet["name"], value)
            chosen = next(f for f in narrowed["facets"] if f["name"] == facet["name"])
            assert any(v["chosen"] and v["value"] == value["value"] for v in chosen["values"])


def test_facets_agree_with_the_endpoint(legacy: Site) -> None:
    query = """PREFIX dcterms: <http://purl.org/dc/terms/>
        SELECT (COUNT(DISTINCT ?thing) AS ?n) { GRAPH <https://w3id.org/ai4media/graph/publication>
        { ?thing dcterms:issued ?date } FILTER(STRSTARTS(STR(?date), "2023")) }"""
    reply = legacy.get(f"/sparql?{urlencode({'query': query, 'format': 'json'})}")
    expected = json.loads(reply.text)["results"]["bindings"][0]["n"]["value"]
    assert find(legacy, collection="publication", year="2023")["total"] == int(expected) > 0


def test_facets_that_no_configuration_names(site: Site) -> None:
    facets = {facet["name"]: facet for facet in find(site)["facets"]}
    assert facets["ort"]["label"] == "Orte"
    harbour = next(v for v in facets["ort"]["values"] if v["value"] == "nordhafen")
    assert harbour["label"] == "Nordhafen"
    assert harbour["things"] == SHIPS + 1
    assert [v["value"] for v in facets["year"]["values"]][-1] == "1891"


def test_pages_hold_everything_once(site: Site) -> None:
    first = find(site, "schiff")
    seen = [each["iri"] for each in first["results"]]
    for page in range(2, first["pages"] + 1):
        seen += [each["iri"] for each in find(site, "schiff", page=page)["results"]]
    assert len(seen) == len(set(seen)) == first["total"] == SHIPS
    reply = site.get("/search?q=schiff&page=2")
    assert 'rel="prev"' in reply.headers["Link"]
    assert 'rel="next"' in reply.headers["Link"]
    assert 'rel="next" href="/search?q=schiff&amp;page=3"' in reply.text


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("q=a&q=b", 400),
        (f"q={'x' * 501}", 400),
        ("q=face&page=0", 400),
        ("q=face&page=x", 400),
        ("q=face&page=99999", 404),
        ("q=%22%20OR%20*%20NEAR(%27", 200),
        ("q=%00", 200),
        ("q=%FF", 200),
        ("q=face&kind=no:such", 200),
        ("q=face&colour=red", 200),
    ],
)
def test_odd_parameters(legacy: Site, query: str, status: int) -> None:
    reply = legacy.get(f"/search?{query}", "application/json")
    assert reply.status == status
    if status != 200:
        assert reply.media_type == "application/problem+json"


def test_the_page_works_without_script(legacy: Site) -> None:
    reply = legacy.get("/search?q=%3Cscript%3Ealert(1)%3C/script%3E", "text/html")
    assert "<script>alert" not in reply.text
    assert not re.search(r"<script(?![^>]* src=)", reply.text), "no inline script"
    assert not re.search(r" on[a-z]+=", reply.text)
    assert "script-src 'self'" in reply.headers["Content-Security-Policy"]
    assert "unsafe" not in reply.headers["Content-Security-Policy"]
    assert '<form class="search" action="/search" method="get"' in reply.text
    script = re.search(r'<script src="([^"]+)"', reply.text)
    assert script
    assert legacy.get(script[1]).media_type in ("text/javascript", "application/javascript")
    narrowed = legacy.get("/search?q=face&year=2023", "text/html").text
    assert '<input type="hidden" name="year" value="2023">' in narrowed


def test_nothing_is_said_to_be_near(legacy: Site) -> None:
    near = find(legacy, "Aristotelian Universty Thesaloniki")
    assert near["near"] is True
    assert paths(near)[0] == "organisation/auth"
    assert find(legacy, "qqqqq zzzzz")["total"] == 0


@pytest.mark.parametrize(
    ("typed", "name"),
    [("aris", "Aristotle University of Thessaloniki"), ("univ of ams", "University of Amsterdam")],
)
def test_suggestions(legacy: Site, typed: str, name: str) -> None:
    reply = legacy.get(f"/search/suggestions?{urlencode({'q': typed})}")
    assert reply.media_type == "application/json"
    suggestions = json.loads(reply.text)["suggestions"]
    assert 0 < len(suggestions) <= 8
    assert suggestions[0]["name"] == name
    assert suggestions[0]["href"].startswith("/doc/organisation/")
