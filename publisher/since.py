"""Validation of sources since a release: only what the edits since then can reach."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pyoxigraph as ox
import rdflib
from rdflib.namespace import SH

from publisher.edition import Edition
from publisher.findings import SourceFault
from publisher.graphs import canonical
from publisher.prefixes import Prefixes
from publisher.publication import Publication
from publisher.release import REPORT, DamagedRelease
from publisher.shacl.rdflib_terms import as_in_a_store
from publisher.shacl.reach import Reach
from publisher.shacl.revalidator import Findings, revalidate, with_targets
from publisher.sources import SHAPES, Source, SourceSyntaxError, find_sources
from publisher.terms import Term, bare, bare_triples, beyond_rdf_1_1

if TYPE_CHECKING:
    from publisher.validation import Report


@dataclass(frozen=True)
class Since:
    """What has changed since a release, and what is wrong by it."""

    store: ox.Store
    """The data as they are now, in its default graph."""
    sources: list[Source]
    shapes: list[ox.Quad]
    graph: rdflib.Graph
    """The shapes."""
    statements: int
    """How many statements only the release has, or only the sources."""
    findings: Findings | None
    """None where the shapes have changed, so that all is to be validated."""

    def report(self, prefixes: Prefixes) -> Report:
        """Return the report, which is that of a validation of everything."""
        # Only here, since most edits are right, and pySHACL takes half a second to start.
        from publisher.shacl.validator import validate
        from publisher.validation import focus_nodes, told

        assert self.findings is not None
        outcome = validate(self.store, self.graph, find=self.findings.find)
        return told(outcome, self.sources, focus_nodes(self.store, self.shapes), prefixes)

    def summary(self, release: str) -> str:
        """Say how much was looked at."""
        assert self.findings is not None
        reached = self.findings.reached
        nodes = sum(number for number in reached.values() if number is not None)
        whole = sum(number is None for number in reached.values()) + len(self.findings.left)
        every = f", and all those of {_counted(whole, 'shape')}" if whole else ""
        return (
            f"{_counted(self.statements, 'statement')} changed since {release}: "
            f"{_counted(nodes, 'focus node')} within reach{every}.\n"
        )


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def since(publication: Publication, folder: Path) -> Since:
    """Compare sources with a release, and query what the difference can reach.

    The sources are parsed, not linted. Memory: a store and the lines of both (1.2 GB for a million
    statements). Raises SourceFault for what does not parse and DamagedRelease for a folder without
    a release.
    """
    edition = Edition.read(folder)
    sources = find_sources(publication)
    shapes = canonical(
        quad for source in sources if source.kind == SHAPES for quad in _parsed(source)
    )
    now = _merged(source for source in sources if source.kind != SHAPES)
    released = edition.path(f"dumps/{edition.name}.nt")
    if not released.is_file():
        raise DamagedRelease(f"{released} is missing; there is nothing to compare with")
    before = set(released.read_bytes().splitlines(keepends=True))
    gone, changed = _triples(before - now), _triples(now - before)
    del before
    store, graph, findings = _store(now), as_in_a_store(shapes), None
    if _lines(shapes) == _lines(_released_shapes(edition)):
        lost = [ox.Quad(*bare(triple)) for triple in gone]
        store.extend(lost)
        reach = Reach(graph, store, [*changed, *gone], _reported(edition))
        reached = {shape: reach.focus_nodes(shape) for shape in with_targets(graph)}
        for quad in lost:
            store.remove(quad)
        findings = revalidate(store, graph, reached)
    return Since(store, sources, shapes, graph, len(changed) + len(gone), findings)


def _parsed(source: Source) -> list[ox.Quad]:
    try:
        quads = [
            quad if isinstance(quad, ox.Quad) else ox.Quad(*quad)
            for quad in ox.parse(
                path=source.path, format=source.form.oxigraph, rename_blank_nodes=True
            )
        ]
        if not any(beyond_rdf_1_1(quad) for quad in quads):
            return quads
    except (SyntaxError, ValueError):
        pass
    try:
        return [statement.quad for statement in source.statements()]  # which tells the line
    except SourceSyntaxError as error:
        raise SourceFault([error.finding]) from None


def _merged(sources: Iterable[Source]) -> set[bytes]:
    """Return the lines of all statements as one graph; blank nodes are named as in a release."""
    lines: set[bytes] = set()
    nameless: list[ox.Quad] = []
    for source in sources:
        graph = ox.NamedNode(source.graph)
        quads = _parsed(source)
        nameless += (
            quad if isinstance(quad.graph_name, ox.NamedNode) else ox.Quad(*bare(quad), graph)
            for quad in quads
            if _has_blank_node(quad)
        )
        lines.update(_lines(quad for quad in quads if not _has_blank_node(quad)))
    lines.update(_lines(canonical(nameless)))
    return lines


def _has_blank_node(quad: ox.Quad) -> bool:
    return isinstance(quad.subject, ox.BlankNode) or isinstance(quad.object, ox.BlankNode)


def _lines(quads: Iterable[ox.Quad]) -> list[bytes]:
    written = ox.serialize((quad.triple for quad in quads), format=ox.RdfFormat.N_TRIPLES)
    assert written is not None
    return written.splitlines(keepends=True)


def _triples(lines: Iterable[bytes]) -> list[ox.Triple]:
    parsed = ox.parse(b"".join(lines), ox.RdfFormat.N_TRIPLES, lenient=True)
    return [ox.Triple(*bare(statement)) for statement in parsed]


def _store(lines: Iterable[bytes]) -> ox.Store:
    """Return a store with lines in its default graph."""
    store = ox.Store()
    named = b"".join(line for line in lines if b"_:" not in line)
    store.bulk_load(named, ox.RdfFormat.N_TRIPLES, lenient=True)
    # The loader gives blank nodes other labels.
    store.extend(
        ox.Quad(*bare(triple)) for triple in _triples(line for line in lines if b"_:" in line)
    )
    return store


def _released_shapes(edition: Edition) -> list[ox.Quad]:
    path = edition.path(f"dumps/{edition.name}-shapes.ttl")
    if not path.is_file():
        return []
    return canonical(ox.Quad(*bare(statement)) for statement in ox.parse(path=path))


def _reported(edition: Edition) -> list[Term]:
    """Return the focus nodes of the results that a release was published with."""
    path = edition.path(f"{REPORT}/validation.ttl")
    if not path.is_file():
        return []
    statements = bare_triples(ox.parse(path=path, rename_blank_nodes=True))
    return [node for _, property_, node in statements if property_.value == str(SH.focusNode)]
