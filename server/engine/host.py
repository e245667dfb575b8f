"""The host: loads the graph once, hands each connection to a forked worker, and buries the dead.

It has no threads, evaluates nothing and reads no query, so nothing that a client sends can end it.
For every lane (a connection and its worker) it keeps a duplicate of the connection: a client that
hangs up is seen there and its worker killed, and when a worker dies the host writes the obituary.
"""

from __future__ import annotations

import contextlib
import gc
import os
import select
import signal
import socket
import sys
import time
from collections import deque
from typing import Final

from publisher.limits import Limits
from server.engine import confinement, packets, worker
from server.engine.backends import Backend
from server.engine.events import Events
from server.engine.lane import Lane, fork, receive_connection
from server.engine.packets import Obituary
from server.engine.slots import LONG_SECONDS, Board, Slot

#: Workers kept ready, so that a new connection does not wait for a fork.
_SPARES: Final = 2
#: Between two looks at how long queries run, in seconds.
_TICK: Final = 0.1
#: A query that ran this long gives way to shorter ones.
_SLOW_SECONDS: Final = LONG_SECONDS + 0.05
_SLOW_PRIORITY: Final = 10
#: After a worker that failed before it had anything to do, and when descriptors run out.
_PAUSE: Final = 0.25
#: Connections that may wait for a lane; more are turned away at once.
_WAITING: Final = 256

#: Descriptors for a query that calls other endpoints: sockets, and files of names and certificates.
_CALLS: Final = 16

_REASONS: Final = {signal.SIGALRM: "timeout", signal.SIGABRT: "memory", signal.SIGTERM: "retired"}


