"""The command line of the server: checks the release, starts the engine, then the web processes."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from publisher.archive import DEFAULT_ARCHIVE, Archive
from publisher.release import ENGINES, DamagedRelease, Release
from publisher.remote import RemoteError, check_address
from server.engine import places
from server.engine.process import EngineProcess
from server.limits import clients
from server.process.socket_address import SocketAddress

EXIT_FINE: Final = 0
EXIT_FAILED: Final = 1
EXIT_USAGE: Final = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve a release until SIGTERM or SIGINT; return the exit code.

    0: told to end; 1: the release is damaged, or the address cannot be had; 2: wrong use.
    """
    options = _parser().parse_args(arguments)
    try:
        release = Release.open(
            options.release, verify=False, engine=options.engine, public_url=options.public_url
        )
    except DamagedRelease as error:
        return _fail(f"The release is not served: {error}")
    try:
        archive = _archive(options.archive)
    except DamagedRelease as error:
        return _fail(f"The archive is not served: {error}")
    address = SocketAddress(options.host, options.port)
    reason = address.taken()
    if reason is not None:
        return _fail(f"Cannot listen at {address.url}: {reason}")
    engine = EngineProcess(
        release.path,
        engine=release.engine,
        remote=options.remote,
        verify=False,
        lanes=options.workers * places.of_process(release.limits),
    )
    try:
        # Imported while the engine loads: the HTTP server is large.
        from server.process.serving import ServingFailed, serve

        trusted = tuple(options.trusted_proxy or clients.LOOPBACK)
        proxies = clients.Proxies(trusted, options.proxy_header)
        try:
            serve(release, engine, address, options.workers, proxies, archive)
        except ServingFailed as error:
            return _fail(str(error))
        return EXIT_FINE
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
    parser.add_argument(
        "--archive",
        type=Path,
        metavar="DIR",
        help="earlier releases to serve as well, each in a folder named by its version (default: "
        f"{DEFAULT_ARCHIVE}, where it is)",
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
        "--public-url",
        metavar="URL",
        type=_public_url,
        help="where the world finds this server (default: what publication.toml said, else the"
        " base); what was written into the release when it was built keeps its addresses",
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


def _archive(chosen: Path | None) -> Path | None:
    """Return where earlier releases are, None for nowhere. Raises DamagedRelease."""
    if chosen is None and not DEFAULT_ARCHIVE.is_dir():
        return None
    folder = (chosen or DEFAULT_ARCHIVE).resolve()
    if not folder.is_dir():
        raise DamagedRelease(f"there is no folder {folder}")
    Archive(folder).releases()
    return folder


def _address(text: str) -> str:
    try:
        return check_address("remote", text)
    except RemoteError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _public_url(text: str) -> str:
    parts = urlsplit(text)
    sound = parts.scheme in ("http", "https") and parts.hostname and text.isprintable()
    if not sound or set(text) & set(' ?#@<>"{}|\\^`'):
        raise argparse.ArgumentTypeError(
            f"{text!r} is no http(s) address that paths can stand behind, as https://example.org/kg"
        )
    return text


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
