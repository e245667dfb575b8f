"""Identifiers in every spelling; names, titles and slugs."""

from __future__ import annotations

import pytest

from publisher.intake.identifiers import address, enclosing, recognise, same_address
from publisher.intake.names import address_slug, folded, likeness, may_be_one_person, slug


@pytest.mark.parametrize(
    ("iri", "spellings"),
    [
        (
            "https://doi.org/10.5555/Ab.c_1",
            [
                "10.5555/Ab.c_1",
                "doi:10.5555/Ab.c_1",
                "DOI: 10.5555/Ab.c_1",
                "http://dx.doi.org/10.5555/Ab.c_1",
                "https://www.doi.org/10.5555/Ab.c_1",
                "doi.org/10.5555/Ab.c_1?utm_source=x",
                "https://doi.org/10.5555%2FAb.c_1",
                "info:doi/10.5555/Ab.c_1",
                "urn:doi:10.5555/Ab.c_1",
                "DOI 10.5555/Ab.c_1",
            ],
        ),
        (
            "https://doi.org/10.5555/(SICI)1%3C2::A%3E3.0",
            ["10.5555/(SICI)1<2::A>3.0", "https://doi.org/10.5555/(SICI)1%3C2::A%3E3.0"],
        ),
        (
            "https://doi.org/10.5281/zenodo.99",
            ["https://zenodo.org/record/99", "zenodo.org/records/99"],
        ),
        (
            "https://arxiv.org/abs/2208.11339",
            [
                "arXiv:2208.11339",
                "https://arxiv.org/pdf/2208.11339v2.pdf",
                "10.48550/arXiv.2208.11339",
                "https://doi.org/10.48550/ARXIV.2208.11339",
                "http://arxiv.org/abs/2208.11339v3",
                "https://arxiv.org/abs/2208.11339?context=cs",
                "https://export.arxiv.org/abs/2208.11339",
                "https://arxiv.org/html/2208.11339v1",
                "info:arxiv/2208.11339",
                "oai:arXiv.org:2208.11339",
                "arXiv:2208.11339v2 [cs.CV]",
                "info:doi/10.48550/arXiv.2208.11339",
            ],
        ),
        (
            "https://arxiv.org/abs/cs/0112017",
            ["arXiv:cs/0112017", "https://arxiv.org/abs/cs/0112017"],
        ),
        (
            "https://orcid.org/0000-0002-1825-0097",
            [
                "https://orcid.org/0000-0002-1825-0097",
                "http://orcid.org/0000000218250097",
                "https://orcid.org/0000-0002-1825-0097?lang=en",
                "orcid:0000-0002-1825-0097",
                "ORCID: 0000-0002-1825-0097",
            ],
        ),
        (
            "https://ror.org/0past1293",
            [
                "https://ror.org/0past1293",
                "ror.org/0PAST1293/",
                "ror:0past1293",
                "ROR 0past1293",
                "https://api.ror.org/v2/organizations/0past1293",
            ],
        ),
        (
            "http://www.wikidata.org/entity/Q42",
            [
                "https://www.wikidata.org/wiki/Q42",
                "https://www.wikidata.org/wiki/Q42?uselang=de",
                "http://www.wikidata.org/entity/Q42",
                "https://m.wikidata.org/wiki/Special:EntityPage/Q42",
                "https://www.wikidata.org/wiki/Special:EntityData/Q42",
                "https://www.wikidata.org/wiki/Special:EntityData/Q42.json",
                "https://www.wikidata.org/wiki/Special:EntityData/Q42.ttl?flavor=dump",
                "wd:Q42",
                "wikidata:q42",
            ],
        ),
        (
            "https://github.com/Pastures/Woolly",
            [
                "https://github.com/Pastures/Woolly.git",
                "git@github.com:Pastures/Woolly.git",
                "git+https://github.com/Pastures/Woolly/",
                "http://www.github.com/Pastures/Woolly",
                "https://github.com/Pastures/Woolly?tab=readme-ov-file",
                "ssh://git@github.com/Pastures/Woolly.git",
                "github:Pastures/Woolly",
                "https://github.com/Pastures/Woolly/tree/main",
                "https://github.com/Pastures/Woolly/tree/v1.0/",
            ],
        ),
        (
            "https://gitlab.com/pastures/woolly",
            ["gitlab:pastures/woolly", "https://gitlab.com/pastures/woolly/-/tree/main"],
        ),
        (
            "https://codeberg.org/pastures/woolly",
            ["codeberg:pastures/woolly", "https://codeberg.org/pastures/woolly/src/branch/main"],
        ),
    ],
)
def test_every_spelling_is_one_iri(iri: str, spellings: list[str]) -> None:
    assert {found.iri for found in map(recognise, spellings) if found} == {iri}
    assert all(map(recognise, spellings))


def test_case_does_not_tell_identifiers_apart() -> None:
    one, other = recognise("10.5555/ABC"), recognise("doi:10.5555/abc")
    assert one
    assert other
    assert one.iri != other.iri
    assert one.key == other.key


