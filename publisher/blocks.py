"""Turtle and TriG of graphs of any size, with the same bytes as `publisher.turtle` gives.

What is said of one subject is one block, and blocks stand in the order of their subjects' IRIs; so
a graph is written block by block, from its lines. Blank nodes may stand in the blocks of others:
subjects of statements with some are left to TurtleWriter, which holds them in memory.
"""

from __future__ import annotations

import re
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import lru_cache
from heapq import merge
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from publisher.graphs import NamedGraph
from publisher.prefixes import Prefixes
from publisher.runs import distinct
from publisher.terms import Node, Term, bare
from publisher.turtle import TurtleWriter, joined, rank, shared_labels

_SIZE: Final = 1 << 18
_CACHED: Final = 1 << 16
_TYPE: Final = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
#: Literals that are written in Turtle as they are in N-Triples.
_SAME: Final = re.compile(r'"[^\\\x7f]*"(?:@[a-z0-9-]+)?')


def turtle_stream(graph: NamedGraph, prefixes: Prefixes, folder: Path) -> Iterator[bytes]:
    """Yield a graph as Turtle in pieces; `folder` is for what waits on disk meanwhile."""
    writer = _GraphWriter(graph, prefixes, folder, None)
    with tempfile.TemporaryFile(dir=folder) as body:
        for at, piece in enumerate(writer.pieces()):
            body.write(b"\n" + piece if at else piece)
        prologue = writer.prologue()
        yield prologue.encode()
        if prologue and body.tell():
            yield b"\n"
        body.seek(0)
        while piece := body.read(_SIZE):
            yield piece


def trig_stream(
    graphs: Mapping[str, NamedGraph], prefixes: Prefixes, folder: Path
) -> Iterator[bytes]:
    """Yield named graphs, given in the order of their names, as TriG in pieces."""
    nameless = [[*_nameless(graph)] for graph in graphs.values()]
    labels = shared_labels(nameless)
    used: set[str] = set()
    with tempfile.TemporaryFile(dir=folder) as body:
        for at, (name, graph) in enumerate(graphs.items()):
            writer = _GraphWriter(graph, prefixes, folder, labels)
            label = writer.name(name)
            body.write(f"{chr(10) * bool(at)}{label} {{\n".encode())
            for number, piece in enumerate(writer.pieces()):
                body.write(b"\n" + piece if number else piece)
            body.write(b"}\n")
            used.update(writer.prologue().splitlines(keepends=True))
        prologue = "".join(sorted(used))
        yield prologue.encode()
        if prologue:
            yield b"\n"
        body.seek(0)
        while piece := body.read(_SIZE):
            yield piece


def _nameless(graph: NamedGraph) -> Iterator[tuple[Node, ox.NamedNode, Term]]:
    """Yield the triples of a graph that have to do with blank nodes."""
    if graph.nameless:
        lines = (line for line in graph.lines() if line[: line.index(b" ") + 1] in graph.nameless)
        for quad in ox.parse(b"".join(lines), format=ox.RdfFormat.N_TRIPLES, lenient=True):
            yield bare(quad)


class _GraphWriter:
    """Writes one graph; remembers which prefixes it used."""

    def __init__(
        self,
        graph: NamedGraph,
        prefixes: Prefixes,
        folder: Path,
        labels: dict[Node, str] | None,
    ) -> None:
        self._graph = graph
        self._folder = folder
        self._writer = TurtleWriter(_nameless(graph), prefixes, labels)
        self._value = lru_cache(_CACHED)(self._written)
        self._iri = lru_cache(_CACHED)(self._writer.iri)
        self.name = self._writer.iri
        self.prologue = self._writer.prologue

    def pieces(self) -> Iterator[bytes]:
        """Yield the blocks, put together to pieces; a blank line belongs between two pieces."""
        waiting: list[str] = []
        size = 0
        for block in self._blocks():
            waiting.append(block)
            size += len(block)
            if size >= _SIZE:
                yield "\n".join(waiting).encode()
                waiting, size = [], 0
        if waiting:
            yield "\n".join(waiting).encode()

    def _blocks(self) -> Iterator[str]:
        if not self._graph.nameless:
            return (text for _, text in self._named())
        held = [*self._writer.blocks()]
        inner = [(node.value, text) for node, text in held if isinstance(node, ox.NamedNode)]
        rest = (text for node, text in held if not isinstance(node, ox.NamedNode))
        blocks = merge(self._named(), inner, key=itemgetter(0))
        return (text for part in ((text for _, text in blocks), rest) for text in part)

    def _named(self) -> Iterator[tuple[str, str]]:
        """Yield each subject that is an IRI, sorted, with its block."""
        lines = (_sortable(line) for line in self._graph.lines() if self._is_apart(line))
        texts = map(bytes.decode, distinct(lines, self._folder))
        statements = (text[:-3].split(" ", 2) for text in texts)
        for subject, about in groupby(statements, itemgetter(0)):
            properties: defaultdict[str, list[str]] = defaultdict(list)
            for _, predicate, value in about:
                properties[predicate].append(value)
            parts = []
            for predicate in sorted(properties, key=lambda each: rank(each[1:-1])):
                verb = "a" if predicate == _TYPE else self._iri(predicate[1:-1])
                parts.append((verb, sorted(map(self._value, properties[predicate]))))
            yield subject, f"{self._writer.iri(subject)}{joined(parts, 1)} .\n"

    def _is_apart(self, line: bytes) -> bool:
        nameless = self._graph.nameless
        return not nameless or line[: line.index(b" ") + 1] not in nameless

    def _written(self, term: str) -> str:
        if term.startswith("<"):
            return self._writer.value(ox.NamedNode(term[1:-1]))
        if _SAME.fullmatch(term):
            return term
        (quad,) = ox.parse(f"<x:> <x:> {term} .", format=ox.RdfFormat.N_TRIPLES, lenient=True)
        return self._writer.value(bare(quad)[2])


def _sortable(line: bytes) -> bytes:
    """Take the brackets off the subject, so that lines are sorted by its IRI.

    With its closing bracket `<x:10>` would stand before `<x:1>`.
    """
    end = line.index(b">")
    return line[1:end] + line[end + 1 :]
