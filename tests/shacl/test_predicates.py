"""Which statements the query of a SPARQL constraint can look at, as far as its text tells."""

from __future__ import annotations

import pytest
import rdflib
from rdflib.namespace import RDF, SH

from publisher.shacl.predicates import predicates
from publisher.shacl.writing import NotCompilable

_CONSTRAINT = rdflib.URIRef("urn:x:constraint")
_X = rdflib.Namespace("urn:x:")
TOLD = {
    "$this x:p ?value .": {_X.p},
    "$this x:p ?value ; x:q/^x:r ?other FILTER NOT EXISTS { ?other <urn:x:s> $this }": {
        *(_X.p, _X.q, _X.r, _X.s),
    },
    "$this a x:C , x:D .": {RDF.type, _X.C, _X.D},
    "$this x:p+ $this .": {_X.p},
    "{ $this x:p ?a } UNION { $this x:q ?a } FILTER(?a != $this && STRLEN(?a) < 3)": {_X.p, _X.q},
    "$this x:p ?a . { SELECT $this (COUNT(?b) AS ?c) { $this x:q ?b } GROUP BY $this }": {
        *(_X.p, _X.q),
    },
    "$this x:p 'a ?b ?c ?d' . # ?x ?y ?z\n": {_X.p},
}
UNTOLD = (
    "$this ?p ?value .",
    "$this x:p ?a ; ?p ?b .",
    "$this x:p [ ?p ?a ] .",
    "$this x:p ?a . ?a ?p 1 .",
    "$this x:p ?a . ?a ?p .5 .",
    "$this x:p ?a . ?a ?p true .",
    "$this x:p ?a . (1) ?p ?a .",
    "$this x:p ?a . <urn:x:a> ?p <urn:x:b> .",
    "$this x:p ?a FILTER(EXISTS { ?a ?p ?b })",
    "$this x:p ?a FILTER(1 < 2 && !EXISTS{?a?p?b})",
    "$this !x:p ?a .",
    "$this !(x:p|x:q) ?a .",
    "$this !a ?a .",
    "$this !^x:p ?a .",
    "$this x:p* ?a .",
    "$this x:p? ?a .",
    "$this y:p ?a .",
    "$this x:p\\-q ?a .",
    "$this x:naïve ?a .",
    "?SELECT ?p ?o .",
    "x:SELECT ?p ?o .",
)


def _predicates(pattern: str) -> set[rdflib.URIRef]:
    graph = rdflib.Graph()
    query = f"PREFIX x: <urn:x:>\nSELECT $this WHERE {{ {pattern} }}"
    graph.add((_CONSTRAINT, SH.select, rdflib.Literal(query)))
    return predicates(graph, _CONSTRAINT)


@pytest.mark.parametrize(("pattern", "expected"), TOLD.items(), ids=TOLD)
def test_a_query_looks_at_its_predicates(pattern: str, expected: set[rdflib.URIRef]) -> None:
    assert _predicates(pattern) - {rdflib.URIRef("urn:x:")} == expected


@pytest.mark.parametrize("pattern", UNTOLD)
def test_a_query_that_may_look_at_more_is_not_taken(pattern: str) -> None:
    with pytest.raises(NotCompilable):
        _predicates(pattern)


def test_prefixes_may_be_declared_with_the_shapes() -> None:
    graph = rdflib.Graph().parse(
        data="""@prefix sh: <http://www.w3.org/ns/shacl#> .
        @prefix owl: <http://www.w3.org/2002/07/owl#> .
        @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
        <urn:x:constraint> sh:select "SELECT $this { $this y:p ?a }" ; sh:prefixes <urn:x:o> .
        <urn:x:o> owl:imports <urn:x:i> .
        <urn:x:i> sh:declare [ sh:prefix "y" ; sh:namespace "urn:y:"^^xsd:anyURI ] .""",
        format="turtle",
    )
    assert rdflib.URIRef("urn:y:p") in predicates(graph, _CONSTRAINT)
