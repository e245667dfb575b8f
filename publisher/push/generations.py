"""Generations: the names that one release has in a store which holds other things as well.

Each graph of a release is pushed under a name of its own, `urn:x-generation:{release}:{graph}`, so
that two releases stand side by side; beside them stand the RDF merge of all (the default graph)
and the names (which graph of the generation stands for which graph of the release). What is
complete and current stands in one small graph for each dataset, the inventory.

No part of a name in the publication is of the form that these names have: graphs of a release have
absolute IRIs, so the colon tells `{release}:{graph}` from `{release}:merge`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from publisher.release import Release

_SPACE: Final = "urn:x-generation:"
#: In the names: the graph of the generation names the graph of the release.
NAMES: Final = f"{_SPACE}names"
#: In the inventory: which generation the dataset is read from, and which one before.
CURRENT: Final = f"{_SPACE}current"
PREVIOUS: Final = f"{_SPACE}previous"
#: In the inventory: a generation that is being pushed.
BEGUN: Final = f"{_SPACE}begun"
#: In the inventory: a generation that is whole, and how many triples its merge has.
TRIPLES: Final = f"{_SPACE}triples"
#: In the inventory: how deep the blank nodes of a generation stand in each other.
DEPTH: Final = f"{_SPACE}depth"


@dataclass(frozen=True)
class Generation:
    """One release of the dataset `dataset` (an IRI) as it is named in a store."""

    dataset: str
    release: str

    @classmethod
    def of(cls, release: Release) -> Generation:
        """Return the generation that a release is pushed as."""
        return cls(release.iris.dataset, release.id)

    @property
    def iri(self) -> str:
        """What stands for the generation in the inventory, and begins the names of its graphs."""
        return f"{_SPACE}{self.release}"

    @property
    def merge(self) -> str:
        """Name of the graph that holds the RDF merge of all graphs."""
        return f"{self.iri}:merge"

    @property
    def names(self) -> str:
        """Name of the graph that tells what each graph of the generation stands for."""
        return f"{self.iri}:names"

    @property
    def nothing(self) -> str:
        """Name of a graph that never exists."""
        return f"{self.iri}:nothing"

    @property
    def inventory(self) -> str:
        """Name of the graph that tells which generations of the dataset there are."""
        return f"{_SPACE}of:{self.dataset}"

    def graph(self, name: str) -> str:
        """Name of the graph that stands for the graph `name` of the release."""
        return f"{self.iri}:{name}"

    def graphs(self, names: Iterable[str]) -> list[str]:
        """Names of all graphs of a generation whose release has the graphs `names`."""
        return [*map(self.graph, sorted(names)), self.merge, self.names]
