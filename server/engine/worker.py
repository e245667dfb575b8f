"""A query worker: takes queries from its connection one after the other and writes their answers.

It runs confined (see `confinement`). Its deadline is a kernel timer with the default action, so it
ends the process even inside native code; whoever watches from outside learns of it by the signal.
"""

from __future__ import annotations

import resource
import socket
import time
from typing import IO, Final, cast

from publisher.limits import Limits
from server.engine import confinement, packets
from server.engine.backends import Backend, Unavailable
from server.engine.diagnosis import diagnose
from server.engine.packets import Request
from server.engine.slots import LONG_SECONDS, SHORT_SECONDS, Board, Slot
from server.engine.timer import Timer
from server.engine.writer import AnswerWriter, NoSlot, ReaderLeft, ReaderTooSlow, ResultTooLarge

#: Exit codes that the host turns into reasons.
LEFT: Final = 0
READER_TOO_SLOW: Final = 3

#: A worker that worked longer than this on one query makes room for a fresh one: the host lowered
#: its priority meanwhile, and its memory is no longer shared.
_LEAVE_AFTER_SECONDS = LONG_SECONDS
#: A query that took less has left nothing to tidy up, its timer included.
_QUICK_SECONDS: Final = 0.02


class Worker:
    """Answers queries on one connection by one backend."""

    def __init__(
        self,
        backend: Backend,
        connection: socket.socket,
        *,
        limits: Limits,
        board: Board,
        lane: int,
    ) -> None:
        self._backend = backend
        self._connection = connection
        self._limits = limits
        self._board = board
        self._lane = lane
        self._timer = Timer(connection)
        self._writer = AnswerWriter(connection, board, lane, self._timer, limits)
        self._room = memoryview(bytearray(packets.LARGEST))
        self._resident = _resident_mb()

    def run(self) -> int:
        """Serve until the client leaves or the worker should; return the exit code."""
        try:
            while (request := self._next()) is not None:
                if self._answer(request) & packets.LEAVING:
                    break
        except (ReaderLeft, BrokenPipeError, ConnectionResetError):
            pass
        except ReaderTooSlow:
            return READER_TOO_SLOW
        return LEFT

    def _next(self) -> Request | None:
        while True:
            try:
                return packets.receive_request(self._connection, self._room)
            except BlockingIOError:
                self._timer.idle()

    def _answer(self, request: Request) -> int:
        """Evaluate one query, write its answer or why there is none; return the packet's flags."""
        writer = self._writer
        slot = self._board.take_slot(self._lane, 0, *_slots(request))
        if slot is Slot.NONE:
            # It may still be on, for the query before.
            self._timer.stop()
            slot = self._board.take_slot(self._lane, self._limits.queue_seconds, *_slots(request))
        if slot is Slot.NONE:
            self._board.end(self._lane)
            writer.fail(packets.encode_failure("busy", seconds=self._limits.queue_seconds))
            return 0
        seconds = min(request.deadline, self._limits.deadline_seconds)
        at_once = min(seconds, SHORT_SECONDS) if slot is Slot.SHORT else seconds
        writer.begin(slot, seconds - at_once)
        self._timer.start(at_once)
        began = self._board.begin(self._lane)
        failure: tuple[str, dict[str, object]] | None = None
        if request.federated:
            confinement.open_up()
        try:
            self._backend.evaluate(request, cast("IO[bytes]", writer))
        except SyntaxError as error:
            failure = ("syntax", self._diagnose(request, str(error)))
        except ResultTooLarge:
            failure = ("result", {"mb": self._limits.result_mb})
        except NoSlot:
            failure = ("busy", {"seconds": self._limits.queue_seconds})
        except MemoryError:
            failure = ("memory", {"mb": self._limits.query_memory_mb})
        except (ReaderLeft, ReaderTooSlow):
            raise
        except Unavailable as error:
            failure = ("unavailable", {"message": str(error)})
        except (ValueError, OSError, RuntimeError) as error:
            failure = ("evaluation", {"message": str(error)})
            if request.federated and not isinstance(error, ValueError):
                failure = ("service", {"message": _one_line(str(error))})
        took = (time.monotonic_ns() - began) / 1e9
        # The timer must not end a worker that answers already: the client would be told so.
        if took <= _QUICK_SECONDS and not writer.sent and not request.federated:
            self._timer.leave_on()
            leaves = False
        else:
            self._timer.stop()
            leaves = took > _LEAVE_AFTER_SECONDS or request.federated or self._has_grown()
        flags = packets.LEAVING if leaves else 0
        # Then the slot and the board, and only then the client: the board tells the host that
        # whatever happens from here on concerns no query.
        self._board.end(self._lane)
        if failure is None:
            writer.finish(flags)
        else:
            writer.fail(packets.encode_failure(failure[0], leaving=leaves, **failure[1]))
        return flags

    def _diagnose(self, request: Request, error: str) -> dict[str, object]:
        def parse(text: str) -> None:
            self._backend.check(text, request.base)

        message, line, column = diagnose(error, request.text, parse)
        return {"message": message, "line": line, "column": column}

    def _has_grown(self) -> bool:
        """Whether queries have left much memory with this worker."""
        return _resident_mb() - self._resident > self._limits.query_memory_mb / 8


def _slots(request: Request) -> tuple[Slot, ...]:
    """Return the kinds of slots that may serve a request, the best one first."""
    if request.reserved:
        return (Slot.RESERVED,)
    # One that calls other endpoints would call them twice if it had to start again.
    starts_once = request.long or request.federated
    return (Slot.COMMON,) if starts_once else (Slot.COMMON, Slot.SHORT)


def _one_line(message: str) -> str:
    """Shorten what another server wrote, or what was written of it."""
    line = " ".join(message.split())
    return line if len(line) <= 300 else f"{line[:297]}..."


def _resident_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
