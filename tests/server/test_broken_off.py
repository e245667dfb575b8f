"""Answers that fail after their first byte, and clients that leave before the last."""

from __future__ import annotations

import http.client
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import quote

import pytest

from tests import large
from tests.engine.conftest import ENDLESS, ROWS, at_rest, eventually, workers
from tests.server.conftest import Site, serving
from tests.server.test_client_limits import new

#: 25 MB of answer, which is more than all the buffers on its way can hold.
LONG = f"SELECT * {{ ?a ?b ?c VALUES ?n {{ {' '.join(map(str, range(90)))} }} }}"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("broken")
    release = large.build(folder, deadline_seconds=3.0, result_mb=4096)
    with serving(release, folder / "server.log", "--workers", "1") as site:
        yield site


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("narrow")
    release = large.build(folder, deadline_seconds=30.0, result_mb=4)
    with serving(release, folder / "server.log", "--workers", "1") as site:
        yield site


def connected(site: Site) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", site.port, timeout=30)


@pytest.mark.parametrize("limit", ["deadline_seconds", "result_mb"])
def test_a_limit_met_on_the_way(served: Site, narrow: Site, limit: str) -> None:
    site = narrow if limit == "result_mb" else served
    path = f"/sparql?query={quote(ROWS)}"
    with closing(connected(site)) as connection:
        connection.request("GET", path, headers={"Accept": "text/csv"})
        with connection.getresponse() as response:
            assert response.status == 200
            with pytest.raises(http.client.IncompleteRead):
                response.read()
    curl = shutil.which("curl")
    if curl is not None:
        command = [curl, "-sS", "-o", os.devnull, f"http://127.0.0.1:{site.port}{path}"]
        assert subprocess.run(command, capture_output=True, timeout=30).returncode == 18
    assert site.get(new(), "text/csv").status == 200


def test_a_worker_killed_on_the_way(served: Site) -> None:
    with closing(connected(served)) as connection:
        path = f"/sparql?query={quote(LONG)}"
        connection.request("GET", path, headers={"Accept": "text/csv"})
        with connection.getresponse() as response:
            assert response.read(100_000)
            for pid in workers(served.engine):
                os.kill(pid, signal.SIGKILL)
            with pytest.raises(http.client.IncompleteRead):
                response.read()
    assert served.get(new(), "text/csv").status == 200


@pytest.mark.parametrize("accept", ["text/csv", "text/html"])
def test_who_leaves_ends_his_query(served: Site, accept: str) -> None:
    engine = served.engine
    assert eventually(lambda: at_rest(engine))
    query = f"{ENDLESS} # {accept}"
    request = f"GET /sparql?query={quote(query)} HTTP/1.1\r\nHost: a\r\nAccept: {accept}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", served.port)) as connection:
        connection.sendall(request.encode())
        assert eventually(lambda: not at_rest(engine))
        time.sleep(0.3)
        before = set(workers(engine))
    # The worker is gone within a second, not only at rest.
    assert eventually(lambda: bool(before - set(workers(engine))), 1)
    assert eventually(lambda: at_rest(engine), 1)
    assert served.get(new(), "text/csv").status == 200
