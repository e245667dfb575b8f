"""The twin of a release: crawled from a live server, completed, moved into place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from publisher.archive import Archive
from publisher.edition import Edition
from publisher.live_server import serving
from publisher.progress import Progress
from publisher.release import Release
from publisher.staging import linked, replacing
from publisher.twin import browsing, hosting, layout, pages
from publisher.twin.crawl import Crawl, Crawled, Fault

MARK: Final = f"{browsing.FOLDER}/{browsing.MARK}"
_DEPRECATED: Final = "http://www.w3.org/2002/07/owl#deprecated"
_REPLACED_BY: Final = "http://purl.org/dc/terms/isReplacedBy"
_SEEDS: Final = (
    *("/", "/sitemap.xml", "/robots.txt", "/theme.css", "/mark.svg", "/context.jsonld"),
    *("/openapi.json", "/api", "/limits", "/link", "/search", "/sparql", "/queries", "/dumps/"),
    *(
        "/.well-known/void",
        "/.well-known/security.txt",
        "/void",
        "/catalog",
        "/ontology",
        "/shapes",
    ),
)


class TwinFailed(Exception):
    """The site could not be written whole; `faults` say where."""

    def __init__(self, message: str, faults: list[Fault]) -> None:
        super().__init__(message)
        self.faults = faults


@dataclass(frozen=True)
class Twin:
    """What was written: how many files, and their bytes in all."""

    files: int
    size: int


def write(release: Release, out: Path, progress: Progress, archive: Path | None = None) -> Twin:
    """Write the twin of a release into `out`; what was there stays until the new one is whole.

    It has the dumps of the versions in `archive` too, and what changed from each to the next.
    Raises OccupiedTarget, ServerFailed, TwinFailed, and DamagedRelease for what the archive has.
    """
    out = out.absolute()
    with replacing(out, MARK) as staged:
        editions = {each.version: each for each in Archive(archive).releases()} if archive else {}
        editions[release.version] = Edition.read(release.path)
        crawled = _crawl(release, staged, progress, archive, editions)
        progress.run("scripts, index, hosts", lambda: _complete(release, staged, crawled, editions))
        files = [path for path in staged.rglob("*") if path.is_file()]
        twin = Twin(len(files), sum(path.stat().st_size for path in files))
    return twin


def _crawl(
    release: Release,
    folder: Path,
    progress: Progress,
    archive: Path | None,
    editions: Mapping[str, Edition],
) -> Crawled:
    dumps = _dumps(editions)

    def held(file: str, path: Path) -> str | None:
        dump = dumps.get(file)
        if dump is None:
            return None
        source, media_type = dump
        linked(source, path)
        return media_type

    def rewritten(page: str, file: str) -> str:
        return pages.rewritten(page, file, browsing.scripts(file), browsing.note(release, file))

    gone = withdrawn(release)
    with serving(release.path, archive) as client:
        crawl = Crawl(client, folder, release.publication.base, rewritten, held)
        seeds = [*_SEEDS, *(f"/{file}" for file in dumps), *(f"/doc/{thing}" for thing in gone)]
        for _ in progress.step("crawl", crawl.run(seeds), unit="files"):
            pass
    crawled = crawl.result()
    if crawled.faults:
        raise TwinFailed(
            f"{len(crawled.faults)} links of the site lead nowhere; no twin was written",
            crawled.faults,
        )
    return crawled


def _dumps(editions: Mapping[str, Edition]) -> dict[str, tuple[Path, str]]:
    """Return the files of the twin that are dumps of any version, each with its type."""
    return {
        f"dumps/{version}/{Path(file.path).name}": (edition.folder / file.path, file.media_type)
        for version, edition in editions.items()
        for file in edition.files
    }


def _complete(
    release: Release, folder: Path, crawled: Crawled, editions: Mapping[str, Edition]
) -> None:
    """Write what the live site has not: stubs, scripts, the index, and what hosts are told."""
    stubs = {layout.stub_for(file): file for file in crawled.types}
    stubs |= {
        layout.stub_for(f"id/{file.removeprefix('doc/')}"): file
        for file in crawled.types
        if file.startswith("doc/")
    }
    stubs["dumps/latest/index.html"] = "dumps/index.html"
    for stub, file in sorted((s, f) for s, f in stubs.items() if s and s not in crawled.types):
        # A thing may be called as a file is; then its address answers by itself.
        if not (folder / stub).parent.is_file():
            _write(folder / stub, pages.stub(stub, crawled.moved.get(file, file)))
    browsing.write(release, folder)
    _write(folder / layout.LIVE_PAGE, browsing.live_page(release))
    gone = withdrawn(release)
    _write(folder / ".htaccess", hosting.apache(gone, release))
    _write(folder / "_headers", hosting.headers(sorted(editions)))
    _write(folder / "_redirects", hosting.redirects(gone, release))
    _write(folder / ".nojekyll", "")


def withdrawn(release: Release) -> dict[str, str | None]:
    """Return the withdrawn things as `collection/slug`, each with what took its place."""
    gone: dict[str, str | None] = {}
    replaced: dict[str, str] = {}
    with release.merged_path.open("rb") as file:
        for triple in ox.parse(file, ox.RdfFormat.N_TRIPLES):
            if triple.predicate.value == _DEPRECATED and triple.object.value in ("true", "1"):
                gone[triple.subject.value] = None
            elif triple.predicate.value == _REPLACED_BY:
                replaced[triple.subject.value] = triple.object.value
    start = release.iris.things
    return {
        iri.removeprefix(start): replaced[iri].removeprefix(start)
        if replaced.get(iri, "").startswith(start)
        else None
        for iri in gone
        if iri.startswith(start)
    }


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
