"""Stores that queries are evaluated on: filled from a release, and kept beside it as an index.

`store/` in a release's directory is made from its dumps, so it is not among its checksums: `MARK`
in it names the release and the library that it belongs to, and what does not match is made anew.
"""

from __future__ import annotations

import fcntl
import io
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any, BinaryIO, Final

from pyoxigraph import Quad, RdfFormat, Store, parse

from publisher.progress import Progress
from publisher.release import STORE, Release

MARK: Final = "release.json"
_UNFINISHED: Final = ".store-"
_BLOCK: Final = 1 << 20
_LABELLED: Final = b"_:"


def fill(store: Store, release: Release, progress: Progress) -> None:
    """Put the dataset of a release into an empty store; blank nodes keep the labels they have.

    Where a triple stands in several named graphs, Oxigraph's union of them would give it several
    times; the RDF merge of all graphs is then put into the default graph as well.

    Raises SyntaxError for a broken file and OSError for one that cannot be read.
    """
    load(store, release.dataset_path, RdfFormat.N_QUADS, progress)
    if release.default_graph == "merged":
        load(store, release.merged_path, RdfFormat.N_TRIPLES, progress)


def ensure(release: Release, progress: Progress) -> Path:
    """Return the directory of a release's store on disk, which is built if it is not there.

    One at a time builds: a second waits and finds it built. Raises SyntaxError for broken dumps
    and OSError where nothing can be written.
    """
    place = release.path / STORE
    if not _belongs(place, release):
        with _only_one(release.path):
            if not _belongs(place, release):
                _build(release, place, progress)
    return place


def _build(release: Release, place: Path, progress: Progress) -> None:
    for left in release.path.glob(f"{_UNFINISHED}*"):
        shutil.rmtree(left)
    unfinished = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=release.path))
    try:
        unfinished.chmod(0o755)
        store = Store(unfinished)
        fill(store, release, progress)
        progress.run("optimise the store", store.optimize)
        store.flush()
        del store
        (unfinished / MARK).write_text(json.dumps(_mark(release)) + "\n", encoding="utf-8")
        if place.exists():
            place.rename(tempfile.mkdtemp(prefix=_UNFINISHED, dir=release.path))
        unfinished.rename(place)
    finally:
        for left in release.path.glob(f"{_UNFINISHED}*"):
            shutil.rmtree(left, ignore_errors=True)


def _belongs(place: Path, release: Release) -> bool:
    try:
        return bool(json.loads((place / MARK).read_text(encoding="utf-8")) == _mark(release))
    except (OSError, ValueError):
        return False


def _mark(release: Release) -> dict[str, str]:
    return {"release": release.id, "pyoxigraph": version("pyoxigraph")}


@contextmanager
def _only_one(directory: Path) -> Iterator[None]:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def load(store: Store, dump: Path, form: RdfFormat, progress: Progress) -> None:
    """Load a dump that has one statement a line; blank nodes keep the labels they have.

    The loader makes up new labels for blank nodes, so statements that may have some take another
    way. Answers show the labels, and equal entity tags promise equal bytes after a new start.
    """
    size = -(-dump.stat().st_size // _BLOCK)
    with dump.open("rb") as file:
        blocks = progress.step(f"load {dump.name}", _blocks(file), size, "MB")
        lines = _Lines(blocks, labelled=False)
        # Lenient: a build wrote the dump, and checked each term.
        store.bulk_load(io.BufferedReader(lines, _BLOCK), format=form, lenient=True)
        if lines.left_out:
            file.seek(0)
            others = io.BufferedReader(_Lines(_blocks(file), labelled=True), _BLOCK)
            statements = parse(others, format=form, lenient=True)
            store.bulk_extend(quad for quad in statements if isinstance(quad, Quad))


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    while block := file.read(_BLOCK):
        yield block


class _Lines(io.RawIOBase):
    """Those lines of a file that may name blank nodes (`labelled`), or those that do not."""

    def __init__(self, blocks: Iterator[bytes], *, labelled: bool) -> None:
        self.left_out = False
        self._blocks = blocks
        self._labelled = labelled
        self._ended = False
        self._part = b""
        self._ready = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._ready and not self._ended:
            self._advance()
        count = min(len(buffer), len(self._ready))
        buffer[:count] = self._ready[:count]
        self._ready = self._ready[count:]
        return count

    def _advance(self) -> None:
        block = next(self._blocks, b"")
        self._ended = not block
        lines, end, self._part = (self._part + block).rpartition(b"\n")
        self._ready = memoryview(self._choose(lines + end if block else self._part))

    def _choose(self, lines: bytes) -> bytes:
        if _LABELLED not in lines:
            return b"" if self._labelled else lines
        self.left_out = True
        chosen = (line for line in lines.splitlines(True) if (_LABELLED in line) is self._labelled)
        return b"".join(chosen)
