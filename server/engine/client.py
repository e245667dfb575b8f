"""The web side of the engine: a pool of connections to query workers, and answers that stream."""

from __future__ import annotations

import contextlib
import select
import socket
import struct
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from publisher.limits import Limits
from server import query as queries
from server.engine import errors, packets
from server.engine.packets import Request

#: A worker answers, dies or is killed in time; if the host itself stands still, this ends the wait.
_GRACE_SECONDS: Final = 15.0
#: How often a query that no worker had started on is asked again.
_ATTEMPTS: Final = 3


class Engine:
    """Queries the engine that listens at a socket. Threads may share it; processes may not.

    `lanes` bounds the queries this object runs at once.
    """

    def __init__(
        self,
        path: Path | str,
        limits: Limits | None = None,
        *,
        lanes: int | None = None,
        base: str | None = None,
    ) -> None:
        self._path = str(path)
        self.limits = limits or Limits()
        self._base = base
        self._permits = threading.BoundedSemaphore(lanes or self.limits.concurrent_queries)
        self._idle: list[socket.socket] = []
        limit = self.limits
        self._longest_wait = limit.deadline_seconds + limit.queue_seconds * 2 + _GRACE_SECONDS

    def query(
        self,
        text: str | queries.Query,
        *,
        accept_form: str,
        default_graphs: Sequence[str] | None = None,
        named_graphs: Sequence[str] | None = None,
        deadline: float | None = None,
        client: int | None = None,
    ) -> Answer:
        """Evaluate a query and return its answer once the first bytes of it are there.

        `accept_form` is the media type to write; `default_graphs` and `named_graphs` are the
        protocol's dataset (SPARQL 1.1 Protocol, 2.1.4); `deadline` is in seconds and
        can only shorten the configured one; `client` is the file descriptor of a connection whose
        end cancels the query.

        Raises the errors of `server.engine.errors`, and `server.query.BadQuery` for text that is
        refused by its tokens.
        """
        query = queries.read(text) if isinstance(text, str) else text
        seconds = min(deadline or self.limits.deadline_seconds, self.limits.deadline_seconds)
        request = packets.encode_request(
            Request(
                text=query.text,
                kind=query.kind,
                form=accept_form,
                deadline=seconds,
                own_dataset=query.own_dataset,
                default_graphs=None if default_graphs is None else tuple(default_graphs),
                named_graphs=None if named_graphs is None else tuple(named_graphs),
                base=self._base,
            )
        )
        if not self._permits.acquire(timeout=self.limits.queue_seconds):
            raise errors.EngineBusy(self.limits.queue_seconds)
        try:
            lane, first = self._ask(request, seconds, client)
        except BaseException:
            self._permits.release()
            raise
        return Answer(self, lane, first, query.kind, accept_form, seconds)

    def ping(self) -> None:
        """Return if the engine answers queries. Raises the engine's errors."""
        self.query("ASK {}", accept_form="text/csv", deadline=5.0).close()

    def close(self) -> None:
        """Leave all idle connections."""
        while self._idle:
            self._idle.pop().close()

    def _ask(
        self, request: list[bytes], seconds: float, client: int | None
    ) -> tuple[socket.socket, bytes]:
        """Send a request until a worker takes it up; return the connection and the first packet."""
        for attempt in range(_ATTEMPTS):
            lane = self._idle_lane() or self._connect()
            try:
                for packet in request:
                    lane.send(packet)
            except OSError:
                # The worker is gone; if it left an obituary, that is what `receive` finds.
                pass
            try:
                if client is not None:
                    _wait_for(lane, client, self._longest_wait)
                return lane, self.receive(lane, seconds)
            except _NotStarted:
                lane.close()
            except errors.EngineGone:
                lane.close()
                if attempt:
                    raise
            except errors.EngineError as error:
                if error.lane_survives:
                    self.put_back(lane)
                else:
                    lane.close()
                raise
            except BaseException:
                lane.close()
                raise
        raise errors.EngineBusy(self.limits.queue_seconds)

    def receive(self, lane: socket.socket, seconds: float) -> bytes:
        """Return the next packet of an answer, DATA or LAST.

        Raises the error that a FAILURE, an OBITUARY or the end of the connection stands for.
        """
        packet = b""
        for _ in range(2):
            try:
                packet = lane.recv(packets.LARGEST)
                break
            except ConnectionError:
                # Reported once; what was sent before it can still be read.
                continue
            except OSError:
                break
        if not packet:
            raise errors.EngineGone("the query engine does not answer")
        if packet[0] in (packets.DATA, packets.LAST):
            return packet
        if packet[0] == packets.OBITUARY:
            raise self._died(packets.decode_obituary(packet), seconds)
        raise _failed(packet)

    def put_back(self, lane: socket.socket) -> None:
        """Keep a connection whose worker waits for the next query."""
        self._idle.append(lane)

    def release(self) -> None:
        """Let the next query begin."""
        self._permits.release()

    def _idle_lane(self) -> socket.socket | None:
        while True:
            try:
                lane = self._idle.pop()
            except IndexError:
                return None
            # An idle worker says nothing: whatever can be read is its obituary or the end.
            try:
                lane.recv(1, socket.MSG_DONTWAIT | socket.MSG_PEEK)
            except BlockingIOError:
                return lane
            except OSError:
                pass
            lane.close()

    def _connect(self) -> socket.socket:
        lane = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        # Kernel time-outs: a Python one would cost a poll() before each recv().
        timeout = struct.pack("ll", int(self._longest_wait), 0)
        lane.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, timeout)
        lane.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, timeout)
        try:
            lane.connect(self._path)
        except OSError as error:
            lane.close()
            raise errors.EngineGone(f"the query engine is not there: {error}") from error
        return lane

    def _died(self, obituary: packets.Obituary, seconds: float) -> errors.EngineError:
        if not obituary.started or obituary.reason == "retired":
            return _NotStarted()
        if obituary.reason == "timeout":
            return errors.QueryTimeout(seconds)
        if obituary.reason == "memory":
            return errors.MemoryExceeded(self.limits.query_memory_mb)
        if obituary.reason == "slow reader":
            return errors.ReaderTooSlow("the answer was not read")
        return errors.WorkerCrashed(obituary.signal)


