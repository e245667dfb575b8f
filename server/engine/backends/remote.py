"""A SPARQL 1.1 store elsewhere, asked through SPARQLWrapper; Oxigraph writes what it answers.

Queries are parsed here first, so a syntax error is told as with any other engine, and translated to
the graphs of the release's generation. The store is asked for one form only, which Oxigraph reads
as a stream and rewrites into the form that the client wants.
"""

from __future__ import annotations

import http.client
import io
import re
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import IO, Any, Final

from pyoxigraph import Quad, QueryBoolean, QueryResultsFormat, RdfFormat, parse, serialize
from pyoxigraph import parse_query_results as parse_results
from SPARQLWrapper import CONSTRUCT, JSON, POST, SELECT, TURTLE, SPARQLWrapper
from SPARQLWrapper.SPARQLExceptions import (
    EndPointInternalError,
    QueryBadFormed,
    SPARQLWrapperException,
)

from publisher.push.generations import DEPTH, TRIPLES, Generation
from publisher.push.triple_store import Credentials, StoreError, TripleStore, opener, told
from publisher.release import Release
from publisher.remote import Remote as Settings
from server.engine.backends import Unavailable, oxigraph
from server.engine.backends.translation import Graphs, Translation, translate
from server.engine.packets import Request

_JSON: Final = "application/sparql-results+json"
_RDF: Final = {
    "application/n-triples": RdfFormat.N_TRIPLES,
    "text/plain": RdfFormat.N_TRIPLES,
    "text/turtle": RdfFormat.TURTLE,
}
_BLOCK: Final = 64 * 1024
#: For how long a generation that the store had is taken to be there.
_SEEN_SECONDS: Final = 1.0
#: A store's way to say that it gave less than all there is.
_CUT_OFF: Final = ("X-SPARQL-MaxRows", "X-SPARQL-Anytime")

# What Virtuoso 7 writes in JSON and the specification does not allow. Quotes in values are escaped,
# so neither can be part of one.
_NODE_ID: Final = re.compile(rb'("type":\s*"bnode",\s*"value":\s*")nodeID://')
_BOOLEAN: Final = re.compile(
    rb'("datatype":\s*"http://www\.w3\.org/2001/XMLSchema#boolean",\s*"value":\s*")([01])"'
)
_TRUTH: Final = {b"0": b'false"', b"1": b'true"'}
_GENERATION: Final = re.compile(r"urn:x-generation:[0-9a-f]+:")


