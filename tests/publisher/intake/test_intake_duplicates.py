"""Duplicates: by each identifier, by title, in the file itself, and what is told of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from added import RECORDS, Add, check, texts


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ("doi = {10.5555/SHEEP.1}", "the same DOI"),
        ("url = {http://dx.doi.org/10.5555/sheep.1}", "the same DOI"),
        ("eprint = {1901.01234v3}, archiveprefix = {arXiv}", "the same arXiv"),
        ("doi = {10.48550/arXiv.1901.01234}", "the same arXiv"),
        ("url = {https://arxiv.org/pdf/1901.01234}", "the same arXiv"),
    ],
)
def test_papers_by_identifier(
    fields: str, words: str, add: Add, bookshelf: Path, tmp_path: Path
) -> None:
    before = texts(bookshelf)
    entry = f"@article{{x, title={{Another Name}}, year=2021, {fields}}}"
    done = add("bibtex", write(tmp_path / "x.bib", entry))
    assert done.code == 0
    assert f"x: is paper:p2019-counting-sheep already, with {words}" in done.out
    assert texts(bookshelf) == before


def test_what_the_known_thing_lacks_is_told(add: Add, tmp_path: Path) -> None:
    entry = "@article{x, title={T}, doi={10.5555/sheep.1}, eprint={1902.00001}}"
    done = add("bibtex", write(tmp_path / "x.bib", entry))
    assert "it lacks arXiv <https://arxiv.org/abs/1902.00001>" in done.out
    assert "add: schema:sameAs <https://arxiv.org/abs/1902.00001>" in done.out


def test_tools_by_repository_in_any_spelling(add: Add, tmp_path: Path) -> None:
    text = (RECORDS / "CITATION.cff").read_text().replace("Pastures/Crook.git", "pastures/woolly")
    text = text.replace("doi: 10.5555/crook\n", "")
    done = add("cff", write(tmp_path / "CITATION.cff", text))
    assert done.code == 0
    assert "is tool:woolly already, with the same repository" in done.out


def test_bodies_by_ror(add: Add, tmp_path: Path) -> None:
    text = (RECORDS / "ror-2.json").read_text().replace("0shep3435", "0past1293")
    done = add("ror", write(tmp_path / "ror.json", text))
    assert done.code == 0
    assert "is body:iop already, with the same ROR <https://ror.org/0past1293>" in done.out
    assert "it lacks Wikidata <http://www.wikidata.org/entity/Q99999999>" in done.out


def test_a_body_with_a_known_acronym_wants_a_decision(add: Add, tmp_path: Path) -> None:
    text = (RECORDS / "ror-2.json").read_text().replace('"SoS"', '"IOP"')
    done = add("ror", write(tmp_path / "ror.json", text))
    assert done.code == 1
    assert 'may be body:iop, which has the other name "IOP"' in done.err


@pytest.mark.parametrize(
    "title",
    [
        "COUNTING SHEEP IN AERIAL PICTURES OF PASTURES",
        "Counting sheep, in aerial pictures: of pastures!",
        "{C}ounting Sh{\\'e}ep in Aerial Pictures of Pastures",
    ],
)
def test_the_same_title_and_year_is_the_same_thing(title: str, add: Add, tmp_path: Path) -> None:
    entry = f"@article{{x, title={{{title}}}, year=2019}}"
    done = add("bibtex", write(tmp_path / "x.bib", entry))
    assert done.code == 0
    assert "x: is paper:p2019-counting-sheep already, with the same name" in done.out


@pytest.mark.parametrize(
    ("title", "year", "number", "words"),
    [
        ("Counting Sheep in Aerial Pictures of Pastures", 2020, "url", "but of 2019 there, 2020"),
        ("Counting Sheep in Aerial Pictures of Pastures", 2019, "doi", "but not the DOI <https:"),
        ("Counting Sheep in Arial Picture of Pastures", 2019, "doi", "% like"),
    ],
)
def test_doubts_stop_everything_and_say_what_to_do(
    title: str, year: int, number: str, words: str, add: Add, bookshelf: Path, tmp_path: Path
) -> None:
    value = "10.5555/other" if number == "doi" else "https://example.org/other"
    text = (
        "@article{fine, title={Something Else Entirely}, year=2019, doi={10.5555/else}}\n"
        f"@article{{x, title={{{title}}}, year={year}, {number}={{{value}}}}}\n"
    )
    path = write(tmp_path / "x.bib", text)
    before = texts(bookshelf)
    done = add("bibtex", path)
    assert done.code == 1
    assert f"{path}:2: x may be paper:p2019-counting-sheep" in done.err
    assert words in done.err
    assert "--skip 'x'" in done.err
    assert texts(bookshelf) == before
    assert add("bibtex", path, "--skip", "x").code == 0
    assert texts(bookshelf)["paper.ttl"].count(" a bs:Paper") == 2
    assert add("bibtex", path, "--only", "x", "--force").code == 0
    assert texts(bookshelf)["paper.ttl"].count(" a bs:Paper") == 3
    check(bookshelf)


def test_another_edition_is_another_thing(add: Add, bookshelf: Path, tmp_path: Path) -> None:
    text = "".join(
        f"@article{{x{year}, title={{Overview of the Sheep Task of {year}}}, year={year}, "
        f"doi={{10.5555/task.{year}}}}}\n"
        for year in (2021, 2022)
    )
    assert add("bibtex", write(tmp_path / "x.bib", text)).code == 0
    assert texts(bookshelf)["paper.ttl"].count(" a bs:Paper") == 3


def test_duplicates_inside_one_file(add: Add, bookshelf: Path, tmp_path: Path) -> None:
    text = (
        "@article{a, title={Wool}, year=2020, doi={10.5555/wool}}\n"
        "@article{b, title={Wool Indeed}, year=2020, doi={10.5555/WOOL}}\n"
    )
    done = add("bibtex", write(tmp_path / "x.bib", text))
    assert done.code == 0
    assert "b: is paper:p2020-wool already, with the same DOI" in done.out
    assert texts(bookshelf)["paper.ttl"].count(" a bs:Paper") == 2


def test_withdrawn_things_are_told_of(add: Add, bookshelf: Path, tmp_path: Path) -> None:
    path = bookshelf / "data" / "paper.ttl"
    text = path.read_text().replace(
        "    owl:deprecated true .",
        "    owl:deprecated true ; owl:sameAs <https://doi.org/10.5555/gone> .",
    )
    path.write_text(text)
    done = add("bibtex", write(tmp_path / "x.bib", "@misc{x, title={T}, doi={10.5555/gone}}"))
    assert done.code == 0
    assert "it was withdrawn; see paper:p2019-counting-sheep" in done.out
