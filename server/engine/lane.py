"""A lane as the host sees it: a forked worker, and once it has one, its connection."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass

from server.engine import confinement


@dataclass(eq=False)
class Lane:
    """A worker and, once it has one, the host's duplicate of its connection."""

    index: int
    pid: int
    pidfd: int
    handoff: socket.socket
    connection: socket.socket | None = None
    slowed: bool = False
    retired: bool = False
    buried: bool = False

    def hand_over(self, connection: socket.socket) -> None:
        """Give the worker its connection. If it is dead already, its burial tells the client."""
        self.connection = connection
        with contextlib.suppress(OSError):
            socket.send_fds(self.handoff, [b"c"], [connection.fileno()])
        self.handoff.close()

    def signal(self, number: signal.Signals) -> None:
        """Send the worker a signal; by its pidfd, which never means another process."""
        if not self.buried:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self.pidfd, number)

    def bury(self) -> os.waitid_result | None:
        """Wait for the worker's end and return what is known of it."""
        status = os.waitid(os.P_PIDFD, self.pidfd, os.WEXITED)
        os.close(self.pidfd)
        self.handoff.close()
        self.buried = True
        return status


def fork(index: int, be_worker: Callable[[socket.socket, int], int]) -> Lane:
    """Fork a worker that waits for a connection; in it, call `be_worker` and end.

    Raises OSError if the system has no room for a process or its descriptors.
    """
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    host = os.getpid()
    # A signal to the worker before it has handlers of its own would reach the host by its alarm.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGTERM, signal.SIGINT))
    try:
        pid = os.fork()
    except OSError:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        ours.close()
        theirs.close()
        raise
    if pid == 0:
        code = 1
        try:
            confinement.restore_signals()
            confinement.die_with_parent(signal.SIGKILL, host)
            code = be_worker(theirs, index)
        except BaseException as error:
            print(f"query worker {os.getpid()} failed: {error!r}", file=sys.stderr, flush=True)
        finally:
            os._exit(code)
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
    theirs.close()
    try:
        pidfd = os.pidfd_open(pid)
    except OSError:
        ours.close()
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        raise
    return Lane(index, pid, pidfd, ours)


def receive_connection(handoff: socket.socket) -> socket.socket | None:
    """Wait in a worker for its connection; None if the host needs the worker no more."""
    _, descriptors, _, _ = socket.recv_fds(handoff, 1, 1)
    handoff.close()
    return socket.socket(fileno=descriptors[0]) if descriptors else None
