"""The dataset in a store on disk: each worker opens it, and all share the kernel's copy of it."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from pyoxigraph import Store

from publisher import store
from publisher.progress import Progress
from publisher.release import STORE, Release
from server.engine import confinement, seccomp
from server.engine.backends.oxigraph import Oxigraph


class Disk(Oxigraph):
    """Evaluates on a store on disk."""

    def __init__(self, place: Path, *, union: bool, federated: bool) -> None:
        """Evaluate on the store in the directory `place`; `federated` queries call others."""
        super().__init__(Store(), union=union)
        self._place = place
        self._federated = federated

    @classmethod
    def of(cls, release: Release) -> Disk:
        """Make sure that a release has its store and that it can be used; build it if need be.

        Raises OSError if that failed; why has gone to standard error.
        """
        place = release.path / STORE
        backend = cls(
            place, union=release.default_graph == "union", federated=bool(release.services)
        )
        backend._try(release)
        return backend

    def open(self) -> None:
        """Open the store. Raises OSError.

        Oxigraph opens the first sixteen tables of a store at once and others when they are needed.
        If there are more, the worker keeps as many descriptors and has the kernel refuse whatever
        else they could be used for.
        """
        self._store = Store.read_only(str(self._place))
        missing = len(list(self._place.glob("*.sst"))) - _tables_open(self._place)
        if missing > 0:
            seccomp.refuse_all_but_reading(calling=self._federated)
            self.descriptors = missing

    def _try(self, release: Release) -> None:
        """Build and open the store in a process of its own: RocksDB starts threads."""
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                confinement.restore_signals()
                confinement.die_with_parent(signal.SIGKILL, parent)
                store.ensure(release, Progress())
                self.open()
                code = 0
            except BaseException as error:
                print(f"{self._place}: {error}", file=sys.stderr, flush=True)
            finally:
                os._exit(code)
        _, status = os.waitpid(pid, 0)
        if status != 0:
            raise OSError(
                f"the store in {self._place} can neither be opened nor built; if it is there, "
                "remove it to have it built again"
            )


def _tables_open(place: Path) -> int:
    """Return how many tables of a store this process has open."""
    count = 0
    for entry in Path("/proc/self/fd").iterdir():
        # One of them is the directory's own, which is closed by then.
        try:
            target = entry.readlink()
        except FileNotFoundError:
            continue
        count += target.suffix == ".sst" and target.parent == place.resolve()
    return count
