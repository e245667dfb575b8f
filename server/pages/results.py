"""Results: the first rows of an answer as people read them in a table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from pyoxigraph import (
    Literal,
    NamedNode,
    QueryResultsFormat,
    QuerySolutions,
    parse_query_results,
)

from publisher.terms import Term
from server.pages.values import Namer, Value, foreign
from server.presentation import Presentation

#: More rows than this are for a download.
MOST_ROWS = 500
#: So many bytes of an answer are read for a page: a row alone may be larger than that.
MOST_BYTES = 200_000


@dataclass(frozen=True)
class Table:
    """Rows under variables; `cut` says that there are more rows than shown, if any are."""

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
    text, cut = _beginning(answer, MOST_ROWS + 1)
    if cut and not text:
        return Table([], [], cut)
    results = parse_query_results(text, format=QueryResultsFormat.TSV)
    assert isinstance(results, QuerySolutions)
    variables = [variable.value for variable in results.variables]
    rows = [[_value(solution[name], namer) for name in variables] for solution in results]
    return Table(variables, rows, cut)


def named(table: Table) -> Table:
    """Show things by their names where a column `x_label` stands beside the column `x`."""
    at = {variable: place for place, variable in enumerate(table.variables)}
    of = {place: at[f"{name}_label"] for name, place in at.items() if f"{name}_label" in at}
    labels = set(of.values())
    rows = [
        [
            _named(value, row[of[place]]) if place in of else value
            for place, value in enumerate(row)
            if place not in labels
        ]
        for row in table.rows
    ]
    variables = [name for place, name in enumerate(table.variables) if place not in labels]
    return Table(variables, rows, table.cut)


def _named(value: Value | None, label: Value | None) -> Value | None:
    if value is None or label is None:
        return value or label
    return replace(value, text=label.text, language=label.language)


def truth(answer: Iterable[bytes]) -> bool:
    """Read the truth value of an ASK."""
    return b"".join(answer).strip() == b"true"


def excerpt(answer: Iterable[bytes]) -> Excerpt:
    """Read as much of a graph in Turtle as is shown, in whole lines."""
    text, cut = _beginning(answer)
    return Excerpt(text.decode(), cut)


def _beginning(answer: Iterable[bytes], most_lines: int | None = None) -> tuple[bytes, bool]:
    """Return the lines of an answer that a page shows, and whether there are more.

    Reads no further than that, however long a line is.
    """
    parts: list[bytes] = []
    size = lines = 0
    for part in answer:
        parts.append(part)
        size += len(part)
        lines += part.count(b"\n")
        if size > MOST_BYTES or (most_lines is not None and lines > most_lines):
            break
    else:
        return b"".join(parts), False
    text = b"".join(parts)[:MOST_BYTES]
    whole = text[: text.rfind(b"\n") + 1].splitlines(keepends=True)
    return b"".join(whole[:most_lines]), True


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
