"""The query workbench: where the set-up puts YASGUI, and what its page may load for it."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Final

import server

#: `make` has npm put it here; it is no part of the repository.
FOLDER: Final = (
    Path(server.__file__).parent / "workbench" / "node_modules" / "@zazuko" / "yasgui" / "build"
)
FILES: Final = ("yasgui.min.js", "yasgui.min.css")


@lru_cache(maxsize=1)
def installed() -> bool:
    """Whether all files of YASGUI are there, as they were when this process first looked."""
    return all((FOLDER / name).is_file() for name in FILES)
