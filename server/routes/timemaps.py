"""TimeMaps: in which versions a document exists (RFC 7089, 5)."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response

from server.http.addresses import here, requested_path
from server.http.caching import check_preconditions, validated
from server.http.links import Link, license_link, link_header
from server.http.negotiation import JSON
from server.http.problems import not_found
from server.service import current_service
from server.versions import memento
from server.versions.shelf import current_shelf

blueprint = Blueprint("timemaps", __name__)

FORMS: Final = {"link": memento.LINK_FORMAT, "json": JSON}


@blueprint.get(f"/timemap/<any({','.join(FORMS)}):form>/<path:document>")
def timemap(form: str, document: str) -> Response:  # noqa: ARG001  (read undecoded instead)
    """Answer with the TimeMap of the document at a path."""
    path = requested_path().removeprefix(f"/timemap/{form}")
    mementos = current_shelf().mementos(path) if memento.is_document(path) else []
    if not mementos:
        raise not_found(f"No version has a document at {path}.")
    tag = f"timemap-{form}-{current_service().timeline.tag}"
    check_preconditions(tag)
    write = memento.time_map if form == "link" else memento.time_map_json
    response = Response(write(path, mementos), content_type=FORMS[form])
    links = [Link(here(path), "original timegate"), license_link()]
    response.headers["Link"] = link_header(links)
    return validated(response, tag)
