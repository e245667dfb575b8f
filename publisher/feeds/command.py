"""The command `changes`: makes the change feed of an archive."""

from __future__ import annotations

import argparse
from pathlib import Path

from publisher.archive import DEFAULT_ARCHIVE, Archive
from publisher.feeds.making import ensure
from publisher.progress import Progress

FINE = 0


def add_changes_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register `changes` with the command line."""
    command = commands.add_parser(
        "changes",
        help="work out what changed from each release of an archive to the next",
        description="Write into the archive, for each release, what it brought: a patch in "
        "N-Quads, a page, a record and an event stream (LDES). What is there already stays.",
        epilog="Exit codes: 0 fine, 2 without whole releases.",
    )
    command.add_argument(
        "--archive",
        type=Path,
        default=DEFAULT_ARCHIVE,
        metavar="DIR",
        help=f"folder of the releases (default: {DEFAULT_ARCHIVE})",
    )
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Carry the command out; returns the exit code."""
    editions = Archive(options.archive).releases()
    made = ensure(editions, options.archive, Progress())
    for transition in made:
        print(transition.folder(options.archive))
    print(f"{len(editions)} releases, {len(made)} changes worked out")
    return FINE
