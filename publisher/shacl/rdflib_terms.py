"""Terms and graphs of the engine as rdflib has them."""

from __future__ import annotations

from collections.abc import Iterable

import pyoxigraph as ox
import rdflib

from publisher.literals import as_stored


def in_rdflib(statements: Iterable[ox.Quad]) -> rdflib.Graph:
    """Return a graph as rdflib reads it: "007"^^xsd:integer is 7, and an xsd:byte stays one."""
    lines = ox.serialize([quad.triple for quad in statements], format=ox.RdfFormat.N_TRIPLES)
    assert lines is not None
    return rdflib.Graph(bind_namespaces="none").parse(data=lines, format="nt")


def as_in_a_store(statements: Iterable[ox.Quad]) -> rdflib.Graph:
    """Return a graph for rdflib with every literal as a store would give it back."""
    graph = rdflib.Graph(bind_namespaces="none")
    for quad in statements:
        subject, predicate, value = quad.triple
        if isinstance(value, ox.Literal):
            value = as_stored(value)
        graph.add((from_engine(subject), from_engine(predicate), from_engine(value)))
    return graph


def plain(value: rdflib.term.Node) -> rdflib.term.Node:
    """Return a string as rdflib has it: without its datatype."""
    if isinstance(value, rdflib.Literal) and value.datatype == rdflib.XSD.string:
        return rdflib.Literal(str(value))
    return value


def from_engine(node: object) -> rdflib.term.Node:
    """Return a term of the engine as rdflib has it, spelled as it is."""
    if isinstance(node, ox.NamedNode):
        return rdflib.URIRef(node.value)
    if isinstance(node, ox.BlankNode):
        return rdflib.BNode(node.value)
    assert isinstance(node, ox.Literal)
    if node.language:
        return rdflib.Literal(node.value, lang=node.language)
    datatype = rdflib.URIRef(node.datatype.value)
    return plain(rdflib.Literal(node.value, datatype=datatype, normalize=False))


def to_engine(node: rdflib.term.Node) -> ox.NamedNode | ox.BlankNode | ox.Literal:
    """Return a term of rdflib as the engine has it, spelled as it is."""
    if isinstance(node, rdflib.URIRef):
        return ox.NamedNode(node)
    if isinstance(node, rdflib.BNode):
        return ox.BlankNode(node)
    assert isinstance(node, rdflib.Literal)
    if node.language:
        return ox.Literal(str(node), language=node.language)
    datatype = ox.NamedNode(node.datatype) if node.datatype else None
    return ox.Literal(str(node), datatype=datatype)
