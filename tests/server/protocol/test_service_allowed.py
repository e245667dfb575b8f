"""Federated queries where the publication lists endpoints that may be called, on loopback."""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from publisher.build import build
from publisher.progress import Progress
from publisher.publication import Publication
from tests.conftest import LIGHTHOUSES
from tests.server.conftest import BASE, Site, free_port, serving
from tests.server.protocol.asking import COUNT, FORM, QUERY, form, get, number, post, problem, truth

ROWS = b'{"head":{"vars":["s"]},"results":{"bindings":[{"s":{"type":"uri","value":"x:hit"}}]}}'


@dataclass
class Stranger:
    """An HTTP server that answers wrongly in many ways, and remembers who called it."""

    port: int = 0
    called: list[str] = field(default_factory=list)

    def address(self, path: str) -> str:
        """Return the address of one of its answers."""
        return f"http://127.0.0.1:{self.port}/{path}"


@dataclass(frozen=True)
class Federation:
    """A site that may call another site and the stranger, and a few that are not there."""

    site: Site
    other: Site
    stranger: Stranger
    silent_port: int

    @property
    def endpoint(self) -> str:
        """Return the endpoint that is there and may be called."""
        return f"http://127.0.0.1:{self.other.port}/sparql"

    @property
    def nobody(self) -> str:
        """Return an endpoint that may be called and is not there."""
        return f"http://127.0.0.1:{self.silent_port}/sparql"


