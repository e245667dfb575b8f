"""Asking, in a real browser: saved queries with other values, and the query workbench."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from server.pages.workbench import installed
from tests.browser.conftest import Open, Search
from tests.conftest import REPOSITORY

workbench = pytest.mark.skipif(not installed(), reason="run 'npm ci' in server/workbench")


def _ready(page: Page) -> Page:
    page.wait_for_selector("#workbench[data-ready=yes]")
    return page


def _write(page: Page, query: str) -> None:
    page.evaluate("q => document.querySelector('.CodeMirror').CodeMirror.setValue(q)", query)
    page.get_by_role("button", name="Run the query").click()


@pytest.mark.parametrize("scripts", [True, False])
def test_a_saved_query_is_run_with_another_value(open_page: Open, scripts: bool) -> None:
    page = open_page("/queries", java_script_enabled=scripts)
    page.get_by_role("link", name="Co-author network").click()
    before = page.locator("#results-heading").inner_text()
    page.get_by_label("The least number").fill("5")
    page.get_by_role("button", name="Ask").click()
    expect(page).to_have_url(re.compile(r"\?minimum=5$"))
    assert page.locator("#results-heading").inner_text() != before
    address = page.get_by_role("link", name="CSV").get_attribute("href")
    assert page.request.get(str(address)).text().startswith("one,")


@workbench
def test_a_query_is_edited_and_run(open_page: Open) -> None:
    page = _ready(open_page("/sparql"))
    _write(page, "SELECT ?kind (COUNT(*) AS ?things) { ?s a ?kind } GROUP BY ?kind")
    page.wait_for_selector(".viewer table")
    page.get_by_role("tab", name="Chart").or_(page.locator(".select_chart")).first.click()
    page.wait_for_selector(".viewer svg.drawing rect")


@workbench
def test_an_error_is_shown_at_its_line(open_page: Open) -> None:
    page = _ready(open_page("/sparql"))
    _write(page, "SELECT * {\n  ?s ?p ?o\n  FILTER(\n}")
    expect(page.locator(".viewer [role=alert]")).to_contain_text(re.compile(r"Line \d"))
    assert page.locator(".line-at-fault").count() == 1


@workbench
def test_a_shared_link_opens_with_its_query(open_page: Open) -> None:
    query = "SELECT (1 + 41 AS ?answer) {}"
    page = _ready(open_page(f"/sparql#query={quote(query)}"))
    shown = page.evaluate("document.querySelector('.CodeMirror').CodeMirror.getValue()")
    assert shown == query


def test_without_scripts_the_plain_form_works(open_page: Open) -> None:
    page = open_page("/sparql", java_script_enabled=False)
    page.get_by_label("Query", exact=True).fill("SELECT (41 + 1 AS ?answer) {}")
    page.get_by_role("button", name="Run the query").click()
    expect(page.locator("#results table")).to_contain_text("42")


@workbench
def test_words_complete_to_terms_of_the_ontology_with_their_prefix(open_page: Open) -> None:
    page = _ready(open_page("/sparql?draft=SELECT%20*%20%7B%20%3Fs%20"))
    page.locator(".CodeMirror").click()
    page.keyboard.press("Control+End")
    page.keyboard.type("dcterms:subj")
    page.locator(".CodeMirror-hint", has_text="dcterms:subject").first.click()
    query = page.evaluate("document.querySelector('.CodeMirror').CodeMirror.getValue()")
    assert "PREFIX dcterms: <http://purl.org/dc/terms/>" in query
    assert query.rstrip().endswith("dcterms:subject")


@workbench
@pytest.mark.parametrize(
    ("name", "view", "shape"),
    [
        ("co-author-network", "network", "a circle"),
        ("organisations-on-the-map", "map", "a circle"),
        ("outputs-by-country", "chart", "rect"),
    ],
)
def test_a_link_opens_a_picture_of_a_saved_query(
    open_page: Open, name: str, view: str, shape: str
) -> None:
    text = (REPOSITORY / "queries" / f"{name}.rq").read_text()
    page = _ready(open_page(f"/sparql?query={quote(text)}#view={view}"))
    page.wait_for_selector(f".viewer svg.drawing {shape}")
    assert page.locator(f".viewer svg.drawing {shape}").count() > 5
    chosen = page.locator(f".viewer .select_{view}")
    expect(chosen).to_have_attribute("aria-pressed", "true")
    # The address follows what is shown.
    page.locator(".viewer .select_answers").click()
    expect(page).to_have_url(re.compile(r"^[^#]*$|#$"))
    chosen.click()
    expect(page).to_have_url(re.compile(f"#view={view}$"))


@workbench
def test_a_map_of_answers_has_coasts(open_page: Open) -> None:
    text = (REPOSITORY / "queries" / "organisations-on-the-map.rq").read_text()
    page = _ready(open_page(f"/sparql?query={quote(text)}#view=map"))
    expect(page.locator(".viewer svg.drawing .land")).to_have_attribute(
        "d", re.compile(r"^M[-\d. ]+L.{1000}", re.DOTALL)
    )


@workbench
def test_only_pictures_that_say_something_are_offered(open_page: Open) -> None:
    unfit = re.compile(r"\bdisabled\b")
    page = _ready(open_page("/sparql"))
    text = (REPOSITORY / "queries" / "organisations-on-the-map.rq").read_text()
    _write(page, text)
    expect(page.locator(".viewer tbody tr").first).to_be_visible()
    expect(page.locator(".viewer .select_map")).not_to_have_class(unfit)
    # Nobody compares the lengths of longitudes.
    expect(page.locator(".viewer .select_chart")).to_have_class(unfit)
    _write(
        page,
        "PREFIX foaf: <http://xmlns.com/foaf/0.1/>\nSELECT ?a ?b { ?a foaf:homepage ?b } LIMIT 20",
    )
    expect(page.locator(".viewer tbody tr")).to_have_count(20)
    expect(page.locator(".viewer .select_network")).to_have_class(unfit)


@workbench
def test_an_error_has_no_downloads(open_page: Open) -> None:
    page = _ready(open_page("/sparql"))
    _write(page, "ASK {}")
    expect(page.locator(".downloads a").first).to_be_visible()
    _write(page, "SELECT * { ?s ?p")
    page.wait_for_selector(".viewer [role=alert]")
    expect(page.locator(".downloads a")).to_have_count(0)


@workbench
def test_a_query_is_stopped(open_page: Open) -> None:
    page = _ready(open_page("/sparql"))
    _write(page, "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }")
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("#workbench [role=status]").first).to_have_text("Stopped.")
    expect(page.get_by_role("button", name="Run")).to_be_enabled()


@workbench
def test_the_link_to_a_query_opens_it_again(open_page: Open) -> None:
    """One that is too long for an address goes behind the #."""
    for query in ("SELECT ?n { VALUES ?n { 7 } }", "SELECT ?n { VALUES ?n { 7 } }" + " " * 7000):
        page = _ready(open_page("/sparql"))
        _write(page, query)
        expect(page.locator(".viewer tbody td")).to_have_text(["7"])
        page.get_by_role("button", name=re.compile("link")).click()
        again = _ready(open_page(page.url))
        expect(again.locator(".viewer tbody td")).to_have_text(["7"])


