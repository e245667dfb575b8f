"""The page of the shapes: every rule in plain words, with an anchor and links to its terms."""

from __future__ import annotations

import re

import pyoxigraph as ox
import pytest
from flask import Flask

from publisher.iri import IriSpace
from publisher.prefixes import WELL_KNOWN, Prefixes
from publisher.presentation import LABEL_PROPERTIES, presentation
from server.pages.constraints import words
from server.pages.rules import RuleBook, Shape, rule_book
from server.presentation import Presentation
from tests.server.conftest import REPOSITORY, Site
from tests.server.test_pages import Page

BASE = "https://lamps.example.org/"
PROLOGUE = "".join(
    f"@prefix {name}: <{iri}> .\n"
    for name, iri in {**WELL_KNOWN, "o": f"{BASE}ontology#", "s": f"{BASE}shapes#"}.items()
)
#: What stands in a property shape on o:p, and what a reader is told.
COMPONENTS = {
    "sh:class o:Lamp": "a thing of the kind lamp",
    "sh:datatype xsd:gYear": "a year",
    "sh:datatype xsd:hexBinary": "of the datatype xsd:hexBinary",
    "sh:nodeKind sh:BlankNodeOrIRI": "an IRI or a blank node",
    "sh:minExclusive 0": "more than 0",
    "sh:minInclusive 1": "not less than 1",
    "sh:maxExclusive 9": "less than 9",
    "sh:maxInclusive 8": "not more than 8",
    "sh:minLength 2": "at least 2 characters long",
    "sh:maxLength 3": "at most 3 characters long",
    r'sh:pattern "^https://a\\.example/"': "begins with https://a.example/",
    'sh:pattern "^[a-z]+$" ; sh:flags "i"': "is written as the pattern ^[a-z]+$ in capitals or not",
    'sh:languageIn ( "de" )': "in the language de",
    'sh:languageIn ( "de" "fr" )': "in one of the languages de, fr",
    "sh:uniqueLang true": "one value per language",
    "sh:equals o:q": "the same values as wick",
    "sh:disjoint o:q": "no value that wick has too",
    "sh:lessThan o:q": "each less than every wick",
    "sh:lessThanOrEquals o:q": "each at most every wick",
    "sh:not [ sh:class o:Lamp ]": "not: a thing of the kind lamp",
    "sh:and ( [ sh:class o:Lamp ] [ sh:minLength 2 ] )": (
        "all of: a thing of the kind lamp; and at least 2 characters long"
    ),
    "sh:or ( [ sh:class o:Lamp ] [ sh:datatype xsd:date ] )": (
        "either a thing of the kind lamp, or a date"
    ),
    "sh:xone ( [ sh:class o:Lamp ] s:Other )": (
        "exactly one of: a thing of the kind lamp; or keeps to the shape Other lamps"
    ),
    "sh:node s:Other": "keeps to the shape Other lamps",
    "sh:node [ sh:property [ sh:path o:q ; sh:minCount 1 ] ]": "wick: at least one",
    "sh:qualifiedValueShape [ sh:class o:Lamp ] ; sh:qualifiedMinCount 2": (
        "at least two of the values: a thing of the kind lamp"
    ),
    'sh:hasValue "red"': "one of the values is red",
    "sh:in ( o:red 3 )": "one of red, 3",
    "sh:deactivated true": "not checked at present",
}
AMOUNTS = {
    "sh:minCount 1": "at least one",
    "sh:minCount 0": None,
    "sh:maxCount 1": "at most one",
    "sh:minCount 1 ; sh:maxCount 1": "exactly one",
    "sh:minCount 2 ; sh:maxCount 12": "two to 12",
    "sh:maxCount 0": "no value at all",
}
PATHS = {
    "o:q": "wick",
    "dcterms:hasPart": "has part",
    "[ sh:inversePath o:q ]": "inverse of wick",
    "( o:q [ sh:inversePath o:p ] )": "wick then inverse of oil",
    "[ sh:alternativePath ( o:p o:q ) ]": "oil or wick",
    "[ sh:zeroOrMorePath o:q ]": "any number of steps along wick",
    "[ sh:oneOrMorePath o:q ]": "one or more steps along wick",
    "[ sh:zeroOrOnePath o:q ]": "at most one step along wick",
}
TERMS = """
o:Lamp a owl:Class ; rdfs:label "lamp" .
o:p a owl:DatatypeProperty ; rdfs:label "oil" .
o:q a owl:DatatypeProperty ; rdfs:label "wick" .
o:red a o:Colour ; rdfs:label "red" .
s:Other a sh:NodeShape ; rdfs:label "Other lamps" .
"""


def book(shapes: str) -> RuleBook:
    text = f"{PROLOGUE}{TERMS}{shapes}"
    triples = [each.triple for each in ox.parse(text, format=ox.RdfFormat.TURTLE)]
    iris = IriSpace(BASE)
    quads = [ox.Quad(each.subject, each.predicate, each.object) for each in triples]
    found = presentation(iris, "en", quads, [])
    shown = Presentation(
        terms=found["terms"],
        groups={},
        classes={},
        label_properties=LABEL_PROPERTIES,
        language="en",
        prefixes=Prefixes(WELL_KNOWN),
        iris=iris,
    )
    with Flask(__name__).test_request_context():
        return rule_book(triples, shown, iris)


