"""Results: the first rows of an answer as people read them in a table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pyoxigraph import (
    Literal,
    NamedNode,
    QueryResultsFormat,
    QuerySolutions,
    parse_query_results,
)

from publisher.terms import Term
from server.presentation import Presentation
from server.values import Namer, Value, foreign

#: More rows than this are for a download.
MOST_ROWS = 500
#: So many bytes of a graph are shown as Turtle.
MOST_BYTES = 200_000


@dataclass(frozen=True)
class Table:
    """Rows under variables; `cut` says that there are more rows than shown."""

    variables: list[str]
    rows: list[list[Value | None]]
    cut: bool


@dataclass(frozen=True)
class Excerpt:
    """The beginning of a graph in Turtle; `cut` says that there is more of it than shown."""

    text: str
    cut: bool


def table(answer: Iterable[bytes], namer: Namer) -> Table:
    """Read as many rows as are shown from SPARQL Query Results TSV, a row of which is a line.

    Raises the engine's errors when the answer breaks off.
    """
    text, cut = b"", False
    for part in answer:
        text += part
        if text.count(b"\n") > MOST_ROWS + 1:
            text, cut = b"".join(text.splitlines(keepends=True)[: MOST_ROWS + 1]), True
            break
    results = parse_query_results(text, format=QueryResultsFormat.TSV)
    assert isinstance(results, QuerySolutions)
    variables = [variable.value for variable in results.variables]
    rows = [[_value(solution[name], namer) for name in variables] for solution in results]
    return Table(variables, rows, cut)


def truth(answer: Iterable[bytes]) -> bool:
    """Read the truth value of an ASK."""
    return b"".join(answer).strip() == b"true"


def excerpt(answer: Iterable[bytes]) -> Excerpt:
    """Read as much of a graph in Turtle as is shown, in whole lines."""
    text = b""
    for part in answer:
        text += part
        if len(text) > MOST_BYTES:
            shown = text[: text.rfind(b"\n", 0, MOST_BYTES) + 1]
            return Excerpt(shown.decode(errors="replace"), cut=True)
    return Excerpt(text.decode(), cut=False)


def _value(term: Term | None, namer: Namer) -> Value | None:
    """Write an IRI as a prefixed name and a literal as it is: who asks wants to see the data."""
    if isinstance(term, NamedNode):
        value = namer.value(term)
        name = _prefixed(term.value, namer.presentation)
        return Value(name, value.href, external=value.external, title=term.value)
    if isinstance(term, Literal):
        return Value(term.value, language=foreign(term))
    return None if term is None else Value(str(term))


def _prefixed(iri: str, presentation: Presentation) -> str:
    return presentation.prefixes.shorten(iri) or iri
