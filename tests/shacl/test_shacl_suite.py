"""The SHACL test suite of the W3C, by the queries and by pySHACL alone: the same reports."""

from __future__ import annotations

from pathlib import Path

import pytest
import rdflib
from rdflib.namespace import RDF

from tests.shacl.conftest import both_reports, loaded, suite

MF = rdflib.Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#")
SHT = rdflib.Namespace("http://www.w3.org/ns/shacl-test#")


def cases() -> list[Path]:
    """Return the files of the suite that each hold one test, none without the suite."""
    folder = suite()
    if folder is None:
        return []
    found = [*sorted(folder.glob("core/**/*.ttl")), *sorted(folder.glob("sparql/**/*.ttl"))]
    return [path for path in found if path.name != "manifest.ttl" and _is_test(path)]


def _is_test(path: Path) -> bool:
    return (None, RDF.type, SHT.Validate) in rdflib.Graph().parse(path)


def test_the_suite_is_there() -> None:
    if suite() is None:
        pytest.skip("set CONFORMANCE_SUITES to a folder that holds shacl/core/manifest.ttl")
    assert len(cases()) > 100


@pytest.mark.parametrize("path", cases(), ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_both_ways_give_the_same_report(path: Path) -> None:
    graph = rdflib.Graph().parse(path)
    (test,) = graph.subjects(RDF.type, SHT.Validate)
    action = graph.value(test, MF.action)
    assert action is not None
    data = graph.value(action, SHT.dataGraph)
    shapes = graph.value(action, SHT.shapesGraph)
    both_reports(loaded(_file(path, data)), rdflib.Graph().parse(_file(path, shapes)))


def _file(path: Path, name: object) -> Path:
    """Return the file of a graph: that of the test, or one beside it."""
    beside = path.parent / str(name).rpartition("/")[2]
    return beside if beside.is_file() else path
