"""Linksets: which things are linked with which outside world, target by target (VoID, section 3).

A link is a triple from a thing of ours to a web address that is not ours; what only gives a thing
its class is none.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import pyoxigraph as ox

from publisher.describe.registries import Target, target_of
from publisher.formats import N_TRIPLES
from publisher.iri import IriSpace
from publisher.terms import RDF_TYPE, BareTriple, bare


@dataclass(frozen=True)
class Linkset:
    """The links to one target, sorted."""

    target: Target
    links: list[BareTriple]

    @property
    def subjects(self) -> int:
        """How many of our things have such a link."""
        return len({subject for subject, _, _ in self.links})

    @property
    def objects(self) -> int:
        """How many addresses the links lead to."""
        return len({value for _, _, value in self.links})

    @property
    def predicates(self) -> dict[str, int]:
        """How many links there are by property."""
        return dict(sorted(Counter(predicate.value for _, predicate, _ in self.links).items()))

    @property
    def uri_space(self) -> str:
        """What all the addresses begin with, which ends in a slash."""
        values = [value.value for _, _, value in self.links if isinstance(value, ox.NamedNode)]
        first, last = min(values), max(values)
        common = next(
            (first[:at] for at, (a, b) in enumerate(zip(first, last, strict=False)) if a != b),
            first[: min(len(first), len(last))],
        )
        stem = common[: common.rfind("/") + 1]
        return stem if stem.count("/") > 2 else ""

    def n_triples(self) -> bytes:
        """Return the links as N-Triples, sorted."""
        triples = [ox.Triple(*link) for link in self.links]
        return ox.serialize(triples, format=N_TRIPLES.oxigraph) or b""


def linksets(iris: IriSpace, triples: Iterable[ox.Triple]) -> list[Linkset]:
    """Return the linksets of a graph given without doubles, those with most links first."""
    found: dict[Target, list[BareTriple]] = defaultdict(list)
    for link in map(bare, triples):
        subject, predicate, value = link
        if (
            isinstance(value, ox.NamedNode)
            and isinstance(subject, ox.NamedNode)
            and iris.split(subject.value) is not None
            and not iris.contains(value.value)
            and predicate.value != RDF_TYPE
        ):
            target = target_of(value.value)
            if target is not None:
                found[target].append(link)
    sets = [Linkset(target, sorted(links, key=str)) for target, links in found.items()]
    return sorted(sets, key=lambda each: (-len(each.links), each.target))
