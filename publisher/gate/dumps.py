"""Sources and dumps, read back by two parsers: Oxigraph and rdflib, which share no code.

Every plain dump is read in the form it has and its canonical hash (RDFC-1.0) compared with that of
the part of the dataset that it is of; a packed dump must unpack to the plain one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyoxigraph as ox
import rdflib
from rdflib.graph import DATASET_DEFAULT_GRAPH_ID

from publisher.edition import Edition
from publisher.formats import JSON_LD, N_QUADS, RDF_XML, RdfForm, form_by_suffix
from publisher.gate.disagreement import Disagreement
from publisher.limits import GATE_TRIPLES
from publisher.packing import BROKEN, packing_of, plain_name
from publisher.publication import Publication
from publisher.release import DEFAULT
from publisher.sources import SHAPES, find_sources
from publisher.verify.contents import Contents, DatasetContents, contents, dataset_contents

_BLOCK: Final = 1 << 20
#: What rdflib calls a form otherwise than its suffix.
_RDFLIB: Final = {RDF_XML: "xml", JSON_LD: "json-ld", N_QUADS: "nquads"}


@dataclass(frozen=True)
class Expected:
    """What a release holds, by its canonical N-Quads: the dataset, its merge, its graphs."""

    dataset: DatasetContents

    @classmethod
    def of(cls, edition: Edition) -> Expected:
        """Read the canonical N-Quads of a release."""
        with edition.quads_path.open("rb") as file:
            return cls(dataset_contents(ox.parse(file, ox.RdfFormat.N_QUADS)))

    def part(self, graph: str) -> Contents | None:
        """Return the contents of a graph or, for `default`, of the merge of all."""
        return self.dataset.merge if graph == DEFAULT else self.dataset.graphs.get(graph)


def check_manifest(edition: Edition, expected: Expected) -> Iterator[Disagreement]:
    """Compare the numbers and the hash of the manifest."""
    found = expected.dataset
    pairs: list[tuple[str, object, object]] = [
        ("canonical_sha256", edition.canonical_sha256, found.whole.sha256),
        ("counts.quads", edition.quads, found.whole.statements),
        ("counts.triples", edition.triples, found.merge.statements),
    ]
    for name in sorted(edition.graphs.keys() | found.graphs.keys()):
        part = found.graphs.get(name)
        pairs.append((name, edition.graphs.get(name, 0), part.statements if part else 0))
    for name, said, is_ in pairs:
        if said != is_:
            yield Disagreement("manifest.json", f"{name} is {said}, and there is {is_}")


def check_sources(publication: Publication, expected: Expected) -> Iterator[Disagreement]:
    """Compare what the sources say, parsed once more without any of the build's steps."""
    quads = (
        statement.quad
        for source in find_sources(publication)
        if source.kind != SHAPES
        for statement in source.statements()
    )
    yield from _compared("the sources", expected.dataset, dataset_contents(quads))


def check_dumps(
    edition: Edition, expected: Expected, processes: Executor
) -> Iterator[Disagreement]:
    """Read every dump back with both parsers and compare; raises nothing for a broken one.

    rdflib is spared those of more than GATE_TRIPLES, which it would hold in memory.
    """
    running: list[Future[list[Disagreement]]] = []
    plain = {file.path: file for file in edition.files if not packing_of(file.path)}
    for file in edition.files:
        path = edition.path(file.path)
        if packing_of(file.path):
            digest = plain[plain_name(file.path)].sha256
            running.append(processes.submit(_check_packed, path, digest))
            continue
        form = form_by_suffix(path.suffix.removeprefix("."))
        if form is None or (file.graph is None and not _is_dataset(edition, path, form)):
            continue  # the ontology of others, links, shapes: no part of the dataset
        part = expected.part(file.graph) if file.graph is not None else None
        wanted = part if file.graph is not None else expected.dataset
        size = part.statements if part is not None else expected.dataset.whole.statements
        running += [
            processes.submit(_check, path, file.graph, wanted, parser)
            for parser in _READERS
            if parser != "rdflib" or size <= GATE_TRIPLES
        ]
    for each in running:
        yield from each.result()


def with_oxigraph(path: Path, form: RdfForm) -> Iterator[ox.Quad]:
    """Yield the statements of a file as Oxigraph reads them. Raises SyntaxError."""
    with path.open("rb") as file:
        yield from ox.parse(file, form.oxigraph)


