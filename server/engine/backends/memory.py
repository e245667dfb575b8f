"""The dataset in memory: loaded once by the host, shared by the workers that it forks.

Oxigraph counts references in the nodes of the graph, also when it only reads. So a worker gets a
copy of its own of each page of nodes that its queries pass over: with time, of up to two thirds.
"""

from __future__ import annotations

import sys
from typing import Final

from pyoxigraph import Store

from publisher import store
from publisher.progress import Progress
from publisher.release import Release
from server.engine.backends.oxigraph import Oxigraph
from server.engine.confinement import kilobytes

#: A dump of fewer bytes is loaded without telling how far it is.
_SMALL: Final = 64 * 1024 * 1024
#: The part of the graph that a worker may come to copy (measured after a query over everything).
_COPIED: Final = 0.65


class Memory(Oxigraph):
    """Evaluates on a store in memory."""

    @classmethod
    def of(cls, release: Release) -> Memory:
        """Load a release. Raises SyntaxError for a broken dataset, and OSError."""
        loaded = Store()
        small = release.dataset_path.stat().st_size < _SMALL
        store.fill(loaded, release, Progress(quiet=small))
        if not small:
            _tell_what_may_come(release.limits.concurrent_queries)
        return cls(loaded, union=release.default_graph == "union")


def _tell_what_may_come(workers: int) -> None:
    """Warn if the machine has less memory than all workers may come to have."""
    graph = kilobytes("/proc/self/status", "VmRSS")
    most = int(graph * _COPIED * workers)
    available = kilobytes("/proc/meminfo", "MemAvailable")
    if most > available:
        print(
            f"note: the graph takes {graph // 1024:,} MB, and {workers} queries at once may copy "
            f"{most // 1024:,} MB of it, but {available // 1024:,} MB are available; have less "
            'concurrent_queries, or engine = "disk"',
            file=sys.stderr,
            flush=True,
        )
