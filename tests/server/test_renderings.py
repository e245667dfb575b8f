"""The memory of bodies made from the release."""

from __future__ import annotations

import pytest

from server.renderings import Renderings


def test_a_body_is_made_once() -> None:
    made: list[str] = []

    def make() -> bytes:
        made.append("")
        return b"body"

    renderings = Renderings()
    assert [renderings.get("key", make) for _ in range(3)] == [b"body"] * 3
    assert len(made) == 1


def test_what_was_longest_unused_goes_first() -> None:
    renderings = Renderings(room=80)
    for key in "abcdefgh":
        renderings.get(key, lambda: b"x" * 10)
    renderings.get("a", lambda: b"never")
    renderings.get("i", lambda: b"x" * 10)
    assert renderings.get("a", lambda: b"new") == b"x" * 10
    assert renderings.get("b", lambda: b"new") == b"new"


def test_a_body_too_large_for_its_share_is_not_kept() -> None:
    renderings = Renderings(room=80)
    renderings.get("key", lambda: b"x" * 11)
    assert renderings.get("key", lambda: b"new") == b"new"


def test_a_failure_leaves_nothing_behind() -> None:
    def fail() -> bytes:
        raise RuntimeError("broken")

    renderings = Renderings()
    with pytest.raises(RuntimeError, match="broken"):
        renderings.get("key", fail)
    assert renderings.get("key", lambda: b"body") == b"body"
