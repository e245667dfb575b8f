"""The timeline: which versions of the publication this server has, from the oldest to its own."""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from publisher.archive import Archive
from publisher.edition import Edition
from publisher.release import DamagedRelease, Release

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Version:
    """One version; `release` is None if its documents cannot be shown, and `fault` says why."""

    edition: Edition
    release: Release | None
    fault: str | None = None

    @property
    def name(self) -> str:
        """The version number."""
        return self.edition.version

    @property
    def released(self) -> dt.datetime:
        """When it was released, in whole seconds of UTC."""
        return self.edition.released

    @property
    def date(self) -> str:
        """The day of the release, as people read it."""
        return f"{self.released.day} {self.released.strftime('%B %Y')}"

    @property
    def notes(self) -> str | None:
        """What the publisher says of it, if its documents can be shown."""
        return None if self.release is None else self.release.overview.get("notes")


class Timeline:
    """The versions in order of time, the last of which is served."""

    def __init__(self, versions: Sequence[Version], archive: Path | None = None) -> None:
        """Take at least one version, the oldest first, and where those before the last lie."""
        self.archive = archive
        self._versions = tuple(versions)
        self._by_name = {each.name: each for each in versions}

    @classmethod
    def of(cls, current: Release, archive: Path | None = None) -> Timeline:
        """Put the archived releases that a release follows before it.

        What the archive has of the version that is served, or newer, is left out, and so is what
        belongs to another publication. Raises DamagedRelease if the archive cannot be read.
        """
        edition = Edition.read(current.path)
        found = [] if archive is None else Archive(archive).releases()
        versions = []
        for each in found:
            if each.iris != edition.iris:
                _log.warning("%s is of another publication and is not served", each.folder)
            elif each.version != edition.version and each.released <= edition.released:
                versions.append(_opened(each, current))
        return cls([*versions, Version(edition, current)], archive)

    @property
    def current(self) -> Version:
        """The version that is served."""
        return self._versions[-1]

    @property
    def newest_first(self) -> list[Version]:
        """All versions, the current one first."""
        return list(reversed(self._versions))

    @cached_property
    def tag(self) -> str:
        """What entity tags say of the timeline."""
        text = "\n".join(f"{each.name} {each.edition.canonical_sha256}" for each in self)
        return hashlib.sha256(text.encode()).hexdigest()[:8]

    def get(self, name: str) -> Version | None:
        """Return the version of a name, or None."""
        return self._by_name.get(name)

    def __iter__(self) -> Iterator[Version]:
        return iter(self._versions)

    def __len__(self) -> int:
        return len(self._versions)


def _opened(edition: Edition, current: Release) -> Version:
    """Open an archived release as far as this program can, with the settings of the current."""
    try:
        release = Release.open(
            edition.folder,
            verify=False,
            engine=current.engine,
            public_url=current.publication.public_url,
        )
    except (DamagedRelease, TypeError) as error:
        return Version(edition, None, str(error).partition("; ")[0])
    return Version(edition, release)
