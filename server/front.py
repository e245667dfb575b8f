"""The ASGI application: queries on the event loop, all else in the WSGI application's threads.

A query on its way needs no thread, so a thousand clients that wait, read slowly or have gone cost
little, and the path of a small one is short. Whatever is not the plain answer to a plain query
(pages, errors, validators that match) is left to the WSGI application.
"""

from __future__ import annotations

import asyncio
import functools
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from flask import Request
from werkzeug.http import http_date

from publisher.limits import BODY_KB, BODY_SECONDS, Limits
from publisher.release import Release
from server import caching, protocol, refusals
from server.admission import ADMITTED, Admission
from server.app import HEADERS, create_app
from server.bridge import (
    BodyTooLarge,
    Bridge,
    ClientLeft,
    Receive,
    Scope,
    Send,
    discard_body,
    environment,
    read_body,
)
from server.engine.async_client import AsyncAnswer, AsyncEngine
from server.engine.errors import ClientGone, EngineBusy, EngineError
from server.logs import BrokenOff
from server.problems import GIVEN, Problem
from server.protocol import Message, Operation
from server.service import service_of

_log = logging.getLogger(__name__)

#: Requests of this many bytes are read in a thread: the event loop has others to serve.
_LONG: Final = 32 * 1024
#: How much of a body that is refused is read all the same, in bytes.
_LARGEST_DISCARDED: Final = 16 * 1024 * 1024
#: HTTP/1.0 cannot tell a cut answer from a whole one, so its answers are collected first.
_LARGEST_COLLECTED: Final = 32 * 1024 * 1024
_HTTP_1_0: Final = ("1.0", "1")
#: In later versions the framing itself ends a body.
_HTTP_1: Final = (*_HTTP_1_0, "1.1")
_THREADS: Final = 8
#: How many of them queries may hold whose answers are shown as pages: all else needs some too.
_SHOWN: Final = 4


