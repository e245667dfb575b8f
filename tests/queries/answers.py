"""What the saved queries answer: running them, and what answers.toml holds each of them to."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pyoxigraph as ox

from publisher.saved_queries import SavedQuery, read_saved_query

FOLDER = Path(__file__).parent
EXPECTED = FOLDER / "expected"
QUERIES = FOLDER.parents[1] / "queries"

Term = ox.NamedNode | ox.BlankNode | ox.Literal
Row = tuple[Term | None, ...]

_XSD = "http://www.w3.org/2001/XMLSchema#"
_TEXT = {_XSD + "string", "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString"}
_DATE = {_XSD + "date", _XSD + "gYearMonth", _XSD + "gYear"}


@dataclass(frozen=True)
class Column:
    """A column of an answer; `optional` ones are empty in some rows, never in all."""

    name: str
    type: str
    optional: bool


@dataclass(frozen=True)
class Answer:
    """What is held of one query: see the head of answers.toml."""

    form: str
    columns: tuple[Column, ...]
    order: tuple[str, ...]
    rows: int
    exact: bool
    others: Mapping[str, str]


@dataclass(frozen=True)
class Table:
    """The solutions of a SELECT query."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    csv: str = field(repr=False)

    def column(self, name: str) -> list[Term | None]:
        """Return the values of a column."""
        place = self.columns.index(name)
        return [row[place] for row in self.rows]

    def values(self, *names: str) -> list[tuple[str, ...]]:
        """Return rows of some columns as strings, an empty one for what is unbound."""
        places = [self.columns.index(name) for name in names]
        return [tuple(value_of(row[place]) for place in places) for row in self.rows]


def value_of(term: Term | None) -> str:
    """Return an IRI or the value of a literal as a string."""
    return term.value if term is not None else ""


def kind_of(term: Term) -> str:
    """Return the type of a term in the words of answers.toml."""
    if isinstance(term, ox.NamedNode):
        return "iri"
    assert isinstance(term, ox.Literal), f"a blank node in an answer: {term}"
    datatype = term.datatype.value
    if datatype in _TEXT:
        return "text"
    return "date" if datatype in _DATE else datatype.removeprefix(_XSD)


@cache
def saved_queries() -> Mapping[str, SavedQuery]:
    """Return the saved queries of the repository by name."""
    found = {}
    for path in sorted(QUERIES.glob("*.rq")):
        saved, findings = read_saved_query(path, path.relative_to(QUERIES.parent))
        assert saved, "\n".join(map(str, findings))
        found[saved.name] = saved
    return found


@cache
def answers() -> Mapping[str, Answer]:
    """Return what answers.toml holds the queries to, by name."""
    entries = tomllib.loads((FOLDER / "answers.toml").read_text(encoding="utf-8"))
    return {name: _answer(entry) for name, entry in entries.items()}


def _answer(entry: Mapping[str, object]) -> Answer:
    known = {"form", "columns", "order", "rows", "exact", "with"}
    assert not entry.keys() - known, f"answers.toml does not know {entry.keys() - known}"
    others = entry.get("with", {})
    rows = entry.get("rows", 1)
    assert isinstance(others, dict)
    assert isinstance(rows, int)
    columns = []
    for word in str(entry.get("columns", "")).split():
        name, _, type_ = word.partition(":")
        columns.append(Column(name, type_.removesuffix("?"), type_.endswith("?")))
    return Answer(
        form=str(entry.get("form", "select")),
        columns=tuple(columns),
        order=tuple(str(entry.get("order", "")).split()),
        rows=rows,
        exact=bool(entry.get("exact", False)),
        others=others,
    )


def table(store: ox.Store, text: str) -> Table:
    """Run a SELECT query over the union of all graphs."""
    solutions = _run(store, text)
    assert isinstance(solutions, ox.QuerySolutions)
    columns = tuple(variable.value for variable in solutions.variables)
    rows = tuple(tuple(solution) for solution in solutions)
    again = _run(store, text)
    assert isinstance(again, ox.QuerySolutions)
    data = again.serialize(format=ox.QueryResultsFormat.CSV)
    assert data is not None
    return Table(columns, rows, data.decode().replace("\r\n", "\n"))


def triples(store: ox.Store, text: str) -> list[str]:
    """Run a CONSTRUCT or DESCRIBE query; returns its triples as sorted lines."""
    found = _run(store, text)
    assert isinstance(found, ox.QueryTriples)
    return sorted(str(triple) for triple in found)


def truth(store: ox.Store, text: str) -> bool:
    """Run an ASK query."""
    found = _run(store, text)
    assert isinstance(found, ox.QueryBoolean)
    return bool(found)


def _run(store: ox.Store, text: str) -> ox.QuerySolutions | ox.QueryTriples | ox.QueryBoolean:
    return store.query(text, use_default_graph_as_union=True)
