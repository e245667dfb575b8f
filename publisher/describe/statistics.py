"""Statistics: what a graph holds, counted as VoID counts (section 4.6 of its guide)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from publisher.graphs import NamedGraph
from publisher.iri import IriSpace
from publisher.prefixes import namespace_of
from publisher.push.quad_lines import terms
from publisher.runs import distinct
from publisher.terms import RDF_TYPE

_TYPE: Final = f"<{RDF_TYPE}>"


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


def count(iris: IriSpace, graph: NamedGraph, folder: Path) -> Statistics:
    """Count the triples of a graph; `folder` is for the sort of its objects.

    Subjects are counted as they come, since the lines of a graph are sorted by them.
    """
    triples: Counter[str] = Counter()
    subjects: Counter[str] = Counter()
    objects: Counter[str] = Counter()
    instances: Counter[str] = Counter()
    all_subjects = all_objects = entities = 0

    def uses() -> Iterator[bytes]:
        nonlocal all_subjects, entities
        last = ("", "")
        counted = False
        for subject, predicate, value in map(terms, graph.lines()):
            triples[predicate] += 1
            if (subject, predicate) != last:
                subjects[predicate] += 1
                if subject != last[0]:
                    all_subjects += 1
                    counted = False
                last = (subject, predicate)
            if predicate == _TYPE and value.startswith("<"):
                instances[value] += 1
                if not counted:
                    counted = True
                    entities += subject.startswith("<") and iris.split(subject[1:-1]) is not None
            yield f"{value} {predicate}\n".encode()

    previous = b""
    for line in distinct(uses(), folder):
        value, _, predicate = line.rpartition(b" ")
        objects[predicate[:-1].decode()] += 1
        if value != previous:
            all_objects += 1
            previous = value
    return Statistics(
        triples=graph.triples,
        subjects=all_subjects,
        objects=all_objects,
        entities=entities,
        classes=[ClassUse(iri[1:-1], instances[iri]) for iri in _sorted(instances)],
        properties=[
            PropertyUse(iri[1:-1], triples[iri], subjects[iri], objects[iri])
            for iri in _sorted(triples)
        ],
    )


def _sorted(names: Iterable[str]) -> list[str]:
    return sorted(names, key=lambda each: each[1:-1])
