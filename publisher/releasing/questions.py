"""The saved queries of two releases, compared as what they are to programs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rdflib.plugins.sparql import prepareQuery

from publisher.edition import Edition
from publisher.release import QUERIES
from publisher.saved_queries import IRIS, read_saved_query


@dataclass(frozen=True)
class _Question:
    parameters: frozenset[tuple[str, str]]
    columns: frozenset[str]
    """Empty for a query that answers with a graph or with yes or no."""


def compared(old: Edition, new: Edition) -> Iterator[tuple[bool, str]]:
    """Yield what changed for programs that ask saved queries, and whether it may break them.

    A release that was downloaded has none of them; then there is nothing to compare.
    """
    before, after = _files(old), _files(new)
    if not (old.folder / QUERIES).is_dir() or not (new.folder / QUERIES).is_dir():
        return
    for name in sorted(before.keys() - after.keys()):
        yield True, f"the saved query '{name}' is gone"
    for name in sorted(after.keys() - before.keys()):
        yield False, f"the saved query '{name}' is new"
    for name in sorted(before.keys() & after.keys()):
        if before[name].read_bytes() != after[name].read_bytes():
            yield from _differences(name, _read(before[name]), _read(after[name]))


def _files(edition: Edition) -> dict[str, Path]:
    return {path.stem: path for path in sorted((edition.folder / QUERIES).glob("*.rq"))}


def _read(path: Path) -> _Question:
    query, _ = read_saved_query(path, Path(path.name))
    if query is None:
        return _Question(frozenset(), frozenset())
    # What is chosen from a list is an IRI to programs.
    parameters = frozenset(
        (each.name, "iri" if each.type in IRIS else each.type) for each in query.parameters
    )
    algebra = prepareQuery(query.text).algebra
    columns = algebra.PV if algebra.name == "SelectQuery" else ()
    return _Question(parameters, frozenset(map(str, columns)))


def _differences(name: str, old: _Question, new: _Question) -> Iterator[tuple[bool, str]]:
    for what, before, after in (
        ("parameter", {each for each, _ in old.parameters}, {each for each, _ in new.parameters}),
        ("column", old.columns, new.columns),
    ):
        for each in sorted(before - after):
            yield True, f"the saved query '{name}' no longer has the {what} '{each}'"
        for each in sorted(after - before):
            yield False, f"the saved query '{name}' has the {what} '{each}' now"
    types = dict(new.parameters)
    for parameter, type_ in sorted(old.parameters):
        if types.get(parameter, type_) != type_:
            yield True, f"the parameter '{parameter}' of '{name}' takes other values now"
