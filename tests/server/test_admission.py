"""Who the client is, and what is counted of it, over several processes."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from ipaddress import ip_network

import pytest

from publisher.limits import Limits
from server.limits import quotas
from server.limits.admission import Admission
from server.limits.clients import FORWARDED, Proxies, network
from server.limits.quotas import Quotas
from tests.conftest import REPOSITORY

LIMITS = Limits(
    concurrent_queries_per_client=2, requests_per_minute_per_client=600, queue_seconds=0.3
)


@pytest.mark.parametrize(
    ("peer", "fields", "client"),
    [
        ("192.0.2.7", [], "192.0.2.7/32"),
        ("2001:db8:1:2:3:4:5:6", [], "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", [], "192.0.2.7/32"),
        # Nobody is believed who is not trusted.
        ("192.0.2.7", ["198.51.100.1"], "192.0.2.7/32"),
        # The proxy writes at the end; what stands before it came from the client.
        ("127.0.0.1", ["198.51.100.1"], "198.51.100.1/32"),
        ("127.0.0.1", ["203.0.113.9, 198.51.100.1"], "198.51.100.1/32"),
        ("127.0.0.1", ["203.0.113.9", "198.51.100.1"], "198.51.100.1/32"),
        ("::1", ["203.0.113.9, 198.51.100.1 , 127.0.0.1,::1"], "198.51.100.1/32"),
        ("127.0.0.1", ["[2001:db8::1]:4711"], "2001:db8::/64"),
        ("127.0.0.1", ["198.51.100.1:4711"], "198.51.100.1/32"),
        ("127.0.0.1", ["::ffff:198.51.100.1"], "198.51.100.1/32"),
        # What is no address hides what is left of it.
        ("127.0.0.1", ["198.51.100.1, unknown"], "127.0.0.1/32"),
        ("127.0.0.1", ["198.51.100.1, "], "127.0.0.1/32"),
        ("127.0.0.1", [], "127.0.0.1/32"),
        ("127.0.0.1", ["127.0.0.1," * 5000], "127.0.0.1/32"),
        ("", ["198.51.100.1"], "198.51.100.1/32"),
    ],
)
def test_the_client(peer: str, fields: list[str], client: str) -> None:
    assert str(Proxies().client(peer, fields)) == client


@pytest.mark.parametrize(
    ("fields", "client"),
    [
        (["for=198.51.100.1"], "198.51.100.1/32"),
        (['for=203.0.113.9, for="198.51.100.1:80";proto=https;by=127.0.0.1'], "198.51.100.1/32"),
        (['proto=http; For="[2001:db8:cafe::17]:4711"'], "2001:db8:cafe::/64"),
        (["for=198.51.100.1, for=_hidden"], "127.0.0.1/32"),
        (["for=198.51.100.1, proto=http"], "127.0.0.1/32"),
        (['for="198.51.100.1'], "127.0.0.1/32"),
    ],
)
def test_the_client_by_forwarded(fields: list[str], client: str) -> None:
    assert str(Proxies(header=FORWARDED).client("127.0.0.1", fields)) == client


def test_trust_is_configured() -> None:
    proxies = Proxies((network("192.0.2.0/24"), network("2001:db8::1")))
    assert str(proxies.client("127.0.0.1", ["198.51.100.1"])) == "127.0.0.1/32"
    assert str(proxies.client("192.0.2.3", ["198.51.100.1, 192.0.2.4"])) == "198.51.100.1/32"
    assert proxies.client("", []) is None
    with pytest.raises(ValueError, match="not appear"):
        network("proxy.example.org")


@pytest.fixture
def file() -> Iterator[int]:
    file = quotas.make(2)
    yield file
    os.close(file)


def opened(file: int, limits: Limits = LIMITS) -> Quotas:
    """Open the counts as another process would."""
    return Quotas(limits, quotas.path_of(file), 2)


def test_requests_are_counted_over_processes(file: int) -> None:
    one, other = opened(file), opened(file)
    client = one.key(b"somebody")
    assert client == other.key(b"somebody")
    allowed = [(one, other)[number % 2].count(client) for number in range(600)]
    assert not any(allowed)
    seconds = one.count(client)
    assert 0 < seconds <= 0.1
    assert other.count(one.key(b"somebody else")) == 0
    time.sleep(seconds + 0.001)
    assert other.count(client) == 0
    assert one.count(client) > 0


def test_as_many_clients_as_you_like(file: int) -> None:
    counts = opened(file, Limits(requests_per_minute_per_client=1))
    size = os.fstat(file).st_size
    clients = [counts.key(b"%d" % number) for number in range(60_000)]
    assert not any(map(counts.count, clients))
    assert os.fstat(file).st_size == size
    # Who came last is still known.
    assert sum(counts.count(client) > 0 for client in clients[-1000:]) > 990


def test_places_are_counted_over_processes(file: int) -> None:
    one, other = opened(file), opened(file)
    client = one.key(b"somebody")
    first, second = one.enter(client), other.enter(client)
    assert first is not None
    assert second is not None
    assert one.enter(client) is None
    assert other.enter(client) is None
    assert one.enter(one.key(b"somebody else")) is not None
    other.leave(second)
    assert one.enter(client) is not None
    assert other.enter(client) is None


def test_a_dead_process_gives_its_places_back(file: int) -> None:
    program = (
        "import sys, time; from pathlib import Path; from publisher.limits import Limits\n"
        "from server.limits.quotas import Quotas\n"
        "counts = Quotas(Limits(concurrent_queries_per_client=2), Path(sys.argv[1]), 2)\n"
        "key = counts.key(b'somebody'); counts.enter(key); counts.enter(key)\n"
        "print(counts.enter(key), flush=True); time.sleep(60)"
    )
    mine = opened(file)
    client = mine.key(b"somebody")
    command = [sys.executable, "-c", program, str(quotas.path_of(file))]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"None\n"
        assert mine.enter(client) is None
        process.kill()
        process.wait()
    assert mine.enter(client) is not None
    # Its section is free as well.
    assert [opened(file) for _ in range(3)]
    with pytest.raises(OSError, match="taken"):
        opened(file)


def test_limits_that_are_off(file: int) -> None:
    off = Limits(concurrent_queries_per_client=0, requests_per_minute_per_client=0)
    counts = opened(file, off)
    client = counts.key(b"somebody")
    assert not any(counts.count(client) for _ in range(10_000))
    assert all(counts.enter(client) is not None for _ in range(quotas.SECTION))
    with pytest.raises(IndexError):
        counts.enter(client)


def test_further_queries_wait_in_line(file: int) -> None:
    async def ask() -> None:
        admission, elsewhere = Admission(LIMITS, opened(file)), opened(file)
        client = admission.client("192.0.2.7")
        held = [await admission.enter(client), elsewhere.enter(client)]
        order: list[int] = []

        async def wait(number: int) -> int:
            place = await admission.enter(client)
            order.append(number)
            return place

        waiting = [asyncio.create_task(wait(number)) for number in range(2)]
        await asyncio.sleep(0.05)
        assert not order
        # Others do not stand behind them.
        other = admission.client("192.0.2.8")
        admission.leave(other, await asyncio.wait_for(admission.enter(other), 0.01))
        assert held[0] is not None
        admission.leave(client, held[0])
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert order == [0]
        # A place that came free in another process is found as well.
        assert held[1] is not None
        elsewhere.leave(held[1])
        await asyncio.wait_for(asyncio.gather(*waiting), 1)
        assert order == [0, 1]

    asyncio.run(ask())


def test_who_gives_up_leaves_the_line(file: int) -> None:
    async def ask() -> None:
        admission = Admission(LIMITS, opened(file))
        client = admission.client("192.0.2.7")
        held = [await admission.enter(client) for _ in range(2)]
        began = time.monotonic()
        with pytest.raises(Exception, match="429"):
            await admission.enter(client)
        assert 0.2 < time.monotonic() - began < 2
        gone = asyncio.create_task(admission.enter(client))
        await asyncio.sleep(0.05)
        gone.cancel()
        with pytest.raises(asyncio.CancelledError):
            await gone
        for place in held:
            admission.leave(client, place)
        # None of them kept a place.
        again = [await asyncio.wait_for(admission.enter(client), 0.1) for _ in range(2)]
        assert len(again) == 2

    asyncio.run(ask())


def test_threads_wait_as_well(file: int) -> None:
    admission = Admission(LIMITS, opened(file))
    client = admission.client("192.0.2.7")
    with admission.held(client):
        threading.Timer(0.1, admission.leave, (client, admission.enter_at_once(client))).start()
        began = time.monotonic()
        with admission.held(client):
            assert 0.05 < time.monotonic() - began < 1
            with pytest.raises(Exception, match="429"), admission.held(client):
                pass


def test_counting_takes_microseconds(file: int) -> None:
    limits = Limits(requests_per_minute_per_client=10**9)
    admission = Admission(limits, opened(file, limits))

    def once() -> None:
        client = admission.client("192.0.2.7", ["198.51.100.1"])
        admission.count(client)
        admission.leave(client, admission.enter_at_once(client))

    best = 1.0
    for _ in range(20):
        began = time.perf_counter()
        for _ in range(1000):
            once()
        best = min(best, (time.perf_counter() - began) / 1000)
    print(f"{best * 1e6:.1f} microseconds")
    assert best < 20e-6


def test_networks_are_read() -> None:
    assert network(" 10.0.0.0/8 ") == ip_network("10.0.0.0/8")
