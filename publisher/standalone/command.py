"""The command `validate --data F... --shapes F...`: any files, any shapes."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

import pyoxigraph as ox
import rdflib

from publisher.findings import Finding, Place, SourceFault
from publisher.prefixes import WELL_KNOWN, Prefixes
from publisher.progress import Progress
from publisher.shacl.rdflib_terms import as_in_a_store, in_rdflib
from publisher.shacl.validator import Scope, Severity, UnusableShapes, validate, validate_whole
from publisher.standalone.files import Data, has, load, minds, quads, sources
from publisher.standalone.queries import written
from publisher.validation import Report, by_shape, focus_nodes, told

CONFORMS, DEPARTS, FAILED = 0, 1, 2


def run(options: argparse.Namespace) -> int:
    """Validate files; returns the exit code: 0 they conform, 1 they do not, 2 it failed.

    Asked for queries, it writes those.
    """
    prefixes = Prefixes(WELL_KNOWN)
    try:
        if options.queries:
            stated = quads(sources(options.shapes or options.data))
            _write(written(as_in_a_store(stated), prefixes), options)
            return CONFORMS
        report = _report(options, prefixes)
    except SourceFault as fault:
        print(fault, file=sys.stderr)
        return FAILED
    text = {
        "text": lambda: report.as_text(prefixes),
        "turtle": lambda: report.turtle,
        "json": lambda: json.dumps(report.as_mapping(), indent=2) + "\n",
    }[options.format]()
    _write(text, options)
    return CONFORMS if report.conforms else DEPARTS


def _write(text: str, options: argparse.Namespace) -> None:
    if options.output:
        options.output.write_text(text, encoding="utf-8")
    else:
        print(text, end="")


def _report(options: argparse.Namespace, prefixes: Prefixes) -> Report:
    progress = Progress(quiet=options.quiet)
    files = sources(options.data)
    stated = list(quads(sources(options.shapes) if options.shapes else files))
    data = load(files, progress)
    steps = by_shape(progress)
    allowed: Severity | None
    allowed = "warning" if options.allow_warnings else "info" if options.allow_infos else None
    scope = _scope(options, stated, data)
    try:
        shapes = in_rdflib(stated)
        if data.lossy and minds(shapes):
            whole = in_rdflib(quads(files))
            outcome = validate_whole(whole, shapes, steps, allowed=allowed, scope=scope)
        else:
            kept = as_in_a_store(stated)
            outcome = validate(data.store, kept, steps, allowed=allowed, scope=scope)
    except UnusableShapes as error:
        file = (options.shapes or options.data)[0]
        mend = "correct the shape that it names"
        raise SourceFault([Finding(Place(file), "shapes-unusable", str(error), mend)]) from None
    numbers = focus_nodes(data.store, stated)
    if scope.shapes is not None:
        numbers = {name: each for name, each in numbers.items() if name in options.shape}
    return told(outcome, files, numbers, prefixes)


def _scope(options: argparse.Namespace, shapes: Sequence[ox.Quad], data: Data) -> Scope:
    """Return what was asked for. Raises SourceFault for a name that names nothing."""
    known = {quad.subject for quad in shapes}
    faults = [
        (shape, "a shape", options.shapes or options.data)
        for shape in options.shape or ()
        if ox.NamedNode(shape) not in known
    ]
    faults += [
        (node, "in the data", options.data)
        for node in options.focus or ()
        if not has(data.store, ox.NamedNode(node))
    ]
    if faults:
        mend = "correct it; names are written out, as in http://example.org/name"
        raise SourceFault(
            [
                Finding(Place(files[0]), "unknown-name", f"<{name}> is not {what}", mend)
                for name, what, files in faults
            ]
        )
    return Scope(
        options.shape and frozenset(map(rdflib.URIRef, options.shape)),
        options.focus and list(map(rdflib.URIRef, options.focus)),
    )
