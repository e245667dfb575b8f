"""Whether shapes are formed as they must be, in pySHACL's eyes: it says what is wrong with them."""

from __future__ import annotations

import rdflib
from pyshacl.constraints import CONSTRAINT_PARAMETERS_MAP
from pyshacl.errors import ConstraintLoadWarning
from pyshacl.shapes_graph import ShapesGraph

from publisher.shacl.writing import NotCompilable


class Form:
    """Checks shapes by setting up, not by running, pySHACL's constraints of them."""

    def __init__(self, shapes: ShapesGraph) -> None:
        """Take the shapes as pySHACL has them."""
        self._shapes = shapes
        self._known: set[rdflib.term.Node] = set()

    def check(self, node: rdflib.term.Node) -> None:
        """Raise NotCompilable for a shape that pySHACL would refuse when it comes to it."""
        if node in self._known:
            return
        try:
            shape = self._shapes.lookup_shape_from_node(node)
            for component in {
                CONSTRAINT_PARAMETERS_MAP[parameter]
                for parameter in self._shapes.graph.predicates(node)
                if parameter in CONSTRAINT_PARAMETERS_MAP
            }:
                self._set_up(component, shape)
        except Exception as error:  # whatever it raises, it will raise again
            raise NotCompilable(f"it is not formed well: {error}") from None
        self._known.add(node)

    @staticmethod
    def _set_up(component: type, shape: object) -> None:
        try:
            component(shape)
        except ConstraintLoadWarning:
            return  # a constraint that pySHACL leaves out
