"""Look-ups in an earlier release: Oxigraph on its store on disk, in this process.

Only the server's own small look-ups come here, never a query of a client; so no worker is needed,
which would take memory for each version. See docs/decisions/0015-versions.md.
"""

from __future__ import annotations

import dataclasses
import io
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Final, NoReturn

from pyoxigraph import Store

from publisher import store
from publisher.limits import Limits
from publisher.progress import Progress
from publisher.release import Release
from server.engine.backends.oxigraph import Oxigraph
from server.engine.client import Engine
from server.engine.packets import Request
from server.http.problems import Problem
from server.presentation import Presentation
from server.query import reading
from server.renderings import Renderings
from server.service import Service
from server.timeline import Version

#: Bytes of bodies that a process keeps of a version that was asked for.
_ROOM: Final = 8 * 1024 * 1024


def service(current: Service, version: Version) -> Service:
    """Return the service that shows a version beside the current one.

    Raises DamagedRelease if what is shown differs from its checksums, SyntaxError and OSError if
    there is no store and none can be made.
    """
    release = version.release
    assert release is not None
    if version is current.timeline.current:
        return dataclasses.replace(current, renderings=Renderings(_ROOM), pinned=True)
    release.compare(release.is_source)
    return dataclasses.replace(
        current,
        release=release,
        engine=NoQueries(version.name),
        lookups=Reader(release),
        presentation=Presentation.of(release),
        renderings=Renderings(_ROOM),
        pinned=True,
    )


class Reader:
    """Answers look-ups from the store of one release. Threads may share it."""

    def __init__(self, release: Release) -> None:
        """Open the store, which is made if it is missing. Raises OSError and SyntaxError."""
        place = store.ensure(release, Progress(quiet=True))
        union = release.default_graph == "union"
        self._evaluator = Oxigraph(Store.read_only(str(place)), union=union)
        self._base = release.publication.base

    def query(self, text: str, *, accept_form: str) -> AbstractContextManager[list[bytes]]:
        """Evaluate a query and return its whole answer."""
        query = reading.read(text)
        written = io.BytesIO()
        request = Request(query.text, query.kind, accept_form, 0.0, base=self._base)
        self._evaluator.evaluate(request, written)
        return nullcontext([written.getvalue()])


class NoQueries(Engine):
    """Stands where the engine for the queries of clients is, of which an earlier release has none.

    What is small comes from the Reader, whole graphs from the dumps; the rest is refused.
    """

    def __init__(self, version: str) -> None:
        """Refuse for a version."""
        super().__init__("", Limits())
        self._version = version

    def query(self, *_: Any, **__: Any) -> NoReturn:
        """Raise Problem 403."""
        raise Problem(
            403,
            "only-in-dumps",
            "Only in the dumps",
            f"So much of version {self._version} is not written out any more, for it is not the "
            f"current one. Its dumps have everything: /dumps/{self._version}/.",
        )
