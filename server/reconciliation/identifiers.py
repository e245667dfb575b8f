"""Identifiers as the API knows them: things below the identifier space, terms by their IRI."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from server.search.index import current_index
from server.search.narrowing import resolve
from server.search.own import things_meant
from server.service import current_service

#: What the identifier of a property begins with that is followed backwards.
INVERSE = "^"


def entity_id(iri: str) -> str:
    """Return the identifier of a thing: its IRI without the identifier space."""
    return iri.removeprefix(current_service().release.iris.things)


def entity_iri(identifier: str) -> str:
    """Return the IRI of a thing, as `entity_iris` does."""
    return entity_iris([identifier])[identifier]


def entity_iris(identifiers: Iterable[str]) -> dict[str, str]:
    """Return the IRIs of things by their identifiers, which may also be addresses of theirs.

    What was merged into another thing is that thing.
    """
    known = list(identifiers)
    iris = current_service().release.iris
    meant = things_meant(current_index(), iris, known, relative=True)
    return {
        each: meant.get(each)
        or (each if each.startswith(("http://", "https://")) else iris.things + each)
        for each in known
    }


def term_iri(identifier: str) -> str:
    """Return the IRI of a class or property, which may also be given as a prefixed name."""
    if identifier.startswith(("http://", "https://")):
        return identifier
    return resolve(identifier) or identifier


def property_iri(identifier: str) -> tuple[str, bool]:
    """Return the IRI of a property, and whether it is followed backwards."""
    inverse = identifier.startswith(INVERSE)
    return term_iri(identifier.removeprefix(INVERSE)), inverse


def type_object(iri: str) -> dict[str, Any]:
    """Return a class as the API writes types."""
    return {"id": iri, "name": current_service().presentation.term(iri).label}
