"""The statements of a release that have blank nodes, which a store must get together."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from publisher.push.generations import Generation
from publisher.push.quad_lines import has_blank_node, split
from publisher.push.triple_store import StoreError

#: Statements of one graph with blank nodes: they have to come in one request.
_MOST: Final = 1_000_000
_STRING: Final = re.compile(rb'"(?:[^"\\]|\\.)*"')
_LABEL: Final = re.compile(rb"_:\S+")


@dataclass(frozen=True)
class Blank:
    """The statements of a release that have blank nodes, as N-Triples by graph of the generation.

    `depth` is how many blank nodes stand in each other at most, as seen from what has an IRI.
    """

    lines: dict[str, list[bytes]]
    depth: int

    @classmethod
    def of(cls, dataset: Path, generation: Generation) -> Blank:
        """Find them. Raises StoreError for those that the Graph Store Protocol cannot keep."""
        graphs: defaultdict[str, list[bytes]] = defaultdict(list)
        homes: dict[bytes, str] = {}
        with dataset.open("rb") as lines:
            for line in lines:
                if not has_blank_node(line):
                    continue
                triple, name = split(line)
                graph = generation.graph(name)
                graphs[graph].append(triple)
                for label in _LABEL.findall(_STRING.sub(b"", triple)):
                    if homes.setdefault(label, graph) != graph:
                        raise StoreError(
                            f"a blank node stands in <{name}> and in another graph as well, which "
                            "the Graph Store Protocol cannot keep; give it an IRI, or use --bulk"
                        )
        for graph, found in graphs.items():
            if len(found) > _MOST:
                raise StoreError(
                    f"<{graph}> has {len(found):,} statements with blank nodes, which one request "
                    f"cannot hold (at most {_MOST:,}); give them IRIs, or use --bulk"
                )
        return cls(dict(graphs), _depth(line for found in graphs.values() for line in found))


def _depth(lines: Iterable[bytes]) -> int:
    """Return how many blank nodes stand in each other at most, as seen from a thing with an IRI.

    0 if there are none; circles count as long as they are.
    """
    inside: defaultdict[bytes, set[bytes]] = defaultdict(set)
    level: set[bytes] = set()
    for line in lines:
        subject, _, rest = line.partition(b" ")
        object_ = rest.partition(b" ")[2].partition(b" ")[0]
        if object_.startswith(b"_:"):
            if subject.startswith(b"_:"):
                inside[subject].add(object_)
            else:
                level.add(object_)
    depth = 0
    seen: set[bytes] = set()
    while level - seen:
        depth += 1
        seen |= level
        level = {inner for outer in level for inner in inside.get(outer, ())}
    return depth
