"""The command `diff`: what changed from one release to another."""

from __future__ import annotations

import argparse
from pathlib import Path

from publisher.compare.comparison import LOST, PAGE, compare
from publisher.edition import Edition
from publisher.progress import Progress

FINE, LOST_ADDRESSES = 0, 1
_TOLD = 20


def add_diff_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register `diff` with the command line."""
    command = commands.add_parser(
        "diff",
        help="compare two releases: what was added, removed, withdrawn, and what is lost",
        description="Write added.nq and removed.nq, changes.md to read, and lost.txt with the IRIs "
        "of the old release that the new one would answer with 404.",
        epilog="Exit codes: 0 each IRI of the old release answers in the new one, 1 some do not, "
        "2 used wrongly or without two whole releases.",
    )
    command.add_argument("old", type=Path, metavar="OLD", help="folder of the earlier release")
    command.add_argument("new", type=Path, metavar="NEW", help="folder of the later release")
    command.add_argument(
        "--to",
        type=Path,
        default=Path("build", "diff"),
        metavar="FOLDER",
        help="where the files go (default: build/diff)",
    )
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Carry the command out; returns the exit code."""
    old, new = Edition.read(options.old), Edition.read(options.new)
    found = compare(old, new, options.to, Progress())
    print(f"{old.version} -> {new.version}: {found.removed:,} removed, {found.added:,} added")
    for line in found.summary:
        print(line)
    for iri in found.first_lost[:_TOLD]:
        print(f"lost: {iri}")
    if found.lost > _TOLD:
        print(f"... and {found.lost - _TOLD:,} more; all are in {options.to / LOST}")
    print(options.to / PAGE)
    if not found.lost:
        return FINE
    print(
        f"{found.lost:,} IRIs of {old.version} would be 404 in {new.version}: keep what they stand "
        "for, or leave a tombstone (owl:deprecated true, with dcterms:isReplacedBy if "
        "something takes its place)"
    )
    return LOST_ADDRESSES
