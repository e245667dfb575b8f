"""The ASGI application: queries on the event loop, all else in the WSGI application's threads.

A query on its way needs no thread, so a thousand clients that wait, read slowly or have gone cost
little, and the path of a small one is short.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Final

from publisher.limits import BODY_KB, HEADER_KB
from publisher.release import Release
from server.app import create_app
from server.engine.errors import ClientGone
from server.http import bodies, sending
from server.http.bodies import BodyTooLarge, ClientLeft
from server.http.bridge import Bridge, Receive, Scope, Send
from server.http.problems import GIVEN, Problem
from server.limits.admission import Admission
from server.routes import home
from server.service import service_of
from server.sparql import protocol, refusals
from server.sparql.endpoint import Endpoint

_THREADS: Final = 8


class Front:
    """Serves one release over ASGI."""

    def __init__(
        self,
        release: Release,
        engine: Path | str,
        *,
        processes: int = 1,
        admission: Admission | None = None,
        archive: Path | None = None,
    ) -> None:
        """Serve `release` with the engine whose socket is `engine`.

        `processes` is how many web processes there are: what all of them may use together is
        shared out evenly. `admission` counts what clients ask, by itself unless it was made to
        share its counts. `archive` has earlier releases.
        """
        app = create_app(release, engine, admission, archive)
        self.app = app
        # Short queries at once, in all processes: about as many as there are processors.
        width = max(1, (os.cpu_count() or 1) // processes)
        self._listens = False
        self._bridge = Bridge(app.wsgi_app, _THREADS)
        room = release.limits.cache_mb * 1024 * 1024 // processes
        self._endpoint = Endpoint(service_of(app), engine, self._bridge, width=width, room=room)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI 3)."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            if not self._listens:
                self._listens = True
                sending.keep_little_unsent()
            try:
                await self._answer(scope, receive, send)
            except ClientGone:
                return
            except Problem as problem:
                await self._bridge.answer(scope, receive, send, b"", {GIVEN: problem})

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request. Raises a Problem if nothing of an answer has been sent."""
        # The HTTP server measures what has come at a time, so that a larger header may pass it.
        if sum(len(name) + len(value) for name, value in scope["headers"]) > HEADER_KB * 1024:
            raise refusals.header_too_large()
        try:
            if scope["path"] == "/sparql" and scope["method"] in protocol.METHODS:
                await self._endpoint.answer(scope, receive, send)
            elif scope["path"].startswith("/queries/") and scope["method"] in ("GET", "HEAD"):
                await self._endpoint.answer_saved(scope, receive, send)
            else:
                body = await bodies.read(scope, receive, BODY_KB * 1024)
                await self._bridge.answer(scope, receive, send, body)
        except ClientLeft:
            # A body whose framing is broken looks the same; its client waits for an answer.
            raise refusals.body_broken() from None
        except TimeoutError:
            raise refusals.body_too_slow() from None
        except BodyTooLarge:
            await bodies.discard(receive)
            raise refusals.body_too_large() from None

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            event = await receive()
            if event["type"] == "lifespan.startup":
                await send({"type": "lifespan.startup.complete"})
                await asyncio.to_thread(home.prepare, self.app)
            elif event["type"] == "lifespan.shutdown":
                self._endpoint.close()
                await send({"type": "lifespan.shutdown.complete"})
                return
