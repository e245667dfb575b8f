"""Queries asked again: the same bytes and fields, without another evaluation."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlencode

import pytest

from publisher.release import Release
from server.sparql.answer_cache import AnswerCache, Draft, Kept
from server.sparql.heads import Head
from tests.server.conftest import SHIPS, Reply, Site, serving

TSV = "text/tab-separated-values"
COUNT = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
#: More than one packet of the engine, so that it is sent in pieces.
LONG = "SELECT * { ?s ?p ?o VALUES ?n { 1 2 3 } }"
HEAD = Head([], None)


@pytest.fixture(scope="module")
def alone(release: Release, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server with one web process, so that it is known who keeps what."""
    log = tmp_path_factory.mktemp("log") / "server.log"
    with serving(release, log, "--workers", "1") as site:
        yield site


def path(query: str, **parameters: str) -> str:
    return "/sparql?" + urlencode({"query": query, **parameters})


def source(reply: Reply) -> str:
    assert reply.status == 200
    return str(reply.headers["Cache-Status"]).removeprefix("answers; ")


def fields(reply: Reply) -> dict[str, str]:
    """Return the header fields without those that differ from one answer to the next."""
    passing = ("date", "cache-status", "content-length", "transfer-encoding")
    return {
        name.lower(): value for name, value in reply.headers.items() if name.lower() not in passing
    }


@pytest.mark.parametrize("query", [COUNT, LONG], ids=["small", "in pieces"])
@pytest.mark.parametrize("method", ["GET", "POST", "QUERY"])
def test_a_repeat_has_the_same_bytes_and_fields(alone: Site, method: str, query: str) -> None:
    query = f"{query} #{method}"
    address = path(query) if method == "GET" else "/sparql"
    body = b"" if method == "GET" else query.encode()
    sent = {"Accept": TSV, **({"Content-Type": "application/sparql-query"} if body else {})}
    first = alone.request(method, address, sent, body)
    second = alone.request(method, address, sent, body)
    assert (source(first), source(second)) == ("fwd=miss", "hit")
    assert second.body == first.body
    assert fields(second) == fields(first)
    assert int(second.headers["Content-Length"]) == len(first.body)


def test_head_and_get_share_their_answer(alone: Site) -> None:
    address = path(f"{COUNT} #head")
    asked = alone.request("HEAD", address, {"Accept": TSV})
    got = alone.get(address, TSV)
    again = alone.request("HEAD", address, {"Accept": TSV})
    assert [source(reply) for reply in (asked, got, again)] == ["fwd=miss", "hit", "hit"]
    assert asked.body == again.body == b""
    assert asked.headers["Content-Length"] == again.headers["Content-Length"] == str(len(got.body))
    assert fields(asked) == fields(got) == fields(again)


@pytest.mark.parametrize("asked_before", [False, True])
def test_preconditions(alone: Site, asked_before: bool) -> None:
    address = path(f"{COUNT} #conditional {asked_before}")
    # The tag is the same in a process that has not been asked yet.
    tag = alone.request("HEAD", address, {"Accept": TSV}).headers["ETag"]
    if not asked_before:
        address += "&"
    else:
        assert source(alone.get(address, TSV)) == "hit"
    same = alone.get(address, TSV, If_None_Match=tag)
    assert (same.status, same.body) == (304, b"")
    assert same.headers["ETag"] == tag
    assert same.headers["Vary"] == "Accept, Accept-Encoding"
    assert same.headers["Access-Control-Allow-Origin"] == "*"
    assert alone.get(address, TSV, If_Match='"other"').status == 412
    assert alone.get(address, TSV, If_None_Match='"other"').status == 200


def test_each_form_is_an_answer_of_its_own(alone: Site) -> None:
    address = path(f"{COUNT} #forms")
    for accept in (TSV, "text/csv", "application/sparql-results+json"):
        for expected in ("fwd=miss", "hit"):
            reply = alone.get(address, accept)
            assert (reply.media_type, source(reply)) == (accept, expected)
    assert alone.get(address, "text/html").media_type == "text/html"


def test_each_dataset_is_an_answer_of_its_own(alone: Site) -> None:
    ships = "https://data.example.org/leuchtturm/graph/schiff"
    whole = alone.get(path(COUNT), TSV)
    part = alone.get(path(COUNT, **{"default-graph-uri": ships}), TSV)
    assert part.body == f"?n\n{3 * SHIPS}\n".encode()
    assert whole.body != part.body


def test_what_changes_each_time_is_not_kept(alone: Site) -> None:
    address = path("SELECT (STRUUID() AS ?u) {}")
    replies = [alone.get(address, TSV) for _ in range(2)]
    assert [source(reply) for reply in replies] == ["fwd=bypass"] * 2
    assert replies[0].body != replies[1].body
    assert replies[0].headers["Cache-Control"] == "no-store"


def test_errors_are_not_kept(alone: Site) -> None:
    for _ in range(2):
        reply = alone.get(path("SELECT * { broken }"), TSV)
        assert reply.status == 400
        assert "Cache-Status" not in reply.headers


def test_over_http_1_0(alone: Site) -> None:
    address = path(f"{LONG} #old", format="tsv")
    first, second = (alone.raw(f"GET {address} HTTP/1.0\r\n\r\n".encode()) for _ in range(2))
    assert b"fwd=miss" in first
    assert b"answers; hit" in second
    assert first.partition(b"\r\n\r\n")[2] == second.partition(b"\r\n\r\n")[2]


def test_room_is_bounded_and_the_longest_unused_goes_first() -> None:
    answers = AnswerCache(64 * 1024)
    for number in range(40):
        answers.put(number, Kept(HEAD, bytes(2048)), 0)
        assert answers.get(0) is not None
    kept = [number for number in range(40) if answers.get(number) is not None]
    assert kept == [0, *range(40 - len(kept) + 1, 40)]
    assert len(kept) == 64 * 1024 // (2048 + 1024)


def test_what_is_replaced_gives_its_room_back() -> None:
    answers = AnswerCache(64 * 1024)
    answers.put("other", Kept(HEAD, b""), 0)
    for size in range(1000, 2000):
        answers.put("same", Kept(HEAD, bytes(size)), 0)
    assert answers.get("other") is not None


def test_what_is_too_large_is_not_kept() -> None:
    answers = AnswerCache(64 * 1024)
    answers.put("answer", Kept(HEAD, bytes(5000)), 0)
    answers.put("request", Kept(HEAD, b""), 5000)
    assert answers.get("answer") is answers.get("request") is None


def test_without_room_nothing_is_kept() -> None:
    answers = AnswerCache(0)
    answers.put("answer", Kept(HEAD, b""), 0)
    assert answers.get("answer") is None


def test_a_draft_is_given_up_when_it_grows_too_long() -> None:
    draft = Draft(5)
    draft.add(b"abc")
    draft.add(b"de")
    assert draft.whole() == b"abcde"
    draft.add(b"f")
    draft.add(b"")
    assert draft.whole() is None
