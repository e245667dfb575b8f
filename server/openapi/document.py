"""The server's own description as an OpenAPI 3.1 document, made from its routes."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from werkzeug.routing import Rule

from publisher.release import Release
from publisher.saved_queries import SavedQuery
from server.http import bounds, problems
from server.http.negotiation import HTML
from server.limits.admission import COUNTED
from server.openapi.operations import (
    DRAFT,
    OPERATIONS,
    QUERY_BODY,
    QUERYING,
    Operation,
    query_parameter,
)
from server.query.reading import read as read_query
from server.routes.queries import SCHEMAS
from server.sparql import examples, protocol, refusals

#: `<converter(arguments):name>` in the rule of a route.
_PLACE: Final = re.compile(r"<(?:(?P<kind>\w+)(?:\((?P<arguments>[^)]*)\))?:)?(?P<name>\w+)>")
#: Answers that any request may get: its path is broken, its conditions fail, it asks too much or
#: too long, or we do not know what to do.
_ANYWHERE: Final = (400, 404, 412, 500, 503, 504)


def describe(rules: Iterable[Rule], release: Release) -> dict[str, Any]:
    """Return the description of the service with these routes. Raises KeyError for an unknown."""
    publication = release.publication
    known = _examples(release)
    paths: dict[str, Any] = {}
    for rule in sorted(rules, key=lambda rule: rule.rule):
        for path, parameters in _paths(rule.rule):
            for parameter in parameters:
                parameter |= known.get((rule.endpoint, parameter["name"]), {})
            paths[path] = _path_item(rule, parameters)
    for query in examples.saved(release):
        paths.update(_saved(query))
    return {
        "openapi": "3.1.1",
        "info": {
            "title": publication.title,
            "description": publication.description or publication.title,
            "version": release.version,
            "license": {"name": publication.license, "url": publication.license},
        },
        "servers": [{"url": publication.address("")}],
        "externalDocs": {"url": publication.address("/sparql"), "description": "How to ask"},
        "paths": paths,
        "components": {"schemas": {"Problem": _PROBLEM}, "responses": dict(_problems())},
        "x-limits": [bounds.as_mapping(bound) for bound in bounds.bounds(release.limits)],
    }


def _examples(release: Release) -> dict[tuple[str, str], dict[str, Any]]:
    """Return examples of parameters in paths, by route and name; each is to be had."""
    queries = [query.name for query in examples.saved(release)]
    dump = [f"{release.publication.name}.ttl"]
    version = [release.version]
    found = {
        ("graphs.graph", "name"): [collection.slug for collection in release.collections],
        ("lists.listing", "name"): [collection.slug for collection in release.collections],
        ("dumps.listing", "version"): version,
        ("catalogue.dataset", "version"): version,
        ("context.dated", "version"): version,
        ("changes.stream_page", "version"): version,
        ("timemaps.timemap", "document"): ["catalog"],
        ("crawlers.sitemap", "number"): ["1"],
        ("dumps.dated", "version"): version,
        ("dumps.dated", "file"): dump,
        ("dumps.latest", "file"): dump,
        ("queries.opened", "name"): queries,
        ("queries.source", "name"): queries,
        ("queries.answered", "name"): queries,
        ("limits.problem", "kind"): ["busy"],
        ("static", "filename"): ["style.css"],
        ("workbench.file", "file"): ["yasgui.min.css"],
    }
    return {place: {"example": values[0]} for place, values in found.items() if values}


def _saved(query: SavedQuery) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the paths of a saved query, with its own parameters."""
    parameters = tuple(
        query_parameter(each.name, each.label, default=query.default(each), **SCHEMAS[each.type])
        for each in query.parameters
    )
    graph = read_query(query.text).kind == "graph"
    forms = protocol.GRAPH_FORMS if graph else protocol.RESULT_FORMS
    page = Operation(query.title, (HTML,), (308,), (429,), parameters)
    yield f"/queries/{query.name}", {"get": _operation(page)}
    told = Operation(query.question, (*forms, refusals.QUERY), (308,), (429,), parameters)
    form = {"type": "string", "enum": [*forms.values(), "rq"]}
    place = {"name": "form", "in": "path", "required": True, "schema": form}
    item = {"parameters": [place], "get": _operation(told)}
    yield f"/queries/{query.name}.{{form}}", item


