"""What a change of the data can reach: the focus nodes that a shape may judge otherwise by it.

A shape looks at statements at the end of paths from its focus nodes. Gone back along such a path, a
changed statement leads to the focus nodes that it matters to.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

import pyoxigraph as ox
import rdflib
from rdflib.namespace import RDFS

from publisher.shacl.accesses import Access, Accesses
from publisher.shacl.rdflib_terms import from_engine
from publisher.shacl.writing import NotCompilable
from publisher.terms import Term

#: More focus nodes than these are not listed in a query: it looks at all.
_MOST: Final = 10_000


class Reach:
    """What changed statements, and nodes that are looked at anew, can reach."""

    def __init__(
        self,
        shapes: rdflib.Graph,
        both: ox.Store,
        changed: Iterable[ox.Triple],
        anew: Iterable[Term] = (),
    ) -> None:
        """Take a store with the data before and after the change in its default graph."""
        self._accesses = Accesses(shapes)
        self._both = both
        self._subjects: dict[str, set[object]] = defaultdict(set)
        self._objects: dict[str, set[object]] = defaultdict(set)
        self._anew: set[object] = set(anew)
        for triple in changed:
            self._subjects[triple.predicate.value].add(triple.subject)
            self._objects[triple.predicate.value].add(triple.object)

    @property
    def everything(self) -> bool:
        """Whether the order of classes has changed, which any shape may look at."""
        return str(RDFS.subClassOf) in self._subjects

    def focus_nodes(self, shape: rdflib.term.Node) -> list[rdflib.term.Node] | None:
        """Return what can be a focus node of a shape that is judged otherwise; None for any."""
        if not (self._subjects or self._anew):
            return []
        if self.everything:
            return None
        try:
            found = self._accesses.of(shape)
        except NotCompilable:
            return None
        reached: set[object] = set()
        for access in found:
            if access.anywhere:
                if str(access.predicate) in self._subjects:
                    return None
                continue
            ends = self._ends(access)
            if any(isinstance(node, ox.BlankNode) for node in ends):
                return None  # no query can name it
            reached |= self._back(access.path, ends) if access.path else ends
            if len(reached) > _MOST:
                return None
        if any(isinstance(node, ox.BlankNode) for node in reached):
            return None
        return [from_engine(node) for node in reached]

    def _ends(self, access: Access) -> set[object]:
        of = self._objects if access.inverse else self._subjects
        if access.predicate is None:
            return self._anew.union(*of.values())
        return self._anew | of.get(str(access.predicate), set())

    def _back(self, along: str, ends: set[object]) -> set[object]:
        if not ends:
            return set()
        listed = " ".join(map(str, ends))
        rows = self._both.query(
            f"SELECT DISTINCT ?this {{ VALUES ?end {{ {listed} }} ?end ^({along}) ?this }}"
        )
        assert isinstance(rows, ox.QuerySolutions)
        return {row["this"] for row in rows}
