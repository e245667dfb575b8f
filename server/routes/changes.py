"""Changes: what came with each release, to read, as a feed, as an event stream and as a patch."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from flask import Blueprint, Response

from publisher.compare.comparison import ADDED, LOST, PAGE, REMOVED
from publisher.feeds import atom
from publisher.feeds.atom import Entry, Feed
from publisher.feeds.stream import page_name
from publisher.feeds.transitions import RECORD, STREAM
from publisher.formats import N_QUADS, RdfForm, form_by_media_type, form_by_suffix
from server.documents import event_stream
from server.http.addresses import here, uri
from server.http.caching import IMMUTABLE, check_preconditions, stamped, validated
from server.http.links import Link, license_link, link_header, public_address
from server.http.negotiation import HTML, JSON, asked_for, negotiate
from server.http.problems import Problem, not_acceptable, not_found
from server.http.ranges import ByteRange, blocks
from server.pages import changes as pages
from server.service import current_service, rendered
from server.versions.history import entries, find

blueprint = Blueprint("changes", __name__)

_SUFFIXES: Final = ",".join(form.suffix for form in event_stream.FORMS)
#: The files of a transition and their media types.
FILES: Final = {
    ADDED: N_QUADS.media_type,
    REMOVED: N_QUADS.media_type,
    PAGE: "text/markdown",
    RECORD: JSON,
    LOST: "text/plain",
}


@blueprint.get("/changes")
def listing() -> Response:
    """Answer with what each release brought."""
    tag = _tag("changes")
    check_preconditions(tag)
    response = Response(rendered(tag, lambda: pages.listing(entries())), mimetype=HTML)
    response.headers["Link"] = link_header([*_feeds(), license_link()])
    return validated(response, tag)


@blueprint.get("/changes/feed.atom")
def feed() -> Response:
    """Answer with the feed of releases (RFC 4287)."""
    tag = _tag("atom")
    check_preconditions(tag)
    release = current_service().release
    publication = release.publication

    def page_of(iri: str) -> str:
        path = release.iris.document_path(iri) or release.iris.path(iri)
        return iri if path is None else uri(public_address(path))

    def make() -> str:
        return Feed(
            publication.title,
            publication.publisher or publication.title,
            publication.license,
            publication.language,
            release.iris.dataset,
            lambda path: uri(public_address(path)),
            page_of,
        ).write(list(reversed(entries())))

    response = Response(rendered(tag, make), mimetype=atom.MEDIA_TYPE)
    response.headers["Link"] = link_header([license_link()])
    return validated(response, tag)


@blueprint.get(event_stream.PATH)
@blueprint.get(f"{event_stream.PATH}.<any({_SUFFIXES}):suffix>")
def stream(suffix: str | None = None) -> Response:
    """Answer with the root of the event stream."""
    found = entries()
    missing = [each.version for each in found if each.record is None]
    if missing:
        raise not_found(
            f"There is no event stream: what changed with {', '.join(missing)} was not worked out."
        )
    form = _form(event_stream.PATH, suffix)
    tag, vary = _tag(f"ldes-{form.suffix}"), None if suffix else "Accept"
    location = None if suffix else here(f"{event_stream.PATH}.{form.suffix}")
    check_preconditions(tag, vary=vary, location=location)
    body = rendered(tag, lambda: event_stream.root(found, form))
    response = validated(Response(body, content_type=form.media_type), tag, vary=vary)
    if location is not None:
        response.headers["Content-Location"] = location
    response.headers["Link"] = link_header([license_link()])
    return response


@blueprint.get(f"{event_stream.PATH}/<version>/<int:number>")
@blueprint.get(f"{event_stream.PATH}/<version>/<int:number>.<any({_SUFFIXES}):suffix>")
def stream_page(version: str, number: int, suffix: str | None = None) -> Response:
    """Answer with a page of the event stream, which never changes."""
    entry = next((each for each in entries() if each.version == version), None)
    if entry is None or entry.record is None or not 0 < number <= entry.record["pages"]:
        raise not_found(f"The event stream has no such page; see {here(event_stream.PATH)}.")
    path = event_stream.page_path(version, number)
    form = _form(path, suffix)
    tag = f"ldes-{entry.record['new_canonical_sha256'][:16]}-{number}-{form.suffix}"
    vary = None if suffix else "Accept"
    location = None if suffix else here(f"{path}.{form.suffix}")
    check_preconditions(tag, vary=vary, location=location, cache_control=IMMUTABLE)
    lines = (_folder(entry) / STREAM / page_name(number)).read_bytes()
    body = event_stream.page(entry, number, lines, form)
    response = validated(Response(body, content_type=form.media_type), tag, vary=vary)
    response.headers["Cache-Control"] = IMMUTABLE
    if location is not None:
        response.headers["Content-Location"] = location
    links = [Link(here(event_stream.PATH), "collection"), license_link()]
    response.headers["Link"] = link_header(links)
    return response


@blueprint.get("/changes/<name>")
def transition(name: str) -> Response:
    """Answer with what changed from one release to the next: to read, or for programs."""
    entry = find(name)
    if entry is None or entry.record is None:
        raise _unknown(name)
    chosen = negotiate(asked_for(), (HTML, JSON))
    if chosen is None:
        raise not_acceptable({HTML: here(f"/changes/{name}"), JSON: here(_file(name, RECORD))})
    tag = _tag(f"changes-{name}-{chosen.rpartition('/')[2]}")
    location = here(_file(name, RECORD)) if chosen == JSON else None
    check_preconditions(tag, vary="Accept", location=location)
    if chosen == JSON:
        response = Response((_folder(entry) / RECORD).read_bytes(), mimetype=JSON)
        response.headers["Content-Location"] = here(_file(name, RECORD))
    else:
        files = [file for file in FILES if (_folder(entry) / file).is_file()]
        response = Response(rendered(tag, lambda: pages.one(entry, files)), mimetype=HTML)
    response.headers["Link"] = link_header(
        [Link(here(_file(name, RECORD)), "alternate", JSON), *_feeds(), license_link()]
    )
    return validated(response, tag, vary="Accept")


@blueprint.get(f"/changes/<name>/<any({','.join(map(repr, FILES))}):file>")
def transition_file(name: str, file: str) -> Response:
    """Answer with a file of a transition: a half of the patch, the page, the record."""
    entry = find(name)
    path = _folder(entry) / file if entry is not None and entry.record is not None else None
    if entry is None or path is None or not path.is_file():
        raise _unknown(name)
    assert entry.record is not None
    # By content, for a patch may be gigabytes and is sent as it lies there.
    etag = f"{entry.record['new_canonical_sha256'][:24]}-{entry.record['format']}-{file}"
    check_preconditions(file, etag=etag, cache_control=IMMUTABLE)
    size = path.stat().st_size
    response = Response(blocks(path, ByteRange(0, size)), content_type=_typed(FILES[file]))
    response.headers["Content-Length"] = str(size)
    links = [Link(here(f"/changes/{name}"), "collection"), license_link()]
    response.headers["Link"] = link_header(links)
    return stamped(response, etag, IMMUTABLE)


def _form(path: str, suffix: str | None) -> RdfForm:
    """Return the form that is asked for. Raises Problem 406."""
    if suffix is None:
        media_types = tuple(form.media_type for form in event_stream.FORMS)
        form = form_by_media_type(negotiate(asked_for(), media_types) or "")
    else:
        form = form_by_suffix(suffix)
    if form is None:
        offers = {each.media_type: here(f"{path}.{each.suffix}") for each in event_stream.FORMS}
        raise not_acceptable(offers)
    return form


def _typed(media_type: str) -> str:
    return f"{media_type}; charset=utf-8" if media_type.startswith("text/") else media_type


def _feeds() -> list[Link]:
    return [Link(here("/changes/feed.atom"), "alternate", atom.MEDIA_TYPE)]


def _tag(name: str) -> str:
    return f"{name}-{current_service().timeline.tag}"


def _file(name: str, file: str) -> str:
    return f"/changes/{name}/{file}"


def _folder(entry: Entry) -> Path:
    archive = current_service().timeline.archive
    assert archive is not None
    return entry.transition.folder(archive)


def _unknown(name: str) -> Problem:
    return not_found(
        f"What {name!r} names was not worked out here; see {here('/changes')} for what was."
    )
