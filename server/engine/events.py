"""Waiting for descriptors of which each has its own callback."""

from __future__ import annotations

import select
from collections.abc import Callable


class Events:
    """An epoll set in which every descriptor has a callback."""

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._callbacks: dict[int, Callable[[], None]] = {}

    def watch(self, descriptor: int, mask: int, callback: Callable[[], None]) -> None:
        """Call `callback` when one of the events of `mask` happens, or a hang-up."""
        self._callbacks[descriptor] = callback
        self._epoll.register(descriptor, mask)

    def unwatch(self, descriptor: int) -> None:
        """Forget a descriptor; to be done before it is closed."""
        self._epoll.unregister(descriptor)
        del self._callbacks[descriptor]

    def wait(self, seconds: float) -> bool:
        """Wait for events and call back; False if none came in time. -1 waits for ever."""
        happened = self._epoll.poll(seconds)
        # Looked up before any is called: a callback may close a descriptor whose number is reused.
        for callback in [self._callbacks[descriptor] for descriptor, _ in happened]:
            callback()
        return bool(happened)
