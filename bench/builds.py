"""How a build grows: time and memory of `python -m publisher build` on graphs of any size.

Each graph is laid out as a publication, a file for each collection, and built by a process of its
own with its children; both are watched from outside.
"""

from __future__ import annotations

import json
import re
import resource
import shutil
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO, Final

from bench import curve, graphs, machine, shape, shapes
from publisher.prefixes import WELL_KNOWN
from publisher.publication import CONFIGURATION
from publisher.terms import RDF_TYPE

_INTERVAL: Final = 0.5
_STEP: Final = re.compile(r"^(?P<label>[a-z][a-z .]*?)(?:: .*)? \((?P<seconds>[\d.]+) s\)$")
_PUBLICATION: Final = f"""title = "Benchmark"
base = "{graphs.BASE}"
name = "bench"
license = "https://creativecommons.org/publicdomain/zero/1.0/"
released = 2026-01-01
"""


#: What was measured last of each size, beside the page and the picture that are made from it.
FIGURES: Final = Path(__file__).with_name("builds.json")
PICTURE: Final = Path(__file__).with_name("builds.svg")


class BuildFailed(Exception):
    """A build that ended with a fault."""


def measure(triples: int, folder: Path) -> dict[str, Any]:
    """Build a graph of about `triples` triples in `folder`, which is emptied; return figures.

    Times are in seconds, those of processors beside the one of the clock; memory is in MB, the most
    of all processes together at once (PSS). Raises BuildFailed.
    """
    shutil.rmtree(folder, ignore_errors=True)
    sources = folder / "sources"
    count = lay_out(triples, sources)
    command = [sys.executable, "-m", "publisher", "build"]
    command += ["--publication", str(sources), "--out", str(folder / "release")]
    log = folder / "build.log"
    began, used = time.monotonic(), _processors()
    most: defaultdict[int, float] = defaultdict(float)
    with log.open("w", encoding="utf-8") as stream:
        process = subprocess.Popen(command, stderr=stream)  # noqa: S603
        while process.poll() is None:
            step = len(_steps(log))
            most[step] = max(most[step], machine.proportional_mb(machine.tree(process.pid)))
            time.sleep(_INTERVAL)
    seconds = time.monotonic() - began
    if process.returncode != 0:
        raise BuildFailed(log.read_text(encoding="utf-8")[-2000:])
    steps = _steps(log)
    release = (folder / "release").resolve()
    found = {
        "asked": triples,
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "triples": count,
        "seconds": seconds,
        "processor_seconds": _processors() - used,
        "memory_mb": max(most.values()),
        "release_bytes": machine.bytes_in(release),
        "steps": dict(steps),
        "step_memory_mb": {
            label: most[number] for number, (label, _) in enumerate(steps) if number in most
        },
    }
    shutil.rmtree(folder)
    return found


def _steps(log: Path) -> list[tuple[str, float]]:
    """Return the steps of a build that are done, with their seconds."""
    matches = (_STEP.match(line) for line in log.read_text(encoding="utf-8").splitlines())
    return [(match["label"], float(match["seconds"])) for match in matches if match]


def figures() -> list[dict[str, Any]]:
    """Return what was measured last of each size, the smallest first."""
    if not FIGURES.is_file():
        return []
    found: list[dict[str, Any]] = json.loads(FIGURES.read_text(encoding="utf-8"))
    return found


def keep(measured: dict[str, Any]) -> None:
    """Put figures in the place of those of the same size, and draw all of them anew."""
    others = [each for each in figures() if each["asked"] != measured["asked"]]
    found = sorted([*others, measured], key=lambda each: int(each["asked"]))
    FIGURES.write_text(f"{json.dumps(found, indent=1)}\n", encoding="utf-8")
    if len(found) > 1:
        PICTURE.write_text(curve.svg(found), encoding="utf-8")


def lay_out(triples: int, folder: Path) -> int:
    """Write a graph as the sources of a publication; return how many statements it has."""
    data = folder / "data"
    data.mkdir(parents=True)
    (folder / CONFIGURATION).write_text(_PUBLICATION, encoding="utf-8")
    rules = folder / "shapes"
    rules.mkdir()
    (rules / "bench.ttl").write_text(shapes.TURTLE, encoding="utf-8")
    whole = folder / "graph.nq"
    count = graphs.write(triples, whole)
    with ExitStack() as stack:
        files: dict[bytes, BinaryIO] = {}
        for line in graphs.lines(whole):
            triple, _, graph = line.rpartition(b" <")
            if graph not in files:
                name = graph[:-4].decode().removeprefix(f"{graphs.BASE}graph/")
                files[graph] = stack.enter_context((data / f"{name}.nt").open("wb"))
            files[graph].write(triple + b" .\n")
    whole.unlink()
    described = "".join(_described())
    (data / "concept.nt").write_text(described, encoding="utf-8")
    return count + described.count("\n")


def _described() -> Iterator[str]:
    """Describe what things link to and no collection holds, so that no link dangles."""
    listed = {
        iri.replace(shape.BASE, graphs.BASE)
        for collection in shape.load()
        for predicate in collection.predicates
        for values in predicate.values
        for iri in values.listed
    }
    skos = WELL_KNOWN["skos"]
    for iri in sorted(listed):
        if iri.startswith(f"{graphs.BASE}id/"):
            yield f"<{iri}> <{RDF_TYPE}> <{skos}Concept> .\n"
            yield f'<{iri}> <{skos}prefLabel> "{iri.rpartition("/")[2]}"@en .\n'


def _processors() -> float:
    """Return the seconds that processors worked for children that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
