"""The sites of other publications, in a real browser: the same templates, without barriers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from publisher.build import build
from publisher.progress import Progress
from publisher.publication import Publication
from tests.browser.conftest import Open, Search
from tests.conftest import LIGHTHOUSES
from tests.server.conftest import Site, serving

PAGES = {
    "lighthouses": ("/doc/turm/kap-nord", "/id/turm/", "/pages/verein"),
    "bookshelf": ("/doc/paper/p2019-counting-sheep", "/doc/author/ada-muller", "/id/paper/"),
}
COMMON = ("/", "/ontology", "/shapes", "/queries", "/sparql", "/dumps/", "/search?q=a", "/nowhere")


@pytest.fixture(scope="module", params=sorted(PAGES))
def other(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Site]]:
    """Each of the publications of the tests, served."""
    folder: Path = tmp_path_factory.mktemp(request.param)
    sources = Publication.load(LIGHTHOUSES.parent / request.param)
    release = build(sources, folder / "release", Progress(quiet=True))
    with serving(release, folder / "server.log") as site:
        yield request.param, site


@pytest.mark.nightly
def test_the_pages_of_another_publication_have_no_barrier(
    open_page: Open, axe: Search, other: tuple[str, Site]
) -> None:
    name, site = other
    for path in (*COMMON, *PAGES[name]):
        axe(open_page(f"http://127.0.0.1:{site.port}{path}"))
