"""The graph that the saved queries are asked: that of a release of this repository."""

from __future__ import annotations

import pyoxigraph as ox
import pytest
import rdflib

from publisher.prefixes import Prefixes
from publisher.release import Release


@pytest.fixture(scope="session")
def store(ai4media_release: Release) -> ox.Store:
    """The dataset as an engine holds it."""
    assert ai4media_release.default_graph == "union", "a triple stands in two graphs"
    loaded = ox.Store()
    loaded.bulk_load(path=ai4media_release.dataset_path, format=ox.RdfFormat.N_QUADS)
    return loaded


@pytest.fixture(scope="session")
def shuffled_store(store: ox.Store) -> ox.Store:
    """The same dataset, loaded in the opposite order."""
    loaded = ox.Store()
    for quad in sorted(store, key=str, reverse=True):
        loaded.add(quad)
    return loaded


@pytest.fixture(scope="session")
def walk(ai4media_release: Release) -> rdflib.Graph:
    """The merge of all graphs, in another library than the one that runs the queries."""
    name = ai4media_release.publication.name
    graph = rdflib.Graph(bind_namespaces="none")
    graph.parse(ai4media_release.path / "dumps" / f"{name}.nt", format="nt")
    return graph


@pytest.fixture(scope="session")
def prefixes(ai4media_release: Release) -> Prefixes:
    """The prefixes in which values of parameters may be written."""
    return Prefixes(ai4media_release.publication.prefixes)
