"""Bitmaps: sets of things that come back as they were stored."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from publisher.index.bitmaps import bitmap, from_octets, numbers, to_octets

SETS = st.sets(st.integers(7, 700))


@given(SETS)
def test_a_set_comes_back_as_it_was_stored(things: set[int]) -> None:
    stored = to_octets(bitmap(things, 7))
    assert list(numbers(from_octets(stored), 7)) == sorted(things)


@given(SETS, SETS)
def test_what_two_sets_share_is_one_operation(one: set[int], other: set[int]) -> None:
    shared = bitmap(one, 7) & bitmap(other, 7)
    assert set(numbers(shared, 7)) == one & other
    assert shared.bit_count() == len(one & other)
