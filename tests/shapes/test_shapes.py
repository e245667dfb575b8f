"""The shapes as a graph: complete, well formed, and each with something to say about the data."""

from __future__ import annotations

import warnings
from collections import defaultdict
from pathlib import Path

import pyshacl
import pytest
from rdflib import DCTERMS, OWL, RDF, RDFS, SH, Graph, Literal, Namespace, URIRef
from rdflib.collection import Collection
from rdflib.term import Node
from targets import focus_nodes
from turtle_sources import REPOSITORY, Validator, parsed

SHAPES = URIRef("https://w3id.org/ai4media/shapes")
NAMESPACE = f"{SHAPES}#"
VANN = Namespace("http://purl.org/vocab/vann/")
DESCRIPTIVE = {OWL.Class, OWL.ObjectProperty, OWL.DatatypeProperty, OWL.AnnotationProperty}
LANGUAGE_CLASSES = DESCRIPTIVE | {
    *(OWL.Ontology, OWL.Restriction, OWL.AllDisjointClasses, OWL.NamedIndividual),
    *(OWL.FunctionalProperty, RDF.List),
}


@pytest.fixture(scope="module")
def things() -> Graph:
    """The data alone, without the ontology."""
    return parsed("data")


def test_header_is_complete(shapes: Graph) -> None:
    assert (SHAPES, RDF.type, OWL.Ontology) in shapes
    for wanted in (
        *(DCTERMS.title, DCTERMS.description, DCTERMS.creator, DCTERMS.license, DCTERMS.issued),
        *(OWL.versionIRI, OWL.versionInfo),
        *(VANN.preferredNamespacePrefix, VANN.preferredNamespaceUri),
    ):
        assert (SHAPES, wanted, None) in shapes, wanted


def test_shapes_have_iris(shapes: Graph) -> None:
    for kind in (SH.NodeShape, SH.PropertyShape, SH.PropertyGroup, SH.SPARQLConstraint):
        for shape in shapes.subjects(RDF.type, kind):
            assert str(shape).startswith(NAMESPACE), shape
            assert (shape, RDFS.isDefinedBy, SHAPES) in shapes, shape
    for shape in shapes.objects(None, SH.property):
        assert (shape, RDF.type, SH.PropertyShape) in shapes, shape


def test_property_shapes_say_what_pages_and_reports_need(shapes: Graph) -> None:
    for shape in shapes.subjects(RDF.type, SH.PropertyShape):
        for wanted in (SH.path, SH.name, SH.message, SH.severity, SH.group, SH.order):
            assert len(list(shapes.objects(shape, wanted))) == 1, f"{shape} {wanted}"
        for text in (shapes.value(shape, SH.name), shapes.value(shape, SH.message)):
            assert isinstance(text, Literal)
            assert text.language == "en", shape
        assert (shapes.value(shape, SH.group), RDF.type, SH.PropertyGroup) in shapes, shape


def test_node_shapes_and_sparql_constraints_speak(shapes: Graph) -> None:
    for shape in shapes.subjects(RDF.type, SH.NodeShape):
        assert (shape, SH.name, None) in shapes, shape
        assert (shape, SH.severity, None) in shapes, shape
        if (shape, SH.closed, None) in shapes:
            assert (shape, SH.message, None) in shapes, shape
    for constraint in shapes.objects(None, SH.sparql):
        assert (constraint, SH.message, None) in shapes, constraint


def test_every_property_shape_is_used(shapes: Graph) -> None:
    unused = set(shapes.subjects(RDF.type, SH.PropertyShape)) - set(
        shapes.objects(None, SH.property)
    )
    assert not unused


def test_every_class_with_data_has_a_shape(shapes: Graph, data: Graph) -> None:
    targets = set(shapes.objects(None, SH.targetClass))
    used = set(data.objects(None, RDF.type)) - LANGUAGE_CLASSES
    assert not used - targets


def test_every_shape_has_focus_nodes(shapes: Graph, data: Graph) -> None:
    idle = [
        shape
        for shape in shapes.subjects(RDF.type, SH.NodeShape)
        if not focus_nodes(shape, shapes, data)
    ]
    assert not idle


def test_shapes_order_every_property_of_things(shapes: Graph, data: Graph, things: Graph) -> None:
    """A page shows what a shape of the thing names; nothing may be left over."""
    missing = set()
    shown: dict[Node, set[Node]] = defaultdict(lambda: {RDF.type})
    for shape in shapes.subjects(RDF.type, SH.NodeShape):
        paths = {shapes.value(p, SH.path) for p in shapes.objects(shape, SH.property)}
        for focus in focus_nodes(shape, shapes, data):
            shown[focus] |= {path for path in paths if path is not None}
    for thing, property_, _ in things:
        if property_ not in shown[thing] and (thing, OWL.deprecated, None) not in things:
            missing.add((property_, next(things.objects(thing, RDF.type), thing)))
    assert not missing


def test_closed_shapes_name_all_their_own_properties(shapes: Graph) -> None:
    """An ignored property that the shape names itself would be ignored in vain."""
    for shape, ignored in shapes.subject_objects(SH.ignoredProperties):
        paths = {shapes.value(p, SH.path) for p in shapes.objects(shape, SH.property)}
        assert not paths & set(Collection(shapes, ignored)), shape


def test_data_conforms(data: Graph, shapes: Graph, validator: Validator) -> None:
    report = validator(data, shapes, None)
    results = [
        f"{report.value(r, SH.focusNode)} {report.value(r, SH.sourceShape)} "
        f"{report.value(r, SH.value)}: {report.value(r, SH.resultMessage)}"
        for r in report.subjects(RDF.type, SH.ValidationResult)
    ]
    assert not results, "\n".join(sorted(results)[:30])


def test_shapes_conform_to_shacl_shacl(shapes: Graph, suites: Path) -> None:
    rules = Graph().parse(suites / "shacl" / "shacl-shacl.ttl")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        conforms, _, text = pyshacl.validate(shapes, shacl_graph=rules, advanced=True)
    assert conforms, text


def test_one_file_per_family() -> None:
    """Each file of shapes/ holds node shapes, save the one with what all share."""
    for path in (REPOSITORY / "shapes").glob("*.ttl"):
        graph = Graph().parse(path)
        shapes = set(graph.subjects(RDF.type, SH.NodeShape))
        assert bool(shapes) == (path.stem != "common"), path.name
