"""The engine for threads: a pool of connections to query workers, and answers that stream."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from publisher.limits import Limits
from server.engine import errors, lanes, packets
from server.engine.cancellation import Cancellation
from server.engine.lanes import Attempts, NotStarted, Question
from server.query import reading


class Engine:
    """Queries the engine that listens at a socket. Threads may share it; processes may not."""

    def __init__(
        self,
        path: Path | str,
        limits: Limits | None = None,
        *,
        lanes: int | None = None,
        base: str | None = None,
        reserved: bool = False,
    ) -> None:
        """Query the engine at `path`.

        `lanes` bounds the queries this object runs at once; `base` is what relative IRIs in queries
        are resolved against; `reserved` is for look-ups of the server's own, which never wait for
        the queries of others.
        """
        self.limits = limits or Limits()
        self._path = str(path)
        self._base = base
        self._reserved = reserved
        self._permits = threading.BoundedSemaphore(lanes or self.limits.concurrent_queries)
        self._idle: list[socket.socket] = []

    def query(
        self,
        text: str | reading.Query,
        *,
        accept_form: str,
        default_graphs: Sequence[str] | None = None,
        named_graphs: Sequence[str] | None = None,
        deadline: float | None = None,
        cancellation: Cancellation | None = None,
    ) -> Answer:
        """Evaluate a query and return its answer once the first bytes of it are there.

        `accept_form` is the media type to write; `default_graphs` and `named_graphs` are the
        protocol's dataset (SPARQL 1.1 Protocol, 2.1.4); `deadline` is in seconds and can only
        shorten the configured one; `cancellation` can end the query until its answer begins.

        Raises the errors of `server.engine.errors`, and `server.query.reading.BadQuery` for text
        that is refused by its tokens.
        """
        question = Question.of(
            reading.read(text) if isinstance(text, str) else text,
            accept_form,
            self.limits,
            default_graphs=None if default_graphs is None else tuple(default_graphs),
            named_graphs=None if named_graphs is None else tuple(named_graphs),
            deadline=deadline,
            base=self._base,
            reserved=self._reserved,
        )
        if not self._permits.acquire(timeout=self.limits.queue_seconds):
            raise errors.EngineBusy(self.limits.queue_seconds)
        try:
            lane, first = self._ask(question, cancellation or Cancellation())
        except BaseException:
            self._permits.release()
            raise
        return Answer(self, question, lane, first)

    def close(self) -> None:
        """Leave all idle connections."""
        while self._idle:
            self._idle.pop().close()

    def finish(self, lane: socket.socket, *, leave: bool) -> None:
        """Let the next query begin, on this connection unless it is to be left."""
        if leave:
            lane.close()
        else:
            self._idle.append(lane)
        self._permits.release()

    def _ask(self, question: Question, cancellation: Cancellation) -> tuple[socket.socket, bytes]:
        """Send a question until a worker takes it up; return the connection and first packet."""
        attempts = Attempts(question)
        while True:
            question = attempts.question
            lane = self._idle_lane(sure=attempts.failed) or self._connect()
            try:
                with cancellation.watching(lane):
                    # A worker that is gone may have left an obituary.
                    with contextlib.suppress(OSError):
                        for packet in question.packets:
                            lane.send(packet)
                    first = receive(lane)
                return lane, question.accept(first)
            except BaseException as error:
                if isinstance(error, errors.EngineError) and error.lane_survives:
                    self._idle.append(lane)
                else:
                    lane.close()
                if not attempts.again(error):
                    raise

    def _idle_lane(self, *, sure: bool) -> socket.socket | None:
        """Return an idle connection, if there is one; if `sure`, one whose worker is alive."""
        while True:
            try:
                lane = self._idle.pop()
            except IndexError:
                return None
            if not sure:
                return lane
            # An idle worker says nothing: whatever can be read is its obituary or the end.
            try:
                lane.recv(1, socket.MSG_DONTWAIT | socket.MSG_PEEK)
            except BlockingIOError:
                return lane
            except OSError:
                pass
            lane.close()

    def _connect(self) -> socket.socket:
        # For whatever will be asked on it.
        wait = lanes.longest_wait(self.limits.deadline_seconds, self.limits)
        lane = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        packets.set_timeout(lane, socket.SO_RCVTIMEO, wait)
        packets.set_timeout(lane, socket.SO_SNDTIMEO, wait)
        try:
            lane.connect(self._path)
        except OSError as error:
            lane.close()
            raise errors.EngineGone(f"the query engine is not there: {error}") from error
        return lane


class Answer:
    """An answer on its way: iterate over it once for its bytes, and close it in any case.

    `kind` is "select", "ask" or "graph"; `whole` holds all bytes if they came at once.
    """

    def __init__(
        self, engine: Engine, question: Question, lane: socket.socket, first: bytes
    ) -> None:
        self.kind = question.request.kind
        self.media_type = question.request.form
        self.whole: bytes | None = None
        self._engine = engine
        self._question = question
        self._lane: socket.socket | None = lane
        self._first = first
        if first[0] == packets.LAST:
            self.whole = first[2:]
            self._done(leave=lanes.leaves(first))

    def __iter__(self) -> Iterator[bytes]:
        """Yield the bytes. Raises the engine's errors when the answer breaks off."""
        if self.whole is not None:
            yield self.whole
            return
        packet = self._first
        while self._lane is not None:
            yield packet[2:]
            if packet[0] == packets.LAST:
                self._done(leave=lanes.leaves(packet))
                return
            try:
                packet = self._question.accept(receive(self._lane))
            except NotStarted:
                self.close()
                raise errors.WorkerCrashed(None) from None
            except BaseException:
                self.close()
                raise

    def close(self) -> None:
        """Give up what has not been read; its worker is ended."""
        self._done(leave=True)

    def _done(self, *, leave: bool) -> None:
        lane, self._lane = self._lane, None
        if lane is not None:
            self._engine.finish(lane, leave=leave)

    def __enter__(self) -> Answer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        with contextlib.suppress(Exception):
            self.close()


def receive(lane: socket.socket) -> bytes:
    """Return the next packet, or nothing at the end of the connection or after too long a wait."""
    for _ in range(2):
        try:
            return packets.receive(lane)
        except ConnectionError:
            # Reported once, before what was sent: that can still be read.
            continue
        except OSError:
            break
    return b""
