"""Equal queries at the same time: one evaluation for all who wait."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import urlencode

import pytest

from publisher.release import Release
from server.engine.async_client import AsyncAnswer
from server.engine.errors import ClientGone
from server.engine.process import EngineProcess
from server.http.problems import Problem
from server.sparql import protocol
from server.sparql.evaluation import Evaluation
from server.sparql.heads import Source
from server.sparql.protocol import Message
from tests.engine.conftest import CRASHING, ENDLESS, at_rest, eventually
from tests.large import LABEL

#: A million solutions to count, which takes a good while but not all the time there is.
SLOW = f"SELECT (COUNT(*) AS ?n) {{ ?a <{LABEL}> ?c . ?d ?e ?f }}"
COUNTED = str(507 * 2007)
PIECES = "SELECT * { ?s ?p ?o VALUES ?n { 1 2 3 4 5 6 7 } }"

Action = Callable[[Evaluation], Awaitable[None]]


class Client:
    """Somebody who asks a query and may hang up."""

    def __init__(self, evaluation: Evaluation, query: str, limits: Any) -> None:
        message = Message("GET", urlencode({"query": query}).encode(), "", "text/csv", b"")
        parameters = protocol.parameters_of(message)
        operation = protocol.read_operation(message, parameters, limits)
        self._gone = asyncio.Event()
        self.answer = asyncio.ensure_future(
            evaluation.answer(message.key(), operation, self._receive)
        )

    def hang_up(self) -> None:
        """Go away."""
        self._gone.set()

    async def _receive(self) -> MutableMapping[str, Any]:
        await self._gone.wait()
        return {"type": "http.disconnect"}


@pytest.fixture
def run(shared_process: EngineProcess, release: Release) -> Callable[[Action], None]:
    """Run an action with an evaluation, on a loop of its own."""

    def run(action: Action) -> None:
        async def main() -> None:
            evaluation = Evaluation(release, shared_process.socket, 1)
            try:
                await action(evaluation)
            finally:
                evaluation.close()

        asyncio.run(main())

    return run


Run = Callable[[Action], None]


def test_it_is_evaluated_once(run: Run, release: Release) -> None:
    async def action(evaluation: Evaluation) -> None:
        clients = [Client(evaluation, SLOW, release.limits) for _ in range(5)]
        answers = await asyncio.gather(*(client.answer for client in clients))
        sources = [source for _, source in answers]
        assert sources == [Source.EVALUATED, *[Source.SHARED] * 4]
        assert all(isinstance(body, bytes) and COUNTED in body.decode() for body, _ in answers)
        assert len({body for body, _ in answers}) == 1

    run(action)


def test_the_next_one_is_evaluated_again(run: Run, release: Release) -> None:
    async def action(evaluation: Evaluation) -> None:
        for _ in range(2):
            _, source = await Client(evaluation, "ASK {}", release.limits).answer
            assert source is Source.EVALUATED

    run(action)


def test_the_first_one_hangs_up_and_the_others_get_their_answer(run: Run, release: Release) -> None:
    async def action(evaluation: Evaluation) -> None:
        first, second, third = (Client(evaluation, SLOW, release.limits) for _ in range(3))
        first.hang_up()
        await asyncio.sleep(0.03)
        second.hang_up()
        with pytest.raises(ClientGone):
            await second.answer
        body, source = await third.answer
        assert source is Source.SHARED
        assert isinstance(body, bytes)
        assert COUNTED in body.decode()
        await first.answer

    run(action)


def test_when_all_hang_up_the_query_is_ended(
    run: Run, release: Release, shared_process: EngineProcess
) -> None:
    async def action(evaluation: Evaluation) -> None:
        clients = [Client(evaluation, ENDLESS, release.limits) for _ in range(3)]
        assert await asyncio.to_thread(eventually, lambda: not at_rest(shared_process.pid), 0.9)
        began = time.monotonic()
        for client in clients:
            client.hang_up()
        for client in clients:
            with pytest.raises(ClientGone):
                await client.answer
        assert time.monotonic() - began < 0.9
        assert await asyncio.to_thread(eventually, lambda: at_rest(shared_process.pid), 0.9)

    run(action)


def test_who_comes_after_the_first_has_left_is_served(run: Run, release: Release) -> None:
    async def action(evaluation: Evaluation) -> None:
        first = Client(evaluation, ENDLESS, release.limits)
        await asyncio.sleep(0.05)
        first.hang_up()
        with pytest.raises(ClientGone):
            await first.answer
        with pytest.raises(Problem) as caught:
            await Client(evaluation, ENDLESS, release.limits).answer
        assert caught.value.type == "deadline-exceeded"

    run(action)


@pytest.mark.parametrize(
    ("query", "kind"), [(ENDLESS, "deadline-exceeded"), (CRASHING, "worker-crashed")]
)
def test_all_get_the_error_of_the_first(run: Run, release: Release, query: str, kind: str) -> None:
    async def action(evaluation: Evaluation) -> None:
        clients = [Client(evaluation, query, release.limits) for _ in range(6)]
        began = time.monotonic()
        answers = await asyncio.gather(
            *(client.answer for client in clients), return_exceptions=True
        )
        # With four places and one second each, six evaluations would take two seconds.
        assert time.monotonic() - began < 1.8
        for answer in answers:
            assert isinstance(answer, Problem)
            assert answer.type == kind

    run(action)


def test_an_answer_in_pieces_is_evaluated_for_each(run: Run, release: Release) -> None:
    async def action(evaluation: Evaluation) -> None:
        clients = [Client(evaluation, PIECES, release.limits) for _ in range(3)]
        for client in clients:
            answer, source = await client.answer
            assert source is Source.EVALUATED
            assert isinstance(answer, AsyncAnswer)
            whole = b"".join([piece async for piece in answer])
            assert len(whole.splitlines()) == 1 + 7 * 2007

    run(action)


def test_what_changes_each_time_is_not_shared(run: Run, release: Release) -> None:
    async def action(evaluation: Evaluation) -> None:
        query = "SELECT (STRUUID() AS ?u) {}"
        clients = [Client(evaluation, query, release.limits) for _ in range(3)]
        answers = await asyncio.gather(*(client.answer for client in clients))
        assert {source for _, source in answers} == {Source.PASSING}
        assert len({body for body, _ in answers}) == 3

    run(action)
