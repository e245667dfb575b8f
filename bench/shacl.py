"""Validation: queries with pySHACL behind them beside pySHACL alone, on the same Oxigraph store.

Both get the store with the data and the parsed shapes, in one process, one after the other.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import pyoxigraph as ox
import pyshacl
import rdflib
from pyshacl.graph_abstraction import OxigraphDataGraph
from pyshacl.validator import Validator

from bench import graphs, shapes
from publisher.graphs import canonical, n_quads
from publisher.shacl.data_graph import DataGraph
from publisher.shacl.rdflib_terms import as_in_a_store
from publisher.shacl.validator import validate
from publisher.terms import bare

#: What was measured last of each size.
FIGURES: Final = Path(__file__).with_name("shacl.json")

#: Up to so many triples pySHACL is timed with its own graph over the store, too.
_COUNTED: Final = 10_000


class ReportsDiffer(Exception):
    """Both ways gave another report on the same data."""


def measure(triples: int, rounds: int, folder: Path) -> dict[str, Any]:
    """Validate a graph of about `triples` triples, conforming and broken, `rounds` times each way.

    Times are the medians, in seconds, without reading and loading. Raises ReportsDiffer.
    """
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "shacl.nq"
    count = graphs.write(triples, file)
    found: dict[str, Any] = {
        "asked": triples,
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "triples": count,
        "rounds": rounds,
    }
    rules = as_in_a_store(ox.parse(shapes.TURTLE, ox.RdfFormat.TURTLE))
    kept: list[Callable[[Iterable[bytes]], Iterable[bytes]]] = [iter, shapes.broken]
    for name, change in zip(("conforming", "broken"), kept, strict=True):
        store = _loaded(change(_triples(file)))
        found[name] = _compared(store, rules, rounds)
    file.unlink()
    return found


def _triples(file: Path) -> Iterator[bytes]:
    for line in graphs.lines(file):
        yield line[: line.rindex(b" <")] + b" .\n"


def _loaded(lines: Iterable[bytes]) -> ox.Store:
    store = ox.Store()
    store.bulk_load(b"".join(lines), ox.RdfFormat.N_TRIPLES, lenient=True)
    return store


def _compared(store: ox.Store, rules: rdflib.Graph, rounds: int) -> dict[str, Any]:
    counting = len(store) <= _COUNTED
    ways: dict[str, Callable[[ox.Store, rdflib.Graph], rdflib.Graph]] = {
        "queries_seconds": lambda store, rules: validate(store, rules).report,
        "pyshacl_seconds": _by_pyshacl,
        **({"pyshacl_as_it_is_seconds": _by_pyshacl_as_it_is} if counting else {}),
    }
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    reports: dict[str, rdflib.Graph] = {}
    for _ in range(rounds):
        for way, run in ways.items():
            began = time.perf_counter()
            reports[way] = run(store, rules)
            seconds[way].append(time.perf_counter() - began)
    # As it is, its messages call strings of the store by their datatype.
    if _canonical(reports["queries_seconds"]) != _canonical(reports["pyshacl_seconds"]):
        raise ReportsDiffer(f"on {len(store):,} triples")
    results = reports["queries_seconds"].subject_objects(rdflib.SH.result)
    medians = {way: statistics.median(found) for way, found in seconds.items()}
    return {**medians, "results": len(list(results))}


def _canonical(report: rdflib.Graph) -> bytes:
    parsed = ox.parse(report.serialize(format="nt").encode(), ox.RdfFormat.N_TRIPLES)
    return n_quads(canonical(ox.Quad(*bare(triple)) for triple in parsed))


def _by_pyshacl(store: ox.Store, rules: rdflib.Graph) -> rdflib.Graph:
    """Return pySHACL's report, by a graph that does not count all triples for each result.

    Its own graph over a store does, which would take the longer the more is broken.
    """
    validator = Validator(DataGraph(store), shacl_graph=rules, options={"inplace": True})
    _, report, _ = validator.run()  # type: ignore[no-untyped-call]
    assert isinstance(report, rdflib.Graph)
    return report


def _by_pyshacl_as_it_is(store: ox.Store, rules: rdflib.Graph) -> rdflib.Graph:
    _, report, _ = pyshacl.validate(OxigraphDataGraph(store), shacl_graph=rules)
    assert isinstance(report, rdflib.Graph)
    return report


def figures() -> list[dict[str, Any]]:
    """Return what was measured last of each size, the smallest first."""
    if not FIGURES.is_file():
        return []
    found: list[dict[str, Any]] = json.loads(FIGURES.read_text(encoding="utf-8"))
    return found


def keep(measured: Sequence[dict[str, Any]]) -> None:
    """Put figures in the place of those of the same sizes."""
    sizes = {each["asked"] for each in measured}
    others = [each for each in figures() if each["asked"] not in sizes]
    found = sorted([*others, *measured], key=lambda each: int(each["asked"]))
    FIGURES.write_text(f"{json.dumps(found, indent=1)}\n", encoding="utf-8")
