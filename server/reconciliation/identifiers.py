"""Identifiers as the API knows them: things below the identifier space, terms by their IRI."""

from __future__ import annotations

from typing import Any

from server.routes.search import resolve
from server.service import current_service

#: What the identifier of a property begins with that is followed backwards.
INVERSE = "^"


def entity_id(iri: str) -> str:
    """Return the identifier of a thing: its IRI without the identifier space."""
    return iri.removeprefix(current_service().release.iris.things)


def entity_iri(identifier: str) -> str:
    """Return the IRI of a thing, which may also be given whole."""
    if identifier.startswith(("http://", "https://")):
        return identifier
    return current_service().release.iris.things + identifier


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
