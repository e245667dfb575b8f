"""Earlier versions and changes in a browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from publisher.feeds.making import ensure
from publisher.progress import Progress
from publisher.release import Release
from tests import history
from tests.browser.conftest import Open, Search
from tests.server.conftest import Site, serving

OLD, MIDDLE, NEW = history.DATES


@pytest.fixture(scope="module")
def legacy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The small publication with its earlier versions, in the place of the large one."""
    folder = tmp_path_factory.mktemp("versions")
    archive = history.archive(folder)
    ensure(archive.releases(), archive.folder, Progress(quiet=True))
    release = Release.open(folder / f"release-{NEW}")
    options = ("--archive", str(archive.folder), "--workers", "1")
    with serving(release, folder / "server.log", *options) as site:
        yield site


@pytest.mark.parametrize(
    "path",
    [
        f"/doc/turm/kap-nord?version={OLD}",
        f"/graph/turm?version={OLD}",
        "/changes",
        f"/changes/{OLD}..{MIDDLE}",
        f"/dumps/{OLD}/",
    ],
)
def test_no_barrier_and_nothing_wider_than_a_telephone(
    open_page: Open, axe: Search, path: str
) -> None:
    page = open_page(path)
    axe(page)
    page.set_viewport_size({"width": 320, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_from_what_changed_to_the_thing_as_it_was_and_back(open_page: Open) -> None:
    page = open_page("/changes")
    page.get_by_role("link", name="1 new, 1 withdrawn").click()
    page.get_by_role("link", name="Alt-Seebrück").click()
    expect(page.get_by_role("note")).to_contain_text(f"As of version {OLD}")
    page.get_by_role("link", name="Nordhafen").first.click()
    assert page.url.endswith(f"/doc/ort/nordhafen?version={OLD}")
    page.get_by_role("link", name="See the current page").click()
    assert page.url.endswith("/doc/ort/nordhafen")
    expect(page.get_by_role("note")).to_have_count(0)


def test_a_narrowed_list_stays_in_its_version(open_page: Open) -> None:
    page = open_page(f"/graph/turm?version={OLD}")
    page.locator("main form input[name=q]").first.fill("seebr")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=seebr**")
    assert f"version={OLD}" in page.url
    expect(page.get_by_role("link", name="Alt-Seebrück")).to_be_visible()