class Front:
    """Serves one release over ASGI."""

    def __init__(
        self,
        release: Release,
        engine: Path | str,
        *,
        width: int = 1,
        admission: Admission | None = None,
    ) -> None:
        """Serve `release` with the engine whose socket is `engine`.

        `width` is how many short queries this process runs at once; all web processes together
        should have about as many as there are processors. `admission` counts what clients ask,
        by itself unless it was made to share its counts.
        """
        self._admission = admission or Admission(release.limits)
        app = create_app(release, engine, self._admission)
        self._release = release
        self._service = service_of(app)
        self._socket = engine
        self._width = width
        self._bridge = Bridge(app.wsgi_app, _THREADS)
        self._shown = asyncio.Semaphore(_SHOWN)
        self._engine: AsyncEngine | None = None
        fixed = {**HEADERS, "Vary": "Accept"}
        self._plain = _encoded({**fixed, "Cache-Control": "no-store"})
        dates = {"Last-Modified": http_date(release.released), "Cache-Control": caching.REVALIDATE}
        self._cacheable = _encoded({**fixed, **dates})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI 3)."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            try:
                if scope["path"] == "/sparql" and scope["method"] in protocol.METHODS:
                    await self._query(scope, receive, send)
                else:
                    body = await self._body(scope, receive, BODY_KB * 1024)
                    await self._bridge.answer(scope, receive, send, body)
            except (ClientLeft, ClientGone):
                return
            except TimeoutError:
                await self._refuse(scope, receive, send, refusals.body_too_slow())
            except BodyTooLarge:
                await discard_body(receive, _LARGEST_DISCARDED)
                await self._refuse(scope, receive, send, refusals.body_too_large())

    async def _query(self, scope: Scope, receive: Receive, send: Send) -> None:
        fields = _Fields.of(scope, self._admission.proxies.header.encode())
        limits = self._release.limits
        try:
            client = await self._count(scope, receive, fields)
            body = await self._query_body(scope, receive, fields)
            message = Message(
                scope["method"], scope["query_string"], fields.content_type, fields.accept, body
            )
            parameters = protocol.parameters_of(message)
            if protocol.is_bare(message, parameters):
                await self._bridge.answer(scope, receive, send, body)
                return
            if protocol.is_read_by_people(message, parameters):
                await self._answer_with_page(scope, receive, send, body, client)
                return
            read = functools.partial(protocol.read_operation, message, parameters, limits)
            operation = (
                read()
                if len(message.query_string) + len(body) < _LONG
                else (await self._bridge.run(read))
            )
            if fields.conditional and not self._must_evaluate(scope, operation):
                await self._bridge.answer(scope, receive, send, body, {ADMITTED: True})
                return
            place = await self._admission.enter(client)
            try:
                answer = await self._evaluate(operation, receive, scope["http_version"])
                await self._respond(scope, send, operation, answer)
            finally:
                self._admission.leave(client, place)
        except Problem as problem:
            await self._refuse(scope, receive, send, problem)

    async def _count(self, scope: Scope, receive: Receive, fields: _Fields) -> int:
        """Count a request and return its client's key. Raises Problem 429."""
        peer = scope.get("client")
        client = self._admission.client(peer[0] if peer else "", fields.forwarded)
        reads = scope["method"] in ("GET", "HEAD")
        if reads and not scope["query_string"]:
            return client
        try:
            self._admission.count(client)
        except Problem:
            if not reads:
                await discard_body(receive, _LARGEST_DISCARDED)
            raise
        return client

    async def _answer_with_page(
        self, scope: Scope, receive: Receive, send: Send, body: bytes, client: int
    ) -> None:
        place = await self._admission.enter(client)
        try:
            await self._take_place()
        except BaseException:
            self._admission.leave(client, place)
            raise

        def evaluated() -> None:
            self._shown.release()
            self._admission.leave(client, place)

        await self._bridge.answer(scope, receive, send, body, {ADMITTED: True}, begun=evaluated)

    async def _take_place(self) -> None:
        """Wait for a place among the queries that hold a thread. Raises Problem 503."""
        limits = self._release.limits
        try:
            async with asyncio.timeout(limits.queue_seconds):
                await self._shown.acquire()
        except TimeoutError:
            raise refusals.by_engine(EngineBusy(limits.queue_seconds), limits) from None

    async def _query_body(self, scope: Scope, receive: Receive, fields: _Fields) -> bytes:
        """Return the body of a request for a query. Raises Problem 400, 403, 411, 413 or 415."""
        limits = self._release.limits
        if scope["method"] in ("GET", "HEAD"):
            return b""
        try:
            largest = protocol.body_limit(
                scope["method"],
                fields.content_type,
                fields.content_encoding,
                fields.content_length,
                limits,
            )
            if not fields.framed and scope["http_version"] in _HTTP_1:
                raise refusals.no_length()
            return await self._body(scope, receive, largest)
        except BodyTooLarge:
            await discard_body(receive, _LARGEST_DISCARDED)
            raise refusals.query_too_long(limits) from None
        except Problem:
            # Many clients read no answer before they have sent all.
            await discard_body(receive, _LARGEST_DISCARDED)
            raise

    async def _evaluate(self, operation: Operation, receive: Receive, version: str) -> AsyncAnswer:
        """Put an operation to the engine. Raises a Problem for what it fails with."""
        if self._engine is None:
            base = self._release.publication.base
            limits = self._release.limits
            self._engine = AsyncEngine(
                self._socket, limits, width=self._width, lanes=lanes(limits), base=base
            )
        try:
            answer = await self._engine.query(
                operation.query,
                accept_form=operation.oxigraph_form,
                default_graphs=operation.default_graphs,
                named_graphs=operation.named_graphs,
                gone=lambda: _disconnect(receive),
            )
            if answer.whole is None and version in _HTTP_1_0:
                answer.whole = await _collect(answer)
            return answer
        except ClientGone:
            raise
        except EngineError as error:
            raise refusals.by_engine(error, self._release.limits) from error

    async def _respond(
        self, scope: Scope, send: Send, operation: Operation, answer: AsyncAnswer
    ) -> None:
        headers = [(b"content-type", operation.content_type.encode())]
        if scope["method"] == "QUERY":
            headers += _encoded(operation.addresses(f"{scope.get('root_path', '')}/sparql"))
        if scope["method"] in protocol.CACHEABLE and not operation.query.volatile:
            etag = caching.entity_tag(operation.fingerprint(), self._service)
            headers += [(b"etag", f'"{etag}"'.encode()), *self._cacheable]
        else:
            headers += self._plain
        if answer.whole is not None:
            headers.append((b"content-length", str(len(answer.whole)).encode()))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            if scope["method"] == "HEAD":
                await send({"type": "http.response.body", "body": b""})
            elif answer.whole is not None:
                await send({"type": "http.response.body", "body": answer.whole})
            else:
                async for data in answer:
                    await send({"type": "http.response.body", "body": data, "more_body": True})
                await send({"type": "http.response.body", "body": b""})
        except ClientGone:
            raise
        except EngineError as error:
            _log.warning("an answer was broken off: %s", error)
            raise BrokenOff from None
        finally:
            answer.close()

    def _must_evaluate(self, scope: Scope, operation: Operation) -> bool:
        """Whether the request's preconditions (RFC 9110, 13) let the query be evaluated."""
        if operation.query.volatile or scope["method"] not in protocol.CACHEABLE:
            return True
        etag = caching.entity_tag(operation.fingerprint(), self._service)
        request = Request(environment(scope, b""))
        return caching.evaluate(request, etag, self._release.released) == "go on"

    async def _refuse(self, scope: Scope, receive: Receive, send: Send, problem: Problem) -> None:
        await self._bridge.answer(scope, receive, send, b"", {GIVEN: problem})

    async def _body(self, scope: Scope, receive: Receive, largest: int) -> bytes:
        if scope["method"] in ("GET", "HEAD", "OPTIONS"):
            return b""
        async with asyncio.timeout(BODY_SECONDS):
            return await read_body(receive, largest)

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            event = await receive()
            if event["type"] == "lifespan.startup":
                await send({"type": "lifespan.startup.complete"})
            elif event["type"] == "lifespan.shutdown":
                if self._engine is not None:
                    self._engine.close()
                await send({"type": "lifespan.shutdown.complete"})
                return


