"""BibTeX: its corners, and what is told of a broken file."""

from __future__ import annotations

from pathlib import Path

import pytest
from added import RECORDS

from publisher.findings import SourceFault
from publisher.intake.bibtex import read_bibtex
from publisher.intake.record import Record


@pytest.fixture(scope="module")
def works() -> dict[str, Record]:
    text = (RECORDS / "works.bib").read_text()
    return {record.key: record for record in read_bibtex(text, Path("works.bib"))}


def one(text: str) -> Record:
    (record,) = read_bibtex(text, Path("one.bib"))
    return record


def test_latex_becomes_text(works: dict[str, Record]) -> None:
    title = "A 3D Study of Woolly Things in \u03b1-Space: 50% off & more"
    assert works["sheep2023"].title == title


def test_names_are_written_given_name_first(works: dict[str, Record]) -> None:
    record = works["sheep2023"]
    assert [agent.name for agent in record.authors] == [
        *("Ada Müller", "Łukasz Černý", "Institute of Pastures"),
        *("Jan van der Wiese", "José António da Silva"),
    ]
    assert [agent.name for agent in record.authors if agent.corporate] == ["Institute of Pastures"]
    assert [agent.name for agent in works["lamb2021"].authors] == ["Jane Doe Jr."]


def test_and_others_is_nobody(works: dict[str, Record]) -> None:
    assert works["sheep2023"].more_authors
    assert not works["goat2022"].more_authors


def test_braces_around_parts_of_a_name_make_no_body() -> None:
    record = one("@misc{a, title={T}, author={{van Berg}, {Jan} and {\\'E}va {Ko\\v{s}}}}")
    assert [(agent.name, agent.corporate) for agent in record.authors] == [
        ("Jan van Berg", False),
        ("Éva Koš", False),
    ]


def test_abbreviations_and_joins_are_resolved(works: dict[str, Record]) -> None:
    record = works["sheep2023"]
    assert record.first("venue") == "Journal of Invented Pastures (Letters) 22(21), 8345-8350"
    assert record.first("issued") == "2023-01-12"
    assert record.first("doi") == "https://doi.org/10.5555/Wool_1"
    assert record.language == "en-gb"


@pytest.mark.parametrize(
    ("month", "issued"),
    [
        ("jun", "2020-06"),
        ("{June}", "2020-06"),
        ("6", "2020-06"),
        ("{06}", "2020-06"),
        ("{Summer}", "2020"),
        ("13", "2020"),
        ('"3~" # feb', "2020-02-03"),
        ("{Sept.}", "2020-09"),
    ],
)
def test_months_in_any_form(month: str, issued: str) -> None:
    assert one(f"@misc{{a, title={{T}}, year=2020, month={month}}}").first("issued") == issued


def test_crossref_hands_down_what_the_child_lacks(works: dict[str, Record]) -> None:
    record = works["lamb2021"]
    assert record.first("venue") == "Proceedings of the Fold, pp. 1-2"
    assert record.first("issued") == "2021-06"
    assert record.editors == ()
    assert "fold2021" not in works, "a parent is no work of its own"


def test_an_eprint_alone_is_a_preprint(works: dict[str, Record]) -> None:
    record = works["goat2022"]
    assert record.first("kind") == "preprint"
    assert record.first("arxiv") == "https://arxiv.org/abs/2201.04567"
    assert record.first("page") is None


def test_software_is_software(works: dict[str, Record]) -> None:
    record = works["shear"]
    assert record.family == "software"
    assert record.first("version") == "1.10"
    assert record.first("issued") == "2023-04-05"
    assert record.first("homepage") == "https://shear.example.org/~dora/a_b"


def test_every_fault_of_a_file_is_told_with_its_line() -> None:
    with pytest.raises(SourceFault) as caught:
        read_bibtex((RECORDS / "broken.bib").read_text(), Path("broken.bib"))
    told = {finding.place.line: finding.fault for finding in caught.value.findings}
    assert sorted(told) == [3, 7, 9, 11, 13, 15]
    assert "this entry is broken" in told[3]
    assert told[7] == "the key 'fine' stands twice in the file"
    assert told[9] == "an entry has twice: title"
    assert told[11] == "the abbreviation nowhere is not defined"
    assert "crossref leads to 'gone'" in told[13]
    assert "no title" in told[15]


def test_places_name_the_line_of_the_entry(works: dict[str, Record]) -> None:
    assert str(works["sheep2023"].place) == "works.bib:6"