class Answer:
    """An answer on its way: iterate over it once for its bytes, and close it in any case.

    `kind` is "select", "ask" or "graph"; `whole` holds all bytes if they came at once.
    """

    def __init__(
        self,
        engine: Engine,
        lane: socket.socket,
        first: bytes,
        kind: str,
        media_type: str,
        seconds: float,
    ) -> None:
        self.kind = kind
        self.media_type = media_type
        self.whole: bytes | None = None
        self._engine = engine
        self._lane: socket.socket | None = lane
        self._first = first
        self._seconds = seconds
        if first[0] == packets.LAST:
            self.whole = first[2:]
            self._done(first[1])

    def __iter__(self) -> Iterator[bytes]:
        """Yield the bytes. Raises the engine's errors when the answer breaks off."""
        if self.whole is not None:
            yield self.whole
            return
        packet = self._first
        while self._lane is not None:
            yield packet[2:]
            if packet[0] == packets.LAST:
                self._done(packet[1])
                return
            try:
                packet = self._engine.receive(self._lane, self._seconds)
            except _NotStarted:
                self.close()
                raise errors.WorkerCrashed(None) from None
            except BaseException:
                self.close()
                raise

    def close(self) -> None:
        """Give up what has not been read; its worker is ended."""
        self._done(packets.LEAVING)

    def _done(self, flags: int) -> None:
        lane, self._lane = self._lane, None
        if lane is None:
            return
        if flags & packets.LEAVING:
            lane.close()
        else:
            self._engine.put_back(lane)
        self._engine.release()

    def __enter__(self) -> Answer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        with contextlib.suppress(Exception):
            self.close()


class _NotStarted(errors.EngineError):
    """The worker died or was retired before it began; the query can go to another."""


def _failed(packet: bytes) -> errors.EngineError:
    name, details = packets.decode_failure(packet)
    error: errors.EngineError
    if name == "syntax":
        error = errors.QuerySyntaxError(details["message"], details["line"], details["column"])
    elif name == "result":
        error = errors.ResultTooLarge(details["mb"])
    elif name == "memory":
        error = errors.MemoryExceeded(details["mb"])
    elif name == "busy":
        error = errors.EngineBusy(details["seconds"])
    else:
        error = errors.EvaluationError(details["message"])
    error.lane_survives = not packet[1] & packets.LEAVING
    return error


def _wait_for(lane: socket.socket, client: int, seconds: float) -> None:
    """Wait until the lane has something to read. Raises ClientGone if the client hangs up first."""
    poll = select.poll()
    poll.register(lane, select.POLLIN)
    poll.register(client, select.POLLRDHUP)
    for descriptor, event in poll.poll(seconds * 1000):
        if descriptor == client and event & (select.POLLRDHUP | select.POLLHUP | select.POLLERR):
            raise errors.ClientGone("the client hung up")
