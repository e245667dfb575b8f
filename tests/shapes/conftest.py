"""The sources of the repository and one validation run, shared by the tests of the shapes."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

import pyoxigraph as ox
import pyshacl
import pytest
import rdflib
from rdflib import Graph, URIRef
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
    """Return a function that validates a graph, or some nodes of it, and returns the report."""

    def run(graph: Graph, focus_nodes: list[URIRef] | None = None) -> Graph:
        store = ox.Store()
        store.bulk_load(graph.serialize(format="nt").encode(), format=ox.RdfFormat.N_TRIPLES)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            _, report, text = pyshacl.validate(
                store,  # type: ignore[arg-type]  # accepted, though the annotation says otherwise
                shacl_graph=shapes,
                advanced=True,
                inplace=True,
                focus_nodes=focus_nodes,
            )
        assert isinstance(report, rdflib.Graph), text
        return report

    return run


@pytest.fixture(scope="session")
def suites() -> Path:
    """The folder of public conformance suites; skips where none is given."""
    folder = os.environ.get("CONFORMANCE_SUITES")
    if not folder or not Path(folder).is_dir():
        pytest.skip("set CONFORMANCE_SUITES to the folder that holds shacl/shacl-shacl.ttl")
    return Path(folder)
