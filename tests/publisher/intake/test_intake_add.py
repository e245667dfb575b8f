"""`add` as a maintainer meets it: what is written where, and that it is all or nothing."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from added import RECORDS, Add, block, check, texts

from publisher.cli import main
from publisher.intake.reading import KINDS
from publisher.intake.record import FIELDS
from publisher.intake.writing import Change, WritingError, write_all

REPOSITORY = Path(__file__).parents[3]


def bib(tmp_path: Path, text: str, name: str = "one.bib") -> Path:
    path = tmp_path / name
    path.write_text(text)
    return path


def test_a_bibtex_file_becomes_stubs_in_the_right_files(add: Add, bookshelf: Path) -> None:
    done = add("bibtex", RECORDS / "works.bib")
    assert done.code == 0, done.err
    assert block(bookshelf, "paper.ttl", "paper:p2023-a-3d-study-of") == (
        "paper:p2023-a-3d-study-of a bs:Paper ;\n"
        '    rdfs:label "A 3D Study of Woolly Things in \u03b1-Space: 50% off & more"@en-gb ;\n'
        "    dcterms:contributor body:iop ;\n"
        "    dcterms:creator author:ada-muller, author:jan-van-der-wiese, "
        "author:jose-antonio-da-silva, author:lukasz-cerny ;\n"
        '    dcterms:issued "2023-01-12"^^xsd:date ;\n'
        "    dcterms:source origin:doi-org-10-5555-wool-1 ;\n"
        "    dcterms:type kind:journal-article ;\n"
        "    owl:sameAs <https://doi.org/10.5555/Wool_1> ;\n"
        "    bs:authorList "
        '"Ada Müller; Łukasz Černý; Jan van der Wiese; José António da Silva" ;\n'
        '    bs:venue "Journal of Invented Pastures (Letters) 22(21), 8345-8350" .'
    )
    assert "tool:shear a bs:Tool" in texts(bookshelf)["tool.ttl"]
    assert block(bookshelf, "author.ttl", "author:dora-weide").count("dcterms:source") == 1
    assert 'bs:seen "2026-02-03"^^xsd:date' in texts(bookshelf)["origins.ttl"]
    assert "sources.ttl" not in texts(bookshelf)
    check(bookshelf)


def test_what_is_left_to_do_is_told(add: Add) -> None:
    done = add("bibtex", RECORDS / "works.bib", "--only", "sheep2023")
    assert "still to write:" in done.out
    assert "paper:p2023-a-3d-study-of bs:shelf  the shelf it stands on: shelf:..." in done.out
    assert 'sheep2023: its list of authors ends in "and others"' in done.out
    assert "wrote data/author.ttl, data/origins.ttl, data/paper.ttl" in done.out


def test_given_statements_are_written_and_asked_for_no_more(add: Add, bookshelf: Path) -> None:
    given = ("--with", "bs:shelf shelf:top ; dcterms:description 'On sheep.'@en")
    done = add("bibtex", RECORDS / "works.bib", "--only", "goat2022", *given)
    assert done.code == 0, done.err
    written = block(bookshelf, "paper.ttl", "paper:p2022-goats-in-their-own")
    assert "bs:shelf shelf:top" in written
    assert "still to write" not in done.out
    check(bookshelf)


def test_comments_stay_where_they_were(add: Add, bookshelf: Path) -> None:
    assert add("bibtex", RECORDS / "works.bib").code == 0
    text = texts(bookshelf)["paper.ttl"]
    assert text.startswith("# The papers.\n\n@prefix")
    assert "# The oldest one.\npaper:p2019-counting-sheep" in text
    assert text.endswith("# The end.\n")


def test_adding_twice_changes_nothing_and_says_so(add: Add, bookshelf: Path) -> None:
    assert add("bibtex", RECORDS / "works.bib").code == 0
    before = texts(bookshelf)
    done = add("bibtex", RECORDS / "works.bib")
    assert done.code == 0
    assert done.out.count("already, with") == 4
    assert done.out.endswith("nothing to add; nothing was written\n")
    assert texts(bookshelf) == before


def test_a_dry_run_shows_turtle_and_writes_nothing(add: Add, bookshelf: Path) -> None:
    before = texts(bookshelf)
    done = add("bibtex", RECORDS / "works.bib", "--dry-run")
    assert done.code == 0
    assert "paper:p2022-goats-in-their-own a bs:Paper" in done.out
    assert "nothing was written (--dry-run); it would go to data/author.ttl" in done.out
    assert texts(bookshelf) == before


def test_what_breaks_a_shape_is_not_written(add: Add, bookshelf: Path, tmp_path: Path) -> None:
    book = bib(tmp_path, "@book{b, title={A Book of Sheep}, year=2020, doi={10.5555/book}}")
    before = texts(bookshelf)
    done = add("bibtex", book)
    assert done.code == 1
    assert "Say which kind of paper it is." in done.err
    assert "the record's kind is book, which the graph does not know" in done.err
    assert texts(bookshelf) == before
    done = add("bibtex", book, "--with", "dcterms:type kind:journal-article")
    assert done.code == 0, done.err
    check(bookshelf)


def test_faults_from_before_do_not_stand_in_the_way(add: Add, bookshelf: Path) -> None:
    path = bookshelf / "data" / "author.ttl"
    text = path.read_text().replace("@prefix owl", "@prefix kind: <x:> .\n@prefix owl")
    path.write_text(text)
    paper = bookshelf / "data" / "paper.ttl"
    paper.write_text(paper.read_text().replace("    dcterms:type kind:journal-article ;\n", ""))
    done = add("bibtex", RECORDS / "works.bib", "--only", "goat2022")
    assert done.code == 0, done.err


def test_a_broken_file_gives_every_line_and_writes_nothing(add: Add, bookshelf: Path) -> None:
    before = texts(bookshelf)
    done = add("bibtex", RECORDS / "broken.bib")
    assert done.code == 1
    assert f"{RECORDS / 'broken.bib'}:3: this entry is broken" in done.err
    assert done.err.endswith("nothing was written\n")
    assert texts(bookshelf) == before


def test_broken_sources_are_told_of(add: Add, bookshelf: Path) -> None:
    (bookshelf / "data" / "tool.ttl").write_text("tool:x a\n")
    done = add("bibtex", RECORDS / "works.bib")
    assert done.code == 1
    assert "data/tool.ttl:1:" in done.err


@pytest.mark.parametrize(
    ("kind", "name", "file", "words"),
    [
        ("doi", "crossref.json", "paper.ttl", '"Hurdles & Sheep: A Survey"@en'),
        ("json", "csl.json", "paper.ttl", '"Grass Letters 3(2), 7"'),
        ("doi", "datacite.json", "tool.ttl", "licence:Apache-2.0"),
        ("cff", "CITATION.cff", "tool.ttl", 'bs:version "1.10"'),
        ("github", "CITATION.cff", "tool.ttl", "<https://github.com/Pastures/Crook>"),
        ("ror", "ror-2.json", "body.ttl", "bs:latitude 60.5 ;"),
        ("ror", "ror-1.json", "body.ttl", "bs:country <http://countries.example.org/NO>"),
    ],
)
def test_every_kind_of_file(
    kind: str, name: str, file: str, words: str, add: Add, bookshelf: Path
) -> None:
    done = add(kind, RECORDS / name)
    assert done.code == 0, done.err
    assert words in texts(bookshelf)[file]
    check(bookshelf)


def test_people_are_matched_by_orcid_and_by_name(add: Add, bookshelf: Path) -> None:
    done = add("doi", RECORDS / "crossref.json")
    written = block(bookshelf, "paper.ttl", "paper:p2024-hurdles-sheep-a-survey")
    assert "author:ada-muller, author:bo-li, author:eva-fold-jr" in written
    assert 'bs:authorList "Ada Müller; Bo Li; Eva Fold Jr"' in written
    assert "dcterms:contributor body:shepherds-union" in written
    assert "author:bo-li has no ORCID; if this is Bo Li, add <https://orcid.org/" in done.out


def test_one_name_with_two_orcids_is_two_people(add: Add, bookshelf: Path, tmp_path: Path) -> None:
    cff = tmp_path / "CITATION.cff"
    cff.write_text(
        "cff-version: 1.2.0\nmessage: m\ntitle: Bell\nurl: https://bell.example.org\n"
        "authors:\n- {given-names: Ada, family-names: Muller, orcid: 0000-0001-5109-3700}\n"
        "- {given-names: A., family-names: Müller}\n"
    )
    done = add("cff", cff)
    assert done.code == 0, done.err
    assert "<https://orcid.org/0000-0001-5109-3700>" in block(
        bookshelf, "author.ttl", "author:ada-muller-2"
    )
    assert "Ada Muller may be author:ada-muller" in done.out
    assert "A. Müller may be author:ada-muller" in done.out


def test_the_origin_of_a_file_can_be_given(add: Add, bookshelf: Path, tmp_path: Path) -> None:
    entry = bib(tmp_path, "@article{x, title={On Nothing}, year=2020}")
    done = add("bibtex", entry)
    assert done.code == 1
    assert "nothing says where this was read" in done.err
    assert "--source https://..." in done.err
    done = add("bibtex", entry, "--source", "https://lists.example.org/shelf")
    assert done.code == 0, done.err
    assert "origin:shelf-list" in block(bookshelf, "paper.ttl", "paper:p2020-on-nothing")
    other = bib(tmp_path, "@article{y, title={On Less}, year=2020, doi={10.5555/less}}", "two.bib")
    page = ("--source", "https://example.org/cv", "--source-title", "A list of papers")
    assert add("bibtex", other, *page).code == 0
    assert '"A list of papers"@en' in block(bookshelf, "origins.ttl", "origin:example-org-cv")


def test_slugs_are_never_used_again(add: Add, bookshelf: Path, tmp_path: Path) -> None:
    entry = bib(tmp_path, "@article{x, title={Sheep Again}, year=2020, doi={10.5555/again}}")
    assert add("bibtex", entry).code == 0
    assert "paper:p2020-sheep-again-2 a bs:Paper" in texts(bookshelf)["paper.ttl"]
    check(bookshelf)


def test_a_title_without_letters_is_told_of(add: Add, tmp_path: Path) -> None:
    entry = bib(tmp_path, "@misc{x, title={???}, doi={10.5555/what}}")
    done = add("bibtex", entry)
    assert done.code == 1
    assert "no slug can be made of its title" in done.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("bibtex", "nowhere.bib"), "nowhere.bib: there is no such file"),
        (("doi", "nonsense"), "neither a file nor a DOI"),
        (("ror", "0past1294"), "right check digits"),
        (("github", "owner"), "such as owner/name"),
        (("bibtex", RECORDS / "works.bib", "--only", "gaot"), "gaot: no entry is called that"),
        (("bibtex", RECORDS / "works.bib", "--with", "nope:x 1"), "--with 'nope:x 1'"),
        (("bibtex", RECORDS / "works.bib", "--with", "bs:shelf []"), "no blank nodes"),
    ],
)
def test_wrong_use_exits_with_2(arguments: tuple[str, ...], words: str, add: Add) -> None:
    done = add(*arguments)
    assert done.code == 2
    assert words in done.err
    assert "nothing was written" in done.err


@pytest.mark.parametrize("wrong", [(), ("marc", "x"), ("doi", "x", "--source", "nowhere")])
def test_the_parser_refuses_what_it_does_not_know(
    wrong: tuple[str, ...], add: Add, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        add(*wrong)
    assert stopped.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_files_are_written_all_or_none(tmp_path: Path) -> None:
    first, second = tmp_path / "a.ttl", tmp_path / "folder" / "deeper" / "b.ttl"
    first.write_text("old")
    with pytest.raises(WritingError, match="nothing was written"):
        write_all([Change(first, "old", "new"), Change(second, None, "new")])
    assert first.read_text() == "old"
    assert list(tmp_path.iterdir()) == [first]


def test_an_empty_publication_gets_its_first_things(add: Add, minimal: Path) -> None:
    (minimal / "data").rmdir()
    done = add("bibtex", RECORDS / "works.bib", publication=minimal)
    assert done.code == 0, done.err
    check(minimal)


def test_an_author_without_a_name_is_left_out(add: Add, bookshelf: Path, tmp_path: Path) -> None:
    cff = tmp_path / "CITATION.cff"
    cff.write_text(
        "cff-version: 1.2.0\nmessage: m\ntitle: Bell\nurl: https://bell.example.org\n"
        "authors:\n- {affiliation: Nowhere}\n- {given-names: Eva, family-names: Fold}\n"
    )
    done = add("cff", cff)
    assert done.code == 0, done.err
    assert "Bell: '' was left out" in done.out


def test_a_move_that_fails_is_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second, third = (tmp_path / f"{name}.ttl" for name in "abc")
    first.write_text("old")
    move = Path.replace

    def fail_on_the_third(path: Path, target: Path) -> Path:
        if target == third:
            raise OSError("the disk is full")
        return move(path, target)

    monkeypatch.setattr(Path, "replace", fail_on_the_third)
    changes = [Change(first, "old", "new"), Change(second, None, "new"), Change(third, None, "new")]
    with pytest.raises(WritingError, match="the disk is full; nothing was written"):
        write_all(changes)
    assert first.read_text() == "old"
    assert list(tmp_path.iterdir()) == [first]


def test_a_file_changed_meanwhile_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.ttl"
    path.write_text("newer")
    with pytest.raises(WritingError, match="changed meanwhile"):
        write_all([Change(path, "old", "new")])
    assert path.read_text() == "newer"


def _examples() -> list[str]:
    """Return the commands of docs/adding.md that need nothing but this repository."""
    text = (REPOSITORY / "docs" / "adding.md").read_text()
    found = [line.strip() for line in text.splitlines() if line.startswith("    python -m publis")]
    return [line.removeprefix("python -m publisher ") for line in found if "--dry-run" in line]


@pytest.mark.parametrize("example", _examples())
def test_the_examples_of_the_documentation_run(
    example: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(REPOSITORY)
    assert main(shlex.split(example)) == 0
    assert "nothing was written (--dry-run)" in capsys.readouterr().out


def test_the_documentation_names_every_field() -> None:
    text = (REPOSITORY / "docs" / "adding.md").read_text()
    assert [name for name in FIELDS if f"`{name}`" not in text] == []
    assert [kind for kind in KINDS if f"| `{kind}` |" not in text] == []
