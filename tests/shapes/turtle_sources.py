"""The Turtle files of the repository, and the type of the function that validates them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from rdflib import Graph, URIRef

REPOSITORY = Path(__file__).parents[2]
Validator = Callable[[Graph, Graph, list[URIRef] | None], Graph]
"""Takes data, shapes, and the only nodes to validate, if not all; returns the report."""


def parsed(*folders: str) -> Graph:
    """Return one graph with all Turtle files of some folders of the repository."""
    graph = Graph(bind_namespaces="none")
    for folder in folders:
        for path in sorted((REPOSITORY / folder).glob("*.ttl")):
            graph.parse(path)
    return graph
