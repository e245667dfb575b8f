"""The build: sources -> parsed, linted, validated -> a release, or nothing at all."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, TypeVar

from publisher import store
from publisher.compare.succession import predecessors, refuse_losses
from publisher.cores import Task, apart, side_by_side
from publisher.dataset_store import dataset_store
from publisher.describe.context import context
from publisher.describe.descriptions import DESCRIPTIONS, write_descriptions
from publisher.describe.linksets import linksets
from publisher.dumps import DUMPS, Dump, dumps, write_dump
from publisher.edition import Edition
from publisher.findings import SourceFault
from publisher.graphs import Graphs
from publisher.index import writing as index
from publisher.intake.mapping import FILE as INTAKE
from publisher.presentation import presentation
from publisher.progress import MB, PERCENT, Progress
from publisher.publication import CONFIGURATION, Publication
from publisher.reader import Reader
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
from publisher.site.writing import site
from publisher.sources import Source, find_queries, find_sources
from publisher.staging import Staging, linked
from publisher.validation import Report, validate

Result = TypeVar("Result")
#: Bytes of sources above which steps that need much memory are carried out in a process each.
_APART: Final = 32 << 20
_MADE_BY = ("pyoxigraph", "rdflib", "pyshacl", "markdown-it-py", "deflate", "zstandard")


def read(
    publication: Publication, sources: list[Source], folder: Path, progress: Progress
) -> Graphs:
    """Parse and lint all sources; the graphs lie in `folder`, which must be empty.

    Raises SourceFault with every finding.
    """
    return Reader(publication, sources, progress).graphs(folder)


def check(publication: Publication, progress: Progress) -> Report:
    """Parse, lint and validate. Raises SourceFault for what is no matter of shapes."""
    with tempfile.TemporaryDirectory() as folder:
        sources = find_sources(publication)
        graphs = read(publication, sources, Path(folder), progress)
        with dataset_store(graphs, progress) as data:
            return validate(data.merged, graphs.shapes, sources, publication.prefixes, progress)


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
        sources = find_sources(publication)
        carry_out = apart if _are_large(sources) else _here
        graphs = carry_out(lambda: read(publication, sources, workspace, progress))
        report, shown = carry_out(lambda: _judged(publication, graphs, sources, progress))
        write_report(report, publication, staging.report)
        if report.stops:
            raise SourceFault(report.findings(publication.prefixes))
        _write_json(staged / SITE, shown)
        write_report(report, publication, staged / REPORT)
        manifest, unfinished = _write(publication, graphs, staged, progress)
        manifest["sources_sha256"] = fingerprint
        manifest["id"] = _identity(manifest)
        _write_json(staged / MANIFEST, manifest)
        index.adopt(unfinished, Release(staged, manifest))
        write_checksums(staged, {file["path"]: file["sha256"] for file in manifest["files"]})
        edition = Edition.read(staged)
        followed = [*predecessors(staging.kept(), edition), *given]
        if followed:
            progress.run("compare", lambda: refuse_losses(edition, followed))
        _index(Release.open(staged, verify=False), progress)
        name = f"{publication.version}-{manifest['id']}"
        target = progress.run("put in place", lambda: staging.publish(staged, name))
    release = Release.open(target, verify=False)
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


def _are_large(sources: list[Source]) -> bool:
    return sum(source.path.stat().st_size for source in sources) > _APART


def _here(task: Callable[[], Result]) -> Result:
    return task()


def _judged(
    publication: Publication, graphs: Graphs, sources: list[Source], progress: Progress
) -> tuple[Report, dict[str, Any]]:
    """Return the report, and if it stops nothing what the release keeps of the site."""
    with dataset_store(graphs, progress) as data:
        report = validate(data.merged, graphs.shapes, sources, publication.prefixes, progress)
        if report.stops:
            return report, {}
        return report, progress.run("picture", lambda: site(publication, data))


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


def _write(
    publication: Publication, graphs: Graphs, staged: Path, progress: Progress
) -> tuple[dict[str, Any], Path]:
    """Write queries, presentation, dumps, index and descriptions.

    Returns the manifest without its id, and an index that has to be told of it.
    """
    (staged / QUERIES).mkdir()
    for query in find_queries(publication):
        shutil.copyfile(query, staged / QUERIES / query.name)
    shown = presentation(publication.iris, publication.language, graphs.ontology(), graphs.shapes)
    _write_json(staged / PRESENTATION, shown)
    with progress.metered("links and context", 2 * graphs.merged.path.stat().st_size, MB) as passed:
        links = linksets(graphs, passed)
        short = context(
            publication.iris.ontology, publication.prefixes, graphs.merged.lines(passed)
        )
    collections = _collections(publication, graphs)
    manifest = _manifest(publication, graphs, collections)
    plan = dumps(publication, graphs, links, short)
    files, unfinished = _dumps_and_index(plan, manifest, graphs, staged, progress)
    manifest["files"] = [asdict(file) for file in files]
    canonical = f"{DUMPS}/{publication.name}.nq"
    manifest["canonical_sha256"] = next(file.sha256 for file in files if file.path == canonical)
    described = write_descriptions(publication, graphs, links, short, collections, files, staged)
    for _ in progress.step("describe", described, DESCRIPTIONS, "descriptions"):
        pass
    return manifest, unfinished


def _dumps_and_index(
    plan: list[Dump], manifest: dict[str, Any], graphs: Graphs, staged: Path, progress: Progress
) -> tuple[list[ReleasedFile], Path]:
    """Write dumps and index side by side: the index reads the canonical dump, which is there."""
    release = Release(staged, {**manifest, "id": ""})
    (staged / DUMPS).mkdir()
    linked(graphs.path, release.dataset_path)
    # The largest first, so that no core waits for another at the end.
    ranked = sorted(plan, key=lambda dump: -dump.work)
    tasks: list[Task[Any]] = [partial(index.make, release, graphs.folder)]
    tasks += [partial(write_dump, dump, staged) for dump in ranked]
    total = index.work(release) + sum(dump.work for dump in plan)
    with progress.metered("dump and index", total, PERCENT) as advance:
        unfinished, *written = side_by_side(tasks, advance)
    by_name = {dump.file: files for dump, files in zip(ranked, written, strict=True)}
    return [file for dump in plan for file in by_name[dump.file]], unfinished


def _manifest(
    publication: Publication, graphs: Graphs, collections: list[Collection]
) -> dict[str, Any]:
    released = dt.datetime.combine(publication.released, dt.time(), dt.UTC)
    """Return the manifest without what only the dumps tell."""
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
        "canonical_sha256": "",
        "made_by": {library: version(library) for library in _MADE_BY},
        "collections": [asdict(entry) for entry in collections],
        "files": [],
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
