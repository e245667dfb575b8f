"""SPARQL 1.1 Protocol, 2.2: every update is refused, whatever its form."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from tests.server.conftest import Site
from tests.server.protocol.asking import (
    COUNT,
    FORM,
    QUERY,
    UPDATE,
    address,
    form,
    get,
    number,
    post,
    problem,
    truth,
)

EVERY_ENGINE = True

INSERT = "INSERT DATA { <x:a> <x:b> <x:c> }"


def refused(reply: object) -> None:
    problem(reply, 403, "update-refused")  # type: ignore[arg-type]


def test_update_post_form(site: Site) -> None:
    refused(post(site, b"update=CLEAR+ALL", FORM))


def test_update_post_direct(site: Site) -> None:
    refused(post(site, b"CLEAR ALL", UPDATE))


def test_bad_update_get(site: Site) -> None:
    refused(site.get("/sparql?update=CLEAR%20ALL"))
    refused(site.request("QUERY", "/sparql", {"Content-Type": UPDATE}, b"CLEAR ALL"))
    assert site.request("HEAD", "/sparql?update=CLEAR%20ALL").status == 403


def test_bad_multiple_updates(site: Site) -> None:
    refused(post(site, b"update=CLEAR%20NAMED&update=CLEAR%20DEFAULT", FORM))


def test_bad_update_wrong_media_type(site: Site) -> None:
    problem(post(site, b"CLEAR NAMED", "text/plain"), 415, "unsupported-media-type")


def test_bad_update_missing_form_type(site: Site) -> None:
    problem(post(site, b"update=CLEAR%20NAMED", None), 415, "unsupported-media-type")


def test_bad_update_non_utf8(site: Site) -> None:
    refused(post(site, "CLEAR NAMED".encode("utf-16"), f"{UPDATE}; charset=UTF-16"))


def test_bad_update_syntax(site: Site) -> None:
    refused(post(site, b"update=CLEAR%20XYZ", FORM))


def test_bad_update_dataset_conflict(site: Site) -> None:
    path = "/sparql?using-named-graph-uri=http%3A%2F%2Fexample%2Fpeople"
    refused(post(site, b"WITH <x:g> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }", UPDATE, path))


@pytest.mark.parametrize(
    "path", ["/sparql", "/sparql?using-graph-uri=x:g", f"/sparql?query={COUNT[:6]}"]
)
def test_2_2_direct_with_parameters(site: Site, path: str) -> None:
    refused(post(site, INSERT.encode(), UPDATE, path))


def test_2_2_compressed(site: Site) -> None:
    refused(post(site, b"\x1f\x8b", UPDATE, Content_Encoding="gzip"))


@pytest.mark.parametrize(
    "update",
    [
        INSERT,
        "DELETE WHERE { ?s ?p ?o }",
        "DELETE DATA { <x:a> <x:b> <x:c> }",
        "LOAD <file:///etc/passwd>",
        "LOAD SILENT <http://127.0.0.1:1/> INTO GRAPH <x:g>",
        "CLEAR ALL",
        "DROP ALL",
        "CREATE GRAPH <x:g>",
        "COPY DEFAULT TO <x:g>",
        "MOVE <x:a> TO <x:b>",
        "ADD <x:a> TO <x:b>",
        "WITH <x:g> INSERT { ?s ?p ?o } WHERE { ?s ?p ?o }",
        "# a comment\nPREFIX x: <x:> inSert DATA { x:a x:b x:c }",
        "\\u0049NSERT DATA { <x:a> <x:b> <x:c> }",
    ],
)
def test_2_2_as_a_query(site: Site, update: str) -> None:
    refused(get(site, update))
    refused(post(site, update.encode(), QUERY))
    refused(post(site, form(query=update), FORM))
    refused(site.request("QUERY", "/sparql", {"Content-Type": QUERY}, update.encode()))


def test_2_2_behind_a_query(site: Site) -> None:
    """A query operation is one query: what follows it is a mistake and is not run."""
    problem(get(site, f"{COUNT} ; {INSERT}"), 400, "syntax-error")


def test_2_2_beside_a_query(site: Site) -> None:
    refused(post(site, form(query=COUNT, update=INSERT), FORM))
    refused(post(site, COUNT.encode(), QUERY, f"/sparql?update={quote(INSERT)}"))
    refused(site.get(address(COUNT, update=INSERT)))


def test_2_2_as_an_empty_parameter(site: Site) -> None:
    refused(site.get("/sparql?update="))


def test_2_2_nothing_has_changed(site: Site) -> None:
    assert not truth(get(site, "ASK { <x:a> ?p ?o }"))
    assert number(get(site, COUNT)) == site.release.counts["triples"]
