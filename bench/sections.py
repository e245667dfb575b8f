"""Sections of the report whose figures are kept from run to run: builds and validation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from bench import builds, shacl
from bench.tables import megabytes, table

_BUILT: Final = (
    "`python -m bench --builds-only --triples N ...`: graphs of the shape of the real one, with "
    "the twelve constraints of the section on validation, laid out as sources and built by "
    "`python -m publisher build`. What else the machine did meanwhile shows in the time by the "
    "clock, not in that of the processors. See "
    "[docs/decisions/0018](../docs/decisions/0018-streaming-build.md)."
)
_VALIDATED: Final = (
    "`python -m bench --validation-only --triples N ...`: twelve constraints (`bench/shapes.py`) "
    "on graphs of the shape of the real one, which conform, or of which one thing in a hundred is "
    "broken. Queries with pySHACL behind them, as this publisher validates, and pySHACL alone take "
    "turns in one process, on the same store of Oxigraph in memory and the same parsed shapes; "
    "medians. pySHACL gets a graph over the store that does not count all triples for each "
    "result; up to 10,000 triples it is timed with its own graph, which does, too. The reports "
    "of the first two were compared and are equal. See "
    "[docs/decisions/0017](../docs/decisions/0017-shacl-compiler.md)."
)


def built() -> str:
    """Return the section on builds: what they take by size, and the picture of it."""
    found = builds.figures()
    head = ["", *(f"{each['triples']:,} triples" for each in found)]
    steps = list(dict.fromkeys(step for each in found for step in each["steps"]))
    rows = [
        ["measured on", *(each["date"] for each in found)],
        ["by the clock, s", *(f"{each['seconds']:,.0f}" for each in found)],
        ["seconds of processors", *(f"{each['processor_seconds']:,.0f}" for each in found)],
        [
            "microseconds of processors a triple",
            *(f"{each['processor_seconds'] / each['triples'] * 1e6:,.0f}" for each in found),
        ],
        ["most memory of all processes, MB", *(f"{each['memory_mb']:,.0f}" for each in found)],
        ["the release, MB", *(megabytes(each["release_bytes"]) for each in found)],
        *([f"{step}: s, MB at most", *(_step(each, step) for each in found)] for step in steps),
    ]
    picture = "![Time and memory by triples](builds.svg)"
    return "\n\n".join([_BUILT, table(head, rows), picture])


def _step(build: dict[str, Any], step: str) -> str:
    if step not in build["steps"]:
        return "-"
    memory = build.get("step_memory_mb", {}).get(step)
    return f"{build['steps'][step]:,.1f}" + (f", {memory:,.0f}" if memory else "")


def validated() -> str:
    """Return the section on validation: both ways side by side, by size."""
    head = ["triples", "data", "results", "queries, s", "pySHACL, s", "ratio"]
    head += ["pySHACL as it is, s", "ratio", "rounds", "measured"]
    rows = [
        [
            f"{each['triples']:,}",
            name,
            f"{each[name]['results']:,}",
            f"{each[name]['queries_seconds']:,.4f}",
            *_beside(each[name], "pyshacl_seconds"),
            *_beside(each[name], "pyshacl_as_it_is_seconds"),
            str(each["rounds"]),
            each["date"],
        ]
        for each in shacl.figures()
        for name in ("conforming", "broken")
    ]
    return "\n\n".join([_VALIDATED, table(head, rows)])


def _beside(found: dict[str, float], way: str) -> tuple[str, str]:
    """Return the seconds of another way, and how often they hold those of the queries."""
    if way not in found:
        return "-", "-"
    return f"{found[way]:,.4f}", f"{found[way] / found['queries_seconds']:.1f}"


#: The heading of each section, and what makes it.
_SECTIONS: Final[dict[str, Callable[[], str]]] = {"Validation": validated, "Builds": built}


def every() -> list[str]:
    """Return all sections with their headings."""
    return [f"## {heading}\n\n{section()}" for heading, section in _SECTIONS.items()]


def renewed(page: str, heading: str) -> str:
    """Return a page that was written before with one of the sections renewed."""
    section = f"## {heading}\n\n{_SECTIONS[heading]()}"
    before, found, rest = f"\n{page}".partition(f"\n## {heading}\n")
    if not found:
        return f"{page.rstrip()}\n\n{section}\n"
    following = rest.find("\n## ")
    after = rest[following:] if following >= 0 else ""
    return f"{before}\n{section}\n{after}".removeprefix("\n")
