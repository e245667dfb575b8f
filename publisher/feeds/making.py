"""Making the change feed of an archive: for each transition a patch, a page, a record, a stream."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from publisher.archive import CHANGES
from publisher.compare.changes import Change, changes
from publisher.compare.comparison import compare
from publisher.compare.statements import nameless, statements
from publisher.edition import Edition
from publisher.feeds.record import Record
from publisher.feeds.stream import Stream
from publisher.feeds.transitions import RECORD, STREAM, Transition, transitions
from publisher.progress import Progress

_UNFINISHED = ".changes-"


def ensure(editions: Sequence[Edition], archive: Path, progress: Progress) -> list[Transition]:
    """Make what an archive lacks of the changes between its releases, given oldest first.

    Returns the transitions that were made. What is there and of the same data stays; each appears
    when all of it is written. Raises DamagedRelease for a release that is not whole.
    """
    made = []
    for transition in transitions(editions):
        if transition.record(archive) is None:
            _make(transition, archive, progress)
            made.append(transition)
    return made


def _make(transition: Transition, archive: Path, progress: Progress) -> None:
    place = transition.folder(archive)
    place.parent.mkdir(parents=True, exist_ok=True)
    staged = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=archive / CHANGES))
    try:
        staged.chmod(0o755)
        _write(transition, staged, progress)
        if place.exists():
            shutil.rmtree(place)
        staged.rename(place)
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def _write(transition: Transition, folder: Path, progress: Progress) -> None:
    old, new = transition.old, transition.new
    record = Record(new.language)
    stream = Stream(new, folder / STREAM, nameless(new))

    def note(change: Change, removed: Sequence[bytes], added: Sequence[bytes]) -> None:
        record.add(change, removed, added)
        stream.add(change)

    if old is None:
        found = added = 0
        for change in _first(new, progress):
            note(change, (), change.new)
            added += len(change.new)
    else:
        comparison = compare(old, new, folder, progress, note)
        found, added = comparison.removed, comparison.added
    document = {
        **transition.stamp(),
        "removed": found,
        "added": added,
        **record.as_mapping(),
        "pages": stream.finish(),
    }
    text = json.dumps(document, ensure_ascii=False, indent=1)
    (folder / RECORD).write_text(f"{text}\n", encoding="utf-8")


def _first(edition: Edition, progress: Progress) -> Iterable[Change]:
    lines = progress.step("compare", statements(edition), edition.quads, "statements")
    return changes((), lines)
