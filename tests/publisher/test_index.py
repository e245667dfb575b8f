"""The index of a release: the same bytes each time, outside the checksums, made again if lost."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from publisher.cli import main
from publisher.index.spelling import ordered, spellings, trigrams
from publisher.index.writing import belongs, ensure
from publisher.progress import Progress
from publisher.publication import Publication, PublicationError
from publisher.release import CHECKSUMS, INDEX, Release

QUIET = Progress(quiet=True)


@pytest.fixture
def release(lighthouses: Path, tmp_path: Path) -> Release:
    out = tmp_path / "out"
    assert main(["build", "--publication", str(lighthouses), "--out", str(out)]) == 0
    return Release.open(out)


def test_it_has_the_same_bytes_each_time(release: Release) -> None:
    first = (release.path / INDEX).read_bytes()
    (release.path / INDEX).unlink()
    assert ensure(release, QUIET).read_bytes() == first


def test_it_is_not_among_the_checksums(release: Release) -> None:
    assert INDEX not in (release.path / CHECKSUMS).read_text("utf-8")
    (release.path / INDEX).unlink()
    assert Release.open(release.path).id == release.id


@pytest.mark.parametrize("damage", ["missing", "empty", "cut", "of another release"])
def test_what_does_not_belong_is_made_again(release: Release, damage: str) -> None:
    place = release.path / INDEX
    whole = place.read_bytes()
    if damage == "missing":
        place.unlink()
    elif damage == "empty":
        place.write_bytes(b"")
    elif damage == "cut":
        place.write_bytes(whole[:3000])
    else:
        with sqlite3.connect(place) as file:
            file.execute("UPDATE meta SET value = 'another' WHERE key = 'release'")
        file.close()
    assert not belongs(place, release)
    assert ensure(release, QUIET).read_bytes() == whole
    assert belongs(place, release)
    assert not list(release.path.glob(".index-*"))


def test_it_holds_names_in_all_languages_but_nothing_withdrawn(release: Release) -> None:
    file = sqlite3.connect(release.path / INDEX)
    names = {row[0] for row in file.execute("SELECT text FROM name")}
    things = {row[0].rpartition("/")[2] for row in file.execute("SELECT iri FROM thing")}
    file.close()
    assert {"Kap Nord", "North Cape", "Südmole"} <= names
    assert things == {"kap-nord", "süd-mole", "nordhafen", "südhafen"}


def test_what_was_merged_leads_to_what_is_there_now(lighthouses: Path, tmp_path: Path) -> None:
    towers = lighthouses / "data" / "turm.ttl"
    chain = "".join(
        f"{one} dcterms:isReplacedBy {other} ; owl:deprecated true .\n"
        for one, other in (
            ("turm:uralt", "turm:nordkap"),
            ("turm:ring", "turm:kreis"),
            ("turm:kreis", "turm:ring"),
        )
    )
    towers.write_text(f"{towers.read_text('utf-8')}\n{chain}", encoding="utf-8")
    main(["format", "--publication", str(lighthouses)])
    out = tmp_path / "merged"
    assert main(["build", "--publication", str(lighthouses), "--out", str(out)]) == 0
    file = sqlite3.connect(Release.open(out).path / INDEX)
    rows = list(file.execute("SELECT * FROM merged"))
    file.close()
    found = {tuple(iri.rpartition("/")[2] for iri in row) for row in rows}
    assert found == {("nordkap", "kap-nord"), ("uralt", "kap-nord")}


def test_spellings() -> None:
    assert spellings("Köln-Süd") == ["koln sud", "koeln sued"]
    assert spellings("Aristotle") == ["aristotle"]
    assert spellings("…") == []
    assert ordered("popescu adrian") == ordered("adrian popescu")
    assert trigrams("ab") == [" ab", "ab "]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ('facets = "ort"', "list of texts"),
        ("facets = [1]", "list of texts"),
        ('dates = ["nobody:issued"]', "not declared"),
        ("colour = []", "facets, dates"),
    ],
)
def test_configuration_is_checked(lighthouses: Path, table: str, message: str) -> None:
    toml = lighthouses / "publication.toml"
    toml.write_text(f"{toml.read_text('utf-8')}\n[search]\n{table}\n", encoding="utf-8")
    with pytest.raises(PublicationError, match=message):
        Publication.load(lighthouses)


def test_configuration_chooses_facets_and_years(lighthouses: Path, tmp_path: Path) -> None:
    toml = lighthouses / "publication.toml"
    text = '\n[search]\nfacets = ["turm"]\ndates = ["lt:baujahr"]\n'
    toml.write_text(toml.read_text("utf-8") + text, encoding="utf-8")
    out = tmp_path / "other"
    assert main(["build", "--publication", str(lighthouses), "--out", str(out)]) == 0
    file = sqlite3.connect(Release.open(out).path / INDEX)
    ((facets,),) = file.execute("SELECT value FROM meta WHERE key = 'facets'")
    years = [row[0] for row in file.execute("SELECT value FROM facet WHERE facet = 'year'")]
    file.close()
    assert '"turm"' in facets
    assert '"ort"' not in facets
    assert years == ["1891"]
    shutil.rmtree(tmp_path / "other.releases")