def with_rdflib(path: Path, form: RdfForm) -> Iterator[ox.Quad]:
    """Yield the statements of a file as rdflib reads them, literals as they are written."""
    before, rdflib.NORMALIZE_LITERALS = rdflib.NORMALIZE_LITERALS, False
    try:
        dataset = rdflib.Dataset()
        dataset.parse(path, format=_RDFLIB.get(form, form.suffix))
        for subject, predicate, value, graph in dataset.quads():
            nowhere = graph in (None, DATASET_DEFAULT_GRAPH_ID)
            name = ox.DefaultGraph() if nowhere else ox.NamedNode(str(graph))
            yield ox.Quad(_node(subject), ox.NamedNode(str(predicate)), _term(value), name)
    finally:
        rdflib.NORMALIZE_LITERALS = before


def _node(term: object) -> ox.NamedNode | ox.BlankNode:
    return ox.BlankNode(str(term)) if isinstance(term, rdflib.BNode) else ox.NamedNode(str(term))


def _term(term: object) -> ox.NamedNode | ox.BlankNode | ox.Literal:
    if not isinstance(term, rdflib.Literal):
        return _node(term)
    if term.language:
        return ox.Literal(str(term), language=term.language)
    datatype = ox.NamedNode(str(term.datatype)) if term.datatype else None
    return ox.Literal(str(term), datatype=datatype)


_READERS: Final[Mapping[str, Callable[[Path, RdfForm], Iterator[ox.Quad]]]] = {
    "Oxigraph": with_oxigraph,
    "rdflib": with_rdflib,
}


def _check(
    path: Path, graph: str | None, wanted: Contents | DatasetContents | None, parser: str
) -> list[Disagreement]:
    """Compare one dump; run in a process of its own."""
    place = f"{path.name}, read by {parser}"
    form = form_by_suffix(path.suffix.removeprefix("."))
    assert form is not None
    try:
        statements = _READERS[parser](path, form)
        if isinstance(wanted, DatasetContents):
            return list(_compared(place, wanted, dataset_contents(statements)))
        return list(_compared_part(place, wanted, contents(_bare(statements, graph))))
    except _OtherGraph as error:
        return [Disagreement(place, str(error))]
    except Exception as error:
        return [Disagreement(place, f"cannot be read: {error}")]


def _check_packed(path: Path, plain: str) -> list[Disagreement]:
    packing = packing_of(path.name)
    assert packing is not None
    digest = hashlib.sha256()
    try:
        with packing.open(path) as stream:
            while block := stream.read(_BLOCK):
                digest.update(block)
    except BROKEN as error:
        return [Disagreement(path.name, f"cannot be unpacked: {error}")]
    if digest.hexdigest() == plain:
        return []
    return [Disagreement(path.name, f"holds something else than {plain_name(path.name)}")]


class _OtherGraph(Exception):
    """A statement stands in another graph than the one that a dump is of."""


def _bare(statements: Iterable[ox.Quad], graph: str | None) -> Iterator[ox.Quad]:
    """Yield bare triples; they stand in no graph, or in the one that the dump is of."""
    for quad in statements:
        if not isinstance(quad.graph_name, ox.DefaultGraph) and quad.graph_name.value != graph:
            raise _OtherGraph(f"has a statement in {quad.graph_name}, and is of <{graph}>")
        yield ox.Quad(*quad.triple)


def _compared(
    place: str, wanted: DatasetContents, found: DatasetContents
) -> Iterator[Disagreement]:
    if found.whole == wanted.whole:
        return
    parts = wanted.graphs.keys() | found.graphs.keys()
    other = sorted(name for name in parts if wanted.graphs.get(name) != found.graphs.get(name))
    where = f", first in <{other[0]}>" if other else ""
    yield Disagreement(
        place,
        f"{found.whole.statements:,} quads with the hash {found.whole.sha256[:16]}, where the "
        f"release has {wanted.whole.statements:,} with {wanted.whole.sha256[:16]}{where}",
    )


def _compared_part(place: str, wanted: Contents | None, found: Contents) -> Iterator[Disagreement]:
    wanted = wanted or Contents(0, hashlib.sha256().hexdigest())
    if found != wanted:
        yield Disagreement(
            place,
            f"{found.statements:,} triples with the hash {found.sha256[:16]}, where the release "
            f"has {wanted.statements:,} with {wanted.sha256[:16]}",
        )


def _is_dataset(edition: Edition, path: Path, form: RdfForm) -> bool:
    return form.dataset and path.name == f"{edition.name}.{form.suffix}"