class Host:
    """Serves queries on a listening socket by one backend."""

    def __init__(
        self,
        backend: Backend,
        listener: socket.socket,
        *,
        limits: Limits,
        lanes: int,
        federated: bool = False,
        lifeline: int | None = None,
    ) -> None:
        """Serve queries on `listener`, a listening SOCK_SEQPACKET socket, by `backend`.

        `lanes` bounds the connections; `federated` lets queries call other endpoints, where the
        web side found that they may; when the pipe `lifeline` ends, so does the host.
        """
        if confinement.thread_count() != 1:
            raise RuntimeError("the host has threads and cannot fork safely")
        self._backend = backend
        self._listener = listener
        self._limits = limits
        self._calls = _CALLS if federated else 0
        self._lifeline = lifeline
        self._board = Board(lanes, limits.concurrent_queries)
        self._free = list(range(lanes - 1, -1, -1))
        self._used: set[Lane] = set()
        self._spare: deque[Lane] = deque()
        self._waiting: deque[tuple[float, socket.socket]] = deque()
        self._events = Events()
        self._no_spare_before = 0.0
        self._told = 0.0
        self._ending = False

    def run(self) -> None:
        """Serve until SIGTERM, SIGINT or the end of the lifeline; then end all workers."""
        # What exists now is shared with the workers for as long as nobody writes to it.
        gc.collect()
        gc.freeze()
        self._listener.setblocking(False)
        self._events.watch(self._listener.fileno(), select.EPOLLIN, self._accept)
        if self._lifeline is not None:
            self._events.watch(self._lifeline, select.EPOLLIN, self._end)
        wake, alarm = socket.socketpair()
        alarm.setblocking(False)
        self._events.watch(wake.fileno(), select.EPOLLIN, self._end)
        signal.set_wakeup_fd(alarm.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: None)
        try:
            while not self._ending:
                self._step()
        finally:
            signal.set_wakeup_fd(-1)
            lanes = [*self._used, *self._spare]
            for lane in lanes:
                lane.signal(signal.SIGKILL)
            for lane in lanes:
                lane.bury()

    def _step(self) -> None:
        wants_spare = len(self._spare) < _SPARES and bool(self._free)
        pause = self._no_spare_before - time.monotonic() if wants_spare else 0.0
        busy = bool(self._used or self._waiting or pause > 0)
        may_fork = wants_spare and pause <= 0
        happened = self._events.wait(0 if may_fork else _TICK if busy else -1)
        self._serve_waiting()
        self._slow_down()
        if may_fork and not happened:
            spare = self._fork()
            if spare is not None:
                self._spare.append(spare)

    def _end(self) -> None:
        self._ending = True

    # Connections

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except BlockingIOError:
            return
        except OSError as error:
            # It stays in the queue of the kernel; an idle lane's end may leave descriptors for it.
            self._tell(f"no connection taken: {error}")
            self._retire_idle(1)
            time.sleep(_TICK)
            return
        if len(self._waiting) >= _WAITING:
            self._turn_away(connection)
        else:
            self._waiting.append((time.monotonic() + self._limits.queue_seconds, connection))

    def _serve_waiting(self) -> None:
        while self._waiting and (self._spare or self._free):
            lane = self._spare.popleft() if self._spare else self._fork()
            if lane is None:
                break
            _, connection = self._waiting.popleft()
            self._hand_over(lane, connection)
        while self._waiting and self._waiting[0][0] < time.monotonic():
            self._turn_away(self._waiting.popleft()[1])
        if self._waiting:
            self._retire_idle(len(self._waiting))

    def _hand_over(self, lane: Lane, connection: socket.socket) -> None:
        self._used.add(lane)
        self._board.end(lane.index)
        lane.hand_over(connection)
        self._events.watch(connection.fileno(), select.EPOLLRDHUP, lambda: self._hung_up(lane))

    def _hung_up(self, lane: Lane) -> None:
        """The client left: whatever its worker does is of no use any more."""
        self._close_connection(lane)
        lane.signal(signal.SIGKILL)

    def _turn_away(self, connection: socket.socket) -> None:
        packet = packets.encode_failure("busy", leaving=True, seconds=self._limits.queue_seconds)
        _say_last(connection, packet)
        connection.close()

    def _retire_idle(self, wanted: int) -> None:
        """End the lanes idle for longest, each of which lies unused in some client's pool."""
        idle = []
        for lane in self._used:
            since = self._board.idle_since(lane.index)
            if lane.retired:
                wanted -= 1
            elif since is not None:
                idle.append((since, lane))
        idle.sort(key=lambda pair: pair[0])
        for _, lane in idle[: max(0, wanted)]:
            lane.retired = True
            lane.signal(signal.SIGTERM)

    def _close_connection(self, lane: Lane) -> None:
        if lane.connection is not None:
            self._events.unwatch(lane.connection.fileno())
            lane.connection.close()
            lane.connection = None

    # Workers

    def _fork(self) -> Lane | None:
        """Return a new lane without a connection; None if the system has no room for one."""
        index = self._free.pop()
        self._board.end(index)
        try:
            lane = fork(index, self._be_worker)
        except OSError as error:
            self._free.append(index)
            self._no_spare_before = time.monotonic() + _PAUSE
            self._tell(f"no new query worker: {error}")
            return None
        self._events.watch(lane.pidfd, select.EPOLLIN, lambda: self._bury(lane))
        return lane

    def _be_worker(self, handoff: socket.socket, index: int) -> int:
        """Do a worker's work in a forked process, from the connection that it is handed."""
        confinement.keep_only((handoff.fileno(),))
        confinement.silence_input()
        confinement.end_first()
        self._backend.open()
        connection = receive_connection(handoff)
        if connection is None:
            return worker.LEFT
        confinement.confine(
            self._limits.query_memory_mb, self._backend.descriptors, later=self._calls
        )
        return worker.Worker(
            self._backend,
            connection,
            limits=self._limits,
            board=self._board,
            lane=index,
        ).run()

    def _bury(self, lane: Lane) -> None:
        """Take leave of a dead worker: tell its client why, and free its lane."""
        self._events.unwatch(lane.pidfd)
        status = lane.bury()
        if lane.connection is not None and status is not None:
            killed = status.si_code != os.CLD_EXITED
            if killed or status.si_status != worker.LEFT:
                self._write_obituary(lane, status.si_status, killed)
            self._close_connection(lane)
        self._board.end(lane.index)
        self._used.discard(lane)
        if lane in self._spare:
            self._spare.remove(lane)
            if status is not None and status.si_code == os.CLD_EXITED:
                # Whatever kept it from getting ready would keep the next one as well.
                self._no_spare_before = time.monotonic() + _PAUSE
        self._free.append(lane.index)

    def _write_obituary(self, lane: Lane, status: int, killed: bool) -> None:
        assert lane.connection is not None
        started = self._board.has_begun(lane.index)
        reason = "crash"
        if killed:
            reason = _REASONS.get(signal.Signals(status), reason)
            if reason == "timeout" and self._board.slot(lane.index) is Slot.SHORT:
                reason = "too long"
        elif status == worker.READER_TOO_SLOW:
            reason = "slow reader"
        print(
            f"query worker {lane.pid} ended: {reason}, status {status}", file=sys.stderr, flush=True
        )
        obituary = Obituary(reason, status if killed else None, started)
        _say_last(lane.connection, packets.encode_obituary(obituary))

    def _tell(self, trouble: str) -> None:
        """Log trouble that would come again and again, once a second."""
        if time.monotonic() - self._told >= 1.0:
            self._told = time.monotonic()
            print(trouble, file=sys.stderr, flush=True)

    def _slow_down(self) -> None:
        """Lower the priority of workers whose query runs long, so that short ones pass."""
        for lane in self._used:
            if not lane.slowed and self._board.running_for(lane.index) > _SLOW_SECONDS:
                lane.slowed = True
                with contextlib.suppress(OSError):
                    os.setpriority(os.PRIO_PROCESS, lane.pid, _SLOW_PRIORITY)


def _say_last(connection: socket.socket, packet: bytes) -> None:
    """Send the last packet of a connection, if the client can take it at once.

    Requests that nobody read are taken off first: closing over them would make the kernel report a
    reset to the client in place of the packet.
    """
    with contextlib.suppress(OSError):
        while connection.recv(packets.LARGEST, socket.MSG_DONTWAIT):
            pass
    with contextlib.suppress(OSError):
        connection.send(packet, socket.MSG_DONTWAIT)
