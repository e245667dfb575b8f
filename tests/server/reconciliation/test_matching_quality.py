"""How well names are matched: 300 noisy variants and 100 strangers, sent as OpenRefine sends them.

The seed here is none of those that the matching was made with. Run as a program, this file prints
the table of docs/decisions/0010 for a release and some seeds.
"""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from publisher.release import Release
from server.search.index import Index
from server.search.matcher import Matcher
from tests.server.conftest import Site
from tests.server.reconciliation.conftest import ask
from tests.server.reconciliation.noise import Noise, Noisy

SEED = 20261122
VARIANTS, STRANGERS = 300, 100
BATCH = 100
#: What the issue asks for, as shares of one.
RIGHT, WRONG_MATCHES = 0.95, 0.02

Answer = Callable[[Sequence[Noisy]], list[tuple[str | None, bool]]]


@dataclass
class Quality:
    """What came of the queries: all, right at rank 1, matched, and matched wrongly, by kind."""

    asked: Counter[str] = field(default_factory=Counter)
    right: Counter[str] = field(default_factory=Counter)
    matched: Counter[str] = field(default_factory=Counter)
    wrongly: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    misses: list[str] = field(default_factory=list)


def measure(release: Release, seed: int, answer: Answer) -> Quality:
    """Ask for noisy names in batches; `answer` gives the thing at rank 1 and its `match`."""
    noise = Noise(release.dataset_path, release.iris.things, release.publication.language, seed)
    queries = noise.variants(VARIANTS) + noise.strangers(STRANGERS)
    quality = Quality()
    for at in range(0, len(queries), BATCH):
        batch = queries[at : at + BATCH]
        start = time.perf_counter()
        answers = answer(batch)
        quality.seconds.append(time.perf_counter() - start)
        for query, (thing, match) in zip(batch, answers, strict=True):
            quality.asked[query.kind] += 1
            right = query.thing is not None and thing == query.thing
            quality.right[query.kind] += right
            quality.matched[query.kind] += match
            quality.wrongly[query.kind] += match and not right
            if (match or query.thing) and not right:
                quality.misses.append(f"{query.kind}: {query.text!r} is {query.thing}, not {thing}")
    return quality


def of_server(site: Site) -> Answer:
    """Ask a server."""

    def answer(batch: Sequence[Noisy]) -> list[tuple[str | None, bool]]:
        queries = {
            f"q{number}": {"query": query.text, "limit": 5}
            | ({"type": query.type} if query.type else {})
            for number, query in enumerate(batch)
        }
        results = ask(site, queries)
        return [_first(results[name]["result"], site.release.iris.things) for name in queries]

    return answer


def _first(result: list[dict[str, Any]], things: str) -> tuple[str | None, bool]:
    return (things + result[0]["id"], result[0]["match"]) if result else (None, False)


def test_quality(legacy: Site) -> None:
    quality = measure(legacy.release, SEED, of_server(legacy))
    known = sum(quality.asked.values()) - quality.asked["not in the graph"]
    assert (known, quality.asked["not in the graph"]) == (VARIANTS, STRANGERS)
    assert len(quality.asked) == 7, "noise of six kinds, and strangers"
    assert sum(quality.right.values()) >= RIGHT * known, quality.misses
    assert sum(quality.wrongly.values()) <= WRONG_MATCHES * sum(quality.matched.values())
    # A service that is never sure is of no use.
    assert sum(quality.matched.values()) >= 0.7 * known


def test_a_batch_takes_less_than_a_second(legacy: Site) -> None:
    """Of processor time, which other programs do not lengthen; the time to send it is little."""
    release = legacy.release
    noise = Noise(release.dataset_path, release.iris.things, release.publication.language, SEED)
    batch = noise.variants(BATCH)
    answer = _of_matcher(release)
    answer(batch[:10])
    start = time.process_time()
    answer(batch)
    assert time.process_time() - start < 1.0


STRANGE = ("Universität Helsinki", "xyzzy", "?", "...", "'\"; DROP", "a" * 499)


@pytest.mark.parametrize("name", STRANGE)
def test_what_is_not_there_is_never_matched(legacy: Site, name: str) -> None:
    assert not any(each["match"] for each in ask(legacy, {"q": {"query": name}})["q"]["result"])


def _of_matcher(release: Release) -> Answer:
    """Ask the matcher itself."""
    matcher = Matcher(Index.of(release), release.iris)

    def answer(batch: Sequence[Noisy]) -> list[tuple[str | None, bool]]:
        found = [matcher.candidates(each.text, [each.type] if each.type else []) for each in batch]
        return [(each[0].iri, each[0].sure) if each else (None, False) for each in found]

    return answer


def _table(release: Release, seeds: Sequence[int]) -> str:
    answer = _of_matcher(release)
    total = Quality()
    slowest = 0.0
    for seed in seeds:
        quality = measure(release, seed, answer)
        for name in ("asked", "right", "matched", "wrongly"):
            getattr(total, name).update(getattr(quality, name))
        total.misses += quality.misses
        slowest = max(slowest, *quality.seconds)
    lines = ["| noise | queries | right at rank 1 | `match: true` | of them wrong |"]
    lines.append("|---|---|---|---|---|")
    for kind, asked in total.asked.items():
        right = f"{100 * total.right[kind] / asked:.1f} %"
        cells = (kind, asked, right, total.matched[kind], total.wrongly[kind])
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join([*lines, f"slowest batch: {slowest:.2f} s", *total.misses])


if __name__ == "__main__":
    os.environ.setdefault("PYTHONHASHSEED", "0")
    print(_table(Release.open(Path(sys.argv[1]), verify=False), [int(s) for s in sys.argv[2:]]))