def shape(text: str) -> Shape:
    (found,) = [each for each in book(text).shapes if each.anchor == "Lamp"]
    return found


@pytest.mark.parametrize("constraint", COMPONENTS)
def test_constraint_in_words(constraint: str) -> None:
    found = shape(f"s:Lamp a sh:NodeShape ; sh:property [ sh:path o:p ; {constraint} ] .")
    (rule,) = found.rules
    assert [words(each) for each in rule.constraints] == [COMPONENTS[constraint]]
    assert (rule.amount, rule.property) == (None, f"{BASE}ontology#p")


@pytest.mark.parametrize("counts", AMOUNTS)
def test_how_many_in_words(counts: str) -> None:
    (rule,) = shape(f"s:Lamp a sh:NodeShape ; sh:property [ sh:path o:p ; {counts} ] .").rules
    assert rule.amount == AMOUNTS[counts]


@pytest.mark.parametrize("path", PATHS)
def test_path_in_words(path: str) -> None:
    (rule,) = shape(f"s:Lamp a sh:NodeShape ; sh:property [ sh:path {path} ] .").rules
    assert words(rule.path) == PATHS[path]


def test_what_a_shape_asks_of_the_whole() -> None:
    found = shape("""
        s:Lamp a sh:NodeShape ; sh:targetClass o:Lamp ; sh:targetSubjectsOf o:q ;
          sh:closed true ; sh:ignoredProperties ( o:q ) ; sh:severity sh:Warning ;
          sh:or ( [ sh:property [ sh:path o:p ; sh:minCount 1 ] ] [ sh:class o:Lamp ] ) ;
          sh:message "A lamp has oil." ;
          sh:sparql s:burns .
        s:burns a sh:SPARQLConstraint ; rdfs:label "burns" ; sh:message "Light it." .""")
    assert [words(each) for each in found.targets] == [
        "things of the kind lamp",
        "whatever has wick",
    ]
    assert [words(each) for each in found.conditions] == [
        "either oil: at least one, or a thing of the kind lamp",
        "no property but those listed here, besides wick",
    ]
    (rule,) = found.further
    assert (rule.anchor, rule.label, rule.severity) == ("burns", "burns", "should")
    assert rule.message is not None
    assert rule.message.text == "Light it."


def test_shapes_that_run_in_a_circle_are_cut() -> None:
    (rule,) = shape("""
        s:Lamp a sh:NodeShape ; sh:property [ sh:path _:a ; sh:not _:b ] .
        _:a sh:inversePath _:a . _:b sh:not _:b .""").rules
    assert words(rule.path).endswith("…")
    assert words(rule.constraints[0]).endswith("…")


@pytest.mark.parametrize("folder", ["shapes", "tests/publications/bookshelf/shapes"])
def test_no_shape_of_ours_is_left_without_words(folder: str) -> None:
    files = sorted((REPOSITORY / folder).glob("*.ttl"))
    text = "\n".join(each.read_text(encoding="utf-8") for each in files)
    found = book(text)
    assert len(found.shapes) > 1
    for each in found.shapes:
        phrases = [*each.targets, *each.conditions]
        for rule in each.rules:
            phrases += [rule.path, *rule.constraints]
        assert all("…" not in words(phrase) for phrase in phrases), each.iri


def test_every_shape_of_the_graph_has_an_anchor(legacy: Site) -> None:
    found = Page(legacy.get("/shapes", "text/html").text)
    start = f"{legacy.release.iris.base}shapes#"
    shapes = ox.parse(legacy.get("/shapes.ttl").body, format=ox.RdfFormat.TURTLE)
    named = {
        each.subject.value.removeprefix(start)
        for each in shapes
        if isinstance(each.subject, ox.NamedNode) and each.subject.value.startswith(start)
    }
    assert len(named) > 200
    assert named <= set(found.ids)
    assert len(found.ids) == len(set(found.ids))


def test_rules_name_concepts_as_readers_do(legacy: Site) -> None:
    text = legacy.get("/shapes", "text/html").text
    assert ">short course</a>" in text
    assert "id/resource-type/short-course</a>" not in text


def test_the_matrix_says_which_shape_leads_to_which_class(legacy: Site) -> None:
    text = legacy.get("/shapes.html").text
    table = re.search(r'<table class="matrix">(.*?)</table>', text, re.DOTALL)
    assert table is not None
    head, *rows = re.findall(r"<tr>(.*?)</tr>", table[1], re.DOTALL)
    columns = re.findall(r'<a href="/ontology#([^"]+)"', head)
    led = {}
    for row in rows:
        anchor = re.search(r'<a href="#([^"]+)"', row)
        assert anchor is not None
        cells = re.findall(r"<td>(.*?)</td>", row)
        named = zip(re.findall(r'<a href="([^"]+)"', head), cells, strict=True)
        led[anchor[1]] = {
            address.partition("#")[2]: re.findall(r'title="([^"]*)"', cell)
            for address, cell in named
            if cell
        }
    assert columns[:2] == ["skos:Concept", "SourceDocument"]
    # A class in an alternative counts, one of several rules on the same property as well.
    assert led["Academy"] == {
        "org:Organization": ["founded by"],
        "schema:ResearchProject": ["founded by"],
    }
    assert led["UseCase"]["Programme"] == ["part of"]
    assert led["Withdrawn"] == {}
