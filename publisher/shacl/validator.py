"""Validation: queries flag what violates a shape, and pySHACL reports on what is flagged."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import pyoxigraph as ox
import rdflib
from pyshacl.errors import ConstraintLoadError, ReportableRuntimeError, ShapeLoadError
from pyshacl.graph_abstraction import DataGraph as GraphOfData
from pyshacl.graph_abstraction import OxigraphDataGraph
from pyshacl.validator import Validator

from publisher.shacl.compiler import Compiler
from publisher.shacl.form import Form
from publisher.shacl.rdflib_terms import from_engine, plain
from publisher.shacl.writing import NotCompilable

Severity = Literal["info", "warning"]
#: Passes shapes through, and may tell how far it is.
Steps = Callable[[Sequence[Any]], Iterable[Any]]


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
            yield subject, predicate, plain(value)

    def objects(self, subject: Any, predicate: Any, unique: bool = False) -> Any:  # type: ignore[override]
        """Yield objects as pySHACL asks for them; nothing is said of a literal."""
        if isinstance(subject, rdflib.Literal):
            return iter(())
        return map(plain, super().objects(subject, predicate, unique))

    def subject_objects(self, predicate: Any, unique: bool = False) -> Any:  # type: ignore[override]
        """Yield pairs as pySHACL asks for them."""
        for subject, value in super().subject_objects(predicate, unique):
            yield subject, plain(value)

    def predicate_objects(self, subject: Any, unique: bool = False) -> Any:  # type: ignore[override]
        """Yield pairs as pySHACL asks for them."""
        for predicate, value in super().predicate_objects(subject, unique):
            yield predicate, plain(value)


def validate(
    store: ox.Store,
    shapes: rdflib.Graph,
    steps: Steps = iter,
    *,
    allowed: Severity | None = None,
) -> Outcome:
    """Validate what is in the default graph of a store against shapes (SHACL, section 3.4).

    Nothing is imported and nothing is inferred. `steps` is given the shapes to pass through, so
    that it can tell how far the work is. Results up to the severity `allowed` are no departure.
    Memory: the store, what pySHACL makes of the shapes, and about 5 kB for each result. Raises
    UnusableShapes.
    """
    with _refusing():
        return _validated(DataGraph(store), store, shapes, steps, allowed)


def validate_whole(
    data: rdflib.Graph,
    shapes: rdflib.Graph,
    steps: Steps = iter,
    *,
    allowed: Severity | None = None,
) -> Outcome:
    """Validate an rdflib graph by pySHACL alone, which keeps what a store would rewrite.

    The rest is as in `validate`.
    """
    with _refusing():
        return _validated(GraphOfData.from_rdflib(data), None, shapes, steps, allowed)


@contextmanager
def _refusing() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            yield
        except (ConstraintLoadError, ReportableRuntimeError, ShapeLoadError, re.error) as error:
            message = " ".join(str(getattr(error, "message", None) or error).split())
            raise UnusableShapes(message) from None


def _validated(
    data: GraphOfData,
    store: ox.Store | None,
    shapes: rdflib.Graph,
    steps: Steps,
    allowed: Severity | None,
) -> Outcome:
    options = {
        "inplace": True,
        "allow_infos": allowed == "info",
        "allow_warnings": allowed == "warning",
    }
    reference = Validator(data, shacl_graph=shapes, options=options)
    compiler = Compiler(shapes, Form(reference.shacl_graph).check)
    executor = reference.make_executor()
    reports: list[tuple[Any, ...]] = []
    flagged: dict[str, int] = {}
    left: dict[str, str] = {}
    conforms = True
    for shape in steps(list(reference.shacl_graph.shapes)):
        try:
            if store is None:
                raise NotCompilable("the data are in no store")
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
    return [from_engine(each) for each in found]
