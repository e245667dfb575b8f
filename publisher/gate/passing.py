"""Passing the gate: a release is held against its sources, its dumps, and a server with it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Final

from publisher.edition import Edition
from publisher.gate.descriptions import check_distributions
from publisher.gate.disagreement import Disagreement
from publisher.gate.documents import check_documents, check_ontology
from publisher.gate.dumps import Expected, check_dumps, check_manifest, check_sources
from publisher.gate.endpoint import check_graphs, check_void
from publisher.limits import GATE_TRIPLES
from publisher.live_server import serving
from publisher.progress import Progress
from publisher.publication import Publication
from publisher.push.quad_lines import split

_PROCESSES: Final = 2


def disagreements(
    release: Path, publication: Publication | None, progress: Progress
) -> Iterator[Disagreement]:
    """Yield whatever says something else than the canonical N-Quads of a release.

    `publication` are its sources, which are passed over without it. Raises DamagedRelease for a
    folder without a release and ServerFailed if it cannot be served.
    """
    edition = Edition.read(release)
    expected = progress.run("canonical hashes", lambda: Expected.of(edition))
    yield from check_manifest(edition, expected)
    if publication is not None:
        yield from progress.run("sources", lambda: list(check_sources(publication, expected)))
    if edition.triples > GATE_TRIPLES:
        progress.say(
            f"of what has more than {GATE_TRIPLES:,} triples rdflib reads nothing, and the endpoint"
            " only counts"
        )
    with ProcessPoolExecutor(_PROCESSES, mp_context=get_context("spawn")) as processes:
        yield from progress.step("dumps", check_dumps(edition, expected, processes))
    yield from progress.run("distributions", lambda: list(check_distributions(edition)))
    with serving(release) as live:
        yield from progress.run("endpoint", lambda: list(check_graphs(live, expected)))
        yield from progress.run("VoID", lambda: list(check_void(live, edition)))
        yield from check_ontology(live, edition)
        yield from check_documents(live, edition, lambda: _merge(edition), progress)


def _merge(edition: Edition) -> Iterator[bytes]:
    """Yield the lines of all statements, without their graph and each once."""
    last = b""
    with edition.quads_path.open("rb") as file:
        for line in (split(each)[0] for each in file):
            if line != last:
                yield line
            last = line
