"""Validation both ways: by queries with pySHACL on what they flag, and by pySHACL alone."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pyoxigraph as ox
import pyshacl
import pytest
import rdflib
from pyshacl.rdfutil.stringify import stringify_blank_node

from publisher.graphs import canonical, n_quads
from publisher.shacl.data_graph import copied
from publisher.shacl.specified import specified
from publisher.shacl.validator import Outcome, UnusableShapes, validate


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


def both_reports(store: ox.Store, shapes: rdflib.Graph, *, plain: bool = False) -> Outcome | None:
    """Validate both ways; fails where the reports differ. None where neither takes the shapes.

    The other way is pySHACL alone with what mends its departures from the specification, and, if
    `plain`, pySHACL as it is, too.
    """
    report = _whole(store, shapes, specified)
    if plain:
        assert _whole(store, shapes, nullcontext) == report
    if report is None:
        # What pySHACL refuses to look at must not pass for conforming.
        with pytest.raises(UnusableShapes):
            validate(store, shapes)
        return None
    outcome = validate(store, shapes)
    assert hashed(outcome.report) == report
    assert outcome.conforms is (b'#conforms> "true"' in report)
    return outcome


def _whole(
    store: ox.Store, shapes: rdflib.Graph, way: Callable[[], AbstractContextManager[None]]
) -> bytes | None:
    """Return the report of pySHACL alone, None where it refuses the shapes."""
    with warnings.catch_warnings(), way():
        warnings.simplefilter("ignore")
        # It keeps what it calls blank nodes by the address of their graph.
        stringify_blank_node.dict_cache.clear()
        try:
            _, report, _ = pyshacl.validate(copied(store), shacl_graph=shapes, inplace=True)
        except Exception:
            return None
    return hashed(report) if isinstance(report, rdflib.Graph) else None


def hashed(report: rdflib.Graph) -> bytes:
    """Return a report in canonical form, which is the same whatever its blank nodes are called."""
    parsed = ox.parse(report.serialize(format="nt").encode(), ox.RdfFormat.N_TRIPLES)
    return n_quads(canonical(parsed))
