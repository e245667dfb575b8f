"""The JSON of Crossref, CSL, DataCite, ROR and GitHub, and CITATION.cff."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from added import RECORDS

from publisher.findings import Place, SourceFault
from publisher.intake.citation_file import joined, read_citation_file, read_repository
from publisher.intake.reading import Reader
from publisher.intake.record import Record, date_of, venue
from publisher.intake.tree import Tree


def read(kind: str, name: str) -> list[Record]:
    return Reader({}, "tests").read(kind, str(RECORDS / name))


def test_crossref() -> None:
    (record,) = read("doi", "crossref.json")
    assert record.title == "Hurdles & Sheep: A Survey"
    assert record.first("kind") == "conference-paper"
    assert record.first("issued") == "2024-05-06", "the most exact date of the first year"
    assert record.first("venue") == "Proceedings of the Fold, pp. 10-19"
    assert record.first("doi") == "https://doi.org/10.5555/hurdle.7"
    assert record.first("page") == "https://press.example.org/hurdle/7"
    assert [agent.name for agent in record.authors] == [
        *("Ada Müller", "Bo Li", "Shepherds' Union", "Eva Fold Jr"),
    ]
    orcids = [agent.orcid.iri if agent.orcid else None for agent in record.authors]
    assert orcids[0] == "https://orcid.org/0000-0002-1825-0097"
    assert orcids[3] is None, "wrong check digit"
    assert record.editors == (), "editors of the book are not those of the paper"


def test_csl() -> None:
    meadow, hay, flock = read("json", "csl.json")
    assert meadow.first("issued") == "2018-02", "there is no 30 February"
    assert meadow.first("venue") == "Grass Letters 3(2), 7"
    assert [(agent.name, agent.corporate) for agent in meadow.authors] == [
        ("Jan van der Wiese", False),
        ("Institute of Pastures", True),
    ]
    assert (hay.first("kind"), hay.first("issued")) == ("preprint", "2019-03")
    assert hay.first("arxiv") == "https://arxiv.org/abs/1903.00001"
    assert (flock.family, flock.document) == ("dataset", "https://flock.example.org/")


def test_datacite() -> None:
    (record,) = read("doi", "datacite.json")
    assert record.family == "software"
    assert record.first("repository") == "https://github.com/Pastures/Shepherd"
    assert record.first("version") == "v2.10"
    assert record.first("licence") == "apache-2.0"
    assert record.first("issued") == "2024-03-02"
    assert record.first("page") is None, "the record of Zenodo is its DOI"
    assert [(agent.name, agent.corporate) for agent in record.authors] == [
        ("Ada Müller", False),
        ("Dora Weide", False),
        ("Institute of Pastures", True),
    ]


@pytest.mark.parametrize("name", ["ror-1.json", "ror-2.json"])
def test_ror_in_both_schemas(name: str) -> None:
    (record,) = read("ror", name)
    assert record.title == "School of Sheep"
    assert record.first("acronym") == "SoS"
    assert set(record.values["other-name"]) == {"SoS", "Sauehøgskolen"}
    assert record.first("kind") == "education"
    assert record.first("country") == "NO"
    assert (record.first("latitude"), record.first("longitude")) == ("60.50", "7.0")
    assert record.first("homepage") == "https://sheep.example.org"
    assert record.first("ror") == "https://ror.org/0shep3435"
    assert record.first("wikidata") == "http://www.wikidata.org/entity/Q99999999"


def test_citation_file_and_forge() -> None:
    (record,) = read("cff", "CITATION.cff")
    assert record.first("version") == "1.10", "not the number 1.1"
    assert record.first("issued") == "2024-02-01"
    assert record.first("repository") == "https://github.com/Pastures/Crook"
    assert record.seen_at == "https://github.com/Pastures/Crook/blob/HEAD/CITATION.cff"
    assert [agent.name for agent in record.authors] == [
        "Jan van der Wiese",
        "Institute of Pastures",
    ]
    assert record.notes == ('asks to cite "On Crooks"; add it with: add doi 10.5555/oncrooks',)
    forge = read_repository(Tree(json.loads((RECORDS / "github.json").read_text())), record.place)
    both = joined(record, forge)
    assert both.first("programming-language") == "Rust"
    assert both.first("licence") == "Apache-2.0", "the citation file knows better"
    assert any("archived" in note for note in both.notes)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("cff-version: 1.2.0\ntitle: [broken\n", 3, "not YAML"),
        ("- a list", 0, "not a CITATION.cff"),
        ("cff-version: 1.2.0\nmessage: m\ntitle: t\n", 0, "authors is missing"),
        ("a: *nobody\n", 1, "not YAML"),
    ],
)
def test_faults_of_a_citation_file(text: str, line: int, words: str) -> None:
    with pytest.raises(SourceFault) as caught:
        read_citation_file(text, Place(Path("CITATION.cff")))
    (finding,) = caught.value.findings
    assert words in finding.fault
    assert finding.place.line == line


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{\n", "not JSON"),
        ("[" * 100_000, "nested too deeply"),
        ("{}", "neither CSL-JSON"),
        ("[1, null]", "neither CSL-JSON"),
        ('{"message": "Resource not found."}', "neither CSL-JSON"),
        ('[{"type": "book", "title": "T"}, {"type": "book", "id": "x"}]', "x has no title"),
    ],
)
def test_faults_of_json(text: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "answer.json"
    path.write_text(text)
    with pytest.raises(SourceFault, match=words):
        Reader({}, "tests").read("json", str(path))


def test_a_file_that_is_not_utf8_is_told_of(tmp_path: Path) -> None:
    path = tmp_path / "old.bib"
    path.write_bytes(b"@misc{a, title={M\xfcller}}")
    with pytest.raises(SourceFault, match="not UTF-8"):
        Reader({}, "tests").read("bibtex", str(path))


def test_values_of_the_wrong_kind_are_passed_over() -> None:
    tree = Tree({"a": [1, True, None, {"b": " x "}], "b": {"c": "d"}})
    assert tree.texts("a") == ["1"]
    assert tree.text("b") is None
    assert tree.text("b", "c", "d") is None
    assert [item.text("b") for item in tree.items("a")] == [None, None, None, "x"]


def test_dates_are_as_exact_as_they_are_valid() -> None:
    assert date_of("2024-02-29T10:00:00Z") == "2024-02-29"
    assert date_of("2023-02-29") == "2023-02"
    assert date_of("2023-13") == "2023"
    assert date_of("in 2023") is None
    assert date_of("20231") is None


def test_venues_read_as_people_write_them() -> None:
    assert venue("Sensors", "22", "21", "8345") == "Sensors 22(21), 8345"
    assert venue("Letters", None, "3", None) == "Letters, no. 3"
    assert venue("The Fold", None, None, "1\u201310") == "The Fold, pp. 1-10"
    assert venue(None, "1", None, None) is None
