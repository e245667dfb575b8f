"""The shelf: an application for each version, and which of them a request is for.

`?version=` at the address of a document asks for it as it was then, `Accept-Datetime` is led there.
Applications of earlier versions are made when they are first asked for; those longest unused go.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Iterable
from threading import Lock
from typing import Final
from urllib.parse import parse_qsl
from wsgiref.types import StartResponse, WSGIEnvironment

from flask import Flask, Response, current_app, request
from werkzeug.http import http_date
from werkzeug.test import EnvironBuilder, run_wsgi_app

from publisher.limits import OPEN_VERSIONS
from publisher.release import DamagedRelease
from server.http.addresses import requested_path
from server.http.caching import REVALIDATE
from server.http.links import link_header
from server.http.problems import GIVEN, Problem, not_found
from server.service import current_service
from server.timeline import Timeline, Version
from server.versions import links, memento
from server.versions.links import ARGUMENT, outside

_KEY: Final = "shelf"
#: Presences that are remembered; a version never changes.
_REMEMBERED: Final = 10_000
#: Marks a request, in the WSGI environment, that only asks whether there is a document.
_PRESENCE: Final = "server.version.presence"
_log = logging.getLogger(__name__)


class Shelf:
    """The WSGI application of the version that is served, with the others beside it."""

    def __init__(self, app: Flask, timeline: Timeline, make: Callable[[Version], Flask]) -> None:
        """Put the versions of a timeline beside `app`; `make` makes the application of one.

        `make` raises DamagedRelease, SyntaxError and OSError.
        """
        self._served = app.wsgi_app
        self._timeline = timeline
        self._make = make
        self._apps: OrderedDict[str, Flask] = OrderedDict()
        self._present: dict[tuple[str, str], bool] = {}
        self._lock = Lock()
        self._making = Lock()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer from the version that a request names."""
        query = environ.get("QUERY_STRING", "")
        versioned = ARGUMENT in query and links.family(environ["PATH_INFO"]) in links.FAMILIES
        # A preflight is granted everywhere.
        if not versioned or environ["REQUEST_METHOD"] == "OPTIONS":
            return self._served(environ, start_response)
        pairs = parse_qsl(query, keep_blank_values=True)
        names = [value for key, value in pairs if key == ARGUMENT]
        if not names:
            return self._served(environ, start_response)
        try:
            app = self._app(self._named(names))
        except Problem as problem:
            return self._served({**environ, GIVEN: problem}, start_response)
        # As it was written, for what parameters mean may depend on it.
        parts = [each for each in query.split("&") if each.partition("=")[0] != ARGUMENT]
        found = {**links.hide(environ, names[0]), "QUERY_STRING": "&".join(parts)}
        return app.wsgi_app(dict(found), start_response)

    def mementos(self, path: str) -> list[Version]:
        """Return the versions in which there is a document at a path, the oldest first."""
        return [each for each in self._timeline if each.release and self._holds(each, path)]

    def _named(self, names: list[str]) -> Version:
        """Return the version that is asked for. Raises Problem 400 and 404."""
        if len(names) > 1:
            raise Problem(400, "bad-parameter", "Bad parameter", "Name one 'version', not several.")
        # A plus sign that nobody escaped has become a space.
        found = self._timeline.get(names[0]) or self._timeline.get(names[0].replace(" ", "+"))
        if found is None:
            known = ", ".join(each.name for each in self._timeline)
            raise not_found(f"There is no version {names[0][:60]!r}. There are: {known}.")
        if found.release is None:
            raise Problem(
                404,
                "only-in-dumps",
                "Only in the dumps",
                f"The pages of version {found.name} cannot be shown: {found.fault}. Its dumps have "
                f"everything: /dumps/{found.name}/.",
            )
        return found

    def _app(self, version: Version) -> Flask:
        """Return the application of a version. Raises Problem 503."""
        app = self._kept(version.name)
        if app is None:
            with self._making:
                app = self._kept(version.name) or self._made(version)
        return app

    def _kept(self, name: str) -> Flask | None:
        with self._lock:
            if name in self._apps:
                self._apps.move_to_end(name)
            return self._apps.get(name)

    def _made(self, version: Version) -> Flask:
        try:
            app = self._make(version)
        except (DamagedRelease, SyntaxError, OSError) as error:
            _log.error("version %s cannot be shown: %s", version.name, error)
            raise Problem(
                503,
                "version-unavailable",
                "Version unavailable",
                f"What version {version.name} is shown from cannot be opened. It has been noted. "
                f"Its dumps may still be had: /dumps/{version.name}/.",
            ) from None
        with self._lock:
            self._apps[version.name] = app
            while len(self._apps) > OPEN_VERSIONS:
                self._apps.popitem(last=False)
        return app

    def _holds(self, version: Version, path: str) -> bool:
        """Whether a version has a document at a path, found by a request that matches any tag."""
        key = (version.name, path)
        if key not in self._present:
            try:
                app = self._app(version)
            except Problem:
                return False
            # 304, before anything is made: there is a document; else it is gone or never was.
            headers = [("If-None-Match", "*"), ("Accept", "*/*")]
            environ = EnvironBuilder(path=path, method="HEAD", headers=headers).get_environ()
            environ |= {"REQUEST_URI": path, _PRESENCE: True}
            _, status, _ = run_wsgi_app(app.wsgi_app, environ)
            if len(self._present) >= _REMEMBERED:
                self._present.clear()
            self._present[key] = status.startswith("304")
        return self._present[key]


