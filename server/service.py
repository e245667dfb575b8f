"""The service: what every request handler needs to know, held once per application."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Hashable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from flask import Flask, current_app, request

import publisher
from publisher.release import Release
from server.engine import places
from server.engine.client import Engine
from server.presentation import Presentation
from server.renderings import Renderings
from server.timeline import Timeline

if TYPE_CHECKING:
    from server.limits.admission import Admission

_KEY = "service"
#: Where npm puts what a lock file names; the lock file speaks for it.
_INSTALLED = "node_modules"
#: Libraries whose versions show in the bytes of a body.
_WRITERS = ("pyoxigraph", "Jinja2", "MarkupSafe", "Flask", "brotli")


class Lookups(Protocol):
    """What answers the server's own look-ups."""

    def query(self, text: str, *, accept_form: str) -> AbstractContextManager[Iterable[bytes]]:
        """Evaluate a query; the answer is to be closed."""


@dataclass(frozen=True)
class Service:
    """One release, the engine that answers queries on it, and the code that shows it.

    `engine` is for the queries of clients, `lookups` the same engine for those of the server;
    `admission` says which client may ask now; `timeline` has all versions that the server knows.
    `pinned` says that the release is shown because its version was asked for, current or not.
    """

    release: Release
    engine: Engine
    lookups: Lookups
    presentation: Presentation
    code: str
    renderings: Renderings
    admission: Admission
    timeline: Timeline
    pinned: bool = False

    @classmethod
    def of(
        cls,
        release: Release,
        socket: Path | str,
        admission: Admission,
        timeline: Timeline | None = None,
    ) -> Service:
        """Put a release and the engine together that has loaded it and listens at `socket`."""
        base = release.publication.base
        return cls(
            release,
            Engine(socket, release.limits, base=base),
            Engine(socket, release.limits, base=base, lanes=places.LOOKUPS, reserved=True),
            Presentation.of(release),
            code_hash(release),
            Renderings(),
            admission,
            timeline or Timeline.of(release),
        )


def install(app: Flask, service: Service) -> None:
    """Make `service` the one that requests to `app` are answered from."""
    app.extensions[_KEY] = service


def service_of(app: Flask) -> Service:
    """Return the service that requests to `app` are answered from."""
    service: Service = app.extensions[_KEY]
    return service


def current_service() -> Service:
    """Return the service of the current request's application."""
    return service_of(current_app)


def current_client() -> int:
    """Return the key under which what the current request's client asks is counted."""
    admission = current_service().admission
    fields = request.headers.getlist(admission.proxies.header)
    return admission.client(request.remote_addr or "", fields)


def rendered(key: Hashable, make: Callable[[], bytes | str]) -> bytes:
    """Return the body that `make` makes, from memory if it was made before.

    `key` names all that the body depends on besides the release, the code and the mount point.
    """

    def make_bytes() -> bytes:
        body = make()
        return body.encode() if isinstance(body, str) else body

    return current_service().renderings.get((request.script_root, key), make_bytes)


def code_hash(release: Release) -> str:
    """Return a hash over everything besides the data that a response depends on.

    That is this package with its templates, what it takes from the publisher, the libraries that
    write RDF and HTML and that compress, where the world finds the server, and the kind of engine:
    each gives rows in its own order.
    """
    digest = hashlib.sha256(f"zlib {zlib.ZLIB_RUNTIME_VERSION}\n".encode())
    digest.update(f"{release.engine} {release.publication.public_url or ''}\n".encode())
    for library in _WRITERS:
        digest.update(f"{library} {version(library)}\n".encode())
    for package in (Path(__file__).parent, Path(publisher.__file__).parent):
        for path in sorted(package.rglob("*")):
            if _INSTALLED in path.parts:
                continue
            if path.suffix in (".py", ".html", ".css", ".js", ".json", ".svg", ".xml", ".txt"):
                digest.update(path.relative_to(package).as_posix().encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
