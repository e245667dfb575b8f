"""The command `kit`: a folder for those who move, freeze, keep or take over a publication."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Final

from publisher.kit import w3id
from publisher.kit.deposit import write_deposit
from publisher.kit.metadata import RO_CRATE
from publisher.release import Release
from publisher.settings import ADDRESS
from publisher.staging import replacing

FINE, WRONG = 0, 2
#: What is in every kit.
_MARK: Final = f"deposit/{RO_CRATE}"


def add_kit_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register `kit` with the command line."""
    command = commands.add_parser(
        "kit",
        help="write what is needed to move, freeze, deposit or hand over the publication",
        description="Write a deposit for a research-data repository (deposit/) and the rules that "
        "lead from the base IRI to a live server or to the archived site (w3id/). "
        "docs/succession.md says how to use them.",
        epilog="Exit codes: 0 fine, 2 used wrongly.",
    )
    command.add_argument("release", type=Path, metavar="RELEASE", help="folder of the release")
    command.add_argument("--out", type=Path, default=Path("build", "kit"), metavar="DIR")
    command.add_argument("--live", metavar="URL", help="where the server is (default: public_url)")
    command.add_argument("--archive", metavar="URL", help="where the archived site is")
    command.set_defaults(run=_kit)


def _kit(options: argparse.Namespace) -> int:
    release = Release.open(options.release)
    live = options.live or release.publication.public_url
    for name, url in (("--live", live), ("--archive", options.archive)):
        if url is not None and not (ADDRESS.fullmatch(url) and url.startswith("http")):
            print(f"{name}: {url!r} is no address; write https://...", file=sys.stderr)
            return WRONG
    if live is None and options.archive is None:
        print(
            "Nobody is told where to go: name the server with --live or public_url in "
            "publication.toml, the archived site with --archive, or both",
            file=sys.stderr,
        )
        return WRONG
    with replacing(options.out, _MARK) as folder:
        write_deposit(release, folder / "deposit")
        write_rules(release, folder / "w3id", live, options.archive)
    print(f"the kit of version {release.version} is in {options.out}")
    return FINE


def write_rules(release: Release, folder: Path, live: str | None, archive: str | None) -> None:
    """Write the rules for the host of the base IRI; those of the server are in force, if any."""
    folder.mkdir(parents=True)
    rules = {}
    if archive is not None:
        rules[w3id.ARCHIVE] = w3id.archive(release, archive)
    if live is not None:
        rules[w3id.LIVE] = w3id.live(release, live)
    rules[w3id.IN_FORCE] = [*rules.values()][-1]
    rules["README.md"] = w3id.readme(release, live, archive)
    for name, text in rules.items():
        (folder / name).write_text(text, encoding="utf-8")
