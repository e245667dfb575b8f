"""The opening: web processes start beside the engine, and answer once there is something to say.

Until then connections wait in the kernel's queue. What answers are made from is compared with its
checksums before, files that are given away as they are after it: they can be gigabytes.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

from publisher.release import DamagedRelease, Release
from server.engine.process import EngineFailed, EngineProcess

#: Between two looks at whether the opening has come, in seconds.
_LOOK = 0.005


class Gate:
    """A byte that all processes of a server see: whether it is open."""

    def __init__(self) -> None:
        self._file = os.memfd_create("gate")

    @property
    def path(self) -> Path:
        """Where other processes of the same user find the gate."""
        return Path(f"/proc/{os.getpid()}/fd/{self._file}")

    def open(self) -> None:
        """Let everybody pass, now and later."""
        os.pwrite(self._file, b"1", 0)


def pass_through(gate: Path) -> None:
    """Wait until a gate is open. Raises OSError if the process that made it has ended."""
    with gate.open("rb") as file:
        while not os.pread(file.fileno(), 1, 0):
            time.sleep(_LOOK)


class Opening:
    """Opens a server's gate once its release is checked and its engine answers."""

    def __init__(
        self, release: Release, engine: EngineProcess, announce: Callable[[], None]
    ) -> None:
        """Prepare the opening; `announce` is called, in a thread, when it has come."""
        self.gate = Gate()
        self.failure: str | None = None
        self._release = release
        self._engine = engine
        self._announce = announce

    def begin(self) -> None:
        """Begin, in a thread. If the release cannot be served, `failure` tells and SIGTERM comes.

        So the process must have a handler for that.
        """
        threading.Thread(target=self._open, name="opening", daemon=True).start()

    def _open(self) -> None:
        try:
            self._release.compare(self._release.is_source)
            self._engine.wait_until_ready()
            self.gate.open()
            self._announce()
            self._release.compare(lambda name: not self._release.is_source(name))
        except (DamagedRelease, EngineFailed, OSError) as error:
            self.failure = f"The release is not served: {error}"
            os.kill(os.getpid(), signal.SIGTERM)
