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

About = Mapping[str, Mapping[str, list[Term]]]
#: Scheme, parent, concept.
Place = tuple[str, str, str]


def places(about: About) -> Iterator[Place]:
    """Yield where each concept stands, sorted; every concept of a scheme is below its top.

    A circle of broader concepts is entered by the one whose IRI comes first.
    """
    broader: dict[str, set[str]] = defaultdict(set)
    members: dict[str, set[str]] = defaultdict(set)
    tops: dict[str, set[str]] = defaultdict(set)
    for subject, predicate, value in _links(about):
        if predicate == _BROADER:
            broader[subject].add(value)
        elif predicate == _NARROWER:
            broader[value].add(subject)
        elif predicate == _HAS_TOP_CONCEPT:
            tops[subject].add(value)
        else:
            (tops if predicate == _TOP_CONCEPT_OF else members)[value].add(subject)
    for scheme, found in tops.items():
        members[scheme] |= found
    placed = set().union(*members.values()) if members else set()
    related = set(broader).union(*broader.values()) if broader else set()
    if related - placed:
        members[""] = related - placed
    for scheme in sorted(members):
        yield from sorted(_scheme(scheme, members[scheme], tops.get(scheme, set()), broader))


def uses(about: About, placed: Iterable[Place], things: Iterable[str]) -> dict[str, int]:
    """Return how many things point at each of the concepts, other than as one to another."""
    counted = {concept for _, _, concept in placed}
    found: dict[str, set[str]] = defaultdict(set)
    for thing in things:
        for predicate, values in about[thing].items():
            if not predicate.startswith(_SKOS) and predicate not in PROVENANCE:
                for value in values:
                    if isinstance(value, ox.NamedNode) and value.value in counted:
                        found[value.value].add(thing)
    return {concept: len(found[concept]) for concept in sorted(found)}


def _links(about: About) -> Iterator[tuple[str, str, str]]:
    wanted = (_BROADER, _NARROWER, _IN_SCHEME, _TOP_CONCEPT_OF, _HAS_TOP_CONCEPT)
    for subject, stated in about.items():
        for predicate in wanted:
            for value in stated.get(predicate, ()):
                if isinstance(value, ox.NamedNode):
                    yield subject, predicate, value.value


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
