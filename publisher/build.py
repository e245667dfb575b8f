"""The build: sources -> parsed, linted, validated -> a release, or nothing at all."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from publisher import store
from publisher.compare.succession import predecessors, refuse_losses
from publisher.describe.descriptions import write_descriptions
from publisher.describe.linksets import linksets
from publisher.dumps import DUMPS, dumps, write_dumps
from publisher.edition import Edition
from publisher.findings import SourceFault
from publisher.graphs import Graphs
from publisher.index import writing as index
from publisher.intake.mapping import FILE as INTAKE
from publisher.lint import Lint
from publisher.packing import PACKINGS
from publisher.presentation import presentation
from publisher.progress import Progress
from publisher.publication import CONFIGURATION, Publication
from publisher.release import (
    FORMAT,
    MANIFEST,
    PRESENTATION,
    QUERIES,
    REPORT,
    SITE,
    Collection,
    Release,
    ReleasedFile,
    ReleasedPublication,
    sha256,
    write_checksums,
)
from publisher.saved_queries import read_saved_query, unknown_terms
from publisher.site.writing import site
from publisher.sources import (
    ONTOLOGY,
    SHAPES,
    Source,
    SourceSyntaxError,
    check_layout,
    find_queries,
    find_sources,
)
from publisher.staging import Staging
from publisher.validation import Report, validate
from publisher.vocabulary import Vocabulary

_MADE_BY = ("pyoxigraph", "rdflib", "pyshacl", "markdown-it-py", "deflate", "zstandard")


def read(publication: Publication, folder: Path, progress: Progress) -> tuple[Graphs, list[Source]]:
    """Parse and lint all sources; the graphs lie in `folder`, which must be empty.

    Raises SourceFault with every finding.
    """
    sources = find_sources(publication)
    reader = _Reader(publication, sources, progress)
    return reader.graphs(folder), sources


def check(publication: Publication, progress: Progress) -> Report:
    """Parse, lint and validate. Raises SourceFault for what is no matter of shapes."""
    with tempfile.TemporaryDirectory() as folder:
        _, report = _checked(publication, Path(folder), progress)
    return report


def build(
    publication: Publication,
    out: Path,
    progress: Progress,
    *,
    force: bool = False,
    earlier: Sequence[Path] = (),
) -> Release:
    """Build a release and put it in place; the one in place stays if anything is wrong.

    Does nothing if the release in place is whole and of the same sources and publisher, unless
    `force`. A release must answer at each address of those of earlier versions, which lie beside it
    or in the folders `earlier`. Raises SourceFault, OccupiedTarget for a place that cannot be used,
    and DamagedRelease for a folder without a whole release.
    """
    given = [Edition.read(folder) for folder in earlier]
    staging = Staging(out)
    fingerprint = sources_fingerprint(publication)
    current = staging.current()
    if current and not force and current.manifest.get("sources_sha256") == fingerprint:
        refuse_losses(Edition.read(current.path), given)
        progress.say(f"{out} is up to date (release {current.version}, {current.id})")
        _index(current, progress)
        return current
    with staging.directory() as staged, staging.workspace() as workspace:
        graphs, report = _checked(publication, workspace, progress)
        write_report(report, publication, staging.report)
        if report.stops:
            raise SourceFault(report.findings(publication.prefixes))
        manifest = _write(publication, graphs, report, staged, progress)
        manifest["sources_sha256"] = fingerprint
        manifest["id"] = _identity(manifest)
        _write_json(staged / MANIFEST, manifest)
        write_checksums(staged)
        edition = Edition.read(staged)
        followed = [*predecessors(staging.kept(), edition), *given]
        if followed:
            progress.run("compare", lambda: refuse_losses(edition, followed))
        _index(Release.open(staged, verify=False), progress)
        target = staging.publish(staged, f"{publication.version}-{manifest['id']}")
    release = Release.open(target)
    _index(release, progress)
    if staging.other_contents(publication.version, release.id):
        progress.say(
            f"note: version {publication.version} was built before with other content; give it a "
            "new version in publication.toml before it is published"
        )
    counts = release.counts
    progress.say(
        f"release {release.version} ({release.id}): {counts['things']:,} things, "
        f"{counts['triples']:,} triples, {len(release.files)} dumps in {out}"
    )
    return release


def _checked(publication: Publication, folder: Path, progress: Progress) -> tuple[Graphs, Report]:
    graphs, sources = read(publication, folder, progress)
    report = progress.run("validate", lambda: validate(graphs, sources, publication.prefixes))
    return graphs, report


def _index(release: Release, progress: Progress) -> None:
    """Build the indexes that a release asks for, unless they are there."""
    index.ensure(release, progress)
    if release.engine == "disk":
        store.ensure(release, progress)


def write_report(report: Report, publication: Publication, folder: Path) -> None:
    """Write the validation report as Turtle, JSON and text."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "validation.ttl").write_text(report.turtle, encoding="utf-8")
    _write_json(folder / "validation.json", report.as_mapping())
    text = report.as_text(publication.prefixes)
    (folder / "validation.txt").write_text(text, encoding="utf-8")


