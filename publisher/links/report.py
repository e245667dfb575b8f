"""The report: dated, as Markdown for people and as JSON and CSV for programs."""

from __future__ import annotations

import csv
import datetime as dt
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from publisher.links.checker import DEAD, MOVED, REFUSED, ROBOTS, Outcome
from publisher.links.outward import Outward
from publisher.release import Release

_CHAPTERS = (
    (DEAD, "Dead", "Nothing is there any more, or nothing answers."),
    ((MOVED,), "Moved for good", "Write the new address into the sources."),
    ((REFUSED,), "Refused", "The server answers, but not to programs; look at them by hand."),
    ((ROBOTS,), "Not asked", "robots.txt asks programs to stay away."),
)


def write_report(
    folder: Path,
    release: Release,
    links: Sequence[Outward],
    outcomes: Mapping[str, Outcome],
    day: dt.date,
) -> Path:
    """Write `links-DATE.md`, `.json` and `.csv` into a folder; returns the path of the first."""
    folder.mkdir(parents=True, exist_ok=True)
    stem = folder / f"links-{day.isoformat()}"
    known = [(link, outcomes[link.address]) for link in links if link.address in outcomes]
    document = {
        "release": release.id,
        "version": release.version,
        "date": day.isoformat(),
        "links": len(links),
        "outcomes": dict(sorted(Counter(each.outcome for _, each in known).items())),
        "results": [
            {**asdict(outcome), "uses": [{"thing": t, "property": p} for t, p in link.uses]}
            for link, outcome in known
        ],
    }
    text = json.dumps(document, ensure_ascii=False, indent=1)
    stem.with_suffix(".json").write_text(f"{text}\n", encoding="utf-8")
    with stem.with_suffix(".csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(
            ("address", "outcome", "status", "leads to", "checked", "thing", "property")
        )
        for link, each in known:
            for thing, property_ in link.uses:
                row = (each.address, each.outcome, each.status or "", each.leads_to or "")
                writer.writerow((*row, each.checked, thing, property_))
    page = stem.with_suffix(".md")
    page.write_text(_page(release, links, known, day), encoding="utf-8")
    return page


def _page(
    release: Release, links: Sequence[Outward], known: list[tuple[Outward, Outcome]], day: dt.date
) -> str:
    counts = Counter(each.outcome for _, each in known)
    lines = [
        f"# Links out of {release.publication.title}, {day.isoformat()}",
        "",
        f"Version {release.version} ({release.id}). {len(known)} of {len(links)} links checked.",
        "",
        "| outcome | addresses |",
        "|---|---|",
        *(f"| {outcome} | {count} |" for outcome, count in sorted(counts.items())),
    ]
    for outcomes, heading, meaning in _CHAPTERS:
        listed = [(link, each) for link, each in known if each.outcome in outcomes]
        if listed:
            lines += ["", f"## {heading}", "", meaning, ""]
            lines += [_line(link, each, release) for link, each in listed]
    return "\n".join(lines) + "\n"


def _line(link: Outward, outcome: Outcome, release: Release) -> str:
    said = str(outcome.status) if outcome.status else outcome.detail or outcome.outcome
    leads = f", leads to <{outcome.leads_to}>" if outcome.leads_to else ""
    things = list(dict.fromkeys(thing for thing, _ in link.uses))
    shown = ", ".join(thing.removeprefix(release.iris.things) for thing in things[:5])
    more = f" and {len(things) - 5} more" if len(things) > 5 else ""
    return f"- <{link.address}> ({said}{leads}): {shown}{more}"
