"""The comparison of two releases, written into a folder as a patch and as a page."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from publisher.compare.addresses import is_lost, lost_graphs
from publisher.compare.changes import Change, changes
from publisher.compare.page import Page
from publisher.compare.statements import statements
from publisher.edition import Edition
from publisher.limits import DIFF_THINGS
from publisher.progress import Progress
from publisher.release import DamagedRelease

ADDED, REMOVED, PAGE, LOST = "added.nq", "removed.nq", "changes.md", "lost.txt"


@dataclass(frozen=True)
class Comparison:
    """What came of it: numbers of statements and of IRIs that no longer answer."""

    removed: int
    added: int
    lost: int
    first_lost: tuple[str, ...]
    summary: tuple[str, ...]


def compare(
    old: Edition,
    new: Edition,
    folder: Path,
    progress: Progress,
    note: Callable[[Change, Sequence[bytes], Sequence[bytes]], None] | None = None,
) -> Comparison:
    """Write what changed from one release to another; files appear when all of them are whole.

    `note` is told of each change, with the lines that were removed and those that were added.
    Raises DamagedRelease if one is not whole or if they are releases of different publications.
    """
    if old.iris != new.iris:
        raise DamagedRelease(
            f"{old.folder} has IRIs below {old.iris.base}, {new.folder} below {new.iris.base}: "
            "they are no versions of one publication"
        )
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".diff-", dir=folder) as staged:
        found = _write(old, new, Path(staged), progress, note)
        for name in (ADDED, REMOVED, LOST, PAGE):
            Path(staged, name).replace(folder / name)
    return found


def _write(
    old: Edition,
    new: Edition,
    folder: Path,
    progress: Progress,
    note: Callable[[Change, Sequence[bytes], Sequence[bytes]], None] | None,
) -> Comparison:
    page = Page(old, new)
    removed = added = lost = 0
    first: list[str] = []
    with (
        (folder / ADDED).open("wb") as more,
        (folder / REMOVED).open("wb") as less,
        (folder / LOST).open("w", encoding="utf-8") as gone,
    ):

        def lose(iri: str) -> None:
            nonlocal lost
            lost += 1
            gone.write(f"{iri}\n")
            if len(first) < DIFF_THINGS:
                first.append(iri)

        after = progress.step("compare", statements(new), new.quads, "statements")
        for change in changes(statements(old), after):
            minus, plus = change.removed, change.added
            less.writelines(minus)
            more.writelines(plus)
            removed += len(minus)
            added += len(plus)
            page.add(change, minus, plus)
            if note is not None:
                note(change, minus, plus)
            if is_lost(new.iris, change):
                lose(change.subject)
        for graph in lost_graphs(old, new):
            lose(graph)
    (folder / PAGE).write_text(page.text(removed, added, first, lost), encoding="utf-8")
    return Comparison(removed, added, lost, tuple(first), tuple(page.summary()))
