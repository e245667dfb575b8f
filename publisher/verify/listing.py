"""The listing of a download: which files there must be, by SHA256SUMS and the manifest."""

from __future__ import annotations

import fnmatch
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from publisher.edition import Edition
from publisher.release import (
    CHECKSUMS,
    INDEX,
    MANIFEST,
    STORE,
    DamagedRelease,
    ReleasedFile,
    sha256,
)
from publisher.verify.verdict import Standing, Verdict

_LINE = re.compile(r"([0-9a-f]{64})  (.+)")
#: What follows the name of what is signed: signatures of OpenSSH and of minisign.
OPENSSH, MINISIGN = ".sig", ".minisig"
PART = ".part"
#: Files in a folder that no checksums speak of and that are no strangers there.
_KNOWN = (
    CHECKSUMS,
    *(f"{name}{suffix}" for name in (CHECKSUMS, MANIFEST) for suffix in (OPENSSH, MINISIGN)),
    INDEX,
)


@dataclass(frozen=True)
class Expected:
    """A file that must be there. `released` is what the manifest says of it, if it speaks of it."""

    name: str
    path: Path
    sha256: str
    released: ReleasedFile | None

    @property
    def short(self) -> bool:
        """Whether there is less of it than was released, as far as the manifest tells."""
        return self.released is not None and self.path.stat().st_size < self.released.bytes

    def is_right(self) -> bool:
        """Whether it is there with the bytes that were released."""
        return self.path.is_file() and not self.short and sha256(self.path) == self.sha256


@dataclass(frozen=True)
class Listing:
    """All files of a download; without an edition if the manifest is not there or not right."""

    folder: Path
    edition: Edition | None
    files: tuple[Expected, ...]
    faults: tuple[Verdict, ...]
    """Where checksums and manifest contradict each other."""

    @classmethod
    def read(cls, folder: Path) -> Listing:
        """Read the listing in a folder.

        Raises DamagedRelease if there is no SHA256SUMS or if it cannot be read.
        """
        sums = _sums(folder)
        manifest = folder / MANIFEST
        whole = MANIFEST in sums and manifest.is_file() and sha256(manifest) == sums[MANIFEST]
        edition = Edition.read(folder) if whole else None
        released: dict[str, ReleasedFile] = {}
        faults: list[Verdict] = []
        for file in edition.files if edition else ():
            name = file.path if file.path in sums else PurePosixPath(file.path).name
            released[name] = file
            if sums.get(name) != file.sha256:
                problem = "has another checksum than" if name in sums else "is in no line of"
                detail = f"by {MANIFEST} it {problem} {CHECKSUMS}; one of them was changed"
                faults.append(Verdict(name, Standing.WRONG, detail))
        if MANIFEST not in sums:
            detail = f"{CHECKSUMS} does not list it: counts and contents cannot be checked"
            faults.append(Verdict(MANIFEST, Standing.UNCHECKED, detail))
        files = tuple(
            Expected(name, folder / name, digest, released.get(name))
            for name, digest in sums.items()
        )
        return cls(folder, edition, files, tuple(faults))

    def chosen(self, patterns: list[str]) -> list[Expected]:
        """Return the files whose names fit one of the shell patterns, all without any."""
        return [
            file
            for file in self.files
            if not patterns
            or any(
                fnmatch.fnmatchcase(file.name, pattern)
                or fnmatch.fnmatchcase(file.path.name, pattern)
                for pattern in patterns
            )
        ]

    def strangers(self) -> list[str]:
        """Return the names of files in the folder that are not of the release, sorted."""
        names = {file.name for file in self.files}.union(_KNOWN)
        found = (
            path.relative_to(self.folder).as_posix()
            for path in self.folder.rglob("*")
            if path.is_file() and path.suffix != PART
        )
        return sorted(name for name in found if name not in names and _top(name) != STORE)


def _top(name: str) -> str:
    return name.partition("/")[0]


def _sums(folder: Path) -> dict[str, str]:
    """Return SHA-256 by file name. Raises DamagedRelease."""
    path = folder / CHECKSUMS
    if not path.is_file():
        raise DamagedRelease(
            f"{folder} has no {CHECKSUMS}, without which nothing can be checked; put that of the "
            "release beside the files, or give the address of the release with --resume --from"
        )
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        raise DamagedRelease(f"{path} is no text") from None
    found: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        match = _LINE.fullmatch(line)
        if match is None:
            raise DamagedRelease(
                f"{path}, line {number}: not a checksum and a name; download {CHECKSUMS} again"
            )
        name = PurePosixPath(match[2])
        if name.is_absolute() or ".." in name.parts or "\\" in match[2]:
            raise DamagedRelease(f"{path}, line {number}: {match[2]} is outside the release")
        found[match[2]] = match[1]
    if not found:
        raise DamagedRelease(f"{path} is empty; download it again")
    return found
