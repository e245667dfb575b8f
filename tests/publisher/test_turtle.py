"""The Turtle writer: same triples, same bytes; nothing lost, nothing rewritten."""

from __future__ import annotations

import pyoxigraph as ox
from hypothesis import given
from hypothesis import strategies as st

from publisher.graphs import canonical
from publisher.prefixes import WELL_KNOWN, Prefixes
from publisher.terms import BareTriple, bare_triples
from publisher.turtle import trig, turtle

PREFIXES = Prefixes(WELL_KNOWN | {"ex": "http://example.org/", "d": "http://example.org/d/"})
XSD = "http://www.w3.org/2001/XMLSchema#"

IRIS = st.sampled_from(
    [
        "http://example.org/a",
        "http://example.org/d/b",
        "http://example.org/d/b.",
        "http://example.org/a/d/e",
        "http://example.org/é",
        "http://example.org/a%2Fb",
        "http://example.org/-x",
        "http://www.w3.org/1999/02/22-rdf-syntax-ns#type",
        "http://www.w3.org/1999/02/22-rdf-syntax-ns#nil",
        "http://www.w3.org/1999/02/22-rdf-syntax-ns#first",
        "http://www.w3.org/1999/02/22-rdf-syntax-ns#rest",
        "urn:x:y",
    ]
).map(ox.NamedNode)
BLANKS = st.integers(0, 5).map(lambda number: ox.BlankNode(f"n{number}"))
TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12),
    st.text(st.sampled_from('"\\\n\r\t a'), max_size=8),
)
LITERALS = st.one_of(
    TEXTS.map(ox.Literal),
    st.tuples(TEXTS, st.sampled_from(["en", "de-at", "zh-hant"])).map(
        lambda pair: ox.Literal(pair[0], language=pair[1])
    ),
    st.tuples(
        st.sampled_from(["1", "007", "1.50", "-.5", "1e3", "1.E-3", "true", "1", "x y", "+3"]),
        st.sampled_from(["integer", "decimal", "double", "boolean", "date", "byte"]),
    ).map(lambda pair: ox.Literal(pair[0], datatype=ox.NamedNode(XSD + pair[1]))),
)
TRIPLES = st.lists(
    st.tuples(st.one_of(IRIS, BLANKS), IRIS, st.one_of(IRIS, BLANKS, LITERALS)), max_size=25
)


def parse(text: str, form: ox.RdfFormat = ox.RdfFormat.TURTLE) -> list[ox.Quad]:
    return canonical(
        ox.Quad(q.subject, q.predicate, q.object, q.graph_name)
        if isinstance(q, ox.Quad)
        else ox.Quad(q.subject, q.predicate, q.object)
        for q in ox.parse(text.encode(), form)
    )


@given(TRIPLES)
def test_reading_what_was_written_gives_the_same_graph(triples: list[BareTriple]) -> None:
    assert parse(turtle(triples, PREFIXES)) == canonical(ox.Quad(*triple) for triple in triples)


@given(TRIPLES)
def test_order_of_the_input_does_not_matter(triples: list[BareTriple]) -> None:
    ground = [t for t in triples if not isinstance(t[0], ox.BlankNode)]
    ground = [t for t in ground if not isinstance(t[2], ox.BlankNode)]
    assert turtle(ground, PREFIXES) == turtle([*reversed(ground), *ground], PREFIXES)


@given(TRIPLES)
def test_named_graphs_survive_in_trig(triples: list[BareTriple]) -> None:
    ground = [t for t in triples if not isinstance(t[0], ox.BlankNode)]
    ground = [t for t in ground if not isinstance(t[2], ox.BlankNode)]
    graphs = {"http://example.org/g/1": ground[::2], "http://example.org/g/2": ground[1::2]}
    expected = canonical(
        ox.Quad(*triple, ox.NamedNode(name)) for name, part in graphs.items() for triple in part
    )
    assert parse(trig(graphs, PREFIXES), ox.RdfFormat.TRIG) == expected


def test_literals_keep_their_spelling() -> None:
    source = (
        "@prefix ex: <http://example.org/> .\n"
        'ex:a ex:p 007 , 1.50 , 1.0e3 , true , "1"^^<http://www.w3.org/2001/XMLSchema#boolean> .\n'
    )
    written = turtle(bare_triples(ox.parse(source.encode(), ox.RdfFormat.TURTLE)), PREFIXES)
    for spelling in ("007", "1.50", "1.0e3", "true", '"1"^^xsd:boolean'):
        assert spelling in written


def test_text_of_several_lines_is_written_over_several_lines() -> None:
    source = '<x:a> <x:p> "SELECT *\\n  { ?s ?p \\"x\\" }\\n" .'
    written = turtle(bare_triples(ox.parse(source.encode(), ox.RdfFormat.TURTLE)), PREFIXES)
    assert written == '<x:a> <x:p> """SELECT *\n  { ?s ?p "x" }\n""" .\n'


def test_type_comes_first_labels_second_lists_and_nodes_nest() -> None:
    source = """@prefix ex: <http://example.org/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
ex:a ex:z ( 1 [ ex:p "x" ] ) ; ex:b [ ex:q ex:r ; ex:s 2 ] ; rdfs:label "A" ; a ex:T ."""
    written = turtle(bare_triples(ox.parse(source.encode(), ox.RdfFormat.TURTLE)), PREFIXES)
    assert written == (
        "@prefix ex: <http://example.org/> .\n"
        "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n\n"
        'ex:a a ex:T ;\n    rdfs:label "A" ;\n'
        "    ex:b [\n        ex:q ex:r ;\n        ex:s 2\n    ] ;\n"
        '    ex:z ( 1 [ ex:p "x" ] ) .\n'
    )


def test_blank_nodes_of_two_graphs_stay_apart_unless_they_are_one() -> None:
    a, b = ox.BlankNode("a"), ox.BlankNode("b")
    p, q = (ox.NamedNode(f"http://example.org/{name}") for name in "pq")
    graphs: dict[str, list[BareTriple]] = {
        "http://example.org/g/1": [(a, p, a), (b, p, q)],
        "http://example.org/g/2": [(b, q, q), (ox.BlankNode("c"), p, p)],
    }
    expected = canonical(
        ox.Quad(*triple, ox.NamedNode(name)) for name, part in graphs.items() for triple in part
    )
    assert parse(trig(graphs, PREFIXES), ox.RdfFormat.TRIG) == expected


def test_circle_behind_a_chain_is_written() -> None:
    a, b, c = (ox.BlankNode(name) for name in "abc")
    p = ox.NamedNode("http://example.org/p")
    triples: list[BareTriple] = [(a, p, b), (b, p, c), (c, p, b)]
    assert parse(turtle(triples, PREFIXES)) == canonical(ox.Quad(*triple) for triple in triples)