def install(app: Flask, shelf: Shelf) -> None:
    """Let `app`, of one version or another, know what stands beside it."""
    app.extensions[_KEY] = shelf
    app.before_request(_lead)
    app.after_request(_tell)


def current_shelf() -> Shelf:
    """Return the shelf on which the current application stands."""
    shelf: Shelf = current_app.extensions[_KEY]
    return shelf


def elsewhere(path: str) -> str:
    """Return a sentence on the versions that have a document at a path, for a 404 in this one."""
    mementos = [] if _PRESENCE in request.environ else current_shelf().mementos(path)
    if not mementos:
        return ""
    if current_service().pinned:
        first, last = mementos[0], mementos[-1]
        ending = "" if last is current_service().timeline.current else f" up to {last.name}"
        address = outside(memento.address(path, first))
        return f" It is there from version {first.name} of {first.date} on{ending}: {address}."
    last = mementos[-1]
    return f" It was there up to version {last.name}: {outside(memento.address(path, last))}."


def _lead() -> Response | None:
    """Lead a request with Accept-Datetime to the document as it was then (RFC 7089, 4.1.1)."""
    field = request.headers.get(memento.ACCEPT_DATETIME)
    if field is None or current_service().pinned or request.method not in ("GET", "HEAD"):
        return None
    path = requested_path()
    if not memento.is_document(path):
        return None
    moment = memento.wanted(field)
    mementos = current_shelf().mementos(path)
    if not mementos:
        return None
    chosen = memento.closest(mementos, moment)
    query = request.query_string.decode("latin-1")
    response = Response(status=302)
    response.headers["Location"] = outside(memento.address(path, chosen, query))
    response.headers["Cache-Control"] = REVALIDATE
    response.vary.add(memento.ACCEPT_DATETIME)
    response.headers["Link"] = link_header(memento.memento_links(path, mementos, chosen))
    return response


def _tell(response: Response) -> Response:
    """Tell where a document stands in time, and give its links the version that it is of."""
    service = current_service()
    if service.pinned:
        response = links.show(response)
        response.headers["X-Robots-Tag"] = "noindex"
    if (
        response.status_code not in (200, 304)
        or request.method not in ("GET", "HEAD")
        or _PRESENCE in request.environ
        or not memento.is_document(path := requested_path())
    ):
        return response
    if service.pinned:
        mementos = current_shelf().mementos(path)
        shown = service.timeline.get(service.release.version)
        found = memento.memento_links(path, mementos, shown) if shown in mementos else []
        response.headers[memento.MEMENTO_DATETIME] = http_date(service.release.released)
    else:
        found = memento.original_links(path)
        response.vary.add(memento.ACCEPT_DATETIME)
    if found:
        response.headers.add("Link", link_header(found))
    return response
