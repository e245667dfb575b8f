"""A connection to a query worker as an event loop sees it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable

from server.engine import errors, packets


class AsyncLane:
    """One connection to a worker, watched by the loop also while it is idle."""

    def __init__(self, connection: socket.socket) -> None:
        self.on_end: Callable[[AsyncLane], None] | None = None
        self._connection = connection
        self._loop = asyncio.get_running_loop()
        self._waiter: asyncio.Future[bytes] | None = None
        self._error: errors.EngineError | None = None
        self._descriptor = connection.fileno()
        self._watched = False
        self._sending: asyncio.Future[None] | None = None
        self._watch()

    async def send(self, messages: list[bytes]) -> None:
        """Send packets. A worker that is gone may have left an obituary: `receive` finds it."""
        with contextlib.suppress(ConnectionError):
            for message in messages:
                try:
                    self._connection.send(message)
                except BlockingIOError:
                    await self._send_when_there_is_room(message)

    async def _send_when_there_is_room(self, message: bytes) -> None:
        self._sending = asyncio.ensure_future(self._loop.sock_sendall(self._connection, message))
        try:
            await self._sending
        except asyncio.CancelledError:
            if self._error is not None:
                raise self._error from None
            raise
        finally:
            self._sending = None

    async def receive(self) -> bytes:
        """Return the next packet, or nothing at the end. Raises what `fail` was called with."""
        if self._error is not None:
            raise self._error
        if not self._watched:
            with contextlib.suppress(BlockingIOError):
                return self._read()
            self._watch()
        self._waiter = self._loop.create_future()
        return await self._waiter

    @property
    def is_closed(self) -> bool:
        """Whether the connection was left, be it that somebody failed it after its last packet."""
        return self._connection.fileno() < 0

    def fail(self, error: errors.EngineError) -> None:
        """Leave the connection and have the one who waits for it get `error`."""
        self._error = error
        waiter = self._waiter
        self.close()
        if waiter is not None and not waiter.done():
            waiter.set_exception(error)

    def close(self) -> None:
        """Leave the connection: the worker is ended with what it does."""
        self._unwatch()
        self._waiter = None
        if self._sending is not None:
            # Closing the connection would leave it waiting for ever.
            self._sending.cancel()
        self._connection.close()

    def _readable(self) -> None:
        waiter = self._waiter
        if waiter is None:
            # Nobody waits. An idle worker has nothing to say but its last word.
            if self.on_end is not None:
                self.on_end(self)
                self.close()
            else:
                self._unwatch()
            return
        try:
            packet = self._read()
        except BlockingIOError:
            return
        self._waiter = None
        if not waiter.done():
            waiter.set_result(packet)

    def _read(self) -> bytes:
        for _ in range(2):
            try:
                return packets.receive(self._connection)
            except ConnectionError:
                # Reported once, before what was sent: that can still be read.
                continue
        return b""

    def _watch(self) -> None:
        self._watched = True
        self._loop.add_reader(self._descriptor, self._readable)

    def _unwatch(self) -> None:
        if self._watched:
            self._watched = False
            self._loop.remove_reader(self._descriptor)
