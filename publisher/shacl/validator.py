"""Validation: queries flag what violates a shape, and pySHACL reports on what is flagged."""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, Literal

import pyoxigraph as ox
import rdflib
from pyshacl.errors import ConstraintLoadError, ReportableRuntimeError, ShapeLoadError
from pyshacl.graph_abstraction import DataGraph as GraphOfData
from pyshacl.shape import Shape
from pyshacl.shapes_graph import ShapesGraph
from pyshacl.validator import Validator

from publisher.shacl.compiler import Compiler
from publisher.shacl.components import sparql
from publisher.shacl.data_graph import DataGraph, copied
from publisher.shacl.flagging import flagged
from publisher.shacl.form import Form
from publisher.shacl.specified import specified
from publisher.shacl.writing import NotCompilable

Severity = Literal["info", "warning"]
#: Passes shapes through, and may tell how far it is.
Steps = Callable[[Sequence[Any]], Iterable[Any]]
#: Returns the focus nodes that violate a shape, or raises NotCompilable.
Find = Callable[[rdflib.term.Node], list[rdflib.term.Node]]


class UnusableShapes(Exception):
    """Shapes that cannot be used; the text names the shape."""


@dataclass(frozen=True)
class Scope:
    """A part of what there is to validate; None stands for all."""

    shapes: Collection[rdflib.term.Node] | None = None
    """Shapes that are asked, of those with targets."""
    focus: Sequence[rdflib.term.Node] | None = None
    """Focus nodes that are looked at, of those that shapes target."""


@dataclass(frozen=True)
class Outcome:
    """A validation report (SHACL, section 3.6), and how it came about."""

    conforms: bool
    report: rdflib.Graph
    flagged: dict[str, int]
    """How many focus nodes the queries flagged, by shape, where they flagged any."""
    left: dict[str, str]
    """Shapes that pySHACL took as a whole, each with why."""


def validate(
    store: ox.Store,
    shapes: rdflib.Graph,
    steps: Steps = iter,
    *,
    allowed: Severity | None = None,
    find: Find | None = None,
    scope: Scope = Scope(),
) -> Outcome:
    """Validate what is in the default graph of a store against shapes (SHACL, section 3.4).

    Nothing is imported and nothing is inferred. `steps` is given the shapes to pass through, so
    that it can tell how far the work is. Results up to the severity `allowed` are no departure.
    `find` takes the place of the queries: it knows what each shape flags within the scope.
    Memory: the store, what pySHACL makes of the shapes, and about 5 kB for each result. Raises
    UnusableShapes.
    """
    with _refusing(), specified():
        return _validated(DataGraph(store), store, shapes, steps, allowed, scope, find)


def validate_whole(
    data: rdflib.Graph,
    shapes: rdflib.Graph,
    steps: Steps = iter,
    *,
    allowed: Severity | None = None,
    scope: Scope = Scope(),
) -> Outcome:
    """Validate an rdflib graph by pySHACL alone, which keeps what a store would rewrite.

    The rest is as in `validate`.
    """
    with _refusing(), specified():
        return _validated(GraphOfData.from_rdflib(data), None, shapes, steps, allowed, scope)


@contextmanager
def _refusing() -> Iterator[None]:
    """Say of whatever pySHACL stumbles over that the shapes cannot be used."""
    with warnings.catch_warnings(), _without_traces():
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.filterwarnings("ignore", "Parsing weird boolean")
        try:
            yield
        except (ConstraintLoadError, ReportableRuntimeError, ShapeLoadError, re.error) as error:
            message = " ".join(str(getattr(error, "message", None) or error).split())
            raise UnusableShapes(message) from None
        except MemoryError:
            raise
        except Exception as error:  # it raises whatever its code runs into
            raise UnusableShapes(f"pySHACL fails with {type(error).__name__}: {error}") from error


@contextmanager
def _without_traces() -> Iterator[None]:
    """Keep rdflib from logging a trace for each ill-formed literal, of which the report tells."""
    log = logging.getLogger("rdflib.term")
    before = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(before)


class _Reference:
    """PySHACL, which reports on focus nodes."""

    def __init__(
        self,
        data: GraphOfData,
        store: ox.Store | None,
        shapes: rdflib.Graph,
        allowed: Severity | None,
    ) -> None:
        options = {
            "inplace": True,
            "allow_infos": allowed == "info",
            "allow_warnings": allowed == "warning",
        }
        self._validator = Validator(data, shacl_graph=shapes, options=options)
        self._executor = self._validator.make_executor()
        self._store = store
        self._results: list[tuple[Any, ...]] = []
        self._conforms = True
        self.shapes: ShapesGraph = self._validator.shacl_graph

    def validate(self, shape: Shape, focus: list[Any]) -> None:
        """Validate focus nodes on the store."""
        self._validate(shape, self._validator.data_graph, focus)

    def validate_whole(self, shape: Shape, among: Sequence[rdflib.term.Node] | None) -> None:
        """Validate all that a shape targets, or those of some nodes.

        Queries of shapes are not put to the store, on which pySHACL 0.40 pre-binds variables in
        the outermost group only, and none that a query does not return.
        """
        asks = self._store is not None and sparql.asks(self.shapes.graph, shape.node)
        data = self._in_rdflib if asks else self._validator.data_graph
        if among is None:
            self._validate(shape, data, None)
            return
        targets: set[Any] = set(shape.focus_nodes(data))  # type: ignore[no-untyped-call]
        if focus := [node for node in among if node in targets]:
            self._validate(shape, data, focus)

    def _validate(self, shape: Shape, data: GraphOfData, focus: list[Any] | None) -> None:
        conforms, results = shape.validate(self._executor, data, focus=focus)
        self._conforms = self._conforms and conforms
        self._results += results

    @cached_property
    def _in_rdflib(self) -> GraphOfData:
        assert self._store is not None
        return GraphOfData.from_rdflib(copied(self._store))

    def report(self) -> tuple[bool, rdflib.Graph]:
        """Return whether all was right, and the report on it."""
        report, _ = self._validator.create_validation_report(
            self.shapes, self._conforms, self._results
        )
        return self._conforms, report


def _validated(
    data: GraphOfData,
    store: ox.Store | None,
    shapes: rdflib.Graph,
    steps: Steps,
    allowed: Severity | None,
    scope: Scope,
    find: Find | None = None,
) -> Outcome:
    reference = _Reference(data, store, shapes, allowed)
    if find is None and store is not None:
        compiler = Compiler(shapes, Form(reference.shapes).check)
        find = partial(flagged, store, compiler, among=scope.focus)
    numbers: dict[str, int] = {}
    left: dict[str, str] = {}
    chosen = [
        shape
        for shape in reference.shapes.shapes
        if scope.shapes is None or shape.node in scope.shapes
    ]
    for shape in steps(chosen):
        try:
            if find is None:
                raise NotCompilable("the data are in no store")
            focus = find(shape.node)
        except NotCompilable as error:
            left[str(shape.node)] = str(error)
            reference.validate_whole(shape, scope.focus)
        else:
            if focus:
                numbers[str(shape.node)] = len(focus)
                reference.validate(shape, focus)
    return Outcome(*reference.report(), numbers, left)
