"""A SPARQL 1.1 store over HTTP, as one who loads data into it sees it.

Queries and updates go through SPARQLWrapper, graphs by the SPARQL 1.1 Graph Store HTTP Protocol.
Credentials come from the environment alone.
"""

from __future__ import annotations

import ast
import contextlib
import http.client
import os
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from SPARQLWrapper import INSERT, JSON, POST, SELECT, SPARQLWrapper
from SPARQLWrapper.SPARQLExceptions import SPARQLWrapperException

from publisher.remote import Remote

USER: Final = "SPARQL_STORE_USER"
PASSWORD: Final = "SPARQL_STORE_PASSWORD"  # noqa: S105
#: How long the store may take for one request, in seconds: counting a billion triples takes some.
_SECONDS: Final = 3600
#: How often triples are sent to a store that breaks the connection off.
_ATTEMPTS: Final = 3


class StoreError(Exception):
    """The store does not answer, or refuses; the text says what was asked and what it said."""


@dataclass(frozen=True)
class Credentials:
    """Who this program is to the store; sent when the store asks, by Digest or Basic."""

    user: str
    password: str

    @classmethod
    def of_environment(cls) -> Credentials | None:
        """Return what SPARQL_STORE_USER and SPARQL_STORE_PASSWORD say. Raises StoreError."""
        user, password = os.environ.get(USER), os.environ.get(PASSWORD)
        if not user and not password:
            return None
        if not user or not password:
            raise StoreError(f"of {USER} and {PASSWORD}, one is missing in the environment")
        return cls(user, password)


class TripleStore:
    """A store that takes queries, updates and graphs."""

    def __init__(self, remote: Remote, credentials: Credentials | None = None) -> None:
        self.remote = remote
        self.credentials = credentials
        #: What the store calls itself, as far as it has answered.
        self.software = ""
        self._opener = opener(remote, credentials)
        self._introduced = False

    def select(self, query: str) -> list[dict[str, str]]:
        """Return the solutions of a query, each term as its value. Raises StoreError."""
        answer = self._ask(self.remote.query, query, SELECT)
        self.software = answer.response.headers["Server"] or ""
        try:
            rows = answer.convert()["results"]["bindings"]
        except (ValueError, KeyError, TypeError, OSError, http.client.HTTPException) as error:
            raise StoreError(f"{self.remote.query}: not SPARQL results: {error!r}") from None
        return [{name: term["value"] for name, term in row.items()} for row in rows]

    def count(self, graph: str) -> int:
        """Return how many triples a graph has; 0 if there is no such graph."""
        rows = self.select(
            f"SELECT (COUNT(*) AS ?n) FROM NAMED <{graph}> {{ GRAPH <{graph}> {{ ?s ?p ?o }} }}"
        )
        return int(float(rows[0]["n"])) if rows else 0

    def update(self, text: str) -> None:
        """Do a SPARQL Update. Raises StoreError."""
        if self.remote.update is None:
            raise StoreError("the store has no address for updates; set 'update' in [remote]")
        answer = self._ask(self.remote.update, text, INSERT)
        try:
            answer.response.read()
        except (OSError, http.client.HTTPException) as error:
            raise StoreError(f"{self.remote.update}: {error}") from None

    def put(self, graph: str, n_triples: bytes) -> None:
        """Make triples all that a graph has. Raises StoreError."""
        self._graph_store("PUT", graph, n_triples)

    def add(self, graph: str, n_triples: bytes) -> None:
        """Add triples to a graph. Raises StoreError."""
        self._graph_store("POST", graph, n_triples)

    def drop(self, graph: str) -> None:
        """Remove a graph; nothing happens if there is none. Raises StoreError."""
        self.update(f"DROP SILENT GRAPH <{graph}>")

    def _graph_store(self, method: str, graph: str, data: bytes) -> None:
        if self.remote.graph_store is None:
            raise StoreError("the store has no address for graphs; set 'graph_store' in [remote]")
        address = f"{self.remote.graph_store}?{urlencode({'graph': graph})}"
        for attempt in range(_ATTEMPTS):
            if not self._introduced:
                self._introduce()
            request = urllib.request.Request(  # noqa: S310
                address, data, {"Content-Type": "application/n-triples"}, method=method
            )
            try:
                with self._opener.open(request, timeout=_SECONDS) as response:
                    response.read()
                    return
            except (OSError, http.client.HTTPException) as error:
                # What a PUT or POST of triples adds is the same after a second one.
                broken = isinstance(error, urllib.error.URLError) and isinstance(
                    error.reason, ConnectionError
                )
                if not broken or attempt == _ATTEMPTS - 1:
                    raise StoreError(f"{method} {address}: {told(error)}") from None
                self._introduced = False

    def _introduce(self) -> None:
        """Have the store ask who this is by a request without a body, and answer it."""
        self._introduced = True
        if self.credentials is None or self.remote.graph_store is None:
            return
        address = f"{self.remote.graph_store}?{urlencode({'graph': 'urn:x-generation:nothing'})}"
        with contextlib.suppress(urllib.error.HTTPError):
            try:
                self._opener.open(address, timeout=_SECONDS).close()
            except urllib.error.HTTPError:
                raise
            except (OSError, http.client.HTTPException) as error:
                raise StoreError(f"{address}: {told(error)}") from None

    def _ask(self, address: str, text: str, kind: str) -> Any:
        wrapper = SPARQLWrapper(address)
        wrapper.setTimeout(_SECONDS)
        wrapper.setMethod(POST)
        wrapper.setReturnFormat(JSON)
        wrapper.setOnlyConneg(True)
        # What setQuery would find out by looking for words, which takes long for long texts.
        wrapper.queryString, wrapper.queryType = text, kind
        # SPARQLWrapper asks by urllib's installed opener, which knows how to answer challenges.
        try:
            with _installed(self._opener):
                return wrapper.query()
        except (OSError, SPARQLWrapperException, http.client.HTTPException) as error:
            raise StoreError(f"{address}: {told(error)}") from None


