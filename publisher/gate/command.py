"""The command `gate`: does everything that a release shows say the same?"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from publisher.gate.passing import disagreements
from publisher.live_server import ServerFailed
from publisher.progress import Progress
from publisher.publication import CONFIGURATION, Publication

FINE, DISAGREED = 0, 1
_TOLD = 50


def add_gate_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register `gate` with the command line."""
    command = commands.add_parser(
        "gate",
        help="prove that sources, dumps, endpoint, documents and descriptions say the same",
        description="Read every dump back with Oxigraph and with rdflib, serve the release and ask "
        "for each graph and each document, and compare all of them, and the counts of VoID, with "
        "the canonical N-Quads (RDFC-1.0).",
        epilog="Exit codes: 0 all say the same, 1 something says something else, 2 used wrongly.",
    )
    command.add_argument("release", type=Path, metavar="RELEASE", help="folder of the release")
    command.add_argument(
        "--publication",
        type=Path,
        metavar="DIR",
        help="its sources, to be compared too (default: here, if this is a publication)",
    )
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Carry the command out; returns the exit code."""
    folder = options.publication
    if folder is None and Path(CONFIGURATION).is_file():
        folder = Path()
    publication = Publication.load(folder) if folder is not None else None
    try:
        found = list(disagreements(options.release, publication, Progress()))
    except ServerFailed as error:
        print(error, file=sys.stderr)
        return DISAGREED
    for each in found[:_TOLD]:
        print(each)
    if found:
        print(f"{len(found):,} places say something else than the release")
        return DISAGREED
    print("all say the same")
    return FINE
