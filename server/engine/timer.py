"""The deadline of a query: a kernel timer whose signal ends the process, whatever it is doing."""

from __future__ import annotations

import signal
import socket
from typing import Final

from server.engine import packets

#: How long a timer that was left on runs in an idle worker, in seconds, and the shortest deadline
#: with which one may be left on.
_IDLE: Final = 0.05
_LONG: Final = 0.25


class Timer:
    """The timer of one worker.

    Stopping it costs a call of the kernel, a twentieth of a look-up. So after a quick query it is
    left on: the next query sets it anew, and if none comes for a moment, the connection's time-out
    wakes the worker to stop it. Should it go off in between, no query runs that it could hurt.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._seconds = 0.0
        self._wakes = False

    def start(self, seconds: float) -> None:
        """Have this process ended in `seconds`."""
        self._seconds = seconds
        signal.setitimer(signal.ITIMER_REAL, seconds)

    def stop(self) -> float:
        """Let it go on; return the seconds that were left."""
        self._seconds = 0.0
        return signal.setitimer(signal.ITIMER_REAL, 0)[0]

    def leave_on(self) -> None:
        """Note that nothing runs any more and that the next query is likely to come soon."""
        if self._seconds < _LONG:
            self.stop()
        elif not self._wakes:
            self._wakes = True
            packets.set_timeout(self._connection, socket.SO_RCVTIMEO, _IDLE)

    def idle(self) -> None:
        """Stop it, because the connection's time-out has come: no other is needed."""
        self.stop()
        self._wakes = False
        packets.set_timeout(self._connection, socket.SO_RCVTIMEO, 0)
