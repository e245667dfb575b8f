"""An edition: what a release of any format says of itself to those who check or compare it.

It may lie as the build wrote it (`dumps/x.ttl`) or as it was downloaded, all files in one folder.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from publisher.iri import IriSpace
from publisher.prefixes import Prefixes
from publisher.release import MANIFEST, DamagedRelease, ReleasedFile


@dataclass(frozen=True)
class Edition:
    """The manifest of a release, as far as all formats have it."""

    folder: Path
    version: str
    released: dt.datetime
    name: str
    iris: IriSpace
    prefixes: Prefixes
    public_url: str | None
    language: str
    triples: int
    quads: int
    graphs: Mapping[str, int]
    """Quads by graph name."""
    canonical_sha256: str
    files: tuple[ReleasedFile, ...]

    @classmethod
    def read(cls, folder: Path) -> Edition:
        """Read the manifest in a folder. Raises DamagedRelease, which says what is wrong."""
        path = folder / MANIFEST
        if not path.is_file():
            raise DamagedRelease(f"{folder} is no release: it has no {MANIFEST}")
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            publication, counts = values["publication"], values["counts"]
            return cls(
                folder=folder,
                version=str(values["version"]),
                released=dt.datetime.fromisoformat(values["released"]),
                name=str(publication["name"]),
                iris=IriSpace(publication["base"]),
                prefixes=Prefixes(publication["prefixes"]),
                public_url=publication.get("public_url"),
                language=str(publication.get("language") or "en"),
                triples=int(counts["triples"]),
                quads=int(counts["quads"]),
                graphs={name: int(quads) for name, quads in counts["graphs"].items()},
                canonical_sha256=str(values["canonical_sha256"]),
                files=tuple(ReleasedFile(**entry) for entry in values["files"]),
            )
        except (ValueError, KeyError, TypeError, AttributeError, OSError) as error:
            raise DamagedRelease(f"{path} cannot be read as a manifest ({error!r})") from None

    @property
    def quads_path(self) -> Path:
        """The canonical N-Quads, wherever they lie; perhaps they are not there."""
        return self.path(f"dumps/{self.name}.nq")

    def path(self, name: str) -> Path:
        """Return where the file with a path of the manifest lies: there, or flat."""
        path = self.folder / name
        return path if path.parent.is_dir() else self.folder / path.name
