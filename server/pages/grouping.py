"""Grouping: under which heading a property stands on the page of the ontology."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from server.presentation import Presentation

#: Properties that no group of the shapes has stand under what they are.
_FALLBACKS: Final = {
    "ObjectProperty": "Links between things",
    "DatatypeProperty": "Plain values",
    "AnnotationProperty": "Remarks",
}
_OTHERS: Final = "Other properties"


@dataclass(frozen=True, order=True)
class Group:
    """A heading and its place among the others."""

    order: float
    heading: str
    foreign: bool = False
    """Whether the heading is in the language of the publication."""


class Grouping:
    """Knows in which group (sh:group) the most shapes have each property."""

    def __init__(self, presentation: Presentation) -> None:
        """Count the groups in the presentation of a release."""
        counted: dict[str, Counter[str]] = defaultdict(Counter)
        for shaped in presentation.classes.values():
            for slot in shaped.get("properties", ()):
                if isinstance(slot["path"], str) and slot.get("group") in presentation.groups:
                    counted[slot["path"]][slot["group"]] += 1
        self._groups: dict[str, Group] = {}
        for iri, groups in counted.items():
            best = presentation.groups[max(sorted(groups), key=lambda group: groups[group])]
            self._groups[iri] = Group(best.order, best.label, foreign=True)

    def group(self, iri: str, types: Collection[str]) -> Group:
        """Return the group of a property; `types` are the local names of what it is."""
        found = next((words for name, words in _FALLBACKS.items() if name in types), _OTHERS)
        return self._groups.get(iri) or Group(float("inf"), found)
