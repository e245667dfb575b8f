"""The saved queries are SPARQL 1.1 and nothing more: another engine gives the same answers."""

from __future__ import annotations

import warnings
from collections import Counter

import pyoxigraph as ox
import pytest
import rdflib
from answers import saved_queries, table, triples, truth

#: With sub-queries, property paths, aggregates, VALUES, COALESCE, EXISTS, unbound values, and each
#: form of query; few, since rdflib's engine is slow.
TABLES = (
    "academy-and-its-members",
    "benchmarks",
    "challenges-of-open-calls",
    "events-of-year",
    "figures-against-graph",
    "funded-projects",
    "key-figures-over-time",
    "publications-at-venue",
    "publications-by-research-area-and-year",
    "rules-of-junior-fellows-exchange",
    "tracked-policies",
)


@pytest.mark.parametrize("name", TABLES)
def test_rdflib_gives_the_same_rows(name: str, store: ox.Store, walk: rdflib.Graph) -> None:
    text = saved_queries()[name].text
    expected = table(store, text)
    found = _ask(walk, text)
    assert [str(variable) for variable in found.vars or []] == list(expected.columns)
    rows = [tuple("" if term is None else str(term) for term in row) for row in found]  # type: ignore[union-attr]
    assert Counter(rows) == Counter(expected.values(*expected.columns))


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
