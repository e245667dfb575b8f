"""Byte ranges (RFC 9110, 14): which part of a file a request asks for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from werkzeug.datastructures import Headers
from werkzeug.http import parse_date, parse_range_header, unquote_etag

_BLOCK = 1 << 18  # bytes that are read at a time


@dataclass(frozen=True)
class ByteRange:
    """The bytes from `start` up to, not with, `stop`."""

    start: int
    stop: int


class Unsatisfiable(Exception):
    """The range lies behind the end: 416."""


def requested_range(
    headers: Headers, length: int, etag: str, modified: datetime
) -> ByteRange | None:
    """Return the part of a file of `length` bytes that a GET asks for, or None for the whole.

    The whole is also the answer to units other than bytes, to a malformed field (RFC 9110, 14.2),
    to several ranges at once, which a server may decline, and where If-Range names another
    representation (13.1.5). Raises Unsatisfiable. Werkzeug's own handling answers 416 to the first
    and the third, and ranges to HEAD.
    """
    wanted = parse_range_header(headers.get("Range"))
    if wanted is None or wanted.units != "bytes" or len(wanted.ranges) != 1 or length == 0:
        return None
    if not _still_the_same(headers.get("If-Range"), etag, modified):
        return None
    start, stop = wanted.ranges[0]
    if start < 0:
        return ByteRange(max(0, length + start), length)
    if start >= length:
        raise Unsatisfiable
    return ByteRange(start, length if stop is None else min(stop, length))


def _still_the_same(if_range: str | None, etag: str, modified: datetime) -> bool:
    """Compare If-Range by the strong comparison; a date must be exactly that of Last-Modified."""
    if if_range is None:
        return True
    if if_range.startswith(('"', "W/")):
        tag, weak = unquote_etag(if_range)
        return not weak and tag == etag
    return parse_date(if_range) == modified.replace(microsecond=0)


def blocks(path: Path, part: ByteRange) -> Iterator[bytes]:
    """Yield a part of a file."""
    with path.open("rb") as file:
        file.seek(part.start)
        left = part.stop - part.start
        while left > 0 and (block := file.read(min(_BLOCK, left))):
            left -= len(block)
            yield block
