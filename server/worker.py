"""A web process: what the HTTP server calls in each of the processes that it starts."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Final

from publisher.limits import Limits
from publisher.release import Release
from server import front
from server.engine import confinement
from server.engine.client import LOOKUP_LANES
from server.front import Front

TARGET: Final = f"{__name__}:make"

_RELEASE: Final = "SERVER_RELEASE"
_ENGINE: Final = "SERVER_ENGINE"
_WORKERS: Final = "SERVER_WORKERS"
_PARENT: Final = "SERVER_PARENT"


def configure(release: Path, engine: Path, workers: int) -> None:
    """Say what the web processes that are about to be started serve, and how many they are."""
    os.environ.update(
        {
            _RELEASE: str(release),
            _ENGINE: str(engine),
            _WORKERS: str(workers),
            _PARENT: str(os.getpid()),
        }
    )


def lanes(limits: Limits) -> int:
    """Return how many connections to the engine one web process may have, its pages' included."""
    return front.lanes(limits) + limits.concurrent_queries + LOOKUP_LANES


def make() -> Front:
    """Return the ASGI application of this process."""
    # However the parent ends, no web process outlives it; it may have ended before this one began.
    confinement.die_with_parent(signal.SIGKILL, int(os.environ.get(_PARENT) or os.getppid()))
    workers = int(os.environ[_WORKERS])
    width = max(1, (os.cpu_count() or 1) // workers)
    release = Release.open(os.environ[_RELEASE], verify=False)
    return Front(release, os.environ[_ENGINE], width=width)
