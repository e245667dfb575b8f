"""A result of a gigabyte: it begins at once, comes whole, and stays in nobody's memory."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import pytest

from tests import large
from tests.engine.conftest import eventually, workers
from tests.server.conftest import Site, serving

pytestmark = [pytest.mark.nightly, pytest.mark.timeout(900)]

THINGS = 2000
TRIPLES = 4 * THINGS + 7
TIMES = 1400
QUERY = f"SELECT * {{ ?a ?b ?c VALUES ?n {{ {' '.join(map(str, range(TIMES)))} }} }}"
ROWS = 1 + TIMES * TRIPLES


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("gigabyte")
    release = large.build(folder, things=THINGS, deadline_seconds=600.0, result_mb=4096)
    with serving(release, folder / "server.log", "--workers", "1") as site:
        yield site


def resident(pids: list[int]) -> float:
    """Return the memory in MB that processes have for themselves, of those that are still there."""
    total = 0
    for pid in pids:
        try:
            lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith("RssAnon:"))
    return total / 1024


def largest(engine: int) -> float:
    """Return the memory of the engine's worker that has most."""
    return max((resident([pid]) for pid in workers(engine)), default=0.0)


def test_a_gigabyte(served: Site) -> None:
    (web,) = served.processes("spawn_main")
    engine = served.engine
    memory: list[float] = []
    over = threading.Event()

    def sample() -> None:
        while not over.wait(0.1):
            memory.append(resident([web]) + largest(engine))

    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=60)
    with closing(connection):
        thread = threading.Thread(target=sample)
        before = resident([web]) + largest(engine)
        began = time.monotonic()
        connection.request("GET", f"/sparql?query={quote(QUERY)}", headers={"Accept": "text/csv"})
        with connection.getresponse() as response:
            assert response.read(1)
            assert time.monotonic() - began < 2
            thread.start()
            size, rows = 1, 0
            while part := response.read(1 << 20):
                size += len(part)
                rows += part.count(b"\n")
        over.set()
        thread.join()
    seconds = time.monotonic() - began
    print(f"{size / 2**20:.0f} MiB in {seconds:.1f} s; {max(memory) - before:.1f} MB more")
    assert rows == ROWS
    assert size > 2**30
    assert len(memory) > 20
    assert max(memory) - before < 40


def test_a_gigabyte_that_is_left_ends_at_once(served: Site) -> None:
    engine = served.engine
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=60)
    connection.request("GET", f"/sparql?query={quote(QUERY)}", headers={"Accept": "text/csv"})
    response = connection.getresponse()
    assert response.read(10_000_000)
    before = set(workers(engine))
    response.close()
    connection.close()
    assert eventually(lambda: bool(before - set(workers(engine))), 1)
