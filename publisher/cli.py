"""The command line: `python -m publisher COMMAND`."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from publisher.build import build, read
from publisher.compare.command import add_diff_command
from publisher.cores import LostProcess
from publisher.coverage import page
from publisher.feeds.command import add_changes_command
from publisher.findings import SourceFault, tell
from publisher.formatting import formatted
from publisher.gate.command import add_gate_command
from publisher.intake.command import add_intake_command
from publisher.kit.command import add_kit_command
from publisher.links.command import add_links_command
from publisher.modelling import Modelling
from publisher.progress import Progress
from publisher.publication import Publication, PublicationError
from publisher.push.command import add_push_command
from publisher.push.triple_store import StoreError
from publisher.release import CHECKSUMS, MANIFEST, DamagedRelease, Release, checksum_lines, sha256
from publisher.releasing.command import add_release_command
from publisher.sources import find_sources
from publisher.staging import OccupiedTarget
from publisher.twin.command import add_compare_command, add_site_command
from publisher.validating import add_validate_command
from publisher.verify.command import add_verify_command

FINE, DATA_FAULT, WRONG_USE = 0, 1, 2
DEFAULT_OUT = Path("build", "release")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code.

    0 is fine, 1 says that the data is at fault, 2 that it was used wrongly or without a release.
    """
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except SourceFault as fault:
        tell(fault.findings)
        return DATA_FAULT
    except (StoreError, LostProcess) as error:
        print(error, file=sys.stderr)
        return DATA_FAULT
    except (PublicationError, OccupiedTarget, DamagedRelease) as error:
        print(error, file=sys.stderr)
        return WRONG_USE
    except KeyboardInterrupt:
        print("interrupted; nothing was changed", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m publisher",
        description="Turn a folder of RDF sources into a release that can be served.",
        epilog="Exit codes: 0 fine, 1 the data is at fault, 2 used wrongly or without a release.",
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    command = commands.add_parser("build", help="parse, lint, validate and write a release")
    _add_publication(command)
    _add_out(command, "where the release goes")
    command.add_argument("--force", action="store_true", help="build even if nothing has changed")
    command.add_argument(
        "--earlier",
        type=Path,
        action="append",
        default=[],
        metavar="DIR",
        help="an earlier release, besides those kept beside --out, each of whose addresses must "
        "still answer; may be given again",
    )
    command.set_defaults(run=_build)

    add_validate_command(commands)

    command = commands.add_parser("format", help="sort and format all sources")
    _add_publication(command)
    command.add_argument(
        "--check", action="store_true", help="change nothing; exit with 1 if a file would change"
    )
    command.set_defaults(run=_format)

    command = commands.add_parser("modelling", help="write the page that explains the ontology")
    _add_publication(command)
    _add_page(command, Path("docs", "ontology.md"))
    command.set_defaults(run=_modelling)

    command = commands.add_parser("dump", help="copy the dumps of a release into a folder")
    _add_out(command, "the release", flag="--release")
    command.add_argument("--to", type=Path, default=Path("build", "dumps"), metavar="FOLDER")
    command.set_defaults(run=_dump)

    command = commands.add_parser("coverage", help="count what a release describes, as a page")
    _add_out(command, "the release", flag="--release")
    command.add_argument(
        "--to", type=Path, metavar="FILE", help="write the page there (default: standard output)"
    )
    command.set_defaults(run=_coverage)

    add_intake_command(commands, _add_publication)
    add_links_command(commands, lambda command: _add_out(command, "the release", flag="--release"))
    add_push_command(commands)
    add_diff_command(commands)
    add_changes_command(commands)
    add_verify_command(commands)
    add_gate_command(commands)
    add_release_command(commands, _add_publication, DEFAULT_OUT)
    add_site_command(commands)
    add_compare_command(commands)
    add_kit_command(commands)
    return parser


def _add_page(command: argparse.ArgumentParser, page: Path) -> None:
    command.add_argument(
        "--to", type=Path, default=page, metavar="FILE", help=f"the page (default: {page})"
    )


def _add_publication(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--publication",
        type=Path,
        default=Path(),
        metavar="DIR",
        help="folder with publication.toml, ontology/, shapes/, data/, queries/ (default: here)",
    )


def _add_out(command: argparse.ArgumentParser, text: str, flag: str = "--out") -> None:
    command.add_argument(
        flag,
        type=Path,
        default=DEFAULT_OUT,
        metavar="DIR",
        help=f"{text} (default: {DEFAULT_OUT})",
    )


def _build(options: argparse.Namespace) -> int:
    publication = Publication.load(options.publication)
    build(publication, options.out, Progress(), force=options.force, earlier=options.earlier)
    return FINE


def _format(options: argparse.Namespace) -> int:
    texts = formatted(Publication.load(options.publication))
    changed = [path for path, (before, after) in texts.items() if before != after]
    for path in changed:
        if options.check:
            print(f"{path}: not formatted; run 'make format'")
        else:
            path.write_text(texts[path][1], encoding="utf-8")
            print(f"{path}: formatted")
    print(f"{len(texts)} files, {len(changed)} {'to format' if options.check else 'formatted'}")
    return DATA_FAULT if changed and options.check else FINE


def _modelling(options: argparse.Namespace) -> int:
    publication = Publication.load(options.publication)
    with tempfile.TemporaryDirectory() as folder:
        sources = find_sources(publication)
        graphs = read(publication, sources, Path(folder), Progress(quiet=True))
        ontology = graphs.ontology()
    title = f"The ontology of the {publication.title}"
    page = Modelling(ontology, publication.iris, publication.prefixes).page(title)
    options.to.write_text(page, encoding="utf-8")
    print(options.to)
    return FINE


def _dump(options: argparse.Namespace) -> int:
    release = Release.open(options.release)
    options.to.mkdir(parents=True, exist_ok=True)
    digests = {}
    for file in release.files:
        path = options.to / Path(file.path).name
        shutil.copyfile(release.path / file.path, path)
        digests[path.name] = file.sha256
        print(f"{file.bytes:>12,}  {path}  {file.title}")
    shutil.copyfile(release.path / MANIFEST, options.to / MANIFEST)
    digests[MANIFEST] = sha256(options.to / MANIFEST)
    (options.to / CHECKSUMS).write_text(checksum_lines(digests), encoding="utf-8")
    return FINE


def _coverage(options: argparse.Namespace) -> int:
    text = page(Release.open(options.release))
    if options.to:
        options.to.write_text(text, encoding="utf-8")
    else:
        print(text, end="")
    return FINE
