"""Members: what narrows a list and what it is counted by, compared with counting every row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import pytest

from publisher.index.facets import COLLECTION, KIND
from publisher.index.tallies import EVERYTHING
from server.search import members
from server.search.index import Index
from server.search.members import Members
from tests import large

THINGS = 700
PAPER = (KIND, f"{large.BASE}ontology#Paper")
TOPIC = ("topic", f"{large.BASE}id/topic/o7")
FACETS = (KIND, "topic", "year", COLLECTION)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    return Index.of(large.listed(tmp_path_factory.mktemp("members"), things=THINGS))


def rows(index: Index, collection: str, values: Iterable[tuple[str, str]]) -> set[int]:
    """Return the things of a list that have some values, row by row."""
    query = "SELECT thing FROM listed WHERE collection = ?"
    if collection == EVERYTHING:
        query = "SELECT id AS thing FROM thing WHERE ? = ''"
    found = {row["thing"] for row in index.rows(query, (collection,))}
    for value in values:
        having = index.rows("SELECT thing FROM facet WHERE facet = ? AND value = ?", value)
        found &= {row["thing"] for row in having}
    return found


def counted(index: Index, things: set[int], facet: str) -> list[tuple[str, int]]:
    counts: Counter[str] = Counter(
        row["value"]
        for row in index.rows("SELECT value, thing FROM facet WHERE facet = ?", (facet,))
        if row["thing"] in things
    )
    return sorted(counts.items(), key=lambda each: (-each[1], each[0]))


@pytest.mark.parametrize("collection", ["thing", "topic", EVERYTHING])
@pytest.mark.parametrize("values", [[], [PAPER], [TOPIC], [PAPER, TOPIC], [(KIND, "no:such")]])
@pytest.mark.parametrize("length", [1, 3, 12, None])
@pytest.mark.parametrize("patience", [0, 4, 1000])
def test_values_are_counted_as_row_by_row(
    index: Index,
    monkeypatch: pytest.MonkeyPatch,
    collection: str,
    values: list[tuple[str, str]],
    length: int | None,
    patience: int,
) -> None:
    monkeypatch.setattr(members, "_FEW", 3)
    monkeypatch.setattr(members, "_BATCH", 5)
    monkeypatch.setattr(members, "_PATIENCE", patience)
    reader = Members(index, collection)
    selected = reader.selected("", values)
    expected = rows(index, collection, values)
    assert set(reader.things(selected)) == expected
    for facet in FACETS:
        if facet == COLLECTION and collection != EVERYTHING:
            continue
        found = reader.frequent(facet, length, selected if values else None)
        assert found == counted(index, expected, facet)[:length]


def test_frequent_values_have_bitmaps_and_others_have_none(index: Index) -> None:
    stored = index.rows("SELECT value, things, bits FROM tally WHERE collection = 'thing'")
    assert {row["value"] for row in stored if row["bits"] is not None} >= {PAPER[1]}
    for row in stored:
        assert (row["bits"] is not None) == (row["things"] >= 200)
        if row["bits"] is not None:
            assert int.from_bytes(row["bits"], "little").bit_count() == row["things"]


def test_words_pick_the_things_of_the_list_alone(index: Index) -> None:
    reader = Members(index, "thing")
    everything = Members(index)
    matching = index.rows("SELECT rowid AS thing FROM text WHERE text MATCH '\"7\"*'")
    found = {row["thing"] for row in matching}
    assert found
    assert set(everything.things(everything.selected("7", []))) == found
    assert set(reader.things(reader.selected("7", []))) == found & rows(index, "thing", [])
    assert reader.selected("...", []) == 0
    assert set(reader.things(reader.selected("7", [PAPER]))) == found & rows(
        index, "thing", [PAPER]
    )
