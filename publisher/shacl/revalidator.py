"""Validation after a change: only of the focus nodes that the change can reach."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pyoxigraph as ox
import rdflib
from rdflib.namespace import RDF, SH

from publisher.shacl.compiler import Compiler
from publisher.shacl.flagging import flagged, targeted
from publisher.shacl.writing import NotCompilable


@dataclass
class Findings:
    """What queries found, before pySHACL is asked to report on it."""

    flagged: dict[rdflib.term.Node, list[rdflib.term.Node]] = field(default_factory=dict)
    """Focus nodes by the shape that they violate."""
    left: dict[rdflib.term.Node, str] = field(default_factory=dict)
    """Shapes that have no queries, each with why; pySHACL takes them whole."""
    reached: dict[rdflib.term.Node, int | None] = field(default_factory=dict)
    """How many focus nodes may be judged otherwise, by shape; None for any."""

    @property
    def conforms(self) -> bool:
        """Whether nothing is left to report on."""
        return not self.flagged and not self.left

    def find(self, shape: rdflib.term.Node) -> list[rdflib.term.Node]:
        """Return what a shape flags, for `validate`. Raises NotCompilable for what is left."""
        if shape in self.left:
            raise NotCompilable(self.left[shape])
        return self.flagged.get(shape, [])


def revalidate(
    store: ox.Store,
    shapes: rdflib.Graph,
    reached: Mapping[rdflib.term.Node, Sequence[rdflib.term.Node] | None],
) -> Findings:
    """Find what violates shapes among the focus nodes that each is to be asked about.

    None stands for any focus node. The shapes are formed well: a release was validated by them.
    """
    compiler, found = Compiler(shapes), Findings()
    for shape, nodes in reached.items():
        if nodes is not None and not nodes:
            continue
        try:
            among = nodes if nodes is None else targeted(store, compiler, shape, nodes)
            if among is not None and not among:
                continue
            wrong = flagged(store, compiler, shape, among)
        except NotCompilable as error:
            found.left[shape] = str(error)
            continue
        found.reached[shape] = None if among is None else len(among)
        if wrong:
            found.flagged[shape] = wrong
    return found


def with_targets(shapes: rdflib.Graph) -> list[rdflib.term.Node]:
    """Return the shapes that have targets, sorted."""
    named = (SH.targetClass, SH.targetNode, SH.targetSubjectsOf, SH.targetObjectsOf, SH.target)
    found = {shape for target in named for shape in shapes.subjects(target)}
    kinds = (SH.NodeShape, SH.PropertyShape)
    found |= {
        shape
        for kind in kinds
        for shape in shapes.subjects(RDF.type, kind)
        if any(each != kind for each in shapes.objects(shape, RDF.type))  # maybe a class, too
    }
    return sorted(found, key=str)
