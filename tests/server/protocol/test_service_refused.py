"""Federated queries (SPARQL 1.1 Federated Query) where no target is allowed: all are refused."""

from __future__ import annotations

import pytest

from tests.server.conftest import Site
from tests.server.protocol.asking import QUERY, get, post, problem

EVERY_ENGINE = True


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }",
        "SELECT * { FILTER EXISTS { service SILENT <http://127.0.0.1:1/> { ?s ?p ?o } } }",
        "SELECT * { { SELECT * { OPTIONAL { SERVICE ?where { ?s ?p ?o } } } } }",
        "SELECT * { SERVICE # a comment\n <http://127.0.0.1:1/> { ?s ?p ?o } }",
        "SELECT * { \\u0053ERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }",
        "CONSTRUCT { ?s ?p ?o } WHERE { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }",
    ],
)
def test_is_refused(site: Site, query: str) -> None:
    for reply in (get(site, query), post(site, query.encode(), QUERY)):
        members = problem(reply, 403, "service-refused")
        assert members["line"] == 1
        assert isinstance(members["column"], int)


def test_the_word_is_not(site: Site) -> None:
    assert get(site, 'SELECT ?service { ?service ?p "SERVICE" } # SERVICE').status == 200
