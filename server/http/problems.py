"""Problem documents (RFC 9457): every error says what was wrong and what to do instead.

Programs get `application/problem+json`, browsers the same as a page.
"""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, render_template, request
from werkzeug.exceptions import HTTPException

from server.http import bounds
from server.http.negotiation import prefers_html
from server.service import current_service

MEDIA_TYPE = "application/problem+json"
DUMPS = "/dumps/latest/"
#: Where in the WSGI environment a front puts a Problem that it has found itself.
GIVEN = "server.problem"
_log = logging.getLogger(__name__)


class Problem(Exception):
    """An answer that is an error.

    `type` is the short name of the kind of problem (its IRI is `{base}problem/{type}`), or
    `about:blank` where the status says it all. Further members of the document are given by name;
    `limit` names the bound that was met. `headers` go with the response.
    """

    def __init__(
        self,
        status: int,
        type: str,  # noqa: A002  (RFC 9457 calls it so)
        title: str,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(f"{status} {title}: {detail}")
        self.status = status
        self.type = type
        self.title = title
        self.detail = detail
        self.headers = dict(headers or {})
        self.extra = extra

    def document(self) -> dict[str, Any]:
        """Return the members of the problem document.

        Where a limit or the service itself is in the way, it says where the dumps are.
        """
        members = {
            "type": self.type if ":" in self.type else type_iri(self.type),
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            **{name: value for name, value in self.extra.items() if value is not None},
        }
        if "limit" in self.extra:
            members["unit"] = bounds.unit(self.extra["limit"])
            members["help"] = _address(f"/limits#{self.extra['limit']}")
        if self.status in (413, 429) or self.status >= 500 or "limit" in self.extra:
            members["dumps"] = address_of_dumps()
        return members

    def response(self) -> Response:
        """Render the problem as the client of the current request reads it best."""
        members = self.document()
        if prefers_html(request.headers.get("Accept")):
            body = render_template("problem.html", problem=members)
            response = Response(body, self.status, mimetype="text/html")
        else:
            body = json.dumps(members, ensure_ascii=False, indent=1) + "\n"
            response = Response(body, self.status, content_type=MEDIA_TYPE)
        response.headers.update(self.headers)
        response.headers["Cache-Control"] = "no-store" if self.status >= 500 else "no-cache"
        response.vary.add("Accept")
        return response


def over(
    bound: str,
    value: float,
    status: int,
    title: str,
    detail: str,
    *,
    retry_after: float | None = None,
    **extra: Any,
) -> Problem:
    """Return the problem for a bound that was met; `retry_after` is in seconds."""
    headers = {} if retry_after is None else {"Retry-After": str(math.ceil(retry_after))}
    return Problem(
        status,
        bounds.problem(bound),
        title,
        f"{detail} {bounds.mend(bound)}",
        headers=headers,
        limit=bound,
        value=value,
        **extra,
    )


def type_iri(kind: str) -> str:
    """Return the IRI of a kind of problem; it leads to what is said about it."""
    return f"{current_service().release.iris.base}problem/{kind}"


def address_of_dumps() -> str:
    """Return the address of the newest dumps, which is a path where no public one is set."""
    return _address(DUMPS)


def _address(path: str) -> str:
    if current_service().release.publication.public_url:
        return current_service().release.publication.address(path)
    return request.script_root + path


def not_found(what: str, *, available: Sequence[Mapping[str, str]] | None = None) -> Problem:
    """Return the problem for something that is not here; `what` is a whole sentence.

    `available` has what there is instead, each with a title and its address as `href`.
    """
    return Problem(404, "about:blank", "Not Found", what, available=available)


def not_acceptable(offers: Mapping[str, str], *, vary: str = "Accept") -> Problem:
    """Return the 406 that lists the forms there are: address by media type.

    `vary` names the fields that the form is chosen by.
    """
    listed = ", ".join(offers)
    return Problem(
        406,
        "not-acceptable",
        "No such form",
        f"None of the media types in Accept is on offer. There are: {listed}.",
        headers={"Vary": vary},
        available=[{"type": media_type, "href": href} for media_type, href in offers.items()],
    )


def register(app: Flask) -> None:
    """Make every error of `app` a problem document, also those that nobody foresaw."""
    app.before_request(_raise_given)
    app.register_error_handler(Problem, lambda problem: problem.response())
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, unforeseen)


def _raise_given() -> None:
    problem: Problem | None = request.environ.get(GIVEN)
    if problem is not None and request.routing_exception is None:
        raise problem


def _http_error(error: HTTPException) -> Response:
    status = error.code or 500
    headers = {
        name: value
        for name, value in error.get_headers(request.environ)
        if name in ("Allow", "Retry-After", "WWW-Authenticate", "Content-Range")
    }
    details = {
        404: "There is nothing at this address.",
        405: f"{request.method} is not a method of this address.",
    }
    title = HTTPStatus(status).phrase
    detail = details.get(status) or error.description or title
    return Problem(status, "about:blank", title, detail, headers=headers).response()


def unforeseen(error: Exception) -> Response:
    """Note a mistake of ours in the log and answer 500 without its details."""
    _log.error("%s %s failed", request.method, request.path, exc_info=error)
    return Problem(
        500,
        "internal-error",
        "Internal error",
        "The server made a mistake. It has been noted, and the same request may fail again.",
    ).response()
