"""The reader: sources -> parsed and linted -> graphs, or every finding at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pyoxigraph as ox

from publisher.findings import SourceFault
from publisher.graphs import Graphs
from publisher.lint import Lint
from publisher.progress import MB, Progress
from publisher.publication import Publication
from publisher.saved_queries import read_saved_query, unknown_terms
from publisher.sources import (
    ONTOLOGY,
    SHAPES,
    Source,
    SourceSyntaxError,
    check_layout,
    find_queries,
)
from publisher.vocabulary import Vocabulary


class Reader:
    """Parses the sources, the ontology first, since the lint of the others needs its terms."""

    def __init__(self, publication: Publication, sources: list[Source], progress: Progress) -> None:
        """Take sources in the order in which they are to be read."""
        self._publication = publication
        self._sources = sources
        self._progress = progress
        self._findings = check_layout(publication, sources)

    def graphs(self, folder: Path) -> Graphs:
        """Parse and lint; what is read lies in `folder`. Raises SourceFault with every finding."""
        vocabulary = Vocabulary.of(self._ontology(), self._publication.iris)
        lint = Lint(self._publication, vocabulary)
        shapes: list[ox.Quad] = []

        def dataset() -> Iterator[ox.Quad]:
            size = sum(source.path.stat().st_size for source in self._sources)
            with self._progress.metered("read", size, MB) as passed:
                for kind, quad in self._linted(lint, passed):
                    if kind == SHAPES:
                        shapes.append(quad)
                    else:
                        yield quad
            self._queries(vocabulary)
            if self._findings:
                raise SourceFault(self._findings)
            self._findings += lint.finish()
            if self._findings:
                raise SourceFault(self._findings)

        return Graphs.of(self._publication.iris, dataset(), shapes, folder, self._progress)

    def _ontology(self) -> Iterator[ox.Quad]:
        for source in self._sources:
            if source.kind == ONTOLOGY:
                try:
                    for statement in source.statements():
                        yield statement.quad
                except SourceSyntaxError:
                    return  # told of when the file is read with the others

    def _queries(self, vocabulary: Vocabulary) -> None:
        for path in find_queries(self._publication):
            name = path.relative_to(self._publication.folder)
            saved, findings = read_saved_query(path, name)
            self._findings += findings
            if saved:
                self._findings += unknown_terms(saved, name, vocabulary)

    def _linted(self, lint: Lint, passed: Callable[[int], None]) -> Iterator[tuple[str, ox.Quad]]:
        for source in self._sources:
            try:
                source.check_encoding()
                for statement in source.statements(passed):
                    self._findings += lint.statement(source, statement)
                    yield source.kind, statement.quad
                self._findings += lint.source(source)
            except SourceSyntaxError as error:
                self._findings.append(error.finding)
