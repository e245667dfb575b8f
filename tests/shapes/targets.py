"""The focus nodes of a shape (SHACL, 2.1.3), as far as shapes/ declares targets."""

from __future__ import annotations

from rdflib import RDF, RDFS, SH, Graph, URIRef
from rdflib.term import Node


def focus_nodes(shape: Node, shapes: Graph, data: Graph) -> set[URIRef]:
    """Return the things that a shape targets by their class or by a property they have."""
    found: set[Node] = set()
    for target in shapes.objects(shape, SH.targetClass):
        for class_ in data.transitive_subjects(RDFS.subClassOf, target):
            found.update(data.subjects(RDF.type, class_))
    for target in shapes.objects(shape, SH.targetSubjectsOf):
        found.update(data.subjects(target))
    return {thing for thing in found if isinstance(thing, URIRef)}
