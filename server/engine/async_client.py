"""The engine for an event loop: no thread waits for a query, and who hangs up ends his own."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Final

from publisher.limits import Limits
from server.engine import errors, lanes, packets
from server.engine.async_lane import AsyncLane
from server.engine.lanes import Attempts, NotStarted, Question
from server.engine.streams import READ, Streams
from server.engine.turns import Turn, Turns
from server.query.reading import Query

#: A query that took longer than this many seconds makes room for younger ones.
_YOUNG_SECONDS: Final = 0.01

#: One in so many places is for queries of which it is not known yet how large their answers are;
#: those with larger ones than fit into one packet need another place to go on.
_STARTING: Final = 3

#: Returns when the client has hung up.
Gone = Callable[[], Awaitable[object]]


class AsyncEngine:
    """Queries the engine that listens at a socket, for one event loop.

    Short queries share few workers, one after the other: measured, a worker that has just answered
    is twice as fast as one whose memory the processor has to fetch again. Queries that turn out
    long (`_YOUNG_SECONDS`) do not count there, so short ones never wait for them.
    """

    def __init__(
        self,
        path: Path | str,
        limits: Limits,
        *,
        width: int = 1,
        lanes: int | None = None,
        base: str | None = None,
    ) -> None:
        """Query the engine at `path`.

        `width` is how many young queries run at once, `lanes` how many in all; `base` is what
        relative IRIs in queries are resolved against.
        """
        self.limits = limits
        self._path = str(path)
        self._base = base
        self._idle: list[AsyncLane] = []
        most = lanes or limits.concurrent_queries
        self._turns = Turns(width, most, limits.queue_seconds)
        self._streams = Streams(most - most // _STARTING, limits.queue_seconds)

    async def query(
        self,
        query: Query,
        *,
        accept_form: str,
        default_graphs: tuple[str, ...] | None = None,
        named_graphs: tuple[str, ...] | None = None,
        gone: Gone | None = None,
    ) -> AsyncAnswer:
        """Evaluate a query and return its answer once the first bytes of it are there.

        The parameters are those of `Engine.query`; `gone` is awaited beside queries that are not
        young, and when it returns the query is cancelled.

        Raises the errors of `server.engine.errors`.
        """
        question = Question.of(
            query,
            accept_form,
            self.limits,
            default_graphs=default_graphs,
            named_graphs=named_graphs,
            base=self._base,
        )
        lane, first, watch = await self._begin(question, gone)
        streams = first[0] != packets.LAST
        if streams and not self._streams.enter_at_once():
            # It holds up no short query while it waits; what was evaluated of it was little.
            watch.end()
            lane.close()
            await self._streams.enter()
            try:
                lane, first, watch = await self._begin(question, gone)
            except BaseException:
                self._streams.leave()
                raise
            streams = first[0] != packets.LAST
            if not streams:
                self._streams.leave()
        answer = AsyncAnswer(self, question, lane, first, watch)
        if streams:
            self._streams.begin(answer)
        else:
            answer.finish(leave=lanes.leaves(first))
        return answer

    async def _begin(
        self, question: Question, gone: Gone | None
    ) -> tuple[AsyncLane, bytes, _Watch]:
        """Have a worker begin on a question; return its connection and its first packet."""
        turn = await self._turns.take()
        watch = _Watch(turn, question.longest_wait(), gone)
        try:
            lane, first = await self._ask(question, watch)
        except BaseException:
            watch.end()
            raise
        watch.begin()
        return lane, first, watch

    def close(self) -> None:
        """Leave all idle connections."""
        self._streams.close()
        while self._idle:
            self._idle.pop().close()

    def ended(self, answer: AsyncAnswer) -> None:
        """Note that an answer that came in pieces is no longer under way."""
        self._streams.leave(answer)

    def keep(self, lane: AsyncLane) -> None:
        """Take back a connection whose worker waits for the next query."""
        if lane.is_closed:
            return
        lane.on_end = self._forget
        self._idle.append(lane)

    def _forget(self, lane: AsyncLane) -> None:
        with contextlib.suppress(ValueError):
            self._idle.remove(lane)

    async def _ask(self, question: Question, watch: _Watch) -> tuple[AsyncLane, bytes]:
        attempts = Attempts(question)
        while True:
            lane = self._idle.pop() if self._idle else self._connect()
            lane.on_end = None
            watch.lane = lane
            try:
                await lane.send(attempts.question.packets)
                return lane, attempts.question.accept(await lane.receive())
            except BaseException as error:
                if isinstance(error, errors.EngineError) and error.lane_survives:
                    self.keep(lane)
                else:
                    lane.close()
                if not attempts.again(error):
                    raise

    def _connect(self) -> AsyncLane:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        connection.setblocking(False)
        try:
            connection.connect(self._path)
        except OSError as error:
            connection.close()
            raise errors.EngineGone(f"the query engine is not there: {error}") from error
        return AsyncLane(connection)


class AsyncAnswer:
    """An answer on its way: iterate over it once for its bytes, and close it in any case.

    `whole` holds all bytes if they came at once.
    """

    def __init__(
        self, engine: AsyncEngine, question: Question, lane: AsyncLane, first: bytes, watch: _Watch
    ) -> None:
        self.whole = first[2:] if first[0] == packets.LAST else None
        self.unread_since = READ
        self._reader: asyncio.Task[object] | None = None
        self._gave_way = False
        self._engine = engine
        self._question = question
        self._lane: AsyncLane | None = lane
        self._first = first
        self._watch = watch

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield the bytes. Raises the engine's errors when the answer breaks off."""
        packet = self._first
        while self._lane is not None:
            if packet[0] == packets.LAST:
                # Nobody else waits for how long the reader takes for the last piece.
                self.finish(leave=lanes.leaves(packet))
            yield packet[2:]
            if packet[0] == packets.LAST:
                return
            if self._gave_way:
                raise errors.ReaderTooSlow("it was not read, and its place was needed")
            try:
                packet = self._question.accept(await self._lane.receive())
            except NotStarted:
                raise errors.WorkerCrashed(None) from None

    async def deliver(self, take: Callable[[bytes], Awaitable[object]]) -> None:
        """Have `take` take the bytes, piece by piece, each when it is done with the one before.

        Raises the engine's errors when the answer breaks off: ReaderTooSlow if that was because
        `take` took too long while others waited, in which case `take` is cancelled.
        """
        loop = asyncio.get_running_loop()
        self._reader = asyncio.current_task()
        try:
            async for piece in self:
                self.unread_since = loop.time()
                await take(piece)
                self.unread_since = READ
        except asyncio.CancelledError:
            if not self._gave_way or self._reader is None or self._reader.uncancel():
                raise
            raise errors.ReaderTooSlow("it was not read, and its place was needed") from None
        finally:
            self._reader = None

    def give_way(self) -> None:
        """End an answer that nobody reads, for others to have its place."""
        self._gave_way = True
        self.unread_since = READ
        if self._reader is not None:
            self._reader.cancel()
        self.finish(leave=True)

    def close(self) -> None:
        """Give up what has not been read; its worker is ended."""
        self.finish(leave=True)

    def finish(self, *, leave: bool) -> None:
        """Give the connection back, or leave it and so end its worker."""
        lane, self._lane = self._lane, None
        if lane is None:
            return
        self._watch.end()
        if self.whole is None:
            self._engine.ended(self)
        if leave:
            lane.close()
        else:
            self._engine.keep(lane)


