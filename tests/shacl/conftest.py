"""Validation both ways: by queries with pySHACL on what they flag, and by pySHACL alone."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

import pyoxigraph as ox
import pyshacl
import pytest
import rdflib

from publisher.graphs import canonical, n_quads
from publisher.shacl.validator import DataGraph, Outcome, UnusableShapes, validate


def suite() -> Path | None:
    """Return the folder of the W3C's suite, None where it is not given."""
    given = os.environ.get("CONFORMANCE_SUITES")
    folder = Path(given, "shacl") if given else None
    return folder if folder is not None and (folder / "core/manifest.ttl").is_file() else None


def loaded(path: Path) -> ox.Store:
    """Return a store with a Turtle file in its default graph."""
    store = ox.Store()
    base = path.resolve().as_uri()
    store.bulk_load(path=path, format=ox.RdfFormat.TURTLE, base_iri=base)
    return store


def both_reports(store: ox.Store, shapes: rdflib.Graph) -> Outcome | None:
    """Validate both ways; fails where the reports differ. None where neither takes the shapes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            conforms, report, _ = pyshacl.validate(
                DataGraph(store), shacl_graph=shapes, inplace=True, do_owl_imports=False
            )
        except Exception:
            # What pySHACL refuses to look at must not pass for conforming.
            with pytest.raises(Exception):  # noqa: B017, PT011
                validate(store, shapes)
            return None
        if not isinstance(report, rdflib.Graph):
            with pytest.raises(UnusableShapes):
                validate(store, shapes)
            return None
        outcome = validate(store, shapes)
    assert outcome.conforms == conforms
    assert hashed(outcome.report) == hashed(report)
    return outcome


def hashed(report: rdflib.Graph) -> bytes:
    """Return a report in canonical form, which is the same whatever its blank nodes are called."""
    parsed = ox.parse(report.serialize(format="nt").encode(), ox.RdfFormat.N_TRIPLES)
    return n_quads(canonical(parsed))
