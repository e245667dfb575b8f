"""Writing: the new statements in their files, formatted and checked, all of them or none."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox

from publisher.build import check
from publisher.findings import SourceFault
from publisher.formatting import formatted
from publisher.progress import Progress
from publisher.publication import CONFIGURATION, Publication
from publisher.sources import DATA
from publisher.terms import BareTriple
from publisher.validation import Report


class WritingError(Exception):
    """The files cannot be written; they are as they were."""


@dataclass(frozen=True)
class Change:
    """A file before and after; `before` is None for a new one."""

    path: Path
    before: str | None
    after: str


def changes(
    publication: Publication, triples: Mapping[str, Sequence[BareTriple]], things: Sequence[str]
) -> list[Change]:
    """Return the files with the new statements in them, if the publication stays valid.

    Everything is tried on a copy. Raises SourceFault with what the publisher would say of it.
    """
    with _copy(publication, triples) as folder:
        copy = Publication.load(folder)
        found = []
        texts = formatted(copy)
        for name in sorted(triples):
            path = folder / DATA / name
            path.write_text(texts[path][1], encoding="utf-8")
            original = publication.folder / DATA / name
            before = original.read_text(encoding="utf-8") if original.exists() else None
            found.append(Change(original, before, texts[path][1]))
        report = check(copy, Progress())
        if report.stops:
            _refuse(publication, report, set(things))
    return found


def write_all(found: Sequence[Change]) -> None:
    """Write every file or none. Raises WritingError."""
    staged: list[tuple[Change, Path]] = []
    done: list[Change] = []
    try:
        for folder in {change.path.parent for change in found}:
            folder.mkdir(exist_ok=True)
        for change in found:
            now = change.path.read_text(encoding="utf-8") if change.path.exists() else None
            if now != change.before:
                raise WritingError(f"{change.path} was changed meanwhile; nothing was written")
            beside = change.path.with_name(f".{change.path.name}.new")
            staged.append((change, beside))
            _write(beside, change.after)
            if change.before is not None:
                shutil.copymode(change.path, beside)
        for change, beside in staged:
            beside.replace(change.path)
            done.append(change)
    except BaseException as error:  # an interruption, too, must not leave half of it
        for change in done:
            _restore(change)
        if isinstance(error, OSError):
            raise WritingError(f"{error}; nothing was written") from error
        raise
    finally:
        for _, beside in staged:
            beside.unlink(missing_ok=True)


def _write(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _restore(change: Change) -> None:
    if change.before is None:
        change.path.unlink(missing_ok=True)
    else:
        _write(change.path, change.before)


@contextmanager
def _copy(publication: Publication, triples: Mapping[str, Sequence[BareTriple]]) -> Iterator[Path]:
    """Yield a folder like the publication's with the new statements in its files.

    They stand first and as N-Triples, which every form of sources can hold: so no comment of the
    file gets to stand before a statement that it does not belong to.
    """
    with tempfile.TemporaryDirectory(prefix="intake-") as name:
        folder = Path(name)
        for path in publication.folder.iterdir():
            if path.name in ("ontology", "shapes", "queries", CONFIGURATION):
                (folder / path.name).symlink_to(path.resolve())
        (folder / DATA).mkdir()
        data = publication.folder / DATA
        for path in data.iterdir() if data.is_dir() else ():
            if path.name not in triples:
                (folder / DATA / path.name).symlink_to(path.resolve())
        for file, rows in triples.items():
            original = publication.folder / DATA / file
            lines = ox.serialize((ox.Triple(*row) for row in rows), format=ox.RdfFormat.N_TRIPLES)
            assert lines is not None
            before = original.read_bytes() if original.exists() else b""
            (folder / DATA / file).write_bytes(lines + b"\n" + before)
        yield folder


def _refuse(publication: Publication, report: Report, things: set[str]) -> None:
    """Raise SourceFault for what the new statements break; faults from before are not theirs."""
    broken = [result for result in report.results if result.severity == "violation"]
    if any(result.focus_node not in things for result in broken):
        earlier = check(publication, Progress(quiet=True))
        known = {(old.focus_node, old.path, old.value, old.component) for old in earlier.results}
        broken = [
            new
            for new in broken
            if (new.focus_node, new.path, new.value, new.component) not in known
        ]
    if broken:
        ours = Report(False, broken, {}, "")
        raise SourceFault(ours.findings(publication.prefixes))