@workbench
def test_answers_are_sorted_and_filtered_where_they_stand(open_page: Open) -> None:
    page = _ready(open_page("/sparql"))
    _write(page, "SELECT ?n { VALUES ?n { 9 10 1 } }")
    cells = page.locator(".viewer tbody td")
    expect(cells).to_have_text(["9", "10", "1"])
    page.locator(".viewer thead").get_by_role("button", name="n").click()
    expect(cells).to_have_text(["1", "9", "10"])
    page.get_by_label("Rows with these words").fill("0")
    expect(cells).to_have_text(["10"])


@workbench
def test_a_saved_query_comes_into_the_editor_at_a_click(open_page: Open) -> None:
    page = _ready(open_page("/sparql"))
    page.locator(".saved-queries").get_by_role("link", name="Co-author network").click()
    expect(page.locator(".viewer tbody tr").first).to_be_visible()
    shown = page.evaluate("document.querySelector('.CodeMirror').CodeMirror.getValue()")
    assert "title: Co-author network" in shown


@pytest.mark.parametrize(
    "path",
    [
        "/queries",
        "/queries/publications-on-topic",
        "/queries/describe-thing",
        "/queries/outputs-by-country",
        "/queries/publications-on-topic?topic=deepfake",
        "/api",
        "/dumps/",
    ],
)
def test_a_page_of_questions_has_no_barrier(open_page: Open, axe: Search, path: str) -> None:
    axe(open_page(path))


@workbench
def test_the_workbench_has_no_barrier(open_page: Open, axe: Search) -> None:
    text = (REPOSITORY / "queries" / "co-author-network.rq").read_text()
    page = _ready(open_page(f"/sparql?query={quote(text)}"))
    page.wait_for_selector(".viewer table")
    axe(page)
    for view in ("chart", "network", "response"):
        page.locator(f".viewer .select_{view}").click()
        page.wait_for_selector(f".viewer .select_{view}.selected")
        axe(page, "#workbench")


@workbench
def test_the_workbench_with_an_error_has_no_barrier(open_page: Open, axe: Search) -> None:
    page = _ready(open_page("/sparql"))
    _write(page, "SELECT * { ?s ?p")
    page.wait_for_selector(".viewer [role=alert]")
    axe(page, "#workbench")
