"""Dumps: the files of the release, whole or in part, under a dated address that never changes.

A compressed file is a file of its own (`application/gzip`): whoever asks for `x.ttl.gz` wants the
bytes that the checksums speak of. Whoever asks for `x.ttl` and can read gzip is sent the same bytes
as a content coding, with the entity tag of that file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote

from flask import Blueprint, Response, request

from publisher.formats import RDF_FORMS
from publisher.release import (
    CHECKSUMS,
    DEFAULT,
    MANIFEST,
    REPORT,
    Release,
    ReleasedFile,
    checksum_lines,
    sha256,
)
from server.http import coding
from server.http.addresses import here
from server.http.caching import IMMUTABLE, REVALIDATE, check_preconditions, stamped, validated
from server.http.links import Link, license_link, link_header
from server.http.negotiation import HTML
from server.http.problems import Problem, not_found
from server.http.ranges import ByteRange, Unsatisfiable, requested_range
from server.pages import rendering
from server.service import current_service, rendered

blueprint = Blueprint("dumps", __name__)

_BLOCK = 1 << 18
#: Forms that tell graphs apart: what is in them is the whole dataset.
_WITH_GRAPHS = frozenset(form.media_type for form in RDF_FORMS if form.dataset)
_EXTRAS: Mapping[str, tuple[str, str]] = {
    MANIFEST: ("application/json", "what the release holds, with counts and hashes"),
    f"{MANIFEST}.sig": ("text/plain", "a signature of the manifest, as ssh-keygen makes it"),
    f"{REPORT}/validation.txt": ("text/plain", "what the validation found, to read"),
    f"{REPORT}/validation.ttl": ("text/turtle", "the SHACL validation report"),
    f"{REPORT}/validation.json": ("application/json", "what the validation found, for programs"),
}


@dataclass(frozen=True)
class Download:
    """A file on offer under one name."""

    name: str
    path: Path
    bytes: int
    sha256: str
    media_type: str
    title: str
    triples: int | None = None
    """How many triples it holds, where it holds triples or quads."""


@blueprint.get("/dumps/")
@blueprint.get("/dumps/latest/")
@blueprint.get("/dumps/<version>/")
def listing(version: str | None = None) -> Response:
    """Answer with the list of the release's files."""
    release = current_service().release
    if version not in (None, release.version):
        raise _other_version(version)
    check_preconditions("html")
    files = list(downloads(release).values())
    body = rendered("dumps", lambda: rendering.dumps_page(files, checksums(release)))
    response = Response(body, mimetype=HTML)
    response.headers["Link"] = link_header([license_link()])
    return validated(response, "html")


@blueprint.get("/dumps/latest/<file>")
def latest(file: str) -> Response:
    """Redirect to the file's dated address, which can be cached and cited."""
    release = current_service().release
    if file != CHECKSUMS and file not in downloads(release):
        raise _no_file(file)
    location = here(f"/dumps/{release.version}/{file}")
    return Response(status=302, headers={"Location": location, "Cache-Control": REVALIDATE})


@blueprint.get("/dumps/<version>/<file>")
def dated(version: str, file: str) -> Response:
    """Answer with a file or, for a byte range, with a part of it."""
    release = current_service().release
    if version != release.version:
        raise _other_version(version)
    if file == CHECKSUMS:
        check_preconditions("sums")
        return validated(Response(checksums(release), mimetype="text/plain"), "sums")
    download = downloads(release).get(file)
    if download is None:
        raise _no_file(file)
    stored, vary = _representation(download)
    etag = stored.sha256[:32]
    check_preconditions("file", vary=vary, etag=etag, cache_control=IMMUTABLE)
    part = _part(download, etag) if stored is download else None
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
    links = [Link(here("/dumps/latest/"), "collection"), license_link()]
    response.headers["Link"] = link_header(links)
    return stamped(response, etag, IMMUTABLE, vary=vary)


def _representation(download: Download) -> tuple[Download, str | None]:
    """Return the file to send for a download, and what that depends on.

    It is the compressed file of the release for a client that takes it; a range is always one of
    the plain file, so that a broken download can go on where it ended.
    """
    packed = downloads(current_service().release).get(f"{download.name}.gz")
    if packed is None:
        return download, None
    coded = (
        coding.GZIP in coding.accepted(request.headers.get("Accept-Encoding"))
        and "Range" not in request.headers
    )
    return (packed if coded else download), "Accept-Encoding"


@lru_cache(maxsize=32)
def downloads(release: Release) -> dict[str, Download]:
    """Return the files on offer by name, the dumps first."""
    found = [
        Download(
            name=file.path.rpartition("/")[2],
            path=release.path / file.path,
            bytes=file.bytes,
            sha256=file.sha256,
            media_type=file.media_type,
            title=file.title,
            triples=_triples(release, file),
        )
        for file in release.files
    ]
    for name, (media_type, title) in _EXTRAS.items():
        path = release.path / name
        if path.is_file():
            size, digest = path.stat().st_size, sha256(path)
            found.append(Download(path.name, path, size, digest, media_type, title))
    return {download.name: download for download in found}


def _triples(release: Release, file: ReleasedFile) -> int | None:
    if file.media_type in _WITH_GRAPHS:
        quads: int = release.counts["quads"]
        return quads
    counts: dict[str | None, int] = {**release.counts["graphs"], DEFAULT: release.counts["triples"]}
    return counts.get(file.graph)


def checksums(release: Release) -> str:
    """Return SHA256SUMS for the files as they are named here, so that `sha256sum -c` finds them."""
    return checksum_lines({name: download.sha256 for name, download in downloads(release).items()})


def _attachment(name: str) -> str:
    """Return the Content-Disposition of a file (RFC 6266; RFC 8187 for names beyond ASCII)."""
    if re.fullmatch(r"[A-Za-z0-9_.-]+", name):
        return f'attachment; filename="{name}"'
    return f"attachment; filename*=UTF-8''{quote(name, safe='')}"


def _part(download: Download, etag: str) -> ByteRange | None:
    """Return the part that the request asks for, None for the whole. Only a GET can ask for one."""
    if request.method != "GET":
        return None
    released = current_service().release.released
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


def blocks(path: Path, part: ByteRange) -> Iterator[bytes]:
    """Yield a part of a file."""
    with path.open("rb") as file:
        file.seek(part.start)
        left = part.stop - part.start
        while left > 0 and (block := file.read(min(_BLOCK, left))):
            left -= len(block)
            yield block


def _no_file(file: str) -> Problem:
    return not_found(f"The release has no file {file!r}. See {here('/dumps/latest/')}.")


def _other_version(version: str | None) -> Problem:
    return not_found(
        f"This server has version {current_service().release.version} only, not {version!r}. "
        f"See {here('/dumps/latest/')}."
    )
