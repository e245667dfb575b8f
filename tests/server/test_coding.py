"""Content codings: what is sent compressed, under which tag, and what never is."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from random import Random
from urllib.parse import quote

import brotli  # type: ignore[import-untyped]
import pytest

from server.http import coding
from tests.server.conftest import Site

PAGE = "/doc/ort/nordhafen.html"
DECODERS: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.decompress, "br": brotli.decompress}
DUMP = "/dumps/2.1.0/leuchtturm.nq"


@pytest.mark.parametrize("coding", ["gzip", "br"])
@pytest.mark.parametrize("path", [PAGE, "/doc/ort/nordhafen.ttl", "/catalog.ttl", "/ontology", "/"])
def test_text_goes_out_compressed(site: Site, path: str, coding: str) -> None:
    plain = site.get(path)
    coded = site.get(path, Accept_Encoding=coding)
    assert coded.headers["Content-Encoding"] == coding
    assert int(coded.headers["Content-Length"]) == len(coded.body) < len(plain.body)
    assert DECODERS[coding](coded.body) == plain.body
    assert coded.headers["ETag"] == plain.headers["ETag"][:-1] + f'-{coding}"'
    for reply in (plain, coded):
        assert "Accept-Encoding" in reply.headers["Vary"]
        assert reply.headers["Content-Type"] == plain.headers["Content-Type"]
    again = site.get(path, Accept_Encoding=coding, If_None_Match=coded.headers["ETag"])
    assert again.status == 304
    assert again.headers["ETag"] == coded.headers["ETag"]
    assert again.headers["Vary"] == coded.headers["Vary"]
    head = site.request("HEAD", path, {"Accept-Encoding": coding})
    assert head.headers["ETag"] == coded.headers["ETag"]
    assert head.headers["Content-Length"] == coded.headers["Content-Length"]


def test_a_tag_of_another_coding_is_no_match(site: Site) -> None:
    coded = site.get(PAGE, Accept_Encoding="br")
    assert site.get(PAGE, If_None_Match=coded.headers["ETag"]).status == 200
    assert site.get(PAGE, If_Match=coded.headers["ETag"]).status == 412
    assert site.get(PAGE, If_Match=coded.headers["ETag"], Accept_Encoding="br").status == 200


@pytest.mark.parametrize(
    ("header", "coding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip;q=1.0, br;q=0.5", "gzip"),
        ("gzip, deflate", "gzip"),
        ("br;q=0, gzip", "gzip"),
        ("identity", None),
        ("identity;q=1, gzip;q=0.5", None),
        ("gzip;q=0", None),
        ("deflate", None),
        ("", None),
    ],
)
def test_what_clients_ask_for(site: Site, header: str, coding: str | None) -> None:
    assert site.get(PAGE, Accept_Encoding=header).headers["Content-Encoding"] == coding


def test_what_is_small_stays_as_it_is(site: Site) -> None:
    reply = site.get("/robots.txt", Accept_Encoding="gzip")
    assert reply.headers["Content-Encoding"] is None
    assert len(reply.body) < 1024
    again = site.get("/robots.txt", Accept_Encoding="gzip", If_None_Match=reply.headers["ETag"])
    assert again.status == 304


def ask(query: str) -> str:
    return f"/sparql?query={quote(query)}"


#: Some rows, in one packet of the engine; more, in several.
SOME = "SELECT * { ?s ?p ?o } LIMIT 100"
MANY = "SELECT * { ?s ?p ?o VALUES ?n { 1 2 3 4 5 } }"


@pytest.mark.parametrize("coding", ["gzip", "br"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_answers_to_queries_go_out_compressed(site: Site, method: str, coding: str) -> None:
    query = f"{SOME} # {method} {coding}"
    path, body = (ask(query), b"") if method == "GET" else ("/sparql", query.encode())
    fields = {"Content-Type": "application/sparql-query"} if body else {}
    coded = [
        site.request(method, path, {**fields, "Accept-Encoding": coding}, body) for _ in range(6)
    ]
    plain = site.request(method, path, fields, body)
    for reply in coded:
        assert reply.headers["Content-Encoding"] == coding
        assert reply.headers["Vary"] == plain.headers["Vary"] == "Accept, Accept-Encoding"
        assert int(reply.headers["Content-Length"]) == len(reply.body) < len(plain.body) / 2
        assert reply.body == coded[0].body
        assert DECODERS[coding](reply.body) == plain.body
    assert "hit" in {reply.headers["Cache-Status"].rpartition(" ")[2] for reply in coded}
    if method == "POST":
        assert coded[0].headers["ETag"] is None
        return
    tag = coded[0].headers["ETag"]
    assert tag == plain.headers["ETag"][:-1] + f'-{coding}"'
    for _ in range(4):
        again = site.get(path, Accept_Encoding=coding, If_None_Match=tag)
        assert (again.status, again.headers["ETag"], again.body) == (304, tag, b"")
        assert site.get(path, If_None_Match=tag).status == 200
        assert site.get(path, If_Match=tag).status == 412
    head = site.request("HEAD", path, {"Accept-Encoding": coding})
    for name in ("ETag", "Content-Length", "Content-Encoding", "Vary"):
        assert head.headers[name] == coded[0].headers[name]


@pytest.mark.parametrize("accept", ["text/csv", "application/sparql-results+json"])
def test_long_answers_are_compressed_while_they_come(site: Site, accept: str) -> None:
    path = ask(MANY)
    first = site.get(path, accept, Accept_Encoding="gzip, br")
    # Brotli cannot be had in pieces whose bytes are always the same.
    assert first.headers["Content-Encoding"] == "gzip"
    plain = site.get(path, accept)
    assert plain.headers["Content-Encoding"] is None
    assert gzip.decompress(first.body) == plain.body
    assert len(plain.body) > 5 * len(first.body)
    for _ in range(6):
        coded = site.get(path, accept, Accept_Encoding="gzip")
        assert coded.body == first.body == coding.quickly("gzip", plain.body)
        assert coded.headers["ETag"] == first.headers["ETag"]
        brotlied = site.get(path, accept, Accept_Encoding="br")
        if brotlied.headers["Content-Encoding"]:
            assert brotli.decompress(brotlied.body) == plain.body
            assert brotlied.headers["ETag"].endswith('-br"')
        else:
            assert brotlied.body == plain.body
            assert brotlied.headers["ETag"] == plain.headers["ETag"]
    assert site.request("HEAD", path, {"Accept": accept, "Accept-Encoding": "gzip"}).body == b""


def test_small_answers_stay_as_they_are(site: Site) -> None:
    reply = site.get(ask("ASK {}"), Accept_Encoding="gzip")
    assert reply.headers["Content-Encoding"] is None
    assert reply.headers["Vary"] == "Accept, Accept-Encoding"


@pytest.mark.parametrize("accept", ["text/turtle", "text/html"])
def test_what_the_endpoint_says_of_itself_as_well(site: Site, accept: str) -> None:
    plain = site.get("/sparql", accept)
    coded = site.get("/sparql", accept, Accept_Encoding="br")
    assert brotli.decompress(coded.body) == plain.body
    assert coded.headers["Vary"] == "Accept, Accept-Encoding"


def test_a_body_is_compressed_to_the_same_bytes_however_it_is_cut() -> None:
    random = Random(7)
    words = [f"<https://example.org/{random.randrange(5000)}>" for _ in range(60_000)]
    body = " ".join(words).encode()
    whole = coding.quickly("gzip", body)
    for most in (100, 5000, 65536, 300_000):
        stream, parts, at = coding.GzipStream(), [], 0
        while at < len(body):
            size = random.randint(1, most)
            parts.append(stream.add(body[at : at + size]))
            at += size
        parts.append(stream.end())
        assert b"".join(parts) == whole
    assert gzip.decompress(whole) == body


@pytest.mark.parametrize("name", ["style.css", "search.js"])
def test_files_of_pages_go_out_compressed(site: Site, name: str) -> None:
    path = f"/static/{name}"
    plain = site.get(path)
    assert plain.headers["Vary"] == "Accept-Encoding"
    coded = site.get(path, Accept_Encoding="gzip, br")
    if len(plain.body) < coding.SMALLEST:
        assert coded.body == plain.body
        return
    assert coded.headers["Content-Encoding"] == "br"
    assert brotli.decompress(coded.body) == plain.body
    assert coded.headers["ETag"] == plain.headers["ETag"][:-1] + '-br"'
    for tag, header in ((plain.headers["ETag"], ""), (coded.headers["ETag"], "br")):
        again = site.get(path, Accept_Encoding=header, If_None_Match=tag)
        assert (again.status, again.headers["Vary"]) == (304, "Accept-Encoding")
        assert again.headers["ETag"] == tag
    assert site.get(path, If_None_Match=coded.headers["ETag"]).status == 200
    part = site.get(path, Accept_Encoding="br", Range="bytes=10-19")
    assert (part.status, part.body) == (206, plain.body[10:20])


def test_a_dump_goes_out_as_its_compressed_twin(site: Site) -> None:
    plain, packed = site.get(DUMP), site.get(f"{DUMP}.gz")
    coded = site.get(DUMP, Accept_Encoding="gzip, br")
    assert coded.headers["Content-Encoding"] == "gzip"
    assert coded.headers["Content-Type"] == plain.headers["Content-Type"]
    assert coded.body == packed.body
    assert gzip.decompress(coded.body) == plain.body
    assert coded.headers["ETag"] == packed.headers["ETag"] != plain.headers["ETag"]
    assert packed.headers["Content-Encoding"] is None
    assert packed.headers["Vary"] is None
    tag = coded.headers["ETag"]
    assert site.get(DUMP, Accept_Encoding="gzip", If_None_Match=tag).status == 304
    assert site.get(DUMP, If_None_Match=tag).status == 200


def test_a_part_of_a_dump_is_a_part_of_the_plain_file(site: Site) -> None:
    plain = site.get(DUMP)
    part = site.get(DUMP, Accept_Encoding="gzip", Range="bytes=10-19")
    assert part.status == 206
    assert part.body == plain.body[10:20]
    assert part.headers["Content-Encoding"] is None
    coded = site.get(DUMP, Accept_Encoding="gzip")
    broken_off = site.get(
        DUMP, Accept_Encoding="gzip", Range="bytes=10-", If_Range=coded.headers["ETag"]
    )
    assert broken_off.status == 200, "the tag is that of other bytes"
    assert broken_off.body == plain.body