@dataclass
class _Fields:
    """The header fields that matter to a query."""

    accept: str | None = None
    content_type: str = ""
    content_encoding: str = ""
    content_length: int | None = None
    framed: bool = False
    conditional: bool = False
    forwarded: tuple[str, ...] = ()

    @classmethod
    def of(cls, scope: Scope, forwarded: bytes) -> _Fields:
        """Read them; `forwarded` is the name of the field in which proxies name clients."""
        fields = cls()
        for name, value in scope["headers"]:
            if name == b"accept":
                text = value.decode("latin-1")
                fields.accept = text if fields.accept is None else f"{fields.accept},{text}"
            elif name == b"content-type":
                fields.content_type = value.decode("latin-1")
            elif name == b"content-encoding":
                fields.content_encoding = value.decode("latin-1")
            elif name == b"content-length" and value.isdigit():
                fields.content_length = int(value)
                fields.framed = True
            elif name == b"transfer-encoding":
                fields.framed = True
            elif name == forwarded:
                fields.forwarded += (value.decode("latin-1"),)
            elif name.startswith(b"if-"):
                fields.conditional = True
        return fields


def lanes(limits: Limits) -> int:
    """Return how many answers one process may have under way.

    More than queries may run at once: an answer that waits for its reader runs no query.
    """
    return 2 * limits.concurrent_queries + 8


async def _collect(answer: AsyncAnswer) -> bytes:
    parts: list[bytes] = []
    size = 0
    try:
        async for data in answer:
            parts.append(data)
            size += len(data)
            if size > _LARGEST_COLLECTED:
                raise Problem(
                    505,
                    "http-version",
                    "Answer too large for HTTP/1.0",
                    "An answer of this size is sent in pieces, which takes HTTP/1.1.",
                )
    finally:
        answer.close()
    return b"".join(parts)


async def _disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _encoded(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]
