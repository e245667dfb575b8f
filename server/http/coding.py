"""Content codings (RFC 9110, 8.4 and 12.5.3): text goes out compressed to those who can read it.

A compressed body is a representation of its own, so its strong entity tag is its own too: that of
the plain one with the name of the coding behind it. Tags are strong, so a coded body must depend
on nothing but the plain one: answers to queries, which may be made piece by piece, are compressed
in one way however they are cut. That is done on the event loop, hence quickly.
"""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Final

import brotli  # type: ignore[import-untyped]
from flask import Flask, Response, request
from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header

from server.service import current_service

#: What is smaller than this gains nothing, in bytes.
SMALLEST = 1024

#: In the order in which they are taken where a client likes them equally.
_CODINGS: Mapping[str, Callable[[bytes], bytes]] = {
    "br": lambda body: brotli.compress(body, quality=5),
    "gzip": lambda body: gzip.compress(body, 6, mtime=0),
}
GZIP: Final = "gzip"
#: Ten times as fast as the above, for a tenth more bytes: for what is compressed in a hurry.
_QUICK: Mapping[str, Callable[[bytes], bytes]] = {
    "br": lambda body: brotli.compress(body, quality=1),
    GZIP: lambda body: GzipStream().end(body),
}
_IN_A_HURRY = "/sparql"
#: Files that are worth compressing, up to so many bytes.
_TEXTS: Final = ("text/", "application/javascript", "application/json", "image/svg+xml")
_LARGEST_FILE: Final = 8 * 1024 * 1024


def register(app: Flask) -> None:
    """Compress what `app` answers."""
    app.after_request(_encode)


class GzipStream:
    """Compresses a body piece by piece: the same bytes however it is cut."""

    def __init__(self) -> None:
        # 31: a window of 32 kB in the gzip format, whose header then has no time.
        self._compressor = zlib.compressobj(1, zlib.DEFLATED, 31)

    def add(self, data: bytes) -> bytes:
        """Take a piece; return what there is to send, which may be nothing yet."""
        return self._compressor.compress(data)

    def end(self, data: bytes = b"") -> bytes:
        """Take the last piece; return the rest."""
        return self._compressor.compress(data) + self._compressor.flush()


def quickly(coding: str, body: bytes) -> bytes:
    """Compress a body with little effort: 4 to 7 ms a megabyte at most."""
    return _QUICK[coding](body)


def accepted(header: str | None) -> tuple[str, ...]:
    """Return the codings that a client takes and likes no less than none, the best first.

    `header` is the value of its Accept-Encoding.
    """
    if not header:
        return ()
    return _accepted(header) if len(header) < _LONG else _accepted.__wrapped__(header)


#: Values of a header with more characters are not worth remembering.
_LONG: Final = 200


@lru_cache(maxsize=256)
def _accepted(header: str) -> tuple[str, ...]:
    wishes = parse_accept_header(header, Accept)
    plain = wishes.quality("identity") if "identity" in header.lower() else 0
    qualities = {coding: wishes.quality(coding) for coding in _CODINGS}
    found = [coding for coding, quality in qualities.items() if quality > 0 and quality >= plain]
    return tuple(sorted(found, key=lambda coding: -qualities[coding]))


def tag(etag: str, coding: str | None) -> str:
    """Return the entity tag of a representation from that of the plain one."""
    return etag if coding is None else f"{etag}-{coding}"


def tags(etag: str, codings: Sequence[str]) -> list[str]:
    """Return the entity tags of all representations that a client may be sent, plain last."""
    return [tag(etag, coding) for coding in (*codings, None)]


def _encode(response: Response) -> Response:
    """Compress a whole body that says by `Vary` that it may be, or is a file of text."""
    # A 304 says nothing of the type any more.
    told = response.status_code == 304 or (response.mimetype or "").startswith(_TEXTS)
    is_file = response.direct_passthrough and told
    if is_file:
        response.vary.add("Accept-Encoding")
        is_file = (response.content_length or 0) <= _LARGEST_FILE
    if (
        response.status_code != 200
        or "Accept-Encoding" not in response.vary
        or "Content-Encoding" in response.headers
        or ((response.is_streamed or response.direct_passthrough) and not is_file)
    ):
        return response
    codings = accepted(request.headers.get("Accept-Encoding"))
    if not codings:
        return response
    response.direct_passthrough = False
    body = response.get_data()
    if len(body) < SMALLEST:
        return response
    coding = codings[0]
    encode = (_QUICK if request.path == _IN_A_HURRY else _CODINGS)[coding]
    key = (encode, hashlib.blake2b(body, digest_size=20).digest())
    etag, _ = response.get_etag()
    response.set_data(current_service().renderings.get(key, lambda: encode(body)))
    response.headers["Content-Encoding"] = coding
    if etag is not None:
        response.set_etag(tag(etag, coding))
    if is_file:
        # Whoever sends a file has compared the conditions of the request with the plain one.
        response.make_conditional(request)
    return response
