"""The wire format between web processes and query workers.

The connection is a Unix SOCK_SEQPACKET socket, so a message arrives whole or not at all, and a
worker that is killed can never leave half of one behind. A request is cut into pieces; an answer
is a row of packets that ends in exactly one of LAST, FAILURE and OBITUARY. Every packet starts
with its type and one byte of flags.
"""

from __future__ import annotations

import contextlib
import json
import marshal
import socket
import struct
import threading
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

#: Bytes of payload in one packet: enough to be cheap, and less than a socket's buffer holds.
PAYLOAD: Final = 64 * 1024
#: What a receiver must be ready to take.
LARGEST: Final = PAYLOAD + 16 * 1024

MORE: Final = ord("+")
REQUEST: Final = ord("Q")
DATA: Final = ord("D")
LAST: Final = ord("L")
FAILURE: Final = ord("F")
OBITUARY: Final = ord("O")

#: Flag of LAST and FAILURE: the worker leaves after this answer, so the connection ends too.
LEAVING: Final = 1

DATA_HEADER: Final = bytes((DATA, 0))

_room = threading.local()


class Request(NamedTuple):
    """One query as a worker gets it.

    `kind` is what the query must evaluate to ("select", "ask" or "graph"), `form` the media type to
    write. `default_graphs` and `named_graphs` are the dataset of the protocol request (None: not
    given); `own_dataset` says that the query text has FROM clauses. `deadline` is in seconds.
    `reserved` says that it is a look-up of the server's own, which may use the reserved slots,
    `federated` that it calls other endpoints, all of them allowed, `long` that it was found to take
    longer than the slots for short queries allow.
    """

    text: str
    kind: str
    form: str
    deadline: float
    own_dataset: bool = False
    default_graphs: tuple[str, ...] | None = None
    named_graphs: tuple[str, ...] | None = None
    base: str | None = None
    reserved: bool = False
    federated: bool = False
    long: bool = False


@dataclass(frozen=True)
class Obituary:
    """What the host writes when a worker has died.

    `started` is false if the worker had not begun to evaluate, so that asking again is harmless.
    """

    reason: str
    signal: int | None = None
    started: bool = True


def encode_request(request: Request) -> list[bytes]:
    """Return the packets of a request; almost always one."""
    # Both ends are the same program, and a worker trusts the web process it works for.
    body = marshal.dumps(tuple(request))
    last = (len(body) - 1) // PAYLOAD * PAYLOAD
    packets = [bytes((MORE, 0)) + body[at : at + PAYLOAD] for at in range(0, last, PAYLOAD)]
    packets.append(bytes((REQUEST, 0)) + body[last:])
    return packets


def decode_request(body: bytes | memoryview) -> Request:
    """Read the joined payloads of a request."""
    return Request._make(marshal.loads(body))  # noqa: S302


def set_timeout(connection: socket.socket, option: int, seconds: float) -> None:
    """Set a time-out of the kernel's: a Python one would cost a poll() before each call.

    `option` is SO_RCVTIMEO or SO_SNDTIMEO; when time is up, the call raises BlockingIOError.
    """
    value = struct.pack("ll", int(seconds), int(seconds % 1 * 1_000_000))
    connection.setsockopt(socket.SOL_SOCKET, option, value)


def receive(connection: socket.socket) -> bytes:
    """Return the next packet, or nothing at the end. Raises OSError as socket.recv() does.

    That would allocate room for the largest packet each time, which is slow for the allocator of a
    process whose memory is full of a graph: a fifth of a look-up.
    """
    try:
        room: memoryview = _room.view
    except AttributeError:
        room = _room.view = memoryview(bytearray(LARGEST))
    return bytes(room[: connection.recv_into(room)])


def receive_request(connection: socket.socket, room: memoryview) -> Request | None:
    """Wait for a request; None at the end of the connection.

    `room` holds LARGEST bytes. Raises BlockingIOError if nothing comes while the connection's
    time-out lasts.
    """
    count = connection.recv_into(room)
    pieces: list[bytes] = []
    while count:
        if room[0] == REQUEST:
            # Almost always the first: what there is need not be copied.
            body = b"".join((*pieces, room[2:count])) if pieces else room[2:count]
            return decode_request(body)
        pieces.append(bytes(room[2:count]))
        count = _next_piece(connection, room)
    return None


def _next_piece(connection: socket.socket, room: memoryview) -> int:
    while True:
        with contextlib.suppress(BlockingIOError):
            return connection.recv_into(room)


def encode_failure(name: str, *, leaving: bool = False, **details: object) -> bytes:
    """Return the packet that ends an answer with an error, whose name the client knows."""
    return bytes((FAILURE, LEAVING if leaving else 0)) + json.dumps([name, details]).encode()


def decode_failure(packet: bytes) -> tuple[str, dict[str, Any]]:
    """Return name and details of a FAILURE packet."""
    name, details = json.loads(packet[2:])
    return name, details


def encode_obituary(obituary: Obituary) -> bytes:
    """Return the last packet of a connection whose worker died."""
    head = [obituary.reason, obituary.signal, obituary.started]
    return bytes((OBITUARY, LEAVING)) + json.dumps(head).encode()


def decode_obituary(packet: bytes) -> Obituary:
    """Read an OBITUARY packet."""
    return Obituary(*json.loads(packet[2:]))
