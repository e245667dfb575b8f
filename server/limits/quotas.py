"""What each client has used: counts in memory that all web processes share.

The memory has one size for ever, however many clients there are. Requests are counted by one
number for each client, the time at which its allowance will be whole again: a token bucket, also
known as the generic cell rate algorithm. Who has asked nothing for a minute needs no entry, so
entries are free again by themselves.

Running queries are written down one by one, each process in a section of its own which it locks.
The kernel ends the lock with the process, so what a dead one had written down counts no more.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import struct
import sys
import time
from hashlib import blake2b
from mmap import mmap
from pathlib import Path
from typing import Final

from publisher.limits import Limits

#: Entries for requests; one that is whole again gives way to another client's.
_ENTRIES: Final = 32 * 1024
#: A client's entry is one of so many that lie side by side.
_WAYS: Final = 4
#: Queries that one process may have under way, those included that wait. In front of them, a
#: section says how many of its places have ever been used.
SECTION: Final = 255
#: Words of 8 bytes: the key that names are hashed with, the entries, the sections.
_WORD: Final = 8
_SECRET: Final = 2
_FIRST_PLACE: Final = _SECRET + 2 * _ENTRIES
_MINUTE: Final = 60 * 10**9


class Quotas:
    """The counts of one server, as one of its processes sees them. Threads may share it.

    Counts of requests are kept without a lock: two processes that count one client in the same
    microsecond may count one request for two. Running queries are never counted too low.
    """

    def __init__(self, limits: Limits, file: Path | int | None = None, processes: int = 1) -> None:
        """Use the counts in `file`, as `make` made it for as many processes; else start new ones.

        Raises OSError if the file is not there, or all sections of it are taken.
        """
        sections = _sections(processes)
        if file is None:
            file = make(processes)
        self._file = os.open(file, os.O_RDWR) if isinstance(file, Path) else file
        self._memory = mmap(self._file, _size(sections))
        self._words = memoryview(self._memory).cast("Q")
        self._secret = self._memory[: _SECRET * _WORD]
        self._most = limits.concurrent_queries_per_client
        rate = limits.requests_per_minute_per_client
        self._interval = _MINUTE // rate if rate else 0
        self._sections = range(_FIRST_PLACE, len(self._words), 1 + SECTION)
        self._own = self._take_section()
        # The last one to be given back is the first to be taken, so few are ever used.
        self._free = list(range(self._own + SECTION, self._own, -1))

    def key(self, name: bytes) -> int:
        """Return what stands for a client here; nobody outside can tell which names collide."""
        digest = blake2b(name, digest_size=_WORD, key=self._secret).digest()
        return int.from_bytes(digest, "little") or 1

    def count(self, key: int) -> float:
        """Count a request of a client. Return 0, or the seconds until the next one is allowed."""
        if not self._interval:
            return 0.0
        words, now = self._words, time.monotonic_ns()
        at = _SECRET + key % (_ENTRIES // _WAYS) * 2 * _WAYS
        if words[at] != key:
            at = self._entry(key, at, now)
        whole_at = words[at + 1]
        if whole_at - now > _MINUTE - self._interval:
            return (whole_at - now - _MINUTE + self._interval) / 1e9
        words[at + 1] = (whole_at if whole_at > now else now) + self._interval
        return 0.0

    def enter(self, key: int) -> int | None:
        """Take a place for a query of a client; None if it has all that it may have.

        Raises IndexError if this process has no further place for anybody.
        """
        place = self._free.pop()
        # Written down before it is counted: two who do so at once may both see one too many, but
        # never one too few.
        self._words[place] = key
        if place - self._own > self._words[self._own]:
            self._words[self._own] = place - self._own
        if self._most and self._taken(key) > self._most:
            self._bury(key)
            if self._taken(key) > self._most:
                self.leave(place)
                return None
        return place

    def leave(self, place: int) -> None:
        """Give a place back."""
        self._words[place] = 0
        self._free.append(place)

    def _entry(self, key: int, at: int, now: int) -> int:
        """Return where a client's requests are counted, which may be where another's were."""
        entries = range(at, at + 2 * _WAYS, 2)
        for entry in entries:
            if self._words[entry] == key:
                return entry
        # The one that has most of its allowance loses least; one that is whole loses nothing.
        entry = min(entries, key=lambda each: self._words[each + 1])
        self._words[entry + 1] = now
        self._words[entry] = key
        return entry

    def _taken(self, key: int) -> int:
        wanted, taken = key.to_bytes(_WORD, sys.byteorder), 0
        for section in self._sections:
            used = self._words[section]
            if used:
                start = (section + 1) * _WORD
                taken += self._memory[start : start + used * _WORD].count(wanted)
        return taken

    def _bury(self, key: int) -> None:
        """Clear the sections of dead processes in which a client has places."""
        for number, section in enumerate(self._sections):
            if section == self._own or key not in self._words[section + 1 : section + 1 + SECTION]:
                continue
            if _lock(self._file, number):
                self._clear(section)
                _lock(self._file, number, fcntl.F_UNLCK)

    def _take_section(self) -> int:
        for number, section in enumerate(self._sections):
            if _lock(self._file, number):
                self._clear(section)
                return section
        raise OSError("all sections of the shared counts are taken")

    def _clear(self, section: int) -> None:
        size = (1 + SECTION) * _WORD
        self._memory[section * _WORD : section * _WORD + size] = bytes(size)


def make(processes: int) -> int:
    """Return the descriptor of new counts that as many processes can share."""
    file = os.memfd_create("client-quotas")
    os.ftruncate(file, _size(_sections(processes)))
    os.pwrite(file, secrets.token_bytes(_SECRET * _WORD), 0)
    return file


def path_of(file: int) -> Path:
    """Return where other processes of the same user find a descriptor of this one."""
    return Path(f"/proc/{os.getpid()}/fd/{file}")


def _sections(processes: int) -> int:
    # A process may begin before the one that it takes the place of has ended.
    return 2 * processes


def _size(sections: int) -> int:
    return (_FIRST_PLACE + sections * (1 + SECTION)) * _WORD


def _lock(file: int, section: int, kind: int = fcntl.F_WRLCK) -> bool:
    # A lock of the open file, not of the process: one that opens it twice has two.
    lock = struct.pack("hhqqi4x", kind, os.SEEK_SET, section, 1, 0)
    try:
        fcntl.fcntl(file, fcntl.F_OFD_SETLK, lock)
    except OSError:
        return False
    return True
