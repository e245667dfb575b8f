"""The header fields of a request that matter to a query."""

from __future__ import annotations

from dataclasses import dataclass

from server.http.bridge import Scope


@dataclass
class Fields:
    """What a request says of itself; what it does not say is None or empty.

    `framed` says whether the end of the body is marked, `conditional` whether there are
    preconditions.
    """

    accept: str | None = None
    accept_encoding: str | None = None
    content_type: str = ""
    content_encoding: str = ""
    content_length: int | None = None
    framed: bool = False
    conditional: bool = False
    forwarded: tuple[str, ...] = ()

    @classmethod
    def of(cls, scope: Scope, forwarded: bytes) -> Fields:
        """Read the fields; `forwarded` is the name of the one in which proxies name clients."""
        fields = cls()
        for name, value in scope["headers"]:
            if name == b"accept":
                text = value.decode("latin-1")
                fields.accept = text if fields.accept is None else f"{fields.accept},{text}"
            elif name == b"accept-encoding":
                text, former = value.decode("latin-1"), fields.accept_encoding
                fields.accept_encoding = text if former is None else f"{former},{text}"
            elif name == b"content-type":
                fields.content_type = value.decode("latin-1")
            elif name == b"content-encoding":
                fields.content_encoding = value.decode("latin-1")
            elif name == b"content-length" and value.isdigit():
                fields.content_length = int(value)
                fields.framed = True
            elif name == b"transfer-encoding":
                fields.framed = True
            elif name == forwarded:
                fields.forwarded += (value.decode("latin-1"),)
            elif name.startswith(b"if-"):
                fields.conditional = True
        return fields
