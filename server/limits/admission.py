"""Who may ask now: the limits of one client, before anything of a query is evaluated.

Each request is counted. A query also needs one of the places that a client has; those that a
client asks beyond wait for one in a line of their own, so that they hold up nobody else's.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Final

from publisher.limits import Limits
from server.engine.errors import EngineBusy
from server.http.problems import Problem
from server.limits.clients import Proxies
from server.limits.quotas import Quotas
from server.sparql import refusals

_log = logging.getLogger(__name__)

#: Where in the WSGI environment a front says that it has counted a request and holds its place.
ADMITTED: Final = "server.admitted"
#: Whose requests count, by the names of blueprints: each of them asks for work that grows with the
#: graph. `/sparql` counts for itself, before it reads a body.
COUNTED: Final = frozenset(
    ("graph_store", "graphs", "lists", "lookup", "queries", "reconciliation", "search")
)

#: Senders whose keys one process remembers; it forgets all of them when there are more.
_REMEMBERED: Final = 4096
#: Values of a header with more characters in all are not worth remembering.
_LONG: Final = 200
#: Between two looks at whether a place came free in another process, in seconds.
_LOOK: Final = 0.02


class Admission:
    """Admits the queries of clients to one web process, by counts that all of them share."""

    def __init__(
        self, limits: Limits, quotas: Quotas | None = None, proxies: Proxies | None = None
    ) -> None:
        """Admit by `quotas`; without any, by counts of this process alone."""
        self.proxies = proxies or Proxies()
        self._limits = limits
        self._quotas = quotas or Quotas(limits)
        self._keys: dict[tuple[str, tuple[str, ...]], int] = {}
        self._unnamed: set[int] = set()
        self._lines: dict[int, deque[asyncio.Future[int]]] = {}
        self._looking: asyncio.TimerHandle | None = None
        self._warned = False

    def client(self, peer: str, fields: Sequence[str] = ()) -> int:
        """Return the key of the client that a request is from.

        `fields` are the values of the header that `proxies` reads.
        """
        sender = (peer, tuple(fields))
        key = self._keys.get(sender)
        return self._read(sender) if key is None else key

    def count(self, client: int) -> None:
        """Count a request. Raises Problem 429 if the client has made all it may make for now."""
        seconds = self._quotas.count(client)
        if seconds:
            self._explain(client)
            raise refusals.too_many_requests(self._limits, seconds)

    async def enter(self, client: int) -> int:
        """Take a place for a query, which is to be left; waits for it on the event loop.

        Raises Problem 429 if the client's other queries leave none in time, and Problem 503.
        """
        if client not in self._lines:
            place = self.enter_at_once(client)
            if place is not None:
                return place
        return await self._wait(client)

    def enter_at_once(self, client: int) -> int | None:
        """Take a place for a query; None if the client has all it may have. Raises Problem 503."""
        try:
            return self._quotas.enter(client)
        except IndexError:
            raise refusals.by_engine(EngineBusy(0.0), self._limits) from None

    def leave(self, client: int, place: int) -> None:
        """Give a place back."""
        self._quotas.leave(place)
        if client in self._lines:
            self._serve(client)

    @contextlib.contextmanager
    def held(self, client: int) -> Iterator[None]:
        """Hold a place for a query, waiting for it in a thread. Raises as `enter` does."""
        end = time.monotonic() + self._limits.queue_seconds
        while (place := self.enter_at_once(client)) is None:
            if time.monotonic() > end:
                raise self._too_many(client)
            time.sleep(_LOOK)
        try:
            yield
        finally:
            self._quotas.leave(place)

    def _read(self, sender: tuple[str, tuple[str, ...]]) -> int:
        network = self.proxies.client(*sender)
        key = self._quotas.key(str(network).encode())
        if len(self._keys) >= _REMEMBERED:
            self._keys.clear()
        if sum(map(len, sender[1])) < _LONG:
            self._keys[sender] = key
        if network is None or self.proxies.trusts(network):
            self._unnamed.add(key)
        return key

    async def _wait(self, client: int) -> int:
        waiter: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._lines.setdefault(client, deque()).append(waiter)
        self._look_again()
        try:
            async with asyncio.timeout(self._limits.queue_seconds):
                return await waiter
        except BaseException as error:
            if waiter.done() and not waiter.cancelled():
                self.leave(client, waiter.result())
            if isinstance(error, TimeoutError):
                raise self._too_many(client) from None
            raise

    def _serve(self, client: int) -> None:
        """Give places to those in a client's line, as far as there are any."""
        line = self._lines[client]
        while line:
            if not line[0].done():
                try:
                    place = self._quotas.enter(client)
                except IndexError:
                    place = None
                if place is None:
                    return
                line[0].set_result(place)
            line.popleft()
        del self._lines[client]

    def _look_again(self) -> None:
        """Look now and then for places that other processes give back."""
        if self._looking is None:
            self._looking = asyncio.get_running_loop().call_later(_LOOK, self._look)

    def _look(self) -> None:
        self._looking = None
        for client in list(self._lines):
            self._serve(client)
        if self._lines:
            self._look_again()

    def _too_many(self, client: int) -> Problem:
        self._explain(client)
        return refusals.too_many_queries(self._limits)

    def _explain(self, client: int) -> None:
        """Say once if a proxy, for not telling whom it speaks for, is what met a limit."""
        if client in self._unnamed and not self._warned:
            self._warned = True
            _log.warning(
                "a limit per client was met by an address that is trusted as a proxy: if it is "
                "one, have it name its clients in the header %s",
                self.proxies.header,
            )
