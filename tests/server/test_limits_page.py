"""Limits as they are announced: one list for people, for programs, and behind problem types."""

from __future__ import annotations

import json
import re
from urllib.parse import quote

from pyoxigraph import Literal, RdfFormat, parse

from publisher.limits import Limits
from server.http import bounds
from tests.conftest import REPOSITORY
from tests.server.conftest import BASE, Site

SCHEMA = "https://schema.org/"
ENDPOINT = f"{BASE}sparql"


def described(body: bytes) -> dict[str, tuple[float, str]]:
    """Return value and unit of each limit that RDF tells of the endpoint."""
    triples = list(parse(body, format=RdfFormat.TURTLE))

    def one(subject: object, name: str) -> str:
        (found,) = (
            t.object for t in triples if t.subject == subject and t.predicate.value == SCHEMA + name
        )
        assert isinstance(found, Literal)
        return found.value

    nodes = [t.object for t in triples if t.predicate.value == SCHEMA + "additionalProperty"]
    assert {t.subject.value for t in triples if t.object in nodes} == {ENDPOINT}
    return {
        one(node, "propertyID"): (float(one(node, "maxValue")), one(node, "unitText"))
        for node in nodes
    }


def test_all_forms_say_the_same(site: Site) -> None:
    document = json.loads(site.get("/limits", "application/json").text)
    limits = {each["name"]: (each["value"], each["unit"]) for each in document["limits"]}
    assert limits["deadline_seconds"] == (site.release.limits.deadline_seconds, "s")
    assert limits.keys() >= site.release.limits.as_mapping().keys()
    assert described(site.get("/limits", "text/turtle").body) == limits
    assert described(site.get("/sparql", "text/turtle").body) == limits
    page = site.get("/limits", "text/html").text
    assert all(f'id="{name}"' in page for name in limits)
    assert document["dumps"] == "/dumps/latest/"


def test_limits_that_are_off_are_not_announced(site: Site) -> None:
    names = {each.name for each in bounds.bounds(Limits(requests_per_minute_per_client=0))}
    assert "requests_per_minute_per_client" not in names
    assert "concurrent_queries_per_client" in names


def test_every_kind_of_problem_is_explained(site: Site) -> None:
    kinds = set()
    for path in (REPOSITORY / "server").rglob("*.py"):
        found = re.findall(
            r'(?:Problem\(\s*\d+,|bad_request\()\s*"([a-z0-9-]+)"', path.read_text("utf-8")
        )
        kinds.update(found)
    kinds |= {each.problem for each in bounds.bounds(site.release.limits) if each.problem}
    assert len(kinds) > 20
    page = site.get("/limits", "text/html").text
    for kind in kinds:
        reply = site.get(f"/problem/{kind}")
        assert reply.status == 303, kind
        path, _, fragment = reply.headers["Location"].partition("#")
        assert path == "/limits"
        assert f'id="{fragment}"' in page


def test_the_page_is_linked(site: Site) -> None:
    assert 'href="/limits"' in site.get("/sparql", "text/html").text
    assert f"<{BASE}limits>" in site.get("/sparql", "application/n-triples").text
    deep = quote("SELECT * {" + "{" * 300 + "}" * 300 + "}")
    assert 'href="/limits#query_depth"' in site.get(f"/sparql?query={deep}", "text/html").text
    members = json.loads(site.get(f"/sparql?query={deep}").text)
    assert members["help"] == "/limits#query_depth"
    assert (members["value"], members["unit"]) == (200, "brackets")
    assert members["dumps"] == "/dumps/latest/"
