"""Dumps: whole and in part, verifiable, cacheable for ever."""

from __future__ import annotations

import gzip
import hashlib
import html
import shutil
from pathlib import Path

import pyoxigraph as ox
import pytest
import zstandard

from publisher.release import Release
from server.documents.downloads import checksums, downloads
from tests.server.conftest import Site

FILE = "/dumps/2.1.0/leuchtturm.nt"


def test_latest_is_the_release(site: Site) -> None:
    name = "leuchtturm.ttl"
    location = site.get(f"/dumps/latest/{name}").headers["Location"]
    reply = site.get(location)
    assert reply.body == (site.release.path / "dumps" / name).read_bytes()
    assert "immutable" in reply.headers["Cache-Control"]
    triples = {quad.triple for quad in ox.parse(reply.body, format=ox.RdfFormat.TURTLE)}
    assert len(triples) == site.release.counts["triples"]
    assert f'href="{location}"' in site.get("/dumps/latest/").text


def test_checksums_fit_the_files(site: Site) -> None:
    lines = site.get("/dumps/2.1.0/SHA256SUMS").text.splitlines()
    assert len(lines) > 20
    for line in lines:
        digest, _, name = line.partition("  ")
        body = site.get(f"/dumps/2.1.0/{name}").body
        assert hashlib.sha256(body).hexdigest() == digest, name


def test_a_signature_of_the_manifest_is_offered(release: Release, tmp_path: Path) -> None:
    signed = Path(shutil.copytree(release.path, tmp_path / "signed"))
    assert "manifest.json.sig" not in downloads(Release.open(signed))
    (signed / "manifest.json.sig").write_text("-----BEGIN SSH SIGNATURE-----\n")
    offered = Release.open(signed)
    assert downloads(offered)["manifest.json.sig"].media_type == "text/plain"
    assert "  manifest.json.sig\n" in checksums(offered.path)


def test_compressed_files_are_files(site: Site) -> None:
    reply = site.get(f"{FILE}.gz", Accept_Encoding="gzip")
    assert reply.headers["Content-Encoding"] is None
    assert reply.media_type == "application/gzip"
    assert gzip.decompress(reply.body) == site.get(FILE).body
    reply = site.get(f"{FILE}.zst")
    assert reply.media_type == "application/zstd"
    assert zstandard.decompress(reply.body) == site.get(FILE).body


@pytest.mark.parametrize(
    ("wanted", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=0-99", 0, 99),
        ("bytes=100-", 100, -1),
        ("bytes=-10", -10, -1),
        ("bytes=-99999999", 0, -1),
        ("bytes=5-99999999", 5, -1),
        ("BYTES=1-2", 1, 2),
    ],
)
def test_a_part(site: Site, wanted: str, first: int, last: int) -> None:
    whole = site.get(FILE).body
    first, last = first % len(whole), last % len(whole)
    reply = site.get(FILE, Range=wanted)
    assert reply.status == 206
    assert reply.body == whole[first : last + 1]
    assert reply.headers["Content-Range"] == f"bytes {first}-{last}/{len(whole)}"
    assert reply.headers["Content-Length"] == str(len(reply.body))
    assert reply.headers["ETag"] == site.get(FILE).headers["ETag"]


@pytest.mark.parametrize(
    "wanted", ["bytes=0-0,5-9", "lines=0-3", "bytes=9-5", "bytes=x-", "bytes", "bytes=", "0-5"]
)
def test_ranges_that_are_passed_over(site: Site, wanted: str) -> None:
    reply = site.get(FILE, Range=wanted)
    assert reply.status == 200
    assert reply.body == site.get(FILE).body


@pytest.mark.parametrize("wanted", ["bytes=99999999-", "bytes=99999999-100000000"])
def test_ranges_behind_the_end(site: Site, wanted: str) -> None:
    reply = site.get(FILE, Range=wanted)
    assert reply.status == 416
    assert reply.headers["Content-Range"] == f"bytes */{len(site.get(FILE).body)}"
    assert reply.media_type == "application/problem+json"


def test_a_range_is_for_get_alone(site: Site) -> None:
    reply = site.request("HEAD", FILE, {"Range": "bytes=0-9"})
    assert reply.status == 200
    assert reply.headers["Content-Length"] == str(len(site.get(FILE).body))
    assert reply.headers["Accept-Ranges"] == "bytes"


def test_if_range(site: Site) -> None:
    tag = site.get(FILE).headers["ETag"]
    date = site.get(FILE).headers["Last-Modified"]
    for same in (tag, date):
        assert site.get(FILE, Range="bytes=0-9", If_Range=same).status == 206
    for other in ('"other"', f"W/{tag}", "Wed, 30 Apr 2025 00:00:00 GMT", "nonsense"):
        assert site.get(FILE, Range="bytes=0-9", If_Range=other).status == 200


def test_a_condition_comes_before_a_range(site: Site) -> None:
    tag = site.get(FILE).headers["ETag"]
    assert site.get(FILE, Range="bytes=0-9", If_None_Match=tag).status == 304


@pytest.mark.parametrize(
    "path",
    [
        "/dumps/latest/../manifest.json",
        "/dumps/2.1.0/..%2f..%2fmanifest.json",
        "/dumps/2.1.0/%2e%2e/manifest.json",
        "/dumps/2.1.0/queries",
        "/dumps/2.1.0/dumps/leuchtturm.ttl",
        "/dumps/../../etc/passwd",
    ],
)
def test_nothing_outside_is_served(site: Site, path: str) -> None:
    assert site.get(path).status == 404


def test_the_page_tells_all_that_who_downloads_needs(site: Site) -> None:
    text = html.unescape(site.get("/dumps/", "text/html").text)
    sums = site.get("/dumps/2.1.0/SHA256SUMS").text.splitlines()
    for line in sums:
        name = line.split("  ")[1]
        if name.endswith((".gz", ".zst")) and not name.startswith("leuchtturm."):
            continue
        assert f'/dumps/2.1.0/{name}"' in text
        if not name.startswith("leuchtturm-"):
            assert line in text
    assert "Die Leuchtschiffe sind dazugekommen." in text
    assert "Die ersten Türme." in text
    assert "@dataset{leuchtturm-2.1.0," in text
    assert "sha256sum --check" in text
    assert site.release.manifest["canonical_sha256"] in text
