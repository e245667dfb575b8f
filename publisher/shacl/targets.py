"""Targets (SHACL, section 2.1.3): the focus nodes of a shape as a pattern."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import rdflib
from rdflib.namespace import RDF, RDFS, SH

from publisher.shacl.shapes_graph import ShapesGraph
from publisher.shacl.writing import THIS, NotCompilable, term

_TARGET: Final = SH.target
_NODE: Final = SH.targetNode
_CLASS: Final = SH.targetClass
_SUBJECTS: Final = SH.targetSubjectsOf
_OBJECTS: Final = SH.targetObjectsOf
_KIND: Final = f"{RDF.type.n3()}/{RDFS.subClassOf.n3()}*"
_OTHER: Final = "?_other"


def focus_nodes(
    shapes: ShapesGraph,
    shape: rdflib.term.Node,
    among: Sequence[rdflib.term.Node] | None = None,
) -> str:
    """Return a pattern that binds ?this to the focus nodes, perhaps among some; empty for none.

    Raises NotCompilable.
    """
    where = " UNION ".join(f"{{ {each} }}" for each in _patterns(shapes, shape))
    if among is None or not where:
        return where
    some = " ".join(sorted(map(term, among)))
    return f"VALUES {THIS} {{ {some} }} {{ {where} }}"


def nodes(
    shapes: ShapesGraph,
    shape: rdflib.term.Node,
    among: Sequence[rdflib.term.Node] | None = None,
) -> list[str]:
    """Return the nodes that a shape names as its targets, perhaps among some."""
    named = shapes.values(shape, _NODE)
    return sorted(term(each) for each in named if among is None or each in among)


def _patterns(shapes: ShapesGraph, shape: rdflib.term.Node) -> list[str]:

    def values(target: rdflib.URIRef) -> Sequence[rdflib.term.Node]:
        return shapes.values(shape, target)

    if values(_TARGET):
        raise NotCompilable("a target of SHACL Advanced Features")
    if any(isinstance(each, rdflib.Literal) for each in values(_NODE)):
        # The engine spells it as it likes, and a report has to name it as the shape does.
        raise NotCompilable("a literal as a target")
    classes = {*values(_CLASS), *([shape] if shapes.is_class(shape) else ())}
    found = [f"{THIS} {_KIND} {term(each)} ." for each in classes]
    found += [f"VALUES {THIS} {{ {each} }}" for each in nodes(shapes, shape)]
    found += [f"{THIS} {term(each)} {_OTHER} ." for each in values(_SUBJECTS)]
    found += [f"{_OTHER} {term(each)} {THIS} ." for each in values(_OBJECTS)]
    return sorted(found)
