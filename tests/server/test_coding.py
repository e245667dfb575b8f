"""Content codings: what is sent compressed, under which tag, and what never is."""

from __future__ import annotations

import gzip
from collections.abc import Callable

import brotli  # type: ignore[import-untyped]
import pytest

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


def test_answers_to_queries_are_left_alone(site: Site) -> None:
    query = "/sparql?query=CONSTRUCT%20WHERE%20%7B%3Fs%20%3Fp%20%3Fo%7D"
    for path in (query, "/sparql"):
        reply = site.get(path, "text/turtle", Accept_Encoding="gzip, br")
        assert reply.headers["Content-Encoding"] is None
        assert reply.headers["Vary"] == "Accept"


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
