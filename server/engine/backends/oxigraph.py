"""Evaluation by Oxigraph, which writes answers itself: no term becomes a Python object."""

from __future__ import annotations

from collections.abc import Iterable
from typing import IO, Any

from pyoxigraph import (
    NamedNode,
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    QueryTriples,
    RdfFormat,
    Store,
)

from server.engine.packets import Request

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
        given = request.default_graphs is not None or request.named_graphs is not None
        # Oxigraph lets the union override FROM and refuses it beside a given dataset.
        results = self._store.query(
            request.text,
            base_iri=request.base,
            use_default_graph_as_union=self._union and not given and not request.own_dataset,
            default_graph=_graphs(request.default_graphs) if given else None,
            named_graphs=_graphs(request.named_graphs) if given else None,
        )
        if (isinstance(results, QuerySolutions) and request.kind == "select") or (
            isinstance(results, QueryBoolean) and request.kind == "ask"
        ):
            results.serialize(writer, _results_format(request.form))
        elif isinstance(results, QueryTriples) and request.kind == "graph":
            results.serialize(writer, _rdf_format(request.form))
        else:
            raise ValueError(f"the query is not of the kind '{request.kind}'")

    def check(self, text: str, base: str | None) -> None:
        """Parse a query. Raises SyntaxError."""
        check(text, base)


def check(text: str, base: str | None) -> None:
    """Parse a query and evaluate nothing. Raises SyntaxError."""
    _EMPTY.query(text, base_iri=base)


def _graphs(iris: Iterable[str] | None) -> list[Any]:
    # Any, because the parameters are typed as invariant lists of unions.
    return [NamedNode(iri) for iri in iris or ()]


def _results_format(media_type: str) -> QueryResultsFormat:
    found = QueryResultsFormat.from_media_type(media_type)
    if found is None:
        raise ValueError(f"no result format {media_type}")
    return found


def _rdf_format(media_type: str) -> RdfFormat:
    found = RdfFormat.from_media_type(media_type)
    if found is None:
        raise ValueError(f"no RDF format {media_type}")
    return found
