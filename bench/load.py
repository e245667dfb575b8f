"""Load on a server: many clients by wrk, one client by hand, memory and time taken meanwhile."""

from __future__ import annotations

import contextlib
import http.client
import json
import statistics
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench import machine
from bench.mix import CSV, ENDLESS, Question
from bench.peers import Peer, ask, path_of

CLIENTS: Final = 8
#: The first requests of a server are slow, and not what is measured.
_WARM_SECONDS: Final = 2
_TIMEOUT_SECONDS: Final = 30

#: Each thread of wrk takes other requests of the list. Made beforehand: wrk's own work is small.
_SCRIPT: Final = """
local number = 0
function setup(thread) thread:set("number", number); number = number + 1 end
local requests, at = {}, 0
function init(arguments)
  local headers = { ["Accept"] = arguments[2] }
  for path in io.lines(arguments[1]) do
    requests[#requests + 1] = wrk.format("GET", path, headers)
  end
  at = math.floor(#requests * number / tonumber(arguments[3]))
end
function request()
  at = at % #requests + 1
  return requests[at]
end
function done(summary, latency, _)
  local errors = summary.errors
  io.write(string.format(
    '\\n{"requests":%d,"microseconds":%d,"p50":%d,"p99":%d,"failed":%d}\\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
"""


@dataclass(frozen=True)
class Rate:
    """What wrk measured: requests a second, milliseconds, requests that failed."""

    rate: float
    p50: float
    p99: float
    failed: int
    requests: int


@dataclass(frozen=True)
class Transfer:
    """A long answer on its way: bytes, seconds, and memory of the processes that carried it."""

    bytes: int
    seconds: float
    first_byte_seconds: float
    grown_mb: float


def rate(
    peer: Peer, questions: list[Question], seconds: float, folder: Path, clients: int = CLIENTS
) -> Rate:
    """Put questions to a peer from several clients at once, each as fast as it is answered."""
    script, paths = folder / "requests.lua", folder / "paths.txt"
    script.write_text(_SCRIPT)
    paths.write_text("".join(f"{path_of(peer.path, question)}\n" for question in questions))
    threads = min(2, clients)
    command = ["wrk", f"-t{threads}", f"-c{clients}", "--timeout", f"{_TIMEOUT_SECONDS}s"]
    target = ["-s", str(script), f"http://127.0.0.1:{peer.port}/", "--"]
    target += [str(paths), questions[0].form, str(threads)]
    _wrk([*command, f"-d{_WARM_SECONDS}s", *target])
    found = _wrk([*command, f"-d{max(1, round(seconds))}s", *target])
    return Rate(
        rate=found["requests"] / found["microseconds"] * 1e6,
        p50=found["p50"] / 1000,
        p99=found["p99"] / 1000,
        failed=round(found["failed"]),
        requests=round(found["requests"]),
    )


def _wrk(command: list[str]) -> dict[str, float]:
    result = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    found: dict[str, float] = json.loads(result.stdout.splitlines()[-1])
    return found


def seconds(peer: Peer, question: Question, times: int = 1) -> float:
    """Return how long a peer takes for a question, in the middle of several times."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        status, _, _ = ask(peer, question)
        taken.append(time.perf_counter() - began)
        if status != 200:
            raise RuntimeError(f"{peer.name} answered {status}")
    return statistics.median(taken)


def not_modified(peer: Peer, question: Question, etag: str, times: int) -> float:
    """Return how long it takes to be told that an answer is the same, in seconds."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        status, _, _ = ask(peer, question, headers={"If-None-Match": etag})
        taken.append(time.perf_counter() - began)
        if status != 304:
            raise RuntimeError(f"{peer.name} answered {status} to a validator that matches")
    return statistics.median(taken)


def transfer(peer: Peer, question: Question) -> Transfer:
    """Read a long answer and watch the memory of the processes that carry it."""
    before = machine.proportional_mb(peer.processes)
    most = before
    finished = threading.Event()

    def watch() -> None:
        nonlocal most
        while not finished.wait(0.05):
            most = max(most, machine.proportional_mb(peer.processes))

    watcher = threading.Thread(target=watch)
    watcher.start()
    size, first = 0, 0.0
    began = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", peer.port, timeout=600)
    try:
        with contextlib.closing(connection):
            connection.request("GET", path_of(peer.path, question), headers={"Accept": CSV})
            response = connection.getresponse()
            while block := response.read(1 << 20):
                first = first or time.perf_counter() - began
                size += len(block)
        taken = time.perf_counter() - began
    finally:
        finished.set()
        watcher.join()
    return Transfer(size, taken, first, most - before)


@contextmanager
def cross_products(peer: Peer, number: int) -> Iterator[None]:
    """Have endless queries running on a peer; they are given up at the end."""
    connections = []
    for index in range(number):
        connection = http.client.HTTPConnection("127.0.0.1", peer.port, timeout=600)
        question = Question(ENDLESS.replace("?n", f"?n{index}"), "text/csv")
        connection.request("GET", path_of(peer.path, question), headers={"Accept": question.form})
        connections.append(connection)
    time.sleep(1)
    try:
        yield
    finally:
        for connection in connections:
            connection.close()
