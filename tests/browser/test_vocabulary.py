"""The pages that explain the vocabulary: no barriers, no scripts, keys and narrow screens."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open, Search

NARROW = {"width": 320, "height": 700}


OPEN = "() => document.querySelectorAll('details').forEach(each => each.open = true)"
#: Entries beyond the first few of each kind, which are many and alike.
THIN_OUT = """() => document
    .querySelectorAll('.chapter .entry:nth-of-type(n + 4), .entries > .entry:nth-of-type(n + 4)')
    .forEach(each => each.remove())"""
LONG = ("/ontology", "/shapes")


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/ontology", marks=pytest.mark.nightly),
        *("/shapes", "/doc/scheme/topic", "/doc/topic/face-analysis"),
    ],
)
def test_no_barrier(open_page: Open, axe: Search, path: str) -> None:
    page = open_page(path)
    page.evaluate(OPEN)
    page.evaluate(THIN_OUT)
    axe(page)


@pytest.mark.nightly
@pytest.mark.parametrize("path", LONG)
def test_no_barrier_on_the_whole_page(open_page: Open, axe: Search, path: str) -> None:
    page = open_page(path)
    page.evaluate(OPEN)
    axe(page)


@pytest.mark.parametrize("path", ["/ontology", "/shapes", "/doc/scheme/topic"])
def test_narrow_pages_do_not_scroll_sideways(open_page: Open, path: str) -> None:
    page = open_page(path, viewport=NARROW)
    assert page.evaluate("() => document.documentElement.scrollWidth") <= NARROW["width"]


def test_a_box_of_a_drawing_leads_to_its_class(open_page: Open) -> None:
    page = open_page("/ontology#Publication", java_script_enabled=False)
    page.get_by_role("region", name="What scientific publication is tied to").get_by_role(
        "link", name="research software"
    ).first.click()
    assert page.url.endswith("#ResearchSoftware")


def test_a_tree_is_opened_with_the_keyboard(open_page: Open) -> None:
    page = open_page("/doc/scheme/topic", java_script_enabled=False)
    narrower = page.locator(".tree").get_by_role("link", name="face recognition")
    assert not narrower.is_visible()
    for parent in ("multimedia content analysis", "computer vision", "face analysis"):
        page.locator(".tree summary", has_text=f"than {parent}").focus()
        page.keyboard.press("Enter")
    narrower.click()
    assert page.url.endswith("/doc/topic/face-recognition")


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize("path", ["/ontology#authorList", "/shapes#UseCase", "/shapes#Video-kind"])
def test_a_link_into_what_is_folded_opens_it(open_page: Open, path: str, scripts: bool) -> None:
    page = open_page(path, viewport=NARROW, java_script_enabled=scripts)
    expect(page.locator(f"[id='{path.partition('#')[2]}']")).to_be_in_viewport()
    assert page.locator(".entries > details[open]").count() == 1


@pytest.mark.parametrize(("path", "screens"), [("/ontology", 12), ("/shapes", 20)])
def test_a_narrow_page_is_an_index_of_what_it_folds(
    open_page: Open, path: str, screens: int
) -> None:
    """Unfolded, either is above a hundred screens long."""
    page = open_page(path, viewport=NARROW)
    assert page.evaluate("() => document.documentElement.scrollHeight") < screens * 700


def test_the_overview_leads_to_classes_and_properties(open_page: Open) -> None:
    page = open_page("/ontology", java_script_enabled=False)
    drawn = page.get_by_role("region", name="Overview")
    assert 5 <= drawn.locator(".card").count() <= 9
    drawn.get_by_role("link", name="author", exact=True).first.click()
    assert page.url.endswith("#dcterms:creator")
    expect(page.locator("[id='dcterms:creator']")).to_be_in_viewport()
