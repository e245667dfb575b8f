"""Transitions: from each release of an archive to the next, and where what changed is kept."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from publisher.archive import CHANGES
from publisher.edition import Edition

RECORD: Final = "changes.json"
STREAM: Final = "stream"
#: Raised when what is written changes, so that what lies there is made anew.
FORMAT: Final = 1
#: What stands for the release before the first.
_NOTHING: Final = "initial"


@dataclass(frozen=True)
class Transition:
    """The way from one release to the next; `old` is None for the first of all."""

    old: Edition | None
    new: Edition

    @property
    def name(self) -> str:
        """The name of its folder, which is also that of its page."""
        return f"{self.old.version if self.old else _NOTHING}..{self.new.version}"

    def folder(self, archive: Path) -> Path:
        """Return where an archive keeps it."""
        return archive / CHANGES / self.name

    def stamp(self) -> dict[str, Any]:
        """Return what a record of it begins with, by which one that is out of date is known."""
        return {
            "format": FORMAT,
            "old": self.old and self.old.version,
            "new": self.new.version,
            "old_canonical_sha256": self.old and self.old.canonical_sha256,
            "new_canonical_sha256": self.new.canonical_sha256,
            "released": self.new.released.isoformat(),
        }

    def record(self, archive: Path) -> dict[str, Any] | None:
        """Return what an archive has recorded of it, None if it has nothing or of other data."""
        path = self.folder(archive) / RECORD
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        stamp = self.stamp()
        whole = isinstance(found, dict) and {key: found.get(key) for key in stamp} == stamp
        return found if whole else None


def transitions(editions: Sequence[Edition]) -> list[Transition]:
    """Return the transitions through releases, given and returned oldest first."""
    if not editions:
        return []
    return [
        Transition(None, editions[0]),
        *(Transition(old, new) for old, new in pairwise(editions)),
    ]
