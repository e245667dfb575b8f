"""Validation: queries flag what violates a shape, and pySHACL reports on what is flagged."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from typing import Any

import pyoxigraph as ox
import rdflib
from pyshacl.errors import ConstraintLoadError, ReportableRuntimeError, ShapeLoadError
from pyshacl.graph_abstraction import OxigraphDataGraph
from pyshacl.validator import Validator

from publisher.shacl.compiler import Compiler
from publisher.shacl.form import Form
from publisher.shacl.writing import NotCompilable


class UnusableShapes(Exception):
    """Shapes that cannot be used; the text names the shape."""


@dataclass(frozen=True)
class Outcome:
    """A validation report (SHACL, section 3.6), and how it came about."""

    conforms: bool
    report: rdflib.Graph
    flagged: dict[str, int]
    """How many focus nodes the queries flagged, by shape, where they flagged any."""
    left: dict[str, str]
    """Shapes that pySHACL took as a whole, each with why."""


class DataGraph(OxigraphDataGraph):
    """The data as pySHACL sees it, with three faults of pySHACL 0.40 mended.

    It asks `if graph` for every result it makes, inside sh:or also for those it drops; on an
    Oxigraph store that counts all triples each time (378 s instead of 6.5 s for 16,000 triples and
    47 shapes; docs/decisions/0003-shacl.md). And it takes plain literals of the store for others
    than those of the shapes, so that sh:in and sh:hasValue of a string find none; and it fails
    where a literal stands in the place of a class.
    """

    def __bool__(self) -> bool:
        return True

    def triples(self, triple: Any) -> Any:  # type: ignore[override]
        """Yield triples as pySHACL asks for them."""
        for subject, predicate, value in super().triples(triple):
            yield subject, predicate, _plain(value)

    def objects(self, subject: Any, predicate: Any, unique: bool = False) -> Any:  # type: ignore[override]
        """Yield objects as pySHACL asks for them; nothing is said of a literal."""
        if isinstance(subject, rdflib.Literal):
            return iter(())
        return map(_plain, super().objects(subject, predicate, unique))

    def subject_objects(self, predicate: Any, unique: bool = False) -> Any:  # type: ignore[override]
        """Yield pairs as pySHACL asks for them."""
        for subject, value in super().subject_objects(predicate, unique):
            yield subject, _plain(value)

    def predicate_objects(self, subject: Any, unique: bool = False) -> Any:  # type: ignore[override]
        """Yield pairs as pySHACL asks for them."""
        for predicate, value in super().predicate_objects(subject, unique):
            yield predicate, _plain(value)


def _plain(value: rdflib.term.Node) -> rdflib.term.Node:
    """Return a string as rdflib has it: without its datatype."""
    if isinstance(value, rdflib.Literal) and value.datatype == rdflib.XSD.string:
        return rdflib.Literal(str(value))
    return value


def validate(store: ox.Store, shapes: rdflib.Graph) -> Outcome:
    """Validate what is in the default graph of a store against shapes (SHACL, section 3.4).

    Nothing is imported and nothing is inferred. Raises UnusableShapes.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            return _validated(store, shapes)
        except (ConstraintLoadError, ReportableRuntimeError, ShapeLoadError, re.error) as error:
            message = " ".join(str(getattr(error, "message", None) or error).split())
            raise UnusableShapes(message) from None


def _validated(store: ox.Store, shapes: rdflib.Graph) -> Outcome:
    reference = Validator(
        DataGraph(store), shacl_graph=shapes, options={"inplace": True, "do_owl_imports": False}
    )
    compiler = Compiler(shapes, Form(reference.shacl_graph).check)
    executor = reference.make_executor()
    reports: list[tuple[Any, ...]] = []
    flagged: dict[str, int] = {}
    left: dict[str, str] = {}
    conforms = True
    for shape in reference.shacl_graph.shapes:
        try:
            focus = _flagged(store, compiler, shape.node)
        except NotCompilable as error:
            left[str(shape.node)] = str(error)
            focus = None
        else:
            if not focus:
                continue
            flagged[str(shape.node)] = len(focus)
        right, found = shape.validate(executor, reference.data_graph, focus=focus)
        conforms = conforms and right
        reports += found
    report, _ = reference.create_validation_report(reference.shacl_graph, conforms, reports)
    return Outcome(conforms, report, flagged, left)


def _flagged(
    store: ox.Store, compiler: Compiler, shape: rdflib.term.Node
) -> list[rdflib.term.Node]:
    """Return the focus nodes that queries flag as violating a shape. Raises NotCompilable."""
    found: set[object] = set()
    for query in compiler.compile(shape).queries:
        try:
            rows = store.query(query)
        except SyntaxError as error:
            raise NotCompilable(f"the engine does not take its query: {error}") from None
        assert isinstance(rows, ox.QuerySolutions)
        found.update(row["this"] for row in rows)
    return [_from_ox(each) for each in found]


def _from_ox(node: object) -> rdflib.term.Node:
    if isinstance(node, ox.NamedNode):
        return rdflib.URIRef(node.value)
    if isinstance(node, ox.BlankNode):
        return rdflib.BNode(node.value)
    assert isinstance(node, ox.Literal)
    if node.language:
        return rdflib.Literal(node.value, lang=node.language)
    datatype = rdflib.URIRef(node.datatype.value)
    return _plain(rdflib.Literal(node.value, datatype=datatype, normalize=False))
