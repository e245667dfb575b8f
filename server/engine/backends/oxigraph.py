"""Evaluation by Oxigraph, which writes answers itself: no term becomes a Python object."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import IO, Any

from pyoxigraph import (
    DefaultGraph,
    NamedNode,
    Quad,
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    QueryTriples,
    RdfFormat,
    Store,
)

from server.engine.packets import Request
from server.query import datasets

_EMPTY = Store()


class Oxigraph:
    """Evaluates on a store, once it has one."""

    #: Files that a worker may still open once it is confined.
    descriptors = 0

    def __init__(self, store: Store, *, union: bool) -> None:
        """Evaluate on `store`; `union` makes the default graph the union of the named ones."""
        self._store = store
        self._union = union

    def open(self) -> None:
        """Do nothing: the store came with the fork."""

    def evaluate(self, request: Request, writer: IO[bytes]) -> None:
        """Evaluate a query and write its answer.

        Raises SyntaxError, ValueError, OSError, RuntimeError, MemoryError, and what `writer` does.
        """
        default, named = _dataset(request)
        if default is None and named is None:
            # Oxigraph lets the union override FROM and refuses it beside a given dataset.
            union = self._union and not request.own_dataset
            results = self._store.query(
                request.text, base_iri=request.base, use_default_graph_as_union=union
            )
        else:
            store, default_graph = self._store, _graphs(default)
            if default is not None and len(default) > 1 and not self._union:
                store, default_graph = _merged(store, default, named or ()), [DefaultGraph()]
            results = store.query(
                request.text,
                base_iri=request.base,
                default_graph=default_graph,
                named_graphs=_graphs(named),
            )
        if (isinstance(results, QuerySolutions) and request.kind == "select") or (
            isinstance(results, QueryBoolean) and request.kind == "ask"
        ):
            results.serialize(writer, results_format(request.form))
        elif isinstance(results, QueryTriples) and request.kind == "graph":
            results.serialize(writer, rdf_format(request.form))
        else:
            raise ValueError(f"the query is not of the kind '{request.kind}'")

    def check(self, text: str, base: str | None) -> None:
        """Parse a query. Raises SyntaxError."""
        check(text, base)


def check(text: str, base: str | None) -> None:
    """Parse a query and evaluate nothing. Raises SyntaxError."""
    _EMPTY.query(text, base_iri=base)


def _dataset(request: Request) -> tuple[Sequence[str] | None, Sequence[str] | None]:
    """Return the default graphs and the named ones, or None twice to leave both to the engine.

    The engine takes a graph that two FROM clauses name for two.
    """
    if request.own_dataset and request.default_graphs is None and request.named_graphs is None:
        # What does not parse is for the engine to explain.
        with contextlib.suppress(SyntaxError, ValueError):
            dataset = datasets.named_in(request.text, request.base)
            if len(dataset.default) > 1 or dataset.repeats:
                return dataset.default, dataset.named
    return request.default_graphs, request.named_graphs


def _merged(store: Store, default: Iterable[str], named: Iterable[str]) -> Store:
    """Return a store with the RDF merge of some graphs as its default graph, and some named ones.

    The engine itself gives a triple once for each of the default graphs that it stands in.
    """
    merged = Store()
    for iri in default:
        found = store.quads_for_pattern(None, None, None, NamedNode(iri))
        merged.bulk_extend(Quad(quad.subject, quad.predicate, quad.object) for quad in found)
    for iri in named:
        merged.bulk_extend(store.quads_for_pattern(None, None, None, NamedNode(iri)))
    return merged


def _graphs(iris: Iterable[str] | None) -> list[Any]:
    # Any, because the parameters are typed as invariant lists of unions.
    return [NamedNode(iri) for iri in iris or ()]


@lru_cache(maxsize=32)
def results_format(media_type: str) -> QueryResultsFormat:
    """Return the format of a media type of results. Raises ValueError."""
    found = QueryResultsFormat.from_media_type(media_type)
    if found is None:
        raise ValueError(f"no result format {media_type}")
    return found


@lru_cache(maxsize=32)
def rdf_format(media_type: str) -> RdfFormat:
    """Return the format of a media type of RDF. Raises ValueError."""
    found = RdfFormat.from_media_type(media_type)
    if found is None:
        raise ValueError(f"no RDF format {media_type}")
    return found
