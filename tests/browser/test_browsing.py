"""People browse: what a reader without RDF does on the site, in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Open, Search

#: One page of each kind.
KINDS = [
    "/",
    "/pages/about",
    "/search?q=deepfake",
    "/search?q=zzzzqqqq",
    "/doc/publication/pub-2022-l-cam.html",
    "/doc/organisation/certh.html",
    "/about?iri=http://publications.europa.eu/resource/authority/country/GRC",
    "/id/organisation/centre-research-tecnology-hellas",
    "/limits",
    "/link",
    # Long tables, which axe takes its time for.
    pytest.param("/catalog", marks=pytest.mark.nightly),
    pytest.param("/void.html", marks=pytest.mark.nightly),
]


@pytest.mark.parametrize("path", KINDS)
def test_no_barrier_and_nothing_wider_than_a_telephone(
    open_page: Open, axe: Search, path: str
) -> None:
    page = open_page(path)
    axe(page)
    page.set_viewport_size({"width": 320, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_tool_is_found_from_the_home_page(open_page: Open, scripts: bool) -> None:
    page = open_page("/", java_script_enabled=scripts)
    page.get_by_label("Search names").fill("deepfakechain")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="DeepFakeChain", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("DeepFakeChain")
    expect(page.get_by_role("list", name="Kind")).to_contain_text("research software")


def test_from_a_funded_project_to_the_country_of_its_beneficiary(open_page: Open) -> None:
    page = open_page("/graph/funded-project")
    page.get_by_role("rowheader").get_by_role("link", name="TRACES").click()
    row(page, "beneficiary").get_by_role("link").first.click()
    expect(page.get_by_role("list", name="Kind")).to_contain_text("organisation")
    country = row(page, "country").get_by_role("link").first
    name = country.inner_text()
    country.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    expect(page.locator("#incoming")).to_contain_text("country")


def test_the_meaning_of_a_property_is_a_tap_away(open_page: Open) -> None:
    page = open_page("/doc/organisation/certh.html", java_script_enabled=False)
    meaning = row(page, "country").locator("details")
    expect(meaning.locator("p")).to_be_hidden()
    meaning.locator("summary").press("Enter")
    expect(meaning.locator("p")).to_be_visible()
    meaning.locator("p a").click()
    assert page.url.endswith("/ontology#country")


def test_from_the_page_to_turtle(open_page: Open) -> None:
    page = open_page("/doc/publication/pub-2022-l-cam.html")
    href = page.get_by_role("link", name="Turtle").get_attribute("href")
    reply = page.request.get(href or "")
    assert reply.headers["content-type"] == "text/turtle; charset=utf-8"
    assert "publication:pub-2022-l-cam a " in reply.text()


def test_a_paper_is_cited_in_bibtex(open_page: Open) -> None:
    page = open_page("/doc/publication/pub-2022-l-cam.html")
    expect(page.locator(".citation")).to_contain_text("Gkartzonika, I., Gkalelis, N., & Mezaris")
    href = page.get_by_role("link", name="BibTeX").get_attribute("href")
    text = page.request.get(href or "").text()
    assert re.search(r"@inproceedings\{\S+,", text)
    assert "Gkartzonika, Ioanna" in text


def test_an_address_that_leads_nowhere_offers_what_is_near(open_page: Open) -> None:
    page = open_page("/id/organisation/centre-research-tecnology-hellas")
    page.get_by_role("link", name="Centre for Research and Technology Hellas", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "Centre for Research and Technology Hellas"
    )


def test_the_keyboard_reaches_the_content_first(open_page: Open) -> None:
    page = open_page("/doc/organisation/certh.html")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    assert page.url.endswith("#content")


def test_nothing_moves_while_a_page_loads(open_page: Open) -> None:
    for path in ("/", "/doc/organisation/certh.html"):
        page = open_page(path)
        shift = page.evaluate(
            "new Promise(done => new PerformanceObserver(list => done(list.getEntries()"
            ".reduce((sum, entry) => sum + entry.value, 0)))"
            ".observe({type: 'layout-shift', buffered: true}) || setTimeout(() => done(0), 300))"
        )
        assert shift < 0.01


def row(page: Page, label: str) -> Locator:
    """Return the row of a property, by its label."""
    named = page.locator("summary", has_text=re.compile(f"^{label}$"))
    return page.locator("dl.rows > div", has=named).first
