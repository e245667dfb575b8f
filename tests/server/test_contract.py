"""The HTTP contract of docs/http-contract.md, line by line, on a running server."""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass
from urllib.parse import unquote

import pytest
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RoutingException

from server.app import create_app
from tests.conftest import REPOSITORY
from tests.server.conftest import Reply, Site

EVERY_ENGINE = True
#: Routes that take a POST with a body, which no line has, and files that are no part of a release.
NO_SUCCESS = {"reconciliation.match", "reconciliation.extend", "static", "workbench.file"}

DOCUMENT = REPOSITORY / "docs" / "http-contract.md"


@dataclass(frozen=True)
class Line:
    """A line of the table; None stands for "absent"."""

    method: str
    path: str
    accept: str | None
    status: int
    fields: dict[str, str | None]

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.accept or ''}".strip()

    def reply(self, site: Site, method: str | None = None, **headers: str) -> Reply:
        """Send the line's request, or the same with another method or further headers."""
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.accept is not None:
            fields["Accept"] = self.accept
        return site.request(method or self.method, self.path, fields)


def _lines() -> list[Line]:
    rows = [
        [cell.strip() for cell in row.strip("|").split("|")]
        for row in DOCUMENT.read_text(encoding="utf-8").splitlines()
        if row.startswith("|")
    ]
    names = rows[0]
    lines = []
    for method, path, accept, status, *cells in rows[2:]:
        fields = {
            name: None if cell == "-" else cell for name, cell in zip(names[4:], cells, strict=True)
        }
        lines.append(Line(method, path, accept or None, int(status), fields))
    return lines


LINES = _lines()
READS = [line for line in LINES if line.method == "GET"]
TAGGED = [line for line in READS if line.fields["ETag"]]


@pytest.mark.parametrize("line", LINES, ids=str)
def test_line(line: Line, site: Site) -> None:
    reply = line.reply(site)
    assert reply.status == line.status, reply.text[:500]
    for name in ("Content-Type", "Vary", "Location", "Content-Location"):
        assert reply.headers[name] == line.fields[name], name
    tag = reply.headers["ETag"]
    if line.fields["ETag"] is None:
        assert tag is None
    else:
        assert tag.startswith('"')
        assert tag.endswith('"')
        assert reply.headers["Last-Modified"] == "Thu, 01 May 2025 00:00:00 GMT"
    assert reply.headers["Access-Control-Allow-Origin"] == "*"
    exposed = reply.headers["Access-Control-Expose-Headers"].split(", ")
    assert {"Link", "ETag", "Retry-After", "Content-Location"} <= set(exposed)
    assert "default-src 'none'" in reply.headers["Content-Security-Policy"]
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert reply.headers["Referrer-Policy"]


@pytest.mark.parametrize("line", READS, ids=str)
def test_head_equals_get(line: Line, site: Site) -> None:
    whole, head = line.reply(site), line.reply(site, "HEAD")
    assert head.status == whole.status
    assert head.body == b""
    passing = {"date", "transfer-encoding", "cache-status"}
    fields = [
        {
            name.lower(): value
            for name, value in reply.headers.items()
            if name.lower() not in passing
        }
        for reply in (whole, head)
    ]
    assert fields[0] == fields[1]


@pytest.mark.parametrize("line", TAGGED, ids=str)
def test_not_modified(line: Line, site: Site) -> None:
    whole = line.reply(site)
    again = line.reply(site)
    assert again.body == whole.body
    assert again.headers["ETag"] == whole.headers["ETag"]
    for condition in (
        {"If_None_Match": whole.headers["ETag"]},
        {"If_None_Match": f'"other", W/{whole.headers["ETag"]}'},
        {"If_None_Match": "*"},
        {"If_Modified_Since": whole.headers["Last-Modified"]},
    ):
        for method in ("GET", "HEAD"):
            reply = line.reply(site, method, **condition)
            assert reply.status == 304, condition
            assert reply.body == b""
            for name in ("ETag", "Vary", "Cache-Control"):
                assert reply.headers[name] == whole.headers[name]
            # RFC 9110, 15.4.5: what a 200 would have said of the representation.
            assert reply.headers["Content-Location"] == whole.headers["Content-Location"]
            assert reply.headers["Access-Control-Allow-Origin"] == "*"
    changed = {"If_None_Match": '"other"', "If_Modified_Since": whole.headers["Last-Modified"]}
    assert line.reply(site, **changed).status == 200
    assert line.reply(site, If_Match='"other"').status == 412
    assert line.reply(site, If_Match=whole.headers["ETag"]).status == 200
    assert line.reply(site, If_Unmodified_Since="Wed, 30 Apr 2025 00:00:00 GMT").status == 412


