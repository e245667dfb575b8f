"""Linksets: which things are linked with which outside world, target by target (VoID, section 3).

A link is a triple from a thing of ours to a web address that is not ours; what only gives a thing
its class is none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from publisher.describe.registries import Target, target_of
from publisher.graphs import Graphs
from publisher.push.quad_lines import chunks, terms
from publisher.runs import distinct
from publisher.terms import RDF_TYPE

_TYPE: Final = f"<{RDF_TYPE}>".encode()
#: Links to all targets wait for each other until there are so many bytes of one, or of all.
_BATCH: Final = 1 << 18
_WAITING: Final = 16 << 20


@dataclass
class Linkset:
    """The links to one target: sorted lines of N-Triples in a file, and what they come to."""

    target: Target
    path: Path
    triples: int = 0
    subjects: int = 0
    """How many of our things have such a link."""
    objects: int = 0
    """How many addresses the links lead to."""
    predicates: dict[str, int] = field(default_factory=dict)
    """How many links there are by property, sorted."""
    uri_space: str = ""
    """What all the addresses begin with, which ends in a slash."""

    def lines(self) -> Iterator[bytes]:
        """Read the links as N-Triples, sorted."""
        with self.path.open("rb") as file:
            yield from file


def linksets(graphs: Graphs, passed: Callable[[int], None] | None = None) -> list[Linkset]:
    """Return the linksets of all graphs, those with most links first.

    `passed` is told how many bytes of their lines have been read.
    """
    found: dict[str, Linkset] = {}
    for key, batch in chunks(_links(graphs, found, passed), _BATCH, _WAITING):
        with found[key].path.open("ab") as file:
            file.write(batch)
    for each in found.values():
        _count(each, graphs.folder)
    return sorted(found.values(), key=lambda each: (-each.triples, each.target))


def _links(
    graphs: Graphs, found: dict[str, Linkset], passed: Callable[[int], None] | None
) -> Iterator[tuple[str, bytes]]:
    """Yield each link with the host of its target, which is noted."""
    iris = graphs.iris
    ours, base = f"<{iris.things}".encode(), f"<{iris.base}".encode()
    for line in graphs.merged.lines(passed):
        if not line.startswith(ours):
            continue
        subject, predicate, value = line.split(b" ", 2)
        if not value.startswith(b"<") or value.startswith(base) or predicate == _TYPE:
            continue
        if iris.split(subject[1:-1].decode()) is None:
            continue
        target = target_of(value[1:-4].decode())
        if target is None:
            continue
        if target.host not in found:
            found[target.host] = Linkset(target, graphs.folder / f"links-{len(found)}.nt")
        yield target.host, line


def _count(linkset: Linkset, folder: Path) -> None:
    uses: Counter[str] = Counter()
    last = ""

    def addresses() -> Iterator[bytes]:
        nonlocal last
        for subject, predicate, value in map(terms, linkset.lines()):
            linkset.triples += 1
            uses[predicate[1:-1]] += 1
            linkset.subjects += subject != last
            last = subject
            yield f"{value[1:-1]}\n".encode()

    least = most = ""
    for line in distinct(addresses(), folder):
        most = line[:-1].decode()
        least = least or most
        linkset.objects += 1
    linkset.predicates = dict(sorted(uses.items()))
    # What the first and the last of them have in common, all have.
    common = next(
        (at for at, (a, b) in enumerate(zip(least, most, strict=False)) if a != b), len(least)
    )
    stem = least[: least.rfind("/", 0, common) + 1]
    linkset.uri_space = stem if stem.count("/") > 2 else ""
