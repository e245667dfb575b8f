"""What greets a visitor."""

from __future__ import annotations

import pytest

from tests.browser.conftest import Open, Search


def test_a_search_from_the_home_page_leads_to_a_thing(open_page: Open) -> None:
    page = open_page("/")
    page.get_by_role("searchbox").first.fill("deepfake detection")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=*")
    assert page.locator("main a[href*='/doc/'], main a[href*='/id/']").count() > 0


def test_the_front_door_has_no_barrier(open_page: Open, axe: Search) -> None:
    axe(open_page("/"))


def test_a_barrier_is_found(open_page: Open, axe: Search) -> None:
    page = open_page("/")
    page.evaluate("() => document.querySelector('main').append(document.createElement('button'))")
    with pytest.raises(AssertionError, match="button-name"):
        axe(page)
