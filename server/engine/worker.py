"""A query worker: takes queries from its connection one after the other and writes their answers.

It runs confined (see `confinement`). Its deadline is a kernel timer with the default action, so it
ends the process even inside native code; whoever watches from outside learns of it by the signal.
"""

from __future__ import annotations

import resource
import signal
import socket
import struct
import time
from typing import IO, Final, cast

from publisher.limits import Limits
from server.engine import confinement, packets
from server.engine.backends import Backend, Unavailable
from server.engine.diagnosis import diagnose
from server.engine.packets import Request
from server.engine.slots import Board, Slots

#: Exit codes that the host turns into reasons.
LEFT: Final = 0
READER_TOO_SLOW: Final = 3

#: A worker that worked longer than this on one query makes room for a fresh one: the host lowered
#: its priority meanwhile, and its memory is no longer shared.
_LEAVE_AFTER_SECONDS = 0.25
#: How long an answer waits for its reader: a start, and a second for every so many bytes taken.
_PATIENCE_SECONDS = 60.0
_PATIENCE_BYTES = 64 * 1024


class _ResultTooLarge(Exception):
    """The answer passed its limit."""


class _ReaderLeft(Exception):
    """The reader closed the connection: nobody waits for the answer any more."""


class _ReaderTooSlow(Exception):
    """The reader used up its patience."""


