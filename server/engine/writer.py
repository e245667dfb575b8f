"""Where a worker's answers go: packets on its connection, at the pace of the reader."""

from __future__ import annotations

import socket
import time
from typing import Final

from publisher.limits import Limits
from server.engine import packets
from server.engine.slots import Board, Slot
from server.engine.timer import Timer

#: How long an answer waits for its reader: a start, and a second for every so many bytes taken.
_PATIENCE_SECONDS: Final = 60.0
_PATIENCE_BYTES: Final = 64 * 1024


class ResultTooLarge(Exception):
    """The answer passed its limit."""


class NoSlot(Exception):
    """The answer is a long one, and no slot came free for such."""


class ReaderLeft(Exception):
    """The reader closed the connection: nobody waits for the answer any more."""


class ReaderTooSlow(Exception):
    """The reader used up its patience."""


class AnswerWriter:
    """The file that a backend writes answers to: sends each on in packets while it grows.

    The deadline is for evaluation. Time in which the reader does not take what is ready is not
    counted against it, and leaves the slot to other queries; it has a bound of its own.
    """

    def __init__(
        self, connection: socket.socket, board: Board, lane: int, timer: Timer, limits: Limits
    ) -> None:
        """Write to `connection` answers as large as the limits allow."""
        self._connection = connection
        self._board = board
        self._lane = lane
        self._timer = timer
        self._largest = limits.result_mb * 1024 * 1024
        self._queue_seconds = limits.queue_seconds
        self._slot = Slot.COMMON
        self._more_seconds = 0.0
        self._parts: list[bytes] = []
        self._size = 0
        self._waited = 0.0
        self._failure: Exception | None = None
        #: Bytes that are out already.
        self.sent = 0

    def begin(self, slot: Slot, more_seconds: float) -> None:
        """Begin an answer that is worked out in a slot.

        `more_seconds` is what the timer gets once an answer has left a slot for short ones.
        """
        self._slot = slot
        self._more_seconds = more_seconds

    def write(self, data: bytes) -> int:
        """Take bytes of the answer.

        Raises ResultTooLarge, NoSlot, ReaderLeft and ReaderTooSlow; and the same again if more is
        written, as Oxigraph's buffer tries to when it is given up.
        """
        if self._failure is not None:
            raise self._failure
        try:
            return self._take(data)
        except Exception as error:
            self._failure = error
            raise

    def _take(self, data: bytes) -> int:
        size = self._size + len(data)
        if size > packets.PAYLOAD:
            return self._write_packets(data)
        if self.sent + size > self._largest:
            raise ResultTooLarge
        self._parts.append(bytes(data))
        self._size = size
        return len(data)

    def flush(self) -> None:
        """Do nothing: packets leave when they are full."""

    def finish(self, flags: int) -> None:
        """Send what is left, marked as the end of the answer; be ready for the next."""
        self._end(bytes((packets.LAST, flags)) + b"".join(self._parts))

    def fail(self, packet: bytes) -> None:
        """Send a FAILURE packet instead of the rest; be ready for the next answer."""
        self._end(packet)

    def _end(self, packet: bytes) -> None:
        if not self._sent_at_once(packet):
            # The deadline does not hold for the reader.
            self._timer.stop()
            self._send_patiently(packet)
        self._parts.clear()
        self._size = self.sent = 0
        self._waited = 0.0
        self._failure = None

    def _write_packets(self, data: bytes) -> int:
        taken = len(data)
        self._flush_packet()
        while len(data) > packets.PAYLOAD:
            self._parts = [data[: packets.PAYLOAD]]
            self._size = packets.PAYLOAD
            data = data[packets.PAYLOAD :]
            self._flush_packet()
            if self.sent > self._largest:
                raise ResultTooLarge
        self._take(data)
        return taken

    def _flush_packet(self) -> None:
        if not self._size:
            return
        if self._slot is Slot.SHORT:
            self._leave_short_slot()
        packet = packets.DATA_HEADER + b"".join(self._parts)
        if not self._sent_at_once(packet):
            remaining = self._timer.stop()
            self._board.give_slot_back(self._lane)
            self._send_patiently(packet)
            while not self._board.take_slot(self._lane, 1.0, self._slot):
                pass
            self._timer.start(remaining)
        self.sent += self._size
        self._parts.clear()
        self._size = 0

    def _leave_short_slot(self) -> None:
        """Go on in a common slot: once the reader has a part, the answer cannot start again."""
        remaining = self._timer.stop()
        self._board.give_slot_back(self._lane)
        self._slot = self._board.take_slot(self._lane, self._queue_seconds, Slot.COMMON)
        if self._slot is Slot.NONE:
            raise NoSlot
        self._timer.start(remaining + self._more_seconds)

    def _send_patiently(self, packet: bytes) -> None:
        """Send one packet, waiting for the reader as long as patience lasts."""
        began = time.monotonic()
        patience = _PATIENCE_SECONDS + self.sent / _PATIENCE_BYTES - self._waited
        # A time-out of the kernel's: poll() takes no descriptor at all where none may be opened.
        packets.set_timeout(self._connection, socket.SO_SNDTIMEO, max(1, int(patience)))
        try:
            self._connection.send(packet)
        except BlockingIOError:
            raise ReaderTooSlow from None
        except OSError:
            raise ReaderLeft from None
        self._waited += time.monotonic() - began

    def _sent_at_once(self, packet: bytes) -> bool:
        try:
            self._connection.send(packet, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False
        except OSError:
            raise ReaderLeft from None
        return True
