"""Schemes: concept schemes as trees that people browse, and the place of a concept in its own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from publisher.iri import IriSpace
from publisher.limits import TREE_CONCEPTS
from publisher.prefixes import WELL_KNOWN
from server.pages.values import Namer, Value
from server.presentation import Presentation
from server.search.index import Index

#: So many ways up from a concept are shown; more only happen where schemes are tangled.
_MOST_TRAILS = 6
_DEEPEST = 40
#: What the tree of a scheme shows, and the place of a concept in it.
RELATIONS = frozenset(
    WELL_KNOWN["skos"] + name
    for name in ("broader", "narrower", "inScheme", "topConceptOf", "hasTopConcept")
)
_BELOW = """WITH bound (most) AS (SELECT ?)
SELECT scheme, parent, concept FROM place WHERE scheme = ? AND parent IN ({})
ORDER BY parent, concept LIMIT (SELECT most FROM bound)"""


@dataclass
class Node:
    """A concept in a tree: how many things use it, and what stands below it."""

    value: Value
    uses: int
    below: list[Node] = field(default_factory=list)
    hidden: int = 0
    """How many concepts below it are not in the tree; its own page has them."""


@dataclass(frozen=True)
class Tree:
    """What a page shows of a scheme, or of the part of it that one concept is in."""

    is_scheme: bool
    trails: list[list[Value]]
    """Ways from a scheme down to the concept, without the concept itself."""
    nodes: list[Node]
    hidden: int
    """How many concepts next to the nodes are not in the tree."""
    concepts: int

    @property
    def shown(self) -> set[str]:
        """IRIs of all that stand in it."""
        values = [value for trail in self.trails for value in trail]
        waiting = list(self.nodes)
        while waiting:
            node = waiting.pop()
            values.append(node.value)
            waiting += node.below
        return {value.title for value in values if value.title}


def tree(iri: str, index: Index, presentation: Presentation, iris: IriSpace) -> Tree | None:
    """Return the tree that the page of `iri` shows, or None if it is neither scheme nor concept.

    At most TREE_CONCEPTS concepts are in it, those at the top first.
    """
    ((is_scheme, is_concept),) = index.rows(
        "SELECT EXISTS (SELECT 1 FROM scheme WHERE iri = ?1), "
        "EXISTS (SELECT 1 FROM place WHERE concept = ?1)",
        (iri,),
    )
    if not is_scheme and not is_concept:
        return None
    grower = _Grower(index, presentation, iris)
    return grower.scheme(iri) if is_scheme else grower.concept(iri)


class _Spot(NamedTuple):
    """A concept below another in a scheme."""

    scheme: str
    parent: str
    concept: str


class _Grower:
    """Reads trees from the index, level by level."""

    def __init__(self, index: Index, presentation: Presentation, iris: IriSpace) -> None:
        self._index = index
        self._presentation = presentation
        self._iris = iris

    def scheme(self, iri: str) -> Tree:
        ((concepts,),) = self._index.rows("SELECT concepts FROM scheme WHERE iri = ?", (iri,))
        nodes, hidden = self._grow([(iri, "")])
        return Tree(True, [], nodes, hidden, concepts)

    def concept(self, iri: str) -> Tree:
        rows = self._index.rows("SELECT DISTINCT scheme FROM place WHERE concept = ?", (iri,))
        schemes = sorted(row["scheme"] for row in rows)
        trails = [trail for scheme in schemes for trail in self._trails(scheme, iri)]
        namer = self._namer({each for trail in trails for each in trail})
        shown = [[namer.resource(each) for each in trail] for trail in trails[:_MOST_TRAILS]]
        nodes, hidden = self._grow([(scheme, iri) for scheme in schemes])
        return Tree(False, [trail for trail in shown if trail], nodes, hidden, len(nodes) + hidden)

    def _trails(self, scheme: str, concept: str) -> list[list[str]]:
        """Return ways from a scheme down to a concept, without the concept itself."""
        found: list[list[str]] = []
        waiting: list[tuple[str, list[str]]] = [(concept, [])]
        while waiting and len(found) < _MOST_TRAILS:
            at, below = waiting.pop()
            for (parent,) in self._index.rows(
                "SELECT parent FROM place WHERE scheme = ? AND concept = ? ORDER BY parent DESC",
                (scheme, at),
            ):
                if not parent:
                    found.append([*([scheme] if scheme else []), *below])
                elif parent not in (concept, *below) and len(below) < _DEEPEST:
                    waiting.append((parent, [parent, *below]))
        return found

    def _grow(self, parents: list[tuple[str, str]]) -> tuple[list[Node], int]:
        """Return the concepts below others, and how many of those next to them were left out."""
        spots, hidden = self._below(parents, TREE_CONCEPTS)
        # Next to each other a concept stands once, whatever the number of its schemes.
        spots = list({spot.concept: spot for spot in reversed(spots)}.values())
        left = TREE_CONCEPTS - len(spots)
        level = self._nodes(spots)
        top = [node for _, node in level]
        shown = {spot.concept for spot in spots}
        while level:
            above = {(spot.scheme, spot.concept): node for spot, node in level}
            spots, missing = self._below(list(above), left)
            if missing:
                self._count_hidden(level)
                break
            left -= len(spots)
            level = []
            again: list[tuple[_Spot, Node]] = []
            for spot, node in self._nodes(spots):
                above[spot.scheme, spot.parent].below.append(node)
                # What stands in several places has what is below it at the first.
                (again if spot.concept in shown else level).append((spot, node))
                shown.add(spot.concept)
            self._count_hidden(again)
        return top, hidden

    def _below(self, parents: list[tuple[str, str]], most: int) -> tuple[list[_Spot], int]:
        """Return at most so many concepts below others, and how many there are beyond them."""
        schemes = defaultdict(list)
        for scheme, parent in parents:
            schemes[scheme].append(parent)
        spots = [
            _Spot(*row)
            for scheme, concepts in schemes.items()
            for row in self._index.rows_for(
                _BELOW,
                concepts,
                most + 1,
                scheme,
            )
        ]
        if len(spots) <= most:
            return spots, 0
        return spots[:most], sum(self._count(*each) for each in parents) - most

    def _count(self, scheme: str, parent: str) -> int:
        ((count,),) = self._index.rows(
            "SELECT count(*) FROM place WHERE scheme = ? AND parent = ?", (scheme, parent)
        )
        return int(count)

    def _count_hidden(self, level: list[tuple[_Spot, Node]]) -> None:
        for spot, node in level:
            node.hidden = self._count(spot.scheme, spot.concept)

    def _nodes(self, spots: list[_Spot]) -> list[tuple[_Spot, Node]]:
        """Return the spots with their nodes in the order of their names."""
        concepts = [spot.concept for spot in spots]
        namer = self._namer(concepts)
        used = dict(
            self._index.rows_for("SELECT concept, things FROM use WHERE concept IN ({})", concepts)
        )
        found = [
            (spot, Node(namer.resource(spot.concept), used.get(spot.concept, 0))) for spot in spots
        ]
        return sorted(found, key=lambda each: each[1].value.text.casefold())

    def _namer(self, iris: Iterable[str]) -> Namer:
        return Namer(self._iris, self._presentation, self._index.names_of(iris))
