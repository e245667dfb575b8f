"""Under fire: no good request gets a wrong answer, nor one that is cut without notice."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

import pytest

from publisher.release import Release
from tests import large
from tests.chaos import assault, report
from tests.chaos.assault import Outcomes, Server
from tests.chaos.traffic import HOSTILE, Traffic
from tests.conftest import REPOSITORY
from tests.engine.conftest import eventually
from tests.server.conftest import Site

REPORT = REPOSITORY / "build" / "chaos-report.md"
#: How much larger processes may be afterwards: caches that had not been full.
GROWTH_MB = 60
MORE_DESCRIPTORS = 30


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """2,007 triples; a query may take 1 s, 128 MB of memory and 8 MB of answer."""
    return large.build(
        tmp_path_factory.mktemp("chaos"),
        deadline_seconds=1.0,
        query_memory_mb=128,
        result_mb=8,
        query_kb=256,
        concurrent_queries=4,
        queue_seconds=2.0,
        concurrent_queries_per_client=0,
        requests_per_minute_per_client=0,
    )


def fire(release: Release, log: Path, number: int) -> tuple[Outcomes, report.Facts]:
    """Send `number` requests to a server that is killed at meanwhile."""
    requests = list(Traffic(release, seed=number).requests(number))
    with assault.serving(release, log) as server:
        for sent in Traffic(release, seed="warm").requests(50):
            if not sent.hostile:
                assert server.site.request(
                    sent.method, sent.path, sent.headers, sent.body
                ).status in (200, 503)
        before = (server.memory_mb(), server.descriptors())
        began = time.monotonic()
        outcomes = assault.run(server, requests, seed=number)
        seconds = time.monotonic() - began
        assert eventually(lambda: calm(server), 20), "the server does not come to rest"
        after = (server.memory_mb(), server.descriptors())
    text = log.read_text(encoding="utf-8")
    return outcomes, report.Facts(number, seconds, before, after, text)


def check(outcomes: Outcomes, facts: report.Facts) -> None:
    """Check the outcomes, and that the server was afterwards as it had been before."""
    assert not outcomes.wrong, Counter(outcomes.wrong).most_common(20)
    good = outcomes.total(hostile=False)
    answered = good["right"] + good[f"right{assault.AGAIN}"]
    assert answered > 0.95 * 0.9 * facts.requests, good
    assert good["aborted"] + good["closed"] <= sum(outcomes.kills.values()), good
    # No answer at all: only from the web process that was killed, and to what is no HTTP.
    counts = outcomes.counts.items()
    unanswered = sum(count["closed"] for kind, count in counts if kind != "broken HTTP")
    assert unanswered <= 2 * assault.CLIENTS, outcomes.counts
    assert set(outcomes.counts) >= set(HOSTILE)
    assert outcomes.kills["engine"] == outcomes.kills["web process"] == 1
    assert outcomes.kills["query worker"] > 10
    for name in ("web", "engine"):
        grown = [facts.after[index][name] - facts.before[index][name] for index in (0, 1)]
        assert grown[0] < GROWTH_MB, facts
        assert grown[1] < MORE_DESCRIPTORS, facts
    assert "Traceback" not in facts.log, facts.log


def calm(server: Server) -> bool:
    """Whether all processes are there and a query is answered."""
    return server.engine() is not None and len(server.web()) == 2 and healthy(server.site)


def healthy(site: Site) -> bool:
    try:
        return site.get("/health").status == 200
    except OSError:
        return False


def test_600_requests(release: Release, tmp_path: Path) -> None:
    check(*fire(release, tmp_path / "server.log", 600))


@pytest.mark.nightly
@pytest.mark.timeout(1800)
def test_10_000_requests(release: Release, tmp_path: Path) -> None:
    outcomes, facts = fire(release, tmp_path / "server.log", 10_000)
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(report.markdown(outcomes, facts), encoding="utf-8")
    check(outcomes, facts)
