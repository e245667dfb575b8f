"""What the engine answers to queries that keep within their limits."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from pyoxigraph import QueryResultsFormat, RdfFormat, parse, parse_query_results

from server.engine import errors
from server.engine.client import Engine
from server.engine.process import EngineProcess
from server.query.reading import BadQuery
from tests.engine.conftest import COUNT, JSON, NT, text
from tests.large import BASE, LABEL


@pytest.fixture(params=["shared_process", "disk_process"])
def engine(request: pytest.FixtureRequest, connect: Callable[[EngineProcess], Engine]) -> Engine:
    """A client of the engine in memory, then of the one on disk."""
    return connect(request.getfixturevalue(request.param))


THING, KIND = f"{BASE}graph/thing", f"{BASE}graph/kind"


@pytest.mark.parametrize(
    "form", ["application/sparql-results+json", "application/sparql-results+xml", "text/csv"]
)
def test_select_in_each_form(engine: Engine, form: str) -> None:
    body = text(engine, COUNT, form)
    if form == "text/csv":
        assert body.split() == ["n", "2007"]
    else:
        known = QueryResultsFormat.from_media_type(form)
        rows = parse_query_results(body.encode(), format=known)
        assert [row["n"].value for row in rows] == ["2007"]


@pytest.mark.parametrize("form", [JSON, "application/sparql-results+xml", "text/csv"])
def test_ask_in_each_form(engine: Engine, form: str) -> None:
    assert "true" in text(engine, "ASK { ?s ?p ?o }", form)
    assert "false" in text(engine, "ASK { ?s <x:no> ?o }", form)


@pytest.mark.parametrize("form", ["text/turtle", NT, "application/rdf+xml", "application/ld+json"])
def test_construct_in_each_form(engine: Engine, form: str) -> None:
    body = text(engine, f"CONSTRUCT WHERE {{ ?s <{BASE}ontology#size> ?o }}", form)
    known = RdfFormat.from_media_type(form)
    assert len(list(parse(body.encode(), format=known))) == 500


def test_describe(engine: Engine) -> None:
    body = text(engine, f"DESCRIBE <{BASE}id/kind/k3>", NT)
    assert body == f'<{BASE}id/kind/k3> <{LABEL}> "kind 3"@en .\n'


def test_the_kind_of_an_answer_is_known(engine: Engine) -> None:
    for query, kind in ((COUNT, "select"), ("ASK {}", "ask")):
        with engine.query(query, accept_form=JSON) as answer:
            assert answer.kind == kind
            assert answer.media_type == JSON
    with engine.query("DESCRIBE <x:y>", accept_form=NT) as answer:
        assert answer.kind == "graph"


def count(engine: Engine, query: str, **options: object) -> int:
    return int(
        json.loads(text(engine, query, JSON, **options))["results"]["bindings"][0]["n"]["value"]
    )


def test_the_default_graph_is_the_union(engine: Engine) -> None:
    assert count(engine, COUNT) == 2007


def test_from_makes_the_default_graph(engine: Engine) -> None:
    assert count(engine, f"SELECT (COUNT(*) AS ?n) FROM <{KIND}> {{ ?s ?p ?o }}") == 7


def test_from_named_alone_leaves_the_default_graph_empty(engine: Engine) -> None:
    query = f"SELECT (COUNT(*) AS ?n) FROM NAMED <{KIND}> {{ %s }}"
    assert count(engine, query % "?s ?p ?o") == 0
    assert count(engine, query % "GRAPH ?g { ?s ?p ?o }") == 7


def test_from_without_white_space_is_seen(engine: Engine) -> None:
    assert count(engine, f"SELECT(COUNT(*)AS ?n)FROM<{KIND}>{{?s ?p ?o}}") == 7


def test_from_an_unknown_graph_is_empty(engine: Engine) -> None:
    assert count(engine, "SELECT (COUNT(*) AS ?n) FROM <file:///etc/passwd> { ?s ?p ?o }") == 0


def test_graphs_of_the_request_override_from(engine: Engine) -> None:
    query = f"SELECT (COUNT(*) AS ?n) FROM <{KIND}> {{ ?s ?p ?o }}"
    assert count(engine, query, default_graphs=[THING]) == 2000
    assert count(engine, query, default_graphs=[THING, KIND]) == 2007
    assert count(engine, query, named_graphs=[KIND]) == 0
    named = "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }"
    assert count(engine, named, default_graphs=[THING]) == 0
    assert count(engine, named, named_graphs=[KIND]) == 7


def test_a_graph_that_is_no_iri(engine: Engine) -> None:
    with pytest.raises(errors.EvaluationError, match="IRI"):
        text(engine, COUNT, default_graphs=["not an IRI"])


def test_relative_iris_are_relative_to_the_base(engine: Engine) -> None:
    assert "kind 3" in text(engine, "SELECT ?o { <id/kind/k3> ?p ?o }")


@pytest.mark.parametrize(
    ("query", "line", "column"),
    [
        ("SELECT * { ?s ?p }", 1, 18),
        ("SELECT * { ?s ?p ?o", 1, 20),
        ("SELECT * { ?s <http://x/%zz> ?o }", 1, 15),
        ("SELECT *\nWHERE {\n  ?s ?p ?o .\n  FILTER(?o = = 2)\n}", 4, 15),
    ],
)
def test_syntax_errors_have_a_place(engine: Engine, query: str, line: int, column: int) -> None:
    with pytest.raises(errors.QuerySyntaxError) as caught:
        text(engine, query)
    assert (caught.value.line, caught.value.column) == (line, column)


def test_a_syntax_error_leaves_the_worker_at_work(engine: Engine) -> None:
    for _ in range(3):
        with pytest.raises(errors.QuerySyntaxError):
            text(engine, "SELECT * { ?s }")
        assert count(engine, COUNT) == 2007


def test_queries_refused_by_their_tokens_never_leave(engine: Engine) -> None:
    with pytest.raises(BadQuery):
        text(engine, "SELECT * { SERVICE <x:y> {} }")


def test_a_query_of_many_packets(engine: Engine) -> None:
    values = " ".join(f"<{BASE}id/thing/t{number}>" for number in range(10_000))
    assert len(values) > 300_000
    assert count(engine, f"SELECT (COUNT(*) AS ?n) {{ VALUES ?s {{ {values} }} ?s ?p ?o }}") == 2000


def test_an_answer_of_many_packets(engine: Engine) -> None:
    query = "SELECT * { ?s ?p ?o . ?x a ?y } ORDER BY ?s ?p ?o"
    query = "SELECT ?s ?p ?o ?n { ?s ?p ?o VALUES ?n { 1 2 3 4 5 6 7 } }"
    with engine.query(query, accept_form="text/tab-separated-values") as answer:
        assert answer.whole is None
        pieces = list(answer)
    assert len(pieces) > 10
    lines = b"".join(pieces).decode().splitlines()
    assert len(lines) == 1 + 7 * 2007
    assert len(set(lines)) == len(lines)


def test_a_small_answer_comes_whole(engine: Engine) -> None:
    with engine.query(COUNT, accept_form="text/csv") as answer:
        assert answer.whole == b"n\r\n2007\r\n"
