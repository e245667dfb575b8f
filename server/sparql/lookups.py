"""Look-ups: the server's own small queries, and how terms are written into them."""

from __future__ import annotations

import re

from pyoxigraph import (
    NamedNode,
    QueryResultsFormat,
    QuerySolutions,
    Triple,
    parse,
    parse_query_results,
)

from publisher.formats import N_TRIPLES
from publisher.iri import NOT_IN_IRI
from publisher.terms import Term
from server.service import current_service

Row = dict[str, Term]

_RESULTS_JSON = "application/sparql-results+json"
_NO_IRI = re.compile(f"[{NOT_IN_IRI}]")


def iri_term(iri: str) -> str:
    """Write an IRI as SPARQL does. Raises ValueError where it holds what no IRI may hold."""
    if _NO_IRI.search(iri):
        raise ValueError(f"not an IRI: {iri!r}")
    return f"<{iri}>"


def is_iri(text: str) -> bool:
    """Whether a text is an absolute IRI that a query can hold."""
    try:
        return bool(NamedNode(text) and iri_term(text))
    except ValueError:
        return False


def rows(query: str) -> list[Row]:
    """Run a SELECT and return its solutions by variable name, without the unbound variables.

    Raises the engine's errors.
    """
    results = parse_query_results(_answer(query, _RESULTS_JSON), format=QueryResultsFormat.JSON)
    if not isinstance(results, QuerySolutions):
        raise TypeError("not a SELECT")
    names = [variable.value for variable in results.variables]
    return [
        {name: value for name in names if (value := solution[name]) is not None}
        for solution in results
    ]


def triples(query: str) -> list[Triple]:
    """Run a CONSTRUCT and return its triples. Raises the engine's errors."""
    body = _answer(query, N_TRIPLES.media_type)
    return [quad.triple for quad in parse(body, format=N_TRIPLES.oxigraph)]


def _answer(query: str, accept_form: str) -> bytes:
    with current_service().lookups.query(query, accept_form=accept_form) as answer:
        return b"".join(answer)
