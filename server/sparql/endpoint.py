"""`/sparql` on the event loop: the plain answer to a plain query, without a thread.

What is no such thing is left to the WSGI application: pages for people, the endpoint's own
description, errors.
"""

from __future__ import annotations

import asyncio
import functools
import logging
from collections.abc import Awaitable, Sequence
from pathlib import Path
from typing import Final

from flask import Request

from server.engine.async_client import AsyncAnswer
from server.engine.cancellation import CANCELLATION, Cancellation
from server.engine.errors import ClientGone, EngineBusy, EngineError
from server.http import bodies, caching, coding
from server.http.bridge import Bridge, Receive, Scope, Send, environment
from server.http.problems import Problem
from server.limits.admission import ADMITTED
from server.logs import BrokenOff
from server.service import Service
from server.sparql import protocol, refusals
from server.sparql.answer_cache import AnswerCache, Draft, Kept
from server.sparql.evaluation import Evaluation, hang_up
from server.sparql.fields import Fields
from server.sparql.heads import Head, Heads, Source
from server.sparql.protocol import Message, Operation, Parameters

_log = logging.getLogger(__name__)

#: Requests of this many bytes are read in a thread: the event loop has others to serve.
_LONG: Final = 32 * 1024
#: Whole answers of more bytes than these are compressed in a thread.
_LONG_BODY: Final = 128 * 1024
#: HTTP/1.0 cannot tell a cut answer from a whole one, so its answers are collected first.
_HTTP_1_0: Final = ("1.0", "1")
#: In later versions the framing itself ends a body.
_HTTP_1: Final = (*_HTTP_1_0, "1.1")
#: How many threads queries may hold whose answers are shown as pages: all else needs some too.
_SHOWN: Final = 4


