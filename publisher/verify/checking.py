"""Checking a download: first the bytes of each file, then what the dumps hold."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import IO

import pyoxigraph as ox

from publisher.edition import Edition
from publisher.formats import RdfForm, form_by_suffix
from publisher.packing import BROKEN, packing_of, plain_name
from publisher.progress import Progress
from publisher.release import DEFAULT, sha256
from publisher.verify.contents import Contents, DatasetContents, contents, dataset_contents
from publisher.verify.listing import Expected
from publisher.verify.verdict import Standing, Verdict

_BLOCK = 1 << 20
_LONG = 1 << 24
"""Bytes from which on a dump tells how far it is."""


def check_bytes(file: Expected) -> Verdict:
    """Compare the bytes of a file with its checksum, reading it in blocks."""
    if not file.path.is_file():
        return Verdict(file.name, Standing.MISSING)
    size = file.path.stat().st_size
    if file.short:
        assert file.released is not None
        detail = f"{size:,} of {file.released.bytes:,} bytes"
        return Verdict(file.name, Standing.INCOMPLETE, detail)
    if sha256(file.path) != file.sha256:
        return Verdict(
            file.name, Standing.WRONG, "its SHA-256 is not the one of the release: do not use it"
        )
    return Verdict(file.name, Standing.RIGHT, f"{size:,} bytes")


class DumpCheck:
    """Checks what dumps hold against the manifest and against each other.

    Give it files whose bytes are right only. Those that hold the whole dataset with its graphs come
    first (see `in_order`): all others are compared with the first of them.
    """

    def __init__(self, edition: Edition, files: Sequence[Expected], progress: Progress) -> None:
        self._edition = edition
        self._progress = progress
        self._whole: DatasetContents | None = None
        self._merge: tuple[str, Contents] | None = None
        self._plain = {file.name: file for file in files}
        self.files = self._in_order(files)

    def _in_order(self, files: Sequence[Expected]) -> list[Expected]:
        """Return the dumps: those that hold the dataset first, plain ones before packed ones."""
        dumps = [file for file in files if file.released and _form(file.path)]

        def rank(file: Expected) -> tuple[bool, bool, bool, str]:
            whole = self._is_dataset(file)
            return (
                not whole,
                ".nq" not in file.path.suffixes,
                packing_of(file.name) is not None,
                file.name,
            )

        return sorted(dumps, key=rank)

    def check(self, file: Expected) -> Verdict:
        """Parse a dump and compare what it holds."""
        try:
            plain = self._plain.get(plain_name(file.name))
            if plain is not None and plain is not file:
                return _check_packed(file, plain)
            return self._check_contents(file)
        except SyntaxError as error:
            return Verdict(file.name, Standing.WRONG, f"does not parse: {error}")
        except BROKEN as error:
            return Verdict(file.name, Standing.WRONG, f"cannot be unpacked: {error}")

    def _check_contents(self, file: Expected) -> Verdict:
        assert file.released is not None
        graph = file.released.graph
        with _opened(file.path) as stream:
            if self._is_dataset(file):
                return self._check_dataset(file, dataset_contents(self._parsed(file, stream)))
            statements = self._parsed(file, stream)
            if graph is not None and (form := _form(file.path)) and form.dataset:
                statements = _of_graph(statements, graph)
            try:
                found = contents(statements)
            except _OtherGraph as error:
                return Verdict(file.name, Standing.WRONG, str(error))
        if graph is None:
            return Verdict(file.name, Standing.RIGHT, f"parses, {found.statements:,} triples")
        return self._check_part(file, graph, found)

    def _check_dataset(self, file: Expected, found: DatasetContents) -> Verdict:
        edition, problems = self._edition, []
        if found.whole.sha256 != edition.canonical_sha256:
            problems.append(
                f"its canonical hash {found.whole.sha256} is not that of the manifest: "
                "it holds other statements"
            )
        counts = {name: part.statements for name, part in found.graphs.items()}
        if found.whole.statements != edition.quads:
            problems.append(_other_count(found.whole.statements, edition.quads, "quads"))
        if found.merge.statements != edition.triples:
            problems.append(_other_count(found.merge.statements, edition.triples, "triples"))
        for name in sorted(counts.keys() | edition.graphs.keys()):
            if counts.get(name, 0) != edition.graphs.get(name, 0):
                number = _other_count(counts.get(name, 0), edition.graphs.get(name, 0), "quads")
                problems.append(f"{name}: {number}")
        if problems:
            return Verdict(file.name, Standing.WRONG, "; ".join(problems))
        self._whole = self._whole or found
        detail = f"{found.whole.statements:,} quads, canonical hash and counts as released"
        return Verdict(file.name, Standing.RIGHT, detail)

    def _check_part(self, file: Expected, graph: str, found: Contents) -> Verdict:
        """Check the triples of one graph or of the merge."""
        edition = self._edition
        number = edition.triples if graph == DEFAULT else edition.graphs.get(graph, 0)
        if found.statements != number:
            detail = _other_count(found.statements, number, "triples")
            return Verdict(file.name, Standing.WRONG, detail)
        detail = f"{found.statements:,} triples"
        if self._whole is not None:
            parts = {**self._whole.graphs, DEFAULT: self._whole.merge}
            if parts.get(graph, found) != found:
                return Verdict(file.name, Standing.WRONG, f"{detail}, but not those of the dataset")
            return Verdict(file.name, Standing.RIGHT, f"{detail}, those of the dataset")
        if graph == DEFAULT:
            first, known = self._merge = self._merge or (file.name, found)
            if known != found:
                return Verdict(file.name, Standing.WRONG, f"{detail}, but not those of {first}")
        detail += ", as many as released; without a dump of the dataset not compared any further"
        return Verdict(file.name, Standing.RIGHT, detail)

    def _parsed(self, file: Expected, stream: IO[bytes]) -> Iterable[ox.Quad]:
        form = _form(file.path)
        assert form is not None
        statements: Iterable[ox.Quad] = ox.parse(stream, format=form.oxigraph)
        if file.path.stat().st_size < _LONG:
            return statements
        return self._progress.step(file.name, statements, self._edition.quads, "statements")

    def _is_dataset(self, file: Expected) -> bool:
        form = _form(file.path)
        plain = plain_name(file.path.name)
        return bool(form and form.dataset and plain == f"{self._edition.name}.{form.suffix}")


class _OtherGraph(Exception):
    """A statement stands in another graph than the one that a dump is of."""


def _of_graph(statements: Iterable[ox.Quad], graph: str) -> Iterator[ox.Quad]:
    """Yield the bare triples of a dump that names its one graph. Raises _OtherGraph."""
    name = ox.NamedNode(graph)
    for quad in statements:
        if quad.graph_name != name:
            raise _OtherGraph(f"has a statement in {quad.graph_name}, and is of <{graph}>")
        yield ox.Quad(*quad.triple)


def _check_packed(file: Expected, plain: Expected) -> Verdict:
    """Check that a packed dump is the plain one, which is there and right."""
    digest = hashlib.sha256()
    with _opened(file.path) as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    if digest.hexdigest() != plain.sha256:
        return Verdict(file.name, Standing.WRONG, f"holds something else than {plain.name}")
    return Verdict(file.name, Standing.RIGHT, f"unpacks to {plain.name}")


def _other_count(found: int, expected: int, unit: str) -> str:
    return f"{found:,} {unit} where the manifest counts {expected:,}"


def _form(path: Path) -> RdfForm | None:
    name = PurePosixPath(plain_name(path.name))
    return form_by_suffix(name.suffix.removeprefix("."))


def _opened(path: Path) -> IO[bytes]:
    packing = packing_of(path.name)
    return packing.open(path) if packing else path.open("rb")
