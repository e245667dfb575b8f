"""Blank nodes under labels that depend on nothing but what is said with them.

The labels of RDFC-1.0 number all blank nodes of a dataset, so that one more of them renames others.
Here each group of connected blank nodes is canonicalised by itself and named by the hash of the
result: what is the same in two releases has the same label in both.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable

import pyoxigraph as ox

from publisher.graphs import canonical, n_quads
from publisher.terms import bare


def relabelled(lines: Iterable[bytes]) -> list[bytes]:
    """Return lines of N-Quads that have blank nodes with such labels, sorted.

    All of them are held in memory.
    """
    quads = list(ox.parse(b"".join(lines), format=ox.RdfFormat.N_QUADS))
    seen: Counter[str] = Counter()
    found: list[ox.Quad] = []
    for group in _connected(quads):
        group = canonical(group)
        digest = hashlib.sha256(n_quads(group)).hexdigest()[:16]
        # Groups that say the same are still as many as they are.
        prefix = f"b{digest}x{seen[digest]}"
        seen[digest] += 1
        found += [_renamed(quad, prefix) for quad in group]
    return n_quads(found).splitlines(keepends=True)


def _connected(quads: Iterable[ox.Quad]) -> list[list[ox.Quad]]:
    """Return the quads in groups that have no blank node in common."""
    parents: dict[str, str] = {}

    def root(label: str) -> str:
        parents.setdefault(label, label)
        while parents[label] != label:
            parents[label] = label = parents[parents[label]]
        return label

    labels = []
    for quad in quads:
        subject, _, value = bare(quad)
        mine = [term.value for term in (subject, value) if isinstance(term, ox.BlankNode)]
        parents[root(mine[-1])] = root(mine[0])
        labels.append((quad, mine[0]))
    groups: defaultdict[str, list[ox.Quad]] = defaultdict(list)
    for quad, label in labels:
        groups[root(label)].append(quad)
    return list(groups.values())


def _renamed(quad: ox.Quad, prefix: str) -> ox.Quad:
    subject, predicate, value = bare(quad)
    if isinstance(subject, ox.BlankNode):
        subject = ox.BlankNode(prefix + subject.value)
    if isinstance(value, ox.BlankNode):
        value = ox.BlankNode(prefix + value.value)
    return ox.Quad(subject, predicate, value, quad.graph_name)
