"""A Virtuoso of Debian's for tests: on the loopback, in a directory that is thrown away."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import pytest

from publisher.cli import main

PROGRAM = "virtuoso-t"
USER = PASSWORD = "dba"  # what a new database has

_SETTINGS = """
[Database]
DatabaseFile = virtuoso.db
ErrorLogFile = virtuoso.log
LockFile = virtuoso.lck
TransactionFile = virtuoso.trx
xa_persistent_file = virtuoso.pxa
FileExtend = 200
MaxCheckpointRemap = 2000
TempStorage = TempDatabase
[TempDatabase]
DatabaseFile = virtuoso-temp.db
TransactionFile = virtuoso-temp.trx
MaxCheckpointRemap = 2000
[Parameters]
ServerPort = 127.0.0.1:{sql_port}
DisableUnixSocket = 1
MaxClientConnections = 40
CheckpointInterval = 0
CaseMode = 2
DirsAllowed = ., {directory}
NumberOfBuffers = {buffers}
MaxDirtyBuffers = {dirty}
MaxQueryMem = 512M
ThreadsPerQuery = 2
AsyncQueueMaxThreads = 2
[HTTPServer]
ServerPort = 127.0.0.1:{port}
ServerRoot = .
MaxClientConnections = 40
ServerThreads = 40
Charset = UTF-8
[SPARQL]
ResultSetMaxRows = {rows}
MaxQueryCostEstimationTime = 0
MaxQueryExecutionTime = 3600
"""


@dataclass(frozen=True)
class Virtuoso:
    """A running Virtuoso; it may read `directory`."""

    port: int
    sql_port: int
    directory: Path
    pid: int

    @property
    def query(self) -> str:
        """Where it answers queries."""
        return f"http://127.0.0.1:{self.port}/sparql"

    @property
    def addresses(self) -> list[str]:
        """The options of `publisher push` for it."""
        return [
            *("--query", self.query),
            *("--update", f"{self.query}-auth"),
            *("--graph-store", f"http://127.0.0.1:{self.port}/sparql-graph-crud-auth"),
            *("--isql", f"127.0.0.1:{self.sql_port}"),
            *("--load-directory", str(self.directory)),
        ]


@contextmanager
def running(directory: Path, *, buffers: int = 20_000, rows: int = 2**31 - 1) -> Iterator[Virtuoso]:
    """Start a Virtuoso with an empty database in a directory; `buffers` are of 8 kB each.

    It gives no more than `rows` rows. Skips the test where the program is missing.
    """
    if shutil.which(PROGRAM) is None:
        pytest.skip(f"{PROGRAM} is not installed (Debian: virtuoso-opensource-7)")
    port, sql_port = free_ports(2)
    settings = directory / "virtuoso.ini"
    settings.write_text(
        _SETTINGS.format(
            port=port,
            sql_port=sql_port,
            directory=directory,
            buffers=buffers,
            dirty=buffers * 3 // 4,
            rows=rows,
        )
    )
    with (directory / "output.log").open("wb") as output:
        process = subprocess.Popen(
            [PROGRAM, "+foreground", "+configfile", str(settings)],
            cwd=directory,
            stdout=output,
            stderr=output,
        )
        try:
            virtuoso = Virtuoso(port, sql_port, directory, process.pid)
            _wait(virtuoso, process)
            yield virtuoso
        finally:
            # Its data are thrown away: there is nothing that it would have to write down.
            process.kill()
            process.wait(30)


@dataclass(frozen=True)
class Pushed:
    """What came of a push."""

    code: int
    said: str
    complained: str


def push(release: Path, addresses: list[str], *options: str) -> str:
    """Push a release with the credentials of a new database; return what was said."""
    pushed = pushing(release, addresses, *options)
    assert pushed.code == 0, pushed.said + pushed.complained
    return pushed.said


def pushing(release: Path, addresses: list[str], *options: str, password: str = PASSWORD) -> Pushed:
    """Push a release, which may fail; in this process, since starting one takes longer."""
    said, complained = io.StringIO(), io.StringIO()
    credentials = {"SPARQL_STORE_USER": USER, "SPARQL_STORE_PASSWORD": password}
    with (
        mock.patch.dict(os.environ, credentials),
        contextlib.redirect_stdout(said),
        contextlib.redirect_stderr(complained),
    ):
        code = main(["push", "--release", str(release), *addresses, *options])
    return Pushed(code, said.getvalue(), complained.getvalue())


def free_ports(count: int) -> list[int]:
    """Return ports on which nobody listens."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def _wait(virtuoso: Virtuoso, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{virtuoso.query}?query=ASK%7B%7D", timeout=5) as reply:
                reply.read()
                return
        except OSError:
            time.sleep(0.1)
    log = (virtuoso.directory / "output.log").read_text(errors="replace")
    pytest.fail(f"Virtuoso did not start: {log[-2000:]}")
