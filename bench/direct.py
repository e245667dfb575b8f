"""Oxigraph called in process, and beside it the same queries through the engine's pipe.

A process of its own, because the graph is large and the caller's interpreter is not to be measured.
It is told what to do by lines of JSON at its standard input and answers each with one.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

import pyoxigraph as ox

from bench.answers import Digest
from bench.mix import CSV, JSON, Question
from publisher.release import STORE, Release
from server.engine.client import Engine
from server.engine.process import EngineProcess

#: Both ways of asking take turns of this length, so that what else the machine does hits both.
_TURN_SECONDS: Final = 0.5

Ask = Callable[[str, str], bytes]


class Direct:
    """The parent's end: Oxigraph in a process of its own with one graph in memory."""

    def __init__(self, release: Path) -> None:
        """Load the dataset of a release."""
        self._process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "bench.direct", str(release)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.load_seconds: float = self._answer()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def digest(self, question: Question) -> Digest:
        """Return the right answer to a question, digested."""
        return Digest(*self._do("digest", question.query, question.form))

    def seconds(self, question: Question) -> float:
        """Return how long Oxigraph takes for a question, in seconds."""
        return float(self._do("seconds", question.query, question.form))

    def rate(self, questions: list[Question], seconds: float) -> float:
        """Return how many of the questions Oxigraph answers in a second, one after the other."""
        return float(self._do("rate", [[each.query, each.form] for each in questions], seconds))

    def against_pipe(
        self, questions: list[Question], seconds: float, engine: str
    ) -> dict[str, float]:
        """Return rates of one caller in process and through the pipe of an engine, by turns.

        And through the pipe with a caller for each processor, as web processes are.
        """
        pairs = [[each.query, each.form] for each in questions]
        direct, pipe, many = self._do("pipe", pairs, seconds, engine)
        return {"direct": direct, "pipe": pipe, "many": many}

    def stop(self) -> None:
        """End the process."""
        if self._process.stdin:
            self._process.stdin.close()
        self._process.wait()

    def _do(self, *order: object) -> Any:
        assert self._process.stdin
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> Any:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the process that holds the graph has ended")
        return json.loads(line)


class _Store:
    """The other end: carries out the orders."""

    def __init__(self, release: Path) -> None:
        self._release = Release.open(release, verify=False)
        self._store = ox.Store()
        self._store.bulk_load(path=self._release.dataset_path, format=ox.RdfFormat.N_QUADS)

    def ask(self, query: str, form: str) -> bytes:
        return _ask(self._store, query, form)

    def digest(self, query: str, form: str) -> tuple[int, str]:
        found = Digest.of(form, self.ask(query, form))
        return found.rows, found.hash

    def seconds(self, query: str, form: str) -> float:
        began = time.perf_counter()
        self.ask(query, form)
        return time.perf_counter() - began

    def rate(self, questions: list[tuple[str, str]], seconds: float) -> float:
        return _rate(self.ask, questions, seconds)

    def pipe(
        self, questions: list[tuple[str, str]], seconds: float, kind: str
    ) -> tuple[float, float, float]:
        process = EngineProcess(self._release.path, verify=False, engine=kind)
        try:
            process.wait_until_ready()
            engine = Engine(process.socket, self._release.limits)
            store = self._store
            if kind == "disk":
                store = ox.Store.read_only(str(self._release.path / STORE))

            def within(query: str, form: str) -> bytes:
                return _ask(store, query, form)

            through = _asking(engine)
            _rate(through, questions, _TURN_SECONDS)
            rates: tuple[list[float], list[float]] = ([], [])
            end = time.perf_counter() + 2 * seconds
            while time.perf_counter() < end:
                rates[0].append(_rate(within, questions, _TURN_SECONDS))
                rates[1].append(_rate(through, questions, _TURN_SECONDS))
            engine.close()
            many = _rate_of_all(process.socket, self._release, questions, seconds)
        finally:
            process.stop()
        return statistics.median(rates[0]), statistics.median(rates[1]), many


def _ask(store: ox.Store, query: str, form: str) -> bytes:
    results = store.query(query, use_default_graph_as_union=True)
    if isinstance(results, ox.QueryTriples):
        data = results.serialize(format=ox.RdfFormat.from_media_type(form))
    else:
        assert not isinstance(results, ox.QueryBoolean)
        formats = {JSON: ox.QueryResultsFormat.JSON, CSV: ox.QueryResultsFormat.CSV}
        data = results.serialize(format=formats[form])
    assert data is not None
    return data


def _asking(engine: Engine) -> Ask:
    def ask(query: str, form: str) -> bytes:
        with engine.query(query, accept_form=form) as answer:
            return b"".join(answer)

    return ask


def _rate_of_all(
    socket: Path, release: Release, questions: list[tuple[str, str]], seconds: float
) -> float:
    """Return the rate through the pipe of as many processes as there are processors."""
    context = multiprocessing.get_context("fork")
    count = os.cpu_count() or 1
    start = context.Barrier(count)
    rates: multiprocessing.SimpleQueue[float] = context.SimpleQueue()

    def call(number: int) -> None:
        at = number * len(questions) // count
        ask = _asking(Engine(socket, release.limits))
        _rate(ask, questions[at:], _TURN_SECONDS)
        start.wait()
        rates.put(_rate(ask, questions[at:] + questions[:at], seconds))

    callers = [context.Process(target=call, args=(number,)) for number in range(count)]
    for caller in callers:
        caller.start()
    total = sum(rates.get() for _ in callers)
    for caller in callers:
        caller.join()
    return total


def _rate(ask: Ask, questions: Iterable[tuple[str, str]], seconds: float) -> float:
    asked = list(questions)
    began = now = time.perf_counter()
    number = 0
    while now < began + seconds:
        for query, form in asked[number % len(asked) :][:50]:
            ask(query, form)
            number += 1
        now = time.perf_counter()
    return number / (now - began)


def main() -> None:
    """Load the release that is named, then do as told."""
    began = time.perf_counter()
    store = _Store(Path(sys.argv[1]))
    print(json.dumps(time.perf_counter() - began), flush=True)
    for line in sys.stdin:
        order, *arguments = json.loads(line)
        print(json.dumps(getattr(store, order)(*arguments)), flush=True)


if __name__ == "__main__":
    main()
