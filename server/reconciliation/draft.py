"""The 1.0 draft of the API, where it does not conflict with 0.2: its queries and answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from server.http.problems import Problem
from server.reconciliation.batch import (
    Query,
    as_mapping,
    bad,
    candidates,
    check_size,
    constraint,
    kinds_of,
    limit_of,
    text_of,
)
from server.reconciliation.identifiers import term_iri


def extension_settings(settings: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what the draft's manifest says of data extension, which 0.2 has by other names."""
    renamed = [
        {"helpText" if name == "help_text" else name: value for name, value in each.items()}
        for each in settings
    ]
    return {"proposeProperties": True, "propertySettings": renamed}


def match(batch: Any) -> dict[str, Any]:
    """Answer a batch as `POST /match` sends it. Raises Problem 400 or 413."""
    if not isinstance(batch, dict) or not isinstance(batch.get("queries"), list):
        raise bad("A batch is an object with a list 'queries'.")
    check_size(len(batch["queries"]))
    queries = [_query(value, f"query {number}") for number, value in enumerate(batch["queries"])]
    found = [candidates(query) for query in queries]
    kinds = kinds_of([each for result in found for each in result])
    return {
        "results": [
            {"candidates": [as_mapping(each, kinds[each.id]) for each in result]}
            for result in found
        ]
    }


def _query(value: Any, name: str) -> Query:
    if not isinstance(value, dict) or not isinstance(value.get("conditions"), list):
        raise bad(f"The {name} must be an object with a list 'conditions'.")
    type_ = value.get("type")
    if type_ is not None and not isinstance(type_, str):
        raise bad(f"'type' of {name} must be a type's identifier.")
    text = ""
    constraints = []
    for condition in value["conditions"]:
        if not isinstance(condition, dict) or "propertyValue" not in condition:
            raise bad(f"Each condition of {name} must have 'matchType' and 'propertyValue'.")
        wanted, kind = condition["propertyValue"], condition.get("matchType")
        if kind in ("name", "id"):
            first = wanted[0] if isinstance(wanted, list) and wanted else wanted
            text = text_of(first.get("id") if isinstance(first, dict) else first, f"the {name}")
        elif kind == "property" and isinstance(condition.get("propertyId"), str):
            required = bool(condition.get("required"))
            _check(condition, name)
            constraints.append(constraint(condition["propertyId"], wanted, name, required=required))
        else:
            raise bad(f"'matchType' of a condition of {name} must be name, id or property.")
    if not value["conditions"]:
        raise bad(f"The {name} has no condition that says anything.")
    types = (term_iri(type_),) if type_ else ()
    limit = limit_of(value.get("limit"), f"'limit' of {name}")
    return Query(text, types, limit, tuple(constraints))


def _check(condition: dict[str, Any], name: str) -> None:
    if condition.get("matchQuantifier") not in (None, "any"):
        raise Problem(
            501,
            "not-implemented",
            "Not implemented",
            f"The {name} asks for a matchQuantifier other than 'any', which is all there is here.",
        )


def rows(response: dict[str, Any]) -> dict[str, Any]:
    """Return a data extension response of 0.2 in the form of the draft."""
    return {
        "meta": response["meta"],
        "rows": [
            {
                "id": id_,
                "properties": [{"id": pid, "values": values} for pid, values in row.items()],
            }
            for id_, row in response["rows"].items()
        ],
    }
