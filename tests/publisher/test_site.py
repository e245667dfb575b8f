"""The site: what `[site]` asks for is computed when the release is built, or the fault is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from publisher.build import build
from publisher.findings import SourceFault
from publisher.progress import Progress
from publisher.publication import Publication, PublicationError

QUERY = """# title: Wie viele
# question: Wie viele?
PREFIX lt: <https://data.example.org/leuchtturm/ontology#>
"""


def made(folder: Path, tmp_path: Path) -> dict[str, object]:
    release = build(Publication.load(folder), tmp_path / "out", Progress())
    return release.site


def setting(folder: Path, old: str, new: str) -> None:
    path = folder / "publication.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_a_picture_is_its_query_s_answer(lighthouses: Path, tmp_path: Path) -> None:
    (picture,) = made(lighthouses, tmp_path)["pictures"]  # type: ignore[misc]
    assert picture["title"] == "Höhe der Türme"
    assert picture["series"] == ["meter"]
    first, second = picture["rows"]
    assert first["name"]["text"] == "Kap Nord"
    assert first["name"]["iri"].endswith("/id/turm/kap-nord")
    assert first["amounts"] == [26.5]
    assert second["amounts"] == [9.0625]


def test_markdown_becomes_html_and_html_stays_text(lighthouses: Path, tmp_path: Path) -> None:
    site = made(lighthouses, tmp_path)
    assert "<strong>Leuchttürme</strong>" in str(site["home"])
    assert "<script>" not in str(site["pages"])


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ("ASK { ?s a lt:Turm }", "is no SELECT query"),
        ("SELECT ?s { ?s a lt:Turm }", "has no column of numbers"),
        ("SELECT ?n ?m { { VALUES ?n { 1 2 3 4 5 6 7 } VALUES ?m { 1 2 3 4 5 6 7 } } }", "49 rows"),
    ],
)
def test_a_query_that_cannot_be_drawn(
    lighthouses: Path, tmp_path: Path, query: str, fault: str
) -> None:
    (lighthouses / "queries" / "hoehen.rq").write_text(QUERY + query + "\n", encoding="utf-8")
    with pytest.raises(SourceFault, match=fault) as raised:
        made(lighthouses, tmp_path)
    (finding,) = raised.value.findings
    assert str(finding.place) == "queries/hoehen.rq"
    assert not (tmp_path / "out").exists()


def test_a_map_needs_degrees(lighthouses: Path, tmp_path: Path) -> None:
    setting(lighthouses, 'kind = "bars"', 'kind = "map"')
    with pytest.raises(SourceFault, match="no column \\?latitude"):
        made(lighthouses, tmp_path)


def test_all_that_is_missing_is_named_at_once(lighthouses: Path, tmp_path: Path) -> None:
    setting(lighthouses, 'query = "hoehen"', 'query = "nirgends"')
    (lighthouses / "seiten" / "verein.md").unlink()
    with pytest.raises(SourceFault) as raised:
        made(lighthouses, tmp_path)
    text = str(raised.value)
    assert "queries/nirgends.rq" in text
    assert "seiten/verein.md" in text


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('"#8c2f39"', '"red"', "'site.accent': 'red' is no colour"),
        ('"seiten/anfang.md"', '"../anfang.md"', "site.home"),
        ('kind = "bars"', 'kind = "pie"', "site.pictures.kind"),
        ('slug = "verein"', 'slug = "Der Verein"', "site.pages.slug"),
        ('wordmark = "Leuchttürme"', "wordmarke = 1", "site.wordmarke"),
    ],
)
def test_a_setting_that_cannot_be_followed(
    lighthouses: Path, old: str, new: str, fault: str
) -> None:
    setting(lighthouses, old, new)
    with pytest.raises(PublicationError, match=fault):
        Publication.load(lighthouses)


def test_new_words_make_a_new_release(lighthouses: Path, tmp_path: Path) -> None:
    first = build(Publication.load(lighthouses), tmp_path / "out", Progress())
    (lighthouses / "seiten" / "anfang.md").write_text("Neu.\n", encoding="utf-8")
    second = build(Publication.load(lighthouses), tmp_path / "out", Progress())
    assert first.id != second.id
    assert second.site["home"] == "<p>Neu.</p>\n"
