"""Cores: independent tasks side by side, each in one of as many processes as there are cores."""

from __future__ import annotations

import ctypes
import gc
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection, wait
from typing import Any, Final, TypeVar

Result = TypeVar("Result")
#: Is told how much of its work a task has done since it was told last.
Advance = Callable[[float], None]
Task = Callable[[Advance], Result]

_WORK, _RESULT, _FAULT = range(3)
_PR_SET_PDEATHSIG: Final = 1


class LostProcess(Exception):
    """A process was ended from outside, or ran out of memory, before its task was done."""


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1


def side_by_side(
    tasks: Sequence[Task[Result]], advance: Advance, processes: int | None = None
) -> list[Result]:
    """Carry tasks out in processes, each taking the next task when it has done one.

    Results come in the order of the tasks, and have to be picklable; `advance` is called here with
    all that tasks tell. Memory: what a task allocates, for as many tasks as there are processes
    (one a core, unless said otherwise). Where this process has threads, or can use one core only,
    the tasks are done here one after another, since a fork takes no threads along.

    Raises what a task raises, with the others ended, and LostProcess.
    """
    number = min(len(tasks), cores() if processes is None else processes)
    if number < 2 or not _may_fork():
        return [task(advance) for task in tasks]
    gang = _Gang(tasks, number)
    try:
        return gang.results(advance)
    finally:
        gang.end()


def apart(task: Callable[[], Result]) -> Result:
    """Carry a task out in a process of its own, so that all memory it takes is given back.

    The rest is as in `side_by_side`.
    """
    if not _may_fork():
        return task()
    gang = _Gang([lambda _: task()], 1)
    try:
        (result,) = gang.results(lambda _: None)
    finally:
        gang.end()
    return result  # type: ignore[no-any-return]


def _may_fork() -> bool:
    return threading.active_count() == 1 and hasattr(os, "fork")


class _Gang:
    def __init__(self, tasks: Sequence[Task[Any]], number: int) -> None:
        forking: Final = multiprocessing.get_context("fork")
        self._number = len(tasks)
        taken = forking.Value("i", 0)
        self._members: dict[Connection, Any] = {}
        # What is there already is not looked at again, so that its memory stays shared.
        gc.freeze()
        try:
            for _ in range(number):
                ours, theirs = forking.Pipe(duplex=False)
                member = forking.Process(
                    target=_work, args=(tasks, taken, theirs, os.getpid()), daemon=True
                )
                member.start()
                theirs.close()
                self._members[ours] = member
        finally:
            gc.unfreeze()

    def results(self, advance: Advance) -> list[Any]:
        found: dict[int, Any] = {}
        open_ = list(self._members)
        while open_:
            for connection in wait(open_):
                assert isinstance(connection, Connection)
                try:
                    kind, task, value = connection.recv()
                except EOFError:
                    open_.remove(connection)
                    self._check(connection)
                    continue
                if kind == _FAULT:
                    raise value
                if kind == _RESULT:
                    found[task] = value
                else:
                    advance(value)
        return [found[task] for task in range(self._number)]

    def _check(self, connection: Connection) -> None:
        member = self._members[connection]
        member.join()
        if member.exitcode != 0:
            raise LostProcess(
                f"a process of the build ended with {_named(member.exitcode)}; was there enough "
                "memory? Nothing was released: run it again"
            )

    def end(self) -> None:
        for connection, member in self._members.items():
            member.terminate()
            member.join()
            connection.close()


def _named(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"code {code}"


def _work(tasks: Sequence[Task[Any]], taken: Any, told: Connection, parent: int) -> None:
    """Do tasks until none is left, or the process that wants them is gone."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent hears it, too, and ends this process
    _end_with_parent(parent)
    at = 0

    def advance(work: float) -> None:
        if os.getppid() != parent:
            os._exit(1)
        told.send((_WORK, at, work))

    while True:
        with taken.get_lock():
            at = taken.value
            taken.value += 1
        if at >= len(tasks):
            return
        try:
            result = tasks[at](advance)
        except Exception as error:
            told.send((_FAULT, at, error))
            return
        told.send((_RESULT, at, result))


def _end_with_parent(parent: int) -> None:
    """Have Linux end this process with its parent; elsewhere it ends when it next tells of work."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
