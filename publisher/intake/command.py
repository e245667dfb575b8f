"""The command `add`: what is asked for, what is told."""

from __future__ import annotations

import argparse
import datetime as dt
import re
import sys
from collections.abc import Callable
from typing import Any

import pyoxigraph as ox

from publisher.findings import Finding, SourceFault
from publisher.intake.duplicates import Duplicate, find_duplicate, missing_identifiers
from publisher.intake.fetch import FetchError
from publisher.intake.holdings import Holdings
from publisher.intake.identifiers import address
from publisher.intake.mapping import Intake
from publisher.intake.reading import KINDS, Reader, WrongSource
from publisher.intake.record import Record
from publisher.intake.statements import Statement
from publisher.intake.stub import Draft, Origin, StubWriter
from publisher.intake.writing import WritingError, changes, write_all
from publisher.publication import Publication
from publisher.terms import bare
from publisher.turtle import turtle

FINE, DATA_FAULT, WRONG_USE = 0, 1, 2


def add_intake_command(
    commands: Any, add_publication: Callable[[argparse.ArgumentParser], None]
) -> None:
    """Register `add` with the command line."""
    command = commands.add_parser(
        "add",
        help="add things from BibTeX, DOIs, repositories, ROR: Turtle stubs in data/",
        description="Turn records of libraries, registries and repositories into Turtle in data/. "
        "Everything is written or nothing; what is there already is left alone.",
        epilog="Exit codes: 0 fine (also if all is there already), 1 a record is at fault or a "
        "decision is wanted, 2 used wrongly or nothing could be fetched. See docs/adding.md.",
    )
    kinds = "; ".join(f"{kind}: {text}" for kind, text in KINDS.items())
    command.add_argument("kind", choices=KINDS, metavar="KIND", help=kinds)
    command.add_argument("sources", nargs="+", metavar="SOURCE", help="a file or an identifier")
    add_publication(command)
    option = command.add_argument
    option("--dry-run", action="store_true", help="tell what would be written; write nothing")
    option("--force", action="store_true", help="add things that are or seem to be there already")
    option("--only", action="append", default=[], metavar="KEY", help="add only this entry")
    option("--skip", action="append", default=[], metavar="KEY", help="leave this entry out")
    option(
        "--with",
        dest="given",
        action="append",
        default=[],
        metavar="TURTLE",
        help="a property and its value for each new thing, as in "
        "--with 'dcterms:subject topic:privacy'; takes the place of a guessed kind or licence",
    )
    option("--source", type=_address, metavar="IRI", help="address at which the file was read")
    option("--source-title", metavar="TEXT", help="title of that document")
    option(
        "--seen",
        type=dt.date.fromisoformat,
        default=dt.datetime.now(dt.UTC).date(),
        metavar="DATE",
        help="day on which the source was read (default: today)",
    )
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Carry the command out; returns the exit code."""
    try:
        return _Addition(options).run()
    except SourceFault as fault:
        for finding in fault.findings:
            print(finding, file=sys.stderr)
    except WritingError as error:
        print(error, file=sys.stderr)
        return DATA_FAULT
    except (WrongSource, FetchError) as error:
        print(f"{error}\nnothing was written", file=sys.stderr)
        return WRONG_USE
    print("nothing was written", file=sys.stderr)
    return DATA_FAULT


class _Addition:
    """One run of the command."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options
        self._publication = Publication.load(options.publication)
        self._name = self._publication.prefixes.name
        self._intake = Intake.of(self._publication)
        self._holdings = Holdings.of(self._publication, self._intake)
        origin = Origin(options.seen, options.source, options.source_title)
        self._writer = StubWriter(
            self._publication, self._intake, self._holdings, origin, self._given()
        )

    def run(self) -> int:
        records = self._records()
        doubts: list[tuple[Record, Duplicate]] = []
        findings: list[Finding] = []
        for record in records:
            family = self._writer.family(record.family)
            found = find_duplicate(record, family, self._holdings)
            if not found or self._options.force:
                try:
                    self._writer.add(record)
                except SourceFault as fault:
                    findings += fault.findings
            elif found.sure:
                self._tell_known(record, found)
            else:
                doubts.append((record, found))
        if doubts:
            self._tell_doubts(doubts)
        if findings:
            raise SourceFault(findings)
        if doubts:
            print("nothing was written", file=sys.stderr)
            return DATA_FAULT
        return self._write(self._writer.draft)

    def _records(self) -> list[Record]:
        publication = self._publication
        who = publication.homepage or publication.base
        agent = f"{publication.name}-publisher/{publication.version} (+{who})"
        reader = Reader(self._intake.addresses, agent)
        records = [
            record
            for source in self._options.sources
            for record in reader.read(self._options.kind, source)
        ]
        keys = {record.key for record in records}
        for key in (*self._options.only, *self._options.skip):
            if key not in keys:
                raise WrongSource(f"{key}: no entry is called that; there are: {_some(keys)}")
        only, skip = set(self._options.only or keys), set(self._options.skip)
        return [record for record in records if record.key in only - skip]

    def _given(self) -> list[Statement]:
        """Return the statements of --with."""
        prefixes = self._publication.prefixes
        prologue = "".join(f"@prefix {name}: <{iri}> .\n" for name, iri in prefixes.items())
        statements: list[Statement] = []
        for text in self._options.given:
            try:
                triples = [
                    bare(t) for t in ox.parse(f"{prologue}<x:x> {text} .", ox.RdfFormat.TURTLE)
                ]
            except SyntaxError as error:
                raise WrongSource(
                    f"--with {text!r}: {error.msg}; write a property and a value in Turtle, "
                    "as in --with 'dcterms:subject topic:privacy'"
                ) from None
            for _, predicate, value in triples:
                if isinstance(value, ox.BlankNode):
                    raise WrongSource(f"--with {text!r}: things need an IRI; no blank nodes")
                statements.append((predicate, value))
        return statements

    def _write(self, draft: Draft) -> int:
        if not draft.added:
            print("nothing to add; nothing was written")
            return FINE
        try:
            found = changes(self._publication, draft.triples, draft.things)
        except SourceFault:
            self._tell_ask(draft, sys.stderr, "what --with can give, or a text editor afterwards:")
            raise
        for iri, record in draft.added.items():
            file = self._holdings.file_of(self._writer.family(record.family))
            print(f"{record.key}: {self._name(iri)} in data/{file}")
        if draft.along:
            print(f"along with it: {', '.join(map(self._name, draft.along))}")
        if self._options.dry_run:
            rows = [row for file in sorted(draft.triples) for row in draft.triples[file]]
            print(f"\n{turtle(rows, self._publication.prefixes)}")
        else:
            write_all(found)
        self._tell_ask(draft, sys.stdout, "still to write:")
        if draft.notes:
            print("\nto look at:")
            for note in dict.fromkeys(draft.notes):
                print(f"  {self._shortened(note)}")
        names = ", ".join(f"data/{change.path.name}" for change in found)
        done = (
            "nothing was written (--dry-run); it would go to" if self._options.dry_run else "wrote"
        )
        print(f"\n{done} {names}")
        return FINE

    def _shortened(self, text: str) -> str:
        """Return a text with the IRIs of our things as prefixed names."""
        ours = re.escape(self._publication.iris.things)
        return re.sub(rf"{ours}[^\s;,]+", lambda match: self._name(match.group()), text)

    def _tell_known(self, record: Record, found: Duplicate) -> None:
        thing = found.thing
        print(f"{record.key}: is {self._name(thing.iri)} already, with {found.reason}")
        if thing.withdrawn:
            successor = f"; see {self._name(thing.successor)}" if thing.successor else ""
            print(f"  it was withdrawn{successor}")
            return
        fields = self._writer.family(record.family).fields
        for missing in missing_identifiers(record, thing):
            if missing.scheme in fields:
                verb = self._name(fields[missing.scheme].property)
                print(f"  it lacks {missing}; if that is right, add: {verb} <{missing.iri}>")

    def _tell_doubts(self, doubts: list[tuple[Record, Duplicate]]) -> None:
        for record, found in doubts:
            print(
                f"{record.place}: {record.key} may be {self._name(found.thing.iri)}, which has "
                f"{found.reason}\n"
                f"    mend: if it is the same, leave it out with --skip '{record.key}' and add "
                "what is new by hand;\n"
                f"    if it is another, add it with --only '{record.key}' --force",
                file=sys.stderr,
            )

    def _tell_ask(self, draft: Draft, stream: Any, heading: str) -> None:
        if draft.ask:
            print(f"\n{heading}", file=stream)
        for iri, property_, text in draft.ask:
            print(f"  {self._name(iri)} {self._name(property_)}  {text}", file=stream)


def _address(text: str) -> str:
    found = address(text)
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r} is not an http(s) address")
    return found


def _some(keys: set[str], most: int = 10) -> str:
    shown = sorted(keys)[:most]
    return ", ".join(shown) + (f" and {len(keys) - most} more" if len(keys) > most else "")
