"""The twin below a real Apache, whose .htaccess it carries, and below Python's own file server."""

from __future__ import annotations

import re
import urllib.request
from html import unescape
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pyoxigraph as ox
import pytest

from publisher.live_server import Client
from tests.twin.conftest import FOLDER

_BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
_LINK = re.compile(r'\s(?:href|src)="([^"#][^"]*)"')


@pytest.mark.parametrize(
    ("path", "accept", "status", "leads_to"),
    [
        ("/id/turm/kap-nord", "", 303, "/doc/turm/kap-nord"),
        ("/id/turm/kap-nord", _BROWSER, 303, "/doc/turm/kap-nord"),
        ("/id/turm/kap-nord", "text/turtle", 303, "/doc/turm/kap-nord.ttl"),
        ("/id/turm/kap-nord", "application/n-triples", 303, "/doc/turm/kap-nord.nt"),
        ("/id/turm/kap-nord", "application/ld+json", 303, "/doc/turm/kap-nord.jsonld"),
        ("/id/turm/kap-nord", "application/json", 303, "/doc/turm/kap-nord.jsonld"),
        (
            "/id/turm/kap-nord",
            "text/turtle;q=0.5, application/rdf+xml",
            303,
            "/doc/turm/kap-nord.rdf",
        ),
        ("/id/turm/kap-nord", "text/html;q=0.1, text/turtle", 303, "/doc/turm/kap-nord.ttl"),
        ("/id/ort/s%C3%BCdhafen", "text/turtle", 303, "/doc/ort/s%c3%bcdhafen.ttl"),
        ("/id/probe/%E6%9D%B1%E4%BA%AC", "text/turtle", 303, "/doc/probe/%E6%9D%B1%E4%BA%AC.ttl"),
        ("/id/probe/%22quoted%22", "text/turtle", 303, "/doc/probe/%22quoted%22.ttl"),
        ("/id/turm/kap-nord/", "text/turtle", 301, "/id/turm/kap-nord"),
        ("/id/turm/alt-seebrueck", "text/turtle", 410, None),
        ("/doc/turm/alt-seebrueck.ttl", "", 410, None),
        ("/id/turm/nordkap", "text/turtle", 301, "/id/turm/kap-nord"),
        ("/doc/turm/nordkap.ttl", "", 301, "/doc/turm/kap-nord.ttl"),
        ("/id/turm/nirgends", "text/turtle", 404, None),
        ("/id/turm", "text/html", 303, "/graph/turm"),
        ("/dataset", "", 303, "/catalog"),
        ("/dumps/latest/leuchtturm.nq.gz", "", 302, "/dumps/2.1.0/leuchtturm.nq.gz"),
    ],
)
def test_apache_leads_on(
    apache: Client, path: str, accept: str, status: int, leads_to: str | None
) -> None:
    answer = apache.get(path, accept)
    assert answer.status == status
    location = urlsplit(answer.headers.get("location", "")).path
    assert location.lower() == (f"/{FOLDER}{leads_to}" if leads_to else "").lower()
    assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize(
    ("path", "accept", "kind"),
    [
        ("/doc/turm/kap-nord", _BROWSER, "text/html"),
        ("/doc/turm/kap-nord", "text/turtle", "text/turtle; charset=utf-8"),
        ("/doc/probe/50%25.ttl", "", "text/turtle; charset=utf-8"),
        ("/doc/probe/aufsatz.csl.json", "", "application/vnd.citationstyles.csl+json"),
        ("/doc/turm/kap-nord.nt", _BROWSER, "application/n-triples"),
        ("/doc/turm/kap-nord.jsonld", "", "application/ld+json"),
        ("/ontology", "text/turtle", "text/turtle; charset=utf-8"),
        ("/ontology", _BROWSER, "text/html"),
        ("/graph/turm", "application/rdf+xml", "application/rdf+xml; charset=utf-8"),
        ("/.well-known/void", "", "text/turtle; charset=utf-8"),
        ("/sparql", _BROWSER, "text/html"),
        ("/queries/hoehen", _BROWSER, "text/html"),
        ("/dumps/2.1.0/leuchtturm.nq.gz", "", "application/gzip"),
    ],
)
def test_apache_answers_in_the_form_asked_for(
    apache: Client, path: str, accept: str, kind: str
) -> None:
    answer = apache.get(path, accept)
    assert (answer.status, answer.headers["content-type"]) == (200, kind)
    assert "content-encoding" not in answer.headers
    assert "wasm" not in answer.headers["content-security-policy"]


def test_apache_lets_the_engine_alone_run_webassembly(apache: Client) -> None:
    policy = apache.get("/twin/engine.js").headers["content-security-policy"]
    assert "'wasm-unsafe-eval'" in policy
    assert apache.get("/twin/oxigraph/web_bg.wasm").headers["content-type"] == "application/wasm"


def test_every_link_answers_below_a_plain_file_server(plain: str, twin: Path) -> None:
    seen = set()
    for page in sorted(twin.rglob("*.html")):
        address = f"{plain}/{page.relative_to(twin).as_posix()}"
        for link in _LINK.findall(page.read_text()):
            if not urlsplit(link).scheme:
                seen.add(urljoin(address, unescape(link)).partition("#")[0])
    assert len(seen) > 80
    for address in sorted(seen):
        assert address.startswith(plain), f"{address} leads out of the folder"
        with urllib.request.urlopen(address, timeout=10) as answer:
            assert answer.status == 200


def test_the_documents_hold_what_the_dataset_says(twin: Path) -> None:
    document = set(ox.parse(path=twin / "doc/turm/kap-nord.nt", format=ox.RdfFormat.N_TRIPLES))
    said = {
        ox.Quad(quad.subject, quad.predicate, quad.object)
        for quad in ox.parse(path=twin / "dumps/2.1.0/leuchtturm.nt", format=ox.RdfFormat.N_TRIPLES)
        if quad.subject.value.endswith("/id/turm/kap-nord")
    }
    assert said <= document
