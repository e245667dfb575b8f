"""Ending a query that a thread waits for, from outside of that thread."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Final

from server.engine.errors import ClientGone

#: Where in the WSGI environment a front puts the Cancellation of the request's query.
CANCELLATION: Final = "server.cancellation"


class Cancellation:
    """Whether a query is still wanted. Any thread may call `cancel`, once or several times."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cancelled = False
        self._lane: socket.socket | None = None

    def cancel(self) -> None:
        """Hang up on the worker that has the query, now or as soon as there is one."""
        with self._lock:
            self._cancelled = True
            if self._lane is not None:
                with contextlib.suppress(OSError):
                    self._lane.shutdown(socket.SHUT_RDWR)

    @contextlib.contextmanager
    def watching(self, lane: socket.socket) -> Iterator[None]:
        """Have `cancel` hang up on `lane` meanwhile. Raises ClientGone if it has been called."""
        self._set(lane)
        try:
            yield
        finally:
            self._set(None)

    def _set(self, lane: socket.socket | None) -> None:
        with self._lock:
            self._lane = lane
            if self._cancelled:
                raise ClientGone("the client hung up")
