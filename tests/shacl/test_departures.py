"""Where pySHACL 0.40 departs from the specification of SHACL, which wins: each with its section."""

from __future__ import annotations

import warnings

import pyoxigraph as ox
import pyshacl
import pytest
import rdflib
from pyshacl.rdfutil.stringify import stringify_blank_node

from publisher.shacl.data_graph import DataGraph, copied
from publisher.shacl.validator import validate
from tests.shacl.test_differential import PREFIXES

_OF_A = ":S sh:targetNode :a ; sh:property [ sh:path :p ; %s ] ."
#: Data, shapes, and whether the one conforms to the other.
DEPARTURES = {
    "4.3 a boolean is no number": (":a :p true .", _OF_A % "sh:maxInclusive 1", False),
    "4.3 numbers are compared in the wider type": (
        ':a :p "1.1"^^xsd:float .',
        _OF_A % "sh:maxInclusive 1.1",
        True,
    ),
    "4.3 a year is no date": (
        ':a :p "2024"^^xsd:gYear .',
        _OF_A % 'sh:minInclusive "2023-12-31"^^xsd:date',
        False,
    ),
    "4.1.2 a year may have five digits": (
        ':a :p "12024-01-01"^^xsd:date .',
        _OF_A % "sh:datatype xsd:date",
        True,
    ),
    "4.4.1 a blank node has no length": (":a :p [] .", _OF_A % "sh:minLength 0", False),
    "4.4.4 a range of languages may have two parts": (
        ':a :p "x"@en-gb-oed .',
        _OF_A % 'sh:languageIn ( "en-gb" )',
        True,
    ),
    "4.5.3 IRIs have no order": (":a :p :b ; :q :c .", _OF_A % "sh:lessThan :q", False),
    "4.5.3 texts in languages have an order in one language": (
        ':a :p "a"@en ; :q "b"@de .',
        _OF_A % "sh:lessThan :q",
        False,
    ),
    "2.3.1.4 the inverse of a sequence begins at its end": (
        ":x :p :y . :y :q :a .",
        _OF_A.replace(":p ;", "[ sh:inversePath ( :p :q ) ] ;") % "sh:hasValue :x",
        True,
    ),
    "5.3.1 $PATH stands for one path": (
        ":a :p :b .",
        _OF_A.replace(":p ;", "[ sh:alternativePath ( :p :q ) ] ;")
        % "sh:sparql [ sh:select 'SELECT $this ?value { $this $PATH/<urn:x:r> ?value }' ]",
        True,
    ),
}
#: What pySHACL breaks off at, though the specification has an answer.
BROKEN_OFF = {
    "5.3.1 the inverse of an inverse path": (
        ":a :p 1 .",
        _OF_A.replace(":p ;", "[ sh:inversePath [ sh:inversePath :p ] ] ;")
        % "sh:sparql [ sh:select 'SELECT $this ?value { $this $PATH ?value }' ]",
    ),
    "4.5.3 blank nodes have no order": (":a :p [] ; :q 1 .", _OF_A % "sh:lessThan :q"),
    "4.8.1 a literal has no properties": (
        ":a :p 1 ; :q 2 .",
        ":S sh:targetObjectsOf :p ; sh:closed true . :T sh:targetNode :a ; sh:closed true .",
    ),
    "4.1.1 a literal is of no class": (":a a 'C' .", ":S sh:targetNode :a ; sh:class :C ."),
}


def _read(data: str, shapes: str) -> tuple[ox.Store, rdflib.Graph]:
    store = ox.Store()
    store.load(input=f"{PREFIXES}{data}".encode(), format=ox.RdfFormat.TURTLE)
    return store, rdflib.Graph().parse(data=f"{PREFIXES}{shapes}", format="turtle")


@pytest.mark.parametrize(("data", "shapes", "conforms"), DEPARTURES.values(), ids=DEPARTURES)
def test_the_specification_wins(data: str, shapes: str, conforms: bool) -> None:
    store, graph = _read(data, shapes)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        departs, _, _ = pyshacl.validate(copied(store), shacl_graph=graph)
    assert departs is not conforms, "pySHACL says so by now, and need not be mended"
    assert validate(store, graph).conforms is conforms


@pytest.mark.parametrize(("data", "shapes"), BROKEN_OFF.values(), ids=BROKEN_OFF)
def test_there_is_an_answer(data: str, shapes: str) -> None:
    store, graph = _read(data, shapes)
    assert not validate(store, graph).conforms


def test_an_ill_formed_literal_is_reported_as_it_is_written() -> None:
    store, graph = _read(':a :p "none"^^xsd:boolean .', _OF_A % "sh:datatype xsd:boolean")
    report = validate(store, graph).report
    (value,) = report.objects(None, rdflib.SH.value)
    assert str(value) == "none"


@pytest.mark.parametrize("constraint", ["sh:maxLength 20", 'sh:pattern "Z$"', "sh:minLength 20"])
def test_a_date_is_the_text_that_is_written(constraint: str) -> None:
    """4.4.1 to 4.4.3; Python has it with more signs, and pySHACL on a store, too."""
    data = ':a :p "2024-01-01T00:00:00Z"^^xsd:dateTime .'
    assert validate(*_read(data, _OF_A % constraint)).conforms


def test_booleans_have_an_order() -> None:
    """4.3; the engine gives them none."""
    assert validate(*_read(":a :p true .", _OF_A % "sh:minExclusive false")).conforms
    assert not validate(*_read(":a :p true .", _OF_A % "sh:maxExclusive true")).conforms


def test_what_pyshacl_cannot_do_on_a_store_it_does_on_a_graph_of_its_own() -> None:
    component = """
    :O sh:declare [ sh:prefix "" ; sh:namespace "urn:x:"^^xsd:anyURI ] .
    :Component a sh:ConstraintComponent ; sh:parameter [ sh:path <urn:x#longest> ] ;
        sh:validator [ a sh:SPARQLAskValidator ; sh:prefixes :O ;
            sh:ask "ASK { FILTER(STRLEN(STR($value)) <= $longest) }" ] .
    :S sh:targetSubjectsOf :p ; sh:property [ sh:path :p ; <urn:x#longest> 3 ] ."""
    store, graph = _read(":a :p 'four' . :b :p 'six' .", component)
    with pytest.raises(RuntimeError, match="projection"):
        pyshacl.validate(DataGraph(store), shacl_graph=graph, inplace=True)
    outcome = validate(store, graph)
    assert set(outcome.report.objects(None, rdflib.SH.focusNode)) == {rdflib.URIRef("urn:x:a")}
    assert "longest" in outcome.left["urn:x:S"]


def test_messages_tell_of_the_blank_nodes_of_this_graph() -> None:
    """PySHACL 0.40 tells of those of a graph that once had the same address in memory."""
    before = dict(stringify_blank_node.dict_cache)
    report = validate(*_read("_:b :p 1 . :a :q _:b .", ":S sh:targetObjectsOf :q ; sh:in ( :x ) ."))
    (message,) = report.report.objects(None, rdflib.SH.resultMessage)
    assert 'Literal("1"' in message
    assert stringify_blank_node.dict_cache == before
