"""Who may query next, and whose answer gives way."""

from __future__ import annotations

import asyncio

import pytest

from server.engine.errors import EngineBusy
from server.engine.streams import READ, Streams
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


class Reader:
    """A stream whose reader may stop."""

    def __init__(self, streams: Streams) -> None:
        self.unread_since = READ
        self.ended = False
        self._streams = streams
        streams.begin(self)

    def give_way(self) -> None:
        """End."""
        self.ended = True
        self._streams.leave(self)


def test_who_stopped_reading_longest_ago_gives_way() -> None:
    async def crowd() -> None:
        streams = Streams(3, 5.0)
        now = asyncio.get_running_loop().time()
        assert all(streams.enter_at_once() for _ in range(3))
        assert not streams.enter_at_once()
        readers = [Reader(streams) for _ in range(3)]
        readers[0].unread_since = now - 2
        readers[1].unread_since = now - 3
        await asyncio.wait_for(streams.enter(), 0.5)
        assert [reader.ended for reader in readers] == [False, True, False]
        # Not all are needed; and who reads is never one of them.
        await asyncio.wait_for(streams.enter(), 0.5)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(streams.enter(), 0.3)
        assert [reader.ended for reader in readers] == [True, True, False]
        # As soon as he stops, he is.
        readers[2].unread_since = asyncio.get_running_loop().time()
        await asyncio.wait_for(streams.enter(), 1.5)
        assert readers[2].ended
        streams.close()

    asyncio.run(crowd())


def test_who_finds_no_place_in_time_is_told_so() -> None:
    async def crowd() -> None:
        streams = Streams(1, 0.05)
        assert streams.enter_at_once()
        for _ in range(2):
            with pytest.raises(EngineBusy):
                await streams.enter()
        streams.leave()
        assert streams.enter_at_once()
        streams.close()

    asyncio.run(crowd())
