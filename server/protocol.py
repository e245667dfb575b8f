"""The SPARQL 1.1 Protocol without input or output: from the parts of a request to what to evaluate.

Nothing here knows the web framework, so that the same rules can stand behind another front.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote_to_bytes

from publisher.limits import Limits
from server import query as queries
from server.engine import errors
from server.negotiation import negotiate, prefers_html
from server.problems import Problem
from server.query import Query

#: Forms of tables and truth values: suffix by media type, in order of preference (SPARQL 1.1
#: Query Results JSON, XML, CSV and TSV).
RESULT_FORMS: Final[Mapping[str, str]] = {
    "application/sparql-results+json": "json",
    "application/sparql-results+xml": "xml",
    "text/csv": "csv",
    "text/tab-separated-values": "tsv",
}
#: Forms of graphs: suffix by media type.
GRAPH_FORMS: Final[Mapping[str, str]] = {
    "text/turtle": "ttl",
    "application/n-triples": "nt",
    "application/rdf+xml": "rdf",
    "application/ld+json": "jsonld",
}
#: Types that clients ask for in place of the registered ones; the answer then bears the asked one.
_ALIASES: Final[Mapping[str, str]] = {
    "application/json": "application/sparql-results+json",
    "application/xml": "application/sparql-results+xml",
    "text/xml": "application/sparql-results+xml",
}
_GRAPH_ALIASES: Final[Mapping[str, str]] = {"application/json": "application/ld+json"}
#: What clients (SPARQLWrapper sends it unasked) write for the suffix of a graph's form.
_GRAPH_FORMAT_NAMES: Final[Mapping[str, str]] = {
    "turtle": "ttl",
    "n3": "ttl",
    "ntriples": "nt",
    "xml": "rdf",
    "rdf+xml": "rdf",
    "json": "jsonld",
    "json-ld": "jsonld",
}

#: Methods that carry operations; QUERY is a GET with a body.
METHODS: Final = ("GET", "HEAD", "POST", "QUERY")

FORM: Final = "application/x-www-form-urlencoded"
QUERY: Final = "application/sparql-query"
UPDATE: Final = "application/sparql-update"
#: A form triples the length of what it escapes; parameters besides the query need little.
_FORM_FACTOR: Final = 3
_FORM_EXTRA: Final = 64 * 1024
#: The parameters of the protocol's operations (sections 2.1 and 2.2), and ours.
_PARAMETERS: Final = frozenset(
    ("query", "update", "default-graph-uri", "named-graph-uri", "format")
)

Parameters = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Operation:
    """A query operation (section 2.1): what to evaluate, over which dataset, and what to write.

    `oxigraph_form` is the media type of the serialisation, `content_type` what the answer is
    labelled with.
    """

    query: Query
    default_graphs: tuple[str, ...] | None
    named_graphs: tuple[str, ...] | None
    oxigraph_form: str
    content_type: str

    def fingerprint(self) -> str:
        """Return a name for the answer that differs wherever the answer may."""
        parts = (self.query.text, self.default_graphs, self.named_graphs, self.content_type)
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Message:
    """What of an HTTP request is of interest here; `body` has been read and is empty for a GET."""

    method: str
    query_string: bytes
    content_type: str
    accept: str | None
    body: bytes


def body_limit(content_type: str, content_encoding: str, length: int | None, limits: Limits) -> int:
    """Return how many bytes of a request's body are to be read at most.

    Raises Problem 403, 413 or 415 where nothing of it need be read.
    """
    if content_encoding.strip().lower() not in ("", "identity"):
        raise unsupported("Compressed requests are not read; send the query as it is.")
    kind = media_type(content_type)
    if kind == UPDATE:
        raise update_refused()
    if kind not in (QUERY, FORM):
        raise unsupported(f"A POST carries {QUERY} or {FORM}, not {kind[:60] or 'no type'}.")
    largest = limits.query_kb * 1024
    if kind == FORM:
        largest = largest * _FORM_FACTOR + _FORM_EXTRA
    if length is not None and length > largest:
        raise query_too_long(limits)
    return largest


def parameters_of(message: Message) -> Parameters:
    """Return the parameters of a request, those of the URL first.

    Raises Problem 400, 403 or 415.
    """
    parameters = read_parameters(message.query_string)
    if message.method in ("GET", "HEAD"):
        return parameters
    if media_type(message.content_type) == FORM:
        for name, values in read_parameters(message.body).items():
            parameters.setdefault(name, []).extend(values)
        return parameters
    try:
        parameters.setdefault("query", []).append(message.body.decode())
    except UnicodeDecodeError:
        raise bad_request("encoding", "The query is not text in UTF-8.") from None
    return parameters


def is_read_by_people(message: Message, parameters: Parameters) -> bool:
    """Whether the answer goes to a browser that did not ask for a form of its own."""
    reads = message.method in ("GET", "HEAD") and "format" not in parameters
    return reads and prefers_html(message.accept)


def is_bare(message: Message, parameters: Parameters) -> bool:
    """Whether a request asks for the endpoint itself rather than for an operation."""
    return message.method in ("GET", "HEAD") and not {"query", "update"} & parameters.keys()


def read_parameters(encoded: bytes) -> dict[str, list[str]]:
    """Read what is `application/x-www-form-urlencoded`, in UTF-8 and nothing else.

    Raises Problem 400 for octets that are not UTF-8.
    """
    parameters: dict[str, list[str]] = {}
    for part in encoded.split(b"&"):
        if not part:
            continue
        name, _, value = part.replace(b"+", b" ").partition(b"=")
        try:
            key = unquote_to_bytes(name).decode()
            if key in _PARAMETERS:
                parameters.setdefault(key, []).append(unquote_to_bytes(value).decode())
        except UnicodeDecodeError:
            raise bad_request("encoding", "A parameter is not text in UTF-8.") from None
    return parameters


def read_operation(message: Message, parameters: Parameters, limits: Limits) -> Operation:
    """Read a query operation (section 2.1) from a request and its parameters.

    Raises Problem 400, 403, 406, 413 or 414.
    """
    if "update" in parameters:
        raise update_refused()
    texts = parameters.get("query", [])
    if len(texts) != 1:
        found = "no 'query'" if not texts else f"{len(texts)} times 'query'"
        raise bad_request(
            "query-count", f"The request has {found}; it must have the parameter exactly once."
        )
    if len(texts[0].encode()) > limits.query_kb * 1024:
        raise query_too_long(limits, 414 if message.method in ("GET", "HEAD") else 413)
    if "\0" in texts[0]:
        raise bad_request("encoding", "The query has a NUL character, which SPARQL does not allow.")
    try:
        query = queries.read(texts[0])
    except queries.BadQuery as error:
        raise refused(error) from error
    chosen, content_type = _choose_form(query.kind, parameters.get("format", []), message.accept)
    default_graphs = parameters.get("default-graph-uri")
    named_graphs = parameters.get("named-graph-uri")
    return Operation(
        query=query,
        default_graphs=None if default_graphs is None else tuple(default_graphs),
        named_graphs=None if named_graphs is None else tuple(named_graphs),
        oxigraph_form=chosen,
        content_type=content_type,
    )


def media_type(content_type: str) -> str:
    """Return the media type of a Content-Type, without parameters and in lower case.

    Raises Problem 415 for a charset other than UTF-8.
    """
    name, *options = content_type.split(";")
    for option in options:
        key, _, value = option.partition("=")
        if key.strip().lower() == "charset":
            charset = value.strip().strip('"').lower()
            if charset not in ("utf-8", "utf8", "us-ascii"):
                raise unsupported(f"The charset {charset[:40]} is not read; send UTF-8.")
    return name.strip().lower()


def _choose_form(kind: str, formats: Sequence[str], accept: str | None) -> tuple[str, str]:
    """Return the serialisation and the Content-Type of the answer."""
    forms = GRAPH_FORMS if kind == "graph" else RESULT_FORMS
    aliases = _GRAPH_ALIASES if kind == "graph" else _ALIASES
    if formats:
        asked = formats[-1].strip().lower()
        named = _GRAPH_FORMAT_NAMES.get(asked, asked) if kind == "graph" else asked
        for form, suffix in forms.items():
            if named in (form, suffix):
                return form, _labelled(form)
        raise _no_form(forms, f"There is no format '{asked[:60]}' for this query.")
    chosen = negotiate(accept, tuple(forms)) or negotiate(accept, tuple(aliases))
    if chosen is None:
        raise _no_form(forms, "None of the media types in Accept is on offer for this query.")
    return aliases.get(chosen, chosen), _labelled(chosen)


def _labelled(form: str) -> str:
    return f"{form}; charset=utf-8" if form.startswith("text/") else form


def _no_form(forms: Mapping[str, str], detail: str) -> Problem:
    listed = ", ".join(f"{form} (format={name})" for form, name in forms.items())
    return Problem(
        406,
        "not-acceptable",
        "No such form",
        f"{detail} There are: {listed}.",
        headers={"Vary": "Accept"},
        available=[{"type": form, "format": name} for form, name in forms.items()],
    )


def bad_request(kind: str, detail: str) -> Problem:
    """Return the 400 for a request that is not an operation of the protocol."""
    return Problem(400, kind, "Not a SPARQL request", detail)


def unsupported(detail: str) -> Problem:
    """Return the 415, which names the types that are read."""
    return Problem(
        415,
        "unsupported-media-type",
        "Content type not read",
        detail,
        headers={"Accept-Post": f"{QUERY}, {FORM}"},
    )


def update_refused() -> Problem:
    """Return the 403 for SPARQL Update."""
    return Problem(
        403,
        "update-refused",
        "Updates are refused",
        "This service answers queries; nobody can change its data over HTTP.",
    )


def query_too_long(limits: Limits, status: int = 413) -> Problem:
    """Return the 413, or 414 where the query is in the URL."""
    hint = " A POST takes longer ones than a URL." if status == 414 else ""
    return Problem(
        status,
        "query-too-long",
        "Query too long",
        f"A query may have {limits.query_kb} KB.{hint}",
        limit="query_kb",
        value=limits.query_kb,
    )


def refused(error: queries.BadQuery) -> Problem:
    """Return the problem for a query that is refused by its tokens."""
    where: dict[str, Any] = {"line": error.line, "column": error.column}
    match error:
        case queries.UpdateRefused():
            return update_refused()
        case queries.ServiceRefused():
            detail = f"{error.message} (line {error.line}, column {error.column})."
            return Problem(403, "service-refused", "SERVICE is refused", detail, **where)
        case queries.TooDeep():
            detail = f"{error.message} (line {error.line}, column {error.column})."
            return Problem(
                400,
                "query-too-deep",
                "Query nested too deep",
                detail,
                limit="depth",
                value=queries.MAX_DEPTH,
                **where,
            )
    return _syntax(error.message, error.line, error.column)


def failed(error: errors.EngineError, limits: Limits) -> Problem:
    """Return the problem for a query that got no answer from the engine."""
    match error:
        case errors.QuerySyntaxError():
            return _syntax(error.message, error.line, error.column)
        case errors.EvaluationError():
            return Problem(400, "evaluation-failed", "Query cannot be evaluated", f"{error}.")
        case errors.QueryTimeout():
            return Problem(
                504,
                "deadline-exceeded",
                "Query took too long",
                f"The query was ended after {error.seconds:g} seconds, which is all that one may "
                "take. Ask for less, or load a dump into a store of your own.",
                limit="deadline_seconds",
                value=error.seconds,
            )
        case errors.MemoryExceeded():
            return Problem(
                503,
                "memory-exceeded",
                "Query needs too much memory",
                f"The query needed more than the {error.mb} MB that one may have. Sorting, "
                "grouping and DISTINCT hold their rows in memory: ask for less, or take a dump.",
                limit="query_memory_mb",
                value=error.mb,
            )
        case errors.ResultTooLarge():
            return Problem(
                503,
                "result-too-large",
                "Answer too large",
                f"The answer is larger than {error.mb} MB. Page through it with ORDER BY, LIMIT "
                "and OFFSET, or take a dump.",
                limit="result_mb",
                value=error.mb,
            )
        case errors.EngineBusy():
            return Problem(
                503,
                "busy",
                "Too many queries at once",
                f"All {limits.concurrent_queries} places for queries were taken for "
                f"{error.seconds:g} seconds. The same request may succeed in a moment.",
                headers={"Retry-After": "5"},
                limit="concurrent_queries",
                value=limits.concurrent_queries,
            )
        case errors.WorkerCrashed():
            return Problem(
                503,
                "worker-crashed",
                "Query ended unexpectedly",
                "The process that evaluated the query ended; no other query was touched. If it "
                "happens again, the query itself is the cause: make it shorter or less nested.",
                headers={"Retry-After": "1"},
            )
    return Problem(
        503,
        "engine-unavailable",
        "No queries can be answered",
        "The query engine does not answer; it is started again within seconds.",
        headers={"Retry-After": "5"},
    )


def _syntax(message: str, line: int | None, column: int | None) -> Problem:
    where = f" at line {line}, column {column}" if line is not None else ""
    return Problem(
        400,
        "syntax-error",
        "Query has a syntax error",
        f"Not SPARQL 1.1{where}: {message}.",
        line=line,
        column=column,
    )
