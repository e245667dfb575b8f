"""Usage: what the data do with the terms of the ontology, for the pages that explain it."""

from __future__ import annotations

from bisect import insort
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pyoxigraph as ox

from publisher.index.contents import Entry
from publisher.terms import RDF_TYPE, Term

#: So many things stand as examples of a class.
_EXAMPLES: Final = 3

_NONE: Final = ("",)
#: What is a better example comes before: things that stand for themselves, and much pointed at.
_Rank = tuple[bool, int, str]


@dataclass(frozen=True)
class Example:
    """A thing of a class, or a thing that has a property, with a value of it."""

    term: str
    place: int
    thing: str
    value: Term | None = None


@dataclass(frozen=True, order=True)
class Tie:
    """So many triples lead by a property from things of one class to those of another.

    `other` is a datatype if they lead to literals, and empty if to what has no class.
    """

    kind: str
    property: str
    other: str
    triples: int


class Ties:
    """Counts triples between classes; what has several counts for each."""

    def __init__(self, kinds: Mapping[str, Sequence[str]]) -> None:
        """Take the classes of all that has a type."""
        self._kinds = kinds
        self._found: Counter[tuple[str, str, str]] = Counter()

    def add(self, iri: str, stated: Mapping[str, Iterable[Term]]) -> None:
        """Count what is said of one IRI."""
        own = self._kinds.get(iri, ())
        for predicate, values in stated.items() if own else ():
            if predicate == RDF_TYPE:
                continue
            for value in values:
                for other in self._others(value):
                    for kind in own:
                        self._found[kind, predicate, other] += 1

    def ties(self) -> list[Tie]:
        """Return what was counted, sorted."""
        return sorted(Tie(*key, count) for key, count in self._found.items())

    def _others(self, value: Term) -> Sequence[str]:
        if isinstance(value, ox.Literal):
            return (value.datatype.value,)
        return self._kinds.get(value.value) or _NONE if isinstance(value, ox.NamedNode) else _NONE


def extents(
    kinds: Iterable[Sequence[str]], superclasses: Callable[[Iterable[str]], set[str]]
) -> list[tuple[str, int]]:
    """Return how many things each class has with those of the classes below it."""
    found: Counter[str] = Counter()
    for classes, things in Counter(map(tuple, kinds)).items():
        for class_ in superclasses(classes):
            found[class_] += things
    return sorted(found.items())


class Examples:
    """Things that show each class and property, those first that most point at.

    Things of a class itself come before those of the classes below it, and things that only back
    others after those that stand for themselves.
    """

    def __init__(self, superclasses: Callable[[Iterable[str]], set[str]]) -> None:
        self._superclasses = superclasses
        self._own: defaultdict[str, list[_Rank]] = defaultdict(list)
        self._inherited: defaultdict[str, list[_Rank]] = defaultdict(list)
        self._with_property: dict[str, tuple[_Rank, Term]] = {}

    def add(self, entry: Entry) -> None:
        """Take a thing that may be the best example of something."""
        rank = (entry.behind, -entry.pointing, entry.iri)
        for class_ in self._superclasses(entry.classes):
            best = (self._own if class_ in entry.classes else self._inherited)[class_]
            if len(best) < _EXAMPLES or rank < best[-1]:
                insort(best, rank)
                del best[_EXAMPLES:]
        seen: set[str] = set()
        for property_, value in entry.values:
            if property_ not in seen:
                seen.add(property_)
                found = self._with_property.get(property_)
                if found is None or rank < found[0]:
                    self._with_property[property_] = (rank, value)

    def examples(self) -> Iterator[Example]:
        """Yield the best of what was taken."""
        for property_, (rank, value) in sorted(self._with_property.items()):
            yield Example(property_, 0, rank[2], value)
        for class_ in sorted(self._own.keys() | self._inherited.keys()):
            chosen = [*self._own.get(class_, ()), *self._inherited.get(class_, ())][:_EXAMPLES]
            for place, (_, _, thing) in enumerate(chosen):
                yield Example(class_, place, thing)
