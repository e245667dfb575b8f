"""The real graph with random faults, validated both ways: the same reports."""

from __future__ import annotations

import random
from pathlib import Path

import pyoxigraph as ox
import pytest
import rdflib

from publisher.formats import N_TRIPLES
from publisher.release import Release
from publisher.shacl.rdflib_terms import in_rdflib
from tests.conftest import REPOSITORY
from tests.shacl.conftest import both_reports

_LITERALS = (
    *(ox.Literal(""), ox.Literal("x", language="xx"), ox.Literal("no year")),
    ox.Literal("2024-02-30", datatype=ox.NamedNode("http://www.w3.org/2001/XMLSchema#date")),
)


def shapes() -> rdflib.Graph:
    return in_rdflib(
        quad
        for path in sorted((REPOSITORY / "shapes").glob("*.ttl"))
        for quad in ox.parse(path=path)
    )


def mutated(path: Path, number: int, seed: int) -> ox.Store:
    """Return the graph with so many statements taken away, doubled or changed."""
    chance = random.Random(seed)
    with path.open("rb") as file:
        quads = list(ox.parse(file, N_TRIPLES.oxigraph))
    store = ox.Store()
    store.bulk_extend(quads)
    subjects = [quad.subject for quad in quads]
    for quad in chance.sample(quads, number):
        kind = chance.randrange(4)
        if kind != 1:
            store.remove(quad)
        if kind > 0:
            other = chance.choice((chance.choice(subjects), *_LITERALS))
            if kind == 3:
                other, predicate = quad.object, chance.choice(quads).predicate
            else:
                predicate = quad.predicate
            store.add(ox.Quad(quad.subject, predicate, other))
    return store


def _compared(release: Release, number: int, seed: int) -> None:
    outcome = both_reports(mutated(release.merged_path, number, seed), shapes())
    assert outcome is not None
    assert not outcome.conforms
    assert outcome.left == {}


def test_forty_faults_are_reported_alike(ai4media_release: Release) -> None:
    _compared(ai4media_release, 40, 0)


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(1, 14))
def test_five_hundred_faults_are_reported_alike(ai4media_release: Release, seed: int) -> None:
    _compared(ai4media_release, 40, seed)
