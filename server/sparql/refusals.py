"""Why a SPARQL request is refused: a problem document for each reason, with what to do instead."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from publisher.limits import BODY_KB, BODY_SECONDS, HEADER_KB, QUERY_DEPTH, Limits
from server.engine import errors
from server.http.problems import Problem, over
from server.query import reading

#: What a POST may carry.
FORM: Final = "application/x-www-form-urlencoded"
QUERY: Final = "application/sparql-query"
#: The header fields that say so, for POST and for QUERY (RFC 10008, 3).
READ_TYPES: Final[Mapping[str, str]] = {
    "Accept-Post": f"{QUERY}, {FORM}",
    "Accept-Query": f"{QUERY}, {FORM}",
}


def no_form(forms: Mapping[str, str], detail: str) -> Problem:
    """Return the 406 that lists the forms there are: suffix by media type."""
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
        415, "unsupported-media-type", "Content type not read", detail, headers=READ_TYPES
    )


def no_content_type(detail: str) -> Problem:
    """Return the 400 for a QUERY whose content has no type (RFC 10008, 2.1)."""
    return Problem(400, "no-content-type", "Content without a type", detail, headers=READ_TYPES)


def no_length() -> Problem:
    """Return the 411 for a request whose content cannot be told from its absence."""
    return Problem(
        411,
        "no-length",
        "Length required",
        "The request has neither a Content-Length nor a Transfer-Encoding, so it has no content.",
    )


def update_refused() -> Problem:
    """Return the 403 for SPARQL Update."""
    return Problem(
        403,
        "update-refused",
        "Updates are refused",
        "This service answers queries; nobody can change its data over HTTP.",
    )


def header_too_large() -> Problem:
    """Return the 431 (RFC 6585, 5)."""
    return over(
        "header_kb",
        HEADER_KB,
        431,
        "Header too large",
        f"The fields of a request may have {HEADER_KB} KiB.",
    )


def query_too_long(limits: Limits, status: int = 413) -> Problem:
    """Return the 413, or 414 where the query is in the URL."""
    return over(
        "query_kb",
        limits.query_kb,
        status,
        "Query too long",
        f"A query may have {limits.query_kb} KiB.",
    )


def body_too_large() -> Problem:
    """Return the 413 for a body that is no query."""
    return over("body_kb", BODY_KB, 413, "Request too large", f"The body may have {BODY_KB} KiB.")


def body_broken() -> Problem:
    """Return the 400 for a body that ends early or is not framed as HTTP/1.1 says (RFC 9112)."""
    return bad_request(
        "body-broken", "The body ends before it is complete, or its chunks are broken."
    )


def body_too_slow() -> Problem:
    """Return the 408 for a body that did not come in time."""
    return over(
        "body_seconds",
        BODY_SECONDS,
        408,
        "Request too slow",
        f"The body did not arrive within {BODY_SECONDS} seconds.",
    )


def too_many_requests(limits: Limits, seconds: float) -> Problem:
    """Return the 429 for a client whose next request is allowed in so many seconds."""
    allowed = limits.requests_per_minute_per_client
    return over(
        "requests_per_minute_per_client",
        allowed,
        429,
        "Too many requests",
        f"One client may make {allowed} such requests in a minute.",
        retry_after=seconds,
    )


def too_many_queries(limits: Limits) -> Problem:
    """Return the 429 for a client whose other queries have left none of its places in time."""
    allowed = limits.concurrent_queries_per_client
    return over(
        "concurrent_queries_per_client",
        allowed,
        429,
        "Too many queries at once",
        f"One client may have {allowed} queries under way, and for {limits.queue_seconds:g} "
        "seconds none of this client's has ended.",
        retry_after=limits.queue_seconds,
    )


def by_tokens(error: reading.BadQuery, services: Collection[str] = ()) -> Problem:
    """Return the problem for a query that is refused by its tokens.

    `services` are the endpoints that it might call.
    """
    where: dict[str, Any] = {"line": error.line, "column": error.column}
    match error:
        case reading.UpdateRefused():
            return update_refused()
        case reading.ServiceRefused():
            detail = f"{error.message} (line {error.line}, column {error.column})."
            return Problem(
                403,
                "service-refused",
                "SERVICE is refused",
                detail,
                allowed=sorted(services) or None,
                **where,
            )
        case reading.TooDeep():
            detail = f"{error.message} (line {error.line}, column {error.column})."
            return over("query_depth", QUERY_DEPTH, 400, "Query nested too deep", detail, **where)
    return syntax(error.message, error.line, error.column)


def by_engine(error: errors.EngineError, limits: Limits) -> Problem:
    """Return the problem for a query that got no answer from the engine."""
    match error:
        case errors.QuerySyntaxError():
            return syntax(error.message, error.line, error.column)
        case errors.EvaluationError():
            return Problem(400, "evaluation-failed", "Query cannot be evaluated", f"{error}.")
        case errors.ServiceFailed():
            return Problem(
                502,
                "service-failed",
                "A called service failed",
                f"An endpoint that the query calls gave no usable answer: {error}. Ask again "
                "later, or write SERVICE SILENT to go on without it.",
            )
        case errors.QueryTimeout():
            return over(
                "deadline_seconds",
                error.seconds,
                504,
                "Query took too long",
                f"The query was ended after {error.seconds:g} seconds, which is all that one may "
                "take.",
            )
        case errors.MemoryExceeded():
            return over(
                "query_memory_mb",
                error.mb,
                503,
                "Query needs too much memory",
                f"The query needed more than the {error.mb} MiB that one may have.",
            )
        case errors.ResultTooLarge():
            return over(
                "result_mb",
                error.mb,
                503,
                "Answer too large",
                f"The answer is larger than {error.mb} MiB.",
            )
        case errors.EngineBusy():
            return over(
                "concurrent_queries",
                limits.concurrent_queries,
                503,
                "Too many queries at once",
                f"All {limits.concurrent_queries} places for queries were taken for "
                f"{error.seconds:g} seconds.",
                retry_after=limits.queue_seconds,
            )
        case errors.StoreUnavailable():
            return Problem(
                503,
                "engine-unavailable",
                "No queries can be answered",
                "The store that holds the data does not answer. The same request may succeed "
                "later; the dumps are there meanwhile.",
                headers={"Retry-After": "10"},
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


def syntax(message: str, line: int | None, column: int | None) -> Problem:
    """Return the 400 for a query that is not SPARQL 1.1; line and column count from 1."""
    where = f" at line {line}, column {column}" if line is not None else ""
    return Problem(
        400,
        "syntax-error",
        "Query has a syntax error",
        f"Not SPARQL 1.1{where}: {message}.",
        line=line,
        column=column,
    )