def sources_fingerprint(publication: Publication) -> str:
    """Return a hash of all that a release is made from: sources, this program, its libraries."""
    digest = hashlib.sha256()
    sources = [source.path for source in find_sources(publication)]
    settings = [publication.folder / CONFIGURATION, publication.folder / INTAKE]
    settings += [publication.folder / name for name in publication.site.files]
    settings = [path for path in settings if path.is_file()]
    for path in (*settings, *sources, *find_queries(publication)):
        name = path.relative_to(publication.folder).as_posix()
        digest.update(f"{name}\0{sha256(path)}\n".encode())
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(f"{path.name}\0{sha256(path)}\n".encode())
    for library in _MADE_BY:
        digest.update(f"{library}\0{version(library)}\n".encode())
    digest.update(publication.released.isoformat().encode())
    return digest.hexdigest()


class _Reader:
    """Parses the sources, the ontology first, since the lint of the others needs its terms."""

    def __init__(self, publication: Publication, sources: list[Source], progress: Progress) -> None:
        self._publication = publication
        self._sources = sources
        self._progress = progress
        self._findings = check_layout(publication, sources)

    def graphs(self, folder: Path) -> Graphs:
        vocabulary = Vocabulary.of(self._ontology(), self._publication.iris)
        lint = Lint(self._publication, vocabulary)
        shapes: list[ox.Quad] = []
        statements = self._progress.step("read", self._linted(lint), unit="statements")

        def dataset() -> Iterator[ox.Quad]:
            for kind, quad in statements:
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

    def _linted(self, lint: Lint) -> Iterator[tuple[str, ox.Quad]]:
        for source in self._sources:
            try:
                source.text()
                for statement in source.statements():
                    self._findings += lint.statement(source, statement)
                    yield source.kind, statement.quad
                self._findings += lint.source(source)
            except SourceSyntaxError as error:
                self._findings.append(error.finding)


def _write(
    publication: Publication, graphs: Graphs, report: Report, staged: Path, progress: Progress
) -> dict[str, Any]:
    """Write everything but manifest and checksums; returns the manifest without its id."""
    write_report(report, publication, staged / REPORT)
    _write_json(staged / SITE, progress.run("picture", lambda: site(publication, graphs)))
    (staged / QUERIES).mkdir()
    for query in find_queries(publication):
        shutil.copyfile(query, staged / QUERIES / query.name)
    shown = presentation(publication.iris, publication.language, graphs.ontology(), graphs.shapes)
    _write_json(staged / PRESENTATION, shown)
    links = linksets(graphs)
    plan = dumps(publication, graphs, links)
    files = []
    number = sum(1 + len(PACKINGS) * dump.packed for dump in plan)
    for path, dump, packing in progress.step(
        "dump", write_dumps(plan, staged / DUMPS), number, "files"
    ):
        files.append(
            ReleasedFile(
                path=path.relative_to(staged).as_posix(),
                bytes=path.stat().st_size,
                sha256=sha256(path),
                media_type=packing.media_type if packing else dump.form.media_type,
                title=f"{dump.title}, compressed" if packing else dump.title,
                graph=dump.graph,
            )
        )
    collections = _collections(publication, graphs)
    progress.run(
        "describe",
        lambda: write_descriptions(publication, graphs, links, collections, files, staged),
    )
    return _manifest(publication, graphs, collections, staged, files)


def _manifest(
    publication: Publication,
    graphs: Graphs,
    collections: list[Collection],
    staged: Path,
    files: list[ReleasedFile],
) -> dict[str, Any]:
    released = dt.datetime.combine(publication.released, dt.time(), dt.UTC)
    return {
        "format": FORMAT,
        "version": publication.version,
        "released": released.isoformat(),
        "publication": {
            name: getattr(publication, name) for name in ReleasedPublication.__annotations__
        },
        "engine": publication.engine,
        "services": list(publication.services),
        "remote": publication.remote and publication.remote.as_mapping(),
        "limits": publication.limits.as_mapping(),
        "counts": {
            "triples": graphs.merged.triples,
            "quads": graphs.size,
            "things": len(graphs.merged.things),
            "graphs": {name: graph.triples for name, graph in graphs.named.items()},
        },
        "default_graph": "union" if graphs.merged.triples == graphs.size else "merged",
        "canonical_sha256": sha256(staged / DUMPS / f"{publication.name}.nq"),
        "made_by": {library: version(library) for library in _MADE_BY},
        "collections": [asdict(entry) for entry in collections],
        "files": [asdict(file) for file in files],
    }


def _collections(publication: Publication, graphs: Graphs) -> list[Collection]:
    """The graphs that hold things, in the order of publication.toml, the rest by name."""
    ranks = {slug: rank for rank, slug in enumerate(publication.collections)}
    found = []
    for name, graph in graphs.named.items():
        slug = name.removeprefix(publication.iris.graph(""))
        if graph.things and name != publication.iris.ontology_graph:
            label = publication.collections.get(slug) or slug.replace("-", " ").capitalize()
            found.append(Collection(slug, name, label, len(graph.things), graph.triples))
    return sorted(found, key=lambda entry: (ranks.get(entry.slug, len(ranks)), entry.slug))


def _identity(manifest: dict[str, Any]) -> str:
    text = json.dumps(manifest, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _write_json(path: Path, value: object) -> None:
    text = json.dumps(value, indent=1, ensure_ascii=False, sort_keys=False)
    path.write_text(f"{text}\n", encoding="utf-8")
