"""Faults that were found, each with its name, and what is left to pySHACL."""

from __future__ import annotations

import re

import pyoxigraph as ox
import pytest
import rdflib

from publisher.shacl.compiler import Compiler
from publisher.shacl.validator import Outcome, validate
from publisher.shacl.writing import NotCompilable
from tests.shacl.test_differential import PREFIXES


def outcome(data: str, shapes: str) -> Outcome:
    store = ox.Store()
    store.load(input=f"{PREFIXES}{data}".encode(), format=ox.RdfFormat.TURTLE)
    graph = rdflib.Graph().parse(data=f"{PREFIXES}{shapes}", format="turtle")
    return validate(store, graph)


def test_a_string_of_the_data_is_one_of_the_shapes() -> None:
    """PySHACL alone takes them for different literals, where the data is in Oxigraph."""
    shape = ":S sh:targetNode :a ; sh:property [ sh:path :p ; sh:in ( 'x' ) ; sh:hasValue 'x' ] ."
    assert outcome(":a :p 'x' .", shape).conforms
    assert not outcome(":a :p 'x', 'y' .", shape).conforms


def test_what_is_too_loose_for_a_negation_is_left_to_pyshacl() -> None:
    shape = ":S sh:targetNode :a ; sh:not [ sh:property [ sh:path :p ; sh:pattern '^x' ] ] ."
    found = outcome(":a :p 'x' .", shape)
    assert not found.conforms
    assert "sh:not" in found.left["urn:x:S"]


def test_only_what_is_flagged_is_reported_on() -> None:
    data = "".join(f":n{n} a :C ; :p {n} .\n" for n in range(50))
    found = outcome(
        data, ":S sh:targetClass :C ; sh:property [ sh:path :p ; sh:maxInclusive 47 ] ."
    )
    assert found.flagged == {"urn:x:S": 2}
    assert len(list(found.report.objects(None, rdflib.SH.result))) == 2


@pytest.mark.parametrize(
    ("constraint", "why"),
    [
        ("sh:property [ sh:path :p ; sh:maxCount 'x' ]", "the count x"),
        ("sh:property [ sh:path :p ; sh:pattern '(?=x)' ]", "the pattern"),
        ("sh:property [ sh:path :p ; sh:datatype xsd:byte ]", "the datatype"),
        ("sh:property [ sh:path :p ; sh:node :S ]", "refer to themselves"),
        ("sh:js [ ]", "/ns/shacl#js>"),
        ("sh:sparql [ sh:select 'SELECT $this { FILTER($this = :a) }' ]", "does not bind $this"),
        ("sh:sparql [ sh:select 'SELECT $this { $this :p ?v OPTIONAL { FILTER($this != ?v) } }' ]",
         "does not bind $this"),
        ("sh:sparql [ sh:select 'SELECT $this { $this :p ?v } LIMIT 1' ]", "more than patterns"),
    ],
)  # fmt: skip
def test_what_cannot_be_compiled_is_told(constraint: str, why: str) -> None:
    text = f"{PREFIXES} :S sh:targetNode :a ; {constraint} ."
    graph = rdflib.Graph().parse(data=text, format="turtle")
    with pytest.raises(NotCompilable, match=re.escape(why)):
        Compiler(graph).compile(rdflib.URIRef("urn:x:S"))


@pytest.mark.parametrize(
    "select",
    [
        "SELECT $this ?value { $this :p ?value . FILTER(?value > 1) }",
        "SELECT $this { $this :p ?v . FILTER NOT EXISTS { $this :q ?v } }",
        "SELECT $this { $this :p ?v OPTIONAL { $this :q ?w } FILTER(!BOUND(?w)) }",
        "SELECT $this { { $this :p 2 } UNION { $this :q 7 } }",
        "SELECT $this { $this :p ?v { SELECT $this (COUNT(?w) AS ?n) { $this :p ?w }"
        " GROUP BY $this } FILTER(?n > 1) }",
    ],
)
def test_a_sparql_constraint_is_put_to_the_engine(select: str) -> None:
    declared = ':O sh:declare [ sh:prefix "" ; sh:namespace "urn:x:"^^xsd:anyURI ] .'
    shape = f':S sh:targetClass :C ; sh:sparql [ sh:prefixes :O ; sh:select """{select}""" ] .'
    data = ":a a :C ; :p 1 ; :q 1 . :b a :C ; :p 2, 3 . :c a :C ; :q 7 . :d :p 2, 3 ."
    found = outcome(data, f"{declared} {shape}")
    assert found.left == {}
    assert 0 < found.flagged["urn:x:S"] < 3
    reported = set(found.report.objects(None, rdflib.SH.focusNode))
    assert len(reported) == found.flagged["urn:x:S"]