class AnswerWriter:
    """The file that a backend writes an answer to: sends it on in packets while it grows.

    The deadline is for evaluation. Time in which the reader does not take what is ready is not
    counted against it, and leaves the slot to other queries; it has a bound of its own.
    """

    def __init__(
        self, connection: socket.socket, slots: Slots, largest: int, *, reserved: bool
    ) -> None:
        self._connection = connection
        self._slots = slots
        self._reserved = reserved
        self._largest = largest
        self._parts: list[bytes] = []
        self._size = 0
        self._sent = 0
        self._waited = 0.0

    def write(self, data: bytes) -> int:
        """Take bytes of the answer. Raises _ResultTooLarge, _ReaderLeft and _ReaderTooSlow."""
        if self._size + len(data) > packets.PAYLOAD:
            self._flush_packet()
            while len(data) > packets.PAYLOAD:
                self._parts = [data[: packets.PAYLOAD]]
                self._size = packets.PAYLOAD
                data = data[packets.PAYLOAD :]
                self._flush_packet()
                if self._sent > self._largest:
                    raise _ResultTooLarge
        self._parts.append(bytes(data))
        self._size += len(data)
        if self._sent + self._size > self._largest:
            raise _ResultTooLarge
        return len(data)

    def flush(self) -> None:
        """Do nothing: packets leave when they are full."""

    def finish(self, flags: int) -> None:
        """Send what is left, marked as the end of the answer. The timer must be off."""
        self._send([bytes((packets.LAST, flags)), *self._parts])

    def fail(self, packet: bytes) -> None:
        """Send a FAILURE packet instead of the rest. The timer must be off."""
        self._send([packet])

    def _flush_packet(self) -> None:
        if not self._size:
            return
        if not self._sent_at_once([packets.DATA_HEADER, *self._parts]):
            remaining, _ = signal.setitimer(signal.ITIMER_REAL, 0)
            self._slots.release()
            self._send([packets.DATA_HEADER, *self._parts])
            while not self._slots.acquire(1.0, reserved=self._reserved):
                pass
            signal.setitimer(signal.ITIMER_REAL, remaining)
        self._sent += self._size
        self._parts = []
        self._size = 0

    def _send(self, parts: list[bytes]) -> None:
        """Send one packet, waiting for the reader as long as patience lasts."""
        if self._sent_at_once(parts):
            return
        began = time.monotonic()
        patience = _PATIENCE_SECONDS + self._sent / _PATIENCE_BYTES - self._waited
        # A time-out of the kernel's: poll() takes no descriptor at all where none may be opened.
        timeout = struct.pack("ll", max(1, int(patience)), 0)
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, timeout)
        try:
            self._connection.sendmsg(parts)
        except BlockingIOError:
            raise _ReaderTooSlow from None
        except OSError:
            raise _ReaderLeft from None
        self._waited += time.monotonic() - began

    def _sent_at_once(self, parts: list[bytes]) -> bool:
        try:
            self._connection.sendmsg(parts, [], socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False
        except OSError:
            raise _ReaderLeft from None
        return True


class Worker:
    """Answers queries on one connection by one backend."""

    def __init__(
        self,
        backend: Backend,
        connection: socket.socket,
        *,
        limits: Limits,
        slots: Slots,
        board: Board,
        lane: int,
    ) -> None:
        self._backend = backend
        self._connection = connection
        self._limits = limits
        self._slots = slots
        self._board = board
        self._lane = lane
        self._largest = limits.result_mb * 1024 * 1024
        self._resident = _resident_mb()

    def run(self) -> int:
        """Serve until the client leaves or the worker should; return the exit code."""
        try:
            while (request := packets.receive_request(self._connection)) is not None:
                if self._answer(request) & packets.LEAVING:
                    break
        except (_ReaderLeft, BrokenPipeError, ConnectionResetError):
            pass
        except _ReaderTooSlow:
            return READER_TOO_SLOW
        return LEFT

    def _answer(self, request: Request) -> int:
        """Evaluate one query, write its answer or why there is none; return the packet's flags."""
        writer = AnswerWriter(
            self._connection, self._slots, self._largest, reserved=request.reserved
        )
        if not self._slots.acquire(self._limits.queue_seconds, reserved=request.reserved):
            writer.fail(packets.encode_failure("busy", seconds=self._limits.queue_seconds))
            return 0
        began = time.monotonic()
        self._board.begin(self._lane)
        signal.setitimer(signal.ITIMER_REAL, min(request.deadline, self._limits.deadline_seconds))
        failure: tuple[str, dict[str, object]] | None = None
        if request.federated:
            confinement.open_up()
        try:
            self._backend.evaluate(request, cast("IO[bytes]", writer))
        except SyntaxError as error:
            failure = ("syntax", self._diagnose(request, str(error)))
        except _ResultTooLarge:
            failure = ("result", {"mb": self._limits.result_mb})
        except MemoryError:
            failure = ("memory", {"mb": self._limits.query_memory_mb})
        except (_ReaderLeft, _ReaderTooSlow):
            raise
        except Unavailable as error:
            failure = ("unavailable", {"message": str(error)})
        except (ValueError, OSError, RuntimeError) as error:
            failure = ("evaluation", {"message": str(error)})
            if request.federated and not isinstance(error, ValueError):
                failure = ("service", {"message": _one_line(str(error))})
        # From here on no timer can end this process; then the slot and the board say so, and only
        # then the client: an answer that is out is never followed by an obituary that concerns it.
        signal.setitimer(signal.ITIMER_REAL, 0)
        seconds = time.monotonic() - began
        leaves = seconds > _LEAVE_AFTER_SECONDS or self._has_grown(seconds) or request.federated
        flags = packets.LEAVING if leaves else 0
        self._slots.release()
        self._board.end(self._lane)
        if failure is None:
            writer.finish(flags)
        else:
            writer.fail(packets.encode_failure(failure[0], leaving=bool(flags), **failure[1]))
        return flags

    def _diagnose(self, request: Request, error: str) -> dict[str, object]:
        def parse(text: str) -> None:
            self._backend.check(text, request.base)

        message, line, column = diagnose(error, request.text, parse)
        return {"message": message, "line": line, "column": column}

    def _has_grown(self, seconds: float) -> bool:
        """Whether a query that took a while has left much memory with this worker."""
        return seconds > 0.02 and _resident_mb() - self._resident > self._limits.query_memory_mb / 8


def _one_line(message: str) -> str:
    """Shorten what another server wrote, or what was written of it."""
    line = " ".join(message.split())
    return line if len(line) <= 300 else f"{line[:297]}..."


def _resident_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
