"""The saved queries of the AI4Media graph as an API: typed parameters, checked, in every form."""

from __future__ import annotations

import csv
import io
import json
from urllib.parse import quote

import pytest

from tests.server.conftest import Site

TOPIC = "https://w3id.org/ai4media/id/topic/deepfake-detection"


def _rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))[1:]


def test_a_value_can_be_written_whole_or_with_a_prefix_of_the_query(legacy: Site) -> None:
    whole = legacy.get(f"/queries/publications-on-topic.csv?topic={quote(TOPIC, safe='')}")
    short = legacy.get("/queries/publications-on-topic.csv?topic=topic:deepfake-detection")
    assert whole.status == short.status == 200
    assert whole.body == short.body == legacy.get("/queries/publications-on-topic.csv").body
    assert len(_rows(whole.text)) > 1


def test_another_value_gives_another_answer(legacy: Site) -> None:
    few = _rows(legacy.get("/queries/co-author-network.csv?minimum=4").text)
    more = _rows(legacy.get("/queries/co-author-network.csv?minimum=3").text)
    assert len(few) < len(more)
    assert all(int(row[4]) >= 4 for row in few)


@pytest.mark.parametrize("suffix", ["csv", "tsv", "json", "xml", "rq"])
def test_every_form_of_a_table_has_a_tag_and_is_not_sent_twice(legacy: Site, suffix: str) -> None:
    path = f"/queries/co-author-network.{suffix}?minimum=4"
    reply = legacy.get(path)
    assert reply.status == 200
    assert legacy.get(path, If_None_Match=reply.headers["ETag"]).status == 304


def test_a_graph_is_to_be_had_as_turtle_and_not_as_a_table(legacy: Site) -> None:
    assert legacy.get("/queries/claims-as-statements.ttl").media_type == "text/turtle"
    refused = legacy.get("/queries/claims-as-statements.csv")
    assert refused.status == 404
    assert ".ttl" in json.loads(refused.text)["detail"]


@pytest.mark.parametrize(
    ("given", "parameter", "mend"),
    [
        ("minimum=few", "minimum", "42"),
        ("maximum=3", "maximum", "minimum"),
        ("minimum=3&minimum=4", "minimum", "give one"),
        ("minimum=3%20%7D%20%7D", "minimum", "42"),
    ],
)
def test_a_problem_names_the_parameter_the_rule_and_the_mend(
    legacy: Site, given: str, parameter: str, mend: str
) -> None:
    reply = legacy.get(f"/queries/co-author-network.json?{given}")
    assert (reply.status, reply.media_type) == (400, "application/problem+json")
    problem = json.loads(reply.text)
    assert problem["parameter"] == parameter
    assert problem["rule"]
    assert mend in problem["mend"]


def test_a_name_in_place_of_an_iri_leads_to_the_things_of_that_name(legacy: Site) -> None:
    reply = legacy.get("/queries/publications-on-topic?topic=deepfake", "text/html")
    assert reply.status == 400
    assert f"?topic={TOPIC}" in reply.text.replace("%3A", ":").replace("%2F", "/")


def test_every_saved_query_has_a_page_and_a_description(legacy: Site) -> None:
    paths = json.loads(legacy.get("/openapi.json").text)["paths"]
    names = sorted(path.stem for path in (legacy.release.path / "queries").glob("*.rq"))
    assert len(names) > 80
    for name in names:
        assert f"/queries/{name}" in paths
        forms = paths[f"/queries/{name}.{{form}}"]["parameters"][0]["schema"]["enum"]
        assert {"rq"} < set(forms)
    described = paths["/queries/publications-on-topic.{form}"]["get"]["parameters"]
    assert [(each["name"], each["schema"]["default"]) for each in described] == [("topic", TOPIC)]
    for name in names[::6]:
        page = legacy.get(f"/queries/{name}", "text/html")
        assert page.status == 200, name
        assert 'id="results"' in page.text


def test_a_query_that_the_home_page_pictures_shows_the_same_picture(legacy: Site) -> None:
    page = legacy.get("/queries/organisations-on-the-map", "text/html").text
    assert '<svg class="map"' in page
    assert "<table" in page
