"""Starting the engine as a child process, and starting it again if it dies."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Final

from publisher.release import Release

#: The socket's name in its private directory.
_SOCKET: Final = "engine.sock"
#: How many bytes the socket's path may have: 108 hold it with a zero (unix(7)) and with the ".new"
#: that it is called until it listens.
_LONGEST_PATH: Final = 103
#: Between the death of an engine and the next start, in seconds; doubled each time it dies young.
_PAUSE: Final = 0.2
_LONGEST_PAUSE: Final = 30.0
_YOUNG_SECONDS: Final = 60.0
#: Between two looks at whether the socket is still there, in seconds.
_LOOK: Final = 1.0


class EngineFailed(Exception):
    """The engine could not be started; what it said has gone to standard error."""

    def __init__(self, exit_code: int) -> None:
        super().__init__(f"the query engine ended with exit code {exit_code} while it started")
        self.exit_code = exit_code


class EngineProcess:
    """The engine of one release as a child process, kept running until `stop`.

    The child's standard input is a pipe whose other end this process holds: however this process
    ends, the pipe ends with it, and so do the engine and its workers.
    """

    def __init__(
        self,
        release: Path,
        *,
        engine: str | None = None,
        remote: str | None = None,
        verify: bool = True,
        lanes: int | None = None,
    ) -> None:
        """Start the engine of the release in a directory.

        `engine` is its kind, if not the one that the release asks for, `remote` the address that
        such a kind asks; `lanes` bounds the
        connections; without `verify` the release's checksums are taken to be right.
        """
        self._directory = _private_directory()
        self.socket = self._directory / _SOCKET
        self._command = [sys.executable, "-m", "server.engine", "--until-eof"]
        self._command += ["--release", str(release), "--socket", str(self.socket)]
        if engine is not None:
            self._command += ["--engine", engine]
        if remote is not None:
            self._command += ["--remote", remote]
        if not verify:
            self._command.append("--no-verify")
        if lanes is not None:
            self._command += ["--lanes", str(lanes)]
        self._stopping = threading.Event()
        self._changing = threading.Lock()
        self._process = self._start()
        self._watcher = threading.Thread(target=self._watch, name="engine watcher", daemon=True)

    def wait_until_ready(self, seconds: float | None = None) -> None:
        """Wait until the engine listens, and keep it running from then on.

        Raises EngineFailed if it ends before, and TimeoutError.
        """
        end = None if seconds is None else time.monotonic() + seconds
        while not self.socket.exists():
            code = self._process.poll()
            if code is not None:
                self.stop()
                raise EngineFailed(code)
            if end is not None and time.monotonic() > end:
                self.stop()
                raise TimeoutError("the query engine took too long to start")
            time.sleep(0.01)
        self._watcher.start()

    @property
    def pid(self) -> int:
        """The process id of the engine that runs now."""
        return self._process.pid

    def stop(self) -> None:
        """End the engine and its workers, and wait for that."""
        self._stopping.set()
        with self._changing:
            if self._process.stdin is not None:
                self._process.stdin.close()
            self._process.wait()
            shutil.rmtree(self._directory, ignore_errors=True)

    def _start(self) -> subprocess.Popen[bytes]:
        # A session of its own keeps a terminal's Ctrl-C from it: it ends when its input does.
        self._directory.mkdir(mode=0o700, exist_ok=True)
        home = str(Path(__file__).parents[2])
        path = os.pathsep.join(filter(None, (home, os.environ.get("PYTHONPATH"))))
        return subprocess.Popen(  # noqa: S603
            self._command,
            stdin=subprocess.PIPE,
            start_new_session=True,
            env={**os.environ, "PYTHONPATH": path},
        )

    def _wait(self, *, listened: bool) -> int:
        """Wait for the engine's end, and end it if nobody can reach it any more.

        `listened` says that its socket has been there; an engine that loads has none yet.
        """
        while True:
            try:
                return self._process.wait(_LOOK)
            except subprocess.TimeoutExpired:
                # Temporary directories are tidied up by others; but a graph takes time to load.
                there = self.socket.exists()
                if listened and not there and self._process.stdin is not None:
                    self._process.stdin.close()
                listened = listened or there

    def _watch(self) -> None:
        pause = _PAUSE
        listened = True
        while True:
            born = time.monotonic()
            code = self._wait(listened=listened)
            if self._stopping.is_set():
                return
            print(
                f"The query engine ended with exit code {code}; starting it again.", file=sys.stderr
            )
            pause = _PAUSE if time.monotonic() - born > _YOUNG_SECONDS else pause * 2
            if self._process.stdin is not None:
                self._process.stdin.close()
            while not self._restarted(min(pause, _LONGEST_PAUSE)):
                if self._stopping.is_set():
                    return
            listened = False

    def _restarted(self, pause: float) -> bool:
        """Start the engine again after a pause; False if it could not be, or is to stop."""
        if self._stopping.wait(pause):
            return False
        # Whoever stops it meanwhile must find the one that is to be stopped.
        with self._changing:
            if self._stopping.is_set():
                return False
            try:
                self._process = self._start()
            except OSError as error:
                print(f"The query engine cannot be started: {error}", file=sys.stderr)
                return False
        return True


def start(release: Release) -> Path:
    """Start an engine that lives as long as this process; return its socket once it listens.

    Raises EngineFailed.
    """
    process = EngineProcess(release.path, verify=False)
    process.wait_until_ready()
    atexit.register(process.stop)
    return process.socket


def _private_directory() -> Path:
    """Make a directory of our own for the socket: in TMPDIR, unless a socket's path gets too long.

    Raises FileNotFoundError if there is no directory for temporary files at all.
    """
    directory = Path(tempfile.mkdtemp(prefix="sparql-"))
    if len(os.fsencode(directory / _SOCKET)) <= _LONGEST_PATH:
        return directory
    directory.rmdir()
    return Path(tempfile.mkdtemp(prefix="sparql-", dir="/tmp"))
