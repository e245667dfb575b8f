"""The dataset in a store, for what a build asks of it itself: in memory, or on disk if large."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import pyoxigraph as ox

from publisher.graphs import Graphs
from publisher.progress import Progress
from publisher.store import load

#: Above so many quads the store lies on disk: in memory it takes 0.7 GB for each million, which the
#: process keeps when the store is gone, and processes that it forks take along.
LARGE: Final = 250_000


class DatasetStore:
    """A store whose default graph is the merge of all graphs, as the engine's is."""

    def __init__(self, graphs: Graphs, store: ox.Store, progress: Progress) -> None:
        """Take an empty store; nothing is loaded before it is asked for."""
        self._graphs = graphs
        self._store = store
        self._progress = progress
        self._merged = self._named = False

    def merged(self) -> ox.Store:
        """Return the store with the merge in its default graph, and perhaps with named graphs."""
        if not self._merged:
            self._merged = True
            load(self._store, self._graphs.merged.path, ox.RdfFormat.N_TRIPLES, self._progress)
        return self._store

    def whole(self) -> ox.Store:
        """Return the store with the named graphs beside the merge."""
        store = self.merged()
        if not self._named:
            self._named = True
            load(store, self._graphs.path, ox.RdfFormat.N_QUADS, self._progress)
        return store


@contextmanager
def dataset_store(graphs: Graphs, progress: Progress) -> Iterator[DatasetStore]:
    """Yield the dataset as a store, which is gone afterwards.

    Memory: as much as the quads take up to LARGE of them, about 1 GB whatever they are beyond.
    """
    if graphs.size <= LARGE:
        yield DatasetStore(graphs, ox.Store(), progress)
        return
    with tempfile.TemporaryDirectory(dir=graphs.folder, ignore_cleanup_errors=True) as folder:
        yield DatasetStore(graphs, ox.Store(folder), progress)
