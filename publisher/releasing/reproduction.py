"""Reproduction: a release is built twice, each time elsewhere, and the bytes are compared.

The two differ in folder, time zone, locale, encoding of the platform, seed of hashes and mask of
permissions. What is then the same does not depend on the machine it was built on.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import Final

import publisher
from publisher.intake.mapping import FILE as INTAKE
from publisher.limits import BUILDS_AT_ONCE_MB
from publisher.progress import Progress
from publisher.publication import CONFIGURATION, Publication
from publisher.release import CHECKSUMS
from publisher.sources import find_queries, find_sources

_BLOCK: Final = 1 << 20
_TOLD_LINES: Final = 40


class NotReproducible(Exception):
    """Two builds of the same sources differ; the text names the first file and place."""


class BuildFailed(Exception):
    """A build ended with an error; `said` is what it told."""

    def __init__(self, said: str) -> None:
        super().__init__("the release cannot be built")
        self.said = said


@dataclass(frozen=True)
class _Circumstances:
    folder: str
    umask: str
    environment: Mapping[str, str] = field(default_factory=dict)


_FIRST: Final = _Circumstances(
    "a", "022", {"TZ": "UTC", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "1", "PYTHONUTF8": "1"}
)
_SECOND: Final = _Circumstances(
    "another folder/b",
    "077",
    {"TZ": "Pacific/Kiritimati", "LC_ALL": "C", "PYTHONHASHSEED": "4711", "PYTHONUTF8": "0"},
)


def built_twice(
    publication: Publication, room: Path, earlier: Sequence[Path], progress: Progress
) -> Path:
    """Build a release twice below the folder `room`, together if it is small; returns the first.

    `earlier` are releases whose addresses must still answer. Raises BuildFailed and
    NotReproducible.
    """
    copies = [_copied(publication, room / each.folder) for each in (_FIRST, _SECOND)]
    size = sum(path.stat().st_size for path in copies[0].rglob("*"))
    together = size <= BUILDS_AT_ONCE_MB << 20
    running: list[subprocess.Popen[bytes]] = []

    def build() -> None:
        for each, sources in zip((_FIRST, _SECOND), copies, strict=True):
            running.append(_start(each, sources, earlier))
            if not together:
                running[-1].wait()
        for process in running:
            process.wait()

    try:
        progress.run("build twice" if together else "build twice, one after the other", build)
    finally:
        for process in running:
            if process.poll() is None:
                process.terminate()
                process.wait()
    for process, sources in zip(running, copies, strict=True):
        if process.returncode:
            lines = (sources / "build.log").read_text(errors="replace").splitlines()
            raise BuildFailed("\n".join(lines[-_TOLD_LINES:]))
    first, second = (sources / "build" / "release" for sources in copies)
    progress.run("compare the two", lambda: refuse_differences(first, second))
    return first.resolve()


def refuse_differences(first: Path, second: Path) -> None:
    """Raise NotReproducible if two releases differ in a byte of what their checksums cover."""
    names = [{line.split("  ", 1)[1] for line in _lines(folder)} for folder in (first, second)]
    for name in sorted(names[0] ^ names[1]):
        whose = "first" if name in names[0] else "second"
        raise NotReproducible(f"only the {whose} of two builds has the file {name}")
    for name in (*sorted(names[0]), CHECKSUMS):
        place = _first_difference(first / name, second / name)
        if place is not None:
            raise NotReproducible(
                f"two builds differ in {name}, from byte {place:,} on: what is written there "
                "depends on the machine or on chance"
            )


def _lines(folder: Path) -> list[str]:
    return (folder / CHECKSUMS).read_text(encoding="utf-8").splitlines()


def _first_difference(one: Path, other: Path) -> int | None:
    at = 0
    with one.open("rb") as left, other.open("rb") as right:
        while True:
            a, b = left.read(_BLOCK), right.read(_BLOCK)
            if a != b:
                pairs = zip_longest(a, b)
                return at + next(place for place, (x, y) in enumerate(pairs) if x != y)
            if not a:
                return None
            at += len(a)


def _copied(publication: Publication, folder: Path) -> Path:
    """Copy all that a release is made from, and nothing else."""
    settings = [publication.folder / CONFIGURATION, publication.folder / INTAKE]
    settings += [publication.folder / name for name in publication.site.files]
    sources = [source.path for source in find_sources(publication)]
    for path in (*settings, *sources, *find_queries(publication)):
        if path.is_file():
            target = folder / path.relative_to(publication.folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    return folder


def _start(
    circumstances: _Circumstances, folder: Path, earlier: Sequence[Path]
) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "publisher", "build", "--out", "build/release"]
    for each in earlier:
        command += ["--earlier", str(each.resolve())]
    environment = {**os.environ, **circumstances.environment}
    # The code that runs here, wherever the other folder is.
    code = str(Path(publisher.__file__).parents[1])
    environment["PYTHONPATH"] = os.pathsep.join(
        [code, *filter(None, [environment.get("PYTHONPATH")])]
    )
    with (folder / "build.log").open("wb") as log:
        return subprocess.Popen(  # noqa: S603
            command,
            cwd=folder,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            umask=int(circumstances.umask, 8),
        )
