"""Reading a query's tokens: what is refused, and what only looks as if it should be."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pyoxigraph import Store

from publisher.limits import QUERY_DEPTH
from server.query.reading import BadQuery, ServiceRefused, TooDeep, UpdateRefused, read

EVERY_ENGINE = True

#: The engine refuses to connect to this port by itself, and says so.
TRAP = "http://127.0.0.1:1/"

PASSING = [
    "SELECT * { ?s ?p ?o } # SERVICE <x:y> {}",
    "# SERVICE\nSELECT * { ?s ?p ?o }",
    'SELECT * { ?s ?p "SERVICE <x:y> {}" }',
    "SELECT * { ?s ?p 'it\\'s a SERVICE <x:y> {}' }",
    'SELECT * { ?s ?p """a " SERVICE\n <x:y> {} \\""" """ }',
    "SELECT * { ?s ?p '''SERVICE ' '' <x:y>''' }",
    "SELECT * { ?s <x:SERVICE> ?o }",
    "SELECT * { <http://x/service#SERVICE> ?p ?o }",
    "SELECT ?service { ?service ?SERVICE $Service }",
    "PREFIX service: <x:> SELECT * { service:a service:SERVICE service: }",
    "PREFIX ex: <x:> SELECT * { ex:service ex:a.SERVICE ex:\\#SERVICE . ?s ex:p ex:SERVICE }",
    "PREFIX service: <x:> SELECT * { GRAPH service:g { ?s ?p ?o } }",
    "PREFIX service: <x:> SELECT * FROM service:g { ?s ?p ?o }",
    "PREFIX service: <x:> SELECT * FROM NAMED service:g { ?s ?p ?o }",
    "SELECT * { _:service ?p ?o }",
    'SELECT * { ?s ?p "dienst"@service }',
    "SELECT * { ?s ?p ?o FILTER(?o < 3 && ?p > 4) } # service",
    "SELECT * { VALUES (?a ?b) { (<x:a#b> <x:c#SERVICE>) } } # SERVICE",
    'SELECT * { ?s ?p "\\u0022 SERVICE <x:y> {} \\u0022" }',
    "SELECT * { ?s ?p ?o } # \\u000A SERVICE <x:y> {}",
]
ALLOWED = "http://127.0.0.1:1/allowed"
#: Queries that may call ALLOWED, and no other.
CALLS = [
    f"SELECT * {{ SERVICE <{ALLOWED}> {{ ?s ?p ?o }} }}",
    f"SELECT * {{ service silent<{ALLOWED}>{{}} }}",
    f"SELECT * {{ SERVICE#comment\n<{ALLOWED}>#comment\n{{}} }}",
    f"SELECT * {{ \\u0053ERVICE SILENT <{ALLOWED[:-1]}\\u0064> {{ ?s ?p ?o }} }}",
    f"SELECT * {{ FILTER EXISTS {{ SERVICE SILENT <{ALLOWED}> {{ ?s ?p ?o }} }} }}",
    f"SELECT * {{ SERVICE <{ALLOWED}> {{ ?s ?p ?o MINUS {{ ?s a ?c }} }} }}",
    f"SELECT * {{ MINUS {{ ?s a ?c }} SERVICE <{ALLOWED}> {{ ?s ?p ?o }} }}",
    f"SELECT * {{ SERVICE <{ALLOWED}> {{ SERVICE SILENT <{ALLOWED}> {{ ?s ?p ?o }} }} }}",
]
SERVICES = [
    "SELECT * { SERVICE <x:y> { ?s ?p ?o } }",
    "SELECT * { service <x:y> { ?s ?p ?o } }",
    "SELECT * { SeRvIcE SILENT <x:y> { ?s ?p ?o } }",
    "SELECT * {SERVICE<x:y>{?s ?p ?o}}",
    "SELECT * { ?s ?p ?o .SERVICE<x:y>{} }",
    "SELECT * { SERVICE ?x { ?s ?p ?o } }",
    "SELECT * { SERVICE#comment\n<x:y> { ?s ?p ?o } }",
    "SELECT * { FILTER EXISTS { SERVICE <x:y> { ?s ?p ?o } } }",
    "SELECT * { { SELECT * { OPTIONAL { SERVICE SILENT <x:y> {} } } } }",
    "ASK { \\u0053ERVICE <x:y> {} }",
    "ASK { SERVIC\\U00000045 <x:y> {} }",
    "ASK { \\u0053\\u0045\\u0052\\u0056\\u0049\\u0043\\u0045 <x:y> {} }",
    "PREFIX : <x:> ASK { SERVICE :y {} }",
    "PREFIX : <x:> PREFIX SERVICE: <x:> ASK { SERVICE:y {} }",
    "PREFIX ex: <x:> PREFIX SERVICEex: <x:> ASK { SERVICEex:y {} }",
    "ASK { ?s ?p trueSERVICE <x:y> {} }",
    "ASK { ?s ?p 1SERVICE <x:y> {} }",
    "ASK { ?s ?p 'a'SERVICE <x:y> {} }",
    'ASK { # "\nSERVICE <x:y> {} }',
    "ASK { ?s ?p '\\\\' SERVICE <x:y> {} }",
]
UPDATES = [
    "INSERT DATA { <x:a> <x:b> <x:c> }",
    "PREFIX ex: <x:> DELETE WHERE { ?s ?p ?o }",
    "# a comment\n load <file:///etc/passwd>",
    "CLEAR ALL",
    "drop graph <x:g>",
    "BASE <x:y> CREATE GRAPH <x:g>",
    "COPY <x:a> TO <x:b>",
    "MOVE <x:a> TO <x:b>",
    "ADD <x:a> TO <x:b>",
    "WITH <x:g> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }",
    "\\u0049NSERT DATA { <x:a> <x:b> <x:c> }",
]


@pytest.mark.parametrize("query", PASSING)
def test_the_word_alone_is_harmless(query: str) -> None:
    assert read(query).kind == "select"
    Store().query(read(query).text)


@pytest.mark.parametrize("query", SERVICES)
@pytest.mark.parametrize("services", [(), (ALLOWED,)])
def test_service_is_refused_however_it_is_written(query: str, services: tuple[str, ...]) -> None:
    with pytest.raises(ServiceRefused):
        read(query, services)


@pytest.mark.parametrize("query", CALLS)
def test_service_passes_where_its_target_is_allowed(query: str) -> None:
    with pytest.raises(ServiceRefused):
        read(query)
    with pytest.raises(ServiceRefused):
        read(query, (ALLOWED + "/",))
    found = read(query, (ALLOWED, "x:other"))
    assert found.federated
    assert found.volatile


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * { FILTER EXISTS { SERVICE <%s> { ?s ?p ?o } } }",
        "SELECT * { FILTER(!exists{?s ?p ?o{SELECT*{OPTIONAL{SERVICE<%s>{}}}}}) }",
        "SELECT * { MINUS { SERVICE <%s> { ?s ?p ?o } } }",
        "SELECT * { minus#comment\n{ { SERVICE <%s> { ?s ?p ?o } } } }",
    ],
)
def test_no_failure_can_pass_for_an_answer(query: str) -> None:
    with pytest.raises(ServiceRefused, match="SILENT"):
        read(query % ALLOWED, (ALLOWED,))


@pytest.mark.parametrize("query", UPDATES)
def test_updates_are_refused_whatever_their_form(query: str) -> None:
    with pytest.raises(UpdateRefused):
        read(query)


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        ("SELECT * {}", "select"),
        ("select(1 as ?x){}", "select"),
        ("ASK {}", "ask"),
        ("PREFIX select: <x:> BASE <x:y> PREFIX ask: <x:> CONSTRUCT WHERE {}", "graph"),
        ("# SELECT\nDESCRIBE <x:y>", "graph"),
        ('VERSION "1.2" ASK {}', "ask"),
        ("\\u0041SK {}", "ask"),
    ],
)
def test_the_form_is_seen(query: str, kind: str) -> None:
    assert read(query).kind == kind


@pytest.mark.parametrize("query", ["", "   ", "# nothing", "PREFIX ex: <x:>", "FOO {}", "{}", "?x"])
def test_what_is_no_query(query: str) -> None:
    with pytest.raises(BadQuery):
        read(query)


@pytest.mark.parametrize(
    ("query", "own"),
    [
        ("SELECT * {}", False),
        ("SELECT * FROM <x:g> {}", True),
        ("SELECT * from named <x:g> {}", True),
        ("SELECT * { ?from <x:from> 'FROM' } # FROM", False),
        ("CONSTRUCT { ?s ?p ?o } FROM <x:g> WHERE { ?s ?p ?o }", True),
    ],
)
def test_a_dataset_of_its_own_is_seen(query: str, own: bool) -> None:
    assert read(query).own_dataset is own


@pytest.mark.parametrize(
    ("query", "volatile"),
    [
        ("SELECT (NOW() AS ?x) {}", True),
        ("SELECT (rand() AS ?x) {}", True),
        ("SELECT (UUID() AS ?now) {}", True),
        ("SELECT ?now { ?now <x:RAND> 'UUID()' }", False),
        ("CONSTRUCT { ?s ?p [] } WHERE { ?s ?p ?o }", True),
        ("CONSTRUCT { ?s ?p (1 2) } WHERE { ?s ?p ?o }", True),
        ("CONSTRUCT { _:b ?p ?o } WHERE { ?s ?p ?o }", True),
        ("CONSTRUCT FROM <x:g> WHERE { ?s ?p [ ?q ?o ] }", True),
        ("CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p [ ?q ?o ] FILTER(?o > 1) }", False),
        ("SELECT * { ?s ?p [ ?q _:b ] }", False),
    ],
)
def test_answers_that_change_are_known(query: str, volatile: bool) -> None:
    assert read(query).volatile is volatile


@pytest.mark.parametrize(("opening", "closing"), ["{}", "()", "[]"])
def test_depth_is_bounded(opening: str, closing: str) -> None:
    half = QUERY_DEPTH - 1
    read("SELECT * {" + opening * half + closing * half + "}")
    with pytest.raises(TooDeep):
        read("SELECT * {" + opening * 10_000 + closing * 10_000 + "}")


@pytest.mark.parametrize(
    ("query", "line", "column"),
    [
        ("SELECT *\n{ SERVICE <x:y> {} }", 2, 3),
        ("SELECT * {\n ?s ex:p ?o }", 2, 5),
        ("SELECT * { ?s ?p 'open }", 1, 18),
        ("DELETE WHERE { ?s ?p ?o }", 1, 1),
        ("SELECT * { ?s <x:\\u0020y> ?o }", 1, 15),
        ("SELECT * { ?s ?p \\uD800 }", 1, 18),
    ],
)
def test_refusals_have_a_place(query: str, line: int, column: int) -> None:
    with pytest.raises(BadQuery) as caught:
        read(query)
    assert (caught.value.line, caught.value.column) == (line, column)


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("SELECT * { <x:\\u00E9> ?p ?o }", "SELECT * { <x:é> ?p ?o }"),
        ('ASK { ?s ?p "a\\u0022b\\U0000005Cn\\u000A" }', 'ASK { ?s ?p "a\\"b\\\\n\\n" }'),
        ('ASK { ?s ?p "\\\\u0041" }', 'ASK { ?s ?p "\\\\u0041" }'),
        ("ASK { ?s ?p ?\\u0061 }", "ASK { ?s ?p ?a }"),
    ],
)
def test_codepoint_escapes_are_resolved(written: str, read_as: str) -> None:
    assert read(written).text == read_as


@pytest.mark.parametrize(
    "part",
    [
        '"""\\',
        "'",
        '"a\\"',
        "<a",
        "é.",
        "a.",
        "ex:%",
        "?a<b#>",
        "\\u0061",
        "((?a<b#>'",
        "_:a.",
        "@a-",
        "1e",
        "\\",
        "'''\\'",
        "a:\\",
    ],
)
def test_reading_takes_time_in_proportion(part: str) -> None:
    query = "SELECT * { " + part * (400_000 // len(part))
    began = time.monotonic()
    with pytest.raises(BadQuery):
        read(query + " SERVICE")
    assert time.monotonic() - began < 3


WORDS = r"""
SERVICE service SILENT SERVICE:x trueSERVICE \u0053ERVICE \u0022 \ { } {} ( ) < > <b#> " ' # : :x
; a . ?a ?b# true 1 @en ^^ FILTER FILTER( && EXISTS OPTIONAL{ GRAPH GRAPH:x VALUES BIND( AS
?a<?b#> _:b x:a - | / SELECT
"""
OTHERS = ('"""', "'''", "\n", " ", "SELECT *", f"<{TRAP}>", f"SERVICE<{TRAP}>{{}}")
FRAGMENTS = st.sampled_from([*WORDS.split(), *OTHERS])
#: ALLOWED and TRAP stand for addresses.
CALLING = st.sampled_from(
    [*WORDS.split(), *OTHERS[:5], "<ALLOWED>", "<TRAP>", "SERVICE<ALLOWED>{}", "SERVICE <ALLOWED>"]
)


@settings(max_examples=400, deadline=None)
@given(st.lists(FRAGMENTS, max_size=14), st.booleans())
@example(
    ["FILTER(", "?a<?b#>", '"""', "\n", ")", "SERVICE", f"<{TRAP}>", "{", "}", "#", '"""'], False
)
@example(["SERVICE:x", "{", "}"], True)
@example(["?a", " ", "?b", " ", "trueSERVICE", f"<{TRAP}>", "{", "}"], True)
def test_nothing_that_passes_calls_a_service(fragments: list[str], spaced: bool) -> None:
    """Whatever is let through, the engine does not take for a federated query."""
    text = _passing(fragments, spaced=spaced)
    assert text is None or "service" not in _evaluated(text)


@pytest.fixture(scope="module")
def callers() -> Iterator[tuple[int, list[str]]]:
    """The port of a server that answers no query, and the paths that it was asked for."""
    called: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            called.append(self.path)
            self.send_error(404)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port, called
        server.shutdown()
        thread.join()


@settings(max_examples=400, deadline=None)
@given(st.lists(CALLING, max_size=14), st.booleans())
@example(["SERVICE", "<ALLOWED>", "{", "SERVICE", "<TRAP>", "{", "}", "}"], True)
@example(["SERVICE", "SILENT", "<ALLOWED>", "SERVICE", "<TRAP>", "{", "}"], True)
@example(["SERVICE<ALLOWED>{}", "SERVICE:x", "{", "}"], True)
def test_nothing_that_passes_calls_another_service(
    callers: tuple[int, list[str]], fragments: list[str], spaced: bool
) -> None:
    """Where one target is allowed, the engine calls none but that one."""
    port, called = callers
    allowed, trap = f"http://127.0.0.1:{port}/allowed", f"http://127.0.0.1:{port}/trap"
    written = [part.replace("ALLOWED", allowed).replace("TRAP", trap) for part in fragments]
    text = _passing(written, spaced=spaced, services=(allowed,), trap=trap)
    if text is not None:
        _evaluated(text)
    assert set(called) <= {"/allowed"}


def _passing(
    fragments: list[str], *, spaced: bool, services: tuple[str, ...] = (), trap: str = TRAP
) -> str | None:
    """Make a query of fragments; None if it is refused."""
    body = (" " if spaced else "").join(fragments)
    query = f"PREFIX : <{trap}> PREFIX SERVICE: <{trap}> PREFIX x: <x:> SELECT * {{ {body} }}"
    try:
        return read(query, services).text
    except BadQuery:
        return None


def _evaluated(text: str) -> str:
    """Evaluate a query and return what the engine complains of."""
    try:
        list(Store().query(text))  # type: ignore[arg-type]
    except SyntaxError:
        pass
    except (RuntimeError, OSError) as error:
        return str(error)
    return ""
