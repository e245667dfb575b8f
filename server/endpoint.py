"""`/sparql` on the event loop: the plain answer to a plain query, without a thread.

What is no such thing is left to the WSGI application: pages for people, the endpoint's own
description, errors.
"""

from __future__ import annotations

import asyncio
import functools
import logging
from pathlib import Path
from typing import Final

from flask import Request

from server import bodies, caching, protocol, refusals
from server.admission import ADMITTED
from server.bridge import Bridge, Receive, Scope, Send, environment
from server.engine import async_client
from server.engine.async_client import AsyncAnswer, AsyncEngine
from server.engine.errors import ClientGone, EngineBusy, EngineError
from server.fields import Fields
from server.heads import Head, Heads
from server.logs import BrokenOff
from server.problems import Problem
from server.protocol import Message, Operation
from server.service import Service

_log = logging.getLogger(__name__)

#: Requests of this many bytes are read in a thread: the event loop has others to serve.
_LONG: Final = 32 * 1024
#: HTTP/1.0 cannot tell a cut answer from a whole one, so its answers are collected first.
_LARGEST_COLLECTED: Final = 32 * 1024 * 1024
_HTTP_1_0: Final = ("1.0", "1")
#: In later versions the framing itself ends a body.
_HTTP_1: Final = (*_HTTP_1_0, "1.1")
#: How many threads queries may hold whose answers are shown as pages: all else needs some too.
_SHOWN: Final = 4


class Endpoint:
    """Answers queries on one release."""

    def __init__(
        self, service: Service, engine: Path | str, bridge: Bridge, *, width: int = 1
    ) -> None:
        """Answer with the engine whose socket is `engine`.

        `bridge` leads to the WSGI application of `service`; `width` is how many short queries run
        at once.
        """
        self._release = service.release
        self._limits = service.release.limits
        self._admission = service.admission
        self._forwarded = service.admission.proxies.header.encode()
        self._bridge = bridge
        self._heads = Heads(service)
        self._shown = asyncio.Semaphore(_SHOWN)
        self._socket = engine
        self._width = width
        self._engine: AsyncEngine | None = None

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request.

        Raises a Problem if nothing of the answer has been sent, BrokenOff if something has, and
        ClientGone, ClientLeft or TimeoutError.
        """
        fields = Fields.of(scope, self._forwarded)
        client = await self._count(scope, receive, fields)
        body = await self._body(scope, receive, fields)
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
        read = functools.partial(
            protocol.read_operation, message, parameters, self._limits, self._release.services
        )
        operation = (
            read()
            if len(message.query_string) + len(body) < _LONG
            else (await self._bridge.run(read))
        )
        head = self._heads.of(scope, operation)
        if fields.conditional and head.etag and self._has(scope, head.etag):
            await send(self._heads.not_modified(head.etag))
            await send({"type": "http.response.body", "body": b""})
            return
        place = await self._admission.enter(client)
        try:
            answer = await self._evaluate(operation, receive, scope["http_version"])
            await _respond(scope, send, head, answer)
        finally:
            self._admission.leave(client, place)

    def close(self) -> None:
        """Leave the engine."""
        if self._engine is not None:
            self._engine.close()

    async def _count(self, scope: Scope, receive: Receive, fields: Fields) -> int:
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
                await bodies.discard(receive)
            raise
        return client

    async def _body(self, scope: Scope, receive: Receive, fields: Fields) -> bytes:
        """Return the body of a request for a query. Raises Problem 400, 403, 411, 413 or 415."""
        if scope["method"] in ("GET", "HEAD"):
            return b""
        try:
            largest = protocol.body_limit(
                scope["method"],
                fields.content_type,
                fields.content_encoding,
                fields.content_length,
                self._limits,
            )
            if not fields.framed and scope["http_version"] in _HTTP_1:
                raise refusals.no_length()
            return await bodies.read(scope, receive, largest)
        except bodies.BodyTooLarge:
            await bodies.discard(receive)
            raise refusals.query_too_long(self._limits) from None
        except Problem:
            await bodies.discard(receive)
            raise

    def _has(self, scope: Scope, etag: str) -> bool:
        """Whether the client has the answer already (RFC 9110, 13). Raises Problem 412."""
        request = Request(environment(scope, b""))
        outcome = caching.evaluate(request, etag, self._release.released)
        if outcome == "failed":
            raise caching.precondition_failed()
        return outcome == "not modified"

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
        try:
            async with asyncio.timeout(self._limits.queue_seconds):
                await self._shown.acquire()
        except TimeoutError:
            busy = EngineBusy(self._limits.queue_seconds)
            raise refusals.by_engine(busy, self._limits) from None

    async def _evaluate(self, operation: Operation, receive: Receive, version: str) -> AsyncAnswer:
        """Put an operation to the engine. Raises a Problem for what it fails with."""
        if self._engine is None:
            self._engine = AsyncEngine(
                self._socket,
                self._limits,
                width=self._width,
                lanes=async_client.places(self._limits),
                base=self._release.publication.base,
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
            raise refusals.by_engine(error, self._limits) from error


async def _respond(scope: Scope, send: Send, head: Head, answer: AsyncAnswer) -> None:
    """Send an answer. Raises BrokenOff if it breaks off, so that the server aborts the transfer."""
    try:
        await send(head.start(None if answer.whole is None else len(answer.whole)))
        if scope["method"] == "HEAD":
            await send({"type": "http.response.body", "body": b""})
        elif answer.whole is not None:
            await send({"type": "http.response.body", "body": answer.whole})
        else:
            await answer.deliver(
                lambda data: send({"type": "http.response.body", "body": data, "more_body": True})
            )
            await send({"type": "http.response.body", "body": b""})
    except ClientGone:
        raise
    except EngineError as error:
        _log.warning("an answer was broken off: %s", error)
        raise BrokenOff from None
    finally:
        answer.close()


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
