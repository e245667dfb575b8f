"""The translation of queries to a generation's graphs, with Oxigraph as the judge.

The same data stand in two stores: under the names of the release, and under those of a generation
beside graphs that are none of ours. A query has the same answer here, and its translation there.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.push.generations import NAMES, Generation
from server.engine.backends.translation import Graphs, Translation, translate
from server.engine.packets import Request
from server.query import reading

BASE = "https://a.example/"
ONE, TWO, THREE = (f"{BASE}graph/{name}" for name in ("one", "two", "three"))
GENERATION = Generation(f"{BASE}dataset", "0123456789abcdef")
GRAPHS = Graphs(GENERATION, frozenset((ONE, TWO, THREE)), depth=2)
STRANGE = "https://a.example/graph/strange"

DATA = f"""
PREFIX : <{BASE}>
<{ONE}> {{ :a :p :b, 1, "x"@en . :b :p :c ; :q <{TWO}> . <{ONE}> :about :a . <{TWO}> :about :b . }}
<{TWO}> {{ :b :p :d ; :q 1, 2 . :c :p [ :p :a ; :q [ :q 3 ] ] . <{TWO}> :about <{TWO}> . }}
<{THREE}> {{ :d :p :a ; :q :b, "x", 1.5 . :e :q <{THREE}> . }}
"""
#: What belongs to others, or to the generation before.
OTHERS = f"""
PREFIX : <{BASE}>
:a :p :secret . :secret :q :secret .
<{STRANGE}> {{ :a :p :secret ; :q :secret . }}
<{ONE}> {{ :a :p :secret . }}
<urn:x-generation:before:{ONE}> {{ :a :p :secret . }}
<urn:x-generation:before:names> {{ <urn:x-generation:before:{ONE}> <{NAMES}> <{ONE}> . }}
"""


@pytest.fixture(scope="module")
def plain() -> ox.Store:
    """The data under their own names."""
    store = ox.Store()
    store.load(DATA, format=ox.RdfFormat.TRIG)
    return store


@pytest.fixture(scope="module")
def pushed(plain: ox.Store) -> ox.Store:
    """The data as a generation, beside other things."""
    store = ox.Store()
    store.load(OTHERS, format=ox.RdfFormat.TRIG)
    for quad in plain:
        assert isinstance(quad.graph_name, ox.NamedNode)
        for name in (GENERATION.graph(quad.graph_name.value), GENERATION.merge):
            store.add(ox.Quad(*quad.triple, ox.NamedNode(name)))
    for name in GRAPHS.names:
        triple = (ox.NamedNode(GENERATION.graph(name)), ox.NamedNode(NAMES), ox.NamedNode(name))
        store.add(ox.Quad(*triple, ox.NamedNode(GENERATION.names)))
    return store


def request(
    text: str, default: tuple[str, ...] | None = None, named: tuple[str, ...] | None = None
) -> Request:
    read = reading.read(text)
    return Request(read.text, read.kind, "", 1.0, read.own_dataset, default, named, BASE)


def translated(
    text: str, default: tuple[str, ...] | None = None, named: tuple[str, ...] | None = None
) -> Translation:
    return translate(request(text, default, named), GRAPHS)


def outcome(results: object) -> object:
    """Return an answer for comparison: the order does not count, how often a row comes does."""
    if isinstance(results, ox.QuerySolutions):
        names = [variable.value for variable in results.variables]
        rows = Counter(tuple(map(str, solution)) for solution in results)
        return names, rows
    if isinstance(results, ox.QueryTriples):
        return Counter(str(triple) for triple in set(results))
    assert isinstance(results, ox.QueryBoolean)
    return bool(results)


def _nodes(names: tuple[str, ...] | None) -> list[ox.NamedNode | ox.BlankNode | ox.DefaultGraph]:
    # Oxigraph gives the triples of a graph as often as it is named.
    return [ox.NamedNode(name) for name in dict.fromkeys(names or ())]


def same(
    plain: ox.Store,
    pushed: ox.Store,
    text: str,
    default: tuple[str, ...] | None = None,
    named: tuple[str, ...] | None = None,
    graphs: Graphs = GRAPHS,
) -> object:
    """Hold a query and its translation to the same answer, and return that."""
    asked = request(text, default, named)
    given_dataset = default is not None or named is not None
    expected = outcome(
        plain.query(
            asked.text,
            base_iri=BASE,
            use_default_graph_as_union=not given_dataset and not asked.own_dataset,
            default_graph=_nodes(default) if given_dataset else None,
            named_graphs=_nodes(named) if given_dataset else None,
        )
    )
    there = translate(asked, graphs)
    found = outcome(pushed.query(there.text))
    if there.columns == ():
        assert isinstance(found, tuple)
        found = [], Counter({(): found[1].total()})
    assert found == expected, there.text
    return expected


PREFIX = f"PREFIX : <{BASE}> PREFIX g: <{BASE}graph/> "

QUERIES = [
    "SELECT * { ?s ?p ?o }",
    "SELECT ?o ?s { ?s ?p ?o }",
    "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }",
    "SELECT * {}",
    "SELECT DISTINCT * { ?s ?p ?o }",
    "SELECT*{ ?s ?p ?o }",
    "ASK { :a :p :secret }",
    "ASK { GRAPH g:strange { ?s ?p ?o } }",
    "ASK { :a :p :b }",
    "SELECT * { GRAPH g:one { ?s ?p ?o } }",
    f"SELECT * {{ GRAPH <{ONE}> {{ ?s ?p ?o }} }}",
    "SELECT * { GRAPH <graph/one> { ?s ?p ?o } }",
    f"SELECT * {{ GRAPH <{GENERATION.graph(ONE)}> {{ ?s ?p ?o }} }}",
    f"SELECT * {{ GRAPH <{GENERATION.names}> {{ ?s ?p ?o }} }}",
    "SELECT * { GRAPH ?g { ?s ?p ?o } }",
    "SELECT * { graph$g{?s ?p ?o} }",
    "SELECT * { ?s :p 1.GRAPH ?g { ?s ?p ?o } }",
    "SELECT * { ?s :p true.GRAPH ?g { ?s ?p ?o } }",
    "SELECT * { ?s :p ?x # a comment\n GRAPH ?g # { \n { ?s ?p ?o # }\n } }",
    "SELECT * { GRAPH ?g {} }",
    "SELECT * { GRAPH ?g { } ?g ?p ?o }",
    "SELECT * { ?s ?p ?g GRAPH ?g { ?x ?y ?z } }",
    "SELECT * { GRAPH ?g { ?s ?p ?g } }",
    "SELECT * { GRAPH ?g { ?g ?p ?o FILTER(?g = g:one) } }",
    "SELECT * { GRAPH ?g { ?s ?p ?o FILTER(?g = g:one) } }",
    "SELECT * { GRAPH ?g { ?s ?p ?o } FILTER(?g = g:one) }",
    "SELECT * { GRAPH ?g { ?s :p ?o } GRAPH ?g { ?s :q ?x } }",
    "SELECT * { GRAPH ?g { ?s :p ?o } GRAPH ?k { ?s :q ?x } }",
    "SELECT * { GRAPH ?g { ?s ?p ?o GRAPH ?k { ?s ?p ?o } } }",
    "SELECT * { GRAPH g:one { ?s ?p ?o GRAPH ?k { ?s ?q ?x } } }",
    "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g",
    "SELECT (COUNT(DISTINCT ?g) AS ?n) { GRAPH ?g { ?s ?p ?o } }",
    "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }",
    "SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } } ORDER BY ?g",
    "SELECT * { ?s ?p ?o OPTIONAL { GRAPH ?g { ?s :q ?x } } }",
    "SELECT * { ?s ?p ?o MINUS { GRAPH ?g { ?s :q ?x } } }",
    "SELECT * { ?s ?p ?o MINUS { GRAPH ?o { ?s :q ?x } } }",
    "SELECT * { ?s ?p ?o FILTER EXISTS { GRAPH ?g { ?s :q ?x } } }",
    "SELECT * { ?s ?p ?g FILTER NOT EXISTS { GRAPH ?g { ?s :q ?x } } }",
    "SELECT * { ?g :about ?s FILTER EXISTS { GRAPH ?g { ?s :p ?x } } }",
    "SELECT (EXISTS { GRAPH ?g { ?s :about ?x } } AS ?e) { ?s :p ?o }",
    "SELECT * { { SELECT * { GRAPH ?g { ?s ?p ?o } } } }",
    "SELECT * { { SELECT DISTINCT * { GRAPH ?g { ?s ?p ?o } } } ?s ?p ?x }",
    "SELECT * { { SELECT ?s { GRAPH ?g { ?s ?p ?o } } } GRAPH ?g { ?s :q ?y } }",
    "SELECT * { { GRAPH ?g { ?s :p ?o } } UNION { GRAPH ?g { ?s :q ?o } } }",
    "SELECT * { VALUES ?g { g:one g:strange } GRAPH ?g { ?s ?p ?o } }",
    "SELECT * { GRAPH ?g { VALUES ?s { :a } ?s ?p ?o } }",
    "SELECT * { GRAPH ?g { ?s ?p ?o BIND(?g AS ?k) } }",
    "SELECT * { GRAPH ?g { ?s :p/:p ?o } }",
    "SELECT * { GRAPH ?g { ?s :p+ ?o } }",
    "SELECT * { GRAPH ?g { :a :p* ?o } }",
    "SELECT * { GRAPH ?g { ?s ?p ?o OPTIONAL { ?o ?q ?r } } }",
    "SELECT * { GRAPH ?g { ?s ?p ?o FILTER EXISTS { ?o ?q ?r } } }",
    "SELECT ?x_1 ?xx_1 { GRAPH ?x_1 { ?s ?p ?o } BIND(1 AS ?xx_1) }",
    "SELECT * { ?s :q 'GRAPH ?g {', \"FROM <x:y>\" }",
    "SELECT * FROM g:one { ?s ?p ?o }",
    "SELECT * FROM <graph/one> WHERE { ?s ?p ?o }",
    "SELECT * FROM g:one FROM g:two { ?s ?p ?o }",
    "SELECT * FROM NAMED g:one { ?s ?p ?o }",
    "SELECT * FROM NAMED g:one { GRAPH ?g { ?s ?p ?o } }",
    "SELECT * FROM NAMED g:one FROM NAMED g:three { GRAPH ?g {} }",
    "SELECT * FROM NAMED g:one { GRAPH g:two { ?s ?p ?o } }",
    "SELECT * FROM NAMED g:one FROM g:two { GRAPH ?g { ?s ?p ?o } ?s ?p2 ?o2 }",
    "SELECT * FROM g:strange { ?s ?p ?o }",
    "SELECT * FROM g:one { GRAPH ?g { ?s ?p ?o } }",
    "SELECT*FROM<graph/one>{ ?s ?p ?o }",
    f"SELECT * FROM <{GENERATION.merge}> {{ ?s ?p ?o }}",
    "SELECT * FROM NAMED <urn:x-generation:before:names> { GRAPH ?g { ?s ?p ?o } }",
    "ASK FROM g:strange { ?s ?p ?o }",
    "CONSTRUCT { ?s ?p ?g } { GRAPH ?g { ?s ?p ?o } }",
    "CONSTRUCT { ?s ?p ?o } FROM g:one WHERE { ?s ?p ?o }",
    "CONSTRUCT WHERE { ?s :q ?o }",
    "CONSTRUCT FROM g:one WHERE { ?s :q ?o }",
    "CONSTRUCT { :x :y ?g } WHERE { ?s :q ?g } ORDER BY ?g LIMIT 2",
    "DESCRIBE :a",
    "DESCRIBE :a :b",
    "DESCRIBE :c",
    "DESCRIBE :nothing",
    "DESCRIBE :a FROM g:two",
    "DESCRIBE :b FROM g:two WHERE { }",
    "DESCRIBE ?s { ?s :q 1 }",
    "DESCRIBE ?s ?o { ?s :p ?o FILTER(isIRI(?o)) }",
    "DESCRIBE * { ?s :about ?o }",
    "DESCRIBE ?g WHERE { GRAPH ?g { :a ?p ?o } } ORDER BY ?g LIMIT 1",
    "DESCRIBE :a ?s { ?s :q 2 }",
    "SELECT ?s { ?s ?p ?o } GROUP BY ?s HAVING (COUNT(*) > 2) ORDER BY ?s LIMIT 2 VALUES ?s { :a }",
    "BASE <graph/> SELECT * { GRAPH <one> { ?s ?p ?o } }",
]


@pytest.mark.parametrize("text", QUERIES)
def test_the_same_answer(plain: ox.Store, pushed: ox.Store, text: str) -> None:
    same(plain, pushed, PREFIX + text)


#: What is written another way for a Virtuoso, and means the same.
FOR_VIRTUOSO = [
    "SELECT (LCASE(STR(?o)) AS ?l) (UCASE(?o) AS ?u) (LCASE ( STR ( ?p ) ) AS ?m) { ?s ?p ?o }",
    "SELECT * { ?s ?p ?o FILTER(LCASE(CONCAT(STR(?o), '')) = LCASE(STR(?o))) }",
    "SELECT ?o { ?s ?p ?o } ORDER BY LCASE(STR(?o)) DESC(UCASE(STR(?s)))",
    "ASK { FILTER EXISTS { :a :p :b } }",
    "ASK { FILTER NOT EXISTS { :a :p :b } }",
    "SELECT * { FILTER EXISTS { ?s :q 3 } }",
    "SELECT * { BIND(1 AS ?n) FILTER EXISTS { :a :p :nothing } . FILTER(1 = 1) }",
    "SELECT * { { FILTER EXISTS { :a :p :b } } UNION { FILTER EXISTS { :a :p :nothing } } }",
    "SELECT * { ?s :q 1 OPTIONAL { FILTER NOT EXISTS { ?s :q 2 } BIND(1 AS ?one) } }",
    "SELECT * { ?s :q ?o MINUS { FILTER EXISTS { :a :p :b } } }",
]


@pytest.mark.parametrize("text", [*QUERIES, *FOR_VIRTUOSO])
def test_what_is_written_for_virtuoso_means_the_same(
    plain: ox.Store, pushed: ox.Store, text: str
) -> None:
    same(plain, pushed, PREFIX + text, graphs=replace(GRAPHS, virtuoso=True))


@pytest.mark.parametrize("text", [text for text in QUERIES if text[:4] in ("CONS", "DESC")])
def test_the_solutions_of_a_graph_can_be_asked_for(pushed: ox.Store, text: str) -> None:
    there = translate(request(PREFIX + text), replace(GRAPHS, virtuoso=True))
    assert there.solutions is not None
    solutions = pushed.query(there.solutions)
    assert isinstance(solutions, ox.QuerySolutions)
    assert bool(list(solutions)) == bool(list(pushed.query(there.text)))


def test_it_is_written_another_way() -> None:
    for text in FOR_VIRTUOSO:
        asked = request(PREFIX + text)
        assert translate(asked, replace(GRAPHS, virtuoso=True)) != translate(asked, GRAPHS)


@pytest.mark.parametrize(
    ("default", "named"),
    [
        ((ONE,), None),
        ((ONE, TWO), None),
        (None, (ONE,)),
        ((TWO,), (ONE, THREE)),
        ((STRANGE,), (STRANGE,)),
        ((ONE,), (STRANGE, GENERATION.names)),
        ((), ()),
        ((ONE, ONE), (TWO, TWO)),
    ],
)
@pytest.mark.parametrize(
    "text",
    [
        "SELECT * { ?s ?p ?o }",
        "SELECT * FROM g:three FROM NAMED g:three { ?s ?p ?o }",
        "SELECT * { GRAPH ?g { ?s ?p ?o } }",
        "SELECT * { GRAPH ?g {} }",
        "SELECT * { GRAPH g:one { ?s ?p ?o } }",
    ],
)
def test_the_dataset_of_the_protocol(
    plain: ox.Store,
    pushed: ox.Store,
    text: str,
    default: tuple[str, ...] | None,
    named: tuple[str, ...] | None,
) -> None:
    same(plain, pushed, PREFIX + text, default, named)


@pytest.mark.parametrize(
    "text",
    [
        "PREFIX FROM: <x:> SELECT * FROM:y { ?s ?p ?o }",
        "PREFIX from: <x:> SELECT * from:y { ?s ?p ?o }",
        "PREFIX NAMED: <x:> SELECT * FROM NAMED:y { ?s ?p ?o }",
        "PREFIX : <x:> PREFIX FROM: <x:> SELECT * FROM:y FROM :y { ?s ?p ?o }",
        "PREFIX GRAPH: <x:> PREFIX : <x:> SELECT * { GRAPH:y { ?s ?p ?o } }",
        "SELECT * FROM <x:y> FROMNAMED <x:y> { GRAPH ?g { ?s ?p ?o } }",
        f"SELECT * FROM <{STRANGE}> {{ ?s ?p ?o }}",
        f"SELECT * {{ GRAPH <{STRANGE}> {{ ?s ?p ?o }} }}",
        f"SELECT * {{ GRAPH <{STRANGE}> {{ GRAPH ?g {{ ?s ?p ?o }} }} FILTER(?g = <{STRANGE}>) }}",
        "SELECT * { GRAPH ?g { ?s ?p <secret> } }",
        "SELECT * { ?s ?p <secret> }",
        "SELECT * { ?s ?p ?o FILTER EXISTS { GRAPH ?g { ?s ?p <secret> } } }",
    ],
)
def test_nothing_outside_the_generation_is_read(pushed: ox.Store, text: str) -> None:
    try:
        there = translated(text)
    except (ValueError, SyntaxError, reading.BadQuery):
        return
    names = set(GENERATION.graphs(GRAPHS.names)) | {GENERATION.nothing}
    dataset = [line for line in there.text.splitlines() if "FROM" in line]
    assert any("FROM NAMED" in line for line in dataset)
    for line in dataset:
        if line.startswith("FROM"):
            assert line.split()[-1][1:-1] in names, line
    found = outcome(pushed.query(there.text))
    assert isinstance(found, tuple)
    assert not found[1], there.text


@pytest.mark.parametrize(
    "text",
    [
        "SELECT (<bif:file_to_string>('/etc/passwd') AS ?x) {}",
        "PREFIX b: <bif:file_> SELECT (IF(true, 1, b:to_string('/etc/passwd')) AS ?x) {}",
        "SELECT * { ?s ?p ?o FILTER(true || <sql:f>(?o)) }",
        "SELECT * { ?s <bif:contains> 'x' }",
        "SELECT * { ?s <BIF:contains> 'x' }",
        "BASE <bif:x> SELECT * { ?s <bif:contains> 'x' }",
        "SELECT * { GRAPH ?g { ?s <java:java.lang.System> ?o } }",
        "CONSTRUCT { ?s ?p ?o } { ?s ?p ?o FILTER(<sql:f>(?o) || true) }",
        "DESCRIBE <bif:x>",
    ],
)
def test_functions_of_engines_are_not_called(text: str) -> None:
    with pytest.raises((ValueError, RuntimeError)):
        translated(text)


def test_a_syntax_error_is_told_as_elsewhere() -> None:
    text = "SELECT * { GRAPH ?g { ?s ?p }"
    with pytest.raises(SyntaxError) as here:
        ox.Store().query(text)
    with pytest.raises(SyntaxError) as there:
        translated(text)
    assert str(here.value) == str(there.value)


def test_a_graph_that_is_no_iri() -> None:
    with pytest.raises(ValueError, match="IRI"):
        translated("ASK {}", ("no iri",))


def test_what_another_endpoint_is_asked_stays_as_it_is() -> None:
    block = f"SERVICE <https://else.example/sparql> {{ GRAPH ?g {{ ?s <{STRANGE}> ?o }} }}"
    text = f"SELECT * {{ {block} GRAPH ?g {{ ?s ?p ?o }} }}"
    read = reading.read(text, ["https://else.example/sparql"])
    there = translate(Request(read.text, read.kind, "", 1.0, base=BASE), GRAPHS).text
    assert block in there
    assert there.count("GRAPH ?g ") == 1


def test_only_what_is_used_is_named() -> None:
    assert translated("SELECT * { ?s ?p ?o }").text.count("FROM NAMED") == 1
    text = translated(f"SELECT * {{ GRAPH <{ONE}> {{ ?s ?p ?o }} }}").text
    assert f"FROM NAMED <{GENERATION.graph(ONE)}>" in text
    assert GENERATION.graph(TWO) not in text


# Queries that nobody thought of

_VARIABLES = st.sampled_from(("?s", "?o", "?g", "?k", "?x"))
_TERMS = st.one_of(
    _VARIABLES, st.sampled_from((":a", ":b", ":c", ":p", ":q", "1", f"<{ONE}>", f"<{TWO}>"))
)
_TRIPLES = st.builds(
    "{} {} {} .".format,
    st.one_of(_VARIABLES, st.sampled_from((":a", ":b", ":c", f"<{ONE}>"))),
    st.sampled_from((":p", ":q", ":about", "?p")),
    _TERMS,
)
#: Constant names and variables that occur nowhere inside: there, engines differ (SPARQL 1.1, 18.6
#: binds the variable behind the pattern, Oxigraph in each quad pattern).
_NAMES = st.sampled_from(("g:one", "g:two", f"<{THREE}>", "g:strange", "?g1", "?g2"))


def _groups(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    wrapped = st.one_of(
        st.builds("OPTIONAL {{ {} }}".format, inner),
        st.builds("MINUS {{ {} }}".format, inner),
        st.builds("FILTER EXISTS {{ {} }}".format, inner),
        st.builds("FILTER NOT EXISTS {{ {} }}".format, inner),
        st.builds("{{ {} }} UNION {{ {} }}".format, inner, inner),
        st.builds("{{ SELECT * {{ {} }} }}".format, inner),
        st.builds("{{ SELECT DISTINCT ?s ?g1 {{ {} }} }}".format, inner),
        st.builds("GRAPH {} {{ {} }}".format, _NAMES, st.lists(_TRIPLES, min_size=1).map(" ".join)),
        st.builds("GRAPH {} {{ {} GRAPH {} {{ {} }} }}".format, _NAMES, _TRIPLES, _NAMES, _TRIPLES),
        st.builds("VALUES ?s {{ {} {} }}".format, st.sampled_from((":a", "UNDEF")), st.just(":b")),
    )
    return st.lists(st.one_of(_TRIPLES, wrapped), min_size=1, max_size=3).map(" ".join)


_PATTERNS = st.recursive(_TRIPLES, _groups, max_leaves=6)
_HEADS = st.sampled_from(
    (
        "SELECT *",
        "SELECT DISTINCT *",
        "SELECT ?s ?g1",
        "SELECT (COUNT(*) AS ?n)",
        "SELECT * FROM g:one FROM NAMED g:two FROM NAMED g:three",
        "SELECT * FROM NAMED g:one",
        "ASK",
        "CONSTRUCT { ?s ?p ?o . ?s :in ?g1 }",
    )
)


@settings(deadline=None, max_examples=200)
@given(head=_HEADS, pattern=_PATTERNS)
def test_any_query_has_the_same_answer(
    plain: ox.Store, pushed: ox.Store, head: str, pattern: str
) -> None:
    same(plain, pushed, f"{PREFIX}{head} WHERE {{ {pattern} }}")