@pytest.mark.parametrize(
    "text",
    [
        "https://orcid.org/0000-0002-1825-0098",
        "https://ror.org/0past1294",
        "https://example.org/10.5555/x",
        "https://github.com/owner",
        "https://github.com/o/r/tree/main/part",
        "https://github.com/o/r/blob/main/README.md",
        "orcid:0000-0002-1825-0098",
        "https://doi.org/?x=10.5555/x",
        "Q42",
        "0past1293",
        "",
        "10.5/x",
    ],
)
def test_what_is_no_identifier(text: str) -> None:
    assert recognise(text) is None


@pytest.mark.parametrize(
    ("text", "scheme"),
    [
        ("0000-0002-1825-0097", "orcid"),
        ("0past1293", "ror"),
        ("Q42", "wikidata"),
        ("2208.11339v2", "arxiv"),
        ("https://git.example.org/a/b?c=d", "repository"),
    ],
)
def test_bare_numbers_count_where_the_scheme_is_known(text: str, scheme: str) -> None:
    assert recognise(text, scheme)


@pytest.mark.parametrize(
    ("text", "repository"),
    [
        ("https://github.com/o/r/blob/main/README.md#usage", "https://github.com/o/r"),
        ("github.com/o/r/tree/main/part", "https://github.com/o/r"),
        ("https://gitlab.com/o/r/-/blob/main/a.py", "https://gitlab.com/o/r"),
        ("https://github.com/o/r/issues?q=open", "https://github.com/o/r"),
        ("https://github.com/o/r/tree/main", None),
        ("https://github.com/o", None),
        ("https://example.org/o/r/blob/main/README.md", None),
    ],
)
def test_what_lies_in_a_repository(text: str, repository: str | None) -> None:
    found = enclosing(text)
    assert (found.iri if found else None) == repository


def test_an_address_that_is_no_identifier_keeps_its_query() -> None:
    found = recognise("https://git.example.org/a/b?c=d", "repository")
    assert found
    assert found.iri == "https://git.example.org/a/b?c=d"
    assert same_address("https://example.org/?a") != same_address("https://example.org/?b")


def test_addresses_become_iris_that_turtle_can_hold() -> None:
    assert address("https://example.org/a|b{c}ä") == "https://example.org/a%7Cb%7Bc%7D%C3%A4"
    assert address("ftp://example.org/") is None
    assert address("https://exa mple.org/") is None
    assert address("http://[broken/") is None
    assert same_address("https://www.example.org/A/") == same_address("http://example.org/a")


def test_names_fold_to_words_of_ascii() -> None:
    assert folded("Łukasz O\u2019Čerň-Ærø") == "lukasz ocern aero"
    assert folded("Γιάννης ΠΑΤΡΑΣ") == "giannis patras"
    assert slug("Bus Violence: An Open Benchmark", 3) == "bus-violence-an"
    assert len(slug("word " * 40)) <= 72
    assert not slug("word " * 40).endswith("-")


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("Counting sheep in aerial pictures", "Counting Sheep in aerial picture", True),
        ("Overview of the Sheep Task 2021", "Overview of the Sheep Task 2022", False),
        ("Counting sheep in aerial pictures", "Feeding goats on steep mountains", False),
        ("CA-SUM", "AC-SUM", False),
        ("CA-SUM", "ca sum", True),
    ],
)
def test_titles_are_alike_unless_their_numbers_differ(one: str, other: str, alike: bool) -> None:
    assert (likeness(folded(one), folded(other)) >= 90) is alike


def test_initials_may_stand_for_a_first_name() -> None:
    assert may_be_one_person("i patras", "ioannis patras")
    assert may_be_one_person("bogdan ionescu", "bogdan e ionescu")
    assert not may_be_one_person("ioanna patras", "ioannis patras")
    assert not may_be_one_person("patras", "i patras")


@pytest.mark.parametrize(
    ("iri", "expected"),
    [
        ("https://github.com/o/r/blob/HEAD/CITATION.cff", "github-o-r-citation-cff"),
        ("https://ror.org/0past1293", "ror-0past1293"),
        ("https://www.example.org/a/B.html", "example-org-a-b-html"),
    ],
)
def test_documents_are_named_by_their_address(iri: str, expected: str) -> None:
    assert address_slug(iri) == expected


@pytest.mark.parametrize(
    "spelling",
    [
        "https://cordis.europa.eu/project/id/951911",
        "http://cordis.europa.eu/project/id/951911/de",
        "cordis.europa.eu/projects/951911/",
        "cordis:951911",
    ],
)
def test_projects_of_cordis(spelling: str) -> None:
    found = recognise(spelling)
    assert found is not None
    assert found.iri == "https://cordis.europa.eu/project/id/951911"
    assert recognise("https://cordis.europa.eu/project/rcn/226491/en") is None
