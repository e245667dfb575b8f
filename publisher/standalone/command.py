"""The command `validate --data F... --shapes F...`: any files, any shapes."""

from __future__ import annotations

import argparse
import json
import sys

from publisher.findings import Finding, Place, SourceFault
from publisher.prefixes import WELL_KNOWN, Prefixes
from publisher.progress import Progress
from publisher.shacl.rdflib_terms import as_in_a_store, in_rdflib
from publisher.shacl.validator import Severity, UnusableShapes, validate, validate_whole
from publisher.standalone.files import load, minds, quads, sources
from publisher.validation import Report, by_shape, focus_nodes, told

CONFORMS, DEPARTS, FAILED = 0, 1, 2


def run(options: argparse.Namespace) -> int:
    """Validate files; returns the exit code: 0 they conform, 1 they do not, 2 it failed."""
    prefixes = Prefixes(WELL_KNOWN)
    try:
        report = _report(options, prefixes)
    except SourceFault as fault:
        print(fault, file=sys.stderr)
        return FAILED
    text = {
        "text": lambda: report.as_text(prefixes),
        "turtle": lambda: report.turtle,
        "json": lambda: json.dumps(report.as_mapping(), indent=2) + "\n",
    }[options.format]()
    if options.output:
        options.output.write_text(text, encoding="utf-8")
    else:
        print(text, end="")
    return CONFORMS if report.conforms else DEPARTS


def _report(options: argparse.Namespace, prefixes: Prefixes) -> Report:
    progress = Progress(quiet=options.quiet)
    files = sources(options.data)
    stated = list(quads(sources(options.shapes) if options.shapes else files))
    data = load(files, progress)
    steps = by_shape(progress)
    allowed: Severity | None
    allowed = "warning" if options.allow_warnings else "info" if options.allow_infos else None
    try:
        shapes = in_rdflib(stated)
        if data.lossy and minds(shapes):
            whole = in_rdflib(quads(files))
            outcome = validate_whole(whole, shapes, steps, allowed=allowed)
        else:
            outcome = validate(data.store, as_in_a_store(stated), steps, allowed=allowed)
    except UnusableShapes as error:
        file = (options.shapes or options.data)[0]
        mend = "correct the shape that it names"
        raise SourceFault([Finding(Place(file), "shapes-unusable", str(error), mend)]) from None
    return told(outcome, files, focus_nodes(data.store, stated), prefixes)