def _path_item(rule: Rule, parameters: list[dict[str, Any]]) -> dict[str, Any]:
    item: dict[str, Any] = {"parameters": parameters} if parameters else {}
    if rule.endpoint == "sparql.sparql":
        item["get"] = _operation(QUERYING, (DRAFT,))
        item["post"] = {**_operation(QUERYING), "requestBody": QUERY_BODY}
        for status in (403, 408, 411, 413, 415):
            item["post"]["responses"][str(status)] = _reference(status)
        del item["post"]["responses"]["304"]
        # OpenAPI 3.1 has no place for it; 3.2 has `query`.
        item["x-query"] = {**item["post"], "summary": "The same, safe to repeat (RFC 10008)"}
        return item
    told = OPERATIONS[rule.endpoint]
    counted = (429,) if rule.endpoint.partition(".")[0] in COUNTED else ()
    if "GET" in (rule.methods or ()):
        item["get"] = _operation(told, more_errors=counted)
    if "POST" in (rule.methods or ()) and told.body is not None:
        item["post"] = _operation(told, more_errors=counted)
        item["post"]["responses"].pop("304", None)
        content = {media_type: {"schema": schema} for media_type, schema in told.body.items()}
        item["post"]["requestBody"] = {"required": True, "content": content}
        for status in (408, 411, 413):
            item["post"]["responses"][str(status)] = _reference(status)
    return item


def _operation(
    told: Operation, more: Sequence[Mapping[str, Any]] = (), more_errors: Sequence[int] = ()
) -> dict[str, Any]:
    responses: dict[str, Any] = {}
    if told.media_types:
        content: dict[str, Any] = {media_type: {} for media_type in told.media_types}
        responses["200"] = {"description": "OK", "content": content}
        responses["304"] = {"description": "The client has it already"}
    for status in told.redirects:
        responses[str(status)] = {"description": HTTPStatus(status).phrase}
    for status in sorted({*_ANYWHERE, *told.errors, *more_errors}):
        responses[str(status)] = _reference(status)
    if "206" in responses:
        responses["206"] = {"description": "A range of it", "content": {"*/*": {}}}
    parameters = [*told.parameters, *more]
    return {
        "summary": told.summary,
        **({"parameters": parameters} if parameters else {}),
        "responses": responses,
    }


def _paths(rule: str) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Yield the paths of a route with their parameters; alternatives are written out."""
    alternatives: list[list[str]] = []
    parameters = []
    for place in _PLACE.finditer(rule):
        if place["kind"] == "any":
            alternatives.append((place["arguments"] or "").split(","))
        else:
            alternatives.append([f"{{{place['name']}}}"])
            schema = {"type": "string", "minLength": 1}
            parameters.append(
                {"name": place["name"], "in": "path", "required": True, "schema": schema}
            )
    pieces = _PLACE.split(rule)[:: _PLACE.groups + 1]
    for chosen in itertools.product(*alternatives):
        ends = itertools.zip_longest(pieces, chosen, fillvalue="")
        yield "".join(itertools.chain.from_iterable(ends)), parameters


def _problems() -> Iterator[tuple[str, dict[str, Any]]]:
    for status in HTTPStatus:
        if status >= 400:
            content = {
                problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}},
                HTML: {},
            }
            yield str(status.value), {"description": status.phrase, "content": content}


def _reference(status: int) -> dict[str, str]:
    return {"$ref": f"#/components/responses/{status}"}


_PROBLEM: Final[Mapping[str, Any]] = {
    "description": "What was wrong, and what can be done (RFC 9457)",
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string"},
        "line": {"type": "integer", "minimum": 1, "description": "Where in the query, from 1"},
        "column": {"type": "integer", "minimum": 1},
        "limit": {"type": "string", "description": "Which limit was met"},
        "value": {"type": "number", "description": "What the limit is"},
        "dumps": {"type": "string", "format": "uri-reference"},
        "parameter": {"type": "string", "description": "Which parameter was wrong"},
        "rule": {"type": "string", "description": "What it must be"},
        "mend": {"type": "string", "description": "What to write instead"},
        "available": {"type": "array", "description": "Which forms there are"},
    },
}
