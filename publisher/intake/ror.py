"""Records of the Research Organization Registry, in its schema 2 or the older 1."""

from __future__ import annotations

from publisher.findings import Place, SourceFault
from publisher.intake.identifiers import address
from publisher.intake.record import (
    ORGANISATION,
    Record,
    fault,
    identifier_values,
    values,
)
from publisher.intake.tree import Tree


def is_ror(tree: Tree) -> bool:
    """Whether this can be a record of ROR."""
    return "ror.org/" in (tree.text("id") or "") and bool(_names(tree))


def read_ror(tree: Tree, place: Place) -> Record:
    """Return the organisation of a record. Raises SourceFault."""
    if not is_ror(tree):
        what = "this is no record of ROR: it needs an id at ror.org and a name"
        raise SourceFault([fault(place, "ror", what, "give one record as its API answers it")])
    names = _names(tree)
    title = next(iter(names.get("ror_display") or names.get("label") or [""]))
    location = next(iter(tree.items("locations") or tree.items("addresses")), Tree())
    details = location.at("geonames_details") if location.at("geonames_details") else location
    country = details.text("country_code") or tree.text("country", "country_code")
    city = details.text("name") or location.text("city")
    latitude, longitude = details.text("lat"), details.text("lng")
    acronyms = names.get("acronym", [])
    others = [*acronyms, *names.get("alias", []), *names.get("label", [])]
    notes = []
    if tree.text("status") not in (None, "active"):
        notes.append(f"is {tree.text('status')} in ROR; look for its successor")
    return Record(
        family=ORGANISATION,
        key=tree.text("id") or "",
        place=place,
        values={
            **values(
                title=title,
                acronym=acronyms[:1],
                other_name=[name for name in others if name != title],
                kind=[kind.lower() for kind in tree.texts("types")],
                country=country,
                place=city,
                latitude=latitude if longitude else None,
                longitude=longitude if latitude else None,
                homepage=_homepage(tree),
            ),
            **identifier_values(tree.text("id"), _wikidata(tree)),
        },
        seen_at=tree.text("id"),
        notes=tuple(notes),
    )


def _names(tree: Tree) -> dict[str, list[str]]:
    """Return the names by their type, as schema 2 calls it."""
    names: dict[str, list[str]] = {}
    for entry in tree.items("names"):
        for kind in entry.texts("types"):
            names.setdefault(kind, []).extend(entry.texts("value"))
    old = {
        "ror_display": tree.texts("name"),
        "acronym": tree.texts("acronyms"),
        "alias": tree.texts("aliases"),
        "label": [text for entry in tree.items("labels") for text in entry.texts("label")],
    }
    return names or {kind: texts for kind, texts in old.items() if texts}


def _homepage(tree: Tree) -> str | None:
    for link in tree.items("links"):
        if link.text("type") in (None, "website"):
            found = address(link.text("value") or link.text() or "")
            if found:
                return found
    return None


def _wikidata(tree: Tree) -> str | None:
    entries = [
        *(e for e in tree.items("external_ids") if e.text("type") == "wikidata"),
        tree.at("external_ids", "Wikidata"),
    ]
    for entry in entries:
        number = entry.text("preferred") or entry.text("all")
        if number:
            return f"https://www.wikidata.org/wiki/{number}"
    return None
