"""The files of a release that are on offer, each under one name, with what is told of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from publisher.edition import Edition
from publisher.formats import RDF_FORMS
from publisher.release import (
    DEFAULT,
    MANIFEST,
    REPORT,
    Release,
    ReleasedFile,
    checksum_lines,
    sha256,
)

#: Forms that tell graphs apart: what is in them is the whole dataset.
_WITH_GRAPHS = frozenset(form.media_type for form in RDF_FORMS if form.dataset)
_EXTRAS: Mapping[str, tuple[str, str]] = {
    MANIFEST: ("application/json", "what the release holds, with counts and hashes"),
    f"{MANIFEST}.sig": ("text/plain", "a signature of the manifest, as ssh-keygen makes it"),
    f"{MANIFEST}.minisig": ("text/plain", "a signature of the manifest, as minisign makes it"),
    f"{REPORT}/validation.txt": ("text/plain", "what the validation found, to read"),
    f"{REPORT}/validation.ttl": ("text/turtle", "the SHACL validation report"),
    f"{REPORT}/validation.json": ("application/json", "what the validation found, for programs"),
}


@dataclass(frozen=True)
class Download:
    """A file on offer under one name."""

    name: str
    path: Path
    bytes: int
    sha256: str
    media_type: str
    title: str
    triples: int | None = None
    """How many triples it holds, where it holds triples or quads."""


def downloads(release: Release) -> dict[str, Download]:
    """Return the files of a release on offer by name, the dumps first."""
    return offered(release.path)


def offered(folder: Path) -> dict[str, Download]:
    """Return the files on offer of the release in a folder, of whatever format.

    Nothing in it changes, but that signatures may come.
    """
    return _listed(folder, folder.stat().st_mtime_ns)


@lru_cache(maxsize=64)
def _listed(folder: Path, _changed: int) -> dict[str, Download]:
    edition = Edition.read(folder)
    found = [
        Download(
            name=file.path.rpartition("/")[2],
            path=folder / file.path,
            bytes=file.bytes,
            sha256=file.sha256,
            media_type=file.media_type,
            title=file.title,
            triples=_triples(edition, file),
        )
        for file in edition.files
        if (folder / file.path).is_file()
    ]
    for name, (media_type, title) in _EXTRAS.items():
        path = folder / name
        if path.is_file():
            size, digest = path.stat().st_size, sha256(path)
            found.append(Download(path.name, path, size, digest, media_type, title))
    return {download.name: download for download in found}


def _triples(edition: Edition, file: ReleasedFile) -> int | None:
    if file.graph is None and file.media_type in _WITH_GRAPHS:
        return edition.quads
    if file.graph == DEFAULT:
        return edition.triples
    return edition.graphs.get(file.graph or "")


def checksums(folder: Path) -> str:
    """Return SHA256SUMS for the files as they are named here, so that `sha256sum -c` finds them."""
    return checksum_lines({name: download.sha256 for name, download in offered(folder).items()})
