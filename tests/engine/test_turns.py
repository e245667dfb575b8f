"""Who may query next."""

from __future__ import annotations

import asyncio

import pytest

from server.engine.errors import EngineBusy
from server.engine.turns import Turns


def test_who_gave_up_waiting_leaves_the_line() -> None:
    async def wait_in_vain() -> None:
        turns = Turns(1, 1, 0.01)
        turn = await turns.take()
        for _ in range(3):
            with pytest.raises(EngineBusy):
                await turns.take()
        assert not turns._waiting
        turn.give_back()
        (await turns.take()).give_back()

    asyncio.run(wait_in_vain())