@contextlib.contextmanager
def _installed(opener: urllib.request.OpenerDirector) -> Iterator[None]:
    """Make `opener` the one behind urlopen(), for as long as the context lasts."""
    before = urllib.request._opener  # type: ignore[attr-defined]
    urllib.request.install_opener(opener)
    try:
        yield
    finally:
        urllib.request.install_opener(before)


def opener(
    remote: Remote, credentials: Credentials | None, *more: urllib.request.BaseHandler
) -> urllib.request.OpenerDirector:
    """Return what sends requests to a store: it answers challenges, and follows no redirect."""
    handlers: list[urllib.request.BaseHandler] = [_NoRedirect(), *more]
    if credentials is not None:
        passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
        for address in (remote.query, remote.update, remote.graph_store):
            if address is not None:
                passwords.add_password(None, address, credentials.user, credentials.password)
        handlers.append(_Digest(passwords))
        handlers.append(urllib.request.HTTPBasicAuthHandler(passwords))
    return urllib.request.build_opener(*handlers)


class _Digest(urllib.request.HTTPDigestAuthHandler):
    """Answers a challenge before it is asked again.

    A store that refuses a request closes the connection in the middle of a long body.
    """

    def __init__(self, passwords: urllib.request.HTTPPasswordMgr) -> None:
        super().__init__(passwords)
        self._challenges: dict[str, dict[str, str]] = {}

    def get_authorization(self, request: Any, challenge: Mapping[str, str]) -> str:
        self._challenges[_place(request)] = dict(challenge)
        return super().get_authorization(request, challenge) or ""

    def http_request(self, request: urllib.request.Request) -> urllib.request.Request:
        challenge = self._challenges.get(_place(request))
        if challenge is not None and not request.has_header(self.auth_header):
            answer = self.get_authorization(request, challenge)
            request.add_unredirected_header(self.auth_header, f"Digest {answer}")
        return request

    https_request = http_request


def _place(request: urllib.request.Request) -> str:
    return f"{request.host}{request.selector.partition('?')[0]}"


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Follows nothing: data and credentials go where they were told to go."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def told(error: BaseException) -> str:
    """Return in one line what a store said when it refused."""
    if isinstance(error, urllib.error.HTTPError):
        said = error.read(2000).decode("utf-8", "replace") if error.fp else ""
        status = f"{error.code} {error.reason}"
        return f"{status}: {first_line(said)}" if said.strip() else status
    if isinstance(error, SPARQLWrapperException):
        # Its text holds the representation of the bytes that came.
        literal = str(error).partition("Response:\n")[2]
        said = ast.literal_eval(literal).decode("utf-8", "replace") if literal else ""
        return f"{error.msg}: {first_line(said)}" if said.strip() else error.msg
    return str(getattr(error, "reason", None) or error) or repr(error)


def first_line(text: str) -> str:
    """Return the first line that says something, cut to 300 characters."""
    return next((line.strip() for line in text.splitlines() if line.strip()), "")[:300]
