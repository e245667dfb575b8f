"""The twin in a real browser: the same answers as the live site, without a server."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pyoxigraph as ox
import pytest
from playwright.sync_api import Browser, Page, expect

from publisher.graphs import canonical
from publisher.live_server import Client, serving
from publisher.progress import Progress
from publisher.release import Release
from publisher.twin.browsing import engine_installed
from publisher.twin.queries import saved
from publisher.twin.site import write
from tests.twin.conftest import lighthouses_release, plain, plain_host, twin

__all__ = ["lighthouses_release", "plain", "twin"]
pytestmark = pytest.mark.skipif(
    not engine_installed(), reason="run 'npm ci' in publisher/twin/engine"
)
_ASK = """async (query) => {
  const form = document.querySelector("form.query");
  const body = new URLSearchParams({ query });
  const answer = await fetch(form.action, { method: "POST", body });
  return await answer.text();
}"""


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page whose scripts do not fail."""
    context = browser.new_context(accept_downloads=True)
    context.set_default_timeout(20_000)
    made = context.new_page()
    failed: list[str] = []
    made.on("pageerror", lambda error: failed.append(str(error)))
    yield made
    context.close()
    assert not failed


def _rows(text: str, ordered: bool) -> Any:
    document = json.loads(text)
    if "boolean" in document:
        return document["boolean"]
    rows = [json.dumps(row, sort_keys=True) for row in document["results"]["bindings"]]
    return rows if ordered else Counter(rows)


def _graph(turtle: bytes) -> list[ox.Quad]:
    return canonical(ox.parse(turtle, ox.RdfFormat.TURTLE))


def _compare(release: Release, page: Page, live: Client) -> list[str]:
    """Return the saved queries whose answers differ between the live site and the twin."""
    differing = []
    for query in saved(release):
        there = live.get(f"/queries/{query.name}.json")
        ordered = "ORDER BY" in query.text.upper()
        here = page.evaluate(_ASK, query.text)
        if there.status == 404:  # A graph, which has no JSON results.
            graph = live.get(f"/queries/{query.name}.ttl").body
            same = _graph(graph) == _graph(here.encode())
            differing += [] if same else [query.name]
        elif _rows(there.body.decode(), ordered) != _rows(here, ordered):
            differing.append(query.name)
    return differing


def test_saved_queries_answer_as_on_the_live_site(
    page: Page, plain: str, lighthouses_release: Release
) -> None:
    page.goto(f"{plain}/sparql.html")
    with serving(lighthouses_release.path) as live:
        assert _compare(lighthouses_release, page, live) == []


@pytest.mark.nightly
def test_all_saved_queries_of_the_real_graph(
    page: Page, ai4media_release: Release, tmp_path: Path
) -> None:
    write(ai4media_release, tmp_path / "site", Progress(quiet=True))
    with plain_host(tmp_path) as address, serving(ai4media_release.path) as live:
        page.goto(f"{address}/site/sparql.html")
        assert _compare(ai4media_release, page, live) == []
        page.goto(f"{address}/site/queries/co-author-network.html")
        page.get_by_label("The least number").fill("5")
        page.get_by_role("button", name="Ask").click()
        status = page.locator("#workbench > .actions [role=status]")
        expect(status).to_contain_text("rows in")
        there = live.get("/queries/co-author-network.json?minimum=5").body.decode()
        rows = len(json.loads(there)["results"]["bindings"])
        expect(status).to_contain_text(f"{rows} rows in")


def test_a_query_is_run_stopped_and_run_again(page: Page, plain: str) -> None:
    endless = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?o ?p }"
    page.goto(f"{plain}/sparql.html?query={quote(endless)}")
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("#workbench > .actions [role=status]")).to_have_text("Stopped.")
    page.goto(f"{plain}/sparql.html?query={quote('SELECT (1 + 41 AS ?answer) {}')}")
    expect(page.locator(".viewer td")).to_have_text("42")


def test_from_is_a_clause_and_not_a_word(page: Page, plain: str) -> None:
    page.goto(f"{plain}/sparql.html")
    count = "SELECT (COUNT(*) AS ?from) { ?from ?p ?o } # from <a>"
    (row,) = json.loads(page.evaluate(_ASK, count))["results"]["bindings"]
    assert int(row["from"]["value"]) > 20
    base = "https://data.example.org/leuchtturm/"
    named = f"PREFIX g: <{base}graph/> ASK FROM g:ort {{ <{base}id/turm/kap-nord> a ?kind }}"
    assert json.loads(page.evaluate(_ASK, named))["boolean"] is False


def test_a_broken_query_is_told(page: Page, plain: str) -> None:
    page.goto(f"{plain}/sparql.html?query={quote('SELECT * { ?s ?p }')}")
    expect(page.locator(".viewer [role=alert]")).to_contain_text("Line 1")


def test_search_finds_whatever_the_spelling(page: Page, plain: str) -> None:
    page.goto(f"{plain}/search.html")
    page.get_by_role("searchbox").or_(page.locator("#q")).first.fill("sudmole")
    page.keyboard.press("Enter")
    page.locator(".hits a", has_text="Südmole").click()
    expect(page).to_have_title("Südmole · Leuchttürme der Ostsee")


def test_a_list_is_narrowed_and_sorted(page: Page, plain: str) -> None:
    page.goto(f"{plain}/graph/turm.html")
    page.locator(".narrow a", has_text="1891").click()
    expect(page.locator("table.listing tbody tr")).to_have_count(1)
    page.goto(f"{plain}/graph/turm.html?{urlencode({'sort': '-name'})}")
    expect(page.locator("table.listing tbody th").first).to_have_text("Südmole")
