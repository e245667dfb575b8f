"""What a worker may not do, and what its death does to others."""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from publisher.release import MANIFEST, Release, write_checksums
from server.engine import errors, packets
from server.engine.client import Engine, receive
from server.engine.packets import Request
from server.engine.process import EngineProcess
from tests.engine.conftest import (
    COUNT,
    ENDLESS,
    TSV,
    at_rest,
    eventually,
    running,
    runtime,
    text,
    workers,
)

Connect = Callable[[EngineProcess], Engine]
Start = Callable[..., EngineProcess]


def worker_at_work(process: EngineProcess, engine: Engine) -> int:
    """Return the pid of the worker that answers the client's queries: none waits for its first."""
    text(engine, COUNT)
    # A worker that has just been forked still prepares itself.
    assert eventually(lambda: at_rest(process.pid))
    before = {pid: runtime(pid) for pid in workers(process.pid)}
    for _ in range(5):
        text(engine, COUNT)
    return max(before, key=lambda pid: runtime(pid) - before[pid])


def limit(pid: int, name: str) -> str:
    text = Path(f"/proc/{pid}/limits").read_text()
    found = re.search(rf"^{name} +(\S+)", text, re.MULTILINE)
    assert found is not None
    return found[1]


def _allowing(release: Release, services: tuple[str, ...], folder: Path) -> Path:
    """Copy a release and let its queries call some endpoints."""
    copy = Path(shutil.copytree(release.path, folder / "release"))
    manifest = json.loads((copy / MANIFEST).read_text())
    (copy / MANIFEST).write_text(json.dumps({**manifest, "services": services}))
    write_checksums(copy)
    return copy


