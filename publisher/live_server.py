"""A live server: started for a release on the loopback, asked over HTTP, and ended."""

from __future__ import annotations

import http.client
import itertools
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

_HOST: Final = "127.0.0.1"
_START_SECONDS: Final = 120
_ANSWER_SECONDS: Final = 120
#: Requests that one client makes before the crawler speaks for the next one: fewer than the default
#: bound of a minute. The server takes the word of the loopback on who the client is.
_PER_CLIENT: Final = 400


class ServerFailed(Exception):
    """The server did not start, or gave no answer."""


@dataclass(frozen=True)
class Answer:
    """What a server answered; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def media_type(self) -> str:
        """The media type without parameters, or nothing."""
        return self.headers.get("content-type", "").partition(";")[0].strip()


class Client:
    """Asks one HTTP server, over a kept connection per thread. Redirects are not followed."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ServerFailed(f"{address!r} is no http address")
        self._secure = parts.scheme == "https"
        self._host, self._port = parts.hostname, parts.port
        self.mount = parts.path.rstrip("/")
        self.address = address
        self._local = threading.local()
        self._numbers = itertools.count()
        self._opened: list[http.client.HTTPConnection] = []

    def close(self) -> None:
        """Close all connections; no thread may be asking."""
        for connection in self._opened:
            connection.close()

    def get(self, target: str, accept: str = "") -> Answer:
        """Return the answer for a path with its query string. Raises ServerFailed."""
        client = next(self._numbers) // _PER_CLIENT
        headers = {"X-Forwarded-For": f"127.1.{client // 250 % 250}.{client % 250 + 1}"}
        headers |= {"Accept": accept} if accept else {}
        for again in (True, False):
            connection = self._connection()
            try:
                connection.request("GET", self.mount + target, headers=headers)
                answer = connection.getresponse()
                fields = {name.lower(): value for name, value in answer.getheaders()}
                return Answer(answer.status, fields, answer.read())
            except (http.client.HTTPException, OSError) as error:
                connection.close()
                del self._local.connection
                if not again:
                    raise ServerFailed(f"no answer for {target}: {error}") from error
        raise AssertionError

    def _connection(self) -> http.client.HTTPConnection:
        if not hasattr(self._local, "connection"):
            kind = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
            self._local.connection = kind(self._host, self._port, timeout=_ANSWER_SECONDS)
            self._opened.append(self._local.connection)
        found: http.client.HTTPConnection = self._local.connection
        return found


@contextmanager
def serving(release: Path, archive: Path | None = None) -> Iterator[Client]:
    """Yield a client of a server that serves a release on the loopback. Raises ServerFailed.

    It has the earlier versions in `archive`; none without it, wherever it was started.
    """
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        port = probe.getsockname()[1]
    nowhere = tempfile.TemporaryDirectory(prefix="no-archive-") if archive is None else None
    command = [sys.executable, "-m", "server", "--release", str(release), "--host", _HOST]
    command += ["--archive", nowhere.name if nowhere else str(archive)]
    process = subprocess.Popen(  # noqa: S603
        [*command, "--port", str(port), "--workers", "2"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    said: list[str] = []
    assert process.stderr is not None
    reader = threading.Thread(target=lambda: said.extend(process.stderr or ()), daemon=True)
    reader.start()
    client = Client(f"http://{_HOST}:{port}")
    try:
        _await(client, process, said)
        yield client
    finally:
        client.close()
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(20)
        if process.poll() is None:
            process.kill()
            process.wait()
        reader.join(5)
        process.stderr.close()
        if nowhere:
            nowhere.cleanup()


def _await(client: Client, process: subprocess.Popen[str], said: list[str]) -> None:
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end:
        if process.poll() is not None:
            raise ServerFailed(f"the server ended at once: {''.join(said[-20:]).strip()}")
        with suppress(ServerFailed):
            if client.get("/health").status == 200:
                return
        time.sleep(0.1)
    raise ServerFailed(f"the server gave no answer within {_START_SECONDS} seconds")