class _Watch:
    """Keeps an eye on one query: its turn, its client, and a host that says nothing."""

    def __init__(self, turn: Turn, longest_wait: float, gone: Gone | None) -> None:
        self.lane: AsyncLane | None = None
        self._turn = turn
        self._longest_wait = longest_wait
        self._gone = gone
        self._loop = asyncio.get_running_loop()
        self._timer = self._loop.call_later(_YOUNG_SECONDS, self._grow_up)
        self._task: asyncio.Task[None] | None = None
        self._begun = False

    def begin(self) -> None:
        """Note that the answer has begun: from here on it takes as long as the client reads."""
        self._begun = True

    def end(self) -> None:
        """Stop watching, and give the turn to the next query."""
        self._timer.cancel()
        if self._task is not None:
            self._task.cancel()
        self._turn.give_back()

    def _grow_up(self) -> None:
        self._turn.grow_up()
        self._timer = self._loop.call_later(self._longest_wait, self._give_up)
        if self._gone is not None:
            self._task = self._loop.create_task(self._wait_for_client(self._gone))

    async def _wait_for_client(self, gone: Gone) -> None:
        await gone()
        self._fail(errors.ClientGone("the client hung up"))

    def _give_up(self) -> None:
        if not self._begun:
            self._fail(errors.EngineStalled("the query engine stands still"))

    def _fail(self, error: errors.EngineError) -> None:
        if self.lane is not None:
            self.lane.fail(error)
