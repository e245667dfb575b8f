"""How many queries run at once, over all workers: one locked byte of a shared file for each."""

from __future__ import annotations

import fcntl
import os
import struct
import time
from mmap import mmap
from typing import Final

#: How long a waiting worker sleeps between two looks at the slots, in seconds.
_PAUSE = 0.002
#: Slots that are kept for the server's own look-ups, which are short.
RESERVED: Final = 4


class Slots:
    """A counting semaphore that the kernel repairs: a lock ends with the process that holds it.

    Behind the `count` slots for anybody's queries are RESERVED ones.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self._file = os.memfd_create("query-slots")
        self._held: int | None = None
        self._preferred = 0

    def fileno(self) -> int:
        """Return the descriptor that a worker must keep open."""
        return self._file

    def prefer(self, index: int) -> None:
        """Start looking at slot `index`, so that workers seldom try the same one."""
        self._preferred = index % self.count

    def acquire(self, seconds: float, *, reserved: bool = False) -> bool:
        """Take a slot, also a reserved one if so told, waiting up to `seconds`.

        False if none came free.
        """
        if self._try(reserved):
            return True
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            time.sleep(_PAUSE)
            if self._try(reserved):
                return True
        return False

    def release(self) -> None:
        """Give the slot back, if one is held."""
        if self._held is not None:
            fcntl.lockf(self._file, fcntl.LOCK_UN, 1, self._held)
            self._held = None

    def _try(self, reserved: bool) -> bool:
        if reserved and any(map(self._lock, range(self.count, self.count + RESERVED))):
            return True
        for offset in range(self.count):
            slot = (self._preferred + offset) % self.count
            if self._lock(slot):
                self._preferred = slot
                return True
        return False

    def _lock(self, slot: int) -> bool:
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, slot)
        except OSError:
            return False
        self._held = slot
        return True


class Board:
    """Shared memory in which each worker writes whether it is at work, for the host to read.

    A lane's cell holds two numbers of monotonic nanoseconds: since when its query runs (0: none
    does) and when it last ended one.
    """

    _CELL = struct.Struct("=QQ")

    def __init__(self, lanes: int) -> None:
        self._memory = mmap(-1, max(1, lanes) * self._CELL.size)

    def begin(self, lane: int) -> None:
        """Note that the lane's worker starts on a query."""
        self._CELL.pack_into(self._memory, lane * self._CELL.size, time.monotonic_ns(), 0)

    def end(self, lane: int) -> None:
        """Note that the lane's worker is done with its query, or is new."""
        self._CELL.pack_into(self._memory, lane * self._CELL.size, 0, time.monotonic_ns())

    def running_for(self, lane: int) -> float:
        """Return for how many seconds the lane's query has been running; 0.0 if none is."""
        since, _ = self._CELL.unpack_from(self._memory, lane * self._CELL.size)
        return (time.monotonic_ns() - since) / 1e9 if since else 0.0

    def idle_since(self, lane: int) -> int | None:
        """Return when the lane fell idle, or None if it is at work."""
        since, ended = self._CELL.unpack_from(self._memory, lane * self._CELL.size)
        return None if since else ended
