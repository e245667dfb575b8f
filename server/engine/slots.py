"""Who queries, and how many at once: shared memory in which each worker writes what it does."""

from __future__ import annotations

import struct
import time
from enum import IntEnum
from mmap import mmap
from typing import Final

#: How long a waiting worker sleeps between two looks at the slots, in seconds.
_PAUSE = 0.002
#: Slots that are kept for the server's own look-ups, which are short.
RESERVED: Final = 4
#: How long a query may run in a slot that is kept for short ones, in seconds.
SHORT_SECONDS: Final = 1.0
#: A query that takes longer than this, in seconds, is the last one of its worker, whose priority is
#: lowered a little later: it must not keep that.
LONG_SECONDS: Final = 0.2
_WAITING: Final = 2**64 - 1


class Slot(IntEnum):
    """What a query runs on: a slot of one of these kinds.

    SHORT ones are for when all COMMON ones are taken, be it by queries that never end: who runs in
    one must be done within SHORT_SECONDS, or wait for a common one and start again.
    """

    NONE = 0
    COMMON = 1
    RESERVED = 2
    SHORT = 3


class Board:
    """What the workers of all lanes do, for them and the host to read.

    A lane has a byte that says which kind of slot its worker has, and a cell of two numbers of
    monotonic nanoseconds: since when its query runs (0: none does), and when it last ended one.
    Nobody but a lane's worker writes there while it lives, and the host cleans up after it, so that
    no slot is lost with a worker. No call of the kernel is needed.
    """

    _CELL = struct.Struct("=QQ")

    def __init__(self, lanes: int, slots: int) -> None:
        """Have `slots` slots for the queries of clients, and besides some for short ones."""
        self._lanes = max(1, lanes)
        self._most = {Slot.COMMON: slots, Slot.RESERVED: RESERVED, Slot.SHORT: -(-slots // 2)}
        self._cells = -(-self._lanes // 8) * 8
        self._memory = mmap(-1, self._cells + self._lanes * self._CELL.size)

    def take_slot(self, lane: int, seconds: float, *kinds: Slot) -> Slot:
        """Take a slot of the first of `kinds` that has one free, waiting up to `seconds`.

        Slot.NONE if none came free.
        """
        end = time.monotonic() + seconds
        while True:
            for kind in kinds:
                if self._try(lane, kind):
                    return kind
            if time.monotonic() >= end:
                return Slot.NONE
            if not self.has_begun(lane):
                self._note(lane, 0, _WAITING)
            time.sleep(_PAUSE)

    def give_slot_back(self, lane: int) -> None:
        """Let another have the lane's slot, if it has one."""
        self._memory[lane] = Slot.NONE

    def slot(self, lane: int) -> Slot:
        """Return which slot the lane has."""
        return Slot(self._memory[lane])

    def begin(self, lane: int) -> int:
        """Note that the lane's worker starts on a query; return the monotonic nanoseconds."""
        now = time.monotonic_ns()
        self._note(lane, now, 0)
        return now

    def end(self, lane: int) -> None:
        """Note that the lane's worker is done with its query, or is new; it has no slot."""
        self._memory[lane] = Slot.NONE
        self._note(lane, 0, time.monotonic_ns())

    def running_for(self, lane: int) -> float:
        """Return for how many seconds the lane's query has been running; 0.0 if none is."""
        since, _ = self._cell(lane)
        return (time.monotonic_ns() - since) / 1e9 if since else 0.0

    def idle_since(self, lane: int) -> int | None:
        """Return when the lane fell idle, or None if it is at work or waits to be."""
        since, ended = self._cell(lane)
        return None if since or ended == _WAITING else ended

    def has_begun(self, lane: int) -> bool:
        """Whether the lane's worker has begun on a query and is not done with it."""
        return bool(self._cell(lane)[0])

    def _cell(self, lane: int) -> tuple[int, int]:
        since, ended = self._CELL.unpack_from(self._memory, self._cells + lane * self._CELL.size)
        return since, ended

    def _note(self, lane: int, since: int, ended: int) -> None:
        self._CELL.pack_into(self._memory, self._cells + lane * self._CELL.size, since, ended)

    def _try(self, lane: int, kind: Slot) -> bool:
        # Written before it is counted: of two who want the last slot, both may see it taken and
        # look again, but never both get it.
        self._memory[lane] = kind
        if self._memory[: self._lanes].count(kind) <= self._most[kind]:
            return True
        self._memory[lane] = Slot.NONE
        return False
