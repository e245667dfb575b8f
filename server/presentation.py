"""Presentation: names, order and grouping of values, as the release has them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from publisher.iri import IriSpace
from publisher.prefixes import Prefixes
from publisher.presentation import LABEL_PROPERTIES, STATEMENT_PARTS
from publisher.release import Release


@dataclass(frozen=True)
class Term:
    """A class or property as readers meet it."""

    iri: str
    label: str
    definition: str
    curie: str


@dataclass(frozen=True)
class Slot:
    """A place on the page of a thing: one property, seen from either side."""

    property: str
    inverse: bool
    label: str
    description: str
    order: float
    group: str | None


@dataclass(frozen=True)
class Group:
    """A heading under which slots stand together."""

    iri: str
    label: str
    order: float


@dataclass(frozen=True)
class Presentation:
    """What pages need to know of the ontology and the shapes."""

    terms: Mapping[str, Mapping[str, Any]]
    groups: Mapping[str, Group]
    classes: Mapping[str, Mapping[str, Any]]
    label_properties: tuple[str, ...]
    language: str
    prefixes: Prefixes
    iris: IriSpace

    @classmethod
    def of(cls, release: Release) -> Presentation:
        """Read the presentation of a release."""
        source = release.presentation
        groups = {
            group["iri"]: Group(group["iri"], group["label"], float(group.get("order") or 0))
            for group in source.get("groups", ())
        }
        return cls(
            terms=source.get("terms", {}),
            groups=groups,
            classes=source.get("classes", {}),
            label_properties=tuple(source.get("label_properties", ())) or LABEL_PROPERTIES,
            language=release.publication.language,
            prefixes=Prefixes(release.publication.prefixes),
            iris=release.iris,
        )

    def term(self, iri: str) -> Term:
        """Return how a class or property is named; one without a label goes by its local name."""
        entry = self.terms.get(iri, {})
        curie = self.prefixes.shorten(iri) or iri
        label = entry.get("label") or _words(iri)
        return Term(iri, label, entry.get("definition") or "", curie)

    def anchor(self, iri: str) -> str:
        """Return the fragment of a term on the page of the ontology.

        Our own terms have the fragment of their IRI; those taken over go by their prefixed name,
        which no fragment of ours can be.
        """
        prefix = f"{self.iris.ontology}#"
        if iri.startswith(prefix):
            return iri[len(prefix) :]
        return self.prefixes.shorten(iri) or iri

    def is_statement_part(self, property_: str) -> bool:
        """Whether a property leads from what stands for a statement to what that is about."""
        stated = self.terms.get(property_, {}).get("part_of") == "statement"
        return stated or property_ in STATEMENT_PARTS

    def kinds(self, classes: Iterable[str]) -> list[Term]:
        """Return a thing's classes as readers meet them: those with a shape first, then by name."""
        terms = [self.term(iri) for iri in classes]
        return sorted(terms, key=lambda term: (term.iri not in self.classes, term.label.lower()))

    def slots(self, classes: Iterable[str]) -> dict[tuple[str, bool], Slot]:
        """Return the places that the shapes of these classes name, by property and direction.

        Where several shapes name a property, the first by order wins.
        """
        slots: dict[tuple[str, bool], Slot] = {}
        for class_iri in classes:
            for entry in self.classes.get(class_iri, {}).get("properties", ()):
                slot = _slot(entry)
                key = (slot.property, slot.inverse)
                if key not in slots or slot.order < slots[key].order:
                    slots[key] = slot
        return slots


def _slot(entry: Mapping[str, Any]) -> Slot:
    path = entry["path"]
    inverse = isinstance(path, Mapping)
    return Slot(
        property=path["inverse"] if inverse else path,
        inverse=inverse,
        label=entry.get("label") or "",
        description=entry.get("description") or "",
        order=float(entry.get("order") or 0),
        group=entry.get("group"),
    )


def _words(iri: str) -> str:
    """Local name of an IRI in words: `hasPart` becomes `has part`."""
    local = iri.rstrip("/#").rpartition("#")[2].rpartition("/")[2]
    spaced = "".join(f" {c.lower()}" if c.isupper() and i else c for i, c in enumerate(local))
    return spaced.replace("_", " ").replace("-", " ").strip() or iri
