"""`/context.jsonld`: the short names that JSON-LD documents here use, for those who write more."""

from __future__ import annotations

from flask import Blueprint, Response
from werkzeug.http import http_date

from publisher.formats import JSON_LD
from publisher.release import CONTEXT, Release
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
    return validated(_context(current_service().release), "context")


@blueprint.get("/context/<version>.jsonld")
def dated(version: str) -> Response:
    """Answer with the context of one version, which never changes."""
    timeline = current_service().timeline
    found = timeline.get(version)
    if found is None or found.release is None:
        known = ", ".join(each.name for each in timeline if each.release is not None)
        raise not_found(
            f"There is no context of version {version!r} here. There are those of: {known}; "
            f"see {here('/context.jsonld')}."
        )
    tag = f"context-{found.release.id}"
    check_preconditions(tag, cache_control=IMMUTABLE)
    response = validated(_context(found.release), tag)
    response.headers["Cache-Control"] = IMMUTABLE
    response.headers["Last-Modified"] = http_date(found.released)
    return response


def _context(release: Release) -> Response:
    body = (release.path / CONTEXT).read_bytes()
    response = Response(body, mimetype=JSON_LD.media_type)
    dated = Link(here(f"/context/{release.version}.jsonld"), "memento")
    response.headers["Link"] = link_header([dated, license_link()])
    return response
