"""Each saved query answers, in the shape and with the rows that are held of it."""

from __future__ import annotations

import difflib
import time
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path

import pyoxigraph as ox
import pytest
from answers import (
    EXPECTED,
    QUERIES,
    Table,
    Term,
    answers,
    kind_of,
    saved_queries,
    table,
    triples,
    truth,
    value_of,
)

from publisher.formatting import format_query
from publisher.prefixes import Prefixes

MOST_SECONDS = 0.2

ASK: Mapping[str, Callable[[ox.Store, str], object]] = {
    "select": lambda store, text: table(store, text).rows,
    "graph": triples,
    "ask": truth,
}

every_query = pytest.mark.parametrize("name", list(saved_queries()))
every_table = pytest.mark.parametrize(
    "name", [name for name, answer in answers().items() if answer.form == "select"]
)


def test_every_query_is_held_to_an_answer() -> None:
    assert sorted(saved_queries()) == sorted(answers())


def test_every_exact_answer_has_its_file() -> None:
    exact = sorted(name for name, answer in answers().items() if answer.exact)
    assert sorted(path.stem for path in EXPECTED.glob("*")) == exact


@every_table
def test_columns_and_types(name: str, store: ox.Store) -> None:
    found = table(store, saved_queries()[name].text)
    held = answers()[name].columns
    assert found.columns == tuple(column.name for column in held)
    for column in held:
        terms = found.column(column.name)
        bound = [term for term in terms if term is not None]
        assert bound, f"?{column.name} is empty in all rows"
        assert column.optional or len(bound) == len(terms), f"?{column.name} is empty in a row"
        assert {kind_of(term) for term in bound} == {column.type}, f"?{column.name}"


@every_table
def test_there_are_rows_and_none_is_told_twice(name: str, store: ox.Store) -> None:
    found = table(store, saved_queries()[name].text)
    assert len(found.rows) >= answers()[name].rows
    assert len(set(found.rows)) == len(found.rows)


@every_table
def test_rows_are_in_order(name: str, store: ox.Store) -> None:
    held = answers()[name]
    assert held.order, "say in answers.toml in which order the rows come"
    found = table(store, saved_queries()[name].text)
    keys = [word.removeprefix("-") for word in held.order]
    places = [found.columns.index(key) for key in keys]
    falls = [word.startswith("-") for word in held.order]
    for one, next_ in pairwise(found.rows):
        for place, falling in zip(places, falls, strict=True):
            before, after = _rank(one[place]), _rank(next_[place])
            if before != after:
                assert (before > after) == falling, f"?{found.columns[place]}: {one} {next_}"
                break
        else:
            pytest.fail(f"the order does not tell {one} from {next_}")


def _rank(term: Term | None) -> tuple[int, float, str]:
    """Return a key that sorts as the queries do: nothing first, numbers, texts in lower case."""
    if term is None:
        return (0, 0, "")
    number = float(term.value) if kind_of(term) in ("integer", "decimal") else 0
    return (1, number, term.value.lower() if kind_of(term) == "text" else term.value)


@pytest.mark.parametrize("name", [name for name, answer in answers().items() if answer.exact])
def test_exact_rows(name: str, store: ox.Store) -> None:
    found = table(store, saved_queries()[name].text).csv
    expected = (EXPECTED / f"{name}.csv").read_text(encoding="utf-8")
    changes = difflib.unified_diff(expected.splitlines(), found.splitlines(), "held", "found", n=0)
    assert found == expected, (
        "another answer than the one held; if the data are right, renew it with "
        f"'python tests/queries/renew.py' after a build\n{chr(10).join(changes)}"
    )


@every_query
def test_the_same_answer_whatever_order_data_were_loaded_in(
    name: str, store: ox.Store, shuffled_store: ox.Store
) -> None:
    text = saved_queries()[name].text
    answer = ASK[answers()[name].form]
    assert answer(store, text) == answer(shuffled_store, text)


@pytest.mark.parametrize("name", [n for n, answer in answers().items() if answer.form == "graph"])
def test_graphs_have_triples(name: str, store: ox.Store) -> None:
    assert len(triples(store, saved_queries()[name].text)) >= answers()[name].rows


@pytest.mark.parametrize("name", [n for n, answer in answers().items() if answer.form == "ask"])
def test_questions_of_yes_and_no(name: str, store: ox.Store, prefixes: Prefixes) -> None:
    saved = saved_queries()[name]
    assert truth(store, saved.text)
    for parameter, value in answers()[name].others.items():
        assert not truth(store, saved.with_values({parameter: value}, prefixes))


@every_query
def test_other_values_of_parameters(name: str, store: ox.Store, prefixes: Prefixes) -> None:
    """Each parameter takes another value, and it makes a difference."""
    saved, held = saved_queries()[name], answers()[name]
    assert sorted(held.others) == sorted(parameter.name for parameter in saved.parameters)
    answer = ASK[held.form]
    for parameter, value in held.others.items():
        other = answer(store, saved.with_values({parameter: value}, prefixes))
        assert other != answer(store, saved.text)
        assert other or held.form == "ask", f"nothing for {parameter} = {value}"


@every_query
def test_it_is_quick(name: str, store: ox.Store) -> None:
    def once() -> float:
        began = time.perf_counter()
        answer(store, saved_queries()[name].text)
        return time.perf_counter() - began

    answer = ASK[answers()[name].form]
    assert min(once() for _ in range(3)) < MOST_SECONDS


def test_labels_stand_next_to_things() -> None:
    """Every column of IRIs has its label, but for addresses and things withdrawn with theirs."""
    bare = {"page", "link", "repository", "withdrawn"}
    for name, held in answers().items():
        columns = {column.name for column in held.columns}
        for column in held.columns:
            if column.type == "iri" and column.name not in bare:
                assert f"{column.name}_label" in columns, f"{name}: ?{column.name} has no label"


@pytest.mark.parametrize("path", sorted(QUERIES.glob("*.rq")), ids=lambda path: path.stem)
def test_prefixes_are_used_and_sorted(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text == format_query(text)
    lines = [line for line in text.splitlines() if line.startswith("PREFIX ")]
    assert lines == sorted(lines)
    body = "\n".join(line for line in text.splitlines() if not line.startswith(("PREFIX ", "#")))
    for line in lines:
        assert line.split()[1] in body, f"{line} is not used"


def test_table_values_are_strings() -> None:
    row = (ox.NamedNode("https://a.example/"), ox.Literal(3), None)
    found = Table(("a", "b", "c"), (row,), "")
    assert found.values("b", "c", "a") == [("3", "", "https://a.example/")]
    assert value_of(None) == ""
