"""Statistics: what a graph holds, counted as VoID counts (section 4.6 of its guide)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import pyoxigraph as ox

from publisher.iri import IriSpace
from publisher.prefixes import namespace_of
from publisher.terms import RDF_TYPE, Node, Term, bare


@dataclass(frozen=True)
class PropertyUse:
    """How often a property is used, on how many things, with how many values."""

    iri: str
    triples: int
    subjects: int
    objects: int


@dataclass(frozen=True)
class ClassUse:
    """How many things have a class."""

    iri: str
    entities: int


@dataclass(frozen=True)
class Statistics:
    """Counts over the default graph of a release."""

    triples: int
    subjects: int
    objects: int
    entities: int
    """Things of our own that have a type."""
    classes: list[ClassUse]
    properties: list[PropertyUse]

    @property
    def vocabularies(self) -> list[str]:
        """Namespaces of the classes and properties that are used, of those that have one."""
        used = [*(use.iri for use in self.classes), *(use.iri for use in self.properties)]
        return sorted(set(map(namespace_of, used)).difference({""}))


def count(iris: IriSpace, triples: Iterable[ox.Triple]) -> Statistics:
    """Count the triples of a graph, given without doubles."""
    subjects: dict[str, set[Node]] = defaultdict(set)
    objects: dict[str, set[Term]] = defaultdict(set)
    uses: dict[str, int] = defaultdict(int)
    instances: dict[str, set[Node]] = defaultdict(set)
    total = 0
    for subject, predicate, value in map(bare, triples):
        property_ = predicate.value
        total += 1
        uses[property_] += 1
        subjects[property_].add(subject)
        objects[property_].add(value)
        if property_ == RDF_TYPE and isinstance(value, ox.NamedNode):
            instances[value.value].add(subject)
    typed = set().union(*instances.values()) if instances else set()
    return Statistics(
        triples=total,
        subjects=len(set().union(*subjects.values())) if subjects else 0,
        objects=len(set().union(*objects.values())) if objects else 0,
        entities=sum(isinstance(each, ox.NamedNode) and _is_thing(iris, each) for each in typed),
        classes=[ClassUse(iri, len(instances[iri])) for iri in sorted(instances)],
        properties=[
            PropertyUse(iri, uses[iri], len(subjects[iri]), len(objects[iri]))
            for iri in sorted(uses)
        ],
    )


def _is_thing(iris: IriSpace, node: ox.NamedNode) -> bool:
    return iris.split(node.value) is not None
