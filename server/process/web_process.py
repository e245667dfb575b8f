"""A web process: what the HTTP server calls in each of the processes that it starts."""

from __future__ import annotations

import logging
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Final

from publisher.limits import Limits
from publisher.release import Release
from server.engine import confinement
from server.limits.clients import Proxies, network
from server.limits.quotas import Quotas
from server.process import opening

if TYPE_CHECKING:
    from server.front import Front

TARGET: Final = f"{__name__}:make"

_RELEASE: Final = "SERVER_RELEASE"
_PUBLIC_URL: Final = "SERVER_PUBLIC_URL"
_ENGINE: Final = "SERVER_ENGINE"
_KIND: Final = "SERVER_ENGINE_KIND"
_PROCESSES: Final = "SERVER_PROCESSES"
_PARENT: Final = "SERVER_PARENT"
_COUNTS: Final = "SERVER_COUNTS"
_PROXIES: Final = "SERVER_PROXIES"
_PROXY_HEADER: Final = "SERVER_PROXY_HEADER"
_GATE: Final = "SERVER_GATE"
_ARCHIVE: Final = "SERVER_ARCHIVE"
_log = logging.getLogger(__name__)


def configure(
    release: Release,
    engine: Path,
    processes: int,
    counts: Path,
    proxies: Proxies,
    gate: Path,
    archive: Path | None,
) -> None:
    """Say what the web processes that are about to be started serve, and how many they are.

    `engine` is the socket of what evaluates queries, `counts` where all of them count what clients
    ask, `proxies` who may stand before clients, `gate` what they wait for before they answer,
    `archive` where earlier releases are.
    """
    os.environ.update(
        {
            _RELEASE: str(release.path),
            _KIND: release.engine,
            _PUBLIC_URL: release.publication.public_url or "",
            _ENGINE: str(engine),
            _PROCESSES: str(processes),
            _PARENT: str(os.getpid()),
            _COUNTS: str(counts),
            _PROXIES: " ".join(map(str, proxies.trusted)),
            _PROXY_HEADER: proxies.header,
            _GATE: str(gate),
            _ARCHIVE: str(archive or ""),
        }
    )


def make() -> Front:
    """Return the ASGI application of this process."""
    # However the parent ends, no web process outlives it; it may have ended before this one began.
    confinement.die_with_parent(signal.SIGKILL, int(os.environ.get(_PARENT) or os.getppid()))
    # Imported here and not by the command line, which shares this module and needs none of it.
    from server.front import Front
    from server.limits.admission import Admission

    processes = int(os.environ[_PROCESSES])
    release = Release.open(
        os.environ[_RELEASE],
        verify=False,
        engine=os.environ.get(_KIND),
        public_url=os.environ.get(_PUBLIC_URL) or None,
    )
    admission = Admission(release.limits, _quotas(release.limits, processes), _proxies())
    archive = os.environ.get(_ARCHIVE)
    front = Front(
        release,
        os.environ[_ENGINE],
        processes=processes,
        admission=admission,
        archive=Path(archive) if archive else None,
    )
    if _GATE in os.environ:
        opening.pass_through(Path(os.environ[_GATE]))
    return front


def _quotas(limits: Limits, processes: int) -> Quotas:
    path = os.environ.get(_COUNTS)
    try:
        return Quotas(limits, Path(path) if path else None, processes)
    except OSError as error:
        _log.warning("each web process counts requests for itself: %s", error)
        return Quotas(limits)


def _proxies() -> Proxies:
    if _PROXIES not in os.environ:
        return Proxies()
    trusted = tuple(map(network, os.environ[_PROXIES].split()))
    return Proxies(trusted, os.environ[_PROXY_HEADER])
