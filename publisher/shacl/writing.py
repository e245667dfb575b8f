"""Writing SPARQL: terms, fresh variables, and what cannot be written."""

from __future__ import annotations

from itertools import count
from typing import Final

import pyoxigraph as ox
import rdflib
from rdflib.namespace import SH

#: The variable that is bound to the focus node.
THIS: Final = "?this"


class NotCompilable(Exception):
    """A shape says something that has no query here, and is left to pySHACL. The text says what."""


class Variables:
    """Names of variables that stand nowhere else in a query."""

    def __init__(self) -> None:
        self._numbers = count()

    def fresh(self) -> str:
        """Return a new variable."""
        return f"?_{next(self._numbers)}"


def term(node: object) -> str:
    """Return an IRI or a literal as SPARQL. Raises NotCompilable for a blank node."""
    if isinstance(node, rdflib.URIRef | rdflib.Literal):
        return node.n3()
    raise NotCompilable("a blank node as a value")


def kept(node: object) -> str:
    """Return a term as SPARQL that is to be compared as a term, not as a value.

    Raises NotCompilable for a literal that the engine rewrites ("1.50" to "1.5"), so that it would
    take it for another one.
    """
    written = term(node)
    if isinstance(node, rdflib.Literal):
        rows = ox.Store().query(f"SELECT (STR(?v) AS ?text) {{ VALUES ?v {{ {written} }} }}")
        assert isinstance(rows, ox.QuerySolutions)
        if [row["text"].value for row in rows] != [str(node)]:
            raise NotCompilable(f"the literal {written}, which the engine rewrites")
    return written


def items(graph: rdflib.Graph, head: object) -> list[rdflib.term.Node]:
    """Return the members of a list. Raises NotCompilable for what is none."""
    found: list[rdflib.term.Node] = []
    seen: set[object] = set()
    node = head
    while node != rdflib.RDF.nil:
        first = list(graph.objects(node, rdflib.RDF.first))  # type: ignore[arg-type]
        rest = list(graph.objects(node, rdflib.RDF.rest))  # type: ignore[arg-type]
        if len(first) != 1 or len(rest) != 1 or node in seen:
            raise NotCompilable("a list that is none")
        seen.add(node)
        found.append(first[0])
        node = rest[0]
    return found


def path(graph: rdflib.Graph, node: object) -> str:
    """Return a property path (SHACL, section 2.3.1) as SPARQL. Raises NotCompilable."""
    if isinstance(node, rdflib.URIRef):
        return node.n3()
    if not isinstance(node, rdflib.BNode):
        raise NotCompilable("a path that is none")
    if (node, rdflib.RDF.first, None) in graph:
        steps = [path(graph, each) for each in _several(graph, node)]
        return f"({'/'.join(steps)})"
    found = [
        (p, o) for p, o in graph.predicate_objects(node) if p in PATHS or p == SH.alternativePath
    ]
    if len(found) != 1:
        raise NotCompilable("a path that is none")
    kind, inner = found[0]
    if kind == SH.alternativePath:
        return f"({'|'.join(path(graph, each) for each in _several(graph, inner))})"
    before, after = PATHS[kind]
    return f"({before}{path(graph, inner)}{after})"


PATHS: Final[dict[rdflib.term.Node, tuple[str, str]]] = {
    SH.inversePath: ("^", ""),
    SH.zeroOrMorePath: ("", "*"),
    SH.oneOrMorePath: ("", "+"),
    SH.zeroOrOnePath: ("", "?"),
}


def _several(graph: rdflib.Graph, node: object) -> list[rdflib.term.Node]:
    found = items(graph, node)
    if not found:
        raise NotCompilable("an empty path")
    return found
