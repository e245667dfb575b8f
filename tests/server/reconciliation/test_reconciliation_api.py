"""The Reconciliation Service API 0.2: each service by its schema and by what it says."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from tests.server.conftest import Site
from tests.server.reconciliation.conftest import Validate, ask, post

ORGANISATION = "http://www.w3.org/ns/org#Organization"
PUBLICATION = "https://w3id.org/ai4media/ontology#Publication"
PERSON = "http://xmlns.com/foaf/0.1/Person"
SUBJECT = "http://purl.org/dc/terms/subject"
ISSUED = "http://purl.org/dc/terms/issued"
CREATOR = "http://purl.org/dc/terms/creator"
LABEL = "http://www.w3.org/2000/01/rdf-schema#label"
DOI = "10.1145/3469877.3493593"
SKIPW = "publication/pub-2021-skipw"


def get(site: Site, path: str, **parameters: str) -> Any:
    reply = site.get(f"{path}?{urlencode(parameters)}" if parameters else path)
    assert reply.status == 200, reply.text
    return json.loads(reply.text)


def first(site: Site, **query: Any) -> dict[str, Any]:
    result = ask(site, {"q": query})["q"]["result"]
    assert result, query
    return dict(result[0])


def test_manifest(legacy: Site, validate: Validate) -> None:
    manifest = get(legacy, "/reconcile")
    validate("manifest", manifest)
    assert "0.2" in manifest["versions"]
    assert manifest["identifierSpace"] == "https://w3id.org/ai4media/id/"
    assert manifest["view"]["url"].replace("{{id}}", "x/y") == "https://w3id.org/ai4media/id/x/y"
    assert PUBLICATION in {each["id"] for each in manifest["defaultTypes"]}
    assert set(manifest["suggest"]) == {"entity", "type", "property"}
    assert manifest["batchSize"] == 100
    # By the names of the draft as well, where these are others.
    extend = manifest["extend"]
    assert extend["proposeProperties"] is True
    for ours, drafted in zip(extend["property_settings"], extend["propertySettings"], strict=True):
        assert drafted["helpText"] == ours["help_text"]
        assert "help_text" not in drafted
        assert drafted["name"] == ours["name"]


def test_every_address_of_the_manifest_answers(legacy: Site) -> None:
    manifest = get(legacy, "/reconcile")
    paths = [manifest["view"]["url"], manifest["preview"]["url"], manifest["documentation"]]
    paths += [manifest["logo"], "".join(manifest["extend"]["propose_properties"].values())]
    for kind, suggest in manifest["suggest"].items():
        term = {"entity": SKIPW, "type": PERSON, "property": SUBJECT}[kind]
        flyout = suggest["flyout_service_url"] + suggest["flyout_service_path"]
        paths.append(flyout.replace("${id}", quote(term, safe="")))
        paths.append(suggest["service_url"] + suggest["service_path"] + "?prefix=s")
    for path in paths:
        path = path.replace("{{id}}", quote(SKIPW, safe="")).partition("#")[0]
        reply = legacy.get(path.removeprefix("https://w3id.org/ai4media"))
        assert reply.status in (200, 303), path
        assert reply.headers["Access-Control-Allow-Origin"] == "*"


def test_batch_by_post_and_get(legacy: Site, validate: Validate) -> None:
    batch = {
        "q0": {"query": "Resource Adaptable RNN with Strict Upper Computational Limit"},
        "q1": {"query": "CERTH", "type": ORGANISATION, "limit": 1},
        "q2": {"query": "nothing is called like this, ever"},
        "q3": {"query": "Popescu", "type": [PERSON], "type_strict": "any"},
    }
    validate("reconciliation-query-batch", batch)
    posted = ask(legacy, batch)
    validate("reconciliation-result-batch", posted)
    assert posted == get(legacy, "/reconcile", queries=json.dumps(batch))
    assert posted["q0"]["result"][0]["id"] == SKIPW
    assert [each["id"] for each in posted["q1"]["result"]] == ["organisation/certh"]
    assert posted["q1"]["result"][0]["match"] is True
    assert posted["q1"]["result"][0]["type"][0] == {"id": ORGANISATION, "name": "organisation"}
    assert not any(each["match"] for each in posted["q2"]["result"])
    assert posted["q3"]["result"][0]["id"] == "person/adrian-popescu"
    for result in posted.values():
        scores = [each["score"] for each in result["result"]]
        assert scores == sorted(scores, reverse=True)
        assert all(0 <= score <= 100 for score in scores)


@pytest.mark.parametrize(
    ("spelling", "thing"),
    [
        (
            "https://doi.org/10.1145/3469877.3493593",
            "publication/pub-2021-conditioned-fashion-retrieval",
        ),
        ("doi:10.1145/3469877.3493593", "publication/pub-2021-conditioned-fashion-retrieval"),
        ("10.1145/3469877.3493593", "publication/pub-2021-conditioned-fashion-retrieval"),
        (
            "http://dx.doi.org/10.1145/3469877.3493593",
            "publication/pub-2021-conditioned-fashion-retrieval",
        ),
        ("arXiv:2012.15650v2", "publication/pub-2020-mediaeval-memorability"),
        ("https://ror.org/02j61yw88", "organisation/auth"),
        ("02j61yw88", "organisation/auth"),
        ("Q667568", "organisation/auth"),
        ("https://www.wikidata.org/wiki/Q667568", "organisation/auth"),
        ("https://w3id.org/ai4media/id/organisation/auth", "organisation/auth"),
        ("organisation/auth", "organisation/auth"),
        ("git@github.com:aimultimedialab/ai4media-bench.git", "software/ai4media-bench"),
        ("ROR:02j61yw88", "organisation/auth"),
        ("https://w3id.org/ai4media/doc/organisation/auth.ttl", "organisation/auth"),
        ("programme/jf-programme", "programme/junior-fellows-exchange-program"),
    ],
)
def test_identifiers_match_exactly(legacy: Site, spelling: str, thing: str) -> None:
    found = ask(legacy, {"q": {"query": spelling}})["q"]["result"]
    assert found[0]["id"] == thing
    assert found[0]["match"] is True
    assert found[0]["score"] == 100


def test_a_file_of_a_repository_is_matched_by_nobody_unseen(legacy: Site) -> None:
    file = "https://github.com/AIMultimediaLab/AI4Media-Bench/blob/main/README.md"
    found = first(legacy, query=file)
    assert (found["id"], found["match"]) == ("software/ai4media-bench", False)


@pytest.mark.parametrize(
    "identifier",
    [
        "programme/jf-programme",
        "https://w3id.org/ai4media/id/programme/jf-programme",
        "https://w3id.org/ai4media/doc/programme/junior-fellows-exchange-program.ttl",
    ],
)
def test_previews_and_values_are_those_of_what_replaced_a_thing(
    legacy: Site, identifier: str
) -> None:
    now = "programme/junior-fellows-exchange-program"
    assert legacy.get(f"/reconcile/preview?id={quote(identifier, safe='')}").status == 200
    asked = {"ids": [identifier, now], "properties": [{"id": LABEL}]}
    rows = json.loads(post(legacy, "/reconcile", extend=json.dumps(asked)).text)["rows"]
    assert rows[identifier] == rows[now]
    assert rows[now][LABEL]


def test_types_restrict(legacy: Site) -> None:
    every = ask(legacy, {"q": {"query": "FeTrIL"}})["q"]["result"]
    assert {each["type"][0]["id"] for each in every} >= {PUBLICATION}
    only = ask(legacy, {"q": {"query": "FeTrIL", "type": "a4m:Publication"}})["q"]["result"]
    assert {each["type"][0]["id"] for each in only} == {PUBLICATION}
    both = {"query": "FeTrIL", "type": [PUBLICATION, PERSON], "type_strict": "all"}
    assert ask(legacy, {"q": both})["q"]["result"] == []
    soft = {"query": "FeTrIL", "type": [PERSON], "type_strict": "should"}
    assert ask(legacy, {"q": soft})["q"]["result"][0]["score"] < 100


def test_properties_decide(legacy: Site) -> None:
    for pid, value in (
        (CREATOR, "Adrian Popescu"),
        ("dcterms:creator", {"id": "person/adrian-popescu"}),
        (ISSUED, 2023),
        (ISSUED, ["1999", "2023"]),
    ):
        found = first(
            legacy, query="FeTrIL", type=PUBLICATION, properties=[{"pid": pid, "v": value}]
        )
        features = {each["id"]: each["value"] for each in found["features"]}
        assert features["properties"] == 1, (pid, value)
    wrong = [{"pid": ISSUED, "v": "1999"}]
    found = first(legacy, query="FeTrIL", type=PUBLICATION, properties=wrong)
    assert not found["match"]


def test_properties_alone_find(legacy: Site) -> None:
    query = {"properties": [{"pid": "schema:sameAs", "v": "arXiv:2012.15650"}]}
    assert first(legacy, **query)["id"] == "publication/pub-2020-mediaeval-memorability"
    by_author = [{"pid": CREATOR, "v": "Adrian Popescu"}]
    found = ask(legacy, {"q": {"properties": by_author, "type": PUBLICATION}})["q"]["result"]
    assert len(found) > 2


def test_blank_cells_have_empty_results_and_the_others_are_answered(legacy: Site) -> None:
    result = ask(
        legacy,
        {
            "blank": {"query": "   "},
            "empty": {"query": "", "properties": []},
            "none": {"query": "CERTH", "limit": 0},
            "unknown": {"query": "", "properties": [{"pid": "no:such", "v": "x"}]},
            "named": {"query": "CERTH"},
        },
    )
    assert [name for name, each in result.items() if each == {"result": []}] == [
        *("blank", "empty", "none", "unknown")
    ]
    assert result["named"]["result"][0]["match"] is True
    conditions = [{"matchType": "name", "propertyValue": " "}]
    body = json.dumps({"queries": [{"conditions": conditions}]})
    sent = {"Content-Type": "application/json"}
    reply = legacy.request("POST", "/reconcile/match", sent, body.encode())
    assert json.loads(reply.text) == {"results": [{"candidates": []}]}


@pytest.mark.parametrize(
    "query",
    [
        {"query": "image retrieval", "properties": [{"pid": "owl:sameAs", "v": DOI}]},
        {"query": "image retrieval", "properties": [{"pid": "owl:sameAs", "v": f"doi:{DOI}"}]},
        {"query": "fashion retrieval", "type": PERSON, "type_strict": "should"},
        {"query": "CERTH", "properties": [{"pid": "rdfs:label", "v": "Fraunhofer"}]},
    ],
    ids=range(4),
)
def test_none_but_the_first_is_matched(legacy: Site, query: dict[str, Any]) -> None:
    found = ask(legacy, {"q": {**query, "limit": 50}})["q"]["result"]
    assert len(found) > 1
    assert not any(each["match"] for each in found[1:])


def test_an_unknown_property_is_ignored(legacy: Site) -> None:
    plain = ask(legacy, {"q": {"query": "CERTH"}})
    misspelt = [{"pid": "owl:sameAss", "v": DOI}, {"pid": "https://example.org/none", "v": "x"}]
    assert ask(legacy, {"q": {"query": "CERTH", "properties": misspelt}}) == plain


@pytest.mark.parametrize(
    "batch",
    [
        "{",
        "[]",
        '{"q": 7}',
        '{"q": {}}',
        '{"q": {"query": 5}}',
        '{"q": {"query": "x", "limit": -1}}',
        '{"q": {"query": "x", "limit": "many"}}',
        '{"q": {"query": "x", "type": 3}}',
        '{"q": {"query": "x", "type_strict": "perhaps"}}',
        '{"q": {"query": "x", "properties": {"pid": "a"}}}',
        '{"q": {"query": "x", "properties": [{"pid": "a"}]}}',
        '{"q": {"query": "x", "colour": "red"}}',
        "[" * 100_000,
    ],
    ids=range(13),
)
def test_broken_batches_are_refused(legacy: Site, batch: str) -> None:
    reply = post(legacy, "/reconcile", queries=batch)
    assert reply.status == 400
    assert reply.media_type == "application/problem+json"
    assert json.loads(reply.text)["detail"].endswith(".")


def test_large_batches_are_refused(legacy: Site) -> None:
    reply = post(legacy, "/reconcile", queries=json.dumps({f"q{n}": "x" for n in range(101)}))
    assert reply.status == 413
    assert post(legacy, "/reconcile").status == 400


def test_jsonp(legacy: Site) -> None:
    plain = legacy.get("/reconcile").text
    reply = legacy.get("/reconcile?callback=jQuery331_17.done")
    assert reply.media_type == "text/javascript"
    match = re.fullmatch(r"/\*\*/jQuery331_17\.done\((.*)\);\n", reply.text, re.DOTALL)
    assert match
    assert match[1] + "\n" == plain
    for name in ("alert(1)", "a b", "", "<script>"):
        assert legacy.get(f"/reconcile?{urlencode({'callback': name})}").status == 400


@pytest.mark.parametrize(
    ("kind", "schema", "prefix", "found"),
    [
        ("entity", "suggest-entities-response", "aristo", "organisation/auth"),
        ("entity", "suggest-entities-response", SKIPW, SKIPW),
        ("entity", "suggest-entities-response", "universitat berl", "organisation/tu-berlin"),
        ("type", "suggest-types-response", "scientif", PUBLICATION),
        ("type", "suggest-types-response", "a4m:Publicati", PUBLICATION),
        ("property", "suggest-properties-response", "dcterms:subj", SUBJECT),
        ("property", "suggest-properties-response", SUBJECT, SUBJECT),
    ],
)
def test_suggest(
    legacy: Site, validate: Validate, kind: str, schema: str, prefix: str, found: str
) -> None:
    answer = get(legacy, f"/reconcile/suggest/{kind}", prefix=prefix)
    validate(schema, answer)
    assert answer["result"][0]["id"] == found
    flyout = get(legacy, f"/reconcile/flyout/{kind}", id=found)
    assert flyout["id"] == found
    assert "<strong>" in flyout["html"]


def test_suggestions_go_on(legacy: Site) -> None:
    path = "/reconcile/suggest/entity"
    whole = get(legacy, path, prefix="face", limit="6")["result"]
    rest = get(legacy, path, prefix="face", limit="3", cursor="3")["result"]
    assert whole[3:] == rest
    assert legacy.get(f"{path}?prefix=face&cursor=-1").status == 400


def test_preview_may_be_framed(legacy: Site) -> None:
    reply = legacy.get(f"/reconcile/preview?id={quote(SKIPW, safe='')}")
    assert reply.media_type == "text/html"
    assert "frame-ancestors *" in reply.headers["Content-Security-Policy"]
    assert "default-src 'none'" in reply.headers["Content-Security-Policy"]
    assert "SkipW" in reply.text
    assert legacy.get("/reconcile/preview?id=publication/none").status == 404
    assert legacy.get("/reconcile/preview").status == 400


def test_extension(legacy: Site, validate: Validate) -> None:
    proposal = get(legacy, "/reconcile/extend/propose", type=PUBLICATION, limit="5")
    validate("data-extension-property-proposal", proposal)
    assert len(proposal["properties"]) == 5
    everything = get(legacy, "/reconcile/extend/propose", type=PUBLICATION)["properties"]
    assert {CREATOR, ISSUED, SUBJECT} <= {each["id"] for each in everything}
    query = {
        "ids": [SKIPW, "publication/none", "person/adrian-popescu"],
        "properties": [
            {"id": CREATOR},
            {"id": CREATOR.replace("creator", "subject"), "settings": {"limit": "1"}},
            {"id": ISSUED},
            {"id": f"^{CREATOR}", "settings": {"content": "name"}},
        ],
    }
    validate("data-extension-query", query)
    reply = post(legacy, "/reconcile", extend=json.dumps(query))
    answer = json.loads(reply.text)
    validate("data-extension-response", answer)
    assert answer == get(legacy, "/reconcile", extend=json.dumps(query))
    assert answer["meta"][0]["type"]["id"] == PERSON
    rows = answer["rows"]
    assert rows["publication/none"] == {each["id"]: [] for each in query["properties"]}
    assert all(cell["id"].startswith("person/") for cell in rows[SKIPW][CREATOR])
    assert len(rows[SKIPW][SUBJECT]) == 1
    assert rows[SKIPW][ISSUED] == [{"str": "2021"}]
    written = rows["person/adrian-popescu"][f"^{CREATOR}"]
    assert any("FeTrIL" in cell["str"] for cell in written)


def test_extension_agrees_with_the_endpoint(legacy: Site) -> None:
    query = f"SELECT ?s ?o {{ ?s a <{PUBLICATION}> ; <{CREATOR}> ?o }}"
    reply = legacy.get(f"/sparql?{urlencode({'query': query, 'format': 'json'})}")
    space = "https://w3id.org/ai4media/id/"
    expected: dict[str, set[str]] = {}
    for row in json.loads(reply.text)["results"]["bindings"]:
        thing = row["s"]["value"].removeprefix(space)
        expected.setdefault(thing, set()).add(row["o"]["value"].removeprefix(space))
    wanted = {"ids": sorted(expected), "properties": [{"id": CREATOR}]}
    rows = json.loads(post(legacy, "/reconcile", extend=json.dumps(wanted)).text)["rows"]
    assert {id_: {c["id"] for c in row[CREATOR]} for id_, row in rows.items()} == expected


@pytest.mark.parametrize(
    "query",
    [
        "{",
        "[]",
        '{"ids": "a", "properties": []}',
        '{"ids": [], "properties": [{}]}',
        '{"ids": [], "properties": [{"id": "a", "settings": {"limit": -1}}]}',
        '{"ids": [], "properties": [{"id": "a", "settings": {"content": "html"}}]}',
    ],
)
def test_broken_extensions_are_refused(legacy: Site, query: str) -> None:
    assert post(legacy, "/reconcile", extend=query).status == 400


def test_draft(legacy: Site) -> None:
    def send(path: str, document: Any) -> Any:
        headers = {"Content-Type": "application/json"}
        return legacy.request("POST", path, headers, json.dumps(document).encode())

    conditions = [
        {"matchType": "name", "propertyValue": "FeTrIL"},
        {"matchType": "property", "propertyId": ISSUED, "propertyValue": "2023", "required": True},
    ]
    batch = {"queries": [{"type": PUBLICATION, "limit": 2, "conditions": conditions}]}
    reply = send("/reconcile/match", batch)
    (result,) = json.loads(reply.text)["results"]
    assert result["candidates"][0]["id"] == "publication/pub-2023-fetril"
    extension = {"ids": [SKIPW], "properties": [{"id": ISSUED}]}
    (row,) = json.loads(send("/reconcile/extend", extension).text)["rows"]
    assert row == {"id": SKIPW, "properties": [{"id": ISSUED, "values": [{"str": "2021"}]}]}
    assert legacy.request("POST", "/reconcile/match", {"Content-Type": "text/plain"}).status == 415
    assert send("/reconcile/match", {"queries": [{}]}).status == 400


def test_names_of_labels_in_two_languages_reach_the_same_thing(site: Site) -> None:
    for name in ("Kap Nord", "north cape", "KAP  NORD"):
        found = first(site, query=name)
        assert (found["id"], found["match"]) == ("turm/kap-nord", True)
    assert first(site, query="Suedmole")["id"] == "turm/süd-mole"
    assert first(site, query="sudhafen", type="lt:Ort")["id"] == "ort/südhafen"
