"""Significance: how much a change matters to whoever relies on a publication.

Major is what may break what somebody built: an address that no longer leads to what it stood for, a
promise of the ontology, the shapes or a saved query that is taken back. Minor is what comes on top.
Everything else, a corrected statement above all, is a patch. docs/versions.md is this for people.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from publisher.compare.addresses import lost_graphs
from publisher.compare.changes import Change, changes
from publisher.compare.statements import statements
from publisher.edition import Edition
from publisher.prefixes import WELL_KNOWN
from publisher.releasing import promises, questions

_IS_REPLACED_BY: Final = f"<{WELL_KNOWN['dcterms']}isReplacedBy>".encode()
#: What a term means is said by these, besides all of OWL.
_MEANING: Final = frozenset(
    f"<{iri}>".encode()
    for iri in (
        f"{WELL_KNOWN['rdf']}type",
        *(f"{WELL_KNOWN['rdfs']}{name}" for name in ("subClassOf", "subPropertyOf")),
        *(f"{WELL_KNOWN['rdfs']}{name}" for name in ("domain", "range")),
        *(f"https://schema.org/{name}" for name in ("domainIncludes", "rangeIncludes")),
    )
)
_OWL: Final = f"<{WELL_KNOWN['owl']}".encode()
#: Of OWL, but about an ontology or a state, not about a meaning.
_ANNOTATIONS: Final = frozenset(
    f"<{WELL_KNOWN['owl']}{name}>".encode()
    for name in ("deprecated", "versionInfo", "versionIRI", "priorVersion", "imports")
)


class Significance(IntEnum):
    """How much a change matters; the larger, the more."""

    NONE = 0
    PATCH = 1
    MINOR = 2
    MAJOR = 3


@dataclass(frozen=True)
class Reason:
    """Why a release is as significant as it is: one change, told in words."""

    significance: Significance
    what: str

    def __str__(self) -> str:
        return f"{self.significance.name.lower()}: {self.what}"


def reasons(old: Edition, new: Edition) -> Iterator[Reason]:
    """Yield what changed from one release to the next, each with how much it matters.

    Raises DamagedRelease for a release that is not whole.
    """
    for change in changes(statements(old), statements(new)):
        yield _reason(change, new)
    for graph in lost_graphs(old, new):
        yield Reason(Significance.MAJOR, f"the graph <{graph}> is gone")
    for graph in sorted(set(new.graphs) - set(old.graphs)):
        yield Reason(Significance.MINOR, f"the graph <{graph}> is new")
    for lost, promise in promises.compared(old, new):
        yield Reason(
            Significance.MAJOR if lost else Significance.MINOR,
            f"the shapes {'no longer say' if lost else 'say now'}: {promise}",
        )
    for lost, what in questions.compared(old, new):
        yield Reason(Significance.MAJOR if lost else Significance.MINOR, what)


def _reason(change: Change, new: Edition) -> Reason:
    iri = f"<{change.subject}>"
    if change.nameless:
        return Reason(Significance.PATCH, "what is said of a nameless node changed")
    term = change.subject.startswith(f"{new.iris.ontology}#")
    if not term and new.iris.split(change.subject) is None:
        return Reason(Significance.PATCH, f"what is said of {iri} changed")
    if change.vanished:
        return Reason(Significance.MAJOR, f"{iri} is gone")
    if change.withdrawn:
        if not term and any(line.split(b" ", 2)[1] == _IS_REPLACED_BY for line in change.new):
            return Reason(Significance.MINOR, f"{iri} was withdrawn and leads to a successor")
        return Reason(Significance.MAJOR, f"{iri} was withdrawn")
    if change.appeared:
        return Reason(Significance.MINOR, f"{iri} is new")
    if term and any(map(_means, change.removed)):
        return Reason(Significance.MAJOR, f"{iri} no longer means all that it meant")
    if term and any(map(_means, change.added)):
        return Reason(Significance.MINOR, f"{iri} means more than it did")
    return Reason(Significance.PATCH, f"what is said of {iri} changed")


def _means(line: bytes) -> bool:
    predicate = line.split(b" ", 2)[1]
    return predicate in _MEANING or (predicate.startswith(_OWL) and predicate not in _ANNOTATIONS)
