"""`python -m server.engine`: the query engine as a process of its own."""

from __future__ import annotations

import argparse
import contextlib
import os
import socket
import sys
from pathlib import Path

from publisher.release import ENGINES, DamagedRelease, Release
from server.engine import confinement, places
from server.engine.backends import Unavailable, UnknownEngine, backend
from server.engine.host import Host


def main(arguments: list[str] | None = None) -> int:
    """Load a release and serve queries on a Unix socket; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m server.engine",
        description="Load the dataset of a release and answer queries on a Unix socket.",
    )
    parser.add_argument("--release", type=Path, required=True, help="the release's directory")
    parser.add_argument("--socket", type=Path, required=True, help="where to listen")
    parser.add_argument(
        "--lanes", type=int, help="connections at once (default: by the concurrent queries)"
    )
    parser.add_argument("--engine", choices=ENGINES, help="the kind (default: the release's)")
    parser.add_argument("--remote", help="where the remote engine answers queries")
    parser.add_argument("--until-eof", action="store_true", help="end when standard input does")
    parser.add_argument("--no-verify", action="store_true", help="trust the release's files")
    options = parser.parse_args(arguments)
    if options.until_eof:
        confinement.end_with(sys.stdin.fileno())
    try:
        release = Release.open(options.release, verify=not options.no_verify)
        evaluator = backend(options.engine or release.engine, release, options.remote)
    except (DamagedRelease, UnknownEngine, Unavailable, SyntaxError, OSError) as error:
        print(f"The release cannot be loaded: {error}", file=sys.stderr)
        return 1
    confinement.look_at_the_pipe_again()
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        try:
            _listen(listener, options.socket)
        except OSError as error:
            print(f"Cannot listen at {options.socket}: {error}", file=sys.stderr)
            return 1
        Host(
            evaluator,
            listener,
            limits=release.limits,
            federated=bool(release.services),
            lanes=options.lanes or 4 * release.limits.concurrent_queries + places.LOOKUPS,
            lifeline=sys.stdin.fileno() if options.until_eof else None,
        ).run()
    if options.until_eof:
        # Whoever made the directory for the socket may have been killed.
        options.socket.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            options.socket.parent.rmdir()
    return 0


def _listen(listener: socket.socket, path: Path) -> None:
    """Listen at `path`, which appears, or is taken over, in the moment in which that works."""
    unfinished = path.with_name(path.name + ".new")
    unfinished.unlink(missing_ok=True)
    before = os.umask(0o177)
    try:
        listener.bind(str(unfinished))
    finally:
        os.umask(before)
    listener.listen(512)
    unfinished.rename(path)


if __name__ == "__main__":
    sys.exit(main())
