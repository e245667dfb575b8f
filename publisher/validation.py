"""SHACL validation of sources, and its report in words that lead to the line to change."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import rdflib
from rdflib.namespace import RDF, SH

from publisher.findings import Finding, Place, SourceFault
from publisher.graphs import canonical
from publisher.prefixes import WELL_KNOWN, Prefixes
from publisher.progress import Progress
from publisher.shacl import validator as shacl
from publisher.shacl.rdflib_terms import as_in_a_store
from publisher.shacl.validator import Outcome, Steps, UnusableShapes
from publisher.sources import SHAPES, Source
from publisher.terms import bare, bare_triples
from publisher.turtle import turtle

_SEVERITIES = {SH.Violation: "violation", SH.Warning: "warning", SH.Info: "info"}
_FOCUS_NODES = """
SELECT ?shape (COUNT(DISTINCT ?focus) AS ?count) {
  GRAPH <x:shapes> {
    ?shape sh:targetClass|sh:targetNode|sh:targetSubjectsOf|sh:targetObjectsOf ?target
  }
  OPTIONAL {
    { GRAPH <x:shapes> { ?shape sh:targetClass ?class } ?focus a/rdfs:subClassOf* ?class }
    UNION { GRAPH <x:shapes> { ?shape sh:targetNode ?focus } }
    UNION { GRAPH <x:shapes> { ?shape sh:targetSubjectsOf ?property } ?focus ?property ?any }
    UNION { GRAPH <x:shapes> { ?shape sh:targetObjectsOf ?property } ?any ?property ?focus }
  }
} GROUP BY ?shape ORDER BY ?shape"""


@dataclass(frozen=True)
class Result:
    """One result of a validation, and the line of the sources that it is about."""

    focus_node: str
    path: str | None
    value: str | None
    shape: str
    component: str
    severity: str
    message: str
    file: str | None = None
    line: int | None = None


@dataclass(frozen=True)
class Report:
    """A validation report: what was found, for machines and in words."""

    conforms: bool
    """Whether there is no result at all, of whatever severity (SHACL, section 3.4)."""
    results: list[Result]
    focus_nodes: dict[str, int]
    """How many focus nodes each shape with a target has; zero means that it proves nothing."""
    turtle: str
    left: dict[str, str] = field(default_factory=dict)
    """Shapes that pySHACL took as a whole, which takes longer, each with why."""

    @property
    def stops(self) -> bool:
        """Whether there is a violation, which stops a build; a warning does not."""
        return any(result.severity == "violation" for result in self.results)

    def findings(self, prefixes: Prefixes, severity: str = "violation") -> list[Finding]:
        """Return the results of one severity as findings."""
        chosen = [result for result in self.results if result.severity == severity]
        return [_finding(result, prefixes) for result in chosen]

    def as_mapping(self) -> dict[str, Any]:
        """Return the report for JSON."""
        return {
            "conforms": self.conforms,
            "results": [asdict(result) for result in self.results],
            "focus_nodes": self.focus_nodes,
            "left_to_pyshacl": self.left,
        }

    def as_text(self, prefixes: Prefixes) -> str:
        """Return the report for people: which thing, which line, which rule, what to write."""
        verdict = "conforms to the shapes" if self.conforms else "departs from the shapes"
        lines = [f"The data {verdict}: {len(self.focus_nodes)} shapes with targets."]
        for severity in _SEVERITIES.values():
            findings = sorted(self.findings(prefixes, severity))
            if findings:
                lines.append(f"\n{severity}: {len(findings)}")
                lines += [str(finding) for finding in findings]
        idle = [iri for iri, count in self.focus_nodes.items() if count == 0]
        if idle:
            lines.append("\nShapes without a focus node, which prove nothing:")
            lines += [f"  {prefixes.name(iri)}" for iri in idle]
        if self.left:
            lines.append("\nLeft to pySHACL as a whole:")
            lines += [f"  {prefixes.name(iri)}: {why}" for iri, why in sorted(self.left.items())]
        return "\n".join(lines) + "\n"


def validate(
    data: Callable[[], ox.Store],
    shapes: list[ox.Quad],
    sources: Iterable[Source],
    prefixes: Prefixes,
    progress: Progress,
) -> Report:
    """Validate what is in the default graph of a store against shapes (SHACL, section 3.4).

    `data` is only asked for if there are shapes. The ontology is part of it, so that sh:class sees
    the hierarchy of classes; nothing is imported and nothing is inferred. Raises SourceFault for
    shapes that cannot be used.
    """
    if not shapes:
        return Report(True, [], {}, _report_turtle(_empty_report(), prefixes))
    store = data()
    try:
        outcome = shacl.validate(store, as_in_a_store(shapes), by_shape(progress))
    except UnusableShapes as error:
        raise _unusable(error) from None
    numbers = progress.run("count focus nodes", lambda: focus_nodes(store, shapes))
    return told(outcome, sources, numbers, prefixes)


def by_shape(progress: Progress) -> Steps:
    """Return what tells of a validation shape by shape."""
    return lambda shapes: progress.step("validate", shapes, len(shapes), "shapes")


def told(
    outcome: Outcome, sources: Iterable[Source], focus_nodes: dict[str, int], prefixes: Prefixes
) -> Report:
    """Return the report of an outcome, with the lines of the sources that its results are about."""
    report = outcome.report
    results = sorted(_results(report), key=lambda result: tuple(map(str, asdict(result).values())))
    located = _locate(results, sources) if results else []
    text = _report_turtle(report, prefixes)
    return Report(outcome.conforms, located, focus_nodes, text, outcome.left)


def _unusable(error: UnusableShapes) -> SourceFault:
    """Tell of shapes that cannot be used; the message names the shape."""
    mend = "correct the shape; 'sh:path', 'sh:pattern' and lists are the usual places"
    return SourceFault([Finding(Place(Path(SHAPES)), "shapes-unusable", str(error), mend)])


def _empty_report() -> rdflib.Graph:
    report = rdflib.Graph()
    node = rdflib.BNode()
    report.add((node, RDF.type, SH.ValidationReport))
    report.add((node, SH.conforms, rdflib.Literal(True)))
    return report


def _report_turtle(report: rdflib.Graph, prefixes: Prefixes) -> str:
    parsed = ox.parse(report.serialize(format="nt").encode(), ox.RdfFormat.N_TRIPLES)
    quads = canonical(ox.Quad(t.subject, t.predicate, t.object) for t in parsed)
    return turtle(bare_triples(quads), prefixes)


def _results(report: rdflib.Graph) -> Iterable[Result]:
    for node in report.objects(None, SH.result):

        def one(property_: rdflib.URIRef, node: rdflib.term.Node = node) -> Any:
            return report.value(node, property_)

        path, value = one(SH.resultPath), one(SH.value)
        messages = sorted(str(message) for message in report.objects(node, SH.resultMessage))
        yield Result(
            focus_node=str(one(SH.focusNode)),
            path=str(path) if isinstance(path, rdflib.URIRef) else None,
            value=None if value is None else str(value),
            shape=_shape_name(one(SH.sourceShape), report),
            component=str(one(SH.sourceConstraintComponent)),
            severity=_SEVERITIES.get(one(SH.resultSeverity), "violation"),
            message=" / ".join(messages),
        )


def _shape_name(shape: rdflib.term.Node, report: rdflib.Graph) -> str:
    """Name a shape; one without an IRI has a label that changes from run to run."""
    if isinstance(shape, rdflib.BNode):
        path = report.value(shape, SH.path)
        return f"a shape without a name{f' on <{path}>' if path else ''}"
    return str(shape)


def _locate(results: list[Result], sources: Iterable[Source]) -> list[Result]:
    """Find the line of each result: of the value, else of the property, else of the thing.

    The sources are read once more, only now that something is wrong, so that a build without
    faults keeps no table of lines.
    """
    nodes = {result.focus_node for result in results}
    places: dict[tuple[str, str | None, str | None], tuple[str, int]] = {}
    for source in sources:
        if source.kind == SHAPES:
            continue
        for statement in source.statements():
            subject, predicate, value = (term.value for term in bare(statement.quad))
            if subject in nodes:
                place = (source.name.as_posix(), statement.line)
                places.setdefault((subject, None, None), place)
                places.setdefault((subject, predicate, None), place)
                places.setdefault((subject, predicate, value), place)
    located: list[Result] = []
    for result in results:
        node, path = result.focus_node, result.path
        keys = ((node, path, result.value), (node, path, None), (node, None, None))
        found = next((places[key] for key in keys if key in places), None)
        located.append(replace(result, file=found[0], line=found[1]) if found else result)
    return located


def _finding(result: Result, prefixes: Prefixes) -> Finding:
    name = prefixes.name
    about = f" {name(result.path)}" if result.path else ""
    value = f' "{result.value}"' if result.value is not None else ""
    component = result.component.rpartition("#")[2]
    place = Place(Path(result.file or "data"), result.line or 0)
    shape = _shown(result.shape, prefixes)
    fault = f"{name(result.focus_node)}{about}{value} breaks {shape} ({component})"
    return Finding(place, "shape", fault, result.message or "see the shape")


def _shown(shape: str, prefixes: Prefixes) -> str:
    return prefixes.name(shape) if ":" in shape.split(" ")[0] else shape


def focus_nodes(store: ox.Store, shapes: Iterable[ox.Quad]) -> dict[str, int]:
    """Count the focus nodes of each shape with a target.

    The shapes are in the store meanwhile, in a graph of their own.
    """
    graph = ox.NamedNode("x:shapes")
    store.extend(ox.Quad(*triple, graph) for triple in bare_triples(shapes))
    prefixes = {name: WELL_KNOWN[name] for name in ("sh", "rdfs")}
    try:
        solutions = store.query(_FOCUS_NODES, prefixes=prefixes)
        assert isinstance(solutions, ox.QuerySolutions)
        return {row["shape"].value: int(row["count"].value) for row in solutions}
    finally:
        store.remove_graph(graph)
