"""Graphs on disk: sorted runs, canonical labels, and dumps written as streams."""

from __future__ import annotations

import random
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from publisher.blocks import trig_stream, turtle_stream
from publisher.graphs import Graphs, canonical, canonical_lines, n_quads, triples_in
from publisher.iri import IriSpace
from publisher.prefixes import WELL_KNOWN, Prefixes
from publisher.progress import Progress
from publisher.runs import distinct
from publisher.terms import BareTriple, bare_triples
from publisher.turtle import trig, turtle
from tests.publisher.test_turtle import TRIPLES

PREFIXES = Prefixes(WELL_KNOWN | {"ex": "http://example.org/", "d": "http://example.org/d/"})
NAMES = ("http://example.org/graph/1", "http://example.org/graph/2")
DATASETS = st.lists(TRIPLES, min_size=1, max_size=2)
#: The folder is used again by each example, in which nothing stays.
SAME_FOLDER = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])


def quads(dataset: list[list[BareTriple]]) -> list[ox.Quad]:
    return [
        ox.Quad(*triple, ox.NamedNode(name))
        for name, triples in zip(NAMES, dataset, strict=False)
        for triple in triples
    ]


def on_disk(statements: list[ox.Quad], folder: Path) -> Graphs:
    for left in folder.iterdir():
        left.unlink()
    iris = IriSpace("http://example.org/")
    return Graphs.of(iris, statements, [], folder, Progress(quiet=True))


@pytest.mark.parametrize("memory", [200, 3_000, 1 << 20])
def test_runs_are_merged_in_order_and_without_doubles(tmp_path: Path, memory: int) -> None:
    draw = random.Random(7)
    lines = [f"<x:{draw.randrange(300)}> é {draw.randrange(9)}\n".encode() for _ in range(2_000)]
    assert list(distinct(lines, tmp_path, memory)) == sorted(set(lines))
    assert not list(tmp_path.iterdir())


def test_nothing_is_nothing(tmp_path: Path) -> None:
    assert list(distinct([], tmp_path)) == []


@SAME_FOLDER
@given(DATASETS)
def test_lines_are_those_of_the_canonical_dataset(
    tmp_path: Path, dataset: list[list[BareTriple]]
) -> None:
    whole = ox.Dataset(quads(dataset))
    whole.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    assert b"".join(canonical_lines(quads(dataset), tmp_path)) == n_quads(whole)


@SAME_FOLDER
@given(DATASETS)
def test_graphs_on_disk_hold_what_was_read(tmp_path: Path, dataset: list[list[BareTriple]]) -> None:
    graphs = on_disk(quads(dataset), tmp_path)
    expected = canonical(quads(dataset))
    assert list(graphs.quads()) == expected
    assert graphs.size == len(expected)
    merge = sorted({quad.triple for quad in expected}, key=str)
    assert list(graphs.triples()) == merge
    assert graphs.merged.triples == len(merge)
    for name, graph in graphs.named.items():
        triples = [quad.triple for quad in expected if quad.graph_name == ox.NamedNode(name)]
        assert list(triples_in(graph)) == triples
        assert graph.triples == len(triples)


@SAME_FOLDER
@given(DATASETS)
def test_streamed_turtle_and_trig_have_the_bytes_of_those_made_in_memory(
    tmp_path: Path, dataset: list[list[BareTriple]]
) -> None:
    graphs = on_disk(quads(dataset), tmp_path)
    merge = turtle(bare_triples(graphs.triples()), PREFIXES)
    assert b"".join(turtle_stream(graphs.merged, PREFIXES, tmp_path)).decode() == merge
    named = {name: bare_triples(triples_in(graph)) for name, graph in graphs.named.items()}
    streamed = b"".join(trig_stream(graphs.named, PREFIXES, tmp_path)).decode()
    assert streamed == trig(named, PREFIXES)
    for name, graph in graphs.named.items():
        streamed = b"".join(turtle_stream(graph, PREFIXES, tmp_path)).decode()
        assert streamed == turtle(named[name], PREFIXES)


def test_a_shorter_name_stands_before_the_longer_ones(tmp_path: Path) -> None:
    """As lines they sort the other way round: a digit comes before the closing bracket."""
    p, q = ox.NamedNode("http://example.org/p"), ox.NamedNode("http://example.org/graph/1")
    names = [f"http://example.org/a{end}" for end in ("", "1", "10", "/b", "#c", "é")]
    graphs = on_disk([ox.Quad(ox.NamedNode(name), p, p, q) for name in names], tmp_path)
    assert b"".join(turtle_stream(graphs.merged, PREFIXES, tmp_path)).decode() == turtle(
        bare_triples(graphs.triples()), PREFIXES
    )
