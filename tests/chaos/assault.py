"""The assault: clients that send the traffic, and a killer of processes, all at once."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from publisher.release import Release
from tests.chaos.traffic import UNLUCKY, Sent, canonical
from tests.conftest import REPOSITORY
from tests.server.conftest import Site, free_port, wait_until_healthy

#: Stands behind the outcome of a request that was told before to try again.
AGAIN: Final = " when tried again"
CLIENTS: Final = 8
#: A query worker is killed each time this many requests were sent, however fast that is.
_REQUESTS_PER_KILL: Final = 25
_TIMEOUT: Final = 60.0
#: How often a request is tried again that was told so, and how long after, in seconds.
_TRIES: Final = 40
_AGAIN: Final = 0.25
#: Requests that one connection carries before another is made.
_KEPT: Final = 10


@dataclass
class Server:
    """A server in processes of its own."""

    site: Site
    process: subprocess.Popen[bytes]
    log: Path

    def engine(self) -> int | None:
        """Return the pid of the engine's host, if it runs."""
        return next(iter(self._children(r"server\.engine")), None)

    def web(self) -> list[int]:
        """Return the pids of the web processes."""
        return self._children("spawn_main")

    def workers(self) -> list[int]:
        """Return the pids of the query workers."""
        engine = self.engine()
        return _children(engine) if engine else []

    def memory_mb(self) -> dict[str, float]:
        """Return what web processes and engine have in memory; what is shared counts once."""
        engine = self.engine()
        return {
            "web": _proportional_mb(self.web()),
            "engine": _proportional_mb([engine, *self.workers()] if engine else []),
        }

    def descriptors(self) -> dict[str, int]:
        """Return how many files web processes and engine have open."""
        engine = self.engine()
        return {
            "web": sum(_descriptors(pid) for pid in self.web()),
            "engine": _descriptors(engine) if engine else 0,
        }

    def _children(self, pattern: str) -> list[int]:
        found = []
        for child in _children(self.process.pid):
            with contextlib.suppress(OSError):
                command = Path(f"/proc/{child}/cmdline").read_bytes().replace(b"\0", b" ")
                if re.search(pattern, command.decode()):
                    found.append(child)
        return found


@contextmanager
def serving(release: Release, log: Path) -> Iterator[Server]:
    """Serve a release in two web processes."""
    site = Site(free_port(), release)
    command = [sys.executable, "-m", "server", "--release", str(release.path)]
    command += ["--port", str(site.port), "--workers", "2"]
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=REPOSITORY, stdout=output, stderr=output)
    try:
        wait_until_healthy(site, process, log)
        yield Server(site, process, log)
    finally:
        process.terminate()
        assert process.wait(30) == 0


@dataclass
class Outcomes:
    """What became of the requests, by kind; the wrong ones in full."""

    counts: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    seconds: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    wrong: list[str] = field(default_factory=list)
    kills: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, sent: Sent, outcome: str, seconds: float, *, again: bool = False) -> None:
        """Note what became of a request, and whether it may; `again`: it was tried before."""
        allowed = UNLUCKY | {"aborted"}
        if sent.hostile:
            # A connection may end with its web process; half a request cannot ask for more.
            allowed |= sent.problems | {"closed"}
        else:
            allowed |= {"right", "closed"}
        with self.lock:
            self.counts[sent.kind][f"{outcome}{AGAIN if again else ''}"] += 1
            self.seconds["hostile" if sent.hostile else outcome].append(seconds)
            if outcome not in allowed:
                self.wrong.append(f"{sent.kind}: {outcome}: {sent.method} {sent.path[:300]}")

    def total(self, *, hostile: bool) -> Counter[str]:
        """Return the outcomes of all good or all hostile requests."""
        found: Counter[str] = Counter()
        for kind, counts in self.counts.items():
            if (Sent(kind).hostile) == hostile:
                found += counts
        return found


