"""Answers on their way to readers, and which of them give way when places are short.

A reader may stop reading: his answer then holds a worker, a lane and the buffers of a connection.
While there are places for others he is left in peace for long; when others wait for a place, the
answers that have lain unread for longest end first. An answer that is being read never does.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections import deque
from typing import Final, Protocol

from server.engine.errors import EngineBusy

#: What `unread_since` is while an answer is read.
READ: Final = math.inf

#: An answer of which nothing was taken for so many seconds gives way to one that waits.
_STALLED: Final = 1.0
#: The same, while more wait than there are places.
_STALLED_IN_A_CROWD: Final = 0.5
#: And this is the end in any case.
_ABANDONED: Final = 60.0
#: Between two looks, in seconds: while others wait, and else.
_SOON: Final = 0.05
_LATER: Final = 5.0
#: A look that is so late says that this process had no time, not that readers took theirs.
_LATE: Final = 0.1


class Stream(Protocol):
    """An answer under way. `unread_since` is in the loop's time, READ while it is read."""

    unread_since: float

    def give_way(self) -> None:
        """End, and tell whoever sends it on."""


class Streams:
    """Places for the answers that one process has under way."""

    def __init__(self, places: int, patience: float) -> None:
        """Have so many places; who gets none within `patience` seconds is told to come again."""
        self._free = places
        self._places = places
        self._patience = patience
        self._streams: set[Stream] = set()
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._next_look = math.inf

    def enter_at_once(self) -> bool:
        """Take a place if there is one."""
        if self._free <= 0 or self._waiting:
            return False
        self._free -= 1
        return True

    async def enter(self) -> None:
        """Take a place, waiting for it. Raises EngineBusy."""
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        self._look()
        try:
            async with asyncio.timeout(self._patience):
                await waiter
        except BaseException as error:
            if waiter.done() and not waiter.cancelled():
                self.leave()
            with contextlib.suppress(ValueError):
                self._waiting.remove(waiter)
            if isinstance(error, TimeoutError):
                raise EngineBusy(self._patience) from None
            raise

    def leave(self, stream: Stream | None = None) -> None:
        """Give a place back, which a stream had if it had begun."""
        if stream is not None:
            self._streams.remove(stream)
        self._free += 1
        while self._free > 0 and self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                self._free -= 1
                waiter.set_result(None)

    def begin(self, stream: Stream) -> None:
        """Note that an answer, which has a place, is on its way."""
        self._streams.add(stream)
        if self._timer is None:
            self._look_in(_LATER)

    def close(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        """End as many answers as wait for a place, if so many lie unread."""
        self.close()
        wanted = len(self._waiting)
        patience = _STALLED_IN_A_CROWD if wanted > self._places else _STALLED
        now = asyncio.get_running_loop().time()
        if now - self._next_look > _LATE:
            self._look_in(_SOON)
            return
        unread = sorted(self._streams, key=lambda stream: stream.unread_since)
        for number, stream in enumerate(unread):
            if now - stream.unread_since >= (patience if number < wanted else _ABANDONED):
                stream.give_way()
        if self._waiting:
            self._look_in(_SOON)
        elif self._streams:
            self._look_in(_LATER)

    def _look_in(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        self._next_look = loop.time() + seconds
        self._timer = loop.call_at(self._next_look, self._look)
