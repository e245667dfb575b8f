"""publication.toml as a release changes it: version, date and history; all else stays as it is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from pathlib import Path

import tomlkit
from tomlkit.items import AoT

from publisher.edition import Edition
from publisher.publication import CONFIGURATION, Publication


def missing_history(publication: Publication, earlier: Iterable[Edition]) -> list[Edition]:
    """Return those of the earlier releases that `[[catalogue.history]]` does not tell of."""
    told = {former.version for former in publication.about.history}
    return [each for each in earlier if each.version not in told]


def write(folder: Path, version: str, released: dt.date, missing: Iterable[Edition]) -> None:
    """Set version and date, and add former versions to the history. Comments stay.

    The notes of the version that was set so far go with it.
    """
    path = folder / CONFIGURATION
    document = tomlkit.parse(path.read_text(encoding="utf-8"))
    before = document.get("version")
    document["version"] = version
    document["released"] = released
    former = list(missing)
    if former:
        catalogue = document.setdefault("catalogue", tomlkit.table())
        history = catalogue.setdefault("history", tomlkit.aot())
        assert isinstance(history, AoT)
        for each in former:
            table = tomlkit.table()
            table["version"] = each.version
            table["released"] = each.released.date()
            if each.version == before and "notes" in catalogue:
                table["notes"] = catalogue.pop("notes")
            history.append(table)
    path.write_text(tomlkit.dumps(document), encoding="utf-8")