def run(server: Server, requests: list[Sent], *, seed: object) -> Outcomes:
    """Send all requests from several clients while processes are killed."""
    outcomes = Outcomes()
    waiting = iter(requests)
    lock = threading.Lock()
    sent = 0

    def client() -> None:
        nonlocal sent
        connection = _Connection(server.site.port)
        while True:
            with lock:
                request = next(waiting, None)
                sent += 1
            if request is None:
                connection.close()
                return
            began = time.monotonic()
            outcome = connection.send(request)
            outcomes.add(request, outcome, time.monotonic() - began)
            for _ in range(_TRIES):
                if request.hostile or outcome not in UNLUCKY:
                    break
                time.sleep(_AGAIN)
                outcome = connection.send(request)
                outcomes.add(request, outcome, time.monotonic() - began, again=True)

    finished = threading.Event()

    def killer() -> None:
        draw = random.Random(seed)
        large = [("engine", 1 / 3), ("web process", 2 / 3)]
        due = 0
        while not finished.wait(0.01):
            if large and sent > large[0][1] * len(requests):
                what, _ = large.pop(0)
                pid = server.engine() if what == "engine" else draw.choice(server.web())
            elif sent >= due + _REQUESTS_PER_KILL:
                what, workers = "query worker", server.workers()
                pid = draw.choice(workers) if workers else None
            else:
                continue
            if pid is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                    outcomes.kills[what] += 1
                    due = sent

    threads = [threading.Thread(target=client) for _ in range(CLIENTS)]
    killing = threading.Thread(target=killer)
    for thread in [*threads, killing]:
        thread.start()
    for thread in threads:
        thread.join()
    finished.set()
    killing.join()
    return outcomes


class _Connection:
    """A client: keeps its connection for some requests, as browsers and libraries do."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._kept: http.client.HTTPConnection | None = None
        self._uses = 0

    def send(self, sent: Sent) -> str:
        """Send a request and return what became of it, in a word."""
        if sent.raw:
            return self._raw(sent)
        if self._kept is None or self._uses >= _KEPT or sent.leaves_after is not None:
            self.close()
            self._kept = http.client.HTTPConnection("127.0.0.1", self._port, timeout=_TIMEOUT)
            self._uses = 0
        self._uses += 1
        outcome = self._exchange(self._kept, sent)
        if outcome in ("aborted", "closed", "left"):
            self.close()
        return outcome

    def close(self) -> None:
        """Leave."""
        if self._kept is not None:
            self._kept.close()
            self._kept = None

    def _exchange(self, connection: http.client.HTTPConnection, sent: Sent) -> str:
        try:
            connection.request(sent.method, sent.path, sent.body or None, sent.headers)
            if sent.leaves_after == 0:
                time.sleep(0.05)
                return "left"
            response = connection.getresponse()
        except TimeoutError:
            return "no answer in time"
        except (OSError, http.client.HTTPException):
            return "closed"
        try:
            if sent.leaves_after is not None and response.status == 200:
                response.read(sent.leaves_after)
                return "left"
            body = response.read()
        except TimeoutError:
            return "no answer in time"
        except (OSError, http.client.HTTPException):
            return "aborted"
        if response.status == 200:
            form = sent.headers["Accept"]
            if sent.right is not None and canonical(form, body) == sent.right:
                return "right"
            return f"a wrong answer of {len(body)} bytes"
        return _problem(response, body)

    def _raw(self, sent: Sent) -> str:
        try:
            with socket.create_connection(("127.0.0.1", self._port), _TIMEOUT) as connection:
                connection.sendall(sent.raw)
                if sent.leaves_after is not None:
                    time.sleep(0.05)
                    return "left"
                connection.shutdown(socket.SHUT_WR)
                answer = connection.recv(65536)
        except TimeoutError:
            return "no answer in time"
        except OSError:
            return "closed"
        match = re.match(rb"HTTP/1\.[01] (\d{3})", answer)
        return f"status {match[1].decode()}" if match else "closed"


def _problem(response: http.client.HTTPResponse, body: bytes) -> str:
    """Return the kind of a problem document; one that may be tried again says when."""
    try:
        members = json.loads(body)
        kind = str(members["type"]).rpartition("/")[2]
        if members["status"] != response.status:
            return f"status {response.status} with a document about {members['status']}"
    except (ValueError, KeyError):
        return f"status {response.status} without a problem document"
    if kind in UNLUCKY and not (response.status == 503 and response.headers["Retry-After"]):
        return f"{kind} without Retry-After"
    return kind


def _children(pid: int) -> list[int]:
    found = []
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            with contextlib.suppress(OSError):
                found += [int(child) for child in (task / "children").read_text().split()]
    return found


def _proportional_mb(pids: list[int]) -> float:
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            text = Path(f"/proc/{pid}/smaps_rollup").read_text()
            match = re.search(r"^Pss:\s+(\d+) kB", text, re.MULTILINE)
            total += int(match[1]) if match else 0
    return total / 1024


def _descriptors(pid: int) -> int:
    with contextlib.suppress(OSError):
        return len(list(Path(f"/proc/{pid}/fd").iterdir()))
    return 0
