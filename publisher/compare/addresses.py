"""Addresses that a release answers at, and those that another one would no longer answer at."""

from __future__ import annotations

from publisher.edition import Edition
from publisher.iri import IriSpace

THING, TERM, GRAPH = "thing", "term", "graph"


def kind_of(iris: IriSpace, iri: str) -> str | None:
    """Return as what a subject of a dataset can be asked for, None if it is not ours to answer."""
    if iris.split(iri):
        return THING
    return TERM if iri.startswith(f"{iris.ontology}#") else None


def lost_graphs(old: Edition, new: Edition) -> list[str]:
    """Return the named graphs of the old release that the new one lacks."""
    return sorted(set(old.graphs) - set(new.graphs))
