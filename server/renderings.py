"""Renderings: bodies made from the release, kept while there is room for them.

A release never changes, so a body made once is right for as long as the process lives. Making one
takes up to tenths of a second; without this, asking for the same long page again and again would
be the cheapest way to keep the server busy.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock

#: Bytes of bodies that one process keeps; the ones longest unused go first.
ROOM = 64 * 1024 * 1024


class Renderings:
    """Bodies by key, bounded by their size. Threads may share it."""

    def __init__(self, room: int = ROOM) -> None:
        self._room = room
        self._size = 0
        self._kept: OrderedDict[Hashable, bytes] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        """Return how many bodies are kept."""
        return len(self._kept)

    def get(self, key: Hashable, make: Callable[[], bytes]) -> bytes:
        """Return the body for a key, which `make` makes if it is not kept.

        Two threads that miss at once both make it, which is harmless; what `make` raises is raised.
        """
        with self._lock:
            body = self._kept.get(key)
            if body is not None:
                self._kept.move_to_end(key)
                return body
        body = make()
        if len(body) <= self._room // 8:
            with self._lock:
                self._size += len(body) - len(self._kept.pop(key, b""))
                self._kept[key] = body
                while self._size > self._room:
                    _, dropped = self._kept.popitem(last=False)
                    self._size -= len(dropped)
        return body
