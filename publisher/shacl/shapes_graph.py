"""A shapes graph as the compiler reads it: each shape is looked up once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Final

import rdflib
from rdflib.namespace import OWL, RDF, RDFS, SH

Node = rdflib.term.Node
_DEACTIVATED: Final = SH.deactivated
_PATH: Final = SH.path


class ShapesGraph:
    """The shapes of a graph, in which rules and declarations of components may stand, too."""

    def __init__(self, graph: rdflib.Graph) -> None:
        """Take a graph, which does not change any more."""
        self.graph = graph
        self._known: dict[Node, dict[Node, list[Node]]] = {}

    def about(self, shape: Node) -> Mapping[Node, Sequence[Node]]:
        """Return the values of each property that a shape has."""
        found = self._known.get(shape)
        if found is None:
            found = self._known[shape] = {}
            for property_, value in self.graph.predicate_objects(shape):
                found.setdefault(property_, []).append(value)
        return found

    def values(self, shape: Node, property_: Node) -> Sequence[Node]:
        """Return the values of a property of a shape."""
        return self.about(shape).get(property_, ())

    def is_deactivated(self, shape: Node) -> bool:
        """Whether a shape, or a constraint, is put out of force (SHACL, section 2.1.1.3)."""
        return any(
            isinstance(value, rdflib.Literal) and value.toPython() is True
            for value in self.values(shape, _DEACTIVATED)
        )

    def has_path(self, shape: Node) -> bool:
        """Whether a shape is a property shape (section 2.3)."""
        return bool(self.values(shape, _PATH))

    @cached_property
    def classes_of_classes(self) -> set[Node]:
        """What makes a shape with it as its type a class, which is its own target then."""
        # pySHACL knows a class of classes only where it is a subclass of rdfs:Class itself.
        found = self.graph.transitive_subjects(RDFS.subClassOf, RDFS.Class)
        return {OWL.Class, *(each for each in found if each is not None)}

    def is_class(self, shape: Node) -> bool:
        """Whether a shape is a class, and so its own target (section 2.1.3.3)."""
        return not self.classes_of_classes.isdisjoint(self.values(shape, RDF.type))
