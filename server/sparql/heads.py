"""The heads of answers to queries: status and header fields, before anything is evaluated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from werkzeug.http import http_date

from server.http import caching, coding
from server.http.bridge import Event, Scope
from server.http.headers import COMMON
from server.service import Service
from server.sparql import protocol
from server.sparql.protocol import Operation

Fields = list[tuple[bytes, bytes]]


class Source(Enum):
    """Where an answer comes from, as Cache-Status says it (RFC 9211, 2)."""

    KEPT = "hit"
    EVALUATED = "fwd=miss"
    SHARED = "fwd=miss; collapsed"
    PASSING = "fwd=bypass"


_SOURCES: Final = {
    source: (b"cache-status", f"answers; {source.value}".encode()) for source in Source
}


@dataclass(frozen=True)
class Head:
    """The header fields of an answer in a content coding, None for none.

    `etag`, unquoted, is that of the plain answer; None where it has no validators.
    """

    fields: Fields
    etag: str | None
    coding: str | None = None

    def coded(self, coding: str | None) -> Head:
        """Return the head of the same answer in a content coding."""
        return Head(self.fields, self.etag, coding)

    def start(self, source: Source, length: int | None) -> Event:
        """Return the message that begins the answer, which has `length` bytes if that is known."""
        fields = [*self.fields, _SOURCES[source]]
        if self.etag is not None:
            fields.append((b"etag", b'"%s"' % coding.tag(self.etag, self.coding).encode()))
        if self.coding is not None:
            fields.append((b"content-encoding", self.coding.encode()))
        if length is not None:
            fields.append((b"content-length", b"%d" % length))
        return {"type": "http.response.start", "status": 200, "headers": fields}


class Heads:
    """Makes the heads of the answers from one release."""

    def __init__(self, service: Service) -> None:
        fixed = {**COMMON, "Vary": "Accept, Accept-Encoding"}
        released = http_date(service.release.released)
        self._service = service
        self._passing = _encoded({**fixed, "Cache-Control": "no-store"})
        self._lasting = _encoded(
            {**fixed, "Last-Modified": released, "Cache-Control": caching.REVALIDATE}
        )

    def of(self, scope: Scope, operation: Operation) -> Head:
        """Return the head of the answer to an operation."""
        fields = [(b"content-type", operation.content_type.encode())]
        if scope["method"] == "QUERY":
            fields += _encoded(operation.addresses(f"{scope.get('root_path', '')}/sparql"))
        if operation.query.volatile or scope["method"] not in protocol.CACHEABLE:
            return Head(fields + self._passing, None)
        etag = caching.entity_tag(operation.fingerprint(), self._service)
        return Head(fields + self._lasting, etag)

    def not_modified(self, etag: str) -> Event:
        """Return the message that begins a 304 (RFC 9110, 15.4.5)."""
        fields = [(b"etag", b'"%s"' % etag.encode()), *self._lasting]
        return {"type": "http.response.start", "status": 304, "headers": fields}


def _encoded(fields: Mapping[str, str]) -> Fields:
    return [(name.lower().encode(), value.encode()) for name, value in fields.items()]
