"""What the clients of the chaos test send: good requests with their right answers, hostile ones."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, urlencode

import pyoxigraph as ox

from publisher.release import Release
from tests import large
from tests.engine.conftest import CRASHING, ENDLESS, GREEDY, ROWS

JSON: Final = "application/sparql-results+json"
TSV: Final = "text/tab-separated-values"
NT: Final = "application/n-triples"
QUERY: Final = "application/sparql-query"
FORM: Final = "application/x-www-form-urlencoded"
_BASE: Final = large.BASE
_LABEL: Final = f"<{large.LABEL}>"

#: What any request may be told while workers, engine and web processes are killed.
UNLUCKY: Final = frozenset(("busy", "worker-crashed", "engine-unavailable"))


@dataclass(frozen=True)
class Sent:
    """A request, and what may come back.

    A good one has the canonical `right` answer. A hostile one has the kinds of problem that answer
    it; "aborted" and "closed" stand for an answer that breaks off and for none at all. `raw` is
    sent as it stands instead; `leaves_after` is how many bytes of the answer are read before the
    connection is closed (None: all).
    """

    kind: str
    method: str = "GET"
    path: str = "/sparql"
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    right: object = None
    problems: frozenset[str] = frozenset()
    raw: bytes = b""
    leaves_after: int | None = None

    @property
    def hostile(self) -> bool:
        """Whether it is none of the good ones."""
        return self.kind in HOSTILE


def canonical(form: str, body: bytes) -> object:
    """Return an answer in a form that does not depend on the order of its rows."""
    if form == JSON:
        answer = json.loads(body)
        rows = answer.get("results", {}).get("bindings")
        if rows is None:
            return answer["boolean"]
        return sorted(json.dumps(row, sort_keys=True) for row in rows)
    return sorted(body.splitlines())


class Traffic:
    """An endless row of requests over one release, one in ten of them hostile."""

    def __init__(self, release: Release, seed: object) -> None:
        self._draw = random.Random(seed)
        self._store = ox.Store()
        self._store.bulk_load(path=release.dataset_path, format=ox.RdfFormat.N_QUADS)
        self._things = release.counts["things"]
        self._query_kb = release.limits.query_kb
        self._good = [self._right(query, form) for query, form in self._queries()]

    def requests(self, number: int) -> Iterator[Sent]:
        """Yield requests; every hostile kind has its turn."""
        hostile = itertools.cycle(self._draw.sample(list(HOSTILE), len(HOSTILE)))
        for index in range(number):
            if index % 10 == 5:
                kind = next(hostile)
                yield HOSTILE[kind](self._draw, self._query_kb)
            else:
                yield self._asked(*self._draw.choice(self._good))

    def _queries(self) -> Iterator[tuple[str, str]]:
        for number in range(25):
            thing = f"<{_BASE}id/thing/t{number * 19}>"
            yield f"SELECT ?p ?o {{ {thing} ?p ?o }}", JSON
            yield f"SELECT ?label {{ {thing} <{_BASE}ontology#next>/{_LABEL} ?label }}", TSV
        for kind in range(7):
            of_kind = f"?thing <{_BASE}ontology#kind> <{_BASE}id/kind/k{kind}>"
            size = f"<{_BASE}ontology#size> ?size"
            yield f"SELECT ?thing {{ {of_kind} ; {size} FILTER(?size > 40) }}", TSV
            yield f"SELECT (SUM(?size) AS ?all) {{ {of_kind} ; {size} }}", JSON
            yield f"ASK {{ {of_kind} ; {size} FILTER(?size = {kind}) }}", JSON
            yield f"CONSTRUCT {{ {of_kind} }} WHERE {{ {of_kind} ; {size} FILTER(?size < 9) }}", NT
        yield "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }", TSV
        yield "SELECT ?p (COUNT(*) AS ?n) { ?s ?p ?o } GROUP BY ?p", JSON
        yield f'SELECT ?s {{ ?s {_LABEL} ?l FILTER(CONTAINS(?l, "number 12")) }}', TSV
        # 1.6 MB, so that some are under way when a process is killed.
        yield "SELECT ?n ?s ?p ?o { VALUES ?n { 0 1 2 3 4 5 6 } ?s ?p ?o }", TSV

    def _right(self, query: str, form: str) -> tuple[str, str, object]:
        results = self._store.query(query, use_default_graph_as_union=True)
        if isinstance(results, ox.QueryTriples):
            data = results.serialize(format=ox.RdfFormat.N_TRIPLES)
        else:
            formats = {JSON: ox.QueryResultsFormat.JSON, TSV: ox.QueryResultsFormat.TSV}
            data = results.serialize(format=formats[form])
        assert data is not None
        return query, form, canonical(form, data)

    def _asked(self, query: str, form: str, right: object) -> Sent:
        headers = {"Accept": form}
        form_body = urlencode({"query": query}).encode()
        ways: list[Callable[[], Sent]] = [
            lambda: Sent("GET", path=f"/sparql?query={quote(query)}", headers=headers, right=right),
            lambda: Sent(
                "POST",
                "POST",
                headers={**headers, "Content-Type": QUERY},
                body=query.encode(),
                right=right,
            ),
            lambda: Sent(
                "POST of a form",
                "POST",
                headers={**headers, "Content-Type": FORM},
                body=form_body,
                right=right,
            ),
        ]
        return self._draw.choice(ways)()


def _posted(kind: str, query: str, *problems: str, **more: Any) -> Sent:
    headers = {"Content-Type": QUERY, "Accept": "*/*"}
    return Sent(
        kind, "POST", headers=headers, body=query.encode(), problems=frozenset(problems), **more
    )


_SERVICES: Final = (
    "SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }",
    "SELECT * { service silent <http://127.0.0.1:1/> { ?s ?p ?o } }",
    "SELECT * { \\u0053ERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }",
    "SELECT * { SERVICE# a comment\n<http://127.0.0.1:1/> { ?s ?p ?o } }",
    "ASK { FILTER EXISTS { { SELECT * { SERVICE <http://127.0.0.1:1/> {} } } } }",
    "PREFIX : <http://127.0.0.1:1/> PREFIX SERVICE: <x:> ASK { SERVICE:y {} }",
    "ASK { ?s ?p 1SERVICE <http://127.0.0.1:1/> {} }",
    "CONSTRUCT { ?s ?p ?o } WHERE { OPTIONAL { SeRvIcE ?x { ?s ?p ?o } } }",
)
_BROKEN: Final = (
    "SELECT * { ?s ?p }",
    "SELEKT * { ?s ?p ?o }",
    "SELECT ?x { FILTER(1 + ) }",
    "ASK { ?s ?p 'never closed }",
    "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o } GROUP",
)
_MALFORMED: Final = (
    b"GET /sparql?query=ASK{} HTTP/9.9\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"POST /sparql HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n",
    b"POST /sparql HTTP/1.1\r\nHost: a\r\nContent-Type: application/sparql-query\r\n"
    b"Transfer-Encoding: chunked\r\n\r\nZZ\r\n",
    b"GET /sparql HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 300_000 + b"\r\n\r\n",
    b"NONSENSE\r\n\r\n",
)
_HALF: Final = (
    b"GET /sparql?query=ASK HTTP/1.1\r\nHost: a\r\nX-Slow: ",
    b"POST /sparql HTTP/1.1\r\nHost: a\r\nContent-Type: application/sparql-query\r\n"
    b"Content-Length: 4000\r\n\r\nSELECT",
    b"POST /spar",
)


def _update(draw: random.Random, _: int) -> Sent:
    text = "INSERT DATA { <x:a> <x:b> <x:c> }"
    ways = (
        Sent("update", "POST", headers={"Content-Type": "application/sparql-update"}),
        Sent("update", "POST", headers={"Content-Type": FORM}),
        Sent("update", "POST", headers={"Content-Type": QUERY}),
        Sent("update", path=f"/sparql?update={quote(text)}"),
    )
    chosen = draw.choice(ways)
    kind = chosen.headers.get("Content-Type")
    body = urlencode({"update": text}).encode() if kind == FORM else text.encode()
    return Sent(
        chosen.kind,
        chosen.method,
        chosen.path,
        chosen.headers,
        body if chosen.method == "POST" else b"",
        problems=frozenset(("update-refused",)),
    )


#: How each kind of hostile request is made, from random numbers and the longest query in KB.
HOSTILE: Final[dict[str, Callable[[random.Random, int], Sent]]] = {
    "endless": lambda *_: _posted("endless", ENDLESS, "deadline-exceeded"),
    "greedy": lambda *_: _posted("greedy", GREEDY, "memory-exceeded", "deadline-exceeded"),
    "result bomb": lambda *_: _posted(
        "result bomb", ROWS, "result-too-large", "deadline-exceeded", "aborted"
    ),
    "10,000 groups": lambda *_: _posted(
        "10,000 groups", "SELECT * " + "{" * 10_000 + "}" * 10_000, "query-too-deep"
    ),
    "crash": lambda *_: _posted("crash", CRASHING, "worker-crashed", "deadline-exceeded"),
    "too long": lambda _, most: _posted(
        "too long", f"ASK {{ ?s ?p '{'x' * (most * 1024)}' }}", "query-too-long"
    ),
    "SERVICE": lambda draw, _: _posted("SERVICE", draw.choice(_SERVICES), "service-refused"),
    "update": _update,
    "broken syntax": lambda draw, _: _posted("broken syntax", draw.choice(_BROKEN), "syntax-error"),
    "broken HTTP": lambda draw, _: Sent(
        "broken HTTP",
        raw=draw.choice(_MALFORMED),
        # The HTTP server's own answers have no problem document.
        problems=frozenset(("status 400", "status 431", "status 505", "closed")),
    ),
    "half a request": lambda draw, _: Sent(
        "half a request", raw=draw.choice(_HALF), problems=frozenset(("left",)), leaves_after=0
    ),
    "hang-up": lambda *_: _posted("hang-up", ROWS, "left", "aborted", leaves_after=50_000),
    "hang-up early": lambda *_: _posted("hang-up early", ENDLESS, "left", leaves_after=0),
}
