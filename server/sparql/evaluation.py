"""Having queries evaluated for clients that may hang up, and once for all who ask the same."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable
from pathlib import Path
from typing import Final

from publisher.release import Release
from server.engine import places
from server.engine.async_client import AsyncAnswer, AsyncEngine
from server.engine.errors import ClientGone, EngineError
from server.http.bridge import Receive
from server.http.problems import Problem
from server.sparql import refusals
from server.sparql.flights import Flights
from server.sparql.heads import Source
from server.sparql.protocol import Operation

#: The largest answer that is collected before it is sent, in bytes.
_LARGEST_COLLECTED: Final = 32 * 1024 * 1024


class Evaluation:
    """Evaluates operations on one release, for one event loop."""

    def __init__(self, release: Release, socket: Path | str, width: int) -> None:
        """Evaluate with the engine at `socket`, `width` short queries at once."""
        self._release = release
        self._socket = socket
        self._width = width
        self._engine: AsyncEngine | None = None
        self._flights = Flights()

    async def answer(
        self, key: Hashable, operation: Operation, receive: Receive, *, whole: bool = False
    ) -> tuple[AsyncAnswer | bytes, Source]:
        """Return the answer to an operation: all its bytes if they are there, or if told `whole`.

        Operations with equal keys that overlap are evaluated once. Raises a Problem; ClientGone.
        """
        try:
            answer, source = await self._obtain(key, operation, receive)
            if whole and isinstance(answer, AsyncAnswer):
                answer = await _collect(answer)
            return answer, source
        except ClientGone:
            raise
        except EngineError as error:
            raise refusals.by_engine(error, self._release.limits) from error

    def close(self) -> None:
        """Leave the engine."""
        if self._engine is not None:
            self._engine.close()

    async def _obtain(
        self, key: Hashable, operation: Operation, receive: Receive
    ) -> tuple[AsyncAnswer | bytes, Source]:
        if operation.query.volatile:
            return await self._ask(operation, lambda: hang_up(receive)), Source.PASSING
        flight = self._flights.find(key)
        if flight is not None:
            shared = await flight.join(hang_up(receive))
            if shared is not None:
                return shared, Source.SHARED
            return await self._ask(operation, lambda: hang_up(receive)), Source.EVALUATED
        with self._flights.begin(key) as flight:
            answer = await self._ask(operation, lambda: flight.deserted(hang_up(receive)))
            flight.land(answer if isinstance(answer, bytes) else None)
        return answer, Source.EVALUATED

    async def _ask(
        self, operation: Operation, gone: Callable[[], Awaitable[object]]
    ) -> AsyncAnswer | bytes:
        if self._engine is None:
            limits = self._release.limits
            self._engine = AsyncEngine(
                self._socket,
                limits,
                width=self._width,
                lanes=places.answers(limits),
                base=self._release.publication.base,
            )
        answer = await self._engine.query(
            operation.query,
            accept_form=operation.oxigraph_form,
            default_graphs=operation.default_graphs,
            named_graphs=operation.named_graphs,
            gone=gone,
        )
        return answer if answer.whole is None else answer.whole


async def _collect(answer: AsyncAnswer) -> bytes:
    """Return all bytes of an answer. Raises EngineError, and Problem 505 if they are too many."""
    parts: list[bytes] = []
    size = 0
    try:
        async for data in answer:
            parts.append(data)
            size += len(data)
            if size > _LARGEST_COLLECTED:
                raise Problem(
                    505,
                    "http-version",
                    "Answer too large for HTTP/1.0",
                    "An answer of this size is sent in pieces, which takes HTTP/1.1.",
                )
    finally:
        answer.close()
    return b"".join(parts)


async def hang_up(receive: Receive) -> None:
    """Return when the client has hung up."""
    while (await receive())["type"] != "http.disconnect":
        pass