def ask(process: EngineProcess, request: Request) -> bytes:
    """Put a request to a worker without any of the checks of the web side."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as lane:
        lane.settimeout(10)
        lane.connect(str(process.socket))
        for packet in packets.encode_request(request):
            lane.send(packet)
        return receive(lane)


def test_a_worker_can_open_nothing(shared_process: EngineProcess, engine: Engine) -> None:
    pid = worker_at_work(shared_process, engine)
    assert limit(pid, "Max open files") == "0"
    assert limit(pid, "Max file size") == "0"
    assert limit(pid, "Max core file size") == "0"
    assert limit(pid, "Max data size") != "unlimited"
    assert Path(f"/proc/{pid}/oom_score_adj").read_text() == "500\n"
    assert "\nNoNewPrivs:\t1\n" in Path(f"/proc/{pid}/status").read_text()
    links = Path(f"/proc/{pid}/fd").iterdir()
    kept = [str(link.readlink()) for link in links if int(link.name) > 2]
    assert sorted(name.split(":")[0] for name in kept) == ["socket"]


@pytest.mark.parametrize("free", [0, 3])
def test_a_confined_process_opens_as_many_files_as_it_was_left(free: int) -> None:
    program = (
        "import os; from server.engine import confinement\n"
        "gap = os.dup(0); os.dup(0); os.close(gap)\n"
        f"confinement.confine(64, {free})\n"
        f"for _ in range({free}): os.open('/', os.O_RDONLY)\n"
        "try: os.open('/', os.O_RDONLY)\n"
        "except OSError as error: print(error.strerror)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("Too many open files\n", "")


@pytest.mark.parametrize(("later", "free"), [(0, "0"), (5, "5")])
def test_a_confined_process_is_opened_up_by_itself_alone(later: int, free: str) -> None:
    program = (
        "import os; from server.engine import confinement\n"
        f"confinement.confine(64, later={later})\n"
        "def opened():\n"
        "    count = 0\n"
        "    try:\n"
        "        while os.open('/', os.O_RDONLY): count += 1\n"
        "    except OSError: return count\n"
        "print(opened()); confinement.open_up(); print(opened())"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == (f"0\n{free}\n", "")


@pytest.mark.parametrize("services", [(), ("https://other.example/sparql",)])
def test_service_does_not_leave_the_machine_even_unread(
    release: Release, start: Start, tmp_path: Path, services: tuple[str, ...]
) -> None:
    """Nor where some targets are allowed: only a query that was read may open a connection."""
    shared_process = start(directory=_allowing(release, services, tmp_path))
    with socket.socket() as trap:
        trap.bind(("127.0.0.1", 0))
        trap.listen()
        trap.settimeout(0.3)
        target = f"http://127.0.0.1:{trap.getsockname()[1]}/"
        query = f"SELECT * {{ SERVICE <{target}> {{ ?s ?p ?o }} }}"
        packet = ask(shared_process, Request(query, "select", TSV, 1.0))
        assert packet[0] == packets.FAILURE
        with pytest.raises(TimeoutError):
            trap.accept()


def test_the_deadline_of_a_request_is_not_trusted(shared_process: EngineProcess) -> None:
    began = time.monotonic()
    packet = ask(shared_process, Request(ENDLESS, "select", TSV, 3600.0))
    assert packet[0] == packets.OBITUARY
    assert time.monotonic() - began < 3


@pytest.mark.parametrize("message", [b"", b"x", b"Q", b"Q\0", b"Q\0garbage", b"+\0" + b"y" * 1000])
def test_nonsense_ends_only_the_one_who_sends_it(
    shared_process: EngineProcess, engine: Engine, message: bytes
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as lane:
        lane.connect(str(shared_process.socket))
        lane.send(message)
    assert "2007" in text(engine, COUNT)


def test_connections_that_ask_nothing(shared_process: EngineProcess, engine: Engine) -> None:
    lanes = []
    for _ in range(60):
        lane = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        lane.connect(str(shared_process.socket))
        lanes.append(lane)
    try:
        assert "2007" in text(engine, COUNT)
    finally:
        for lane in lanes:
            lane.close()
    assert "2007" in text(engine, COUNT)


def test_workers_told_to_end_while_they_begin(start: Start, connect: Connect) -> None:
    process = start()
    host = process.pid
    ends = time.monotonic() + 1.5
    while time.monotonic() < ends:
        for pid in workers(host):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
    assert process.pid == host
    assert running(host)
    assert "2007" in text(connect(process), COUNT)


def test_only_its_owner_reaches_the_socket(shared_process: EngineProcess) -> None:
    assert shared_process.socket.stat().st_mode & 0o077 == 0
    assert shared_process.socket.parent.stat().st_mode & 0o077 == 0


def test_the_host_has_no_threads(shared_process: EngineProcess) -> None:
    assert len(list(Path(f"/proc/{shared_process.pid}/task").iterdir())) == 1


def test_workers_share_the_graph(shared_process: EngineProcess, engine: Engine) -> None:
    pid = worker_at_work(shared_process, engine)
    summary = Path(f"/proc/{pid}/smaps_rollup").read_text()
    private = sum(int(found) for found in re.findall(r"Private_\w+: +(\d+) kB", summary))
    assert private < 16_000


def test_a_killed_worker_is_told_to_its_client_only(start: Start, connect: Connect) -> None:
    process = start()
    engine, other = connect(process), connect(process)
    caught: list[BaseException] = []

    def run() -> None:
        try:
            text(engine, ENDLESS)
        except errors.EngineError as error:
            caught.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    time.sleep(0.2)
    os.kill(max(workers(process.pid), key=runtime), signal.SIGKILL)
    assert "2007" in text(other, COUNT)
    thread.join()
    (error,) = caught
    assert isinstance(error, errors.WorkerCrashed)
    assert error.signal == signal.SIGKILL


def test_an_idle_worker_that_is_killed_costs_nothing(start: Start, connect: Connect) -> None:
    process = start()
    engine = connect(process)
    for _ in range(5):
        assert "2007" in text(engine, COUNT)
        for pid in workers(process.pid):
            os.kill(pid, signal.SIGKILL)
        assert "2007" in text(engine, COUNT)


def test_workers_killed_at_random_give_no_wrong_answer(start: Start, connect: Connect) -> None:
    process = start()
    engine = connect(process)
    query = "SELECT ?s ?p ?o ?n { ?s ?p ?o VALUES ?n { 1 2 3 } }"
    right = {each: sorted(text(engine, each).splitlines()) for each in (COUNT, query)}
    ends = time.monotonic() + 3
    results: list[object] = []

    def run() -> None:
        while time.monotonic() < ends:
            asked = random.choice([COUNT, query])
            try:
                results.append(sorted(text(engine, asked).splitlines()) == right[asked])
            except errors.EngineError as error:
                results.append(type(error))

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    while time.monotonic() < ends:
        for pid in random.sample(workers(process.pid), 1):
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)
    for thread in threads:
        thread.join()
    assert set(results) <= {True, errors.WorkerCrashed}
    assert results.count(True) > 20
    assert "2007" in text(engine, COUNT)


def test_the_engine_is_started_again(start: Start, connect: Connect) -> None:
    process = start()
    engine = connect(process)
    assert "2007" in text(engine, COUNT)
    first, its_workers = process.pid, workers(process.pid)
    os.kill(first, signal.SIGKILL)
    assert eventually(lambda: not running(first))
    with pytest.raises(errors.EngineGone):
        text(engine, COUNT)
    assert eventually(lambda: not any(running(pid) for pid in [first, *its_workers]))

    def answers() -> bool:
        try:
            return "2007" in text(engine, COUNT)
        except errors.EngineGone:
            return False

    assert eventually(answers, 20)
    assert process.pid != first


@pytest.mark.parametrize("look", [1.0, 0.02], ids=["", "loads longer than between two looks"])
def test_an_engine_that_cannot_be_reached_is_started_again(
    start: Start, connect: Connect, look: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.engine.process._LOOK", look)
    process = start()
    shutil.rmtree(process.socket.parent)

    def answers() -> bool:
        try:
            return "2007" in text(connect(process), COUNT)
        except errors.EngineGone:
            return False

    assert eventually(answers, 20)


def test_stopping_leaves_nothing_behind(start: Start, connect: Connect) -> None:
    process = start()
    text(connect(process), COUNT)
    everyone = [process.pid, *workers(process.pid)]
    process.stop()
    assert not process.socket.parent.exists()
    assert eventually(lambda: not any(running(pid) for pid in everyone))


@pytest.mark.parametrize("moment", [0.0, 0.39, 0.41])
def test_stopped_while_it_is_started_again(
    release: Release, connect: Connect, moment: float
) -> None:
    process = EngineProcess(release.path)
    process.wait_until_ready(30)
    os.kill(process.pid, signal.SIGKILL)
    time.sleep(moment)
    process.stop()
    time.sleep(0.5)
    assert not process.socket.parent.exists()
    ours = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()
    commands = [Path(f"/proc/{pid}/cmdline").read_bytes() for pid in ours]
    assert not any(str(process.socket).encode() in command for command in commands)


def test_the_host_outlives_a_lack_of_descriptors(start: Start, connect: Connect) -> None:
    process = start()
    engine = connect(process)
    text(engine, COUNT)
    soft, hard = resource.prlimit(process.pid, resource.RLIMIT_NOFILE)
    # What it has open, and no more: neither a connection nor a worker can be added.
    enough = len(list(Path(f"/proc/{process.pid}/fd").iterdir()))
    resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (enough, hard))
    for pid in workers(process.pid):
        os.kill(pid, signal.SIGKILL)
    late = connect(process)
    waiting = threading.Thread(target=text, args=(late, "ASK {}"), daemon=True)
    others = [socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) for _ in range(20)]
    for other in others:
        other.connect(str(process.socket))
    waiting.start()
    time.sleep(0.5)
    assert running(process.pid)
    resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (soft, hard))
    for other in others:
        other.close()
    assert eventually(lambda: text(engine, COUNT).split()[-1] == "2007")
    waiting.join(10)
    assert not waiting.is_alive()
