"""A SPARQL 1.1 store for tests: Oxigraph behind HTTP, which can be told to misbehave."""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pyoxigraph as ox

USER, PASSWORD = "dba", "dba"
_RESULTS = ox.QueryResultsFormat.JSON
_RDF = ox.RdfFormat.N_TRIPLES


class OxigraphStore:
    """A store on the loopback: `/query`, `/update` (with a password) and `/graph`."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.store = ox.Store()
        self.updates: list[str] = []
        self.queries: list[str] = []
        #: How many requests to change something are done before all further ones fail.
        self.patience = 1_000_000
        #: Sent with every answer to a query.
        self.headers: dict[str, str] = {}
        #: Bytes at the end of each answer that are promised and never sent.
        self.missing = 0
        #: Without a length, the end of the connection is that of the answer.
        self.length = True
        self.status = 200
        self.delay = 0.0
        self.body: bytes | None = None

    @property
    def query(self) -> str:
        """Where it answers queries."""
        return f"http://127.0.0.1:{self.port}/query"

    @property
    def addresses(self) -> list[str]:
        """The options of `publisher push` for it."""
        base = f"http://127.0.0.1:{self.port}"
        return [
            *("--query", self.query),
            *("--update", f"{base}/update"),
            *("--graph-store", f"{base}/graph"),
        ]

    def count(self, graph: str) -> int:
        """Return how many triples a graph has."""
        return len(list(self.store.quads_for_pattern(None, None, None, ox.NamedNode(graph))))

    def answer(self, text: str) -> tuple[str, bytes]:
        """Return the media type and the bytes of the answer to a query."""
        self.queries.append(text)
        time.sleep(self.delay)
        results = self.store.query(text)
        if isinstance(results, ox.QueryTriples):
            body, kind = results.serialize(format=_RDF), "application/n-triples"
        else:
            assert isinstance(results, ox.QuerySolutions | ox.QueryBoolean)
            body, kind = results.serialize(format=_RESULTS), "application/sparql-results+json"
        assert body is not None
        if self.body is None or isinstance(results, ox.QueryBoolean):
            return kind, body
        return kind, self.body

    def change(self, text: str) -> None:
        """Do an update."""
        self._be_patient()
        self.updates.append(text)
        self.store.update(text)

    def load(self, graph: str, data: bytes, *, replace: bool) -> None:
        """Add triples to a graph, or put them in the place of what it has."""
        self._be_patient()
        name = ox.NamedNode(graph)
        if replace:
            self.store.remove_graph(name)
        self.store.load(data, format=_RDF, to_graph=name)

    def _be_patient(self) -> None:
        if self.patience == 0:
            raise RuntimeError("no more")
        self.patience -= 1


@contextmanager
def running() -> Iterator[OxigraphStore]:
    """Start an empty store."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        server.daemon_threads = True
        store = OxigraphStore(server.server_port)
        server.RequestHandlerClass = type("Handler", (_Handler,), {"site": store})
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield store
        finally:
            server.shutdown()
            thread.join(10)


class _Handler(BaseHTTPRequestHandler):
    site: OxigraphStore

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if urlsplit(self.path).path == "/query":
            self._query(parse_qs(body.decode())["query"][0])
        elif not self._is_known():
            self._send(401, b"who are you?", {"WWW-Authenticate": 'Basic realm="store"'})
        else:
            self._change(body)

    def do_PUT(self) -> None:
        self.do_POST()

    def do_GET(self) -> None:
        if self._is_known():
            self._send(404, b"no such graph")
        else:
            self._send(401, b"who are you?", {"WWW-Authenticate": 'Basic realm="store"'})

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _is_known(self) -> bool:
        expected = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        return self.headers["Authorization"] == f"Basic {expected}"

    def _query(self, text: str) -> None:
        if self.site.status != 200:
            self._send(self.site.status, b"Trouble at line 1\nin urn:x-generation:00:x")
            return
        try:
            kind, body = self.site.answer(text)
        except (SyntaxError, ValueError, RuntimeError) as error:
            self._send(400, str(error).encode())
            return
        self.send_response(200)
        self.send_header("Content-Type", kind)
        if self.site.length:
            self.send_header("Content-Length", str(len(body) + self.site.missing))
        for name, value in self.site.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True

    def _change(self, body: bytes) -> None:
        address = urlsplit(self.path)
        try:
            if address.path == "/update":
                self.site.change(parse_qs(body.decode())["update"][0])
            else:
                graph = parse_qs(address.query)["graph"][0]
                self.site.load(graph, body, replace=self.command == "PUT")
        except (SyntaxError, ValueError, RuntimeError) as error:
            self._send(500, str(error).encode())
            return
        self._send(204, b"")

    def _send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
