"""What was measured as a page: figures side by side, ratios, and the machine they come from."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from bench import sections
from bench.mix import HEAVY, SHORT
from bench.pages import KINDS
from bench.suite import RDFLIB
from bench.tables import megabytes, table

_TITLES: Final = {
    "server-memory": "this server, memory",
    "server-disk": "this server, disk",
    "server-remote": "this server, remote (Virtuoso)",
    "virtuoso": "Virtuoso 7",
    "rdflib-endpoint": "rdflib-endpoint",
    "rdflib-endpoint-oxigraph": "rdflib-endpoint on Oxigraph",
}
_INTRODUCTION: Final = """# Results of the benchmark

Written by `make bench`. What is measured, and how, is in
[docs/decisions/0006](../docs/decisions/0006-benchmark-and-chaos.md).
All figures of one size come from one run, the peers one after the other, each alone on the machine,
with 8 clients unless a row says otherwise. Each peer's answers were compared with Oxigraph's before
they were timed; what was wrong was not timed and is named below the table."""

_PAGES: Final = (
    "Each page asked for once, one after the other, over one connection, so that nothing "
    "comes from a cache of pages. The memory engine, two web processes."
)
Size = dict[str, Any]


def markdown(results: dict[str, Any]) -> str:
    """Return the page."""
    facts = "; ".join(f"{name} {value}" for name, value in results["facts"].items())
    parts = [_INTRODUCTION, f"{facts}. Each rate over {results['seconds']:g} s."]
    largest = _main(results["sizes"])
    parts += ["## Ratios", *_ratios(largest, results)]
    if results.get("pages"):
        parts += ["## Pages", _PAGES, _pages(results["pages"])]
    if len(results["sizes"]) > 1:
        parts += ["## Growth", _growth(results["sizes"])]
    parts += sections.every()
    for size in reversed(results["sizes"]):
        parts += _details(size)
    return "\n\n".join(parts) + "\n"


def _pages(graphs: dict[str, Any]) -> str:
    """Return the table of what pages cost, a column for each graph."""
    rows = []
    for kind in KINDS:
        waits = [f"{each[kind]['p50']:.1f} / {each[kind]['p95']:.1f}" for each in graphs.values()]
        loads = [f"{(each[kind]['bytes'] + each['styles']) / 1000:.1f}" for each in graphs.values()]
        rows.append([f"{kind}: first byte, p50 / p95 ms", "p50 under 20", *waits])
        size = "under 30" if kind == "thing" else ""
        rows.append([f"{kind}: largest page with its styles, kB with gzip", size, *loads])
    heads = [f"{name}, {each['triples']:,} triples" for name, each in graphs.items()]
    return table(["what", "to reach", *heads], rows)


def _main(sizes: list[Size]) -> Size:
    """Return the size that the targets are about: a million triples, or the nearest."""
    return min(sizes, key=lambda size: abs(size["triples"] - 1_000_000))


def _ratios(size: Size, results: dict[str, Any]) -> Iterable[str]:
    peers = size["peers"]
    yield f"At {size['triples']:,} triples, unless said otherwise."
    rows: list[list[str]] = []

    def row(text: str, target: str, figure: Callable[[], str]) -> None:
        try:
            rows.append([text, target, figure()])
        except KeyError:
            rows.append([text, target, "not measured"])

    for name in ("server-memory", "server-disk", "server-remote"):
        if name in peers:
            title = _TITLES[name].partition(", ")[2]
            row(
                f"look-ups a second, {title} / Virtuoso",
                "at least 2" if name != "server-remote" else "",
                lambda name=name: _over(  # type: ignore[misc]
                    peers[name]["lookup"]["rate"], peers["virtuoso"]["lookup"]["rate"]
                ),
            )
    for name in RDFLIB:
        other = _largest_with(results["sizes"], name)
        if other:
            row(
                f"look-ups a second, memory / {_TITLES[name]} ({other['triples']:,} triples)",
                "at least 10",
                lambda other=other, name=name: _over(  # type: ignore[misc]
                    other["peers"]["server-memory"]["lookup"]["rate"],
                    other["peers"][name]["lookup"]["rate"],
                ),
            )
    for engine, rates in size["direct"]["pipe"].items():
        for callers, name in (("one caller", "pipe"), ("a caller each processor", "many")):
            row(
                f"look-ups through the pipe, {engine} engine, {callers} / Oxigraph in process",
                "at least 75 %" if engine == "memory" else "",
                lambda rates=rates, name=name: f"{rates[name] / rates['direct']:.0%}",  # type: ignore[misc]
            )
    for kind in ("predicates", "subjects", "topics"):
        title = HEAVY[kind].removeprefix("aggregate: ")
        row(
            f"aggregate ({title}), cold, memory / Virtuoso",
            "at most 2",
            lambda kind=kind: _over(  # type: ignore[misc]
                peers["server-memory"][kind]["cold"], peers["virtuoso"][kind]["cold"]
            ),
        )
        row(
            f"aggregate ({title}), repeated, Virtuoso / memory",
            "at least 5",
            lambda kind=kind: _over(  # type: ignore[misc]
                peers["virtuoso"][kind]["repeated"], peers["server-memory"][kind]["repeated"]
            ),
        )
    for name in ("server-memory", "server-disk", "virtuoso"):
        if name in peers:
            row(
                f"p99 of look-ups beside four cross products / idle, one client, {_TITLES[name]}",
                "under 5" if name != "virtuoso" else "",
                lambda name=name: _over(  # type: ignore[misc]
                    peers[name]["beside"]["busy_1"]["p99"], peers[name]["beside"]["idle_1"]["p99"]
                ),
            )
    for name, seconds in results["real"].items():
        row(
            f"start to the first answer, real graph, {_TITLES[name]}",
            "under 2 s" if name != "server-remote" else "",
            lambda seconds=seconds: f"{seconds:.2f} s",  # type: ignore[misc]
        )
    for one in results["sizes"]:
        if one["triples"] > 5_000_000:
            row(
                f"start to the first answer, {one['triples']:,} triples, this server, disk",
                "under 10 s",
                lambda one=one: f"{one['peers']['server-disk']['start_seconds']:.2f} s",  # type: ignore[misc]
            )
    row(
        "memory of all processes, four web processes / one",
        "one copy of the graph",
        lambda: (
            "{:.0f} MB / {:.0f} MB, of which the web processes have {:.0f} and {:.0f} MB".format(
                *(peers["server-memory"]["copies"][key] for key in ("4", "1", "4_web", "1_web"))
            )
        ),
    )
    row(
        "100 MB answer, memory",
        "constant memory",
        lambda: _transfer(peers["server-memory"]["large"]),
    )
    yield table(["what", "to reach", "measured"], rows)


def _details(size: Size) -> Iterable[str]:
    yield f"## {size['triples']:,} triples"
    yield f"Measured on {size['date']}."
    peers = {name: figures for name, figures in size["peers"].items() if "failed" not in figures}
    head = ["", "Oxigraph in process", *(_TITLES[name] for name in peers)]
    direct = size["direct"]
    rows = []
    for kind, title in SHORT.items():
        cells = [_rate(figures.get(kind)) for figures in peers.values()]
        rows.append([f"{title}: a second (p50 / p99 ms)", f"{direct[kind]:,.0f}", *cells])
    cells = [_rate(figures.get("lookup_repeated")) for figures in peers.values()]
    rows.append(["100 look-ups repeated: a second (p50 / p99 ms)", "", *cells])
    for kind, title in HEAVY.items():
        cells = [_heavy(figures.get(kind)) for figures in peers.values()]
        rows.append([f"{title}: ms cold / repeated / 304", f"{direct[kind] * 1000:.0f}", *cells])
    rows.append(["100 MB as CSV", "", *(_transfer(f.get("large")) for f in peers.values())])
    for clients in (1, 8):
        text = f"look-up p99, {clients} client{'s' if clients > 1 else ''}, ms: idle / beside four"
        cells = [_beside(figures.get("beside"), clients) for figures in peers.values()]
        rows.append([f"{text} cross products", "", *cells])
    load = [f"{figures['load_seconds']:.1f}" for figures in peers.values()]
    rows.append(["load, s", f"{direct['load_seconds']:.1f}", *load])
    start = [f"{figures['start_seconds']:.2f}" for figures in peers.values()]
    rows.append(["start to the first answer, s", "", *start])
    memory = [
        f"{figures['memory_mb']:.0f} / {figures['memory_after_mb']:.0f}"
        for figures in peers.values()
    ]
    rows.append(
        [
            "memory after the first answers / after the mix, MB",
            f"{direct['memory_mb']:.0f}",
            *memory,
        ]
    )
    disk = [megabytes(figures["disk_bytes"]) for figures in peers.values()]
    rows.append(["on disk, MB", "", *disk])
    yield table(head, rows)
    for engine, rates in direct["pipe"].items():
        yield (
            f"Look-ups by one caller, one after the other: Oxigraph in process, {engine}, "
            f"{rates['direct']:,.0f} a second, through the pipe of the {engine} engine "
            f"{rates['pipe']:,.0f}; by a caller for each processor {rates['many']:,.0f}."
        )
    faults = [
        f"- {_TITLES[name]}: {kind}: {reason}"
        for name, figures in size["peers"].items()
        for kind, reason in figures.get("wrong", {}).items()
    ]
    faults += [
        f"- {_TITLES[name]} did not start: {figures['failed']}"
        for name, figures in size["peers"].items()
        if "failed" in figures
    ]
    faults += [
        f"- {_TITLES[name]}: {figures[kind]['failed']} of {figures[kind]['requests']} requests "
        f"({kind}) failed"
        for name, figures in peers.items()
        for kind in SHORT
        if figures.get(kind, {}).get("failed")
    ]
    if faults:
        yield "Not answered rightly:\n\n" + "\n".join(faults)


def _growth(sizes: list[Size]) -> str:
    head = ["", *(f"{size['triples']:,}" for size in sizes)]
    rows = []
    for name in ("server-memory", "server-disk", "server-remote", "virtuoso"):
        if not any(name in size["peers"] for size in sizes):
            continue
        figures: dict[str, Callable[[Size], str]] = {
            "load, s": lambda peer: f"{peer['load_seconds']:.1f}",
            "start to the first answer, s": lambda peer: f"{peer['start_seconds']:.2f}",
            "on disk, MB": lambda peer: megabytes(peer["disk_bytes"]),
            "memory of all processes, MB": lambda peer: f"{peer['memory_after_mb']:.0f}",
            "look-ups a second": lambda peer: f"{peer['lookup']['rate']:,.0f}",
            "aggregate cold, ms": lambda peer: f"{peer['predicates']['cold'] * 1000:.0f}",
        }
        for title, figure in figures.items():
            cells = []
            for size in sizes:
                try:
                    cells.append(figure(size["peers"][name]))
                except KeyError:
                    cells.append("-")
            rows.append([f"{_TITLES[name]}: {title}", *cells])
    files = [megabytes(size["file_bytes"]) for size in sizes]
    return table(head, [["the graph as N-Quads, MB", *files], *rows])


def _largest_with(sizes: list[Size], name: str) -> Size | None:
    found = [size for size in sizes if "lookup" in size["peers"].get(name, {})]
    return found[-1] if found else None


def _rate(figures: dict[str, float] | None) -> str:
    if figures is None:
        return "-"
    return f"{figures['rate']:,.0f} ({figures['p50']:.1f} / {figures['p99']:.1f})"


def _heavy(figures: dict[str, float] | None) -> str:
    if figures is None:
        return "-"
    parts = [
        figures[name] * 1000 for name in ("cold", "repeated", "not_modified") if name in figures
    ]
    return " / ".join(f"{part:.0f}" if part >= 10 else f"{part:.1f}" for part in parts)


def _transfer(figures: dict[str, float] | None) -> str:
    if figures is None:
        return "-"
    size = figures["bytes"] / 1e6
    return f"{size / figures['seconds']:.0f} MB/s, {figures['grown_mb']:+.0f} MB of memory"


def _beside(figures: dict[str, Any] | None, clients: int) -> str:
    if figures is None:
        return "-"
    idle, busy = figures[f"idle_{clients}"]["p99"], figures[f"busy_{clients}"]["p99"]
    return f"{idle:.1f} / {busy:.1f} ({busy / idle:.1f} times)"


def _over(one: float, other: float) -> str:
    return f"{one / other:.2f}" if one < 10 * other else f"{one / other:.0f}"
