"""Data extension (0.2, section 7): values of properties for entities, and which there are."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from publisher.limits import BATCH_ENTITIES, BATCH_PROPERTIES
from publisher.prefixes import WELL_KNOWN
from server.http import bounds
from server.http.problems import Problem, over
from server.reconciliation.identifiers import (
    INVERSE,
    entity_id,
    entity_iris,
    property_iri,
    term_iri,
    type_object,
)
from server.search.index import current_index
from server.service import current_service

_XSD: Final = WELL_KNOWN["xsd"]
_WHOLE: Final = frozenset(
    f"{_XSD}{name}"
    for name in ("integer", "int", "long", "short", "nonNegativeInteger", "positiveInteger")
)
_REAL: Final = frozenset(f"{_XSD}{name}" for name in ("decimal", "double", "float"))
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_DATE_TIME: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})?")
_PROPOSED: Final = 100
SETTINGS: Final[list[dict[str, Any]]] = [
    {
        "name": "limit",
        "label": "Most values",
        "type": "number",
        "default": 0,
        "help_text": "How many values of the property a thing may give; 0 for all.",
    },
    {
        "name": "content",
        "label": "Things as",
        "type": "select",
        "default": "entity",
        "help_text": "How values that are things are written.",
        "choices": [
            {"value": "entity", "name": "entities"},
            {"value": "name", "name": "their names"},
            {"value": "iri", "name": "their addresses"},
        ],
    },
]


@dataclass(frozen=True)
class Wanted:
    """A property to fetch: its identifier as it was sent, and what its settings say."""

    id: str
    limit: int = 0
    content: str = "entity"


def propose(type_: str, limit: int | None) -> dict[str, Any]:
    """Return the properties of a type: in the order of its shape, then the others it has."""
    presentation = current_service().presentation
    iri = term_iri(type_)
    found: dict[str, str] = {}
    for (property_, inverse), slot in sorted(
        presentation.slots([iri] if iri else []).items(), key=lambda item: item[1].order
    ):
        name = slot.label or presentation.term(property_).label
        found[f"{INVERSE}{property_}" if inverse else property_] = name
    used = current_index().rows(
        "SELECT property, count(DISTINCT statement.thing) AS things FROM statement"
        " WHERE ? = '' OR statement.thing IN (SELECT thing FROM kind WHERE class = ?)"
        " GROUP BY property ORDER BY things DESC, property",
        (iri, iri),
    )
    for row in used:
        found.setdefault(row["property"], presentation.term(row["property"]).label)
    proposed = [{"id": id_, "name": name} for id_, name in found.items()]
    document: dict[str, Any] = {"type": type_, "properties": proposed[: limit or _PROPOSED]}
    if limit is not None:
        document["limit"] = limit
    return document


def read(text: str) -> tuple[list[str], list[Wanted]]:
    """Read a data extension query in JSON. Raises Problem 400 or 413."""
    try:
        query = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _bad(f"The data extension query is not JSON: {error}.") from None
    return checked(query)


def checked(query: Any) -> tuple[list[str], list[Wanted]]:
    """Return the entities and properties that a query names. Raises Problem 400 or 413."""
    if not isinstance(query, dict):
        raise _bad("A data extension query is an object with 'ids' and 'properties'.")
    ids, properties = query.get("ids"), query.get("properties")
    if not isinstance(ids, list) or not all(isinstance(each, str) for each in ids):
        raise _bad("'ids' must be a list of identifiers.")
    if not isinstance(properties, list):
        raise _bad("'properties' must be a list of objects with an 'id'.")
    for bound, most, asked in (
        ("batch_entities", BATCH_ENTITIES, ids),
        ("batch_properties", BATCH_PROPERTIES, properties),
    ):
        if len(asked) > most:
            detail = f"{most} {bounds.unit(bound)} may be asked about at once, not {len(asked)}."
            raise over(bound, most, 413, "Too much at once", detail)
    return ids, [_wanted(each) for each in properties]


def extend(ids: list[str], wanted: list[Wanted]) -> dict[str, Any]:
    """Return the data extension response."""
    iris = entity_iris(ids)
    columns = {each.id: _column(iris, each) for each in wanted}
    return {
        "meta": [_meta(each, columns[each.id]) for each in wanted],
        "rows": {id_: {each.id: columns[each.id][id_] for each in wanted} for id_ in ids},
    }


def _wanted(value: Any) -> Wanted:
    if not isinstance(value, dict) or not isinstance(value.get("id"), str):
        raise _bad("Each of the 'properties' must be an object with an 'id'.")
    settings = value.get("settings") or {}
    if not isinstance(settings, dict):
        raise _bad(f"'settings' of {value['id']!r} must be an object.")
    limit, content = settings.get("limit") or 0, settings.get("content") or "entity"
    if isinstance(limit, str) and limit.isascii() and limit.isdigit():
        limit = int(limit)
    if isinstance(limit, bool) or not isinstance(limit, int | float) or limit < 0:
        raise _bad(f"The setting 'limit' of {value['id']!r} must be a number, 0 for no limit.")
    if content not in ("entity", "name", "iri"):
        raise _bad(f"The setting 'content' of {value['id']!r} must be entity, name or iri.")
    return Wanted(value["id"], int(limit), content)


def _column(ids: Mapping[str, str], wanted: Wanted) -> dict[str, list[dict[str, Any]]]:
    """Return the values of a property by the identifiers of things, whose IRIs are `ids`."""
    property_, inverse = property_iri(wanted.id)
    iris = set(ids.values())
    index = current_index()
    if inverse:
        rows = index.rows_for(
            "SELECT value AS about, origin.iri AS value, NULL AS datatype"
            " FROM statement JOIN thing AS origin ON origin.id = statement.thing"
            " WHERE property = ? AND value IN ({}) ORDER BY origin.name, origin.iri",
            iris,
            property_,
        )
    else:
        rows = index.rows_for(
            "SELECT iri AS about, value, datatype FROM statement"
            " JOIN thing ON thing.id = statement.thing WHERE property = ? AND iri IN ({})"
            " ORDER BY statement.rowid",
            iris,
            property_,
        )
    leading = {row["value"] for row in rows if row["datatype"] is None}
    names = {iri: row["name"] for iri, row in index.labels(leading).items()}
    found: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        cells = found[row["about"]]
        if not wanted.limit or len(cells) < wanted.limit:
            cells.append(_cell(row["value"], row["datatype"], names, wanted.content))
    return {id_: found[iri] for id_, iri in ids.items()}


def _cell(
    value: str, datatype: str | None, names: Mapping[str, str], content: str
) -> dict[str, Any]:
    """Return one value as the API writes it: entities are things of ours only."""
    if datatype is None:
        name = names.get(value)
        if content == "iri" or (name is None and not _is_thing(value)):
            return {"str": value}
        if content == "entity" and _is_thing(value):
            return {"id": entity_id(value), "name": name or entity_id(value)}
        return {"str": name or value}
    if datatype in _WHOLE:
        return {"int": int(value)}
    if datatype in _REAL:
        number = float(value)
        return {"float": number} if number - number == 0 else {"str": value}
    if datatype == f"{_XSD}date" and _DATE.fullmatch(value):
        return {"date": f"{value}T00:00:00Z"}
    if datatype == f"{_XSD}dateTime" and _DATE_TIME.fullmatch(value):
        return {"date": value}
    return {"str": value}


def _is_thing(iri: str) -> bool:
    return current_service().release.iris.split(iri) is not None


def _meta(wanted: Wanted, column: Mapping[str, list[dict[str, Any]]]) -> dict[str, Any]:
    property_, inverse = property_iri(wanted.id)
    label = current_service().presentation.term(property_).label
    meta: dict[str, Any] = {"id": wanted.id, "name": f"{label} (of)" if inverse else label}
    things = current_service().release.iris.things
    iris = {things + cell["id"] for cells in column.values() for cell in cells if "id" in cell}
    if iris:
        kinds: defaultdict[str, set[str]] = defaultdict(set)
        for row in current_index().rows_for(
            "SELECT iri, class FROM kind JOIN thing ON thing.id = kind.thing"
            " WHERE direct AND iri IN ({})",
            iris,
        ):
            kinds[row["iri"]].add(row["class"])
        common = set.intersection(*kinds.values()) if kinds else set()
        if common:
            meta["type"] = type_object(min(common))
    return meta


def _bad(detail: str) -> Problem:
    return Problem(400, "bad-parameter", "Bad parameter", detail)
