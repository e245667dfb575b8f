"""`/lookup` and `/resolve`: external addresses in all their spellings, prefixed names."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pyoxigraph as ox
import pytest

from publisher.formats import RDF_FORMS
from tests.server.conftest import BASE, Site

AUTH = "https://w3id.org/ai4media/id/organisation/auth"
SAME_AS = "http://www.w3.org/2002/07/owl#sameAs"


def matches(site: Site, *iris: str) -> list[list[dict[str, Any]]]:
    reply = site.get(f"/lookup?{urlencode([('iri', iri) for iri in iris])}")
    assert reply.status == 200, reply.text
    return [result["matches"] for result in json.loads(reply.text)["results"]]


@pytest.mark.parametrize(
    "spelling",
    [
        "https://ror.org/02j61yw88",
        "http://ror.org/02j61yw88/",
        "https://www.ror.org/02J61YW88",
        "02j61yw88",
        "http://www.wikidata.org/entity/Q667568",
        "https://www.wikidata.org/wiki/Q667568",
        "https://www.wikidata.org/wiki/Special:EntityPage/Q667568",
        "https://www.wikidata.org/wiki/Special:EntityData/Q667568.json",
        "wd:Q667568",
        "Q667568",
        "ror:02j61yw88",
        "https://ror.org/02j61yw88?x=1",
    ],
)
def test_every_spelling_of_an_identifier(legacy: Site, spelling: str) -> None:
    ((match,),) = matches(legacy, spelling)
    assert match["iri"] == AUTH
    assert match["property"] == SAME_AS
    assert match["strength"] == "identity"
    assert match["href"] == "/doc/organisation/auth"


@pytest.mark.parametrize(
    ("spelling", "thing", "property_"),
    [
        ("DOI:10.1145/3469877.3493593", "pub-2021-conditioned-fashion-retrieval", "owl#sameAs"),
        ("info:doi/10.1145/3469877.3493593", "pub-2021-conditioned-fashion-retrieval", "sameAs"),
        ("urn:doi:10.1145/3469877.3493593", "pub-2021-conditioned-fashion-retrieval", "sameAs"),
        ("https://doi.org/10.1145/3469877.3493593?x=1", "conditioned-fashion-retrieval", "sameAs"),
        ("github:AIMultimediaLab/AI4Media-Bench", "ai4media-bench", "codeRepository"),
        ("https://github.com/AIMultimediaLab/AI4Media-Bench/tree/main", "ai4media-bench", "code"),
        ("https://arxiv.org/pdf/2012.15650v1.pdf", "pub-2020-mediaeval-memorability", "sameAs"),
        ("10.48550/arXiv.2012.15650", "pub-2020-mediaeval-memorability", "sameAs"),
        ("git@github.com:AIMultimediaLab/AI4Media-Bench", "ai4media-bench", "codeRepository"),
        ("github.com/aimultimedialab/ai4media-bench.git", "ai4media-bench", "codeRepository"),
        ("https://github.com/AIMultimediaLab/AI4Media-Bench#readme", "ai4media-bench", "codeRepo"),
    ],
)
def test_each_registry(legacy: Site, spelling: str, thing: str, property_: str) -> None:
    (found,) = matches(legacy, spelling)
    assert any(m["iri"].endswith(thing) and property_ in m["property"] for m in found)


def test_all_addresses_of_the_graph_are_found_in_one_go(legacy: Site) -> None:
    query = (
        f"SELECT ?thing ?value {{ ?thing <{SAME_AS}> ?value "
        "FILTER(STRSTARTS(STR(?thing), 'https://w3id.org/ai4media/id/'))"
        "FILTER(!STRSTARTS(STR(?value), 'https://w3id.org/ai4media/')) }"
    )
    reply = legacy.get(f"/sparql?{urlencode({'query': query, 'format': 'json'})}")
    rows = json.loads(reply.text)["results"]["bindings"]
    body = json.dumps({"iris": [row["value"]["value"] for row in rows]}).encode()
    reply = legacy.request("POST", "/lookup", {"Content-Type": "application/json"}, body)
    found = {r["iri"]: {m["iri"] for m in r["matches"]} for r in json.loads(reply.text)["results"]}
    assert len(rows) > 50
    for row in rows:
        assert row["thing"]["value"] in found[row["value"]["value"]]


def test_our_own_and_unknown_ones(legacy: Site) -> None:
    own, unknown, odd = matches(legacy, AUTH, "https://doi.org/10.9999/none", "not an address")
    assert own[0] | {"name": ""} == {
        "iri": AUTH,
        "href": "/doc/organisation/auth",
        "name": "",
        "strength": "self",
        "property": None,
        "value": None,
    }
    assert unknown == odd == []


def test_a_file_of_a_repository_leads_to_what_has_the_repository(legacy: Site) -> None:
    (found,) = matches(legacy, "https://github.com/AIMultimediaLab/AI4Media-Bench/blob/main/a.py")
    assert {match["strength"] for match in found} == {"address"}
    assert any(match["iri"].endswith("/software/ai4media-bench") for match in found)


@pytest.mark.parametrize(
    "spelling",
    [
        "{base}id/turm/kap-nord",
        "{base}doc/turm/kap-nord",
        "{base}doc/turm/kap-nord.ttl",
        "{base}doc/turm/kap-nord.linkset.json",
        "{base}doc/turm/kap-nord?page=1#name",
        "{here}/id/turm/kap-nord",
        "{here}/doc/turm/kap-nord.html",
        "{here}/doc/turm/kap-nord/",
        "{here}/doc/turm/nordkap",
        "{base}id/turm/nordkap",
    ],
)
def test_each_of_our_own_addresses_is_that_of_the_thing(site: Site, spelling: str) -> None:
    ((match,),) = matches(site, spelling.format(base=BASE, here=f"http://127.0.0.1:{site.port}"))
    assert (match["iri"], match["strength"]) == (f"{BASE}id/turm/kap-nord", "self")


@pytest.mark.parametrize(
    "spelling",
    [
        "{base}doc/turm/none.ttl",
        "{base}doc/turm",
        "{base}ontology",
        "{base}id/turm/kap-nord.ttl",
        "https://elsewhere.example/doc/turm/kap-nord",
        "turm/kap-nord",
    ],
)
def test_what_is_no_address_of_a_thing_of_ours(site: Site, spelling: str) -> None:
    assert matches(site, spelling.format(base=BASE)) == [[]]


@pytest.mark.parametrize("suffix", ["ttl", "nt", "jsonld", "rdf"])
def test_as_rdf(legacy: Site, suffix: str) -> None:
    form = next(form for form in RDF_FORMS if form.suffix == suffix)
    reply = legacy.get("/lookup?iri=02j61yw88", form.media_type)
    assert reply.media_type == form.media_type
    triples = {quad.triple for quad in ox.parse(reply.body, format=form.oxigraph)}
    same = ox.Triple(
        ox.NamedNode(AUTH), ox.NamedNode(SAME_AS), ox.NamedNode("https://ror.org/02j61yw88")
    )
    assert same in triples
    assert len(triples) == 2


@pytest.mark.parametrize(
    ("method", "path", "type_", "body", "status"),
    [
        ("GET", "/lookup", "", b"", 400),
        ("GET", "/lookup?iri=", "", b"", 400),
        ("GET", f"/lookup?iri={'x' * 3000}", "", b"", 400),
        ("POST", "/lookup", "application/json", b"{", 400),
        ("POST", "/lookup", "application/json", b'{"iris": [1]}', 400),
        ("POST", "/lookup", "application/json", json.dumps(["x:y"] * 501).encode(), 413),
        ("POST", "/lookup", "text/csv", b"iri", 415),
        ("POST", "/lookup", "application/x-www-form-urlencoded", b"iri=02j61yw88&iri=x", 200),
        ("GET", "/resolve", "", b"", 400),
        ("GET", "/resolve?curie=nothing:x", "", b"", 404),
        ("GET", "/resolve?curie=foaf:%3Cx%3E", "", b"", 404),
    ],
)
def test_requests(
    legacy: Site, method: str, path: str, type_: str, body: bytes, status: int
) -> None:
    headers = {"Content-Type": type_} if type_ else {}
    reply = legacy.request(method, path, headers, body)
    assert reply.status == status, reply.text
    if status != 200:
        assert reply.media_type == "application/problem+json"


def test_blank_and_repeated_addresses_are_answered_once(legacy: Site) -> None:
    body = json.dumps({"iris": ["02j61yw88", " ", "", " 02j61yw88 ", "x"]}).encode()
    reply = legacy.request("POST", "/lookup", {"Content-Type": "application/json"}, body)
    assert [result["iri"] for result in json.loads(reply.text)["results"]] == ["02j61yw88", "x"]


@pytest.mark.parametrize(
    ("curie", "location"),
    [
        ("organisation:auth", "/id/organisation/auth"),
        ("[organisation:auth]", "/id/organisation/auth"),
        ("a4m:Publication", "/ontology#Publication"),
        ("foaf:Person", "http://xmlns.com/foaf/0.1/Person"),
        ("wd:Q667568", "/id/organisation/auth"),
        ("doi:10.1145/3469877.3493593", "/id/publication/pub-2021-conditioned-fashion-retrieval"),
    ],
)
def test_resolve(legacy: Site, curie: str, location: str) -> None:
    reply = legacy.get(f"/resolve?{urlencode({'curie': curie})}")
    assert (reply.status, reply.headers["Location"]) == (303, location)


def test_another_publication(site: Site) -> None:
    (found,) = matches(site, f"{BASE}id/turm/süd-mole")
    assert found[0]["name"] == "Südmole"
    reply = site.get("/resolve?curie=lt:Turm")
    assert reply.headers["Location"] == "/ontology#Turm"
