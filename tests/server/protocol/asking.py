"""How the tests of the protocol ask, and what they expect of an answer and of a refusal."""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.parse import urlencode

from tests.server.conftest import BASE, Reply, Site

COUNT = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
JSON = "application/sparql-results+json"
XML = "application/sparql-results+xml"
QUERY = "application/sparql-query"
UPDATE = "application/sparql-update"
FORM = "application/x-www-form-urlencoded"
TOWERS = f"{BASE}graph/turm"
PLACES = f"{BASE}graph/ort"


def address(query: str, *parameters: tuple[str, str], **named: str) -> str:
    """Return the address of a query by GET."""
    return f"/sparql?{urlencode([('query', query), *parameters, *named.items()])}"


def get(site: Site, query: str, accept: str | None = None, **parameters: str) -> Reply:
    """Ask by GET, with further parameters."""
    return site.get(address(query, **parameters), accept)


def post(
    site: Site, body: bytes, content_type: str | None, path: str = "/sparql", **headers: str
) -> Reply:
    """Ask by POST; header names are given with `_` for `-`."""
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    if content_type is not None:
        fields["Content-Type"] = content_type
    return site.request("POST", path, fields, body)


def form(*parameters: tuple[str, str], **named: str) -> bytes:
    """Write parameters as the body of a form."""
    return urlencode([*parameters, *named.items()]).encode()


def number(reply: Reply) -> int:
    """Return the one number, named ?n, that an answer in JSON holds."""
    assert reply.status == 200, reply.text
    return int(json.loads(reply.text)["results"]["bindings"][0]["n"]["value"])


def truth(reply: Reply) -> bool:
    """Return what an ASK was answered with in JSON."""
    assert reply.status == 200, reply.text
    value = json.loads(reply.text)["boolean"]
    assert isinstance(value, bool)
    return value


def problem(reply: Reply, status: int, kind: str | None) -> Mapping[str, object]:
    """Expect a problem document; `kind` is None where the status says it all."""
    assert reply.status == status, reply.text
    assert reply.media_type == "application/problem+json"
    assert reply.headers["Access-Control-Allow-Origin"] == "*"
    members: dict[str, object] = json.loads(reply.text)
    assert members["status"] == status
    assert members["type"] == ("about:blank" if kind is None else f"{BASE}problem/{kind}")
    assert members["title"]
    assert members["detail"]
    return members
