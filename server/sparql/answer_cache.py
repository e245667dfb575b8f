"""Answers to queries, kept while there is room: a query asked again is not evaluated again.

A release never changes, so an answer that is right once is right for as long as it is served. What
is kept is whole and was sent with 200; nothing of it depends on the time or on chance.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Final

from server.sparql.heads import Head

#: The largest answer that is kept, as a part of all the room.
_LARGEST: Final = 16
#: What an entry takes besides the bytes of request and answer: header fields and the table.
_OVERHEAD: Final = 1024


@dataclass(frozen=True)
class Kept:
    """An answer: its head and all of its bytes."""

    head: Head
    body: bytes


class AnswerCache:
    """Kept answers by request and coding, bounded by the bytes they take; for one event loop.

    When there is no more room, those go first that nobody has asked for longest.
    """

    def __init__(self, room: int) -> None:
        """Keep answers in `room` bytes."""
        self.largest = room // _LARGEST
        self._room = room
        self._taken = 0
        self._kept: OrderedDict[tuple[Hashable, str | None], tuple[Kept, int]] = OrderedDict()

    def get(self, key: Hashable, codings: Sequence[str] = ()) -> Kept | None:
        """Return the answer that is kept for a request, in the first of these codings or none."""
        for coding in (*codings, None):
            entry = self._kept.get((key, coding))
            if entry is not None:
                self._kept.move_to_end((key, coding))
                return entry[0]
        return None

    def put(self, key: Hashable, kept: Kept, request: int) -> None:
        """Keep an answer unless it is too large; the request, its key, has `request` bytes."""
        size = len(kept.body) + request + _OVERHEAD
        if size > self.largest:
            return
        place = (key, kept.head.coding)
        replaced = self._kept.pop(place, None)
        if replaced is not None:
            self._taken -= replaced[1]
        self._kept[place] = (kept, size)
        self._taken += size
        while self._taken > self._room:
            _, (_, dropped) = self._kept.popitem(last=False)
            self._taken -= dropped


class Draft:
    """Collects an answer while it is sent in pieces, as long as it may still be kept."""

    def __init__(self, largest: int) -> None:
        """Collect up to `largest` bytes."""
        self._left = largest
        self._parts: list[bytes] | None = []

    def add(self, data: bytes) -> None:
        """Take the next piece."""
        if self._parts is not None:
            self._left -= len(data)
            if self._left < 0:
                self._parts = None
            else:
                self._parts.append(data)

    def whole(self) -> bytes | None:
        """Return all pieces; None if they were too many."""
        return None if self._parts is None else b"".join(self._parts)
