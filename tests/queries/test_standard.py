"""The saved queries are SPARQL 1.1 and nothing more: another engine gives the same answers."""

from __future__ import annotations

import warnings
from typing import cast

import pyoxigraph as ox
import pytest
import rdflib
from answers import answers, saved_queries, table, triples, truth
from rdflib.query import ResultRow

#: rdflib joins without a plan and takes minutes for these.
TOO_SLOW_FOR_RDFLIB = {
    "co-author-network",
    "organisation-network",
    "organisations-of-use-cases",
    "outputs-of-organisation",
    "works-of-person",
}
TABLES = [
    name
    for name, answer in answers().items()
    if answer.form == "select" and name not in TOO_SLOW_FOR_RDFLIB
]


@pytest.mark.parametrize("name", TABLES)
def test_rdflib_gives_the_same_rows(name: str, store: ox.Store, walk: rdflib.Graph) -> None:
    text = saved_queries()[name].text
    expected = table(store, text)
    found = _ask(walk, text)
    assert [str(variable) for variable in found.vars or []] == list(expected.columns)
    rows = [
        tuple("" if term is None else str(term) for term in cast(ResultRow, solution))
        for solution in found
    ]
    assert rows == expected.values(*expected.columns)


def test_rdflib_gives_the_same_graph(store: ox.Store, walk: rdflib.Graph) -> None:
    text = saved_queries()["claims-as-statements"].text
    found = _ask(walk, text).graph
    assert found is not None
    assert len(found) == len(triples(store, text))


def test_rdflib_gives_the_same_yes(store: ox.Store, walk: rdflib.Graph) -> None:
    text = saved_queries()["is-member-of-network"].text
    assert truth(store, text) == _ask(walk, text).askAnswer


def _ask(graph: rdflib.Graph, text: str) -> rdflib.query.Result:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return graph.query(text)
