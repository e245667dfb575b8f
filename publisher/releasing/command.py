"""The command `release`: cut, prove, sign and archive a version."""

from __future__ import annotations

import argparse
import datetime as dt
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from publisher.archive import DEFAULT_ARCHIVE, Archive, ArchiveConflict
from publisher.build import build
from publisher.edition import Edition
from publisher.feeds.making import ensure
from publisher.gate.passing import disagreements
from publisher.live_server import ServerFailed
from publisher.progress import Progress
from publisher.publication import CONFIGURATION, Publication
from publisher.release import Release
from publisher.releasing import configuration, numbering, signing
from publisher.releasing.numbering import WrongVersion
from publisher.releasing.reproduction import BuildFailed, NotReproducible, built_twice
from publisher.releasing.signing import NotSigned, Signer
from publisher.staging import Staging

FINE, REFUSED, WRONG_USE = 0, 1, 2


class NotReady(Exception):
    """What is to be released does not say what it must; the text says what to write."""


def add_release_command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    add_publication: Callable[[argparse.ArgumentParser], None],
    out: Path,
) -> None:
    """Register `release` with the command line."""
    command = commands.add_parser(
        "release",
        help="cut a release: prove that it is reproducible and right, sign it, archive it",
        description="Build the sources twice under different circumstances and compare every "
        "byte, compare with the release before, refuse a version that does not say what changed "
        "(docs/versions.md), prove that all forms hold the same statements, sign, and put the "
        "release into the archive and in place.",
        epilog="Exit codes: 0 released, 1 refused, and nothing was changed, 2 used wrongly.",
    )
    add_publication(command)
    option = command.add_argument
    option("version", metavar="VERSION", help="its version, which publication.toml must name")
    option(
        "--archive",
        type=Path,
        default=DEFAULT_ARCHIVE,
        metavar="DIR",
        help="where all releases are kept (default: %(default)s)",
    )
    option("--out", type=Path, default=out, metavar="DIR", help="its place (default: %(default)s)")
    option("--sign", type=Path, metavar="KEY", help="sign the manifest with this OpenSSH key")
    option("--minisign", type=Path, metavar="KEY", help="sign it with this minisign key")
    option(
        "--write",
        action="store_true",
        help="first write version, date and the history of versions into publication.toml",
    )
    option(
        "--date",
        type=dt.date.fromisoformat,
        metavar="YYYY-MM-DD",
        help="the date that --write writes (default: today, in UTC)",
    )
    option(
        "--dry-run",
        action="store_true",
        help="only build, and tell what changed and which version that takes",
    )
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Carry the command out; returns the exit code."""
    progress = Progress()
    try:
        cut = _Cut(options, progress)
        return cut.dry_run() if options.dry_run else cut.release()
    except NotReady as error:
        print(error, file=sys.stderr)
        return WRONG_USE
    except BuildFailed as error:
        print(error.said, error, sep="\n", file=sys.stderr)
        return REFUSED
    except _REFUSALS as error:
        print(error, file=sys.stderr)
        return REFUSED


class GateClosed(Exception):
    """What shows the release does not say the same everywhere; the text says where."""


_REFUSALS = (
    *(WrongVersion, NotReproducible, GateClosed, NotSigned),
    *(ArchiveConflict, ServerFailed),
)
_TOLD = 50


class _Cut:
    """One run of the command."""

    def __init__(self, options: argparse.Namespace, progress: Progress) -> None:
        self._options = options
        self._progress = progress
        self._archive = Archive(options.archive)
        self._publication = Publication.load(options.publication)
        self._editions = [
            each for each in self._archive.releases() if each.version != options.version
        ]
        keys = ((options.sign, signing.ssh), (options.minisign, signing.minisign))
        self._signers: list[Signer] = [make(key) for key, make in keys if key is not None]

    def dry_run(self) -> int:
        """Build, and tell what the release is to the one before."""
        with self._room() as room:
            release = build(self._publication, Path(room, "release"), self._progress)
            if not self._editions:
                print("the archive is empty: any version may be the first")
                return FINE
            step = numbering.step(self._editions[-1], Edition.read(release.path))
            print(*step.told(), sep="\n")
            numbering.check(self._options.version, step)
        return FINE

    def release(self) -> int:
        """Cut the release."""
        self._prepare()
        for signer in self._signers:
            signer.check()
        earlier = [each.folder for each in self._editions]
        with self._room() as room:
            first = built_twice(self._publication, Path(room), earlier, self._progress)
            edition = Edition.read(first)
            self._check_number(edition)
            self._pass_gate(first)
            for signer in self._signers:
                signer.sign(first, edition.version)
            kept = self._progress.run("archive", lambda: self._archive.add(first))
            self._put_in_place(first)
        ensure(self._archive.releases(), self._archive.folder, self._progress)
        print(
            f"release {edition.version} ({edition.canonical_sha256[:16]}): "
            f"{edition.triples:,} triples, {len(edition.files):,} dumps in {kept.folder}"
        )
        print(f"now tag the commit v{edition.version}, and keep {self._archive.folder} safe")
        return FINE

    def _prepare(self) -> None:
        """Make sure that publication.toml says what is released. Raises NotReady."""
        wanted, publication = self._options.version, self._publication
        if publication.iris != getattr(next(iter(self._editions), None), "iris", publication.iris):
            raise NotReady(
                f"{self._archive.folder} holds releases of {self._editions[0].iris.base}: name "
                "another --archive"
            )
        missing = configuration.missing_history(publication, self._editions)
        if self._options.write and (publication.version != wanted or missing):
            date = self._options.date or dt.datetime.now(dt.UTC).date()
            if publication.version == wanted:
                date = publication.released
            configuration.write(publication.folder, wanted, date, missing)
            self._publication = publication = Publication.load(publication.folder)
            missing = []
        place = publication.folder / CONFIGURATION
        if publication.version != wanted:
            raise NotReady(
                f'{place}: it says version "{publication.version}"; write version = "{wanted}" and '
                "the day as released, or say --write"
            )
        if missing:
            tables = "\n".join(
                f'[[catalogue.history]]\nversion = "{each.version}"\n'
                f"released = {each.released.date()}"
                for each in missing
            )
            raise NotReady(
                f"{place}: the history lacks versions; add this, or say --write\n{tables}"
            )

    def _check_number(self, edition: Edition) -> None:
        if not self._editions:
            return
        before = self._editions[-1]
        if edition.released < before.released:
            raise NotReady(
                f"{edition.version} would be released on {edition.released.date()}, before "
                f"{before.version} ({before.released.date()}): change released in {CONFIGURATION}"
            )
        step = numbering.step(before, edition)
        print(*step.told(), sep="\n")
        numbering.check(edition.version, step)

    def _pass_gate(self, release: Path) -> None:
        found = list(disagreements(release, self._publication, self._progress))
        if found:
            lines = "\n".join(map(str, found[:_TOLD]))
            raise GateClosed(f"{lines}\n{len(found):,} places say something else than the release")

    def _put_in_place(self, release: Path) -> None:
        staging = Staging(self._options.out)
        with staging.directory() as staged:
            shutil.copytree(release, staged, dirs_exist_ok=True)
            opened = Release.open(staged)
            staging.publish(staged, f"{opened.version}-{opened.id}")

    def _room(self) -> tempfile.TemporaryDirectory[str]:
        folder = self._options.out.absolute().parent
        folder.mkdir(parents=True, exist_ok=True)
        return tempfile.TemporaryDirectory(prefix=".cut-", dir=folder)
