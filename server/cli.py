"""The command line of the server: checks the release, starts the engine, then the web processes."""

from __future__ import annotations

import argparse
import contextlib
import errno
import http.client
import multiprocessing
import os
import resource
import socket
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server import Server

from publisher.limits import HEADER_KB, HEADER_SECONDS
from publisher.release import ENGINES, DamagedRelease, Release
from publisher.remote import RemoteError, check_address
from server import clients, logs, quotas, web_process
from server.engine.process import EngineFailed, EngineProcess

EXIT_FINE: Final = 0
EXIT_FAILED: Final = 1
EXIT_USAGE: Final = 2

#: Connections that one web process serves at once, and that the kernel keeps waiting.
_CONNECTIONS: Final = 10_000
_BACKLOG: Final = 2048
#: How long requests under way may take to finish when the server is told to end, in seconds.
_ENDING_SECONDS: Final = 5


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve a release until SIGTERM or SIGINT; return the exit code.

    0: told to end; 1: the release is damaged, or the address cannot be had; 2: wrong use.
    """
    options = _parser().parse_args(arguments)
    try:
        release = Release.open(options.release)
    except DamagedRelease as error:
        return _fail(f"The release is not served: {error}")
    reason = _not_free(options.host, options.port)
    if reason is not None:
        return _fail(f"Cannot listen at http://{_authority(options)}/: {reason}")
    try:
        engine = EngineProcess(
            release.path,
            engine=options.engine,
            remote=options.remote,
            verify=False,
            lanes=options.workers * web_process.lanes(release.limits),
        )
        engine.wait_until_ready()
    except EngineFailed as error:
        return _fail(f"The release is not served: {error}")
    try:
        return _serve(release, engine, options)
    finally:
        engine.stop()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m server",
        description="Serve a release over HTTP: pages, linked data, dumps and SPARQL.",
        epilog="Exit codes: 0 told to end, 1 cannot serve, 2 wrong use.",
    )
    parser.add_argument(
        "--release",
        type=Path,
        required=True,
        metavar="DIR",
        help="the release, as 'python -m publisher build' makes it",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen at (%(default)s)")
    parser.add_argument(
        "--port", type=_port, default=8000, metavar="N", help="port to listen at (%(default)s)"
    )
    parser.add_argument(
        "--workers",
        type=_workers,
        default=max(2, min(4, os.cpu_count() or 1)),
        metavar="N",
        help="web processes; all share one copy of the graph (%(default)s)",
    )
    parser.add_argument(
        "--engine",
        choices=ENGINES,
        help="what evaluates queries (default: what publication.toml said when it was built)",
    )
    parser.add_argument(
        "--remote",
        metavar="URL",
        type=_address,
        help="where the remote engine answers queries (default: what publication.toml said)",
    )
    parser.add_argument(
        "--trusted-proxy",
        type=_network,
        action="append",
        metavar="ADDRESS",
        help="address or network whose word on who the client is counts, instead of the loopback's;"
        " may be given several times",
    )
    parser.add_argument(
        "--proxy-header",
        choices=(clients.X_FORWARDED_FOR, clients.FORWARDED),
        default=clients.X_FORWARDED_FOR,
        help="the header in which proxies name the client (%(default)s)",
    )
    return parser


def _serve(release: Release, engine: EngineProcess, options: argparse.Namespace) -> int:
    # Spawned, not forked: this process has threads.
    multiprocessing.set_start_method("spawn", force=True)
    counts = quotas.path_of(quotas.make(options.workers))
    trusted = tuple(options.trusted_proxy or clients.LOOPBACK)
    proxies = clients.Proxies(trusted, options.proxy_header)
    web_process.configure(release.path, engine.socket, options.workers, counts, proxies)
    server = Server(
        web_process.TARGET,
        address=options.host,
        port=options.port,
        interface=Interfaces.ASGI,
        factory=True,
        workers=options.workers,
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
    announcer = threading.Thread(target=_announce, args=(release, options), daemon=True)
    announcer.start()
    try:
        server.serve()
    except OSError as error:
        return _fail(f"Cannot listen at http://{_authority(options)}/: {error}")
    except SystemExit as ending:
        return EXIT_FAILED if ending.code else EXIT_FINE
    return EXIT_FINE


def _connections() -> int:
    """Return how many connections a web process may have, and let it have the files for them."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _CONNECTIONS + 500
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return max(wanted - 500, wanted // 2)


def _announce(release: Release, options: argparse.Namespace) -> None:
    """Print the address once the server answers there, the engine included."""
    while True:
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection(
                _reachable(options.host), options.port, timeout=5
            )
            with contextlib.closing(connection):
                connection.request("GET", "/health")
                if connection.getresponse().status == 200:
                    break
        time.sleep(0.05)
    title = release.publication.title
    print(f"{title} {release.version} at http://{_authority(options)}/", flush=True)


def _not_free(host: str, port: int) -> str | None:
    """Return why nobody can listen at an address, or None."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen(1)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return "another program listens there; choose another port with --port"
        return str(error.strerror or error)
    return None


def _reachable(host: str) -> str:
    """Return an address at which this machine reaches a server that listens at `host`."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104


def _authority(options: argparse.Namespace) -> str:
    host = f"[{options.host}]" if ":" in options.host else options.host
    return f"{host}:{options.port}"


def _address(text: str) -> str:
    try:
        return check_address("remote", text)
    except RemoteError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _port(text: str) -> int:
    return _between(text, 1, 65535)


def _workers(text: str) -> int:
    return _between(text, 1, 256)


def _between(text: str, least: int, most: int) -> int:
    if not text.isdecimal() or not least <= int(text) <= most:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from {least} to {most}")
    return int(text)


def _network(text: str) -> clients.Network:
    try:
        return clients.network(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _fail(message: str) -> int:
    print(message, file=sys.stderr, flush=True)
    return EXIT_FAILED
