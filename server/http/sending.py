"""How much of an answer the kernel takes before its reader has taken some."""

from __future__ import annotations

import contextlib
import os
import socket
import stat
from pathlib import Path
from typing import Final

#: Bytes that may wait in the kernel to be sent on one connection. Left alone, it takes megabytes,
#: and asks for more only when a third of them are gone: a reader of 10 Mbit/s then looks like one
#: who has stopped, and each that has stopped costs megabytes.
_UNSENT: Final = 256 * 1024


def keep_little_unsent() -> None:
    """Bound what waits to be sent on each connection of this process.

    Connections inherit it from the socket that listens, which is the HTTP server's own: it is
    found among the descriptors. Call it once that socket is there.
    """
    for name in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            descriptor = int(name.name)
            if not stat.S_ISSOCK(os.fstat(descriptor).st_mode):
                continue
            with socket.socket(fileno=os.dup(descriptor)) as copy:
                if copy.family in (socket.AF_INET, socket.AF_INET6):
                    copy.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, _UNSENT)
