"""The application factory: puts blueprints, error handlers and response-wide headers together."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from flask import Flask, Response, current_app, request
from werkzeug.exceptions import NotFound
from werkzeug.routing import RequestRedirect

from publisher.release import Release
from server.engine import process
from server.engine.errors import EngineError, EvaluationError, QuerySyntaxError
from server.http import caching, coding, problems
from server.http.addresses import here, requested_path
from server.http.headers import COMMON, PREFLIGHT
from server.limits.admission import COUNTED, Admission
from server.openapi import routes as openapi
from server.pages import templating
from server.reconciliation import routes
from server.routes import (
    about,
    catalogue,
    changes,
    context,
    crawlers,
    dumps,
    graph_store,
    graphs,
    health,
    home,
    limits,
    link,
    lists,
    lookup,
    queries,
    resources,
    search,
    sparql,
    timemaps,
    vocabulary,
    workbench,
)
from server.search.index import Index
from server.search.index import install as install_index
from server.service import Service, current_client, current_service, install
from server.sparql import refusals
from server.timeline import Timeline, Version
from server.versions import reader, shelf
from server.versions.shelf import Shelf

#: Answers without a body, which Flask would label as HTML all the same.
_BODILESS = (204, 301, 302, 303, 304, 308)
#: Whose blueprints make the application.
_MODULES = (
    *(
        home,
        about,
        graph_store,
        resources,
        graphs,
        vocabulary,
        dumps,
        queries,
        sparql,
        limits,
        openapi,
    ),
    *(catalogue, context, crawlers, health, search, lookup, routes, link, lists, workbench),
    *(timemaps, changes),
)


class _Application(Flask):
    """Flask, but for how long files of pages are kept."""

    def get_send_file_max_age(self, filename: str | None) -> int | None:  # noqa: ARG002
        """Keep a file for a year if it is asked for as the present code has it.

        Others are asked for again each time: modules that a script imports by their bare names must
        never be older than the script.
        """
        return 31536000 if request.args.get("v") == current_service().code else None


def create_app(
    release: Path | str | Release,
    engine: Path | str | None = None,
    admission: Admission | None = None,
    archive: Path | None = None,
) -> Flask:
    """Return the WSGI application for a release, which shows those in an archive as well.

    `engine` is the socket of a query engine that has loaded the same release; without one, an
    engine is started that ends with this process. `admission` counts what clients ask; without one,
    this process counts for itself. Raises DamagedRelease and EngineFailed.
    """
    if not isinstance(release, Release):
        release = Release.open(release)
    socket = process.start(release) if engine is None else engine
    timeline = Timeline.of(release, archive)
    service = Service.of(release, socket, admission or Admission(release.limits), timeline)
    app = _application(service)

    def make(version: Version) -> Flask:
        other = _application(reader.service(service, version))
        shelf.install(other, versions)
        return other

    versions = Shelf(app, timeline, make)
    shelf.install(app, versions)
    app.wsgi_app = versions  # type: ignore[method-assign]
    return app


def _application(service: Service) -> Flask:
    """Return the application that answers from a service."""
    app = _Application(__name__)
    app.url_map.merge_slashes = False
    install(app, service)
    install_index(app, Index.of(service.release))
    problems.register(app)
    caching.register(app)
    coding.register(app)
    app.register_error_handler(EngineError, _engine_failed)
    templating.register(app)
    for module in _MODULES:
        app.register_blueprint(module.blueprint)
    app.before_request(_tidy_path)
    app.before_request(_count)
    app.after_request(_complete)
    return app


def _engine_failed(error: EngineError) -> Response:
    """Answer for a look-up that the engine gave no answer to; its text is ours, so never a 400."""
    if isinstance(error, QuerySyntaxError | EvaluationError):
        return problems.unforeseen(error)
    return refusals.by_engine(error, current_service().release.limits).response()


def _tidy_path() -> Response | None:
    """Refuse paths that cannot be read; put the slash at the end where it belongs, or not.

    Done here because Werkzeug would build the redirect from the Host header.
    """
    path = requested_path()
    error = request.routing_exception
    if isinstance(error, RequestRedirect):
        return _moved(f"{path}/")
    shorter = path.rstrip("/")
    if isinstance(error, NotFound) and path != shorter and _is_routed(shorter):
        return _moved(shorter)
    if isinstance(error, NotFound) and request.method == "OPTIONS":
        # Without a preflight that is granted, a script could not read the 404 that follows it.
        return Response(headers={"Allow": "GET, HEAD, OPTIONS"})
    return None


def _count() -> None:
    """Count a request that asks something of us. Raises Problem 429."""
    if request.blueprint in COUNTED and request.method != "OPTIONS":
        current_service().admission.count(current_client())


def _is_routed(path: str) -> bool:
    return bool(_methods(path))


def _moved(path: str) -> Response:
    if request.method == "OPTIONS":
        # A preflight must not be redirected (Fetch, 4.8); the redirect that follows it may be.
        return Response(headers={"Allow": ", ".join(sorted(_methods(path)))})
    query = request.query_string.decode("latin-1")
    location = here(path) + (f"?{query}" if query else "")
    return Response(status=308, headers={"Location": location})


def _methods(path: str) -> Sequence[str]:
    return list(current_app.url_map.bind("").allowed_methods(path))


def _complete(response: Response) -> Response:
    """Add what every response carries, errors included."""
    for name, value in COMMON.items():
        response.headers.setdefault(name, value)
    if "Allow" in response.headers:
        # A set has no order: two processes would give two.
        methods = response.headers["Allow"].replace(" ", "").split(",")
        response.headers["Allow"] = ", ".join(sorted(methods))
    if request.method == "OPTIONS" and response.status_code == 200:
        response.status_code = 204
        response.headers.update(PREFLIGHT)
        response.headers["Access-Control-Allow-Methods"] = response.headers.get("Allow", "")
    if response.status_code in _BODILESS:
        response.headers.remove("Content-Type")
    for _, value in response.headers:
        # What no header can hold is found here, where it still becomes a problem document.
        value.encode("latin-1")
    return response
