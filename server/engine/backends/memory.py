"""The dataset in memory: loaded once by the host, shared by the workers that it forks."""

from __future__ import annotations

from typing import Final

from pyoxigraph import Store

from publisher import store
from publisher.progress import Progress
from publisher.release import Release
from server.engine.backends.oxigraph import Oxigraph

#: A dump of fewer bytes is loaded without telling how far it is.
_SMALL: Final = 64 * 1024 * 1024


class Memory(Oxigraph):
    """Evaluates on a store in memory."""

    @classmethod
    def of(cls, release: Release) -> Memory:
        """Load a release. Raises SyntaxError for a broken dataset, and OSError."""
        loaded = Store()
        small = release.dataset_path.stat().st_size < _SMALL
        store.fill(loaded, release, Progress(quiet=small))
        return cls(loaded, union=release.default_graph == "union")
