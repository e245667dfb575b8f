"""`/context.jsonld`: the short names that JSON-LD documents here use, for those who write more."""

from __future__ import annotations

from flask import Blueprint, Response

from publisher.formats import JSON_LD
from publisher.release import CONTEXT
from server.http.addresses import here
from server.http.caching import IMMUTABLE, check_preconditions, validated
from server.http.links import Link, license_link, link_header
from server.http.problems import not_found
from server.service import current_service

blueprint = Blueprint("context", __name__)


@blueprint.get("/context.jsonld")
def latest() -> Response:
    """Answer with the context of the release that is served."""
    check_preconditions("context")
    return validated(_context(), "context")


@blueprint.get("/context/<version>.jsonld")
def dated(version: str) -> Response:
    """Answer with the context of one version, which never changes."""
    release = current_service().release
    if version != release.version:
        raise not_found(
            f"This server has the context of version {release.version} only; "
            f"see {here('/context.jsonld')}."
        )
    check_preconditions("context", cache_control=IMMUTABLE)
    response = validated(_context(), "context")
    response.headers["Cache-Control"] = IMMUTABLE
    return response


def _context() -> Response:
    release = current_service().release
    body = (release.path / CONTEXT).read_bytes()
    response = Response(body, mimetype=JSON_LD.media_type)
    dated = Link(here(f"/context/{release.version}.jsonld"), "memento")
    response.headers["Link"] = link_header([dated, license_link()])
    return response
