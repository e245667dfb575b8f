"""Schemes: the trees of concepts (SKOS, sections 4 and 8), as the index keeps them.

A row says that a concept stands below another in a scheme, or, with an empty parent, at its top.
Concepts of no scheme stand in the scheme with the empty name.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import pyoxigraph as ox

from publisher.index.relations import PROVENANCE
from publisher.prefixes import WELL_KNOWN
from publisher.terms import Term

_SKOS: Final = WELL_KNOWN["skos"]
_BROADER, _NARROWER = f"{_SKOS}broader", f"{_SKOS}narrower"
_IN_SCHEME, _TOP_CONCEPT_OF = f"{_SKOS}inScheme", f"{_SKOS}topConceptOf"
_HAS_TOP_CONCEPT = f"{_SKOS}hasTopConcept"

CONCEPT_LINKS: Final = (_BROADER, _NARROWER, _IN_SCHEME, _TOP_CONCEPT_OF, _HAS_TOP_CONCEPT)
"""The properties that put concepts into schemes."""
#: Subject, property and value, all of them IRIs.
Link = tuple[str, str, str]
#: Scheme, parent, concept.
Place = tuple[str, str, str]


def places(links: Iterable[Link]) -> Iterator[Place]:
    """Yield where each concept stands, sorted; every concept of a scheme is below its top.

    A circle of broader concepts is entered by the one whose IRI comes first.
    """
    broader: dict[str, set[str]] = defaultdict(set)
    members: dict[str, set[str]] = defaultdict(set)
    tops: dict[str, set[str]] = defaultdict(set)
    for subject, predicate, value in links:
        if predicate == _BROADER:
            broader[subject].add(value)
        elif predicate == _NARROWER:
            broader[value].add(subject)
        elif predicate == _HAS_TOP_CONCEPT:
            tops[subject].add(value)
        elif predicate in (_IN_SCHEME, _TOP_CONCEPT_OF):
            (tops if predicate == _TOP_CONCEPT_OF else members)[value].add(subject)
    for scheme, found in tops.items():
        members[scheme] |= found
    placed = set().union(*members.values()) if members else set()
    related = set(broader).union(*broader.values()) if broader else set()
    if related - placed:
        members[""] = related - placed
    for scheme in sorted(members):
        yield from sorted(_scheme(scheme, members[scheme], tops.get(scheme, set()), broader))


class Uses:
    """How many things point at each concept, other than as one to another."""

    def __init__(self, placed: Iterable[Place]) -> None:
        self._found = dict.fromkeys(sorted({concept for _, _, concept in placed}), 0)

    def add(self, stated: Mapping[str, Iterable[Term]]) -> None:
        """Count what is said of one thing."""
        concepts = {
            value.value
            for predicate, values in stated.items()
            if not predicate.startswith(_SKOS) and predicate not in PROVENANCE
            for value in values
            if isinstance(value, ox.NamedNode)
        }
        for concept in concepts & self._found.keys() if self._found else ():
            self._found[concept] += 1

    def counts(self) -> dict[str, int]:
        """Return the number of things by the concept."""
        return {concept: count for concept, count in self._found.items() if count}


def _scheme(
    scheme: str, members: set[str], tops: set[str], broader: Mapping[str, set[str]]
) -> Iterator[Place]:
    below: dict[str, set[str]] = defaultdict(set)
    for concept in members:
        parents = (broader.get(concept, set()) & members) - {concept}
        if concept in tops or not parents:
            below[""].add(concept)
        for parent in parents:
            below[parent].add(concept)
    reached = _reached(below[""], below)
    for concept in sorted(members):
        if concept not in reached:
            below[""].add(concept)
            reached |= _reached({concept}, below)
    for parent, concepts in below.items():
        for concept in concepts:
            yield scheme, parent, concept


def _reached(start: Iterable[str], below: Mapping[str, set[str]]) -> set[str]:
    reached: set[str] = set()
    waiting = list(start)
    while waiting:
        concept = waiting.pop()
        if concept not in reached:
            reached.add(concept)
            waiting += below.get(concept, ())
    return reached
