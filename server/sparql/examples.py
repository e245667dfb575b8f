"""Example queries: those saved with the release, and some that every graph has an answer to."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from publisher.release import QUERIES, Release
from publisher.saved_queries import SavedQuery, read_saved_query
from server.sparql.lookups import iri_term


@lru_cache(maxsize=4)
def saved(release: Release) -> tuple[SavedQuery, ...]:
    """Return the saved queries of a release, by file name."""
    paths = sorted((release.path / QUERIES).glob("*.rq"))
    read = (read_saved_query(path, Path(path.name))[0] for path in paths)
    return tuple(query for query in read if query is not None)


def general() -> tuple[SavedQuery, ...]:
    """Return queries that help to get to know any graph."""
    return (
        _query(
            "classes",
            "Kinds of things",
            "What is described here, and how much of each?",
            "SELECT ?class (COUNT(DISTINCT ?thing) AS ?things) {\n  ?thing a ?class\n}\n"
            "GROUP BY ?class\nORDER BY DESC(?things)\n",
        ),
        _query(
            "properties",
            "Properties",
            "What is said about the things, and how often?",
            "SELECT ?property (COUNT(*) AS ?uses) {\n  ?thing ?property ?value\n}\n"
            "GROUP BY ?property\nORDER BY DESC(?uses)\n",
        ),
        _query(
            "graphs",
            "Named graphs",
            "Which collections are there, and how many triples has each?",
            "SELECT ?graph (COUNT(*) AS ?triples) {\n  GRAPH ?graph { ?s ?p ?o }\n}\n"
            "GROUP BY ?graph\nORDER BY ?graph\n",
        ),
    )


def describe(iri: str) -> str:
    """Return the query for everything that is said about one thing."""
    return f"SELECT ?property ?value {{\n  {iri_term(iri)} ?property ?value\n}}\n"


def _query(name: str, title: str, question: str, text: str) -> SavedQuery:
    return SavedQuery(name, title, question, text, ())
