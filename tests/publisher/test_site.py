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
        (
            "SELECT ?s (1 AS ?a) (1 AS ?b) (1 AS ?c) (1 AS ?d) (1 AS ?e) (1 AS ?f) {?s a lt:Turm}",
            "6 col",
        ),
        ("SELECT ?s (-2 AS ?n) { ?s a lt:Turm }", "has -2 in \\?n"),
        ("SELECT ?s (1e0/0e0 AS ?n) { ?s a lt:Turm }", "has inf in"),
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


def test_no_place_is_left_out_in_silence(lighthouses: Path, tmp_path: Path) -> None:
    setting(lighthouses, 'kind = "bars"', 'kind = "map"')
    path = lighthouses / "queries" / "hoehen.rq"
    places = '{ VALUES (?n ?latitude ?longitude) { ("a" 54 11) ("a" 55 12) } }'
    path.write_text(f"{QUERY}SELECT ?n ?latitude ?longitude {places}\n", encoding="utf-8")
    (picture,) = made(lighthouses, tmp_path)["pictures"]  # type: ignore[misc]
    assert len(picture["places"]) == 2
    path.write_text(path.read_text("utf-8").replace("55", "99"), encoding="utf-8")
    with pytest.raises(SourceFault, match="latitude 99"):
        made(lighthouses, tmp_path)


def test_a_picture_from_elsewhere(lighthouses: Path, tmp_path: Path) -> None:
    text = "Ein Bild:\n\n![Turm](https://example.org/turm.png)\n"
    (lighthouses / "seiten" / "anfang.md").write_text(text, encoding="utf-8")
    with pytest.raises(SourceFault, match="lies elsewhere") as raised:
        made(lighthouses, tmp_path)
    (finding,) = raised.value.findings
    assert str(finding.place) == "seiten/anfang.md:3"
