"""Validators and conditional requests (RFC 9110, 8.8 and 13): what may be answered with 304.

A release never changes, so an entity tag is known before the answer is made: it names the release,
the form, and the code and templates that make the form.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from flask import Flask, Request, Response, request
from werkzeug.http import http_date, parse_date, parse_etags

from server.http import coding
from server.http.problems import Problem
from server.service import Service, current_service

#: Documents are asked for again after five minutes, so that a new release is soon seen.
REVALIDATE = "public, max-age=300"
IMMUTABLE = "public, max-age=31536000, immutable"


class NotModified(Exception):
    """The client has the current representation; the 304 repeats the fields of the 200."""

    def __init__(
        self,
        etag: str,
        cache_control: str,
        vary: str | None,
        location: str | None = None,
        released: datetime | None = None,
    ) -> None:
        super().__init__(etag)
        self.location = location
        self.released = released
        self.etag = etag
        self.cache_control = cache_control
        self.vary = vary

    def response(self) -> Response:
        """Return the 304 (RFC 9110, 15.4.5)."""
        response = Response(status=304)
        stamped(response, self.etag, self.cache_control, vary=self.vary, released=self.released)
        if self.location is not None:
            response.headers["Content-Location"] = self.location
        return response


def register(app: Flask) -> None:
    """Answer NotModified, wherever it is raised in `app`."""
    app.register_error_handler(NotModified, lambda outcome: outcome.response())


def entity_tag(form: str, service: Service | None = None) -> str:
    """Return the strong entity tag, unquoted, of what is made from the release in a form."""
    service = service or current_service()
    # What is shown because its version was asked for says which versions there are.
    ending = f"-{service.timeline.tag}" if service.pinned else ""
    return f"{service.release.id}-{service.code}-{form}{ending}"


def fingerprint(asked: bytes | str) -> str:
    """Return what stands in an entity tag for the part of a request that a representation is of."""
    octets = asked.encode() if isinstance(asked, str) else asked
    return hashlib.sha256(octets).hexdigest()[:16]


def check_preconditions(
    form: str,
    *,
    vary: str | None = None,
    etag: str | None = None,
    cache_control: str = REVALIDATE,
    location: str | None = None,
    released: datetime | None = None,
) -> None:
    """Compare the request's preconditions with the representation that is about to be made.

    Call it once it is sure that the resource exists and before anything costly. `etag` is for what
    is not made but stored, and goes out as it is; `location` is the Content-Location of the
    representation, where it has one; `released` is of when it is, if not of the release that is
    served. Raises NotModified, or Problem 412.
    """
    coded = etag is None
    codings = coding.accepted(request.headers.get("Accept-Encoding")) if coded else ()
    tags = coding.tags(etag or entity_tag(form), codings)
    current = current_tag(request, tags, released or current_service().release.released)
    if current is not None:
        varying = _varying(vary, coded=coded)
        raise NotModified(current, cache_control, varying, location, released)


def current_tag(request: Request, tags: Sequence[str], released: datetime) -> str | None:
    """Return which of the entity tags that a request may be answered with its client has.

    None if it is to be answered in full. Raises Problem 412 if its preconditions fail for all.
    """
    outcomes = [evaluate(request, tag, released) for tag in tags]
    if "not modified" in outcomes:
        return tags[outcomes.index("not modified")]
    if all(outcome == "failed" for outcome in outcomes):
        raise precondition_failed()
    return None


def precondition_failed() -> Problem:
    """Return the 412."""
    return Problem(
        412,
        "precondition-failed",
        "Precondition failed",
        "What is served now is not what If-Match or If-Unmodified-Since names.",
    )


def validated(response: Response, form: str, *, vary: str | None = None) -> Response:
    """Give a response its validators and its time to live, and return it.

    Its body is compressed on its way out, where that is offered.
    """
    return stamped(response, entity_tag(form), REVALIDATE, vary=_varying(vary, coded=True))


def _varying(vary: str | None, *, coded: bool) -> str | None:
    if not coded:
        return vary
    return f"{vary}, Accept-Encoding" if vary else "Accept-Encoding"


def stamped(
    response: Response,
    etag: str,
    cache_control: str,
    *,
    vary: str | None = None,
    released: datetime | None = None,
) -> Response:
    """Give a response an entity tag and the date of its release, and return it.

    That is `released`, else the date of the release that is served.
    """
    response.set_etag(etag)
    response.headers["Last-Modified"] = http_date(released or current_service().release.released)
    response.headers["Cache-Control"] = cache_control
    if vary:
        response.vary.update(vary.split(", "))
    return response


def evaluate(
    request: Request, etag: str, modified: datetime
) -> Literal["go on", "not modified", "failed"]:
    """Evaluate If-Match, If-Unmodified-Since, If-None-Match and If-Modified-Since in their order.

    See RFC 9110, 13.2.2. Written out because Werkzeug mixes If-Match with the others and fails
    `If-Match: *`.
    """
    modified = modified.replace(microsecond=0)
    match = request.headers.get("If-Match")
    unmodified_since = parse_date(request.headers.get("If-Unmodified-Since"))
    if match is not None:
        tags = parse_etags(match)
        if not (tags.star_tag or tags.is_strong(etag)):
            return "failed"
    elif unmodified_since is not None and modified > unmodified_since:
        return "failed"
    if request.method not in ("GET", "HEAD", "QUERY"):
        return "go on"
    none_match = request.headers.get("If-None-Match")
    if none_match is not None:
        tags = parse_etags(none_match)
        return "not modified" if tags.star_tag or tags.contains_weak(etag) else "go on"
    since = parse_date(request.headers.get("If-Modified-Since"))
    return "not modified" if since is not None and modified <= since else "go on"
