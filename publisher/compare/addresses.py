"""Addresses that a release answers at, and those that another one would no longer answer at."""

from __future__ import annotations

from collections.abc import Iterator

from publisher.compare.changes import Change, changes
from publisher.compare.statements import statements
from publisher.edition import Edition
from publisher.iri import IriSpace


def is_lost(iris: IriSpace, change: Change) -> bool:
    """Whether nobody can ask for the subject any more, a thing or a term of the ontology."""
    asked_for = iris.split(change.subject) or change.subject.startswith(f"{iris.ontology}#")
    return change.vanished and bool(asked_for)


def lost_graphs(old: Edition, new: Edition) -> list[str]:
    """Return the named graphs of the old release that the new one lacks."""
    return sorted(set(old.graphs) - set(new.graphs))


def lost(old: Edition, new: Edition) -> Iterator[str]:
    """Yield every IRI of the old release that would be a 404 in the new one.

    Raises DamagedRelease if one of them is not whole.
    """
    for change in changes(statements(old), statements(new)):
        if is_lost(new.iris, change):
            yield change.subject
    yield from lost_graphs(old, new)
