"""Who may query next: few young queries at once, any number of old ones up to a bound."""

from __future__ import annotations

import asyncio
from collections import deque

from server.engine.errors import EngineBusy


class Turns:
    """Gives out turns in the order of asking.

    A turn is young until it says otherwise. At most `width` are young at once and `most` exist; who
    gets none within `patience` seconds is told that the engine is busy.
    """

    def __init__(self, width: int, most: int, patience: float) -> None:
        self._width = width
        self._most = most
        self._patience = patience
        self._young = 0
        self._taken = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def take(self) -> Turn:
        """Wait for a turn. Raises EngineBusy."""
        if self._is_free():
            self._young += 1
            self._taken += 1
            return Turn(self)
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[None] = loop.create_future()
        self._waiting.append(waiter)
        timer = loop.call_later(self._patience, self._turn_away, waiter)
        try:
            await waiter
        except BaseException:
            if waiter in self._waiting:
                self._waiting.remove(waiter)
            elif waiter.done() and not waiter.cancelled() and waiter.exception() is None:
                self.end(young=True)
            raise
        finally:
            timer.cancel()
        return Turn(self)

    def grow_up(self) -> None:
        """Note that a young turn has become an old one."""
        self._young -= 1
        self._let_in()

    def end(self, *, young: bool) -> None:
        """Note that a turn has ended, which was young or not."""
        self._taken -= 1
        self._young -= young
        self._let_in()

    def _is_free(self) -> bool:
        return self._young < self._width and self._taken < self._most

    def _let_in(self) -> None:
        while self._waiting and self._is_free():
            waiter = self._waiting.popleft()
            if not waiter.done():
                self._young += 1
                self._taken += 1
                waiter.set_result(None)

    def _turn_away(self, waiter: asyncio.Future[None]) -> None:
        if not waiter.done():
            waiter.set_exception(EngineBusy(self._patience))


class Turn:
    """The right to run one query."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self._young = True
        self._held = True

    def grow_up(self) -> None:
        """Count as old from now on."""
        if self._held and self._young:
            self._young = False
            self._turns.grow_up()

    def give_back(self) -> None:
        """Let the next one have its turn."""
        if self._held:
            self._held = False
            self._turns.end(young=self._young)
