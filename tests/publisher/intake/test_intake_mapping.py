"""intake.toml: the default, another publication's own, and what is told of mistakes."""

from __future__ import annotations

from pathlib import Path

import pytest
from added import RECORDS, Add, check, texts

from publisher.intake.mapping import Intake
from publisher.publication import Publication
from publisher.sources import ONTOLOGY, find_sources
from publisher.vocabulary import Vocabulary

REPOSITORY = Path(__file__).parents[3]


def test_a_publication_without_a_mapping_is_served_by_the_default(
    add: Add, lighthouses: Path
) -> None:
    done = add("bibtex", RECORDS / "works.bib", publication=lighthouses)
    assert done.code == 0, done.err
    found = texts(lighthouses)
    assert "schema:ScholarlyArticle" in found["publication.ttl"]
    assert '"Goats in Their Own Words"@de' in found["publication.ttl"]
    assert "Müller; Łukasz Černý; Institute of Pastures; Jan" in found["publication.ttl"]
    assert sorted(set(found) - {"besuche.trig", "ort.nt", "quellen.nq", "turm.ttl"}) == [
        *("organisation.ttl", "person.ttl", "publication.ttl", "software.ttl", "source.ttl")
    ]
    before = found
    assert add("bibtex", RECORDS / "works.bib", publication=lighthouses).code == 0
    assert texts(lighthouses) == before
    for kind, name in (("ror", "ror-2.json"), ("doi", "datacite.json"), ("json", "csl.json")):
        assert add(kind, RECORDS / name, publication=lighthouses).code == 0
    check(lighthouses)


def test_a_mapping_of_its_own_and_files_that_are_no_turtle(add: Add, lighthouses: Path) -> None:
    (lighthouses / "intake.toml").write_text(
        '[organisation]\ncollection = "ort"\ntypes = ["lt:Ort"]\nslug = ["{title}"]\n'
        '[organisation.fields]\ntitle = { property = "rdfs:label", language = true }\n'
        'source = "dcterms:source"\n'
        '[source]\ncollection = "quelle"\nfile = "quellen.nq"\ntypes = ["foaf:Document"]\n'
        'slug = ["{address}"]\n[source.fields]\npage = "foaf:page"\n'
    )
    done = add("ror", RECORDS / "ror-1.json", publication=lighthouses)
    assert done.code == 0, done.err
    assert (
        'id/ort/school-of-sheep> <http://www.w3.org/2000/01/rdf-schema#label> "School of Sh'
        in (texts(lighthouses)["ort.nt"])
    )
    assert (
        "id/quelle/ror-0shep3435> <http://xmlns.com/foaf/0.1/page>"
        in (texts(lighthouses)["quellen.nq"])
    )
    check(lighthouses)
    done = add("bibtex", RECORDS / "works.bib", publication=lighthouses)
    assert done.code == 2
    assert "intake.toml: 'publication': missing; say how to write it" in done.err


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("[publication]", "[publikation]", "'publikation': unknown; there are: publication"),
        ("[publication]", "[publication", "not TOML"),
        ('"bs:venue"', '"bz:venue"', "'publication.fields.venue': 'bz:venue': write an IRI"),
        ("venue =", "venu =", "'publication.fields.venu': unknown field; there are: acronym"),
        ('iri = "kind:{}"', 'iri = "kind:"', "must hold {} for the code"),
        ('"p{year}-{title}"', '"p{years}"', "'p{years}': may hold {title}"),
        ("words = 4", "word = 4", "'publication.word': is not a key"),
        ("known = true", "sure = true", "must name a property; it may have: also"),
        ('types = ["bs:Paper"]', 'types = "bs:Paper"', "must be a list of texts"),
        ('notation = "scheme:country"', "language = true", "needs iri = '...{}' or notation"),
        ("[source.fields]", '[addresses]\ndoi = "doi.org"\n[source.fields]', "'addresses.doi'"),
    ],
)
def test_mistakes_in_the_mapping_name_the_key(
    old: str, new: str, words: str, add: Add, bookshelf: Path
) -> None:
    path = bookshelf / "intake.toml"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))
    done = add("bibtex", RECORDS / "works.bib")
    assert done.code == 2
    assert str(path) in done.err
    assert words in done.err


def test_the_mapping_of_this_repository_can_be_followed() -> None:
    publication = Publication.load(REPOSITORY)
    intake = Intake.of(publication)
    quads = [
        statement.quad
        for source in find_sources(publication)
        if source.kind == ONTOLOGY
        for statement in source.statements()
    ]
    vocabulary = Vocabulary.of(quads, publication.iris)
    for family in intake.families.values():
        used = [*family.types, *family.ask, *(found.property for found in family.fields.values())]
        assert [iri for iri in used if vocabulary.lacks(iri, as_term=True)] == []
