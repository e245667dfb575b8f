"""What query workers evaluate with: one module for each kind of engine."""

from __future__ import annotations

from typing import IO, Protocol

from publisher.release import ENGINES, Release
from server.engine.packets import Request


class Backend(Protocol):
    """Evaluates queries. It is made in the host, before any worker is forked, without threads."""

    #: How many files a confined worker may still open, sockets included.
    descriptors: int

    def open(self) -> None:
        """Get ready in a worker: after the fork, before it is confined. Raises OSError."""

    def evaluate(self, request: Request, writer: IO[bytes]) -> None:
        """Write the serialised answer to a query.

        Raises SyntaxError for a query that does not parse; ValueError, OSError or RuntimeError for
        one that cannot be evaluated; Unavailable; MemoryError; and whatever `writer` raises.
        """

    def check(self, text: str, base: str | None) -> None:
        """Parse a query and evaluate nothing. Raises SyntaxError."""


class Unavailable(Exception):
    """What the backend evaluates with is elsewhere, and not there now: asking again may help."""


class UnknownEngine(Exception):
    """A release asks for a kind of engine that this program does not have."""


def backend(kind: str, release: Release, remote: str | None = None) -> Backend:
    """Make the backend of a kind (one of `ENGINES`) for a release.

    `remote` is the address of the remote engine, if not the one that the release says. Raises
    UnknownEngine; SyntaxError and OSError for a dataset that cannot be loaded; Unavailable.
    """
    # Each imports what only it needs.
    match kind:
        case "memory":
            from server.engine.backends.memory import Memory

            return Memory.of(release)
        case "disk":
            from server.engine.backends.disk import Disk

            return Disk.of(release)
        case "remote":
            from server.engine.backends.remote import Remote

            return Remote.of(release, remote)
    raise UnknownEngine(f"there is no engine '{kind}'; there are: {', '.join(ENGINES)}")
