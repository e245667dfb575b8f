"""The bounds that requests meet: what each is, which problem breaks it, and what helps then.

One list for the page `/limits`, the service description and the problem documents.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final, NamedTuple

from publisher import limits as fixed
from publisher.limits import Limits

#: The longest request target, path and query together, that the HTTP server takes, in KiB.
URL_KB: Final = 64


class _Words(NamedTuple):
    title: str
    unit: str
    problem: str
    status: str
    meaning: str
    mend: str


@dataclass(frozen=True)
class Bound:
    """One bound as it is announced.

    `problem` is the kind of problem document that tells of it; where that is empty, the HTTP server
    answers with the status alone. `settable` says whether publication.toml can change it.
    """

    name: str
    title: str
    value: float
    unit: str
    problem: str
    status: str
    meaning: str
    mend: str
    settable: bool


_FIXED: Final[Mapping[str, float]] = {
    "query_depth": fixed.QUERY_DEPTH,
    "url_kb": URL_KB,
    "header_kb": fixed.HEADER_KB,
    "header_seconds": fixed.HEADER_SECONDS,
    "body_kb": fixed.BODY_KB,
    "body_seconds": fixed.BODY_SECONDS,
    "batch_queries": fixed.BATCH_QUERIES,
    "batch_entities": fixed.BATCH_ENTITIES,
    "batch_properties": fixed.BATCH_PROPERTIES,
    "batch_addresses": fixed.BATCH_ADDRESSES,
    "address_characters": fixed.ADDRESS_CHARACTERS,
    "search_characters": fixed.SEARCH_CHARACTERS,
    "listed_by_words": fixed.LISTED_BY_WORDS,
}
_WORDS: Final[Mapping[str, _Words]] = {
    "deadline_seconds": _Words(
        "Time for a query",
        "s",
        "deadline-exceeded",
        "504",
        "The evaluation of a query is ended after this time. Time that its client takes to read "
        "the answer does not count.",
        "Ask for less, or load a dump into a store of your own.",
    ),
    "query_memory_mb": _Words(
        "Memory for a query",
        "MiB",
        "memory-exceeded",
        "503",
        "Sorting, grouping and DISTINCT hold their rows in memory.",
        "Ask for less, or load a dump into a store of your own.",
    ),
    "result_mb": _Words(
        "Size of an answer",
        "MiB",
        "result-too-large",
        "503",
        "An answer that has begun when it passes this size is broken off, so that no part of it "
        "looks whole.",
        "Page through the answer with ORDER BY, LIMIT and OFFSET, or take a dump.",
    ),
    "query_kb": _Words(
        "Length of a query",
        "KiB",
        "query-too-long",
        "413, or 414 where the query is in the URL",
        "The text of the query in UTF-8.",
        "Shorten the query: write what its values have in common instead of the values, or ask in "
        "several parts.",
    ),
    "query_depth": _Words(
        "Depth of a query",
        "brackets",
        "query-too-deep",
        "400",
        "Brackets inside brackets of all kinds.",
        "Write the query with fewer groups inside each other.",
    ),
    "concurrent_queries": _Words(
        "Queries at once, of all clients",
        "queries",
        "busy",
        "503",
        "Further ones that are done within a second have places of their own; those that take "
        "longer wait for their turn.",
        "Try again after the time that Retry-After gives; a dump answers without waiting.",
    ),
    "concurrent_queries_per_client": _Words(
        "Queries at once, of one client",
        "queries",
        "too-many-queries",
        "429",
        "Further ones wait for their turn. An answer counts until it is read. A client is an IPv4 "
        "address, or an IPv6 network of 64 bits.",
        "Wait for the answers to earlier queries and read them to their end, or close them.",
    ),
    "requests_per_minute_per_client": _Words(
        "Requests that ask something in a minute, of one client",
        "requests a minute",
        "too-many-requests",
        "429",
        "Queries, searches, look-ups, reconciliation, graphs, lists and saved queries count; "
        "documents, descriptions and dumps do not. A whole minute's requests may come at once; "
        "from then on, one is allowed whenever its part of a minute has passed. Answers from a "
        "cache and 304s count as well, a batch as one request.",
        "Wait for the time that Retry-After gives, ask for many things in one query (VALUES) or "
        "batch, or take a dump.",
    ),
    "queue_seconds": _Words(
        "Time that a query waits for its turn",
        "s",
        "busy",
        "503, or 429 where the client's own queries are in the way",
        "A query that gets no place in this time is turned away.",
        "Try again after the time that Retry-After gives; a dump answers without waiting.",
    ),
    "cache_mb": _Words(
        "Memory for answers that are kept",
        "MiB",
        "",
        "nobody is refused",
        "Whoever asks the same again gets the answer from memory; those longest unused go first.",
        "Cache-Status tells where an answer comes from.",
    ),
    "url_kb": _Words(
        "Length of a URL",
        "KiB",
        "",
        "414",
        "The path and the query string as they are sent.",
        "Send the query by POST.",
    ),
    "header_kb": _Words(
        "Size of a request's header",
        "KiB",
        "header-too-large",
        "431",
        "The request line and all fields together; no more than 100 fields. What is far beyond it "
        "gets the status alone.",
        "Send fewer or shorter fields, and long queries by POST.",
    ),
    "header_seconds": _Words(
        "Time for a request's header",
        "s",
        "",
        "the connection is closed",
        "From the first byte of a request to the end of its header.",
        "Send the header in one piece.",
    ),
    "body_kb": _Words(
        "Size of a request's body that is no query",
        "KiB",
        "body-too-large",
        "413",
        "Nothing but queries takes long bodies here.",
        "Send less.",
    ),
    "body_seconds": _Words(
        "Time for a request's body",
        "s",
        "body-too-slow",
        "408",
        "From the end of the header to the end of the body.",
        "Send the request again over a faster connection.",
    ),
    "batch_queries": _Words(
        "Queries in a batch of reconciliation",
        "queries",
        "batch-too-large",
        "413",
        "A batch counts as one request.",
        "Send several batches.",
    ),
    "batch_entities": _Words(
        "Entities in a data extension query",
        "entities",
        "batch-too-large",
        "413",
        "Things whose values are asked for at once.",
        "Send several data extension queries.",
    ),
    "batch_properties": _Words(
        "Properties in a data extension query",
        "properties",
        "batch-too-large",
        "413",
        "Properties whose values are asked for at once.",
        "Send several data extension queries.",
    ),
    "batch_addresses": _Words(
        "Addresses in a look-up",
        "addresses",
        "batch-too-large",
        "413",
        "Addresses and identifiers from elsewhere that are looked up at once.",
        "Send several look-ups.",
    ),
    "address_characters": _Words(
        "Length of an address that is looked up",
        "characters",
        "text-too-long",
        "400",
        "An address or identifier from elsewhere.",
        "Leave out what does not belong to it.",
    ),
    "search_characters": _Words(
        "Length of what is searched for",
        "characters",
        "text-too-long",
        "400",
        "What stands in ?q=. The text of a reconciliation query is cut to this length.",
        "Search for the words that matter most.",
    ),
    "listed_by_words": _Words(
        "Things that words pick out of a list, in RDF",
        "things",
        "list-too-long",
        "400",
        "A list that was filtered by words becomes a query that names its things one by one. "
        "Lists without words, CSV and JSON have no such bound.",
        "Filter by facets instead, or take CSV or JSON.",
    ),
}

#: Problems that no bound is behind: what each means.
PROBLEMS: Final[Mapping[str, str]] = {
    "bad-datetime": "Accept-Datetime is no date of HTTP (RFC 7089, 4.5.3).",
    "bad-parameter": "A parameter has a value that it cannot have; the document names it.",
    "bad-path": "The path of the address has a broken escape, or octets that are not UTF-8.",
    "body-broken": "The body of the request breaks off, or its chunks are none (RFC 9112, 7.1).",
    "encoding": "The request or the query is not text in UTF-8.",
    "engine-unavailable": "The query engine is being started again. Try again in a moment.",
    "evaluation-failed": "The query is SPARQL, but asks for something that cannot be done.",
    "graph-count": "The graph store gives one graph, named by ?graph= or by ?default.",
    "graph-iri": "The graph store takes absolute IRIs in ?graph=.",
    "http-version": "The answer is sent in pieces, which HTTP/1.0 does not know. Use HTTP/1.1.",
    "internal-error": "The server made a mistake, which has been noted.",
    "no-content-type": "The body of the request has no Content-Type, so it is unknown what it is.",
    "no-length": "The request should have a body, and has no Content-Length that says how long.",
    "not-acceptable": "None of the forms that Accept names is on offer; the document lists them.",
    "not-implemented": "A part of the reconciliation draft that is not answered here.",
    "only-in-dumps": "An earlier version has this in its dumps alone.",
    "precondition-failed": "What is served is not what If-Match or If-Unmodified-Since names.",
    "query-count": "The request has no query, or several; it must have the parameter once.",
    "range-not-satisfiable": "The file has no bytes in the range that was asked for.",
    "service-failed": "An endpoint that the query calls by SERVICE gave no usable answer.",
    "service-refused": "The query calls an endpoint by SERVICE that is none of those, if any, that "
    "may be called; the document lists them.",
    "syntax-error": "The query is not SPARQL 1.1; the document names line and column.",
    "unsupported-media-type": "The body is compressed, or of a type that carries no query.",
    "update-refused": "The request would change the data, which nobody can do over HTTP.",
    "version-unavailable": "What an earlier version is shown from cannot be opened.",
    "withdrawn": "The thing was withdrawn, and nothing takes its place.",
    "worker-crashed": "The process that evaluated the query ended. If it does so again, the query "
    "is the cause: make it shorter or less nested.",
}


def bounds(limits: Limits) -> tuple[Bound, ...]:
    """Return all bounds in the order in which they are shown; those that are off are left out."""
    values = {**limits.as_mapping(), **_FIXED}
    return tuple(
        Bound(name, value=values[name], settable=name not in _FIXED, **words._asdict())
        for name, words in _WORDS.items()
        if values[name]
    )


def mend(name: str) -> str:
    """Return what a client can do that has met a bound."""
    return _WORDS[name].mend


def problem(name: str) -> str:
    """Return the kind of problem that tells of a bound."""
    return _WORDS[name].problem


def unit(name: str) -> str:
    """Return the unit of a bound."""
    return _WORDS[name].unit


def anchor(problem: str) -> str | None:
    """Return the fragment of the page `/limits` that explains a kind of problem, or None."""
    for name, words in _WORDS.items():
        if words.problem == problem:
            return name
    return problem if problem in PROBLEMS else None


def as_mapping(bound: Bound) -> dict[str, object]:
    """Return a bound for JSON."""
    return asdict(bound)
