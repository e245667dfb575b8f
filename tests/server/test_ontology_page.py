"""The page of the ontology: an entry per term, with what the data do with it."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from urllib.parse import quote, unquote

import pyoxigraph as ox
import pytest
from flask import Flask

from publisher.build import build
from publisher.progress import Progress
from publisher.publication import Publication
from publisher.release import Release
from publisher.vocabulary import CLASS_TYPES, PROPERTY_TYPES
from server.pages.glossary import Book, ontology
from server.pages.rules import rule_book
from server.presentation import Presentation
from server.routes.vocabulary import triples
from server.search.index import Index
from tests.server.conftest import REPOSITORY, Site
from tests.server.test_pages import Page

PUBLICATIONS = ("bookshelf", "lighthouses")
SUBCLASS = "<http://www.w3.org/2000/01/rdf-schema#subClassOf>"


def book_of(release: Release) -> Book:
    with Flask(__name__).test_request_context():
        presentation = Presentation.of(release)
        shapes = rule_book(triples(release, "shapes"), presentation, release.iris)
        stated = triples(release, "ontology")
        return ontology(stated, shapes, presentation, release, Index.of(release))


@pytest.fixture(scope="module")
def book(ai4media_release: Release) -> Book:
    return book_of(ai4media_release)


@pytest.fixture(scope="module", params=PUBLICATIONS)
def other(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Release:
    sources = Publication.load(REPOSITORY / "tests" / "publications" / request.param)
    out = tmp_path_factory.mktemp("other") / "release"
    return build(sources, out, Progress(quiet=True))


def rows(site: Site, query: str) -> Iterator[list[str]]:
    reply = site.get(f"/sparql?query={quote(query)}&format=csv")
    assert reply.status == 200
    lines = csv.reader(io.StringIO(reply.text))
    next(lines)
    return lines


def declared(release: Release) -> set[str]:
    types = CLASS_TYPES | PROPERTY_TYPES
    return {
        each.subject.value
        for each in triples(release, "ontology")
        if isinstance(each.subject, ox.NamedNode)
        and isinstance(each.object, ox.NamedNode)
        and each.object.value in types
    }


def test_every_term_has_one_entry_and_one_anchor(
    book: Book, legacy: Site, ai4media_release: Release
) -> None:
    chapters = [*book.classes, *book.properties]
    iris = [entry.term.iri for chapter in chapters for entry in chapter.entries]
    assert sorted(iris) == sorted(declared(ai4media_release))
    page = Page(legacy.get("/ontology", "text/html").text)
    assert len(page.ids) == len(set(page.ids))
    assert {entry.anchor for chapter in chapters for entry in chapter.entries} <= set(page.ids)


def test_links_within_the_page_lead_somewhere(legacy: Site) -> None:
    page = Page(legacy.get("/ontology", "text/html").text)
    inside = {
        unquote(attributes["href"].partition("#")[2])
        for attributes in page.all("a")
        if attributes["href"].startswith(("#", "/ontology#"))
    }
    assert len(inside) > 100
    assert inside <= {*page.ids, ""}
    shapes = Page(legacy.get("/shapes", "text/html").text)
    rules = {
        unquote(attributes["href"].partition("#")[2])
        for attributes in page.all("a")
        if attributes["href"].startswith("/shapes#")
    }
    assert len(rules) > 30
    assert rules <= set(shapes.ids)


def test_counts_are_those_of_queries(book: Book, legacy: Site) -> None:
    things = dict(rows(legacy, "SELECT ?c (COUNT(DISTINCT ?s) AS ?n) { ?s a ?c } GROUP BY ?c"))
    below = dict(
        rows(
            legacy,
            "SELECT ?c (COUNT(DISTINCT ?s) AS ?n) { ?s a ?k . "
            f"?k {SUBCLASS}* ?c FILTER(isIRI(?c) && isIRI(?s)) }} GROUP BY ?c",
        )
    )
    for chapter in book.classes:
        for entry in chapter.entries:
            iri = entry.term.iri
            assert (entry.things, entry.extent) == (
                int(things.get(iri, 0)),
                int(below.get(iri, 0)),
            ), iri
    used = {
        iri: (int(triples), int(subjects))
        for iri, triples, subjects in rows(
            legacy,
            "SELECT ?p (COUNT(*) AS ?n) (COUNT(DISTINCT ?s) AS ?m) { ?s ?p ?o } GROUP BY ?p",
        )
    }
    for chapter in book.properties:
        for entry in chapter.entries:
            assert (entry.things, entry.extent) == used.get(entry.term.iri, (0, 0)), entry.term


def test_examples_are_in_the_data(book: Book, legacy: Site) -> None:
    asked = []
    for chapter in book.classes:
        for entry in chapter.entries:
            asked += [
                f"{{ <{thing.title}> a/{SUBCLASS}* <{entry.term.iri}> }}"
                for thing, _ in entry.examples
            ]
            assert len(entry.examples) <= 3
    for chapter in book.properties:
        for entry in chapter.entries:
            for thing, value in entry.examples:
                assert value is not None
                object_ = f"<{value.title}>" if value.title else "?o"
                asked.append(f"{{ <{thing.title}> <{entry.term.iri}> {object_} }}")
    assert len(asked) > 200
    for at in range(0, len(asked), 50):
        parts = " ".join(f"FILTER EXISTS {each}" for each in asked[at : at + 50])
        reply = legacy.get(f"/sparql?query={quote(f'ASK {{ {parts} }}')}&format=json")
        assert '"boolean":true' in reply.text.replace(" ", "")


def test_a_class_shows_its_kin_its_rules_and_its_neighbours(
    book: Book, ai4media_release: Release
) -> None:
    entries = {e.term.curie: e for chapter in book.classes for e in chapter.entries}
    academy = entries["a4m:Academy"]
    said = {row.label: [value.text for value in row.values] for row in academy.rows}
    assert said["kind of"] == ["programme", "collaboration of organisations"]
    assert {value.text for row in entries["a4m:Programme"].rows for value in row.values} >= {
        "doctoral academy",
        "observatory",
    }
    (shape,) = academy.shapes
    assert {rule.label: rule.amount for rule in shape.rules}["founded by"] == "at least one"
    drawing = entries["a4m:Publication"].drawing
    assert drawing is not None
    assert {"person", "research software"} <= {box.label.text for box in drawing.boxes}
    assert "to person" in drawing.description


def test_properties_stand_in_the_groups_of_the_shapes(book: Book, legacy: Site) -> None:
    groups = {chapter.heading: chapter.entries for chapter in book.properties}
    assert list(groups)[:3] == ["Identity", "Description", "People and organisations"]
    funded = next(e for e in groups["Relations"] if e.term.curie == "a4m:fundedUnder")
    said = {row.label: [value.text for value in row.values] for row in funded.rows}
    assert said["meant for"] == ["funded project"]
    assert said["leads to"] == ["open call"]
    assert said["kind of"] == ["related thing"]
    assert "used on" not in said


def test_schemes_have_the_number_of_their_concepts(book: Book) -> None:
    (schemes,) = [chapter for chapter in book.others if chapter.heading == "Concept schemes"]
    audiences = next(entry for entry in schemes.entries if entry.term.label == "Audiences")
    assert [value.text for value in audiences.rows[0].values] == ["4, as a tree"]
    assert "top concept" not in {row.label for row in audiences.rows}


def test_drawings_have_words_and_no_styles_of_their_own(legacy: Site) -> None:
    reply = legacy.get("/ontology", "text/html")
    drawings = re.findall(r"<svg role.*?</svg>", reply.text, re.DOTALL)
    assert len(drawings) > 30
    for drawing in drawings:
        assert re.search(r"<title id=.*?>\S.*?</title>\n<desc id=.*?>\S.*?</desc>", drawing)
    assert not re.search(r"<[^>]* style=", reply.text)
    assert "<style" not in reply.text


def test_the_page_is_light(legacy: Site) -> None:
    for path, most in (("/ontology", 60_000), ("/shapes", 30_000)):
        packed = legacy.get(path, "text/html", **{"Accept-Encoding": "gzip"})
        assert len(packed.body) < most, path


def test_other_publications(other: Release) -> None:
    book = book_of(other)
    chapters = [*book.classes, *book.properties]
    entries = [entry for chapter in chapters for entry in chapter.entries]
    assert {entry.term.iri for entry in entries} == declared(other)
    assert any(entry.examples for entry in entries)
    assert any(entry.drawing for entry in entries)