class Remote:
    """Asks a store about one generation that it holds."""

    #: A connection to the store, and what looking up its name takes.
    descriptors = 4

    def __init__(self, settings: Settings, graphs: Graphs) -> None:
        self._settings = settings
        self._graphs = graphs
        self._credentials = Credentials.of_environment()
        # Certificates are read here: a confined worker may not.
        self._tls = ssl.create_default_context()
        self._seen = -_SEEN_SECONDS

    @classmethod
    def of(cls, release: Release, query: str | None) -> Remote:
        """Make sure that the store has the release.

        `query` is the address of queries, if not the one that the release says. Raises Unavailable.
        """
        if query is not None:
            settings = Settings(query)
        elif release.remote is not None:
            settings = release.remote
        else:
            raise Unavailable(
                "the release does not say where the store is; set 'query' in [remote] of "
                "publication.toml, or give --remote URL"
            )
        generation = Generation.of(release)
        try:
            store = TripleStore(settings, Credentials.of_environment())
            depth = _look_for(store, generation)
        except StoreError as error:
            raise Unavailable(str(error)) from None
        if depth is None:
            raise Unavailable(
                f"{settings.query} does not hold release {release.version} ({release.id}) as a "
                f"whole; run 'python -m publisher push --release {release.path}'"
            )
        graphs = Graphs(
            generation,
            frozenset(release.counts["graphs"]),
            depth,
            shared=release.default_graph == "merged",
            virtuoso=store.software.startswith("Virtuoso"),
        )
        return cls(settings, graphs)

    def open(self) -> None:
        """Set up how this process sends requests."""
        secure = urllib.request.HTTPSHandler(context=self._tls)
        urllib.request.install_opener(opener(self._settings, self._credentials, secure))

    def evaluate(self, request: Request, writer: IO[bytes]) -> None:
        """Ask the store, and write its answer in the form of the request.

        Raises SyntaxError; ValueError and RuntimeError for what cannot be evaluated; Unavailable;
        and what `writer` raises.
        """
        translation = translate(request, self._graphs)
        if translation.solutions is not None:
            self._ask(translation.solutions, "select", request.deadline).close()
        response = self._ask(translation.text, request.kind, request.deadline)
        with _Body(response) as body:
            self._make_sure(request.deadline)
            if request.kind == "graph":
                self._write_graph(body, request, writer)
            else:
                self._write_results(body, request, translation, writer)

    def check(self, text: str, base: str | None) -> None:
        """Parse a query. Raises SyntaxError."""
        oxigraph.check(text, base)

    def _make_sure(self, seconds: float) -> None:
        """Make sure that the store still had the generation when it answered. Raises Unavailable.

        One that was dropped for newer ones is an empty dataset to the store, and no error.
        """
        if time.monotonic() - self._seen < _SEEN_SECONDS:
            return
        generation = self._graphs.generation
        name = generation.inventory
        with _Body(
            self._ask(
                f"ASK FROM NAMED <{name}> "
                f"{{ GRAPH <{name}> {{ <{generation.iri}> <{TRIPLES}> ?n }} }}",
                "ask",
                seconds,
            )
        ) as body:
            source: Any = _Repaired(body)
            try:
                found = parse_results(source, format=QueryResultsFormat.JSON)
            except SyntaxError as error:
                raise Unavailable(f"the store does not say what it holds: {error}") from None
        if not (isinstance(found, QueryBoolean) and bool(found)):
            raise Unavailable(f"the store does not hold release {generation.release} any more")
        self._seen = time.monotonic()

    def _ask(self, text: str, kind: str, seconds: float) -> http.client.HTTPResponse:
        """Return the beginning of an answer, which is not known to be cut off.

        Raises RuntimeError and Unavailable.
        """
        wrapper = SPARQLWrapper(self._settings.query)
        wrapper.setMethod(POST)
        graph = kind == "graph"
        wrapper.setReturnFormat(TURTLE if graph else JSON)
        wrapper.setOnlyConneg(True)
        wrapper.setTimeout(max(1, int(seconds) + 1))
        accept = "application/n-triples, text/turtle;q=0.5" if graph else _JSON
        wrapper.addCustomHttpHeader("Accept", accept)
        # What setQuery would find out by looking for words.
        wrapper.queryString = text
        wrapper.queryType = CONSTRUCT if graph else SELECT
        try:
            response: http.client.HTTPResponse = wrapper.query().response
        except (QueryBadFormed, EndPointInternalError) as error:
            raise RuntimeError(_refusal(error)) from None
        except urllib.error.HTTPError as error:
            if error.code in (408, 429, 502, 503, 504):
                raise Unavailable(f"the store is busy or down ({error.code})") from None
            raise RuntimeError(_refusal(error)) from None
        except SPARQLWrapperException as error:
            raise Unavailable(told(error)) from None
        except (OSError, http.client.HTTPException) as error:
            raise Unavailable(f"the store does not answer: {told(error)}") from None
        for name in _CUT_OFF:
            if response.headers[name] is not None:
                response.close()
                raise RuntimeError(
                    f"the store cuts such answers off ({name}: {response.headers[name][:40]}); "
                    "ask for less"
                )
        return response

    def _write_results(
        self, body: _Body, request: Request, translation: Translation, writer: IO[bytes]
    ) -> None:
        form = oxigraph.results_format(request.form)
        try:
            source: Any = _Repaired(body)
            results = parse_results(source, format=QueryResultsFormat.JSON)
            if (request.kind == "ask") != isinstance(results, QueryBoolean):
                raise RuntimeError("the store answered something else than was asked")
            if translation.columns == () and not isinstance(results, QueryBoolean):
                rows = b",".join(b"{}" for _ in results)
                text = b'{"head":{"vars":[]},"results":{"bindings":[' + rows + b"]}}"
                results = parse_results(text, format=QueryResultsFormat.JSON)
            results.serialize(writer, form)
        except SyntaxError as error:
            raise RuntimeError(f"the answer of the store broke off or is wrong: {error}") from None
        body.finish()

    def _write_graph(self, body: _Body, request: Request, writer: IO[bytes]) -> None:
        form = _RDF.get(body.media_type)
        if form is None:
            raise RuntimeError(f"the store answered in {body.media_type[:60]}, which is not read")
        try:
            serialize(_triples(body, form), writer, format=oxigraph.rdf_format(request.form))
        except SyntaxError as error:
            raise RuntimeError(f"the answer of the store broke off or is wrong: {error}") from None


