"""The command `site`: the whole site as plain files."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from publisher.progress import Progress
from publisher.release import Release
from publisher.twin.running import ServerFailed
from publisher.twin.site import TwinFailed, write

FINE, FAULTY = 0, 1
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
    command.set_defaults(run=_site)


def _site(options: argparse.Namespace) -> int:
    release = Release.open(options.release)
    try:
        twin = write(release, options.out, Progress())
    except TwinFailed as error:
        for fault in error.faults[:_TOLD]:
            print(fault, file=sys.stderr)
        print(error, file=sys.stderr)
        return FAULTY
    except ServerFailed as error:
        print(error, file=sys.stderr)
        return FAULTY
    print(f"{twin.files:,} files, {twin.size / 1e6:,.1f} MB in {options.out}")
    return FINE
