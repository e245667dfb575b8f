"""Staging: what is written stands beside what there is and is moved into its place in one step.

`--out DIR` is a link to the newest release; the releases themselves are kept in `DIR.releases/`,
so that a server which opened an older one goes on reading it.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from publisher.release import DamagedRelease, Release

_STAGED = ".staged-"
_NEXT = ".next"
KEPT = 3
"""How many releases stay on disk; an older one may still be in use by a running server."""


class OccupiedTarget(Exception):
    """The place for the release holds something that a build did not put there."""


@contextmanager
def replacing(out: Path, mark: str) -> Iterator[Path]:
    """Yield an empty folder, which takes the place of the folder `out` if all goes well.

    `mark` is a file that tells such a folder from others. Raises OccupiedTarget where something
    else is in the way.
    """
    if out.exists() and not (out / mark).is_file() and (not out.is_dir() or any(out.iterdir())):
        raise OccupiedTarget(
            f"{out} exists and was not written by this command; remove it or choose another --out"
        )
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as room:
        staged = Path(room, "staged")
        staged.mkdir()
        yield staged
        if out.exists():
            out.rename(Path(room, "before"))
        staged.rename(out)


def linked(source: Path, target: Path) -> None:
    """Give a file that never changes a second name, or copy it where file systems differ."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


class Staging:
    """The place where releases go and the folder in which the next one is written."""

    def __init__(self, out: Path) -> None:
        self.out = out.absolute()
        self.releases = self.out.with_name(f"{self.out.name}.releases")
        self.report = self.out.with_name(f"{self.out.name}.report")

    def current(self) -> Release | None:
        """Return the release in place if there is one and it is whole."""
        return Release.open(self.out) if _is_whole(self.out) else None

    @contextmanager
    def directory(self) -> Iterator[Path]:
        """Yield an empty directory to write into; it is removed unless it was published.

        One build at a time: a second one waits. Raises OccupiedTarget.
        """
        self._check()
        self.releases.mkdir(parents=True, exist_ok=True)
        with (self.releases / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            for left in self.releases.glob(f"{_STAGED}*"):
                shutil.rmtree(left)
            staged = Path(tempfile.mkdtemp(prefix=_STAGED, dir=self.releases))
            staged.chmod(0o755)
            try:
                yield staged
            finally:
                shutil.rmtree(staged, ignore_errors=True)

    @contextmanager
    def workspace(self) -> Iterator[Path]:
        """Yield an empty directory on the same disk for what is needed while a release is made.

        It is only asked for inside `directory`, which also removes what a build that was ended from
        outside left behind.
        """
        workspace = Path(tempfile.mkdtemp(prefix=_STAGED, dir=self.releases))
        try:
            yield workspace
        finally:
            shutil.rmtree(workspace, ignore_errors=True)

    def publish(self, staged: Path, name: str) -> Path:
        """Move a complete directory into place as release `name`; the link changes in one step."""
        target = self.releases / name
        flush(staged)
        if not _is_whole(target):
            if target.exists():
                target.rename(tempfile.mkdtemp(prefix=_STAGED, dir=self.releases))
            staged.rename(target)
        following = self.releases / _NEXT
        following.unlink(missing_ok=True)
        following.symlink_to(Path(self.releases.name, name))
        if self.out.is_dir() and not self.out.is_symlink():
            self.out.rmdir()
        following.replace(self.out)
        self._prune()
        return target

    def kept(self) -> list[Path]:
        """Return the directories of the releases that are kept, sorted by name."""
        return sorted(
            path
            for path in self.releases.glob("*")
            if path.is_dir() and not path.name.startswith(_STAGED)
        )

    def other_contents(self, version: str, release_id: str) -> bool:
        """Whether a release of the same version but other content is still kept."""
        ours = f"{version}-{release_id}"
        return any(path.name != ours for path in self.releases.glob(f"{version}-????????????????"))

    def _check(self) -> None:
        if self.out.is_symlink() or not self.out.exists():
            return
        if not self.out.is_dir() or any(self.out.iterdir()):
            raise OccupiedTarget(
                f"{self.out} exists and no build put it there; remove it or choose another --out"
            )

    def _prune(self) -> None:
        kept = self.out.resolve()
        found = [path for path in self.kept() if path != kept]
        found.sort(key=lambda path: path.stat().st_mtime, reverse=True)
        for path in found[KEPT - 1 :]:
            shutil.rmtree(path)


def _is_whole(directory: Path) -> bool:
    try:
        Release.open(directory)
    except DamagedRelease:
        return False
    return True


def flush(place: Path, *, deep: bool = True) -> None:
    """Make a file, or a directory with all below it if `deep`, durable before others rely on it."""
    for path in (place, *(place.rglob("*") if deep else ())):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
