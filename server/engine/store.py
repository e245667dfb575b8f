"""Loading a release's dataset into memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pyoxigraph import Quad, RdfFormat, Store, parse


def load(dataset: Path, *, merged: bool) -> Store:
    """Return a store with the quads of an N-Quads file.

    With `merged` the RDF merge of all graphs is put into the default graph as well: needed when a
    triple stands in several named graphs: Oxigraph's union of them would give it several times.

    Raises SyntaxError for a broken file and OSError for one that cannot be read.
    """
    store = Store()
    store.bulk_load(path=dataset, format=RdfFormat.N_QUADS)
    if merged:
        store.bulk_extend(_in_default_graph(dataset))
    return store


def _in_default_graph(dataset: Path) -> Iterator[Quad]:
    for quad in parse(path=dataset, format=RdfFormat.N_QUADS):
        if isinstance(quad, Quad):
            yield Quad(quad.subject, quad.predicate, quad.object)
