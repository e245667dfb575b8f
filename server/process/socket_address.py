"""The address at which a server listens."""

from __future__ import annotations

import errno
import socket
from dataclasses import dataclass


@dataclass(frozen=True)
class SocketAddress:
    """A host, by its name or IP address, and a port."""

    host: str
    port: int

    @property
    def url(self) -> str:
        """The URL of a server that listens here."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}/"

    @property
    def reachable(self) -> str:
        """The host under which this machine reaches a server that listens here."""
        return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104

    def taken(self) -> str | None:
        """Return why nobody can listen here, or None."""
        try:
            family, kind, protocol, _, address = socket.getaddrinfo(
                self.host, self.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
            )[0]
            with socket.socket(family, kind, protocol) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(address)
                probe.listen(1)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return "another program listens there; choose another port with --port"
            return str(error.strerror or error)
        return None
