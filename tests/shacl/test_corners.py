"""Corners where a query could say less than pySHACL: each both ways, each once a disagreement."""

from __future__ import annotations

import pyoxigraph as ox
import pytest
import rdflib

from tests.shacl.conftest import both_reports
from tests.shacl.test_differential import PREFIXES

_ILL_FORMED = {
    "two sh:minCount": "sh:property [ sh:path :p ; sh:minCount 0, 1 ]",
    "two sh:in": "sh:property [ sh:path :p ; sh:in ( 1 ), ( 1 2 ) ]",
    "no regular expression, and no value": 'sh:property [ sh:path :r ; sh:pattern "(" ]',
    "a number as a pattern": "sh:property [ sh:path :p ; sh:pattern 12 ]",
    "a length below zero": "sh:property [ sh:path :p ; sh:minLength -1 ]",
    "sh:uniqueLang of a node shape": "sh:uniqueLang true",
    "a node shape as a property shape": "sh:property :N",
    "a property shape as a node shape": "sh:node :P",
    "sh:ignoredProperties alone": "sh:ignoredProperties ( :p )",
    "a qualified shape without a count": "sh:property [ sh:path :p ; sh:qualifiedValueShape :N ]",
    "a qualified count without a shape": "sh:property [ sh:path :p ; sh:qualifiedMinCount 1 ]",
}
#: Values of :p, and a constraint on them.
_VALUES = {
    "a literal that the engine rewrites": ("1.5", "sh:in ( 1.50 )"),
    "the same, looked for": ("1.5", "sh:hasValue 1.50"),
    "date-times of which one has a time zone": (
        '"2024-01-05T00:00:00Z"^^xsd:dateTime',
        'sh:minInclusive "2024-01-01T00:00:00"^^xsd:dateTime',
    ),
    "years, which SPARQL does not compare": (
        '"2024"^^xsd:gYear',
        'sh:minInclusive "2020"^^xsd:gYear',
    ),
    "beyond the precision of a double": (
        "9007199254740993",
        "sh:maxInclusive 9007199254740992e0",
    ),
    "beyond the precision of a float": ('"1.1"^^xsd:float', "sh:maxInclusive 1.1"),
    "not a number": ('"NaN"^^xsd:double', "sh:maxInclusive 5"),
    "true beside a number": ("true", "sh:minInclusive 1"),
    "a year of five digits": ('"12024-01-01"^^xsd:date', "sh:datatype xsd:date"),
    "a year before Christ": ('"-0044-03-15"^^xsd:date', "sh:datatype xsd:date"),
    "the year nought": ('"0000-01-01"^^xsd:date', "sh:datatype xsd:date"),
    "a day that is none": ('"2023-02-30"^^xsd:date', "sh:datatype xsd:date"),
    "a range of two parts": ('"x"@en-gb-oed', 'sh:languageIn ( "en-gb" )'),
    "a tag of two parts in a range of one": ('"x"@de-ch', 'sh:languageIn ( "de" )'),
    "any language": ('"x"@en, "y"', 'sh:languageIn ( "*" )'),
    "a time that Python writes longer": (
        '"2024-01-01T00:00:00Z"^^xsd:dateTime',
        "sh:maxLength 20",
    ),
    "a separator that is a space for Python": (r'"\u001c"', r'sh:pattern "^\\S$"'),
    "the same within brackets": (r'"\u001c"', r'sh:pattern "^[^\\s]$"'),
    "a letter's accent, no letter for Python": (r'"\u0301"', r'sh:pattern "^\\w$"'),
    "a fraction, a letter for Python": ('"½"', r'sh:pattern "^\\W$"'),
    "the same within brackets, which is left": ('"½"', r'sh:pattern "^[\\W]$"'),
    "a possessive quantifier": ('"aab"', 'sh:pattern "^a++ab$"'),
    "a possessive range": ('"aaa"', 'sh:pattern "^a{1,3}+a$"'),
    "a closed shape of values, without properties": (":b", "sh:closed true"),
}
_TARGETS = {
    "a subclass of rdfs:Class": (
        ":a a :K .",
        ":Meta rdfs:subClassOf rdfs:Class . :K a :Meta, sh:NodeShape ; sh:class :D .",
    ),
    "an inverse path of a sequence, which pySHACL goes along in the wrong order": (
        ":x :p :y . :y :q :a .",
        ":S sh:targetNode :a ; sh:property [ sh:path [ sh:inversePath ( :p :q ) ] ;"
        " sh:maxCount 0 ] .",
    ),
    "no steps from a node beside the data": (
        ":a :p 1 .",
        ":S sh:targetNode :z ; sh:property [ sh:path [ sh:zeroOrOnePath :p ] ; sh:maxCount 0 ] .",
    ),
}


def _store(data: str) -> ox.Store:
    store = ox.Store()
    store.load(input=f"{PREFIXES}{data}".encode(), format=ox.RdfFormat.TURTLE)
    return store


def _graph(shapes: str) -> rdflib.Graph:
    return rdflib.Graph().parse(data=f"{PREFIXES}{shapes}", format="turtle")


@pytest.mark.parametrize("constraint", _ILL_FORMED.values(), ids=_ILL_FORMED)
def test_shapes_that_pyshacl_refuses_are_no_success(constraint: str) -> None:
    others = ":N a sh:NodeShape ; sh:class :C . :P sh:path :p ; sh:minCount 1 ."
    shapes = _graph(f":S sh:targetClass :C ; {constraint} . {others}")
    assert both_reports(_store(":a a :C ; :p 1 ."), shapes) is None


@pytest.mark.parametrize(("values", "constraint"), _VALUES.values(), ids=_VALUES)
def test_values_are_judged_alike(values: str, constraint: str) -> None:
    data = _store(f":a a :C ; :p {values} . :b :q 1 .")
    alone = f":S sh:targetClass :C ; sh:property [ sh:path :p ; {constraint} ] ."
    negated = f":S sh:targetClass :C ; sh:not [ sh:property [ sh:path :p ; {constraint} ] ] ."
    assert both_reports(data, _graph(alone)) is not None
    assert both_reports(data, _graph(negated)) is not None


@pytest.mark.parametrize(("data", "shapes"), _TARGETS.values(), ids=_TARGETS)
def test_targets_are_found_alike(data: str, shapes: str) -> None:
    outcome = both_reports(_store(data), _graph(shapes))
    assert outcome is not None
    assert not outcome.conforms
