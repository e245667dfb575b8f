"""Usage: what the data do with the terms of the ontology, for the pages that explain it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import pyoxigraph as ox

from publisher.index.contents import Entry
from publisher.terms import RDF_TYPE, Term

#: So many things stand as examples of a class.
_EXAMPLES: Final = 3

About = Mapping[str, Mapping[str, list[Term]]]


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


def ties(about: About) -> list[Tie]:
    """Count the triples between classes; what has several counts for each."""
    kinds = {iri: _kinds(stated) for iri, stated in about.items() if RDF_TYPE in stated}
    found: dict[tuple[str, str, str], int] = defaultdict(int)
    for subject, own in kinds.items():
        for predicate, values in about[subject].items():
            if predicate == RDF_TYPE:
                continue
            for value in values:
                for other in _others(value, kinds):
                    for kind in own:
                        found[kind, predicate, other] += 1
    return sorted(Tie(*key, count) for key, count in found.items())


def extents(
    about: About, superclasses: Callable[[Iterable[str]], set[str]]
) -> list[tuple[str, int]]:
    """Return how many things each class has with those of the classes below it."""
    found: Counter[str] = Counter()
    for stated in about.values():
        if RDF_TYPE in stated:
            found.update(superclasses(_kinds(stated)))
    return sorted(found.items())


def examples(
    entries: Iterable[Entry], superclasses: Callable[[Iterable[str]], set[str]]
) -> Iterator[Example]:
    """Yield things that show each class and property, those first that most point at.

    Things of a class itself come before those of the classes below it, and things that only back
    others after those that stand for themselves.
    """
    ranked = sorted(entries, key=lambda entry: (entry.behind, -entry.pointing, entry.iri))
    own: dict[str, list[str]] = defaultdict(list)
    inherited: dict[str, list[str]] = defaultdict(list)
    seen: set[str] = set()
    for entry in ranked:
        for class_ in sorted(superclasses(entry.classes)):
            found = own if class_ in entry.classes else inherited
            if len(found[class_]) < _EXAMPLES:
                found[class_].append(entry.iri)
        for property_, value in entry.values:
            if property_ not in seen:
                seen.add(property_)
                yield Example(property_, 0, entry.iri, value)
    for class_ in sorted(own.keys() | inherited.keys()):
        chosen = (own[class_] + inherited[class_])[:_EXAMPLES]
        for place, thing in enumerate(chosen):
            yield Example(class_, place, thing)


def _kinds(stated: Mapping[str, list[Term]]) -> list[str]:
    return [each.value for each in stated[RDF_TYPE] if isinstance(each, ox.NamedNode)]


def _others(value: Term, kinds: Mapping[str, list[str]]) -> list[str]:
    if isinstance(value, ox.Literal):
        return [value.datatype.value]
    return kinds.get(value.value) or [""] if isinstance(value, ox.NamedNode) else [""]
