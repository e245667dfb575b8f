"""The SHACL test suite of the W3C, by the queries and by pySHACL alone: the reports it expects."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pytest
import rdflib
from rdflib.namespace import RDF, SH

from publisher.shacl.data_graph import copied
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


#: What the suite expects and is not met.
_UNMET = {
    "uniqueLang-002": 'a store has "1"^^xsd:boolean as true, and so have shapes',
    "shapesGraph-001": "pySHACL has no $shapesGraph, which processors need not support (5.3.1)",
}


def _is_test(path: Path) -> bool:
    return (None, RDF.type, SHT.Validate) in rdflib.Graph().parse(path)


def test_the_suite_is_there() -> None:
    if suite() is None:
        pytest.skip("set CONFORMANCE_SUITES to a folder that holds shacl/core/manifest.ttl")
    assert len(cases()) > 100


@pytest.mark.parametrize("path", cases(), ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_both_ways_give_the_report_that_is_expected(
    path: Path, request: pytest.FixtureRequest
) -> None:
    if why := _UNMET.get(path.stem):
        request.applymarker(pytest.mark.xfail(reason=why))
    graph = rdflib.Graph().parse(path)
    (test,) = graph.subjects(RDF.type, SHT.Validate)
    action, expected = graph.value(test, MF.action), graph.value(test, MF.result)
    assert action is not None
    assert expected is not None
    data = graph.value(action, SHT.dataGraph)
    shapes = graph.value(action, SHT.shapesGraph)
    outcome = both_reports(loaded(_file(path, data)), rdflib.Graph().parse(_file(path, shapes)))
    if expected == SHT.Failure:
        assert outcome is None
    else:
        assert outcome is not None
        assert str(outcome.conforms).lower() == str(graph.value(expected, SH.conforms)).lower()
        assert _results(_kept(outcome.report)) == _results(copied(loaded(path)))


def _kept(report: rdflib.Graph) -> rdflib.Graph:
    """Return a report with literals as a store has them."""
    store = ox.Store()
    store.load(report.serialize(format="nt").encode(), ox.RdfFormat.N_TRIPLES)
    return copied(store)


def _results(graph: rdflib.Graph) -> list[tuple[str, ...]]:
    """Return what the suite compares of results; a path that is no IRI counts as one."""
    return sorted(
        tuple(
            _told(graph.value(result, property_))
            for property_ in (
                *(SH.focusNode, SH.resultPath, SH.value, SH.resultSeverity),
                *(SH.sourceConstraintComponent, SH.sourceConstraint),
            )
        )
        for result in graph.objects(None, SH.result)
    )


def _told(node: rdflib.term.Node | None) -> str:
    return "[]" if isinstance(node, rdflib.BNode) else str(node)


def _file(path: Path, name: object) -> Path:
    """Return the file of a graph: that of the test, or one beside it."""
    beside = path.parent / str(name).rpartition("/")[2]
    return beside if beside.is_file() else path
