"""The sources of the repository and one validation run, shared by the tests of the shapes."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

import pyoxigraph as ox
import pyshacl
import pytest
import rdflib
from pyshacl.graph_abstraction import OxigraphDataGraph
from rdflib import RDF, SH, Graph, URIRef
from targets import focus_nodes
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
def validator() -> Validator:
    """Return a function that validates a graph, or some nodes of it, and returns the report.

    The targets are rewritten to name the nodes, since with pySHACL's own option focus_nodes
    (0.40) sh:or reports nothing.
    """

    def run(graph: Graph, shapes: Graph, nodes: list[URIRef] | None) -> Graph:
        rules = shapes if nodes is None else _aimed_at(nodes, graph, shapes)
        store = ox.Store()
        store.bulk_load(graph.serialize(format="nt").encode(), format=ox.RdfFormat.N_TRIPLES)
        with warnings.catch_warnings(), pytest.MonkeyPatch.context() as patch:
            warnings.simplefilter("ignore", DeprecationWarning)
            # pySHACL asks for each result whether the graph is true, and counts all its triples.
            patch.setattr(OxigraphDataGraph, "__bool__", lambda _: True, raising=False)
            _, report, text = pyshacl.validate(
                store,  # type: ignore[arg-type]  # accepted, though the annotation says otherwise
                shacl_graph=rules,
                advanced=True,
                inplace=True,
            )
        assert isinstance(report, rdflib.Graph), text
        return report

    return run


def _aimed_at(nodes: list[URIRef], graph: Graph, shapes: Graph) -> Graph:
    """Return the shapes with their targets narrowed to those of some nodes that are in them."""
    aimed = Graph(bind_namespaces="none")
    aimed += shapes
    for shape in set(shapes.subjects(RDF.type, SH.NodeShape)):
        for node in focus_nodes(shape, shapes, graph).intersection(nodes):
            aimed.add((shape, SH.targetNode, node))
    for target in (SH.targetClass, SH.targetSubjectsOf):
        aimed.remove((None, target, None))
    return aimed


@pytest.fixture(scope="session")
def suites() -> Path:
    """The folder of public conformance suites; skips where none is given."""
    folder = os.environ.get("CONFORMANCE_SUITES")
    if not folder or not Path(folder).is_dir():
        pytest.skip("set CONFORMANCE_SUITES to the folder that holds shacl/shacl-shacl.ttl")
    return Path(folder)
