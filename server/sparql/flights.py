"""Queries under way that several clients wait for: evaluated once, for the first who asked.

The others get what the first gets, its error too. Who hangs up leaves alone; the query is given up
when nobody waits any more.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Hashable
from types import TracebackType

from server.engine.errors import ClientGone, EngineError

#: All bytes of an answer; an error; or None where the others have to ask for themselves.
Outcome = bytes | EngineError | None


class Flights:
    """The flights of one event loop, by request."""

    def __init__(self) -> None:
        self._under_way: dict[Hashable, Flight] = {}

    def find(self, key: Hashable) -> Flight | None:
        """Return the flight to join, if there is one for this request."""
        return self._under_way.get(key)

    def begin(self, key: Hashable) -> Flight:
        """Return a new flight, which others may join until its context is left."""
        flight = self._under_way[key] = Flight(self, key)
        return flight

    def end(self, key: Hashable) -> None:
        """Have nobody join a flight any more."""
        del self._under_way[key]


class Flight:
    """One evaluation: a context for the one who evaluates, and what the others wait for."""

    def __init__(self, flights: Flights, key: Hashable) -> None:
        self._flights = flights
        self._key = key
        self._whole: bytes | None = None
        self._waiting: set[asyncio.Future[Outcome]] = set()
        self._alone: asyncio.Future[None] | None = None

    def __enter__(self) -> Flight:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._flights.end(self._key)
        outcome: Outcome = self._whole
        if isinstance(error, EngineError) and not isinstance(error, ClientGone):
            outcome = error
        for waiter in self._waiting:
            if not waiter.done():
                waiter.set_result(outcome)

    def land(self, whole: bytes | None) -> None:
        """Set what the others get: all bytes of the answer, or None if it comes in pieces."""
        self._whole = whole

    async def deserted(self, gone: Awaitable[object]) -> None:
        """Return when nobody waits: the client of the one who evaluates is `gone`, and no others.

        The awaitable `gone` ends when that client has hung up.
        """
        await gone
        while self._waiting:
            self._alone = asyncio.get_running_loop().create_future()
            await self._alone

    async def join(self, gone: Awaitable[object]) -> bytes | None:
        """Wait for the outcome, or until one's own client is `gone`.

        Returns None where one has to evaluate for oneself. Raises EngineError; ClientGone.
        """
        waiter: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting.add(waiter)
        left = asyncio.ensure_future(gone)
        try:
            await asyncio.wait((waiter, left), return_when=asyncio.FIRST_COMPLETED)
            if not waiter.done():
                raise ClientGone("the client hung up")
            outcome = waiter.result()
        finally:
            left.cancel()
            self._waiting.discard(waiter)
            if not self._waiting and self._alone is not None and not self._alone.done():
                self._alone.set_result(None)
        if isinstance(outcome, EngineError):
            raise outcome
        return outcome
