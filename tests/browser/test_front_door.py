"""What greets a visitor."""

from __future__ import annotations

from tests.browser.conftest import Open


def test_a_search_from_the_home_page_leads_to_a_thing(open_page: Open) -> None:
    page = open_page("/")
    page.get_by_role("searchbox").first.fill("deepfake detection")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=*")
    assert page.locator("main a[href*='/doc/'], main a[href*='/id/']").count() > 0
