"""The command `validate`, which starts without the rest of the publisher."""

from __future__ import annotations

import argparse
import gc
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from publisher.findings import SourceFault, tell

_IRI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|^`\\]*")
FINE, DATA_FAULT, WRONG_USE = 0, 1, 2


def add_validate_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register `validate` with the command line."""
    command = commands.add_parser(
        "validate",
        help="parse, lint and validate; write no release",
        description="Validate a publication, or any files with --data and --shapes.",
        epilog="Exit codes: 0 it conforms (a publication: but for warnings), 1 it does not, "
        "2 used wrongly, or (any files) a file or a shape cannot be used.",
    )
    command.add_argument(
        "--publication",
        type=Path,
        default=Path(),
        metavar="DIR",
        help="folder with publication.toml, ontology/, shapes/, data/, queries/ (default: here)",
    )
    command.add_argument(
        "--report", type=Path, metavar="DIR", help="write the report there as Turtle, JSON and text"
    )
    command.add_argument(
        "--since",
        type=Path,
        metavar="RELEASE",
        help="validate only what edits since that release can reach (in under a second); the "
        "sources are parsed, not linted",
    )
    _add_files(command.add_argument_group("any files, without a publication"))
    command.set_defaults(run=run)


def _add_files(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--data",
        type=Path,
        nargs="+",
        metavar="FILE",
        help="files of RDF to validate together, in the form that their suffix says",
    )
    group.add_argument(
        "--shapes",
        type=Path,
        nargs="+",
        metavar="FILE",
        help="files with the shapes (default: those of --data)",
    )
    group.add_argument(
        "--shape", type=_iri, nargs="+", metavar="IRI", help="ask only these of the shapes"
    )
    group.add_argument(
        "--focus", type=_iri, nargs="+", metavar="IRI", help="look only at these focus nodes"
    )
    group.add_argument(
        "--format",
        choices=("text", "turtle", "json"),
        default="text",
        help="form of the report (default: text)",
    )
    group.add_argument(
        "--queries",
        action="store_true",
        help="validate nothing; write the SPARQL queries that the shapes are compiled to, which "
        "any endpoint can be asked",
    )
    group.add_argument("--output", type=Path, metavar="FILE", help="write the report there")
    group.add_argument(
        "--allow-infos", action="store_true", help="sh:Info is no departure from the shapes"
    )
    group.add_argument(
        "--allow-warnings",
        action="store_true",
        help="neither sh:Warning nor sh:Info is a departure from the shapes",
    )
    group.add_argument("--quiet", action="store_true", help="tell no progress")


def _iri(text: str) -> str:
    """Return an IRI, perhaps given between angle brackets."""
    iri = text.removeprefix("<").removesuffix(">")
    if not _IRI.fullmatch(iri):
        raise argparse.ArgumentTypeError(f"'{text}' is no IRI; write it out: http://example.org/a")
    return iri


def run(options: argparse.Namespace) -> int:
    """Carry the command out; returns the exit code."""
    if options.queries and not (options.data or options.shapes):
        print("--queries goes with --shapes, the files to compile", file=sys.stderr)
        return WRONG_USE
    if options.data or options.queries:
        # Nothing that is imported is garbage; to look for some takes a tenth of a small validation.
        gc.disable()
        from publisher.standalone import command

        gc.enable()
        return command.run(options)
    if options.shapes:
        print("--shapes goes with --data, the files to validate", file=sys.stderr)
        return WRONG_USE
    return _since(options) if options.since else _publication(options)


def _since(options: argparse.Namespace) -> int:
    from publisher.publication import Publication, PublicationError
    from publisher.release import DamagedRelease
    from publisher.since import since

    try:
        publication = Publication.load(options.publication)
        found = since(publication, options.since)
    except (PublicationError, DamagedRelease) as error:
        print(error, file=sys.stderr)
        return WRONG_USE
    if found.findings is None:
        print(f"the shapes have changed since {options.since}: all is validated", file=sys.stderr)
        return _publication(options)
    print(found.summary(str(options.since)), end="")
    if found.findings.conforms and not options.report:
        print("The data conforms to the shapes.")
        return FINE
    report = found.report(publication.prefixes)
    if options.report:
        from publisher.build import write_report

        write_report(report, publication, options.report)
    print(report.as_text(publication.prefixes), end="")
    return DATA_FAULT if report.stops else FINE


def _publication(options: argparse.Namespace) -> int:
    from publisher.build import check, write_report
    from publisher.progress import Progress
    from publisher.publication import Publication, PublicationError

    try:
        publication = Publication.load(options.publication)
    except PublicationError as error:
        print(error, file=sys.stderr)
        return WRONG_USE
    report = check(publication, Progress(quiet=options.quiet))
    if options.report:
        write_report(report, publication, options.report)
    print(report.as_text(publication.prefixes), end="")
    return DATA_FAULT if report.stops else FINE


def main(arguments: Sequence[str]) -> int:
    """Run `validate` alone; returns its exit code."""
    parser = argparse.ArgumentParser(prog="python -m publisher")
    add_validate_command(parser.add_subparsers(metavar="COMMAND", required=True))
    options = parser.parse_args(arguments)
    try:
        return run(options)
    except SourceFault as fault:
        tell(fault.findings)
        return DATA_FAULT