def _handler(stranger: Stranger) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.do_GET()

        def do_GET(self) -> None:
            stranger.called.append(self.path)
            if self.path.startswith("/redirect-"):
                self.send_response(int(self.path[-3:]))
                self.send_header("Location", stranger.address("trap"))
                self.send_header("Content-Length", "0")
                self.end_headers()
            elif self.path == "/slow":
                time.sleep(5)
            elif self.path == "/endless":
                self._endless()
            elif self.path == "/page":
                self._answer(200, "text/html", b"<p>hello</p>")
            elif self.path == "/broken":
                self._answer(500, "text/plain", b"secret\n" * 1000)
            elif self.path == "/garbage":
                self._answer(200, "application/sparql-results+json", ROWS[:-3] + b",@@@")
            else:
                self._answer(200, "application/sparql-results+json", ROWS)

        def _answer(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def _endless(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/sparql-results+json")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            row = b',{"s":{"type":"literal","value":"%s"}}' % (b"x" * 100_000)
            try:
                self._chunk(ROWS[:-3])
                for _ in range(10_000):
                    self._chunk(row)
            except OSError:
                pass

        def _chunk(self, data: bytes) -> None:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    return Handler


@pytest.fixture(scope="module")
def federation(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Federation]:
    stranger = Stranger()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(stranger))
    server.daemon_threads = True
    stranger.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    folder = tmp_path_factory.mktemp("federation")
    sources = Path(shutil.copytree(LIGHTHOUSES, folder / "sources"))
    silent = free_port()
    paths = ("redirect-302", "redirect-307", "slow", "endless", "page", "broken", "garbage", "ok")
    allowed = [
        f"http://127.0.0.1:{site.port}/sparql",
        f"http://127.0.0.1:{silent}/sparql",
        *map(stranger.address, paths),
    ]
    with (sources / "publication.toml").open("a") as configuration:
        configuration.write(f"\n[service]\nallow = {json.dumps(allowed)}\n")
    release = build(Publication.load(sources), folder / "release", Progress(quiet=True))
    with serving(release, folder / "server.log") as caller:
        yield Federation(caller, site, stranger, silent)
    server.shutdown()
    server.server_close()
    thread.join()


def test_an_allowed_endpoint_is_called(federation: Federation) -> None:
    query = f"SELECT ?n {{ SERVICE <{federation.endpoint}> {{ {COUNT} }} }}"
    for reply in (
        get(federation.site, query),
        post(federation.site, query.encode(), QUERY),
        post(federation.site, form(query=query), FORM),
        get(federation.site, query.replace("SERVICE", "service Silent # a comment\n")),
        get(federation.site, query.replace("SERVICE", "\\u0053ERVICE")),
    ):
        assert number(reply) == federation.other.release.counts["triples"]
    # What others say may change, and is not ours to be kept.
    assert reply.headers["Cache-Control"] == "no-store"
    assert "ETag" not in reply.headers


def test_an_engine_on_disk_calls_it_as_well(federation: Federation, tmp_path: Path) -> None:
    query = f"SELECT ?n {{ SERVICE <{federation.endpoint}> {{ {COUNT} }} }}"
    release = federation.site.release
    with serving(release, tmp_path / "server.log", "--engine", "disk") as site:
        for _ in range(2):
            assert number(get(site, query)) == federation.other.release.counts["triples"]
            assert number(get(site, COUNT)) == release.counts["triples"]


def test_the_service_description_says_so(federation: Federation) -> None:
    feature = "sparql-service-description#BasicFederatedQuery"
    for site, expected in ((federation.site, True), (federation.other, False)):
        assert (feature in site.get("/sparql", "application/n-triples").text) is expected


def test_its_answers_join_with_ours(federation: Federation) -> None:
    query = (
        f"SELECT (COUNT(DISTINCT ?ship) AS ?n) {{ <{BASE}id/ort/nordhafen> a ?class "
        f"SERVICE <{federation.endpoint}> {{ ?ship a ?class . "
        f"FILTER(STRSTARTS(STR(?ship), '{BASE}id/schiff/')) }} }}"
    )
    assert number(get(federation.site, query)) == 450


def test_several_calls_in_one_query_and_one_in_another(federation: Federation) -> None:
    call = f"SERVICE <{federation.endpoint}>"
    two = (
        f"ASK {{ {call} {{ ?s ?p ?o }} {{ SELECT * {{ OPTIONAL {{ {call} {{ ?s a ?c }} }} }} }} }}"
    )
    assert truth(get(federation.site, two))
    # The endpoint that is called calls nobody itself.
    nested = f"ASK {{ {call} {{ ?s ?p ?o {call} {{ ?s a ?c }} }} }}"
    problem(get(federation.site, nested), 502, "service-failed")


def test_the_next_query_is_answered_as_ever(federation: Federation) -> None:
    for _ in range(5):
        assert truth(
            get(federation.site, f"ASK {{ SERVICE <{federation.endpoint}> {{ ?s ?p ?o }} }}")
        )
        assert number(get(federation.site, COUNT)) == federation.site.release.counts["triples"]


@pytest.mark.parametrize(
    "pattern",
    [
        "SERVICE <{trap}> {{ ?s ?p ?o }}",
        "SERVICE SILENT <{trap}> {{ ?s ?p ?o }}",
        "SERVICE <{endpoint}/> {{ ?s ?p ?o }}",
        "SERVICE <{endpoint}?> {{ ?s ?p ?o }}",
        "SERVICE <{endpoint}#> {{ ?s ?p ?o }}",
        "SERVICE <HTTP{rest}> {{ ?s ?p ?o }}",
        "SERVICE ?where {{ ?s ?p ?o }}",
        "VALUES ?where {{ <{endpoint}> }} SERVICE ?where {{ ?s ?p ?o }}",
        "SERVICE other:sparql {{ ?s ?p ?o }}",
        "SERVICE <sparql> {{ ?s ?p ?o }}",
        "SERVICE <> {{ ?s ?p ?o }}",
        "SERVICE SILENT SILENT <{endpoint}> {{ ?s ?p ?o }}",
        "SERVICESILENT <{endpoint}> {{ ?s ?p ?o }}",
        "trueSERVICE <{endpoint}> {{ ?s ?p ?o }}",
        "SERVICE <{endpoint}> {{ SERVICE <{trap}> {{ ?s ?p ?o }} }}",
        "SERVICE <{endpoint}> {{ ?s ?p ?o }} \\u0053ervice <{trap}> {{ ?s ?p ?o }}",
        "SERVICE <{endpoint}> SERVICE <{trap}> {{ ?s ?p ?o }}",
    ],
)
def test_nobody_else_is(federation: Federation, pattern: str) -> None:
    trap, endpoint = federation.stranger.address("trap"), federation.endpoint
    written = pattern.format(trap=trap, endpoint=endpoint, rest=endpoint.removeprefix("http"))
    base = endpoint.removesuffix("sparql")
    query = f"BASE <{base}> PREFIX other: <{base}> ASK {{ {written} }}"
    members = problem(get(federation.site, query), 403, "service-refused")
    assert endpoint in str(members["detail"])
    allowed = members["allowed"]
    assert isinstance(allowed, list)
    assert endpoint in allowed
    assert members["line"] == 1
    assert "/trap" not in federation.stranger.called


@pytest.mark.parametrize("path", ["redirect-302", "redirect-307"])
def test_redirects_are_not_followed(federation: Federation, path: str) -> None:
    address = federation.stranger.address(path)
    reply = get(federation.site, f"ASK {{ SERVICE <{address}> {{ ?s ?p ?o }} }}")
    problem(reply, 502, "service-failed")
    assert f"/{path}" in federation.stranger.called
    assert truth(get(federation.site, f"ASK {{ SERVICE SILENT <{address}> {{ ?s ?p ?o }} }}"))
    assert "/trap" not in federation.stranger.called


@pytest.mark.parametrize("path", ["page", "broken", "garbage"])
def test_an_endpoint_that_answers_nonsense(federation: Federation, path: str) -> None:
    call = f"SERVICE <{federation.stranger.address(path)}>"
    reply = get(federation.site, f"SELECT (COUNT(*) AS ?n) {{ {call} {{ ?s ?p ?o }} }}")
    members = problem(reply, 502, "service-failed")
    assert len(str(members["detail"])) < 600


@pytest.mark.parametrize(
    "query",
    [
        "ASK {{ SERVICE <{0}> {{ ?s ?p ?o }} }}",
        "SELECT (COUNT(*) AS ?n) {{ SERVICE <{0}> {{ ?s ?p ?o }} }}",
        "SELECT * {{ ?s a ?c OPTIONAL {{ SERVICE <{0}> {{ ?s ?p ?o }} }} }}",
        "SELECT * {{ {{ ?s a ?c }} UNION {{ SERVICE <{0}> {{ ?s ?p ?o }} }} }} ORDER BY ?s",
        "CONSTRUCT {{ ?s ?p ?o }} WHERE {{ SERVICE <{0}> {{ ?s ?p ?o }} }}",
        "DESCRIBE ?s {{ SERVICE <{0}> {{ ?s ?p ?o }} }}",
    ],
)
def test_an_endpoint_that_is_not_there(federation: Federation, query: str) -> None:
    problem(get(federation.site, query.format(federation.nobody)), 502, "service-failed")


@pytest.mark.parametrize(
    "pattern",
    [
        "FILTER EXISTS {{ SERVICE <{0}> {{ ?s ?p ?o }} }}",
        "FILTER NOT EXISTS {{ SERVICE <{0}> {{ ?s ?p ?o }} }}",
        "FILTER(1 = 1 && exists#\n{{ {{ SELECT * {{ OPTIONAL {{ SERVICE <{0}> {{}} }} }} }} }})",
        "BIND(EXISTS {{ SERVICE <{0}> {{ ?s ?p ?o }} }} AS ?there)",
        "MINUS {{ SERVICE <{0}> {{ ?s ?p ?o }} }}",
    ],
)
def test_where_a_failure_would_pass_for_an_answer(federation: Federation, pattern: str) -> None:
    """Oxigraph takes an error inside EXISTS for true and inside MINUS for nothing."""
    for target in (federation.nobody, federation.endpoint):
        query = f"ASK {{ BIND(1 AS ?one) {pattern.format(target)} }}"
        members = problem(get(federation.site, query), 403, "service-refused")
        assert "SILENT" in str(members["detail"])
        silent = query.replace("SERVICE", "SERVICE SILENT")
        assert get(federation.site, silent).status == 200


def test_silent_goes_on_without_it(federation: Federation) -> None:
    query = f"SELECT (COUNT(*) AS ?n) {{ SERVICE SILENT <{federation.nobody}> {{ ?s ?p ?o }} }}"
    assert number(get(federation.site, query)) == 1


def test_the_deadline_counts(federation: Federation) -> None:
    call = f"SERVICE SILENT <{federation.stranger.address('slow')}>"
    began = time.monotonic()
    reply = get(federation.site, f"ASK {{ {call} {{ ?s ?p ?o }} }}")
    problem(reply, 504, "deadline-exceeded")
    assert time.monotonic() - began < federation.site.release.limits.deadline_seconds + 2


def test_the_memory_limit_counts(federation: Federation) -> None:
    call = f"SERVICE <{federation.stranger.address('endless')}>"
    reply = get(federation.site, f"SELECT * {{ {call} {{ ?s ?p ?o }} }} ORDER BY ?s")
    assert reply.status in (503, 504)
    assert json.loads(reply.text)["limit"] in ("query_memory_mb", "deadline_seconds")
    assert truth(get(federation.site, "ASK {}"))
