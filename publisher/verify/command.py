"""The command `verify`: is a download whole, and is it what was released?"""

from __future__ import annotations

import argparse
import contextlib
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from publisher.progress import Progress
from publisher.release import MANIFEST, public_address
from publisher.verify.checking import DumpCheck, check_bytes
from publisher.verify.download import Source, Unavailable
from publisher.verify.listing import Expected, Listing
from publisher.verify.signature import Trust, signatures
from publisher.verify.verdict import NOT_WHOLE, RIGHT, WRONG, Standing, Verdict, exit_code

_TOLD = 5


def add_verify_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register `verify` with the command line."""
    command = commands.add_parser(
        "verify",
        help="check a downloaded release: checksums, counts, contents, signature",
        description="Check a copy of a release, a folder of its dumps, or the address of the dumps "
        "(http://.../dumps/{version}/): checksums, counts against the manifest, that every dump "
        "parses and that all of them hold the same statements, by their canonical hash (RDFC-1.0).",
        epilog="Exit codes: 0 whole and right, 1 something is wrong, "
        "2 something is missing or cannot be checked.",
    )
    option = command.add_argument
    option("place", metavar="URL-or-DIR", help="what is to be checked")
    option("--to", type=Path, metavar="FOLDER", help="keep there what is downloaded from a URL")
    option("--resume", action="store_true", help="fetch what is missing, cut off or wrong")
    option(
        "--from",
        dest="source",
        metavar="URL",
        help="where --resume fetches (default: the public address that the manifest names)",
    )
    option(
        "--only",
        action="append",
        default=[],
        metavar="PATTERN",
        help="only files with such names ('*.ttl.gz'); may be given again",
    )
    option("--allowed-signers", type=Path, metavar="FILE", help="whose signature to trust")
    option("--minisign-key", type=Path, metavar="FILE", help="the public key of minisign to trust")
    option("--signature", type=Path, metavar="FILE", help="the signature, if it lies elsewhere")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Carry the command out; returns the exit code."""
    progress = Progress()
    try:
        with _folder(options) as folder:
            if (source := _source(options, folder, progress)) is not None:
                source.begin(folder)
                _fetch(source, Listing.read(folder).chosen(options.only), progress)
            listing = Listing.read(folder)
            verdicts = []
            for verdict in verify(listing, options, progress):
                verdicts.append(verdict)
                print(verdict)
    except Unavailable as error:
        print(f"cannot be checked: {error}")
        return NOT_WHOLE
    return _conclude(listing, verdicts)


@contextlib.contextmanager
def _folder(options: argparse.Namespace) -> Iterator[Path]:
    """Yield the folder to check: as given, or one into which a release is downloaded."""
    if not _is_address(options.place):
        yield Path(options.place)
    elif options.to:
        yield options.to
    else:
        with tempfile.TemporaryDirectory() as folder:
            yield Path(folder)


def _is_address(place: str) -> bool:
    return "://" in place


def _source(options: argparse.Namespace, folder: Path, progress: Progress) -> Source | None:
    """Return from where to fetch, None if nothing is to be fetched. Raises Unavailable."""
    if _is_address(options.place):
        return Source(options.place, progress)
    if not options.resume:
        return None
    if options.source:
        return Source(options.source, progress)
    edition = Listing.read(folder).edition
    if edition is None:
        raise Unavailable(f"without {MANIFEST} nobody knows from where; say so with --from URL")
    path = f"/dumps/{edition.version}/"
    return Source(public_address(edition.public_url, edition.iris.base, path), progress)


def _fetch(source: Source, files: list[Expected], progress: Progress) -> None:
    """Complete the files. What cannot be had is told, and found missing when it is checked."""
    for file in progress.step("download", files, len(files), "files"):
        try:
            if done := source.complete(file):
                progress.say(f"{file.name}: {done}")
        except Unavailable as error:
            progress.say(f"{file.name}: {error}")


def verify(listing: Listing, options: argparse.Namespace, progress: Progress) -> Iterator[Verdict]:
    """Yield a verdict on each file and on the signature."""
    yield from listing.faults
    trust = Trust(options.allowed_signers, options.minisign_key)
    yield from signatures(listing.folder, options.signature, trust)
    files = listing.chosen(options.only)
    if not files:
        raise Unavailable(f"no file of the release has a name like {' or '.join(options.only)}")
    if listing.edition is None and MANIFEST not in {file.name for file in files}:
        yield Verdict(MANIFEST, Standing.MISSING, "without it only checksums can be checked")
    right: list[Expected] = []
    byte_verdicts: dict[str, Verdict] = {}
    for file in progress.step("checksums", files, len(files), "files"):
        verdict = byte_verdicts[file.name] = check_bytes(file)
        if verdict.standing is Standing.RIGHT:
            right.append(file)
    found: dict[str, Verdict] = {}
    if listing.edition is not None:
        dumps = DumpCheck(listing.edition, right, progress)
        for file in progress.step("contents", dumps.files, len(dumps.files), "dumps"):
            found[file.name] = dumps.check(file)
    for file in files:
        yield found.get(file.name, byte_verdicts[file.name])
    if strangers := listing.strangers():
        shown = ", ".join(strangers[:_TOLD]) + (", ..." if len(strangers) > _TOLD else "")
        yield Verdict(f"{len(strangers)} other files", Standing.NOTED, f"not released: {shown}")


def _conclude(listing: Listing, verdicts: list[Verdict]) -> int:
    """Say what the verdicts come to; returns the exit code."""
    code = exit_code(verdicts)
    counts = Counter(verdict.standing for verdict in verdicts)
    told = ", ".join(
        f"{counts[standing]} {standing.value}" for standing in Standing if counts[standing]
    )
    version = f" {listing.edition.version}" if listing.edition else ""
    words = {
        RIGHT: f"RIGHT: this is release{version}",
        WRONG: f"WRONG: this is not release{version} as it was published",
        NOT_WHOLE: f"NOT WHOLE: what is here of release{version} is right, but not all is here "
        "or can be checked; --resume fetches the rest",
    }
    print(f"{words[code]} ({told})")
    return code
