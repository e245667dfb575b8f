"""What is told of each route: what it is for, its forms, its statuses and its parameters.

Only what the route itself cannot tell stands here; a route that nobody described is a mistake,
which a test finds, as it finds an answer that is not described.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from publisher.feeds import atom
from publisher.formats import JSON_LD, RDF_FORMS
from publisher.index.facets import VALUES
from publisher.limits import SEARCH_CHARACTERS
from server.documents import event_stream
from server.documents.citations import CITATION_FORMS
from server.documents.signposting import LINKSET_FORMS
from server.http.negotiation import DOCUMENT_FORMS, HTML, JSON
from server.routes import changes, timemaps
from server.routes.catalogue import VOID_FORMS
from server.routes.lists import DOWNLOADS
from server.search.lists import ORDERS
from server.sparql import protocol, refusals

_TEXT: Final = "text/plain"
_XML: Final = "application/xml"
_GRAPHS: Final = tuple(protocol.GRAPH_FORMS)
_RESULTS: Final = tuple(protocol.RESULT_FORMS)
_STREAM: Final = tuple(form.media_type for form in event_stream.FORMS)
_DOCUMENT: Final = tuple(DOCUMENT_FORMS.values())


@dataclass(frozen=True)
class Operation:
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


def query_parameter(
    name: str, description: str, *, array: bool = False, required: bool = False, **schema: Any
) -> Mapping[str, Any]:
    """Return what is told of a parameter of the query string; `schema` is that of one value."""
    one = {"type": "string", **schema}
    return {
        "name": name,
        "in": "query",
        **({"required": True} if required else {}),
        "description": description,
        "schema": {"type": "array", "items": one} if array else one,
    }


_PAGE: Final = query_parameter(
    "page", "Which page of something long, from 1.", pattern="^[1-9][0-9]*$"
)
_PROFILE: Final = query_parameter(
    "_profile", "The vocabulary of the answer: our own, or schema.org.", examples=["schema"]
)
_MEDIA_TYPE: Final = query_parameter(
    "_mediatype", "The form of the answer by media type; it outranks Accept.", examples=[HTML]
)
_VERSION: Final = query_parameter(
    "version", "The version of the publication whose document is wanted, as it was then."
)
_FORMAT: Final = query_parameter(
    "format", "The form of the answer, by suffix or media type; it outranks Accept."
)
_DATASET: Final = (
    query_parameter("default-graph-uri", "A graph of the default graph.", array=True),
    query_parameter("named-graph-uri", "A named graph of the dataset.", array=True),
)
_QUERY: Final = query_parameter(
    "query", "The text of one SPARQL 1.1 query.", examples=["SELECT * { ?s ?p ?o } LIMIT 10"]
)
DRAFT: Final = query_parameter("draft", "A query to write into the form.")
QUERYING: Final = Operation(
    "SPARQL 1.1 query; without one, the page with the form or the service description",
    (*_RESULTS, *_GRAPHS, *protocol.ALIASES, HTML),
    errors=(403, 406, 413, 414, 429, 502, 505),
    parameters=(_QUERY, *_DATASET, _FORMAT),
)
_WORDS: Final = query_parameter("q", "Words, of which all must fit.", maxLength=SEARCH_CHARACTERS)
_VALUES: Final = query_parameter(
    VALUES, "A facet, all of whose values are asked for instead; in HTML.", minLength=1
)
_SORT: Final = query_parameter("sort", "The order of the list.", enum=list(ORDERS))
_SCRIPT: Final = "text/javascript"
_CALLBACK: Final = query_parameter(
    "callback", "A function to hand the answer to (JSONP).", pattern=r"^[A-Za-z_$][\w$.]{0,99}$"
)
_TEXTS: Final = {"type": "array", "items": {"type": "string"}}
_QUERIES: Final = query_parameter("queries", "A reconciliation query batch in JSON.")
_EXTEND: Final = query_parameter("extend", "A data extension query in JSON.")
_NUMBER: Final = "^[1-9][0-9]{0,5}$"
_ID: Final = query_parameter(
    "id", "The identifier of an entity, type or property.", required=True, minLength=1
)

OPERATIONS: Final[Mapping[str, Operation]] = {
    "static": Operation(
        "A file that pages need", ("text/css", "text/javascript", "image/svg+xml"), redirects=(308,)
    ),
    "home.home": Operation("The home page", (HTML,)),
    "about.about": Operation(
        "What the graph says of something that is described elsewhere",
        (HTML,),
        (303,),
        (),
        (query_parameter("iri", "Its IRI.", required=True, format="iri"), _PAGE, _VERSION),
    ),
    "home.page": Operation("A page of the publication's own words", (HTML,)),
    "home.theme": Operation("The publication's colours", ("text/css",)),
    "home.mark": Operation("The publication's mark", ("image/svg+xml",)),
    "crawlers.robots": Operation("What crawlers may read", (_TEXT,)),
    "crawlers.index": Operation("The index of the sitemaps", (_XML,)),
    "crawlers.sitemap": Operation("A sitemap", (_XML,), (308,)),
    "crawlers.security": Operation("Where to report faults (RFC 9116)", (_TEXT,)),
    "catalogue.catalogue": Operation(
        "The catalogue (DCAT-AP)", _DOCUMENT, (302, 308), (406,), (_PROFILE, _MEDIA_TYPE, _VERSION)
    ),
    "catalogue.void": Operation(
        "The dataset in VoID",
        tuple(VOID_FORMS.values()),
        (302, 308),
        (406,),
        (_MEDIA_TYPE, _VERSION),
    ),
    "catalogue.dataset": Operation(
        "The dataset or one of its releases", (), (303, 308), (406,), (_PROFILE, _MEDIA_TYPE)
    ),
    "changes.listing": Operation("What each release brought", (HTML,)),
    "changes.feed": Operation("The releases as a feed (RFC 4287)", (atom.MEDIA_TYPE,)),
    "changes.stream": Operation(
        "The root of the event stream of changes (LDES)", _STREAM, (308,), (406,), (_MEDIA_TYPE,)
    ),
    "changes.stream_page": Operation(
        "A page of the event stream", _STREAM, (308,), (406,), (_MEDIA_TYPE,)
    ),
    "changes.transition": Operation(
        "What changed from one release to the next", (HTML, JSON), (308,), (406,), (_MEDIA_TYPE,)
    ),
    "changes.transition_file": Operation(
        "A file of it: a half of the patch, the page or the record", tuple(changes.FILES.values())
    ),
    "timemaps.timemap": Operation(
        "In which versions there is a document (RFC 7089)", tuple(timemaps.FORMS.values()), (308,)
    ),
    "context.latest": Operation("The JSON-LD context", (JSON_LD.media_type,)),
    "context.dated": Operation("The JSON-LD context of a release", (JSON_LD.media_type,), (308,)),
    "resources.thing": Operation(
        "A thing: leads to the document about it",
        redirects=(301, 303, 308),
        errors=(406, 410),
        parameters=(_PROFILE, _MEDIA_TYPE, _VERSION),
    ),
    "resources.document": Operation(
        "The document about a thing",
        (*_DOCUMENT, *CITATION_FORMS.values(), *LINKSET_FORMS.values()),
        (301, 302, 303, 308),
        (406, 410),
        (_PAGE, _PROFILE, _MEDIA_TYPE, _VERSION),
    ),
    "graphs.graph": Operation(
        "A named graph: a list as HTML, with facets as parameters; its triples in the RDF forms",
        _DOCUMENT,
        (302, 303, 308),
        (406, 429),
        (_WORDS, _SORT, _VALUES, _PAGE, _MEDIA_TYPE, _VERSION),
    ),
    "lists.listing": Operation(
        "The things of a collection, filtered and in order; each facet is a parameter as well",
        tuple(DOWNLOADS.values()),
        (303,),
        (406, 429),
        (_WORDS, _SORT, _MEDIA_TYPE, _VERSION),
    ),
    "graph_store.indirect": Operation(
        "A graph of the graph store, named by exactly one of `graph` and `default`",
        _GRAPHS,
        errors=(406, 429),
        parameters=(
            query_parameter("graph", "The absolute IRI of a named graph.", format="iri"),
            query_parameter("default", "The merge of all graphs; the value is passed over."),
            _FORMAT,
        ),
    ),
    "vocabulary.vocabulary": Operation(
        "The ontology or the shapes", _DOCUMENT, (302, 308), (406,), (_MEDIA_TYPE, _VERSION)
    ),
    "vocabulary.version": Operation("A version of the ontology", redirects=(303, 308)),
    "dumps.listing": Operation("The files of a release", (HTML,), (308,)),
    "dumps.latest": Operation("A file of the current release", redirects=(302, 308)),
    "dumps.dated": Operation(
        "A file of a release, whole or in part", ("*/*",), (308,), errors=(206, 416)
    ),
    "openapi.page": Operation("This document, to read", (HTML,)),
    "queries.gallery": Operation("The saved queries", (HTML,)),
    "queries.opened": Operation(
        "A saved query with its form and its result", (HTML,), (308,), (429,)
    ),
    "queries.answered": Operation(
        "The answer to a saved query; its parameters are those of the query string",
        (*_RESULTS, *_GRAPHS),
        (308,),
        (429,),
    ),
    "queries.source": Operation(
        "A saved query as a file, with the values given", (refusals.QUERY,), (308,)
    ),
    "workbench.file": Operation(
        "A file of the query workbench, where it is installed",
        ("text/javascript", "text/css"),
        (308,),
    ),
    "workbench.land": Operation("The outlines of all land, as longitudes and latitudes", (JSON,)),
    "workbench.words": Operation("Words that the query workbench completes", (JSON,)),
    "limits.limits": Operation("The limits", (HTML, JSON, *_GRAPHS), errors=(406,)),
    "limits.problem": Operation("What a kind of problem is", redirects=(303, 308)),
    "health.health": Operation("Whether the server can answer, and from which release", (JSON,)),
    "openapi.document": Operation("This document", (JSON,)),
    "link.link": Operation("How to link to what is here", (HTML,)),
    "search.search": Operation(
        "Things by their names and texts; each facet is a parameter as well",
        (HTML, JSON),
        errors=(406,),
        parameters=(_WORDS, _VALUES, _PAGE),
    ),
    "search.suggestions": Operation(
        "Names that what was typed may become",
        (JSON,),
        parameters=(query_parameter("q", "What was typed so far.", maxLength=SEARCH_CHARACTERS),),
    ),
    "lookup.lookup": Operation(
        "Things that match addresses or identifiers from elsewhere",
        (JSON, *(form.media_type for form in RDF_FORMS if not form.dataset or form is JSON_LD)),
        errors=(406, 413, 415),
        parameters=(
            query_parameter(
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
    "lookup.resolved": Operation(
        "What a prefixed name stands for",
        redirects=(303,),
        parameters=(
            query_parameter(
                "curie", "A prefixed name, as in foaf:Person.", required=True, minLength=1
            ),
        ),
    ),
    "reconciliation.endpoint": Operation(
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
    "reconciliation.match": Operation(
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
    "reconciliation.suggest": Operation(
        "Entities, types or properties that begin so",
        (JSON, _SCRIPT),
        parameters=(
            query_parameter("prefix", "What was typed so far."),
            query_parameter("limit", "How many to give.", pattern=_NUMBER),
            query_parameter("cursor", "How many to leave out.", pattern="^[0-9]{1,6}$"),
            _CALLBACK,
        ),
    ),
    "reconciliation.flyout": Operation(
        "A small preview within JSON", (JSON, _SCRIPT), parameters=(_ID, _CALLBACK)
    ),
    "reconciliation.preview": Operation("A small page about an entity", (HTML,), parameters=(_ID,)),
    "reconciliation.propose": Operation(
        "Properties that entities of a type have",
        (JSON, _SCRIPT),
        parameters=(
            query_parameter("type", "The identifier of a type."),
            query_parameter("limit", "How many to give.", pattern=_NUMBER),
            _CALLBACK,
        ),
    ),
    "reconciliation.extend": Operation(
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
QUERY_BODY: Final[Mapping[str, Any]] = {
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
