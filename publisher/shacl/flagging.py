"""Flagging: the focus nodes that violate a shape, as queries of a store find them."""

from __future__ import annotations

from collections.abc import Sequence

import pyoxigraph as ox
import rdflib

from publisher.shacl.compiler import Compiler
from publisher.shacl.rdflib_terms import from_engine
from publisher.shacl.writing import NotCompilable


def flagged(
    store: ox.Store,
    compiler: Compiler,
    shape: rdflib.term.Node,
    among: Sequence[rdflib.term.Node] | None = None,
) -> list[rdflib.term.Node]:
    """Return the focus nodes that queries flag as violating a shape, perhaps among some alone.

    Raises NotCompilable.
    """
    return _found(store, *compiler.compile(shape, among).flagging)


def targeted(
    store: ox.Store,
    compiler: Compiler,
    shape: rdflib.term.Node,
    among: Sequence[rdflib.term.Node],
) -> list[rdflib.term.Node]:
    """Return which of some nodes are focus nodes of a shape. Raises NotCompilable."""
    return _found(store, compiler.focus_nodes(shape, among))


def _found(store: ox.Store, *queries: str) -> list[rdflib.term.Node]:
    found: set[object] = set()
    for query in queries:
        try:
            rows = store.query(query)
        except SyntaxError as error:
            raise NotCompilable(f"the engine does not take its query: {error}") from None
        assert isinstance(rows, ox.QuerySolutions)
        found.update(row["this"] for row in rows)
    return [from_engine(each) for each in found]
