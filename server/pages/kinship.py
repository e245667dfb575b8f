"""Kinship: which terms of the ontology stand above and below which."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from pyoxigraph import NamedNode

from publisher.terms import Term
from server.pages.diagrams import Branch, Label
from server.pages.statements import Statements


@dataclass(frozen=True)
class Kin:
    """A term with those below it, as a tree; what has two terms above it stands twice."""

    iri: str
    below: tuple[Kin, ...]


class Kinship:
    """The terms of one kind, by IRI, in the order of their names."""

    def __init__(self, terms: Iterable[str], above: Mapping[str, Iterable[str]]) -> None:
        """Take terms in their order; `above` may name other IRIs, which are left out."""
        self.terms = list(dict.fromkeys(terms))
        known = set(self.terms)
        self.above = {
            iri: [each for each in above.get(iri, ()) if each in known and each != iri]
            for iri in self.terms
        }

    @classmethod
    def of(cls, statements: Statements, types: frozenset[str], predicate: str) -> Kinship:
        """Read the terms of some types, which `predicate` orders."""
        nodes = statements.subjects(types)
        return cls(
            (node.value for node in nodes),
            {node.value: _named(statements.about(node).get(predicate, ())) for node in nodes},
        )

    @cached_property
    def below(self) -> Mapping[str, list[str]]:
        """The terms right below each, in their order."""
        found: dict[str, list[str]] = defaultdict(list)
        for iri in self.terms:
            for parent in self.above[iri]:
                found[parent].append(iri)
        return found

    @cached_property
    def ancestors(self) -> Mapping[str, frozenset[str]]:
        """All terms above each, itself left out."""
        return {iri: self._ancestors(iri) for iri in self.terms}

    def _ancestors(self, iri: str) -> frozenset[str]:
        found: set[str] = set()
        waiting = list(self.above[iri])
        while waiting:
            each = waiting.pop()
            if each not in found:
                found.add(each)
                waiting += self.above[each]
        return frozenset(found - {iri})

    @cached_property
    def trees(self) -> list[Kin]:
        """The terms as trees from the top; of a circle, the first term is the top."""
        reached: set[str] = set()

        def grow(iri: str, path: frozenset[str]) -> Kin:
            reached.add(iri)
            inside = path | {iri}
            return Kin(iri, tuple(grow(e, inside) for e in self.below[iri] if e not in inside))

        tops = [grow(iri, frozenset()) for iri in self.terms if not self.above[iri]]
        tops += (grow(iri, frozenset()) for iri in self.terms if iri not in reached)
        place = {iri: number for number, iri in enumerate(self.terms)}
        return sorted(tops, key=lambda kin: place[kin.iri])

    def branches(self, labels: Mapping[str, Label]) -> list[Branch]:
        """Return the trees of more than one term, for a drawing."""
        return [_branch(kin, labels) for kin in self.trees if kin.below]


def _branch(kin: Kin, labels: Mapping[str, Label]) -> Branch:
    return Branch(labels[kin.iri], tuple(_branch(each, labels) for each in kin.below))


def _named(terms: Iterable[Term]) -> list[str]:
    return [each.value for each in terms if isinstance(each, NamedNode)]
