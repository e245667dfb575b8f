"""Content codings (RFC 9110, 8.4 and 12.5.3): text goes out compressed to those who can read it.

A compressed body is a representation of its own, so its strong entity tag is its own too: that of
the plain one with the name of the coding behind it. Answers to queries are left alone: they are
streamed from the event loop, where compressing would hold up everybody else.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable, Mapping

import brotli  # type: ignore[import-untyped]
from flask import Flask, Response, request

from server.service import current_service

#: What is smaller than this gains nothing, in bytes.
SMALLEST = 1024

#: In the order in which they are taken where a client likes them equally.
_CODINGS: Mapping[str, Callable[[bytes], bytes]] = {
    "br": lambda body: brotli.compress(body, quality=5),
    "gzip": lambda body: gzip.compress(body, 6, mtime=0),
}
_UNCODED = "/sparql"


def register(app: Flask) -> None:
    """Compress what `app` answers."""
    app.after_request(_encode)


def offered() -> bool:
    """Whether answers to the current request may be compressed."""
    return request.path != _UNCODED


def accepted() -> list[str]:
    """Return the codings that the client takes and likes no less than none, the best first."""
    header = request.headers.get("Accept-Encoding")
    if not header or not offered():
        return []
    wishes = request.accept_encodings
    plain = wishes.quality("identity") if "identity" in header.lower() else 0
    qualities = {coding: wishes.quality(coding) for coding in _CODINGS}
    found = [coding for coding, quality in qualities.items() if quality > 0 and quality >= plain]
    return sorted(found, key=lambda coding: -qualities[coding])


def tags(etag: str) -> list[str]:
    """Return the entity tags of all representations that this client may be sent, plain last."""
    return [*(f"{etag}-{coding}" for coding in accepted()), etag]


def _encode(response: Response) -> Response:
    """Compress a whole body that says by `Vary` that it may be."""
    if (
        response.status_code != 200
        or "Accept-Encoding" not in response.vary
        or "Content-Encoding" in response.headers
        or response.is_streamed
        or response.direct_passthrough
    ):
        return response
    body = response.get_data()
    codings = accepted()
    if len(body) < SMALLEST or not codings:
        return response
    coding = codings[0]
    key = (coding, hashlib.blake2b(body, digest_size=20).digest())
    etag, _ = response.get_etag()
    response.set_data(current_service().renderings.get(key, lambda: _CODINGS[coding](body)))
    response.headers["Content-Encoding"] = coding
    if etag is not None:
        response.set_etag(f"{etag}-{coding}")
    return response
