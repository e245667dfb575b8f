"""Batches of reconciliation queries (0.2, section 4): read, evaluated, answered."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from publisher.limits import BATCH_QUERIES, MOST_CANDIDATES, SEARCH_CHARACTERS
from server.http.problems import Problem, over
from server.reconciliation.constraints import Checker, Constraint
from server.reconciliation.identifiers import entity_id, term_iri, type_object
from server.search.index import current_index
from server.search.matcher import Candidate, current_matcher, settle
from server.service import current_service

DEFAULT_LIMIT: Final = 10
_STRICTNESS: Final = ("any", "should", "all")
_MEMBERS: Final = ("query", "type", "limit", "properties", "type_strict")
#: What a candidate of another type than the wanted one loses where the type need not fit.
_OTHER_TYPE: Final = 0.8


@dataclass(frozen=True)
class Query:
    """One query, checked."""

    text: str
    types: tuple[str, ...]
    limit: int
    constraints: tuple[Constraint, ...]
    strictness: str = "any"


def read(text: str) -> dict[str, Query]:
    """Read a batch in JSON. Raises Problem 400 or 413, whose text says where the fault is."""
    try:
        batch = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise bad(f"'queries' is not JSON: {error}.") from None
    if not isinstance(batch, dict):
        raise bad("'queries' must be an object of queries by their names, as in {\"q0\": {...}}.")
    check_size(len(batch))
    return {name: _query(name, value) for name, value in batch.items()}


def check_size(queries: int) -> None:
    """Raise Problem 413 if a batch has more queries than are answered at once."""
    if queries > BATCH_QUERIES:
        detail = f"A batch may have {BATCH_QUERIES} queries; this one has {queries}."
        raise over("batch_queries", BATCH_QUERIES, 413, "Batch too large", detail)


def answer(batch: Mapping[str, Query]) -> dict[str, Any]:
    """Return the result batch."""
    found = {name: candidates(query) for name, query in batch.items()}
    kinds = kinds_of([each for result in found.values() for each in result])
    return {
        name: {"result": [as_mapping(each, kinds[each.id]) for each in result]}
        for name, result in found.items()
    }


def candidates(query: Query) -> list[Candidate]:
    """Return the candidates of one query, the best first.

    A query that says nothing, as a blank cell does, has none. A property that nothing here has is
    not held against anybody, unless it is required.
    """
    match = current_matcher()
    checker = Checker(current_index(), match)
    constraints = checker.telling(query.constraints)
    if not query.limit or not (query.text or constraints):
        return []
    strict = query.types if query.strictness != "should" else ()
    every = query.strictness == "all"
    if query.text:
        found = match.candidates(query.text, strict, every=every)
    else:
        found = checker.meeting(constraints)
        found = match.of_kinds(found, strict, every=every) if strict else found
    if query.types and not strict:
        fitting = {each.id for each in match.of_kinds(found, query.types)}
        for each in found:
            each.features["type"] = each.id in fitting
            each.score *= 1 if each.id in fitting else _OTHER_TYPE
        found = settle(found)
    if constraints:
        found = checker.weighed(found, constraints)
    return found[: query.limit]


def kinds_of(found: Sequence[Candidate]) -> defaultdict[int, list[str]]:
    """Return the classes of candidates by their place in the index."""
    kinds: defaultdict[int, list[str]] = defaultdict(list)
    query = "SELECT thing, class FROM kind WHERE direct AND thing IN ({})"
    for row in current_index().rows_for(query, {each.id for each in found}):
        kinds[row["thing"]].append(row["class"])
    return kinds


def as_mapping(candidate: Candidate, kinds: Sequence[str]) -> dict[str, Any]:
    """Return a candidate as the API writes it; scores run to 100."""
    document: dict[str, Any] = {
        "id": entity_id(candidate.iri),
        "name": candidate.name,
        "score": round(100 * candidate.score, 2),
        "match": candidate.sure,
        "type": [type_object(term.iri) for term in current_service().presentation.kinds(kinds)],
        "features": [{"id": name, "value": v} for name, v in candidate.features.items()],
    }
    if candidate.introduction:
        document["description"] = candidate.introduction
    return document


def bad(detail: str) -> Problem:
    """Return the problem for a request that cannot be read; `detail` is a whole sentence."""
    return Problem(400, "bad-parameter", "Bad parameter", detail)


def _query(name: str, value: Any) -> Query:
    if isinstance(value, str):  # version 0.1 let a query be its text
        value = {"query": value}
    if not isinstance(value, dict):
        raise bad(f"The query {name!r} must be an object.")
    for member in value:
        if member not in _MEMBERS:
            known = ", ".join(_MEMBERS)
            raise bad(f"The query {name!r} has a member {member!r}; there are: {known}.")
    strictness = value.get("type_strict") or "any"
    if strictness not in _STRICTNESS:
        raise bad(f"'type_strict' of {name!r} must be one of {', '.join(_STRICTNESS)}.")
    query = Query(
        text=text_of(value.get("query"), f"'query' of {name!r}"),
        types=_types(name, value.get("type")),
        limit=limit_of(value.get("limit"), f"'limit' of {name!r}"),
        constraints=_constraints(name, value.get("properties")),
        strictness=strictness,
    )
    if "query" not in value and "properties" not in value:
        raise bad(f"The query {name!r} has neither 'query' nor 'properties'.")
    return query


def text_of(value: Any, what: str) -> str:
    """Read the text of a query, which may be missing. Raises Problem 400."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise bad(f"{what} must be a string.")
    return value.strip()[:SEARCH_CHARACTERS]


def limit_of(value: Any, what: str) -> int:
    """Read how many candidates are wanted, which may be none. Raises Problem 400."""
    if value is None:
        return DEFAULT_LIMIT
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0 or value % 1:
        raise bad(f"{what} must be a whole number from 0 on.")
    return min(int(value), MOST_CANDIDATES)


def _types(name: str, value: Any) -> tuple[str, ...]:
    types = [value] if isinstance(value, str) else value or []
    if not isinstance(types, list) or not all(isinstance(each, str) for each in types):
        raise bad(f"'type' of {name!r} must be a type's identifier or a list of them.")
    return tuple(term_iri(each) for each in types if each)


def _constraints(name: str, value: Any) -> tuple[Constraint, ...]:
    if value is None:
        return ()
    if not isinstance(value, list):
        raise bad(f"'properties' of {name!r} must be a list.")
    found = []
    for each in value:
        if not isinstance(each, dict) or not isinstance(each.get("pid"), str) or "v" not in each:
            raise bad(f"Each of the 'properties' of {name!r} must have 'pid', a string, and 'v'.")
        found.append(constraint(each["pid"], each["v"], name))
    return tuple(found)


def constraint(pid: str, value: Any, name: str, *, required: bool = False) -> Constraint:
    """Read one property and its values. Raises Problem 400."""
    for each in value if isinstance(value, list) else [value]:
        entity = isinstance(each, dict) and isinstance(each.get("id"), str)
        if not entity and not isinstance(each, str | int | float | bool):
            raise bad(f"A value of {pid!r} in {name!r} is no text, number or entity with an 'id'.")
    return Constraint.of(pid, value, required=required)
