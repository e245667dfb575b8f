"""Three releases of the small publication, as it grew: what an archive of versions is made of."""

from __future__ import annotations

import shutil
from pathlib import Path

from publisher.archive import Archive
from publisher.build import build
from publisher.progress import Progress
from publisher.publication import Publication
from publisher.release import Release
from tests.conftest import LIGHTHOUSES

#: Version and date of each, the oldest first.
DATES = {"1.0.0": "2023-04-01", "2.0.0": "2024-04-15", "2.1.0": "2025-05-01"}
#: What the tower that was pulled down later was called while it stood.
_STANDING = """turm:alt-seebrueck a lt:Turm ;
    rdfs:label "Alt-Seebrück"@de ;
    lt:hoehe 12.5 ;
    lt:stehtIn ort:nordhafen"""
_WITHDRAWN = "turm:alt-seebrueck owl:deprecated true"
_SUED = "<https://data.example.org/leuchtturm/id/turm/süd-mole>"


def archive(folder: Path) -> Archive:
    """Make the three releases and put them into an archive below a folder."""
    found = Archive(folder / "archive")
    for version in DATES:
        found.add(release(folder, version).path)
    return found


def release(folder: Path, version: str) -> Release:
    """Build the release of a version in a folder of its own.

    1.0.0 has a tower that 2.0.0 withdraws, and lacks one that it brings; 2.1.0 corrects a height.
    """
    sources = Path(shutil.copytree(LIGHTHOUSES, folder / f"sources-{version}"))
    settings = (sources / "publication.toml").read_text(encoding="utf-8")
    settings = settings.replace(
        '"2.1.0"\nreleased = 2025-05-01', f'"{version}"\nreleased = {DATES[version]}', 1
    )
    settings = settings.replace("Die Leuchtschiffe sind dazugekommen.", f"Was {version} bringt.")
    before, history, after = settings.partition("[[catalogue.history]]")
    if version != "2.1.0":
        settings = before + after[after.index("[security]") :]
        if version == "2.0.0":
            settings = settings.replace(
                "[security]",
                f'{history}\nversion = "1.0.0"\nreleased = {DATES["1.0.0"]}\n\n[security]',
            )
    (sources / "publication.toml").write_text(settings, encoding="utf-8")
    towers = (sources / "data" / "turm.ttl").read_text(encoding="utf-8")
    if version == "1.0.0":
        towers = towers.replace(_WITHDRAWN, _STANDING)
        towers = towers[: towers.index(_SUED)]
        _without(sources / "data" / "quellen.nq", _SUED)
    if version != "2.1.0":
        towers = towers.replace("lt:hoehe 26.5", "lt:hoehe 25.5")
    (sources / "data" / "turm.ttl").write_text(towers, encoding="utf-8")
    return build(Publication.load(sources), folder / f"release-{version}", Progress(quiet=True))


def _without(path: Path, subject: str) -> None:
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(each for each in lines if not each.startswith(subject)))
