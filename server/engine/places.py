"""How many connections to the engine a web process may have, and what for."""

from __future__ import annotations

from typing import Final

from publisher.limits import Limits

#: For the server's own look-ups, which no query of a client can take.
LOOKUPS: Final = 8


def answers(limits: Limits) -> int:
    """Return how many answers one process should be able to have under way on its event loop.

    More than queries may run at once: an answer that waits for its reader runs no query.
    """
    return 2 * limits.concurrent_queries + 8


def of_process(limits: Limits) -> int:
    """Return how many connections one web process may have, its pages' included."""
    return answers(limits) + limits.concurrent_queries + LOOKUPS
