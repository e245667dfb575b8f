"""`python -m publisher push`: load a release into a SPARQL store."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from publisher.progress import Progress
from publisher.publication import PublicationError
from publisher.push.push import Plan, Push
from publisher.push.triple_store import PASSWORD, USER, Credentials, TripleStore
from publisher.push.virtuoso_loader import VirtuosoLoader
from publisher.release import Release
from publisher.remote import Remote, RemoteError


def add_push_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    command = commands.add_parser(
        "push",
        help="load a release into a SPARQL store, beside the one that is there",
        epilog=f"Credentials come from {USER} and {PASSWORD} in the environment.",
    )
    command.add_argument(
        "--release",
        type=Path,
        default=Path("build", "release"),
        metavar="DIR",
        help="the release (default: build/release)",
    )
    for name, text in (
        ("query", "address of SPARQL queries"),
        ("update", "address of SPARQL updates"),
        ("graph-store", "address of the Graph Store Protocol"),
        ("isql", "host:port of Virtuoso's SQL port, for --bulk"),
        ("load-directory", "directory that Virtuoso reads, for --bulk"),
    ):
        command.add_argument(
            f"--{name}", metavar="URL", help=f"{text} (default: [remote] of publication.toml)"
        )
    command.add_argument("--bulk", action="store_true", help="use Virtuoso's bulk loader")
    command.add_argument(
        "--dry-run", action="store_true", help="look at the store, say what there is to do"
    )
    command.set_defaults(run=_push)


def _push(options: argparse.Namespace) -> int:
    release = Release.open(options.release)
    remote = _remote(release, options)
    credentials = Credentials.of_environment()
    progress = Progress()
    loader = None
    if options.bulk:
        if remote.isql is None or remote.load_directory is None or credentials is None:
            raise PublicationError(
                "--bulk needs --isql and --load-directory (or 'isql' and 'load_directory' in "
                f"[remote] of publication.toml), and {USER} and {PASSWORD} in the environment"
            )
        loader = VirtuosoLoader(remote.isql, Path(remote.load_directory), credentials)
    push = Push(release, TripleStore(remote, credentials), progress, loader)
    plan = push.plan()
    for line in _told(release, plan):
        print(line)
    if options.dry_run:
        return 0
    push.run(plan)
    print(f"release {release.version} ({release.id}) is the current generation")
    return 0


def _remote(release: Release, options: argparse.Namespace) -> Remote:
    """Return where the store is: what the release says, and over it the command line."""
    given = {
        name: value
        for name in Remote.__annotations__
        if (value := getattr(options, name)) is not None
    }
    try:
        if release.remote is None:
            return Remote.from_mapping(given)
        return Remote.from_mapping(replace(release.remote, **given).as_mapping())
    except RemoteError as error:
        raise PublicationError(f"the store: {error}") from None


def _told(release: Release, plan: Plan) -> list[str]:
    """Say what there is to do."""
    missing = plan.missing
    triples = sum(plan.wanted[name] for name in missing)
    lines = [f"release {release.version} ({release.id}): {release.counts['triples']:,} triples"]
    if missing:
        lines.append(f"to load: {len(missing)} of {len(plan.wanted)} graphs, {triples:,} triples")
        half = sum(plan.found[name] > 0 for name in missing)
        if half:
            lines.append(f"to load anew, because they are not whole: {half} of them")
    else:
        lines.append("to load: nothing, all its graphs are there")
    current = plan.inventory.current or "none"
    lines.append(f"current generation: {current}{', which is this' if plan.is_current else ''}")
    lines += [f"to drop: {iri}" for iri in plan.older]
    return lines
