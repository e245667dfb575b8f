"""The remote engine in front of a store that answers as it should, and as it should not."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pyoxigraph import QueryResultsFormat, RdfFormat, parse, parse_query_results

from publisher.push.generations import Generation
from publisher.release import Release
from server.engine import errors
from server.engine.client import Engine
from server.engine.process import EngineProcess
from tests import oxigraph_store, virtuoso
from tests.conftest import REPOSITORY
from tests.engine.conftest import COUNT, JSON, NT, TSV
from tests.large import BASE, LABEL
from tests.oxigraph_store import OxigraphStore

THING = f"<{BASE}id/thing/t1>"
GRAPH = f"{BASE}graph/thing"


@pytest.fixture(scope="module")
def shared_store(release: Release) -> Iterator[OxigraphStore]:
    """A store to which the generated release was pushed."""
    with oxigraph_store.running() as store:
        virtuoso.push(release.path, store.addresses)
        yield store


@pytest.fixture(scope="module")
def process(release: Release, shared_store: OxigraphStore) -> Iterator[EngineProcess]:
    """The remote engine in front of that store."""
    process = EngineProcess(release.path, engine="remote", remote=shared_store.query)
    process.wait_until_ready(30)
    yield process
    process.stop()


@pytest.fixture
def store(shared_store: OxigraphStore) -> Iterator[OxigraphStore]:
    """The store, which behaves again after a test."""
    yield shared_store
    shared_store.headers, shared_store.missing, shared_store.length = {}, 0, True
    shared_store.status, shared_store.delay, shared_store.body = 200, 0.0, None


@pytest.fixture
def engine(process: EngineProcess, release: Release) -> Iterator[Engine]:
    """A client of the remote engine."""
    engine = Engine(process.socket, release.limits, base=BASE)
    yield engine
    engine.close()


def ask(engine: Engine, text: str, form: str = JSON) -> bytes:
    with engine.query(text, accept_form=form) as answer:
        return b"".join(answer)


@pytest.mark.parametrize(
    ("text", "form"),
    [
        (COUNT, JSON),
        (COUNT, TSV),
        (COUNT, "text/csv"),
        (COUNT, "application/sparql-results+xml"),
        ("SELECT * {}", JSON),
        ("SELECT * {}", "application/sparql-results+xml"),
        ("ASK { ?s ?p ?o }", JSON),
        ("ASK { ?s ?p <x:none> }", "text/csv"),
        (f"SELECT * {{ {THING} ?p ?o }} ORDER BY ?p ?o", JSON),
        ("SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g ORDER BY ?g", TSV),
        (f"SELECT (COUNT(*) AS ?n) FROM <{GRAPH}> {{ ?s ?p ?o }}", TSV),
        (f"CONSTRUCT {{ {THING} ?p ?o }} WHERE {{ {THING} ?p ?o }}", NT),
        (f"DESCRIBE {THING}", "text/turtle"),
        (f"DESCRIBE {THING}", "application/ld+json"),
    ],
)
def test_it_answers_as_the_engine_in_memory(
    engine: Engine,
    shared_process: EngineProcess,
    connect: Callable[[EngineProcess], Engine],
    text: str,
    form: str,
) -> None:
    found, expected = ask(engine, text, form), ask(connect(shared_process), text, form)
    known = RdfFormat.from_media_type(form)
    if known is None:
        assert found == expected
    else:
        assert set(parse(found, format=known)) == set(parse(expected, format=known))


def test_a_syntax_error_has_its_place_and_goes_nowhere(
    engine: Engine, store: OxigraphStore
) -> None:
    before = len(store.queries)
    with pytest.raises(errors.QuerySyntaxError) as caught:
        ask(engine, "SELECT *\nWHERE { ?s ?p }")
    assert (caught.value.line, caught.value.column) == (2, 15)
    assert len(store.queries) == before


@pytest.mark.parametrize("form", [JSON, NT])
@pytest.mark.parametrize("missing", [1, 100])
def test_an_answer_that_is_cut_off_is_never_whole(
    engine: Engine, store: OxigraphStore, form: str, missing: int
) -> None:
    text = "SELECT * { ?s ?p ?o }" if form == JSON else "CONSTRUCT WHERE { ?s ?p ?o }"
    store.missing = missing
    with pytest.raises(errors.EvaluationError, match="broke off"):
        ask(engine, text, form)


def test_results_that_end_early(engine: Engine, store: OxigraphStore) -> None:
    store.body = b'{"head":{"vars":["s"]},"results":{"bindings":[{"s":{"type":"uri","value":"x:y"}}'
    for length in (True, False):
        store.length = length
        with pytest.raises(errors.EvaluationError, match="broke off"):
            ask(engine, "SELECT ?s { ?s ?p ?o }")


def test_triples_of_which_nobody_knows_the_end(engine: Engine, store: OxigraphStore) -> None:
    store.length = False
    with pytest.raises(errors.EvaluationError, match="whether they end"):
        ask(engine, "CONSTRUCT WHERE { ?s ?p ?o }", NT)
    # JSON tells by itself.
    assert ask(engine, COUNT)


@pytest.mark.parametrize("name", ["X-SPARQL-MaxRows", "X-SPARQL-Anytime"])
def test_a_store_that_says_it_cut_the_answer(
    engine: Engine, store: OxigraphStore, name: str
) -> None:
    store.headers = {name: "10"}
    with pytest.raises(errors.EvaluationError, match="cuts such answers off"):
        ask(engine, COUNT)


@pytest.mark.parametrize("status", [408, 429, 502, 503, 504, 401, 404])
def test_a_store_that_is_busy_or_closed(engine: Engine, store: OxigraphStore, status: int) -> None:
    store.status = status
    with pytest.raises(errors.StoreUnavailable):
        ask(engine, COUNT)
    store.status = 200
    assert ask(engine, COUNT)


@pytest.mark.parametrize("status", [400, 500, 413])
def test_a_store_that_refuses_a_query(engine: Engine, store: OxigraphStore, status: int) -> None:
    store.status = status
    with pytest.raises(errors.EvaluationError) as caught:
        ask(engine, COUNT)
    assert "Trouble at line 1" in str(caught.value)
    assert "urn:x-generation" not in str(caught.value)


def test_a_slow_store_is_left_at_the_deadline(
    engine: Engine, store: OxigraphStore, release: Release
) -> None:
    store.delay = 3
    began = time.monotonic()
    with pytest.raises(errors.QueryTimeout):
        ask(engine, COUNT)
    assert time.monotonic() - began < release.limits.deadline_seconds + 1
    store.delay = 0
    assert ask(engine, COUNT)


def test_nonsense(engine: Engine, store: OxigraphStore) -> None:
    for body in (b"<html>", b"", b"{}", b'{"head":{},"boolean":true}'):
        store.body = body
        with pytest.raises(errors.EvaluationError):
            ask(engine, "SELECT * { ?s ?p ?o }")


def test_what_virtuoso_writes_is_read(engine: Engine, store: OxigraphStore) -> None:
    nodes = ",".join(
        f'{{ "s": {{ "type": "bnode", "value": "nodeID://b{number}" }}\t, '
        '"o": { "type": "typed-literal", '
        f'"datatype": "http://www.w3.org/2001/XMLSchema#boolean", "value": "{number % 2}" }}, '
        '"t": { "type": "literal", "value": "a } \\"type\\": \\"bnode\\", \\"value\\": '
        '\\"nodeID://x\\"" }}\n'
        for number in range(3000)
    )
    text = '{ "head": { "link": [], "vars": ["s", "o", "t"] },\n "results": { "distinct": false,'
    store.body = f'{text} "ordered": true, "bindings": [{nodes}] }} }}'.encode()
    found = parse_query_results(
        ask(engine, "SELECT ?s ?o ?t { ?s ?p ?o }"), format=QueryResultsFormat.JSON
    )
    rows = [(str(row["s"]), row["o"].value, row["t"].value) for row in found]
    assert len(rows) == 3000
    for number, (subject, truth, literal) in enumerate(rows):
        assert subject == f"_:b{number}"
        assert truth == ("true" if number % 2 else "false")
        assert "nodeID://x" in literal


def test_a_release_that_is_not_there_is_not_served(release: Release) -> None:
    with oxigraph_store.running() as empty:
        result = start(release, empty.query)
        assert result.returncode == 1
        assert f"python -m publisher push --release {release.path}" in result.stderr
        generation = Generation.of(release)
        empty.patience = 12
        assert virtuoso.pushing(release.path, empty.addresses).code in (0, 1)
        empty.patience = 1_000_000
        empty.store.update(
            f"DELETE WHERE {{ GRAPH <{generation.inventory}> {{ <{generation.iri}> ?p ?o }} }}"
        )
        assert "does not hold release" in start(release, empty.query).stderr


def test_a_store_that_is_not_there(release: Release) -> None:
    port = virtuoso.free_ports(1)[0]
    result = start(release, f"http://127.0.0.1:{port}/query")
    assert result.returncode == 1
    assert "refused" in result.stderr
    assert "Traceback" not in result.stderr


def start(release: Release, remote: str) -> subprocess.CompletedProcess[str]:
    """Start an engine that cannot start."""
    command = [sys.executable, "-m", "server.engine", "--release", str(release.path)]
    command += ["--socket", "/nowhere/engine.sock", "--engine", "remote", "--remote", remote]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=60)


def test_old_and_new_release_answer_side_by_side(
    release: Release, tmp_path: Path, engine: Engine, store: OxigraphStore
) -> None:
    """While the next release is pushed, the server of the last one gives its own answers."""
    from tests import large

    larger = large.build(tmp_path, things=600)
    expected = ask(engine, COUNT)
    ended = threading.Event()
    answers = set()

    def look() -> None:
        while not ended.is_set():
            answers.add(ask(engine, COUNT))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        virtuoso.push(larger.path, store.addresses)
    finally:
        ended.set()
        thread.join()
    assert answers == {expected}
    process = EngineProcess(larger.path, engine="remote", remote=store.query)
    process.wait_until_ready(30)
    client = Engine(process.socket, larger.limits, base=BASE)
    try:
        assert str(larger.counts["triples"]).encode() in ask(client, COUNT)
        assert ask(engine, COUNT) == expected
    finally:
        client.close()
        process.stop()


def test_a_release_that_was_dropped_for_newer_ones_has_no_answers(tmp_path: Path) -> None:
    """The store keeps two generations: for the third, the first is dropped."""
    from tests import large

    releases = [large.build(tmp_path / str(size), things=size) for size in (10, 20, 30)]
    with oxigraph_store.running() as store:
        virtuoso.push(releases[0].path, store.addresses)
        process = EngineProcess(releases[0].path, engine="remote", remote=store.query)
        process.wait_until_ready(30)
        client = Engine(process.socket, releases[0].limits, base=BASE)
        try:
            for release in releases[1:]:
                assert str(releases[0].counts["triples"]).encode() in ask(client, COUNT)
                virtuoso.push(release.path, store.addresses)
            time.sleep(1.1)
            with pytest.raises(errors.StoreUnavailable):
                ask(client, COUNT)
        finally:
            client.close()
            process.stop()


def test_labels(engine: Engine) -> None:
    found = ask(engine, f'SELECT ?s {{ ?s <{LABEL}> "thing number 7"@en }}', TSV)
    assert found == f"?s\n<{BASE}id/thing/t7>\n".encode()
