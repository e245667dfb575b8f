"""Serving HTTP: the HTTP server and its web processes, from the opening to the end."""

from __future__ import annotations

import contextlib
import http.client
import multiprocessing
import resource
import signal
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server import Server

from publisher.limits import HEADER_KB, HEADER_SECONDS
from publisher.release import Release
from server import logs
from server.engine.process import EngineProcess
from server.limits import quotas
from server.limits.clients import Proxies
from server.process import web_process
from server.process.opening import Opening
from server.process.socket_address import SocketAddress

#: Connections that one web process serves at once, and that the kernel keeps waiting.
_CONNECTIONS: Final = 10_000
_BACKLOG: Final = 2048
#: How long requests under way may take to finish when the server is told to end, in seconds.
_ENDING_SECONDS: Final = 5


class ServingFailed(Exception):
    """The server ended, or never began, for a reason that is the text."""


def serve(
    release: Release,
    engine: EngineProcess,
    address: SocketAddress,
    processes: int,
    proxies: Proxies,
    archive: Path | None = None,
) -> None:
    """Serve a release at an address until SIGTERM or SIGINT; `archive` has earlier ones.

    Raises ServingFailed.
    """
    # Spawned, not forked: this process has threads.
    multiprocessing.set_start_method("spawn", force=True)
    counts = quotas.path_of(quotas.make(processes))
    opening = Opening(release, engine, lambda: _announce(release, address))
    web_process.configure(
        release, engine.socket, processes, counts, proxies, opening.gate.path, archive
    )
    server = Server(
        web_process.TARGET,
        address=address.host,
        port=address.port,
        interface=Interfaces.ASGI,
        factory=True,
        workers=processes,
        websockets=False,
        # Its header may have 16 MB in HTTP/2, and proxies speak HTTP/1.1 to what is behind them.
        http=HTTPModes.http1,
        backlog=_BACKLOG,
        backpressure=_connections(),
        http1_settings=HTTP1Settings(
            header_read_timeout=HEADER_SECONDS * 1000, max_buffer_size=HEADER_KB * 1024
        ),
        log_level=LogLevels.warning,
        log_dictconfig=logs.CONFIG,
        respawn_failed_workers=True,
        respawn_interval=0.1,
        workers_kill_timeout=_ENDING_SECONDS,
    )
    # When these are called there are handlers for signals.
    server.on_startup(lambda: _heed_signals(server.signal_handler_interrupt))
    server.on_startup(opening.begin)
    try:
        server.serve()
    except OSError as error:
        raise ServingFailed(f"Cannot listen at {address.url}: {error}") from None
    except SystemExit as ending:
        if ending.code and opening.failure is None:
            raise ServingFailed("The web processes ended.") from None
    if opening.failure is not None:
        raise ServingFailed(opening.failure)


def _heed_signals(end: Callable[[], None]) -> None:
    """Have a thread call `end` when a signal comes that ends the server.

    The main thread waits for a lock meanwhile, and was seen to sleep on when one came: Python calls
    handlers in that thread alone, and the kernel may interrupt another.
    """
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)

    def heed() -> None:
        while number := ours.recv(1):
            if number[0] in (signal.SIGTERM, signal.SIGINT):
                end()

    threading.Thread(target=heed, name="signals", daemon=True).start()
    # Kept for as long as the process lives.
    theirs.detach()


def _connections() -> int:
    """Return how many connections a web process may have, and let it have the files for them."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _CONNECTIONS + 500
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return max(wanted - 500, wanted // 2)


def _announce(release: Release, address: SocketAddress) -> None:
    """Print the address once the server answers there, the engine included."""
    while True:
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection(address.reachable, address.port, timeout=5)
            with contextlib.closing(connection):
                connection.request("GET", "/health")
                if connection.getresponse().status == 200:
                    break
        time.sleep(0.05)
    title = release.publication.title
    print(f"{title} {release.version} at {address.url}", flush=True)