def test_every_route_has_a_line_that_succeeds(site: Site) -> None:
    app = create_app(site.release, "/nowhere")
    routes = app.url_map.bind("")
    covered = set()
    for line in LINES:
        if line.status < 400:
            with contextlib.suppress(HTTPException, RoutingException):
                path = unquote(line.path.partition("?")[0])
                covered.add(routes.match(path, method=line.method)[0])
    assert {rule.endpoint for rule in app.url_map.iter_rules()} - covered == NO_SUCCESS


@pytest.mark.parametrize("path", dict.fromkeys(line.path for line in READS))
def test_preflight_of_every_line(path: str, site: Site) -> None:
    asked = {
        "Origin": "https://elsewhere.example",
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "accept, accept-profile, content-type, if-none-match",
    }
    reply = site.request("OPTIONS", path, asked)
    assert reply.status == 204
    assert reply.body == b""
    assert reply.headers["Access-Control-Allow-Origin"] == "*"
    methods = reply.headers["Access-Control-Allow-Methods"].split(", ")
    assert {"GET", "HEAD"} <= set(methods)
    assert methods == sorted(methods)
    allowed = reply.headers["Access-Control-Allow-Headers"].lower().split(", ")
    assert set(asked["Access-Control-Request-Headers"].split(", ")) <= set(allowed)
    assert reply.headers["Access-Control-Max-Age"]


@pytest.mark.parametrize(
    ("path", "relations"),
    {
        "/doc/turm/kap-nord": ["collection", "linkset", "describes"],
        "/doc/probe/aufsatz": ["collection", "linkset", "describes"],
        "/ontology": ["collection", "describes"],
        "/shapes": ["collection", "describes"],
        "/graph/turm": ["collection"],
        "/catalog": [],
    }.items(),
    ids=str,
)
def test_links_of_each_kind(path: str, relations: list[str], site: Site) -> None:
    expected = {*relations, "canonical", "cite-as", "describedby", "license", "type"}
    for suffix in ("", ".html", ".ttl", ".nt", ".jsonld", ".rdf"):
        reply = site.get(path + suffix)
        fields = ", ".join(reply.headers.get_all("Link"))
        found = {each for rel in re.findall(r'rel="([^"]*)"', fields) for each in rel.split()}
        assert expected <= found, suffix
        forms = re.findall(r'<([^>]*)>; rel="alternate[^"]*"; type="([^"]*)"', fields)
        assert len(forms) >= 5
        for href, media_type in forms:
            assert site.get(href).media_type == media_type


def test_forms_have_tags_of_their_own(site: Site) -> None:
    suffixes = ("html", "ttl", "nt", "jsonld", "rdf")
    tags = [site.get(f"/doc/turm/kap-nord.{suffix}").headers["ETag"] for suffix in suffixes]
    assert len(set(tags)) == len(suffixes)


@pytest.mark.parametrize(
    "path", ["/nowhere", "/nowhere/at/all/", "/reconcile/none", "/id", "/doc/"]
)
def test_preflight_of_what_is_not_there(path: str, site: Site) -> None:
    asked = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "GET"}
    reply = site.request("OPTIONS", path, asked)
    assert (reply.status, reply.body) == (204, b"")
    assert reply.headers["Access-Control-Allow-Origin"] == "*"
    assert "GET" in reply.headers["Access-Control-Allow-Methods"]
    gone = site.get(path)
    assert gone.status == 404
    assert gone.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize(
    "path", ["/reconcile/match", "/reconcile/extend", "/reconcile/match/", "/reconcile/extend/"]
)
def test_what_is_only_posted_to(path: str, site: Site) -> None:
    reply = site.get(path)
    if path.endswith("/"):
        assert (reply.status, reply.headers["Location"]) == (308, path.rstrip("/"))
    else:
        assert (reply.status, reply.media_type) == (405, "application/problem+json")
        assert reply.headers["Allow"] == "OPTIONS, POST"
    preflight = site.request("OPTIONS", path, {"Origin": "https://elsewhere.example"})
    assert preflight.status == 204
    assert "POST" in preflight.headers["Access-Control-Allow-Methods"]


def test_preflight(site: Site) -> None:
    reply = site.request(
        "OPTIONS",
        "/doc/turm/kap-nord",
        {
            "Origin": "https://elsewhere.example",
            "Access-Control-Request-Method": "GET",
            "Access-Control-Request-Headers": "if-none-match",
        },
    )
    assert reply.status == 204
    assert "GET" in reply.headers["Access-Control-Allow-Methods"]
    assert "If-None-Match" in reply.headers["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Credentials" not in reply.headers
