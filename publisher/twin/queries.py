"""Saved queries as the twin fills them in: their text in parts, and how values are written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from publisher.literals import XSD
from publisher.release import QUERIES, Release
from publisher.saved_queries import IRIS, RULES, TYPES, SavedQuery, default_span, read_saved_query

#: What a value of each typed literal looks like.
_PATTERNS: Final = {
    "integer": ("integer", "[+-]?[0-9]{1,18}"),
    "decimal": ("decimal", "[+-]?[0-9]{1,9}([.][0-9]{1,9})?"),
    "boolean": ("boolean", "true|false"),
    "date": ("date", "[0-9]{4}-[0-9]{2}-[0-9]{2}"),
    "year": ("gYear", "[0-9]{4}"),
}
_IRI_PATTERN: Final = '[A-Za-z][A-Za-z0-9+.\\-]*:[^<>"{}|^`\\\\\\x00-\\x20]*'


def saved(release: Release) -> list[SavedQuery]:
    """Return the saved queries of a release, by name."""
    folder = release.path / QUERIES
    found = [read_saved_query(path, Path(path.name))[0] for path in sorted(folder.glob("*.rq"))]
    return [query for query in found if query is not None]


def document(release: Release) -> str:
    """Return the saved queries that take values, as JSON."""
    prefixes = dict(release.publication.prefixes)
    queries = {query.name: _parts(query) for query in saved(release) if query.parameters}
    value = {"types": _types(), "prefixes": prefixes, "queries": queries}
    return json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1) + "\n"


def _types() -> dict[str, Any]:
    types: dict[str, Any] = {}
    for name in TYPES:
        rule, example = RULES[name]
        types[name] = {"rule": f"{rule}, as {example}", "iri": name in IRIS}
        if name in IRIS:
            types[name]["pattern"] = _IRI_PATTERN
        elif name in _PATTERNS:
            datatype, pattern = _PATTERNS[name]
            types[name] |= {"pattern": pattern, "datatype": XSD + datatype, "trim": True}
        else:
            types[name]["pattern"] = ".*"
    return types


def _parts(query: SavedQuery) -> list[Any]:
    parts: list[Any] = []
    at = 0
    places = sorted((default_span(query, each), each) for each in query.parameters)
    for (start, end), parameter in places:
        given = query.default(parameter)
        term = {"name": parameter.name, "type": parameter.type, "given": given}
        parts += [query.text[at:start], {**term, "term": query.text[start:end]}]
        at = end
    return [*parts, query.text[at:]]
