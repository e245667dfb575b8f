"""A filter of system calls, for workers that must still open files: reading, and nothing else.

It is what seccomp(2) calls a filter: a program of the kernel's packet filter, which sees the number
of a call and its plain arguments, holds for all threads, and cannot be taken back.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
from collections.abc import Iterable
from typing import Final

_PR_SET_NO_NEW_PRIVS: Final = 38
_SET_MODE_FILTER: Final = 1
_FOR_ALL_THREADS: Final = 1

# Instructions (linux/filter.h) and verdicts (linux/seccomp.h).
_LOAD: Final = 0x20
_JUMP_IF_EQUAL: Final = 0x15
_JUMP_IF_AT_LEAST: Final = 0x35
_JUMP_IF_BIT: Final = 0x45
_RETURN: Final = 0x06
_ALLOW: Final = 0x7FFF0000
_REFUSE: Final = 0x00050000 | errno.EPERM
# Where the number of the call, the architecture and the low half of an argument are.
_NUMBER: Final = 0
_ARCHITECTURE: Final = 4
_ARGUMENTS: Final = 16


#: Calls that reach out: their numbers for x86_64 (asm/unistd_64.h) and aarch64
#: (asm-generic/unistd.h); None where there is no such call.
_CALLING: Final = {
    "socket": (41, 198),
    "bind": (49, 200),
    "connect": (42, 203),
}
#: Calls that wait for others, start programs or change the tree of files.
_REFUSED: Final = {
    "socketpair": (53, 199),
    "listen": (50, 201),
    "io_uring_setup": (425, 425),
    "execve": (59, 221),
    "execveat": (322, 281),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "creat": (85, None),
    "openat2": (437, 437),
    "truncate": (76, 45),
    "ftruncate": (77, 46),
    "rename": (82, None),
    "renameat": (264, 38),
    "renameat2": (316, 276),
    "mkdir": (83, None),
    "mkdirat": (258, 34),
    "rmdir": (84, None),
    "link": (86, None),
    "linkat": (265, 37),
    "symlink": (88, None),
    "symlinkat": (266, 36),
    "unlink": (87, None),
    "unlinkat": (263, 35),
    "mknod": (133, None),
    "mknodat": (259, 33),
}
#: Calls that open a file, and the index of the argument that says how.
_OPENINGS: Final = {"open": (2, None, 1), "openat": (257, 56, 2)}
#: For each processor: its place in the tables, its name in filters, and the number of seccomp(2).
_PROCESSORS: Final = {"x86_64": (0, 0xC000003E, 317), "aarch64": (1, 0xC00000B7, 277)}

_libc = ctypes.CDLL(None, use_errno=True)


def refuse_all_but_reading(*, calling: bool = False) -> None:
    """Have the kernel refuse this process new sockets, programs and changes to files, for ever.

    With `calling` it may still connect to others.

    Raises OSError where the kernel or the processor has no such filter.
    """
    processor = _PROCESSORS.get(platform.machine())
    if processor is None:
        raise OSError(errno.ENOSYS, f"no filter of system calls for {platform.machine()}")
    column, architecture, seccomp = processor
    refused = _REFUSED if calling else {**_CALLING, **_REFUSED}
    program = _program(column, architecture, [numbers[column] for numbers in refused.values()])
    code = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("@HP", len(program) // 8, ctypes.addressof(code))
    _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if _libc.syscall(seccomp, _SET_MODE_FILTER, _FOR_ALL_THREADS, header) != 0:
        raise OSError(ctypes.get_errno(), f"seccomp: {os.strerror(ctypes.get_errno())}")


def _program(column: int, architecture: int, refused: Iterable[int | None]) -> bytes:
    """Return the filter: each check answers at once or falls through to the next."""
    writing = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
    parts = [
        _instruction(_LOAD, _ARCHITECTURE),
        _instruction(_JUMP_IF_EQUAL, architecture, 1, 0),
        _instruction(_RETURN, _REFUSE),
        _instruction(_LOAD, _NUMBER),
        # The second table of calls that x86_64 has (x32).
        _instruction(_JUMP_IF_AT_LEAST, 0x40000000, 0, 1),
        _instruction(_RETURN, _REFUSE),
    ]
    for number in refused:
        if number is not None:
            parts.append(_instruction(_JUMP_IF_EQUAL, number, 0, 1))
            parts.append(_instruction(_RETURN, _REFUSE))
    for *columns, argument in _OPENINGS.values():
        number = columns[column]
        if number is not None:
            parts += [
                _instruction(_JUMP_IF_EQUAL, number, 0, 4),
                _instruction(_LOAD, _ARGUMENTS + 8 * argument),
                _instruction(_JUMP_IF_BIT, writing, 0, 1),
                _instruction(_RETURN, _REFUSE),
                _instruction(_RETURN, _ALLOW),
            ]
    return b"".join([*parts, _instruction(_RETURN, _ALLOW)])


def _instruction(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)
