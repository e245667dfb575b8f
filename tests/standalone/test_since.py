"""`python -m publisher validate --since RELEASE`: what an edit can reach, and nothing missed."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pyoxigraph as ox
import pytest
import rdflib
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rdflib.namespace import SH

from publisher.formats import N_TRIPLES
from publisher.release import Release
from publisher.shacl.rdflib_terms import to_engine
from publisher.shacl.reach import Reach
from publisher.shacl.revalidator import revalidate, with_targets
from publisher.shacl.validator import UnusableShapes, validate
from tests.conftest import REPOSITORY
from tests.shacl.conftest import hashed
from tests.shacl.test_differential import PREFIXES, data, shapes
from tests.shacl.test_mutations import mutated
from tests.shacl.test_mutations import shapes as real_shapes


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for name in ("data", "ontology", "shapes", "queries"):
        shutil.copytree(REPOSITORY / name, tmp_path / name)
    shutil.copy(REPOSITORY / "publication.toml", tmp_path)
    return tmp_path


def _run(folder: Path, release: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "publisher", "validate", "--quiet", *arguments]
    command += ["--publication", str(folder), "--since", str(release)]
    return subprocess.run(
        command, cwd=REPOSITORY, capture_output=True, text=True, timeout=120, check=False
    )


def test_without_an_edit_nothing_is_reached(copy: Path, ai4media_release: Release) -> None:
    found = _run(copy, ai4media_release.path)
    assert found.returncode == 0, found.stderr
    assert found.stdout.startswith("0 statements changed")


def test_an_edit_is_judged_as_by_a_full_run(copy: Path, ai4media_release: Release) -> None:
    path = copy / "data" / "organisation.ttl"
    thing = next(
        line.split()[0]
        for line in path.read_text().splitlines()
        if line.startswith("organisation:")
    )
    with path.open("a") as file:
        file.write(f'\n{thing} <http://www.w3.org/2000/01/rdf-schema#label> "No language" .\n')
    found = _run(copy, ai4media_release.path, "--report", str(copy / "since"))
    assert found.returncode == 1, found.stdout
    assert found.stdout.startswith("1 statement changed")
    assert "data/organisation.ttl:" in found.stdout
    command = [sys.executable, "-m", "publisher", "validate", "--quiet", "--report", "whole"]
    subprocess.run(command, cwd=copy, env={"PYTHONPATH": str(REPOSITORY)}, check=False, timeout=120)
    for name in ("validation.ttl", "validation.json", "validation.txt"):
        assert (copy / "since" / name).read_text() == (copy / "whole" / name).read_text()


def test_other_shapes_are_a_reason_to_validate_all(copy: Path, ai4media_release: Release) -> None:
    path = sorted((copy / "shapes").glob("*.ttl"))[0]
    with path.open("a") as file:
        file.write(
            "\n<https://w3id.org/ai4media/shapes#Never> a <http://www.w3.org/ns/shacl#NodeShape> ;"
            " <http://www.w3.org/ns/shacl#targetNode> <https://w3id.org/ai4media/dataset> ;"
            ' <http://www.w3.org/ns/shacl#in> () ; <http://www.w3.org/ns/shacl#name> "n"@en .\n'
        )
    found = _run(copy, ai4media_release.path)
    assert "the shapes have changed" in found.stderr


def test_what_is_no_release_or_no_turtle_is_told(copy: Path, ai4media_release: Release) -> None:
    found = _run(copy, copy)
    assert found.returncode == 2
    assert "is no release" in found.stderr
    path = copy / "data" / "organisation.ttl"
    path.write_text(f"{path.read_text()}\n<x:broken>")
    found = _run(copy, ai4media_release.path)
    assert found.returncode == 1
    assert "data/organisation.ttl:" in found.stderr
    assert "Traceback" not in found.stderr


def _since(before: ox.Store, after: ox.Store, rules: rdflib.Graph) -> tuple[bytes, bytes, int]:
    """Return the reports on what a change reaches and of a full run, and how much it reaches."""
    old, new = set(before), set(after)
    changed = [quad.triple for quad in old ^ new]
    results = validate(before, rules).report.objects(None, SH.focusNode)
    both = ox.Store()
    both.extend(old | new)
    reach = Reach(rules, both, changed, map(to_engine, results))
    reached = {shape: reach.focus_nodes(shape) for shape in with_targets(rules)}
    findings = revalidate(after, rules, reached)
    report = validate(after, rules, find=findings.find).report
    whole = sum(nodes is None for nodes in reached.values())
    return hashed(report), hashed(validate(after, rules).report), whole


def _stored(text: str) -> ox.Store:
    store = ox.Store()
    store.extend(ox.parse(f"{PREFIXES}{text}".encode(), ox.RdfFormat.TURTLE))
    return store


@settings(max_examples=60, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(data(), data(), shapes(), st.randoms(use_true_random=False))
def test_generated_edits_are_judged_as_by_a_full_run(
    kept: str, more: str, rules: str, chance: random.Random
) -> None:
    lines = kept.splitlines(keepends=True)
    edited = [line for line in lines if chance.random() < 0.8]
    added = [line for line in more.splitlines(keepends=True) if chance.random() < 0.2]
    graph = rdflib.Graph().parse(data=f"{PREFIXES}{rules}", format="turtle")
    try:
        since, whole, _ = _since(_stored(kept), _stored("".join(edited + added)), graph)
    except UnusableShapes:
        return  # no release was made with these
    assert since == whole


@pytest.mark.parametrize("seed", range(8))
def test_faults_in_the_real_graph_are_reached(ai4media_release: Release, seed: int) -> None:
    before = ox.Store()
    with ai4media_release.merged_path.open("rb") as file:
        before.bulk_extend(ox.Quad(*quad) for quad in ox.parse(file, N_TRIPLES.oxigraph))
    after = mutated(ai4media_release.merged_path, 3, seed)
    since, whole, unbounded = _since(before, after, real_shapes())
    assert since == whole
    assert json.loads((ai4media_release.path / "report/validation.json").read_text())["conforms"]
    assert unbounded < len(with_targets(real_shapes()))
