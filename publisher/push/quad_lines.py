"""Lines of canonical N-Quads, for what is too much to be parsed: split, and put together again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

_BLANK: Final = re.compile(rb"^_:|^<[^>]*> <[^>]*> _:")


def has_blank_node(line: bytes) -> bool:
    """Whether the subject or the object of a line is a blank node."""
    return _BLANK.match(line) is not None


def split(line: bytes) -> tuple[bytes, str]:
    """Return a line of canonical N-Quads as a line of N-Triples and the name of its graph."""
    # No IRI has a space in it, and nothing but the name stands behind the last one.
    triple, _, name = line.rstrip(b" .\n").rpartition(b" <")
    return triple + b" .\n", name[:-1].decode()


def terms(triple: bytes) -> tuple[str, str, str]:
    """Return the terms of a line of canonical N-Triples, as they are written."""
    # Neither an IRI nor a label has a space in it.
    subject, predicate, value = triple.decode()[:-3].split(" ", 2)
    return subject, predicate, value


def quad(triple: bytes, graph: str) -> bytes:
    """Return a line of N-Triples as one of N-Quads."""
    return triple[:-2] + f"<{graph}> .\n".encode()


def chunks(
    lines: Iterable[tuple[str, bytes]], size: int, waiting: int
) -> Iterator[tuple[str, bytes]]:
    """Put lines of each graph together to about `size` bytes; no more than `waiting` wait."""
    kept: dict[str, list[bytes]] = {}
    sizes: dict[str, int] = {}
    total = 0
    for graph, line in lines:
        kept.setdefault(graph, []).append(line)
        sizes[graph] = sizes.get(graph, 0) + len(line)
        total += len(line)
        if sizes[graph] >= size or total >= waiting:
            largest = graph if sizes[graph] >= size else max(sizes, key=sizes.__getitem__)
            yield largest, b"".join(kept.pop(largest))
            total -= sizes.pop(largest)
    for graph, rest in kept.items():
        yield graph, b"".join(rest)
