"""Entity tags and dates of answers (RFC 9110, 8.8 and 13)."""

from __future__ import annotations

from tests.server.conftest import Site
from tests.server.protocol.asking import COUNT, JSON, QUERY, TOWERS, address, get, number, post

EVERY_ENGINE = True


def test_validators(site: Site) -> None:
    reply = get(site, COUNT, JSON)
    assert reply.headers["ETag"].startswith(f'"{site.release.id}-')
    assert reply.headers["Last-Modified"]
    path = address(COUNT)
    again = site.get(path, JSON, If_None_Match=reply.headers["ETag"])
    assert again.status == 304
    assert again.body == b""
    assert again.headers["ETag"] == reply.headers["ETag"]
    assert again.headers["Vary"] == "Accept, Accept-Encoding"
    other = site.get(path, "text/csv", If_None_Match=reply.headers["ETag"])
    assert other.status == 200
    assert other.headers["ETag"] != reply.headers["ETag"]


def test_a_validator_that_does_not_match(site: Site) -> None:
    path = address(COUNT)
    assert number(site.get(path, If_None_Match='"other"')) > 0
    assert site.get(path, If_Match='"other"').status == 412


def test_a_refused_query_is_refused_whatever_its_conditions(site: Site) -> None:
    for condition in ({"If_Match": '"other"'}, {"If_None_Match": "*"}):
        assert site.get(address("CLEAR ALL"), **condition).status == 403
        assert site.get(address("SELECT * { ex:a ?p ?o }"), **condition).status == 400
        assert site.get(address(COUNT, format="docx"), **condition).status == 406


def test_the_dataset_is_part_of_it(site: Site) -> None:
    plain = get(site, COUNT).headers["ETag"]
    given = site.get(address(COUNT, ("default-graph-uri", TOWERS)))
    named = site.get(address(COUNT, ("named-graph-uri", TOWERS)))
    assert len({plain, given.headers["ETag"], named.headers["ETag"]}) == 3


def test_answers_that_change_are_not_kept(site: Site) -> None:
    reply = get(site, "SELECT (NOW() AS ?n) {}")
    assert "ETag" not in reply.headers
    assert reply.headers["Cache-Control"] == "no-store"


def test_a_post_is_not_kept(site: Site) -> None:
    reply = post(site, COUNT.encode(), QUERY)
    assert "ETag" not in reply.headers
    assert reply.headers["Cache-Control"] == "no-store"
