"""The report of an assault as a page."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from tests.chaos.assault import Outcomes
from tests.chaos.traffic import HOSTILE

Sizes = tuple[dict[str, float], dict[str, int]]


@dataclass(frozen=True)
class Facts:
    """The size of an assault, and memory in MB and descriptors before and after it."""

    requests: int
    seconds: float
    before: Sizes
    after: Sizes
    log: str


def markdown(outcomes: Outcomes, facts: Facts) -> str:
    """Return the page."""
    both = (facts.before, facts.after)
    good, hostile = outcomes.total(hostile=False), outcomes.total(hostile=True)
    kills = ", ".join(f"{count} x {what}" for what, count in sorted(outcomes.kills.items()))
    parts = [
        "# Under fire",
        f"{facts.requests:,} requests from 8 clients in {facts.seconds:.0f} s, "
        f"{sum(hostile.values()):,} of them hostile. Killed meanwhile: {kills}. "
        "Every answer to a good request was compared "
        "with a direct evaluation by Oxigraph; wrong, or cut without notice: "
        f"{len(outcomes.wrong)}.",
        "## Good requests\n\n" + _outcomes(good),
        "`right` is the right answer; `aborted` a transfer that visibly broke off, `closed` a "
        "connection that ended before an answer (its process had been killed); the others are "
        "problem documents of status 503 with `Retry-After`, and were tried again.",
        "## Hostile requests\n\n"
        + _table(
            ("kind", "answered with"),
            (
                (kind, ", ".join(f"{count} {what}" for what, count in counts.most_common()))
                for kind, counts in sorted(outcomes.counts.items())
                if kind in HOSTILE
            ),
        ),
        "`left`: the client itself went away in the middle.",
        "## Times\n\n"
        + _table(
            ("requests", "number", "p50 ms", "p99 ms", "longest ms"),
            (
                (
                    what,
                    f"{len(seconds):,}",
                    *(_milliseconds(seconds, p) for p in (0.5, 0.99, 1)),
                )
                for what, seconds in sorted(outcomes.seconds.items())
            ),
        ),
        "## Before and after\n\n"
        + _table(
            ("", "before", "after"),
            (
                (f"{name}: {what}", *(f"{sizes[index][name]:.0f}" for sizes in both))
                for index, what in enumerate(("memory in MB", "open files"))
                for name in ("web", "engine")
            ),
        ),
        "## The log\n\n"
        + _table(
            ("lines", "text, numbers left out"),
            ((str(count), f"`{text}`") for text, count in _lines(facts.log).most_common()),
        ),
    ]
    return "\n\n".join(parts) + "\n"


def _outcomes(counts: Counter[str]) -> str:
    return _table(("outcome", "requests"), ((name, f"{n:,}") for name, n in counts.most_common()))


def _lines(log: str) -> Counter[str]:
    """Return the lines of a log, those that differ in numbers alone as one."""
    found: Counter[str] = Counter()
    for line in log.splitlines():
        text = re.sub(r"^[\d-]+ [\d:,]+ ", "", line)
        found[re.sub(r"\d+(?:\.\d+)?", "N", re.sub(r"/\S+/", "/", text))] += 1
    return found


def _milliseconds(seconds: list[float], part: float) -> str:
    ordered = sorted(seconds)
    return f"{ordered[min(len(ordered) - 1, int(part * len(ordered)))] * 1000:.1f}"


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    names = list(head)
    lines = [names, ["---"] * len(names), *(list(row) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
