"""The bodies of requests: read in time and up to a size, or read away where they are refused."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Final

from publisher.limits import BODY_SECONDS
from server.http.bridge import Receive, Scope

#: How much of a body that is refused is read all the same, in bytes, and for how long, in seconds.
_LARGEST_DISCARDED: Final = 16 * 1024 * 1024
_DISCARD_SECONDS: Final = 2.0
#: Methods whose requests have no body that means anything.
_BODILESS: Final = ("GET", "HEAD", "OPTIONS")


class ClientLeft(Exception):
    """The body of a request broke off: its client hung up, or wrote chunks that are none."""


class BodyTooLarge(Exception):
    """A request's body is larger than it may be."""


async def read(scope: Scope, receive: Receive, largest: int) -> bytes:
    """Return a request's body.

    Raises BodyTooLarge beyond `largest` bytes, TimeoutError beyond BODY_SECONDS, and ClientLeft.
    """
    if scope["method"] in _BODILESS:
        return b""
    async with asyncio.timeout(BODY_SECONDS):
        return await _read(receive, largest)


async def _read(receive: Receive, largest: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        event = await receive()
        if event["type"] == "http.disconnect":
            raise ClientLeft
        part = event.get("body", b"")
        size += len(part)
        if size > largest:
            raise BodyTooLarge
        parts.append(part)
        if not event.get("more_body", False):
            return b"".join(parts)


async def discard(receive: Receive) -> None:
    """Read what is left of a body, up to a size and for a short time only.

    Many clients read no answer before they have sent all.
    """
    left = _LARGEST_DISCARDED
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_DISCARD_SECONDS):
            while left > 0:
                event = await receive()
                left -= len(event.get("body", b""))
                if not event.get("more_body", False):
                    return
