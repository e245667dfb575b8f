"""Suggest and flyout services (0.2, section 6): entities, types, properties, as they begin."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from flask import render_template

from publisher.index.spelling import words
from publisher.intake.names import folded
from server.http.addresses import local_link
from server.http.problems import not_found
from server.reconciliation.identifiers import (
    entity_id,
    entity_iri,
    property_iri,
    term_iri,
    type_object,
)
from server.search.finder import current_finder
from server.search.index import current_index
from server.service import current_service

LENGTH: Final = 10
_MOST: Final = 1000


def entities(prefix: str, start: int, length: int) -> list[dict[str, Any]]:
    """Return the things whose names begin so, or have words that do."""
    presentation = current_service().presentation
    hits = current_finder().suggestions(prefix, start + length)[start:]
    return [
        {
            "id": entity_id(hit.iri),
            "name": hit.name,
            "description": hit.introduction,
            "notable": [type_object(term.iri) for term in presentation.kinds(hit.kinds)],
        }
        for hit in hits
    ]


def types(prefix: str, start: int, length: int) -> list[dict[str, Any]]:
    """Return the classes of things, and those that the ontology declares, by name."""
    presentation = current_service().presentation
    rows = current_index().rows("SELECT DISTINCT class FROM kind")
    iris = {row["class"] for row in rows}
    iris |= {iri for iri, term in presentation.terms.items() if term.get("kind") == "class"}
    return _suggested(prefix, iris)[start : start + length]


def properties(prefix: str, start: int, length: int) -> list[dict[str, Any]]:
    """Return the properties that things have by name."""
    return _suggested(prefix, set(current_index().properties))[start : start + length]


SUGGESTIONS: Final[dict[str, Callable[[str, int, int], list[dict[str, Any]]]]] = {
    "entity": entities,
    "type": types,
    "property": properties,
}


def flyout(kind: str, identifier: str) -> dict[str, str]:
    """Return the small preview of an entity, type or property. Raises Problem 404."""
    if kind == "entity":
        return {"id": identifier, "html": entity_preview(identifier)}
    iri = property_iri(identifier)[0] if kind == "property" else term_iri(identifier)
    presentation = current_service().presentation
    if iri not in presentation.terms and not current_index().rows(
        "SELECT 1 FROM kind WHERE class = ? UNION SELECT 1 FROM statement WHERE property = ?"
        " LIMIT 1",
        (iri, iri),
    ):
        raise not_found(f"No {kind} has the identifier {identifier!r}.")
    term = presentation.term(iri)
    return {"id": identifier, "html": render_template("flyout.html", term=term)}


def entity_preview(identifier: str, *, page: bool = False) -> str:
    """Return a thing in a few lines of HTML, as a page of its own with `page`."""
    service = current_service()
    iri = entity_iri(identifier)
    rows = current_index().rows("SELECT * FROM thing WHERE iri = ?", (iri,))
    if not rows:
        raise not_found(f"No entity has the identifier {identifier!r}.")
    kinds = current_index().rows(
        "SELECT class FROM kind WHERE direct AND thing = ?", (rows[0]["id"],)
    )
    return render_template(
        "preview.html" if page else "flyout_entity.html",
        thing=rows[0],
        kinds=service.presentation.kinds(row["class"] for row in kinds),
        address=service.release.publication.address(local_link(service.release.iris, iri) or ""),
    )


def _suggested(prefix: str, iris: set[str]) -> list[dict[str, Any]]:
    """Return the terms that a prefix may become, those whose name begins so first."""
    presentation = current_service().presentation
    wanted, form = words(prefix), folded(prefix)
    found = []
    for iri in iris:
        term = presentation.term(iri)
        label = folded(term.label)
        exact = prefix in (iri, term.curie)
        fits = all(any(w.startswith(part) for w in label.split()) for part in wanted)
        named = term.curie.lower().startswith(prefix.lower()) or iri.lower().startswith(
            prefix.lower()
        )
        if exact or fits or named:
            found.append(((not exact, not label.startswith(form), label, iri), term))
    found.sort(key=lambda pair: pair[0])
    return [
        {"id": term.iri, "name": term.label, "description": term.definition or term.curie}
        for _, term in found
    ]
