"""`/reconcile`: the addresses of the reconciliation service."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, Final

from flask import Blueprint, Response, request

from publisher.limits import MOST_CANDIDATES
from server.http.caching import check_preconditions, fingerprint, validated
from server.http.negotiation import HTML, JSON
from server.http.problems import Problem
from server.reconciliation import batch, draft, extension, suggestions
from server.reconciliation.manifest import manifest
from server.service import current_service

blueprint = Blueprint("reconciliation", __name__, url_prefix="/reconcile")

SCRIPT: Final = "text/javascript"
_CALLBACK: Final = re.compile(r"[A-Za-z_$][\w$.]{0,99}")
#: A preview is shown in a frame of whoever reconciles, so it may be, and brings no script.
_FRAMED: Final = "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors *"


@blueprint.route("", methods=("GET", "POST"))
def endpoint() -> Response:
    """Answer with the manifest, or a batch of queries, or a data extension query."""
    queries, extend = request.values.getlist("queries"), request.values.getlist("extend")
    if len(queries) + len(extend) > 1:
        raise batch.bad("'queries' or 'extend' may be given once only.")
    if queries:
        return _answer(lambda: batch.answer(batch.read(queries[0])))
    if extend:
        return _answer(lambda: extension.extend(*extension.read(extend[0])))
    if request.method == "POST":
        raise batch.bad("A POST must have a form element 'queries' or 'extend'.")
    return _answer(lambda: manifest(current_service().release))


@blueprint.post("/match")
def match() -> Response:
    """Answer a batch of queries in the form of the 1.0 draft."""
    return _answer(lambda: draft.match(_json_body()))


@blueprint.get("/suggest/<any(entity,type,property):kind>")
def suggest(kind: str) -> Response:
    """Answer with entities, types or properties whose names begin as `prefix` says."""
    find = suggestions.SUGGESTIONS[kind]
    prefix = batch.text_of(request.args.get("prefix"), "'prefix'")
    start = _number("cursor", _number("offset", 0, 0), 0)
    length = min(_number("limit", suggestions.LENGTH, 1), MOST_CANDIDATES)
    return _answer(lambda: {"result": find(prefix, start, length)})


@blueprint.get("/flyout/<any(entity,type,property):kind>")
def flyout(kind: str) -> Response:
    """Answer with a small preview of an entity, type or property, HTML within JSON."""
    return _answer(lambda: suggestions.flyout(kind, _identifier()))


@blueprint.get("/preview")
def preview() -> Response:
    """Answer with a small page about an entity, made for a frame."""
    identifier = _identifier()
    body = suggestions.entity_preview(identifier, page=True)
    form = f"preview-{_digest()}"
    check_preconditions(form)
    response = validated(Response(body, mimetype=HTML), form)
    response.headers["Content-Security-Policy"] = _FRAMED
    return response


@blueprint.get("/extend/propose")
def propose() -> Response:
    """Answer with the properties that entities of a type may be extended by."""
    limit = _number("limit", 0, 1) if "limit" in request.args else None
    return _answer(lambda: extension.propose(request.args.get("type", ""), limit))


@blueprint.post("/extend")
def extend() -> Response:
    """Answer a data extension query in the form of the 1.0 draft."""
    ids, wanted = extension.checked(_json_body())
    return _answer(lambda: draft.rows(extension.extend(ids, wanted)))


def _answer(make: Callable[[], Any]) -> Response:
    """Answer with a document as JSON, or as a script that hands it to `callback` (JSONP)."""
    callback = request.args.get("callback")
    if callback is not None and not _CALLBACK.fullmatch(callback):
        raise batch.bad("'callback' must be the name of a function.")
    form = f"reconcile-{_digest()}"
    reads = request.method in ("GET", "HEAD")
    document = make()
    if reads:
        check_preconditions(form)
    text = json.dumps(document, ensure_ascii=False)
    media_type = JSON
    if callback is not None:
        # U+2028 and U+2029 end a line in older scripts; the comment keeps other readers from
        # taking the beginning for something else.
        text = text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
        text, media_type = f"/**/{callback}({text});", SCRIPT
    response = Response(text + "\n", mimetype=media_type)
    if reads:
        return validated(response, form)
    response.headers["Cache-Control"] = "no-store"
    return response


def _json_body() -> Any:
    if request.mimetype != JSON:
        raise Problem(
            415,
            "unsupported-media-type",
            "Unsupported media type",
            f"The body must be {JSON}, not {request.mimetype or 'without a type'}.",
        )
    try:
        return json.loads(request.get_data())
    except (ValueError, RecursionError) as error:
        raise batch.bad(f"The body is not JSON: {error}.") from None


def _identifier() -> str:
    identifier = request.args.get("id", "")
    if not identifier:
        raise batch.bad("'id' is missing.")
    return identifier


def _number(name: str, default: int, least: int) -> int:
    text = request.args.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 7 and int(text) >= least):
        raise batch.bad(f"{name!r} must be a whole number from {least} on.")
    return int(text)


def _digest() -> str:
    said = f"{request.path}?{request.query_string.decode('latin-1')}"
    return fingerprint(said)
