"""Queries of constraints: the focus nodes and values that they yield are those of the report."""

from __future__ import annotations

import pyoxigraph as ox
import pytest
import rdflib
from rdflib.namespace import SH

from publisher.shacl.compiler import Compiler, Query
from publisher.shacl.rdflib_terms import to_engine
from publisher.shacl.validator import validate
from publisher.shacl.writing import NotCompilable
from tests.shacl.test_differential import PREFIXES

_DATA = """
:a a :T ; :p 1, 2, "x", "x"@en, "xy"@en, "y"@de, :b, :c ; :q 1, :c, "z" ; :r 1 .
:b a :T, :C ; :p :a, "2024-01-31"^^xsd:date, "no"^^xsd:integer ; :q 2 .
:c a :T, :D ; :p 1, 2, 3, 4, 5, 6, 7 ; :q :c .
:d a :T ; :p :d, _:e ; :q :d, 3 .
:f a :T .
:D rdfs:subClassOf :C .
"""


def _sparql(select: str) -> str:
    return f'sh:sparql [ sh:select "{select}" ]'


_OF_VALUES = (
    *("sh:class :C", "sh:datatype xsd:integer", "sh:datatype rdf:langString", "sh:nodeKind sh:IRI"),
    *("sh:nodeKind sh:BlankNodeOrLiteral", "sh:minInclusive 2", "sh:maxExclusive 2"),
    *("sh:minLength 2", "sh:maxLength 1", 'sh:pattern "^x"', 'sh:languageIn ( "en" )'),
    *("sh:in ( 1 :b )", "sh:hasValue :b", "sh:equals :q", "sh:disjoint :q"),
    *("sh:node [ sh:nodeKind sh:IRI ]", "sh:not [ sh:nodeKind sh:IRI ]"),
    *(
        "sh:and ( [ sh:class :C ] [ sh:nodeKind sh:IRI ] )",
        "sh:or ( [ sh:class :C ] [ sh:in ( 1 ) ] )",
    ),
    "sh:xone ( [ sh:class :C ] [ sh:nodeKind sh:IRI ] )",
    _sparql("SELECT $this ?value { $this <urn:x:q> ?value FILTER(isIRI(?value)) }"),
    _sparql("SELECT $this { $this <urn:x:q> 1 }"),
)
_OF_PROPERTIES = (
    *(f"sh:minCount {number}" for number in (1, 3, 4, 5, 8)),
    *(f"sh:maxCount {number}" for number in (0, 1, 3, 4, 6)),
    *("sh:uniqueLang true", "sh:lessThan :r", "sh:lessThanOrEquals :q"),
    "sh:qualifiedValueShape [ sh:nodeKind sh:Literal ] ; sh:qualifiedMinCount 2",
    "sh:qualifiedValueShape [ sh:nodeKind sh:Literal ] ; sh:qualifiedMinCount 6",
    "sh:qualifiedValueShape [ sh:nodeKind sh:Literal ] ; sh:qualifiedMaxCount 1",
    "sh:qualifiedValueShape [ sh:nodeKind sh:Literal ] ; sh:qualifiedMaxCount 5",
    _sparql("SELECT $this ?value { $this $PATH ?value FILTER(isLiteral(?value)) }"),
    _sparql("SELECT $this { $this $PATH '$PATH', 1 }"),
    _sparql("SELECT $this ?value { $this $PATH ?value FILTER(?value = '$this') }"),
)
_PATHS = (":p", "[ sh:inversePath :p ]", "( :p :q )", "[ sh:alternativePath ( :p :q ) ]")


def _graph(rules: str) -> rdflib.Graph:
    return rdflib.Graph().parse(data=f"{PREFIXES}{rules}", format="turtle")


def _store() -> ox.Store:
    store = ox.Store()
    store.load(f"{PREFIXES}{_DATA}".encode(), ox.RdfFormat.TURTLE)
    return store


Found = set[tuple[object, object, object, object]]


def _queried(store: ox.Store, queries: tuple[Query, ...]) -> Found:
    found: Found = set()
    for query in queries:
        rows = store.query(query.text)
        assert isinstance(rows, ox.QuerySolutions)
        valued = "value" in {variable.value for variable in rows.variables}
        for row in rows:
            value = row["value"] if valued else None
            terms = (to_engine(query.shape), to_engine(query.component), row["this"], value)
            found.add(terms)
    return found


def _reported(report: rdflib.Graph) -> Found:
    return {
        tuple(  # type: ignore[misc]
            None if (term := report.value(result, property_)) is None else to_engine(term)
            for property_ in (
                *(SH.sourceShape, SH.sourceConstraintComponent, SH.focusNode, SH.value),
            )
        )
        for result in report.objects(None, SH.result)
    }


def _compared(rules: str, shape: str = "urn:x:S") -> None:
    store, graph = _store(), _graph(rules)
    compiled = Compiler(graph).compile(rdflib.URIRef(shape))
    outcome = validate(store, graph)
    assert outcome.left == {}
    assert _queried(store, compiled.queries) == _reported(outcome.report)


@pytest.mark.parametrize("constraint", _OF_VALUES)
def test_values_of_node_shapes(constraint: str) -> None:
    _compared(f":S a sh:NodeShape ; sh:targetClass :T ; sh:targetObjectsOf :p ; {constraint} .")


@pytest.mark.parametrize("path", _PATHS)
@pytest.mark.parametrize("constraint", [*_OF_VALUES, *_OF_PROPERTIES])
def test_values_of_property_shapes(constraint: str, path: str) -> None:
    shape = f"sh:path {path} ; {constraint}"
    _compared(f":S a sh:NodeShape ; sh:targetClass :T ; sh:property :P . :P {shape} .")
    _compared(f":S a sh:PropertyShape ; sh:targetClass :T ; {shape} .")


def test_values_of_closed_shapes() -> None:
    closed = "sh:closed true ; sh:ignoredProperties ( rdf:type )"
    _compared(f":S a sh:NodeShape ; sh:targetClass :T ; {closed} ; sh:property [ sh:path :p ] .")


def test_disjoint_shapes_count_values_of_their_own() -> None:
    for count in ("Min", "Max"):
        of_number = f"sh:qualifiedValueShapesDisjoint true ; sh:qualified{count}Count 1"
        _compared(
            ":S a sh:NodeShape ; sh:targetClass :T ; sh:property :P, :Q . "
            f":P sh:path :p ; sh:qualifiedValueShape [ sh:class :C ] ; {of_number} . "
            f":Q sh:path :q ; sh:qualifiedValueShape [ sh:nodeKind sh:IRI ] ; {of_number} ."
        )


@pytest.mark.parametrize(
    ("properties", "why"),
    [
        ("sh:not [ sh:path :p ; sh:maxCount 9 ]", "a number of values (> 9) within another shape"),
        ("sh:property [ sh:nodeKind sh:IRI ]", "a node shape as the value of sh:property"),
    ],
)
def test_what_cannot_stand_in_a_query_is_told(properties: str, why: str) -> None:
    graph = _graph(f":S a sh:NodeShape ; sh:targetClass :T ; {properties} .")
    with pytest.raises(NotCompilable) as told:
        Compiler(graph).compile(rdflib.URIRef("urn:x:S"))
    assert str(told.value) == why
