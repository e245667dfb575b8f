"""The queries that shapes are compiled to, as text for any SPARQL endpoint."""

from __future__ import annotations

from collections.abc import Iterator

import rdflib

from publisher.prefixes import Prefixes
from publisher.shacl.compiler import Compiler, Query
from publisher.shacl.revalidator import with_targets
from publisher.shacl.writing import NotCompilable


def written(shapes: rdflib.Graph, prefixes: Prefixes) -> str:
    """Return a query for each constraint of the shapes that have targets, each under a comment.

    Each yields focus nodes as ?this and wrong values as ?value, from the default graph. Shapes that
    cannot be compiled have a comment that says why.
    """
    return "\n".join(_parts(shapes, prefixes))


def _parts(shapes: rdflib.Graph, prefixes: Prefixes) -> Iterator[str]:
    compiler = Compiler(shapes)
    for shape in with_targets(shapes):
        try:
            for query in compiler.compile(shape).queries:
                yield f"# {_about(shape, query, prefixes)}\n{query.text}\n"
        except NotCompilable as error:
            yield f"# {_name(shape, prefixes)}: no queries, because of {error}\n"


def _about(shape: rdflib.term.Node, query: Query, prefixes: Prefixes) -> str:
    about = f"{_name(shape, prefixes)}: {prefixes.name(str(query.component))}"
    return about if query.shape == shape else f"{about} of {_name(query.shape, prefixes)}"


def _name(shape: rdflib.term.Node, prefixes: Prefixes) -> str:
    return "a nameless shape" if isinstance(shape, rdflib.BNode) else prefixes.name(str(shape))
