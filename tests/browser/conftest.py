"""A real browser for the tests here: Debian's Chromium, headless, which reaches this machine only.

Every page that a test opens notes what it asks for, what its console says and which scripts fail;
a page that asks another machine, or that breaks the Content-Security-Policy, fails its test.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from publisher.release import Release
from tests.server.conftest import Site, serving

#: Opens a page with the options of a browser context: `java_script_enabled`, `viewport`, ...
Open = Callable[..., Page]
#: Asserts that nothing on a page is a barrier, or nothing within a part of it.
Search = Callable[..., None]
#: What a Chromium of a container needs; the second keeps it from asking its maker for anything.
_OPTIONS = ("--no-sandbox", "--disable-background-networking", "--disable-dev-shm-usage")
_PATIENCE = 15_000
#: axe-core, which `make test` has npm put here.
_AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
#: What depends on the colours.
_COLOURS = {
    "runOnly": ["color-contrast", "link-in-text-block"],
    "resultTypes": ["violations"],
}
#: All rules of axe but those that are no more than experiments; the smallest target is one of
#: WCAG 2.2 that axe leaves out unless it is asked for.
_RULES = {"rules": {"target-size": {"enabled": True}}, "resultTypes": ["violations"]}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, started for the tests of a module and ended with them.

    As long as Playwright lives its event loop runs in this thread, where others want one as well.
    """
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("there is no chromium; on Debian: apt-get install chromium")
    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=chromium, args=list(_OPTIONS))
        yield started
        started.close()


@pytest.fixture(scope="session")
def legacy(ai4media_release: Release, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The AI4Media graph, served."""
    with serving(ai4media_release, tmp_path_factory.mktemp("legacy") / "server.log") as site:
        yield site


@pytest.fixture
def open_page(browser: Browser, legacy: Site) -> Iterator[Open]:
    """Open pages of the AI4Media site, by path; at the end nothing untoward may have happened."""
    amiss: list[str] = []
    with ExitStack() as contexts:

        def open_at(path: str, **options: object) -> Page:
            context: BrowserContext = browser.new_context(
                base_url=f"http://127.0.0.1:{legacy.port}", accept_downloads=True, **options
            )
            contexts.callback(context.close)
            context.set_default_timeout(_PATIENCE)
            page = context.new_page()
            page.on("request", lambda request: amiss.extend(_elsewhere(request.url)))
            page.on("console", lambda said: amiss.extend(_broken_policy(said.text)))
            page.on("pageerror", lambda error: amiss.append(f"script failed: {error}"))
            page.goto(path)
            return page

        yield open_at
    assert amiss == []


@pytest.fixture(scope="session")
def axe() -> Search:
    """Assert that axe finds no barrier on a page as it stands, in light and in dark."""
    if not _AXE.is_file():
        pytest.skip("axe is missing: run 'npm ci' in tests/browser")
    library = _AXE.read_text()

    def search(page: Page, within: str = "html") -> None:
        page.evaluate(f"() => {{ {library} }}")
        for scheme, rules in (("light", _RULES), ("dark", _COLOURS)):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            found = page.evaluate("given => axe.run(...given)", [within, rules])["violations"]
            assert _barriers(found) == [], f"{page.url} in {scheme}"

    return search


def _barriers(violations: list[dict[str, Any]]) -> list[str]:
    return [
        f"{each['id']}: {each['help']}: {node['target']}: {node['failureSummary']}"
        for each in violations
        for node in each["nodes"]
    ]


def _elsewhere(url: str) -> list[str]:
    parts = urlsplit(url)
    stays = parts.scheme in ("data", "blob", "about") or parts.hostname == "127.0.0.1"
    return [] if stays else [f"asked elsewhere: {url}"]


def _broken_policy(text: str) -> list[str]:
    return [text] if "Content Security Policy" in text else []
