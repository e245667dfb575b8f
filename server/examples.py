"""Example queries: those saved with the release, and some that every graph has an answer to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from publisher.release import QUERIES, Release
from server.lookups import iri_term

_HEADER = re.compile(r"#\s*(\w+):\s*(.*?)\s*")


@dataclass(frozen=True)
class Example:
    """A query with the question that it answers, in words."""

    name: str
    title: str
    question: str
    text: str


@lru_cache(maxsize=4)
def saved(release: Release) -> tuple[Example, ...]:
    """Return the saved queries of a release, by file name; the header of each names its title."""
    found = []
    for path in sorted((release.path / QUERIES).glob("*.rq")):
        text = path.read_text(encoding="utf-8")
        header = _header(text)
        found.append(
            Example(path.stem, header.get("title") or path.stem, header.get("question", ""), text)
        )
    return tuple(found)


def general() -> tuple[Example, ...]:
    """Return queries that help to get to know any graph."""
    return (
        Example(
            "classes",
            "Kinds of things",
            "What is described here, and how much of each?",
            count_by_class(),
        ),
        Example(
            "properties",
            "Properties",
            "What is said about the things, and how often?",
            "SELECT ?property (COUNT(*) AS ?uses) {\n  ?thing ?property ?value\n}\n"
            "GROUP BY ?property ORDER BY DESC(?uses)\n",
        ),
        Example(
            "graphs",
            "Named graphs",
            "Which collections are there, and how many triples has each?",
            "SELECT ?graph (COUNT(*) AS ?triples) {\n  GRAPH ?graph { ?s ?p ?o }\n}\n"
            "GROUP BY ?graph ORDER BY ?graph\n",
        ),
    )


def count_by_class() -> str:
    """Return the query that counts the things of each class."""
    return (
        "SELECT ?class (COUNT(DISTINCT ?thing) AS ?things) {\n  ?thing a ?class\n}\n"
        "GROUP BY ?class ORDER BY DESC(?things)\n"
    )


def describe(iri: str) -> str:
    """Return the query for everything that is said about one thing."""
    return f"SELECT ?property ?value {{\n  {iri_term(iri)} ?property ?value\n}}\n"


def _header(text: str) -> dict[str, str]:
    """Read the comment lines `# key: value` at the top of a saved query."""
    fields: dict[str, str] = {}
    for line in text.splitlines():
        match = _HEADER.fullmatch(line)
        if match is None:
            break
        fields[match[1]] = match[2]
    return fields
