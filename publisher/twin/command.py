"""The commands `site`, which writes the whole site as plain files, and `compare-site`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from publisher.archive import DEFAULT_ARCHIVE
from publisher.limits import ARCHIVED
from publisher.live_server import Client, ServerFailed
from publisher.progress import Progress
from publisher.release import DamagedRelease, Release
from publisher.twin.archive import compare
from publisher.twin.browsing import engine_installed
from publisher.twin.site import TwinFailed, write

FINE, FAULTY, WRONG_USE = 0, 1, 2
_TOLD = 50


def add_site_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register `site` with the command line."""
    command = commands.add_parser(
        "site",
        help="write the whole site as plain files that need no server",
        description="Write every page, every form of everything, the saved queries with their "
        "results, the dumps, and an engine that answers SPARQL in the browser.",
        epilog="Exit codes: 0 fine, 1 a link of the site leads nowhere, 2 used wrongly.",
    )
    command.add_argument("release", type=Path, metavar="RELEASE", help="folder of the release")
    command.add_argument(
        "--out",
        type=Path,
        default=Path("build", "site"),
        metavar="DIR",
        help="where the site goes (default: build/site); an older twin there is replaced",
    )
    command.add_argument(
        "--archive",
        type=Path,
        metavar="DIR",
        help="whose versions the site has as well, with what changed from each to the next "
        f"(default: {DEFAULT_ARCHIVE}, where it is)",
    )
    command.set_defaults(run=_site)


def add_compare_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register `compare-site` with the command line."""
    command = commands.add_parser(
        "compare-site",
        help="compare a live site and its twin: every document's triples, every link",
        description="Ask both for the document of every IRI that the live site's sitemaps name, "
        "compare the triples, and follow every link of the twin's pages.",
        epilog="Exit codes: 0 the same, 1 something differs or a link is broken, 2 used wrongly.",
    )
    command.add_argument("live", metavar="LIVE", help="address of the live site")
    command.add_argument("twin", metavar="TWIN", help="address of the twin, with its folder")
    command.add_argument(
        "--most",
        type=int,
        default=ARCHIVED,
        metavar="N",
        help="ask for at most so many documents and links; more are a fault (%(default)s)",
    )
    command.set_defaults(run=_compare)


def _compare(options: argparse.Namespace) -> int:
    try:
        live, twin = Client(options.live), Client(options.twin)
    except ServerFailed as error:
        print(error, file=sys.stderr)
        return WRONG_USE
    try:
        compared = compare(live, twin, options.most, Progress())
    except ServerFailed as error:
        print(error, file=sys.stderr)
        return FAULTY
    finally:
        live.close()
        twin.close()
    for fault in compared.faults[:_TOLD]:
        print(fault, file=sys.stderr)
    faults = len(compared.faults)
    print(f"{compared.documents:,} documents, {compared.links:,} links, {faults:,} faults")
    return FAULTY if faults else FINE


def _archive(chosen: Path | None) -> Path | None:
    """Return where earlier versions are, None for nowhere. Raises DamagedRelease."""
    if chosen is None and not DEFAULT_ARCHIVE.is_dir():
        return None
    folder = (chosen or DEFAULT_ARCHIVE).resolve()
    if not folder.is_dir():
        raise DamagedRelease(f"there is no folder {folder}")
    return folder


def _site(options: argparse.Namespace) -> int:
    release = Release.open(options.release)
    try:
        twin = write(release, options.out, Progress(), _archive(options.archive))
    except TwinFailed as error:
        for fault in error.faults[:_TOLD]:
            print(fault, file=sys.stderr)
        print(error, file=sys.stderr)
        return FAULTY
    except ServerFailed as error:
        print(error, file=sys.stderr)
        return FAULTY
    if not engine_installed():
        print(
            "written without the query engine, so that nothing answers SPARQL in the browser: "
            "run 'npm ci' in publisher/twin/engine and write it again",
            file=sys.stderr,
        )
    print(f"{twin.files:,} files, {twin.size / 1e6:,.1f} MB in {options.out}")
    return FINE
