"""The command `links`: checks the links out of a release and writes the report."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict
from pathlib import Path
from typing import Any

from publisher.links.checker import DEAD, Checker, Manners, Outcome
from publisher.links.outward import Outward, outward_links
from publisher.links.report import write_report
from publisher.progress import Progress
from publisher.release import Release

FINE, DEAD_LINKS = 0, 1
#: Hosts that are asked at the same time; each of them by one request after the other.
_HOSTS = 8
_KEPT = "checked.jsonl"


def add_links_command(
    commands: Any, add_release: Callable[[argparse.ArgumentParser], None]
) -> None:
    """Register `links` with the command line."""
    command = commands.add_parser(
        "links",
        help="check where the graph leads outside, and write a dated report",
        description="Ask each address outside that a release leads to, politely, and write what "
        "came of it as Markdown, JSON and CSV. A run that was interrupted goes on where it was.",
        epilog="Exit codes: 0 nothing is dead, 1 something is, 2 used wrongly "
        "or without a release.",
    )
    add_release(command)
    option = command.add_argument
    option("--to", type=Path, default=Path("build", "links"), metavar="FOLDER")
    option("--pause", type=_seconds, default=1.0, help="seconds between requests to one host")
    option("--timeout", type=_seconds, default=20.0, help="seconds to wait for an answer")
    option("--longest-wait", type=_seconds, default=120.0, help="seconds of Retry-After to honour")
    option(
        "--again-after",
        type=_seconds,
        default=1.0,
        metavar="DAYS",
        help="ask again what was asked longer ago than this (default: 1; 0 asks everything)",
    )
    option("--host", action="append", default=[], help="only this host; may be given again")
    option("--contact", metavar="ADDRESS", help="whom servers may write to (default: home page)")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Carry the command out; returns the exit code."""
    release = Release.open(options.release)
    publication = release.publication
    contact = options.contact or publication.homepage or publication.base
    manners = Manners(
        agent=f"{publication.name}-links/{release.version} (+{contact})",
        pause=options.pause,
        timeout=options.timeout,
        longest_wait=options.longest_wait,
    )
    links = outward_links(release)
    if options.host:
        links = [link for link in links if link.host in options.host]
    journal = Journal(options.to / _KEPT)
    known = journal.since(dt.timedelta(days=options.again_after))
    due = [link for link in links if link.address not in known]
    progress = Progress()
    for outcome in progress.step("check", check(due, manners), len(due), "links"):
        journal.add(outcome)
        known[outcome.address] = outcome
    day = dt.datetime.now(dt.UTC).date()
    page = write_report(options.to, release, links, known, day)
    dead = sum(known[link.address].outcome in DEAD for link in links)
    progress.say(f"{len(links)} links, {dead} dead: {page}")
    return DEAD_LINKS if dead else FINE


def check(links: Sequence[Outward], manners: Manners) -> Iterator[Outcome]:
    """Yield what becomes of the links: hosts side by side, the links of one in turn.

    Whoever stops listening stops the asking, after the requests that are under way.
    """
    by_host: defaultdict[str, list[Outward]] = defaultdict(list)
    for link in links:
        by_host[link.host].append(link)
    stopped = threading.Event()
    done: list[Outcome] = []
    ready = threading.Condition()

    def work(theirs: list[Outward]) -> None:
        checker = Checker(manners)
        for link in theirs:
            if stopped.is_set():
                return
            outcome = checker.check(link.address)
            with ready:
                done.append(outcome)
                ready.notify()

    with ThreadPoolExecutor(_HOSTS) as pool:
        futures = [pool.submit(work, theirs) for theirs in by_host.values()]
        try:
            for _ in links:
                with ready:
                    while not done:
                        ready.wait(1.0)
                        _raise_failed(futures)
                    outcome = done.pop(0)
                yield outcome
            for future in as_completed(futures):
                future.result()
        finally:
            stopped.set()
            pool.shutdown(wait=True, cancel_futures=True)


def _raise_failed(futures: Sequence[Any]) -> None:
    for future in futures:
        if future.done():
            future.result()


class Journal:
    """What was found so far, a line of JSON each, so that an interrupted run is not lost."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def since(self, age: dt.timedelta) -> dict[str, Outcome]:
        """Return what was checked no longer ago than `age`, by address."""
        found: dict[str, Outcome] = {}
        now = dt.datetime.now(dt.UTC)
        lines = self._path.read_text("utf-8").splitlines() if self._path.is_file() else []
        for line in lines:
            try:
                outcome = Outcome(**json.loads(line))
            except (ValueError, TypeError):
                continue  # the last line of a run that was cut off
            if now - dt.datetime.fromisoformat(outcome.checked) < age:
                found[outcome.address] = outcome
        return found

    def add(self, outcome: Outcome) -> None:
        """Note one outcome."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(outcome), ensure_ascii=False) + "\n")


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 <= value < 1e6:
        raise argparse.ArgumentTypeError(f"{text} is no usable number")
    return value
