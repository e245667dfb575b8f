"""A list of a collection: narrowed by clicks, downloaded, and open to everybody."""

from __future__ import annotations

import csv
from pathlib import Path

from tests.browser.conftest import Open, Search


def test_publications_by_topic_and_year_are_downloaded(open_page: Open, tmp_path: Path) -> None:
    page = open_page("/graph/publication")
    narrow = page.get_by_role("complementary", name="Narrow the list")
    narrow.get_by_role("link", name="2022", exact=True).click()
    narrow.get_by_role("link", name="quantification", exact=True).click()
    page.wait_for_url("**/graph/publication?year=2022&topic=quantification")
    rows = page.locator("tbody tr").count()
    assert 0 < rows < 20
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV", exact=True).click()
    file = tmp_path / "list.csv"
    download.value.save_as(file)
    assert download.value.suggested_filename == "publication.csv"
    with file.open(encoding="utf-8", newline="") as lines:
        table = list(csv.DictReader(lines))
    assert len(table) == rows
    assert all("quantification" in row["topic"] and row["year"] == "2022" for row in table)


def test_a_list_has_no_barrier(open_page: Open, axe: Search) -> None:
    axe(open_page("/graph/publication?year=2022&sort=-year"))
    axe(open_page("/graph/software?q=xyzzy"))
