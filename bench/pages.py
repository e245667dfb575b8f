"""Pages: how long readers wait for their first byte, and how much they then have to load."""

from __future__ import annotations

import gzip
import http.client
import random
import re
import shutil
import statistics
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlsplit

import pyoxigraph as ox

from bench import peers
from bench.peers import Server
from publisher.index import writing
from publisher.progress import Progress
from publisher.release import INDEX, Release
from publisher.terms import RDF_TYPE

#: The kinds of pages that are measured.
KINDS: Final = ("home", "thing", "collection", "search")
#: Things whose pages are asked for, none of them twice.
_THINGS: Final = 200
_WARM: Final = 10
_SHEET: Final = re.compile(rb'<link rel="stylesheet" href="([^"]+)"')


@dataclass(frozen=True)
class Wait:
    """What one kind of page costs: milliseconds to the first byte, and bytes as they travel."""

    p50: float
    p95: float
    bytes: int


def measure(release: Release, log: Path) -> dict[str, Any]:
    """Serve a release and ask for its pages, one after the other, none of them twice.

    `bytes` are those of the largest page of a kind with gzip, without the style sheets, whose own
    number is under "styles". Raises PeerFailed.
    """
    server = Server.start(release, "memory", peers.first_question(), log)
    try:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        paths = {
            "home": ["/"],
            "thing": _things(release),
            "collection": [
                f"{release.iris.path(each.graph)}.html" for each in release.collections[:20]
            ],
            "search": [f"/search?q={quote(word)}" for word in _words(release)],
        }
        found: dict[str, Any] = {"triples": release.counts["triples"]}
        for path in paths["thing"][-_WARM:]:
            _get(connection, path)
        for kind, asked in paths.items():
            waits, sizes = zip(
                *(_get(connection, path)[:2] for path in asked[:_THINGS]), strict=True
            )
            ordered = sorted(waits)
            found[kind] = vars(
                Wait(
                    statistics.median(ordered) * 1000,
                    ordered[int(0.95 * (len(ordered) - 1))] * 1000,
                    max(sizes),
                )
            )
        _, _, page = _get(connection, "/")
        sheets = [match.decode() for match in _SHEET.findall(page)]
        found["styles"] = sum(_get(connection, sheet)[1] for sheet in sheets)
        return found
    finally:
        server.stop()


def with_index(release: Release, folder: Path) -> Release:
    """Return the same release with an index of all that is in it."""
    target = folder / "indexed"
    if not target.is_dir():
        unfinished = folder / "indexed.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        shutil.copytree(release.path, unfinished, ignore=shutil.ignore_patterns(INDEX, "store"))
        unfinished.rename(target)
    found = Release.open(target, verify=False)
    writing.ensure(found, Progress(quiet=True))
    return found


def _things(release: Release) -> list[str]:
    """Return the paths of the pages of some things, chosen from all."""
    draw = random.Random(951911)  # noqa: S311
    chosen: list[str] = []
    seen = 0
    for quad in ox.parse(path=release.dataset_path, format=ox.RdfFormat.N_QUADS):
        if quad.predicate.value != RDF_TYPE or not isinstance(quad.subject, ox.NamedNode):
            continue
        path = release.iris.document_path(quad.subject.value, "html")
        if path is None:
            continue
        seen += 1
        place = len(chosen) if len(chosen) < _THINGS + _WARM else draw.randrange(seen)
        if place < len(chosen):
            chosen[place] = path
        elif len(chosen) < _THINGS + _WARM:
            chosen.append(path)
    return list(dict.fromkeys(chosen))


def _words(release: Release) -> list[str]:
    """Return words that people might search for: some that stand in labels."""
    words: dict[str, None] = {}
    for quad in ox.parse(path=release.dataset_path, format=ox.RdfFormat.N_QUADS):
        if quad.predicate.value.endswith("#label") and isinstance(quad.object, ox.Literal):
            words.update(dict.fromkeys(quad.object.value.split()[:1]))
        if len(words) >= _THINGS // 4:
            break
    return list(words)


def _get(connection: http.client.HTTPConnection, path: str) -> tuple[float, int, bytes]:
    """Return the seconds to the first byte of a page, its size with gzip, and its text."""
    began = time.perf_counter()
    parts = urlsplit(path)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    connection.request("GET", target, headers={"Accept": "text/html", "Accept-Encoding": "gzip"})
    response = connection.getresponse()
    waited = time.perf_counter() - began
    body = response.read()
    if response.status != 200:
        raise RuntimeError(f"{path}: status {response.status}")
    coded = response.headers["Content-Encoding"] == "gzip"
    return waited, len(body), gzip.decompress(body) if coded else body
