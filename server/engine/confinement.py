"""What a process may do: kernel limits that need no privileges and cannot be taken back."""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import resource
import select
import signal
from collections.abc import Collection
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38
# Loaded at import: a worker that may open no file could not load it later.
_libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent(signal_number: int, parent: int) -> None:
    """Have the kernel send this process a signal when its parent ends; `parent` is that pid.

    The parent may have ended before this call: then the process ends at once.
    """
    if _libc.prctl(_PR_SET_PDEATHSIG, signal_number, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    if os.getppid() != parent:
        os._exit(1)


def end_with(pipe: int) -> None:
    """Have the kernel end this process when the other end of `pipe` is closed, from now on.

    For the time in which nobody can look at the pipe, because native code runs. The signal's
    default action is what ends the process.
    """
    signal.signal(signal.SIGIO, signal.SIG_DFL)
    fcntl.fcntl(pipe, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(pipe, fcntl.F_SETFL, fcntl.fcntl(pipe, fcntl.F_GETFL) | os.O_ASYNC)
    if select.select([pipe], [], [], 0)[0]:
        os._exit(1)


def look_at_the_pipe_again() -> None:
    """Undo `end_with`, for when somebody looks at the pipe: what was closed meanwhile is seen."""
    signal.signal(signal.SIGIO, signal.SIG_IGN)


def keep_only(descriptors: Collection[int]) -> None:
    """Close every file descriptor but the given ones, and standard input, output and error."""
    last = 3
    for descriptor in sorted(descriptors):
        os.closerange(last, descriptor)
        last = descriptor + 1
    os.closerange(last, resource.getrlimit(resource.RLIMIT_NOFILE)[0])


def silence_input() -> None:
    """Make standard input an empty file."""
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.close(null)


def end_first() -> None:
    """Have the kernel end this process before others when the machine runs out of memory."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("500", encoding="ascii")


def confine(memory_mb: int, descriptors: int = 0, *, later: int = 0) -> None:
    """Give up whatever a query does not need, for ever.

    No more than `descriptors` files or sockets can be open besides those that are now, nothing can
    be written to a file, no other program can gain privileges, and data memory may grow by
    `memory_mb` MB over what is mapped now. After `open_up` it is `later` descriptors.
    """
    numbers = _lowest_numbers(descriptors)
    reserve = max(numbers, _lowest_numbers(later))
    _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    memory = data_memory() + memory_mb * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (numbers, reserve))


def open_up() -> None:
    """Let this confined process open as many files and sockets as it was left for later."""
    reserve = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (reserve, reserve))


def _lowest_numbers(free: int) -> int:
    """Return the limit under which `free` descriptor numbers are not taken: 0 for none."""
    limit = 0
    while free > 0:
        free -= not _is_open(limit)
        limit += 1
    return limit


def _is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


def data_memory() -> int:
    """Return the bytes that count against RLIMIT_DATA."""
    return kilobytes("/proc/self/status", "VmData") * 1024


def kilobytes(path: str, name: str) -> int:
    """Return what the kernel says in a line `name` of a file below /proc. Raises OSError."""
    with Path(path).open(encoding="ascii") as lines:
        for line in lines:
            if line.startswith(f"{name}:"):
                return int(line.split()[1])
    raise OSError(f"no {name} in {path}")


def thread_count() -> int:
    """Return how many threads this process has, those of native libraries included."""
    return len(list(Path("/proc/self/task").iterdir()))


def restore_signals() -> None:
    """Let every signal that ends a worker act as the kernel's default does."""
    for number in (signal.SIGALRM, signal.SIGTERM, signal.SIGXCPU, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    # A terminal sends Ctrl-C to everyone; the host decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.set_wakeup_fd(-1)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
