"""Dumps: the files of each release, whole or in part, under a dated address that never changes.

A compressed file is a file of its own (`application/gzip`): whoever asks for `x.ttl.gz` wants the
bytes that the checksums speak of. Whoever asks for `x.ttl` and can read gzip is sent the same bytes
as a content coding, with the entity tag of that file.
"""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from flask import Blueprint, Response, request
from werkzeug.http import http_date

from publisher.release import (
    CHECKSUMS,
)
from server.documents.downloads import Download, checksums, downloads, offered
from server.http import coding
from server.http.addresses import here
from server.http.caching import IMMUTABLE, REVALIDATE, check_preconditions, stamped, validated
from server.http.links import Link, license_link, link_header
from server.http.negotiation import HTML
from server.http.problems import Problem, not_found
from server.http.ranges import ByteRange, Unsatisfiable, blocks, requested_range
from server.pages import rendering
from server.service import current_service, rendered
from server.timeline import Version

blueprint = Blueprint("dumps", __name__)


@blueprint.get("/dumps/")
@blueprint.get("/dumps/latest/")
@blueprint.get("/dumps/<version>/")
def listing(version: str | None = None) -> Response:
    """Answer with the list of a release's files, of the newest unless another is named."""
    timeline = current_service().timeline
    shown = timeline.current if version is None else _version(version)
    tag = f"dumps-{shown.name}-{timeline.tag}"
    check_preconditions(tag)
    folder = shown.edition.folder

    def make() -> str:
        return rendering.dumps_page(shown, list(offered(folder).values()), checksums(folder))

    response = Response(rendered(tag, make), mimetype=HTML)
    response.headers["Link"] = link_header([license_link()])
    return validated(response, tag)


@blueprint.get("/dumps/latest/<file>")
def latest(file: str) -> Response:
    """Redirect to the file's dated address, which can be cached and cited."""
    release = current_service().release
    if file != CHECKSUMS and file not in downloads(release):
        raise _no_file(release.version, file)
    location = here(f"/dumps/{release.version}/{file}")
    return Response(status=302, headers={"Location": location, "Cache-Control": REVALIDATE})


@blueprint.get("/dumps/<version>/<file>")
def dated(version: str, file: str) -> Response:
    """Answer with a file or, for a byte range, with a part of it."""
    edition = _version(version).edition
    released = edition.released
    if file == CHECKSUMS:
        tag = f"sums-{edition.canonical_sha256[:16]}-{version}"
        check_preconditions(tag, released=released)
        response = validated(Response(checksums(edition.folder), mimetype="text/plain"), tag)
        response.headers["Last-Modified"] = http_date(released)
        return response
    download = offered(edition.folder).get(file)
    if download is None:
        raise _no_file(version, file)
    stored, vary = _representation(download, edition.folder)
    etag = stored.sha256[:32]
    check_preconditions("file", vary=vary, etag=etag, cache_control=IMMUTABLE, released=released)
    part = _part(download, etag, released) if stored is download else None
    response = Response(
        blocks(stored.path, part or ByteRange(0, stored.bytes)), mimetype=download.media_type
    )
    response.headers["Content-Length"] = str(stored.bytes)
    if stored is not download:
        response.headers["Content-Encoding"] = "gzip"
    if part is not None:
        response.status_code = 206
        response.headers["Content-Length"] = str(part.stop - part.start)
        response.headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{download.bytes}"
    response.headers["Accept-Ranges"] = "bytes"
    response.headers["Content-Disposition"] = _attachment(download.name)
    links = [Link(here(f"/dumps/{version}/"), "collection"), license_link()]
    response.headers["Link"] = link_header(links)
    return stamped(response, etag, IMMUTABLE, vary=vary, released=released)


def _representation(download: Download, folder: Path) -> tuple[Download, str | None]:
    """Return the file to send for a download, and what that depends on.

    It is the compressed file of the release for a client that takes it; a range is always one of
    the plain file, so that a broken download can go on where it ended.
    """
    packed = offered(folder).get(f"{download.name}.gz")
    if packed is None:
        return download, None
    coded = (
        coding.GZIP in coding.accepted(request.headers.get("Accept-Encoding"))
        and "Range" not in request.headers
    )
    return (packed if coded else download), "Accept-Encoding"


def _attachment(name: str) -> str:
    """Return the Content-Disposition of a file (RFC 6266; RFC 8187 for names beyond ASCII)."""
    if re.fullmatch(r"[A-Za-z0-9_.-]+", name):
        return f'attachment; filename="{name}"'
    return f"attachment; filename*=UTF-8''{quote(name, safe='')}"


def _part(download: Download, etag: str, released: datetime) -> ByteRange | None:
    """Return the part that the request asks for, None for the whole. Only a GET can ask for one."""
    if request.method != "GET":
        return None
    try:
        return requested_range(request.headers, download.bytes, etag, released)
    except Unsatisfiable:
        raise Problem(
            416,
            "range-not-satisfiable",
            "Range not satisfiable",
            f"{download.name} has {download.bytes} bytes, and the range begins behind them.",
            headers={"Content-Range": f"bytes */{download.bytes}"},
        ) from None


def _no_file(version: str, file: str) -> Problem:
    return not_found(f"Version {version} has no file {file!r}. See {here(f'/dumps/{version}/')}.")


def _version(name: str) -> Version:
    """Return the version of a name. Raises Problem 404."""
    timeline = current_service().timeline
    found = timeline.get(name)
    if found is None:
        known = ", ".join(each.name for each in timeline.newest_first)
        raise not_found(
            f"This server has no version {name!r}. It has: {known}; see {here('/dumps/')}."
        )
    return found
