"""Source files: which there are, and the statements in them with the line each stands on."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO, Final, cast

import pyoxigraph as ox

from publisher.findings import Finding, Place
from publisher.formats import SOURCE_FORMS, RdfForm, form_by_suffix
from publisher.terms import beyond_rdf_1_1

if TYPE_CHECKING:
    from publisher.publication import Publication

DATA, ONTOLOGY, SHAPES = "data", "ontology", "shapes"
_BLOCK: Final = 1 << 20


@dataclass(frozen=True)
class Statement:
    """A quad and the line of the source on which its object ends."""

    quad: ox.Quad
    line: int


class SourceSyntaxError(Exception):
    """A source file cannot be parsed; carries the finding."""

    def __init__(self, finding: Finding) -> None:
        self.finding = finding
        super().__init__(str(finding))


@dataclass(frozen=True)
class Source:
    """One file of RDF in data/, ontology/ or shapes/."""

    path: Path
    name: Path
    """The path as findings show it: relative to the publication's folder."""
    kind: str
    form: RdfForm
    graph: str
    """Name of the graph that triples without a graph of their own belong to."""
    base: str | None = None
    """What relative IRIs are resolved against; None where there should be none."""

    def text(self) -> str:
        """Return the file's text. Raises SourceSyntaxError if it is not UTF-8."""
        return "".join(self._decoded())

    def check_encoding(self) -> None:
        """Read the file in blocks. Raises SourceSyntaxError if it is not UTF-8."""
        for _ in self._decoded():
            pass

    def _decoded(self) -> Iterator[str]:
        decoder = codecs.getincrementaldecoder("utf-8")()
        line = 1
        for block in self.blocks():
            try:
                yield decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                # What the decoder held back of the block before is part of what it looked at.
                line += error.object.count(b"\n", 0, error.start)
                mend = "save the file as UTF-8"
                finding = Finding(Place(self.name, line), "encoding", "this is not UTF-8", mend)
                raise SourceSyntaxError(finding) from None
            line += block.count(b"\n")

    def blocks(self) -> Iterator[bytes]:
        """Yield the bytes of the file in blocks, the last of which is empty."""
        with self.path.open("rb") as file:
            while block := file.read(_BLOCK):
                yield block
        yield b""

    def statements(self, passed: Callable[[int], None] | None = None) -> Iterator[Statement]:
        """Parse the file from beginning to end in constant memory; `passed` is told bytes read.

        Blank node labels are made unique, so that files never share one. Raises SourceSyntaxError.
        """
        graph = ox.NamedNode(self.graph)
        with self.path.open("rb") as file:
            lines = _LineReader(file, passed)
            try:
                for quad in ox.parse(
                    cast(IO[bytes], lines),
                    self.form.oxigraph,
                    base_iri=self.base,
                    rename_blank_nodes=True,
                ):
                    if isinstance(quad, ox.Triple) or isinstance(quad.graph_name, ox.DefaultGraph):
                        quad = ox.Quad(quad.subject, quad.predicate, quad.object, graph)
                    if beyond := beyond_rdf_1_1(quad):
                        raise SourceSyntaxError(self._beyond_finding(beyond, lines.line))
                    yield Statement(quad, lines.line)
            except (SyntaxError, ValueError) as error:
                raise SourceSyntaxError(self._syntax_finding(error, lines.line)) from None

    def _beyond_finding(self, what: str, line: int) -> Finding:
        fault = f"{what} is RDF 1.2; sources are RDF 1.1"
        mend = "make a relation a thing with an IRI of its own; leave out base directions"
        return Finding(Place(self.name, line), "rdf-1-2", fault, mend)

    def _syntax_finding(self, error: Exception, line: int) -> Finding:
        message = error.msg if isinstance(error, SyntaxError) else str(error)
        line = (error.lineno if isinstance(error, SyntaxError) else None) or line
        mend = f"correct the {self.form.label} near this line, then build again"
        if "prefix" in message and "not been declared" in message:
            mend = "declare the prefix at the top of the file with '@prefix', or correct its name"
            return Finding(Place(self.name, line), "undeclared-prefix", message, mend)
        return Finding(Place(self.name, line), "syntax", message, mend)


class _LineReader:
    """Feeds a parser one line at a time, so that `line` is where the parser stands.

    Oxigraph's parsers tell the line of an error only; by never giving them more than a line they
    cannot run ahead. Costs a quarter of the parsing speed (390,000 instead of 520,000 triples/s).
    """

    def __init__(self, file: BinaryIO, passed: Callable[[int], None] | None = None) -> None:
        self._file = file
        self._passed = passed
        self._read = 0
        self._ended = True
        self.line = 0

    def read(self, size: int = -1) -> bytes:
        piece = self._file.readline(size)
        self._read += len(piece)
        if self._passed and (self._read >= _BLOCK or not piece):
            self._passed(self._read)
            self._read = 0
        if piece:
            self.line += self._ended
            self._ended = piece.endswith(b"\n")
        return piece


def find_sources(publication: Publication) -> list[Source]:
    """Return the RDF files of data/, ontology/ and shapes/, sorted by name."""
    found: list[Source] = []
    for kind in (DATA, ONTOLOGY, SHAPES):
        folder = publication.folder / kind
        for path in sorted(folder.iterdir()) if folder.is_dir() else []:
            form = form_by_suffix(path.suffix.removeprefix("."))
            if form in SOURCE_FORMS and path.is_file() and not path.name.startswith("."):
                assert form is not None
                stem = path.stem if kind == DATA else kind
                name = path.relative_to(publication.folder)
                found.append(Source(path, name, kind, form, publication.iris.graph(stem)))
    return found


def find_queries(publication: Publication) -> list[Path]:
    """Return the saved queries (queries/*.rq), sorted by name."""
    folder = publication.folder / "queries"
    return sorted(folder.glob("*.rq")) if folder.is_dir() else []


def check_layout(publication: Publication, sources: list[Source]) -> list[Finding]:
    """Return findings on the set of files: no data, two files for one graph, unknown suffixes."""
    findings: list[Finding] = []
    data = [source for source in sources if source.kind == DATA]
    if not data:
        suffixes = ", ".join(f".{form.suffix}" for form in SOURCE_FORMS)
        findings.append(
            Finding(
                Place(Path(DATA)),
                "no-data",
                "there is nothing to publish",
                f"put at least one file ({suffixes}) in {publication.folder / DATA}",
            )
        )
    by_graph: dict[str, Source] = {}
    for source in data:
        first = by_graph.setdefault(source.graph, source)
        if first is not source and not (first.form.dataset and source.form.dataset):
            findings.append(
                Finding(
                    Place(source.name),
                    "shared-graph",
                    f"this file and {first.name} are both the graph <{source.graph}>",
                    "rename one of them or put their statements into one file",
                )
            )
        if source.path.stem in (ONTOLOGY, SHAPES):
            findings.append(
                Finding(
                    Place(source.name),
                    "reserved-name",
                    f"the graph <{source.graph}> is kept for the publication's own {source.kind}",
                    f"rename the file; only files in {source.path.stem}/ go into that graph",
                )
            )
    return findings
