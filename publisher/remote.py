"""The `[remote]` table of publication.toml: the SPARQL 1.1 store that holds the releases."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from urllib.parse import urlsplit

_HOST_AND_PORT = re.compile(r"[A-Za-z0-9_.:\[\]-]+:[0-9]{1,5}")


class RemoteError(ValueError):
    """A value of the table that cannot be used."""


@dataclass(frozen=True)
class Remote:
    """Where a store listens.

    `query`, `update` and `graph_store` are the addresses of SPARQL 1.1 Query, Update and of the
    Graph Store HTTP Protocol. `isql` (host:port) and `load_directory` are for Virtuoso's bulk
    loader: where its SQL port is, and a directory that this program writes and Virtuoso reads.
    """

    query: str
    update: str | None = None
    graph_store: str | None = None
    isql: str | None = None
    load_directory: str | None = None

    @classmethod
    def from_mapping(cls, values: Mapping[str, object]) -> Remote:
        """Read the table. Raises RemoteError, which names the key."""
        known = [field.name for field in fields(cls)]
        texts: dict[str, str] = {}
        for key, value in values.items():
            if key not in known:
                raise RemoteError(f"unknown key '{key}'; there are: {', '.join(known)}")
            if not isinstance(value, str) or not value:
                raise RemoteError(f"'{key}' is {value!r}; write a text")
            texts[key] = value
        for key in ("query", "update", "graph_store"):
            if key in texts:
                check_address(key, texts[key])
        if "isql" in texts and not _HOST_AND_PORT.fullmatch(texts["isql"]):
            raise RemoteError(f"'isql' is {texts['isql']!r}; write host:port, as in localhost:1111")
        if "query" not in texts:
            raise RemoteError("'query' is missing: the address that answers SPARQL queries")
        return cls(**texts)

    def as_mapping(self) -> dict[str, str]:
        """Return what is set, for the manifest."""
        return {key: value for key, value in asdict(self).items() if value is not None}


def check_address(key: str, address: str) -> str:
    """Return an http(s) address that carries no credentials. Raises RemoteError."""
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname or re.search(r"\s", address):
        raise RemoteError(f"'{key}' is {address!r}; write an http(s) address")
    if parts.username is not None or parts.password is not None:
        raise RemoteError(
            f"'{key}' has credentials in it; give them as SPARQL_STORE_USER and "
            "SPARQL_STORE_PASSWORD in the environment"
        )
    return address