def _triples(body: _Body, form: RdfFormat) -> Iterator[Any]:
    """Yield triples; the end comes only if the body is whole."""
    source: Any = body
    for quad in parse(source, format=form):
        assert isinstance(quad, Quad)
        yield quad.triple
    body.finish()


class _Body(io.RawIOBase):
    """The body of an answer, read to its very end or not at all.

    http.client takes the end of the connection for that of the body, whatever its length was to be.
    """

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self._response = response
        self.media_type = response.headers.get_content_type()
        self._ends_safely = response.length is not None or bool(response.chunked)

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes. Raises RuntimeError if the answer breaks off."""
        try:
            block = self._response.read(_BLOCK if size is None or size < 0 else size)
        except (OSError, http.client.HTTPException) as error:
            raise RuntimeError(f"the answer of the store broke off: {error!r}") from None
        if not block and self._response.length:
            raise RuntimeError("the answer of the store broke off")
        return block

    def readable(self) -> bool:
        """Say yes."""
        return True

    def finish(self) -> None:
        """Make sure that nothing is missing. Raises RuntimeError."""
        while self.read(_BLOCK).strip():
            pass
        if not self._ends_safely and self.media_type in _RDF:
            raise RuntimeError("the store sends answers of which nobody can tell whether they end")

    def close(self) -> None:
        """Leave the connection: what the store still computes for it is of no use."""
        self._response.close()
        super().close()


class _Repaired:
    """JSON results as the specification has them, read from a body."""

    def __init__(self, body: _Body) -> None:
        self._body = body
        self._left = b""
        self._ready = b""
        self._ended = False

    def read(self, size: int = -1) -> bytes:
        """Return some bytes; nothing at the end."""
        while not self._ready and not self._ended:
            block = self._body.read(_BLOCK)
            self._ended = not block
            # No value that is repaired has a bracket in it, so it is not cut in two there.
            whole, bracket, self._left = (self._left + block).rpartition(b"}")
            if self._ended:
                whole, bracket, self._left = whole, bracket + self._left, b""
            text = whole + bracket
            text = _NODE_ID.sub(rb"\1", text)
            self._ready = _BOOLEAN.sub(lambda match: match[1] + _TRUTH[match[2]], text)
        if size is None or size < 0:
            size = len(self._ready)
        block, self._ready = self._ready[:size], self._ready[size:]
        return block


def _look_for(store: TripleStore, generation: Generation) -> int | None:
    """Return how deep the blank nodes of a complete generation stand; None if it is not there."""
    name = generation.inventory
    rows = store.select(
        f"SELECT ?p ?o FROM NAMED <{name}> {{ GRAPH <{name}> {{ <{generation.iri}> ?p ?o }} }}"
    )
    values = {row["p"]: row["o"] for row in rows}
    return int(values.get(DEPTH, 0)) if TRIPLES in values else None


def _refusal(error: Exception) -> str:
    """Return what the store says is wrong, without the names that only it knows."""
    return f"the store refuses the query: {_GENERATION.sub('', told(error))}"
