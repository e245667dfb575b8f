"""Contents: what a dump holds, whatever its form and order, as numbers and hashes.

The hash is that of canonical N-Quads (RDFC-1.0). Canonical labels depend on nothing but the
statements with blank nodes, so only those are held in memory; the others are sorted in files.
"""

from __future__ import annotations

import contextlib
import hashlib
import heapq
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO

import pyoxigraph as ox

from publisher.graphs import canonical, n_quads
from publisher.push.quad_lines import has_blank_node, split

_RUN = 100_000
"""Statements that are sorted in memory at a time."""


@dataclass(frozen=True)
class Contents:
    """Distinct statements: how many, and the SHA-256 of their canonical lines."""

    statements: int
    sha256: str


class _Digest:
    """Contents in the making: lines without blank nodes as they come, the others at the end."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self._count = 0
        self._last = b""

    def add(self, line: bytes) -> None:
        """Take the next line in order; one that comes twice counts once."""
        if line != self._last:
            self._hash.update(line)
            self._count += 1
            self._last = line

    def contents(self) -> Contents:
        return Contents(self._count, self._hash.hexdigest())


def contents(statements: Iterable[ox.Quad]) -> Contents:
    """Return the contents of a graph or dataset in canonical order."""
    digest = _Digest()
    with _parted(statements) as (named, nameless):
        for line in heapq.merge(named, n_quads(canonical(nameless)).splitlines(keepends=True)):
            digest.add(line)
    return digest.contents()


@dataclass(frozen=True)
class DatasetContents:
    """The contents of a dataset, of the merge of its graphs, and of each graph by its name."""

    whole: Contents
    merge: Contents
    graphs: dict[str, Contents]


def dataset_contents(statements: Iterable[ox.Quad]) -> DatasetContents:
    """Return the contents of a dataset whose statements all have a named graph."""
    whole = _Digest()
    with _parted(statements) as (named, nameless):
        parts = _Parts(nameless)
        for line in heapq.merge(named, n_quads(canonical(nameless)).splitlines(keepends=True)):
            whole.add(line)
            if not has_blank_node(line):
                parts.add(line)
        return DatasetContents(whole.contents(), *parts.contents())


class _Parts:
    """The merge and the graphs of a dataset, each in its own canonical order.

    Lines that are sorted with the graph behind them are so without it, as well, since no term goes
    on with a space; what is the same in several graphs stands side by side.
    """

    def __init__(self, nameless: Iterable[ox.Quad]) -> None:
        self._merge = _Parallel(ox.Quad(*quad.triple) for quad in nameless)
        by_graph: defaultdict[str, list[ox.Quad]] = defaultdict(list)
        for quad in nameless:
            if isinstance(quad.graph_name, ox.NamedNode):
                by_graph[quad.graph_name.value].append(ox.Quad(*quad.triple))
        self._graphs = {name: _Parallel(quads) for name, quads in by_graph.items()}

    def add(self, line: bytes) -> None:
        triple, graph = split(line)
        self._merge.add(triple)
        if graph not in self._graphs:
            self._graphs[graph] = _Parallel(())
        self._graphs[graph].add(triple)

    def contents(self) -> tuple[Contents, dict[str, Contents]]:
        graphs = {name: graph.contents() for name, graph in self._graphs.items()}
        return self._merge.contents(), graphs


class _Parallel:
    """A digest into whose lines, as they come, some that are known beforehand are sorted."""

    def __init__(self, nameless: Iterable[ox.Quad]) -> None:
        self._digest = _Digest()
        lines = n_quads(canonical(nameless)).splitlines(keepends=True)
        self._waiting = list(reversed(lines))

    def add(self, line: bytes) -> None:
        while self._waiting and self._waiting[-1] < line:
            self._digest.add(self._waiting.pop())
        self._digest.add(line)

    def contents(self) -> Contents:
        while self._waiting:
            self._digest.add(self._waiting.pop())
        return self._digest.contents()


@contextlib.contextmanager
def _parted(
    statements: Iterable[ox.Quad],
) -> Iterator[tuple[Iterator[bytes], list[ox.Quad]]]:
    """Yield the lines without blank nodes, sorted, and the statements with some."""
    nameless: list[ox.Quad] = []
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as files:
        runs: list[IO[bytes]] = []
        source = iter(statements)
        while run := list(islice(source, _RUN)):
            lines = n_quads(run).splitlines(keepends=True)
            if any(map(has_blank_node, lines)):
                nameless += filter(_is_nameless, run)
                lines = [line for line in lines if not has_blank_node(line)]
            file = files.enter_context(Path(folder, str(len(runs))).open("w+b"))
            file.writelines(lines)
            file.seek(0)
            runs.append(file)
        yield heapq.merge(*runs), nameless


def _is_nameless(quad: ox.Quad) -> bool:
    return isinstance(quad.subject, ox.BlankNode) or isinstance(quad.object, ox.BlankNode)
