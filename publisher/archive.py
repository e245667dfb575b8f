"""The archive: every published release, for ever, each a whole directory under its version.

Staging keeps the last few builds and forgets the others; an archive forgets nothing, and what is in
it never changes.
"""

from __future__ import annotations

import fcntl
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from publisher.edition import Edition
from publisher.release import CHECKSUMS, DamagedRelease, compare_checksums
from publisher.staging import flush

DEFAULT_ARCHIVE = Path("build", "archive")
#: What changed from each release to the next; see publisher.feeds.
CHANGES = "changes"
_STAGED = ".staged-"
_LOCK = ".lock"
#: Detached signatures of OpenSSH and of minisign.
SIGNATURES = (".sig", ".minisig")


class ArchiveConflict(Exception):
    """A release cannot go into an archive because of what is there already."""


class Archive:
    """A folder with one directory `{version}/` for each published release.

    It need not exist: then it is empty.
    """

    def __init__(self, folder: Path = DEFAULT_ARCHIVE) -> None:
        self.folder = folder

    def releases(self) -> list[Edition]:
        """Return all releases, of whatever format, oldest first.

        Raises DamagedRelease for a directory that holds none, or one of another version or another
        publication than its place says.
        """
        if not self.folder.is_dir():
            return []
        found = []
        for folder in sorted(self.folder.iterdir()):
            if folder.name.startswith(".") or folder.name == CHANGES or not folder.is_dir():
                continue
            edition = Edition.read(folder)
            if edition.version != folder.name:
                raise DamagedRelease(f"{folder} holds version {edition.version}: rename it to that")
            found.append(edition)
        others = {edition.iris.base for edition in found}
        if len(others) > 1:
            raise DamagedRelease(
                f"{self.folder} holds releases of several publications ({', '.join(sorted(others))}"
                "): keep an archive for each"
            )
        return sorted(found, key=lambda each: (each.released, version_key(each.version)))

    def latest(self) -> Edition | None:
        """Return the release that was published last. Raises DamagedRelease."""
        return next(reversed(self.releases()), None)

    def get(self, version: str) -> Edition | None:
        """Return the release of a version, None if there is none. Raises DamagedRelease."""
        return next((each for each in self.releases() if each.version == version), None)

    def place(self, version: str) -> Path:
        """Return where a version lies or would lie."""
        return self.folder / version

    def add(self, release: Path) -> Edition:
        """Take a copy of a whole release in, in one step; returns it as it lies here.

        A version that is there with the same content stays as it is, and gets the signatures that
        it lacks. Raises ArchiveConflict for other content under a version that is there and for a
        release of another publication, DamagedRelease for one that is not whole.
        """
        source = release.resolve()
        edition = Edition.read(source)
        compare_checksums(source, lambda _: True)
        target = self.place(edition.version)
        if target.name != edition.version or target.name.startswith(".") or target.name == CHANGES:
            raise DamagedRelease(f"{release}: {edition.version!r} is no version")
        with self._only_one():
            self._check(edition)
            if target.is_dir():
                _add_signatures(source, target)
                return Edition.read(target)
            staged = Path(tempfile.mkdtemp(prefix=_STAGED, dir=self.folder))
            try:
                shutil.copytree(source, staged, dirs_exist_ok=True)
                staged.chmod(0o755)
                compare_checksums(staged, lambda _: True)
                flush(staged)
                staged.rename(target)
                flush(self.folder, deep=False)
            finally:
                shutil.rmtree(staged, ignore_errors=True)
        return Edition.read(target)

    def _check(self, edition: Edition) -> None:
        for there in self.releases():
            if there.iris != edition.iris:
                raise ArchiveConflict(
                    f"{self.folder} holds releases of {there.iris.base}, and this one is of "
                    f"{edition.iris.base}: name another --archive"
                )
            if there.version == edition.version and _sums(there.folder) != _sums(edition.folder):
                raise ArchiveConflict(
                    f"version {edition.version} was published with other content, which stays in "
                    f"{there.folder}: give this one a new version in publication.toml"
                )

    @contextmanager
    def _only_one(self) -> Iterator[None]:
        """Let one process at a time add; what one left half done is cleared away."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / _LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            for left in self.folder.glob(f"{_STAGED}*"):
                shutil.rmtree(left)
            yield


def version_key(version: str) -> tuple[tuple[int, int | str], ...]:
    """Return what versions are sorted by: numbers as numbers (0.10.0 after 0.9.0)."""
    parts = re.findall(r"[0-9]+|[^0-9.]+", version)
    return tuple((1, int(part)) if part.isdigit() else (0, part) for part in parts)


def _sums(folder: Path) -> bytes:
    return (folder / CHECKSUMS).read_bytes()


def _add_signatures(source: Path, target: Path) -> None:
    for path in source.iterdir():
        if path.suffix in SIGNATURES and not (target / path.name).exists():
            staged = target / f"{_STAGED}{path.name}"
            shutil.copyfile(path, staged)
            flush(staged)
            staged.rename(target / path.name)
