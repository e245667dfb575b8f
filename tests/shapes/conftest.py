"""The sources of the repository and one validation run, shared by the tests of the shapes."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

import pyshacl
import pytest
import rdflib
from rdflib import RDF, RDFS, SH, Graph, URIRef
from turtle_sources import REPOSITORY, Validator, parsed


@pytest.fixture(scope="session")
def shapes() -> Graph:
    """The shapes graph."""
    return parsed("shapes")


@pytest.fixture(scope="session")
def data() -> Graph:
    """What the publisher validates: the data, with the ontology for the hierarchy of classes."""
    graph = parsed("data", "ontology")
    assert any((REPOSITORY / "data").glob("*.ttl")), "data/ holds no Turtle file to test with"
    return graph


@pytest.fixture(scope="session")
def validator(shapes: Graph) -> Validator:
    """Return a function that validates a graph, or some nodes of it, and returns the report.

    Two traps of pySHACL 0.40 are kept out of the way: with its own option focus_nodes, sh:or
    reports nothing, hence the targets are rewritten; and for each result it counts all triples of
    an Oxigraph store anew, which makes thousands of results take minutes, hence rdflib.
    """

    def run(graph: Graph, focus_nodes: list[URIRef] | None = None) -> Graph:
        rules = shapes if focus_nodes is None else _aimed_at(focus_nodes, graph, shapes)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            _, report, text = pyshacl.validate(
                graph, shacl_graph=rules, advanced=True, inplace=True
            )
        assert isinstance(report, rdflib.Graph), text
        return report

    return run


def _aimed_at(nodes: list[URIRef], graph: Graph, shapes: Graph) -> Graph:
    """Return the shapes with each target class narrowed to those of some nodes that are in it."""
    aimed = Graph(bind_namespaces="none")
    aimed += shapes
    for shape, target in shapes.subject_objects(SH.targetClass):
        aimed.remove((shape, SH.targetClass, target))
        members = {
            thing
            for class_ in graph.transitive_subjects(RDFS.subClassOf, target)
            for thing in graph.subjects(RDF.type, class_)
        }
        for node in members.intersection(nodes):
            aimed.add((shape, SH.targetNode, node))
    return aimed


@pytest.fixture(scope="session")
def suites() -> Path:
    """The folder of public conformance suites; skips where none is given."""
    folder = os.environ.get("CONFORMANCE_SUITES")
    if not folder or not Path(folder).is_dir():
        pytest.skip("set CONFORMANCE_SUITES to the folder that holds shacl/shacl-shacl.ttl")
    return Path(folder)
