"""The benchmark: graphs that are the same each time, answers that are compared rightly, one run."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pyoxigraph as ox
import pytest

from bench import builds, curve, graphs, sections, shacl, shape
from bench.answers import Digest
from bench.graphs import Plan
from bench.mix import CSV, HEAVY, JSON, SHORT, TURTLE, Mix
from tests.conftest import REPOSITORY

XSD = "http://www.w3.org/2001/XMLSchema#"


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    path = tmp_path_factory.mktemp("bench") / "graph.nq"
    return path, graphs.write(5000, path)


def test_a_graph_is_the_same_each_time(graph: tuple[Path, int], tmp_path: Path) -> None:
    path, count = graph
    assert graphs.write(5000, tmp_path / "again.nq") == count
    assert (tmp_path / "again.nq").read_bytes() == path.read_bytes()


def test_a_graph_has_the_shape_it_was_made_in(graph: tuple[Path, int]) -> None:
    path, count = graph
    assert 4500 < count < 5500
    store = ox.Store()
    store.bulk_load(path=path, format=ox.RdfFormat.N_QUADS)
    # Canonical literals, no triple twice: the store has as many as the file.
    assert len(store) == count
    assert {str(quad) + " .\n" for quad in store} == set(path.read_text().splitlines(True))
    collections = {collection.name for collection in shape.load()}
    assert {name.value.rpartition("/")[2] for name in store.named_graphs()} == collections
    labels = list(store.quads_for_pattern(None, ox.NamedNode(graphs.LABEL), None))
    assert {"en", "de"} <= {quad.object.language for quad in labels}


def test_each_query_of_the_mix_is_another_and_finds_something(graph: tuple[Path, int]) -> None:
    path, _ = graph
    store = ox.Store()
    store.bulk_load(path=path, format=ox.RdfFormat.N_QUADS)
    mix = Mix(Plan.of(5000))
    for name in SHORT:
        questions = mix.short(name, 300)
        assert len({question.query for question in questions}) == 300
        found = [
            bool(list(store.query(question.query, use_default_graph_as_union=True)))  # type: ignore[arg-type]
            for question in questions
        ]
        assert any(found), name
    for name in HEAVY:
        queries = {mix.heavy(name, salt).query for salt in range(5)}
        assert len(queries) == 5
        results = [
            len(list(store.query(query, use_default_graph_as_union=True)))  # type: ignore[arg-type]
            for query in queries
        ]
        assert name == "search" or len(set(results)) == 1 < results[0]


def json_answer(variable: str, *rows: dict[str, str]) -> bytes:
    bindings = [{variable: row} for row in rows]
    return json.dumps({"head": {"vars": [variable]}, "results": {"bindings": bindings}}).encode()


def test_answers_that_say_the_same_are_equal() -> None:
    one = json_answer(
        "n",
        {"type": "literal", "value": "7", "datatype": f"{XSD}integer"},
        {"type": "literal", "value": "Turm", "xml:lang": "de"},
        {"type": "literal", "value": "a", "datatype": f"{XSD}string"},
    )
    other = json_answer(
        "other",
        {"type": "literal", "value": "a"},
        {"type": "typed-literal", "value": "7.0", "datatype": f"{XSD}decimal"},
        {"type": "literal", "value": "Turm", "xml:lang": "DE"},
    )
    assert Digest.of(JSON, one) == Digest.of(JSON, other)
    assert Digest.of(CSV, b"a,b\n1,x\n2,y\n") == Digest.of(CSV, b'"p","q"\r\n"2","y"\r\n1,x\r\n')
    assert Digest.of(TURTLE, b"<x:a> <x:b> 1, 'c' .") == Digest.of(
        TURTLE, b"<x:a> <x:b> 'c' . <x:a> <x:b> 1 ."
    )


@pytest.mark.parametrize(
    ("form", "one", "other"),
    [
        (CSV, b"a\n1\n2\n", b"a\n1\n"),
        (CSV, b"a\n1\n2\n", b"a\n1\n3\n"),
        (CSV, b"a,b\n1,2\n", b"a,b\n2,1\n"),
        (TURTLE, b"<x:a> <x:b> 'c'@en .", b"<x:a> <x:b> 'c' ."),
        (JSON, json_answer("a", {"type": "uri", "value": "x"}), json_answer("a")),
        (
            JSON,
            json_answer("a", {"type": "uri", "value": "x"}),
            json_answer("a", {"type": "literal", "value": "x"}),
        ),
    ],
)
def test_answers_that_differ_are_not(form: str, one: bytes, other: bytes) -> None:
    assert Digest.of(form, one) != Digest.of(form, other)


def run(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bench", "--folder", str(folder / "work")]
    command += ["--report", str(folder / "report.md"), *options]
    return subprocess.run(
        command, cwd=REPOSITORY, capture_output=True, text=True, timeout=600, check=False
    )


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    result = run(tmp_path, "--peers", "rdflib-endpoint", "--peer-python", str(tmp_path / "none"))
    assert result.returncode == 2
    wanted = "requirements-bench.lock" if shutil.which("wrk") else "apt-get install wrk"
    assert wanted in result.stderr
    assert not (tmp_path / "report.md").exists()


@pytest.mark.nightly
@pytest.mark.skipif(shutil.which("wrk") is None, reason="wrk is not installed (Debian: wrk)")
def test_a_run(tmp_path: Path) -> None:
    peers = ("server-memory", "server-disk")
    result = run(tmp_path, "--triples", "5000", "--seconds", "1", "--peers", *peers)
    assert result.returncode == 0, result.stdout + result.stderr
    results = json.loads((tmp_path / "work" / "results.json").read_text())
    (size,) = results["sizes"]
    for name in peers:
        figures = size["peers"][name]
        assert figures["wrong"] == {}
        assert figures["lookup"]["rate"] > 50
        assert figures["lookup"]["failed"] == 0
        assert figures["disk_bytes"] > 0 or name == "server-memory"
    report = (tmp_path / "report.md").read_text()
    assert "| subject look-up" in report
    assert str(tmp_path) not in report


def test_a_build_is_measured_and_drawn(tmp_path: Path) -> None:
    found = builds.measure(2000, tmp_path / "build")
    assert 1500 < found["triples"] < 2500
    assert found["memory_mb"] > 20
    assert {"read", "canonicalise", "validate", "dump and index"} <= found["steps"].keys()
    assert found["step_memory_mb"].keys() <= found["steps"].keys()
    assert not (tmp_path / "build").exists()
    larger = {**found, "triples": found["triples"] * 100, "processor_seconds": 400.0}
    picture = ElementTree.fromstring(curve.svg([found, larger]))
    points = picture.findall(".//{http://www.w3.org/2000/svg}circle")
    assert len(points) == 4


@pytest.mark.parametrize("heading", ["Builds", "Validation"])
def test_a_section_is_renewed_and_the_rest_is_kept(heading: str) -> None:
    page = f"# Results\n\n## {heading}\n\nold\n\n## More\n\nkept\n"
    renewed = sections.renewed(page, heading)
    assert renewed.startswith(f"# Results\n\n## {heading}\n\n")
    assert renewed.endswith("\n\n## More\n\nkept\n")
    assert "old" not in renewed
    assert sections.renewed(renewed, heading) == renewed
    assert f"## {heading}" in sections.renewed("# Results\n", heading)


def test_validation_is_measured_on_data_that_conform_and_that_do_not(tmp_path: Path) -> None:
    found = shacl.measure(2000, 1, tmp_path)
    assert found["conforming"]["results"] == 0
    # A thing of each of the five collections, at least.
    assert found["broken"]["results"] >= 5
    assert found["broken"]["queries_seconds"] > 0
