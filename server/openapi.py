"""The server's own description as an OpenAPI 3.1 document, made from its routes.

What stands here of each route is only what the route itself cannot tell; a route that nobody
described is a mistake, which a test finds, as it finds an answer that is not described.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from flask import Blueprint, Response, current_app, render_template
from werkzeug.routing import Rule

from publisher.feeds import atom
from publisher.formats import JSON_LD, RDF_FORMS
from publisher.index.facets import VALUES
from publisher.limits import SEARCH_CHARACTERS
from publisher.release import Release
from publisher.saved_queries import SavedQuery
from server.documents import event_stream
from server.documents.citations import CITATION_FORMS
from server.documents.signposting import LINKSET_FORMS
from server.http import bounds, problems
from server.http.addresses import here
from server.http.caching import check_preconditions, validated
from server.http.negotiation import DOCUMENT_FORMS, HTML, JSON
from server.limits.admission import COUNTED
from server.query.reading import read as read_query
from server.routes import changes, timemaps
from server.routes.catalogue import VOID_FORMS
from server.routes.lists import DOWNLOADS
from server.routes.queries import SCHEMAS
from server.search.lists import ORDERS
from server.service import current_service, rendered
from server.sparql import examples, protocol, refusals

blueprint = Blueprint("openapi", __name__)

PATH: Final = "/openapi.json"
_TEXT: Final = "text/plain"
_XML: Final = "application/xml"
_GRAPHS: Final = tuple(protocol.GRAPH_FORMS)
_RESULTS: Final = tuple(protocol.RESULT_FORMS)
_STREAM: Final = tuple(form.media_type for form in event_stream.FORMS)
_DOCUMENT: Final = tuple(DOCUMENT_FORMS.values())
#: `<converter(arguments):name>` in the rule of a route.
_PLACE: Final = re.compile(r"<(?:(?P<kind>\w+)(?:\((?P<arguments>[^)]*)\))?:)?(?P<name>\w+)>")
#: Answers that any request may get: its path is broken, its conditions fail, it asks too much or
#: too long, or we do not know what to do.
_ANYWHERE: Final = (400, 404, 412, 500, 503, 504)


@dataclass(frozen=True)
class _Told:
    """What is told of a route.

    `media_types` are those of a 200, `redirects` and `errors` further statuses besides _ANYWHERE,
    `parameters` those of the query string, `body` what a POST may send by media type.
    """

    summary: str
    media_types: Sequence[str] = ()
    redirects: Sequence[int] = ()
    errors: Sequence[int] = ()
    parameters: Sequence[Mapping[str, Any]] = ()
    body: Mapping[str, Mapping[str, Any]] | None = None


def _parameter(
    name: str, description: str, *, array: bool = False, required: bool = False, **schema: Any
) -> Mapping[str, Any]:
    one = {"type": "string", **schema}
    return {
        "name": name,
        "in": "query",
        **({"required": True} if required else {}),
        "description": description,
        "schema": {"type": "array", "items": one} if array else one,
    }


_PAGE: Final = _parameter("page", "Which page of something long, from 1.", pattern="^[1-9][0-9]*$")
_PROFILE: Final = _parameter(
    "_profile", "The vocabulary of the answer: our own, or schema.org.", examples=["schema"]
)
_MEDIA_TYPE: Final = _parameter(
    "_mediatype", "The form of the answer by media type; it outranks Accept.", examples=[HTML]
)
_VERSION: Final = _parameter(
    "version", "The version of the publication whose document is wanted, as it was then."
)
_FORMAT: Final = _parameter(
    "format", "The form of the answer, by suffix or media type; it outranks Accept."
)
_DATASET: Final = (
    _parameter("default-graph-uri", "A graph of the default graph.", array=True),
    _parameter("named-graph-uri", "A named graph of the dataset.", array=True),
)
_QUERY: Final = _parameter(
    "query", "The text of one SPARQL 1.1 query.", examples=["SELECT * { ?s ?p ?o } LIMIT 10"]
)
_DRAFT: Final = _parameter("draft", "A query to write into the form.")
_OPERATION: Final = _Told(
    "SPARQL 1.1 query; without one, the page with the form or the service description",
    (*_RESULTS, *_GRAPHS, *protocol.ALIASES, HTML),
    errors=(403, 406, 413, 414, 429, 502, 505),
    parameters=(_QUERY, *_DATASET, _FORMAT),
)
_WORDS: Final = _parameter("q", "Words, of which all must fit.", maxLength=SEARCH_CHARACTERS)
_VALUES: Final = _parameter(
    VALUES, "A facet, all of whose values are asked for instead; in HTML.", minLength=1
)
_SORT: Final = _parameter("sort", "The order of the list.", enum=list(ORDERS))
_SCRIPT: Final = "text/javascript"
_CALLBACK: Final = _parameter(
    "callback", "A function to hand the answer to (JSONP).", pattern=r"^[A-Za-z_$][\w$.]{0,99}$"
)
_TEXTS: Final = {"type": "array", "items": {"type": "string"}}
_QUERIES: Final = _parameter("queries", "A reconciliation query batch in JSON.")
_EXTEND: Final = _parameter("extend", "A data extension query in JSON.")
_NUMBER: Final = "^[1-9][0-9]{0,5}$"
_ID: Final = _parameter(
    "id", "The identifier of an entity, type or property.", required=True, minLength=1
)

_TOLD: Final[Mapping[str, _Told]] = {
    "static": _Told(
        "A file that pages need", ("text/css", "text/javascript", "image/svg+xml"), redirects=(308,)
    ),
    "home.home": _Told("The home page", (HTML,)),
    "about.about": _Told(
        "What the graph says of something that is described elsewhere",
        (HTML,),
        (303,),
        (),
        (_parameter("iri", "Its IRI.", required=True, format="iri"), _PAGE, _VERSION),
    ),
    "home.page": _Told("A page of the publication's own words", (HTML,)),
    "home.theme": _Told("The publication's colours", ("text/css",)),
    "home.mark": _Told("The publication's mark", ("image/svg+xml",)),
    "crawlers.robots": _Told("What crawlers may read", (_TEXT,)),
    "crawlers.index": _Told("The index of the sitemaps", (_XML,)),
    "crawlers.sitemap": _Told("A sitemap", (_XML,), (308,)),
    "crawlers.security": _Told("Where to report faults (RFC 9116)", (_TEXT,)),
    "catalogue.catalogue": _Told(
        "The catalogue (DCAT-AP)", _DOCUMENT, (302, 308), (406,), (_PROFILE, _MEDIA_TYPE, _VERSION)
    ),
    "catalogue.void": _Told(
        "The dataset in VoID",
        tuple(VOID_FORMS.values()),
        (302, 308),
        (406,),
        (_MEDIA_TYPE, _VERSION),
    ),
    "catalogue.dataset": _Told(
        "The dataset or one of its releases", (), (303, 308), (406,), (_PROFILE, _MEDIA_TYPE)
    ),
    "changes.listing": _Told("What each release brought", (HTML,)),
    "changes.feed": _Told("The releases as a feed (RFC 4287)", (atom.MEDIA_TYPE,)),
    "changes.stream": _Told(
        "The root of the event stream of changes (LDES)", _STREAM, (308,), (406,), (_MEDIA_TYPE,)
    ),
    "changes.stream_page": _Told(
        "A page of the event stream", _STREAM, (308,), (406,), (_MEDIA_TYPE,)
    ),
    "changes.transition": _Told(
        "What changed from one release to the next", (HTML, JSON), (308,), (406,), (_MEDIA_TYPE,)
    ),
    "changes.transition_file": _Told(
        "A file of it: a half of the patch, the page or the record", tuple(changes.FILES.values())
    ),
    "timemaps.timemap": _Told(
        "In which versions there is a document (RFC 7089)", tuple(timemaps.FORMS.values()), (308,)
    ),
    "context.latest": _Told("The JSON-LD context", (JSON_LD.media_type,)),
    "context.dated": _Told("The JSON-LD context of a release", (JSON_LD.media_type,), (308,)),
    "resources.thing": _Told(
        "A thing: leads to the document about it",
        redirects=(301, 303, 308),
        errors=(406, 410),
        parameters=(_PROFILE, _MEDIA_TYPE, _VERSION),
    ),
    "resources.document": _Told(
        "The document about a thing",
        (*_DOCUMENT, *CITATION_FORMS.values(), *LINKSET_FORMS.values()),
        (301, 302, 303, 308),
        (406, 410),
        (_PAGE, _PROFILE, _MEDIA_TYPE, _VERSION),
    ),
    "graphs.graph": _Told(
        "A named graph: a list as HTML, with facets as parameters; its triples in the RDF forms",
        _DOCUMENT,
        (302, 303, 308),
        (406, 429),
        (_WORDS, _SORT, _VALUES, _PAGE, _MEDIA_TYPE, _VERSION),
    ),
    "lists.listing": _Told(
        "The things of a collection, filtered and in order; each facet is a parameter as well",
        tuple(DOWNLOADS.values()),
        (303,),
        (406, 429),
        (_WORDS, _SORT, _MEDIA_TYPE, _VERSION),
    ),
    "graph_store.indirect": _Told(
        "A graph of the graph store, named by exactly one of `graph` and `default`",
        _GRAPHS,
        errors=(406, 429),
        parameters=(
            _parameter("graph", "The absolute IRI of a named graph.", format="iri"),
            _parameter("default", "The merge of all graphs; the value is passed over."),
            _FORMAT,
        ),
    ),
    "vocabulary.vocabulary": _Told(
        "The ontology or the shapes", _DOCUMENT, (302, 308), (406,), (_MEDIA_TYPE, _VERSION)
    ),
    "vocabulary.version": _Told("A version of the ontology", redirects=(303, 308)),
    "dumps.listing": _Told("The files of a release", (HTML,), (308,)),
    "dumps.latest": _Told("A file of the current release", redirects=(302, 308)),
    "dumps.dated": _Told(
        "A file of a release, whole or in part", ("*/*",), (308,), errors=(206, 416)
    ),
    "openapi.page": _Told("This document, to read", (HTML,)),
    "queries.gallery": _Told("The saved queries", (HTML,)),
    "queries.opened": _Told("A saved query with its form and its result", (HTML,), (308,), (429,)),
    "queries.answered": _Told(
        "The answer to a saved query; its parameters are those of the query string",
        (*_RESULTS, *_GRAPHS),
        (308,),
        (429,),
    ),
    "queries.source": _Told(
        "A saved query as a file, with the values given", (refusals.QUERY,), (308,)
    ),
    "workbench.file": _Told(
        "A file of the query workbench, where it is installed",
        ("text/javascript", "text/css"),
        (308,),
    ),
    "workbench.land": _Told("The outlines of all land, as longitudes and latitudes", (JSON,)),
    "workbench.words": _Told("Words that the query workbench completes", (JSON,)),
    "limits.limits": _Told("The limits", (HTML, JSON, *_GRAPHS), errors=(406,)),
    "limits.problem": _Told("What a kind of problem is", redirects=(303, 308)),
    "health.health": _Told("Whether the server can answer, and from which release", (JSON,)),
    "openapi.document": _Told("This document", (JSON,)),
    "link.link": _Told("How to link to what is here", (HTML,)),
    "search.search": _Told(
        "Things by their names and texts; each facet is a parameter as well",
        (HTML, JSON),
        errors=(406,),
        parameters=(_WORDS, _VALUES, _PAGE),
    ),
    "search.suggestions": _Told(
        "Names that what was typed may become",
        (JSON,),
        parameters=(_parameter("q", "What was typed so far.", maxLength=SEARCH_CHARACTERS),),
    ),
    "lookup.lookup": _Told(
        "Things that match addresses or identifiers from elsewhere",
        (JSON, *(form.media_type for form in RDF_FORMS if not form.dataset or form is JSON_LD)),
        errors=(406, 413, 415),
        parameters=(
            _parameter(
                "iri",
                "An address or identifier in any spelling; blank ones are passed over, and"
                " repeated ones answered once.",
                array=True,
            ),
        ),
        body={
            JSON: {"type": "object", "required": ["iris"], "properties": {"iris": _TEXTS}},
            refusals.FORM: {"type": "object", "required": ["iri"], "properties": {"iri": _TEXTS}},
        },
    ),
    "lookup.resolved": _Told(
        "What a prefixed name stands for",
        redirects=(303,),
        parameters=(
            _parameter("curie", "A prefixed name, as in foaf:Person.", required=True, minLength=1),
        ),
    ),
    "reconciliation.endpoint": _Told(
        "Reconciliation Service API 0.2: the manifest, a query batch or a data extension",
        (JSON, _SCRIPT),
        errors=(413, 415),
        parameters=(_QUERIES, _EXTEND, _CALLBACK),
        body={
            refusals.FORM: {
                "type": "object",
                "properties": {each["name"]: each["schema"] for each in (_QUERIES, _EXTEND)},
            }
        },
    ),
    "reconciliation.match": _Told(
        "A query batch of the 1.0 draft",
        (JSON,),
        errors=(413, 415, 501),
        body={
            JSON: {
                "type": "object",
                "required": ["queries"],
                "properties": {"queries": {"type": "array", "items": {"type": "object"}}},
            }
        },
    ),
    "reconciliation.suggest": _Told(
        "Entities, types or properties that begin so",
        (JSON, _SCRIPT),
        parameters=(
            _parameter("prefix", "What was typed so far."),
            _parameter("limit", "How many to give.", pattern=_NUMBER),
            _parameter("cursor", "How many to leave out.", pattern="^[0-9]{1,6}$"),
            _CALLBACK,
        ),
    ),
    "reconciliation.flyout": _Told(
        "A small preview within JSON", (JSON, _SCRIPT), parameters=(_ID, _CALLBACK)
    ),
    "reconciliation.preview": _Told("A small page about an entity", (HTML,), parameters=(_ID,)),
    "reconciliation.propose": _Told(
        "Properties that entities of a type have",
        (JSON, _SCRIPT),
        parameters=(
            _parameter("type", "The identifier of a type."),
            _parameter("limit", "How many to give.", pattern=_NUMBER),
            _CALLBACK,
        ),
    ),
    "reconciliation.extend": _Told(
        "A data extension query of the 1.0 draft",
        (JSON,),
        errors=(413, 415),
        body={
            JSON: {
                "type": "object",
                "required": ["ids", "properties"],
                "properties": {"ids": _TEXTS, "properties": {"type": "array"}},
            }
        },
    ),
}


@blueprint.get(PATH)
def document() -> Response:
    """Answer with the description."""
    check_preconditions("openapi")

    def make() -> str:
        return json.dumps(_described(), ensure_ascii=False, indent=1) + "\n"

    return validated(Response(rendered("openapi", make), mimetype=JSON), "openapi")


@blueprint.get("/api")
def page() -> Response:
    """Answer with the description as a page."""
    check_preconditions("openapi-html")

    def make() -> str:
        document = _described()
        saved = {f"/queries/{query.name}" for query in examples.saved(current_service().release)}
        chapters: dict[str, dict[str, Any]] = {}
        asked: dict[str, Any] = {}
        for path, item in document["paths"].items():
            of, _, form = path.partition(".{")
            if form and of in saved:
                asked[of] = item
            elif of not in saved:
                heading = path.removeprefix("/.well-known").split("/")[1].partition(".")[0]
                chapters.setdefault(f"/{heading}", {})[path] = item
        return render_template(
            "openapi.html", document=document, chapters=chapters, asked=asked, address=here(PATH)
        )

    return validated(Response(rendered("openapi-html", make), mimetype=HTML), "openapi-html")


def _described() -> dict[str, Any]:
    return describe(current_app.url_map.iter_rules(), current_service().release)


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
        _parameter(each.name, each.label, default=query.default(each), **SCHEMAS[each.type])
        for each in query.parameters
    )
    graph = read_query(query.text).kind == "graph"
    forms = protocol.GRAPH_FORMS if graph else protocol.RESULT_FORMS
    page = _Told(query.title, (HTML,), (308,), (429,), parameters)
    yield f"/queries/{query.name}", {"get": _operation(page)}
    told = _Told(query.question, (*forms, refusals.QUERY), (308,), (429,), parameters)
    form = {"type": "string", "enum": [*forms.values(), "rq"]}
    place = {"name": "form", "in": "path", "required": True, "schema": form}
    item = {"parameters": [place], "get": _operation(told)}
    yield f"/queries/{query.name}.{{form}}", item


def _path_item(rule: Rule, parameters: list[dict[str, Any]]) -> dict[str, Any]:
    item: dict[str, Any] = {"parameters": parameters} if parameters else {}
    if rule.endpoint == "sparql.sparql":
        item["get"] = _operation(_OPERATION, (_DRAFT,))
        item["post"] = {**_operation(_OPERATION), "requestBody": _BODY}
        for status in (403, 408, 411, 413, 415):
            item["post"]["responses"][str(status)] = _reference(status)
        del item["post"]["responses"]["304"]
        # OpenAPI 3.1 has no place for it; 3.2 has `query`.
        item["x-query"] = {**item["post"], "summary": "The same, safe to repeat (RFC 10008)"}
        return item
    told = _TOLD[rule.endpoint]
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
    told: _Told, more: Sequence[Mapping[str, Any]] = (), more_errors: Sequence[int] = ()
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
_BODY: Final[Mapping[str, Any]] = {
    "required": True,
    "content": {
        refusals.QUERY: {"schema": {"type": "string"}},
        refusals.FORM: {
            "schema": {
                "type": "object",
                "required": ["query"],
                "properties": {
                    parameter["name"]: parameter["schema"]
                    for parameter in (_QUERY, *_DATASET, _FORMAT)
                },
            }
        },
    },
}