class Endpoint:
    """Answers queries on one release."""

    def __init__(
        self, service: Service, engine: Path | str, bridge: Bridge, *, width: int, room: int
    ) -> None:
        """Answer with the engine whose socket is `engine`.

        `bridge` leads to the WSGI application of `service`; `width` is how many short queries run
        at once; in `room` bytes answers are kept.
        """
        self._release = service.release
        self._limits = service.release.limits
        self._admission = service.admission
        self._forwarded = service.admission.proxies.header.encode()
        self._bridge = bridge
        self._heads = Heads(service)
        self._shown = asyncio.Semaphore(_SHOWN)
        self._cache = AnswerCache(room)
        self._evaluation = Evaluation(service.release, engine, width)

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
        codings = coding.accepted(fields.accept_encoding)
        kept = self._cache.get(message.key(), codings)
        if kept is not None:
            if not (fields.conditional and await self._is_current(scope, send, kept.head, codings)):
                await self._send_kept(scope, send, message, codings, Source.KEPT, kept)
            return
        parameters = protocol.parameters_of(message)
        if protocol.is_bare(message, parameters):
            await self._bridge.answer(scope, receive, send, body)
            return
        if protocol.is_read_by_people(message, parameters):
            await self._answer_with_page(scope, receive, send, body, client)
            return
        operation = await self._operation(message, parameters)
        head = self._heads.of(scope, operation)
        if fields.conditional and await self._is_current(scope, send, head, codings):
            return
        place = await self._admission.enter(client)
        try:
            await self._answer_query(scope, receive, send, message, operation, head, codings)
        finally:
            self._admission.leave(client, place)

    async def answer_saved(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request that a saved query may have to be evaluated for, in a thread."""
        peer = scope.get("client")
        forwarded = Fields.of(scope, self._forwarded).forwarded
        client = self._admission.client(peer[0] if peer else "", forwarded)
        await self._answer_with_page(scope, receive, send, b"", client)

    def close(self) -> None:
        """Leave the engine."""
        self._evaluation.close()

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

    async def _answer_query(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        message: Message,
        operation: Operation,
        head: Head,
        codings: Sequence[str],
    ) -> None:
        key = message.key()
        kept = self._cache.get(key, codings)
        if kept is not None:
            # It came while this one waited for its place.
            await self._send_kept(scope, send, message, codings, Source.SHARED, kept)
            return
        whole = scope["http_version"] in _HTTP_1_0
        answer, source = await self._evaluation.answer(key, operation, receive, whole=whole)
        lasts = source is Source.EVALUATED
        if isinstance(answer, bytes):
            kept = await self._coded(Kept(head, answer), codings)
            if lasts:
                self._cache.put(key, kept, len(message))
            await _send_whole(scope, send, source, kept)
            return
        largest = self._cache.largest if lasts else 0
        # Brotli's bytes depend on where a stream is cut.
        head = head.coded(coding.GZIP if coding.GZIP in codings else None)
        body = await _send_pieces(scope, send, head, source, answer, largest)
        if lasts and body is not None:
            self._cache.put(key, Kept(head, body), len(message))

    async def _send_kept(
        self,
        scope: Scope,
        send: Send,
        message: Message,
        codings: Sequence[str],
        source: Source,
        kept: Kept,
    ) -> None:
        coded = await self._coded(kept, codings)
        if coded is not kept:
            self._cache.put(message.key(), coded, len(message))
        await _send_whole(scope, send, source, coded)

    async def _coded(self, kept: Kept, codings: Sequence[str]) -> Kept:
        """Return an answer in the coding that its client likes best, as it is if it is small."""
        if kept.head.coding is not None or not codings or len(kept.body) < coding.SMALLEST:
            return kept
        encode = functools.partial(coding.quickly, codings[0], kept.body)
        body = encode() if len(kept.body) <= _LONG_BODY else await self._bridge.run(encode)
        return Kept(kept.head.coded(codings[0]), body)

    async def _operation(self, message: Message, parameters: Parameters) -> Operation:
        read = functools.partial(
            protocol.read_operation, message, parameters, self._limits, self._release.services
        )
        return read() if len(message) < _LONG else await self._bridge.run(read)

    async def _is_current(
        self, scope: Scope, send: Send, head: Head, codings: Sequence[str]
    ) -> bool:
        """Answer 304 if the client has what it asks for (RFC 9110, 13). Raises Problem 412."""
        if head.etag is None:
            return False
        request = Request(environment(scope, b""))
        tags = coding.tags(head.etag, codings)
        current = caching.current_tag(request, tags, self._release.released)
        if current is None:
            return False
        await send(self._heads.not_modified(current))
        await send({"type": "http.response.body", "body": b""})
        return True

    async def _answer_with_page(
        self, scope: Scope, receive: Receive, send: Send, body: bytes, client: int
    ) -> None:
        place = await self._admission.enter(client)
        try:
            await self._take_place()
        except BaseException:
            self._admission.leave(client, place)
            raise

        cancellation = Cancellation()
        left = asyncio.ensure_future(hang_up(receive))

        def end(left: asyncio.Future[None]) -> None:
            if not left.cancelled():
                cancellation.cancel()

        def evaluated() -> None:
            left.cancel()
            self._shown.release()
            self._admission.leave(client, place)

        left.add_done_callback(end)
        extra = {ADMITTED: True, CANCELLATION: cancellation}
        await self._bridge.answer(scope, receive, send, body, extra, begun=evaluated)

    async def _take_place(self) -> None:
        """Wait for a place among the queries that hold a thread. Raises Problem 503."""
        try:
            async with asyncio.timeout(self._limits.queue_seconds):
                await self._shown.acquire()
        except TimeoutError:
            busy = EngineBusy(self._limits.queue_seconds)
            raise refusals.by_engine(busy, self._limits) from None


async def _send_whole(scope: Scope, send: Send, source: Source, kept: Kept) -> None:
    await send(kept.head.start(source, len(kept.body)))
    body = b"" if scope["method"] == "HEAD" else kept.body
    await send({"type": "http.response.body", "body": body})


async def _send_pieces(
    scope: Scope, send: Send, head: Head, source: Source, answer: AsyncAnswer, largest: int
) -> bytes | None:
    """Send an answer while it comes; return all bytes sent unless they are more than `largest`.

    Raises BrokenOff if it breaks off, so that the server aborts the transfer.
    """
    draft = Draft(largest)
    packer = None if head.coding is None else coding.GzipStream()

    def take(data: bytes) -> Awaitable[None]:
        if packer is not None:
            data = packer.add(data)
            if not data:
                # Others have their turn all the same.
                return asyncio.sleep(0)
        draft.add(data)
        return send({"type": "http.response.body", "body": data, "more_body": True})

    try:
        await send(head.start(source, None))
        if scope["method"] == "HEAD":
            await send({"type": "http.response.body", "body": b""})
            return None
        await answer.deliver(take)
        rest = b"" if packer is None else packer.end()
        draft.add(rest)
        await send({"type": "http.response.body", "body": rest})
        return draft.whole()
    except ClientGone:
        raise
    except EngineError as error:
        _log.warning("an answer was broken off: %s", error)
        raise BrokenOff from None
    finally:
        answer.close()
