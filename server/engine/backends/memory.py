"""The dataset in memory: loaded once by the host, shared by the workers that it forks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import IO

from pyoxigraph import BlankNode, Quad, RdfFormat, Store, parse

from publisher.release import Release
from server.engine.backends import oxigraph
from server.engine.packets import Request


class Memory:
    """Evaluates on a store in memory."""

    descriptors = 0

    def __init__(self, store: Store, *, union: bool) -> None:
        self._store = store
        self._union = union

    @classmethod
    def of(cls, release: Release) -> Memory:
        """Load a release. Raises SyntaxError for a broken dataset, and OSError."""
        store = load(release.dataset_path, merged=release.default_graph == "merged")
        return cls(store, union=release.default_graph == "union")

    def open(self) -> None:
        """Do nothing: the store came with the fork."""

    def evaluate(self, request: Request, writer: IO[bytes]) -> None:
        """Write the answer to a query; see `oxigraph.evaluate`."""
        oxigraph.evaluate(self._store, request, writer, union=self._union)

    def check(self, text: str, base: str | None) -> None:
        """Parse a query. Raises SyntaxError."""
        oxigraph.check(text, base)


def load(dataset: Path, *, merged: bool) -> Store:
    """Return a store with the quads of an N-Quads file.

    With `merged` the RDF merge of all graphs is put into the default graph as well: needed when a
    triple stands in several named graphs: Oxigraph's union of them would give it several times.

    Raises SyntaxError for a broken file and OSError for one that cannot be read.
    """
    store = Store()
    store.bulk_load(path=dataset, format=RdfFormat.N_QUADS)
    _label_as_released(store, dataset)
    if merged:
        store.bulk_extend(_in_default_graph(dataset))
    return store


def _label_as_released(store: Store, dataset: Path) -> None:
    """Give blank nodes the labels of the file: the loader makes up new ones each time.

    Answers show them, and equal entity tags promise equal bytes after a new start as well.
    """
    with dataset.open("rb") as lines:
        candidates = b"".join(line for line in lines if b"_:" in line)
    quads = [
        quad
        for quad in parse(candidates, format=RdfFormat.N_QUADS)
        if isinstance(quad, Quad) and _has_blank_node(quad)
    ]
    for graph in {quad.graph_name for quad in quads}:
        for quad in list(store.quads_for_pattern(None, None, None, graph)):
            if _has_blank_node(quad):
                store.remove(quad)
    store.extend(quads)


def _has_blank_node(quad: Quad) -> bool:
    return isinstance(quad.subject, BlankNode) or isinstance(quad.object, BlankNode)


def _in_default_graph(dataset: Path) -> Iterator[Quad]:
    for quad in parse(path=dataset, format=RdfFormat.N_QUADS):
        if isinstance(quad, Quad):
            yield Quad(quad.subject, quad.predicate, quad.object)
