"""Tasks side by side in processes: results in order, faults told, nothing left running."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

from publisher import cores
from publisher.cores import LostProcess, apart, side_by_side
from publisher.findings import Finding, Place, SourceFault
from tests.conftest import REPOSITORY

Test = TypeVar("Test", bound=Callable[..., None])


@pytest.fixture
def forking(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away the threads of the test runner, which wait and hold no lock."""
    monkeypatch.setattr(threading, "active_count", lambda: 1)


def forked(test: Test) -> Test:
    """Mark a test whose tasks have processes of their own, also among threads."""
    test = pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")(test)
    return pytest.mark.usefixtures("forking")(test)


@forked
def test_results_come_in_the_order_of_the_tasks_from_other_processes() -> None:
    told: list[float] = []

    def task(number: int) -> cores.Task[tuple[int, int]]:
        def run(advance: cores.Advance) -> tuple[int, int]:
            time.sleep(0.05 / (number + 1))
            advance(number)
            return number, os.getpid()

        return run

    found = side_by_side([task(number) for number in range(6)], told.append, 2)
    assert [number for number, _ in found] == list(range(6))
    assert sorted(told) == [0, 1, 2, 3, 4, 5]
    processes = {process for _, process in found}
    assert len(processes) == 2
    assert os.getpid() not in processes


@forked
def test_what_a_task_raises_is_raised_and_the_others_are_ended(tmp_path: Path) -> None:
    mark = tmp_path / "done"

    def fault(advance: cores.Advance) -> None:
        raise SyntaxError("a broken dump")

    def long(advance: cores.Advance) -> None:
        time.sleep(60)
        mark.touch()

    began = time.monotonic()
    with pytest.raises(SyntaxError, match="a broken dump"):
        side_by_side([long, fault], lambda _: None, 2)
    assert time.monotonic() - began < 30
    assert not mark.exists()


@forked
def test_a_process_that_is_killed_is_told_of() -> None:
    def killed(advance: cores.Advance) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    with pytest.raises(LostProcess, match="SIGKILL"):
        side_by_side([killed, lambda _: time.sleep(60)], lambda _: None, 2)


@forked
def test_a_task_apart_gives_its_result_or_what_it_raises() -> None:
    def fault() -> None:
        raise SourceFault([Finding(Place(Path("a.ttl"), 7), "rule", "fault", "mend")])

    here, there = os.getpid(), apart(os.getpid)
    assert there != here
    with pytest.raises(SourceFault) as told:
        apart(fault)
    assert [finding.place.line for finding in told.value.findings] == [7]


def test_where_there_are_threads_nothing_is_forked() -> None:
    wait = threading.Event()
    thread = threading.Thread(target=wait.wait)
    thread.start()
    try:
        found = side_by_side([lambda _: os.getpid()] * 3, lambda _: None, 2)
    finally:
        wait.set()
        thread.join()
    assert found == [os.getpid()] * 3


def test_no_process_outlives_the_one_that_wanted_it(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        textwrap.dedent("""
        import os, sys, time
        from publisher.cores import side_by_side

        def task(advance):
            print(os.getpid(), flush=True)
            while True:
                time.sleep(0.05)
                advance(1)

        side_by_side([task, task], lambda _: None, 2)
        """)
    )
    with subprocess.Popen(
        [sys.executable, str(program)], stdout=subprocess.PIPE, text=True, cwd=REPOSITORY
    ) as process:
        assert process.stdout is not None
        children = [int(process.stdout.readline()) for _ in range(2)]
        process.kill()
    deadline = time.monotonic() + 20
    while any(Path(f"/proc/{child}").exists() for child in children):
        assert time.monotonic() < deadline
        time.sleep(0.05)
