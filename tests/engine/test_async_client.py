"""The engine behind an event loop."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable

import pytest

from publisher.release import Release
from server.engine import errors
from server.engine.async_client import AsyncEngine
from server.engine.process import EngineProcess
from server.engine.turns import Turns
from server.query import reading
from tests.engine.conftest import COUNT, CRASHING, ENDLESS, ROWS, TSV, at_rest, eventually, workers

LARGE = "SELECT * { ?s ?p ?o VALUES ?n { 1 2 3 4 5 6 7 } }"


async def text(
    engine: AsyncEngine, query: str, gone: Callable[[], Awaitable[object]] | None = None
) -> str:
    answer = await engine.query(reading.read(query), accept_form=TSV, gone=gone)
    try:
        if answer.whole is not None:
            return answer.whole.decode()
        return b"".join([piece async for piece in answer]).decode()
    finally:
        answer.close()


def run(
    process: EngineProcess, release: Release, action: Callable[[AsyncEngine], Awaitable[None]]
) -> None:
    """Run an action with a client of the engine, on a loop of its own."""

    async def main() -> None:
        engine = AsyncEngine(process.socket, release.limits, lanes=8)
        try:
            await action(engine)
        finally:
            engine.close()

    asyncio.run(main())


def test_answers(shared_process: EngineProcess, release: Release) -> None:
    async def action(engine: AsyncEngine) -> None:
        for _ in range(3):
            assert "2007" in await text(engine, COUNT)
            assert len((await text(engine, LARGE)).splitlines()) == 1 + 7 * 2007

    run(shared_process, release, action)


def test_many_at_once(shared_process: EngineProcess, release: Release) -> None:
    async def action(engine: AsyncEngine) -> None:
        answers = await asyncio.gather(*(text(engine, COUNT) for _ in range(100)))
        assert all("2007" in answer for answer in answers)

    run(shared_process, release, action)


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("SELECT * { ?s }", errors.QuerySyntaxError),
        (ENDLESS, errors.QueryTimeout),
        (CRASHING, errors.WorkerCrashed),
        (ROWS, errors.ResultTooLarge),
    ],
)
def test_errors(
    shared_process: EngineProcess, release: Release, query: str, error: type[errors.EngineError]
) -> None:
    async def action(engine: AsyncEngine) -> None:
        with pytest.raises(error):
            await text(engine, query)
        assert "2007" in await text(engine, COUNT)

    run(shared_process, release, action)


def test_a_long_query_lets_short_ones_pass(shared_process: EngineProcess, release: Release) -> None:
    async def action(engine: AsyncEngine) -> None:
        long = asyncio.gather(*(text(engine, ENDLESS) for _ in range(3)), return_exceptions=True)
        await asyncio.sleep(0.1)
        began = time.monotonic()
        for _ in range(10):
            assert "2007" in await text(engine, COUNT)
        assert time.monotonic() - began < 0.95
        assert all(isinstance(each, errors.QueryTimeout) for each in await long)

    run(shared_process, release, action)


def test_a_client_that_leaves_ends_its_query(
    start: Callable[..., EngineProcess], release: Release
) -> None:
    process = start()

    async def action(engine: AsyncEngine) -> None:
        began = time.monotonic()
        with pytest.raises(errors.ClientGone):
            await text(engine, ENDLESS, gone=lambda: asyncio.sleep(0.1))
        assert time.monotonic() - began < 0.9
        assert eventually(lambda: at_rest(process.pid), 0.8)
        with pytest.raises(errors.ClientGone):
            await text(engine, ROWS, gone=lambda: asyncio.sleep(0.0))

    run(process, release, action)


def test_a_task_that_is_cancelled_ends_its_query(
    start: Callable[..., EngineProcess], release: Release
) -> None:
    process = start()

    async def action(engine: AsyncEngine) -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(text(engine, ENDLESS), 0.1)
        assert eventually(lambda: at_rest(process.pid), 0.8)
        assert "2007" in await text(engine, COUNT)

    run(process, release, action)


def test_idle_workers_that_are_killed_cost_nothing(
    start: Callable[..., EngineProcess], release: Release
) -> None:
    process = start()

    async def action(engine: AsyncEngine) -> None:
        for _ in range(5):
            assert "2007" in await text(engine, COUNT)
            for pid in workers(process.pid):
                os.kill(pid, signal.SIGKILL)
            assert "2007" in await text(engine, COUNT)

    run(process, release, action)


def test_an_engine_that_is_not_there(release: Release) -> None:
    async def action() -> None:
        engine = AsyncEngine("/nonexistent/engine.sock", release.limits)
        with pytest.raises(errors.EngineGone):
            await text(engine, COUNT)

    asyncio.run(action())


def test_turns_are_bounded() -> None:
    async def action() -> None:
        turns = Turns(width=1, most=2, patience=0.05)
        first = await turns.take()
        with pytest.raises(errors.EngineBusy):
            await turns.take()
        first.grow_up()
        second = await turns.take()
        second.grow_up()
        with pytest.raises(errors.EngineBusy):
            await turns.take()
        second.give_back()
        second.give_back()
        third = await turns.take()
        waiting = asyncio.ensure_future(turns.take())
        await asyncio.sleep(0)
        first.give_back()
        third.grow_up()
        await waiting

    asyncio.run(action())


def test_a_turn_given_to_one_who_left_goes_on() -> None:
    async def action() -> None:
        turns = Turns(width=1, most=1, patience=1.0)
        first = await turns.take()
        waiting = asyncio.ensure_future(turns.take())
        await asyncio.sleep(0)
        first.give_back()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await asyncio.wait_for(turns.take(), 0.5)

    asyncio.run(action())


def test_a_client_that_leaves_as_its_answer_comes(
    shared_process: EngineProcess, release: Release
) -> None:
    """The connection is closed on his account; nobody else may be given it."""

    async def action(engine: AsyncEngine) -> None:
        assert "2007" in await text(engine, COUNT)
        lane = engine._idle.pop()
        lane.fail(errors.ClientGone("he left between the last packet and its being taken"))
        engine.keep(lane)
        assert "2007" in await text(engine, COUNT)

    run(shared_process, release, action)
