"""A release: an immutable directory with a manifest, which is all that a server reads."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any, Final

from publisher.iri import IriSpace
from publisher.limits import Limits
from publisher.remote import Remote

MANIFEST = "manifest.json"
CHECKSUMS = "SHA256SUMS"
PRESENTATION = "presentation.json"
QUERIES = "queries"
REPORT = "report"
VOID = "descriptions/void.ttl"
CATALOGUE = "descriptions/catalog.ttl"
OVERVIEW = "descriptions/overview.json"
SECURITY = "descriptions/security.txt"
CONTEXT = "descriptions/context.jsonld"
SCHEMA_ORG = "descriptions/schema-org.ttl"
WORKS = "descriptions/works.json"
SITE = "site.json"
SITEMAPS = "sitemaps"
STORE = "store"
"""An index made from the dumps, hence not among the checksums; see publisher.store."""
INDEX = "search.sqlite"
"""What things are found by, not among the checksums either; see publisher.index."""
FORMAT = 3
"""Raised when programs need what older releases lack, or can no longer read newer ones.

1: without `descriptions/`. 2: the first that describes itself. 3: with the site.
"""
ENGINES = ("memory", "disk", "remote")
"""What can evaluate queries on a release; the first is the default."""

_BLOCK = 1 << 20


class DamagedRelease(Exception):
    """A directory is no release, or not the one its checksums speak of."""


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file as hexadecimal digits, reading it in blocks."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def public_address(public_url: str | None, base: str, path: str) -> str:
    """Return the address of a path for the world: below the public address, else the base."""
    return (public_url or base).rstrip("/") + path


@dataclass(frozen=True)
class ReleasedPublication:
    """What a release says about the publication it is of."""

    title: str
    name: str
    base: str
    license: str
    description: str
    publisher: str
    homepage: str | None
    language: str
    public_url: str | None
    prefixes: Mapping[str, str]
    search_facets: Sequence[str] = ()
    """Slugs of the collections whose things are facets of what points at them."""
    search_dates: Sequence[str] = ()
    """Properties whose values say of which year a thing is; all dates where there are none."""

    def address(self, path: str) -> str:
        """Return the address of a path for the world: below the public address, else the base."""
        return public_address(self.public_url, self.base, path)


#: What stands for the default graph, the merge of all, where others have an IRI.
DEFAULT: Final = "default"


@dataclass(frozen=True)
class ReleasedFile:
    """A file of a release; `path` is relative to its directory.

    `graph` is the IRI of the one graph that it holds, or DEFAULT for the merge of all; None if it
    holds something else.
    """

    path: str
    bytes: int
    sha256: str
    media_type: str
    title: str
    graph: str | None = None

    def __post_init__(self) -> None:
        path = PurePosixPath(self.path)
        if path.is_absolute() or ".." in path.parts:
            raise ValueError(f"{self.path} is outside the release")


@dataclass(frozen=True)
class Collection:
    """A named graph that holds things of one kind."""

    slug: str
    graph: str
    label: str
    things: int
    triples: int


class Release:
    """An opened release. Nothing in it ever changes; a new build makes a new directory."""

    def __init__(self, path: Path, manifest: dict[str, Any]) -> None:
        self.path = path
        self.manifest = manifest
        self.id: str = manifest["id"]
        self.version: str = manifest["version"]
        self.released = dt.datetime.fromisoformat(manifest["released"])
        self.publication = ReleasedPublication(**manifest["publication"])
        self.engine: str = manifest.get("engine", ENGINES[0])
        remote = manifest.get("remote")
        self.remote = None if remote is None else Remote(**remote)
        self.limits = Limits(**manifest["limits"])
        self.iris = IriSpace(self.publication.base)
        #: The endpoints that queries may call by SERVICE.
        self.services = frozenset(manifest.get("services", ()))
        self.counts: dict[str, Any] = manifest["counts"]
        self.default_graph: str = manifest["default_graph"]
        self.collections = [Collection(**entry) for entry in manifest["collections"]]
        self.files = [ReleasedFile(**entry) for entry in manifest["files"]]

    @classmethod
    def open(
        cls,
        path: Path | str,
        *,
        verify: bool = True,
        engine: str | None = None,
        public_url: str | None = None,
    ) -> Release:
        """Open the release at `path` (a link is followed once, now).

        With `verify` every file is read and compared with its checksum. `engine` and `public_url`
        take the place of what the release was built with. Raises DamagedRelease, whose text names
        the file and what to do.
        """
        directory = Path(path).resolve()
        manifest = directory / MANIFEST
        if not manifest.is_file():
            raise DamagedRelease(
                f"{path} is not a release: it has no {MANIFEST}; "
                "make one with 'python -m publisher build'"
            )
        if verify:
            compare_checksums(directory, lambda _: True)
        try:
            values = json.loads(manifest.read_text(encoding="utf-8"))
            if values["format"] != FORMAT:
                raise DamagedRelease(
                    f"{path} has release format {values['format']}, and this program reads format "
                    f"{FORMAT} only; build the release again from its sources with this program "
                    "('python -m publisher build'), or serve it with the one that built it"
                )
            if engine is not None:
                values["engine"] = engine
            if public_url is not None:
                values["publication"]["public_url"] = public_url
            return cls(directory, values)
        except (ValueError, KeyError, TypeError) as error:
            raise DamagedRelease(
                f"{manifest} cannot be read ({error!r}); build the release again"
            ) from None

    def is_source(self, name: str) -> bool:
        """Whether a server makes answers from a file, by its path, or only gives it away."""
        made_from = (self.dataset_path, self.merged_path)
        return not name.startswith("dumps/") or self.path / name in made_from

    def compare(self, chosen: Callable[[str], bool]) -> None:
        """Compare files, chosen by their paths, with their checksums. Raises DamagedRelease."""
        compare_checksums(self.path, chosen)

    @property
    def dataset_path(self) -> Path:
        """The canonical N-Quads that a query engine loads."""
        return self.path / "dumps" / f"{self.publication.name}.nq"

    @property
    def merged_path(self) -> Path:
        """The RDF merge of all its graphs, as N-Triples."""
        return self.path / "dumps" / f"{self.publication.name}.nt"

    @cached_property
    def presentation(self) -> dict[str, Any]:
        """What pages need to know of terms and shapes; see publisher.presentation."""
        return self._mapping(PRESENTATION)

    @cached_property
    def site(self) -> dict[str, Any]:
        """What pages say and picture beyond the graph itself; see publisher.site."""
        return self._mapping(SITE)

    @cached_property
    def overview(self) -> dict[str, Any]:
        """Counts, linksets and former releases; see publisher.describe.descriptions."""
        return self._mapping(OVERVIEW)

    @cached_property
    def context(self) -> dict[str, Any]:
        """The JSON-LD context; see publisher.context."""
        value = self._mapping(CONTEXT)["@context"]
        assert isinstance(value, dict)
        return value

    @cached_property
    def works(self) -> dict[str, Any]:
        """How things are cited and said in schema.org; see publisher.works."""
        return self._mapping(WORKS)

    def _mapping(self, name: str) -> dict[str, Any]:
        value = json.loads((self.path / name).read_text(encoding="utf-8"))
        assert isinstance(value, dict)
        return value


def checksum_lines(digests: Mapping[str, str]) -> str:
    """Return a checksum file as `sha256sum -c` reads it; `digests` has SHA-256 by file name."""
    return "".join(f"{digests[name]}  {name}\n" for name in sorted(digests))


def write_checksums(directory: Path, known: Mapping[str, str] | None = None) -> None:
    """Write SHA256SUMS over all other files but those of an index.

    `known` has the SHA-256 of files by their paths, which need not be read for it.
    """
    paths = {
        path.relative_to(directory).as_posix(): path
        for path in directory.rglob("*")
        if path.is_file()
        and path not in (directory / CHECKSUMS, directory / INDEX)
        and directory / STORE not in path.parents
    }
    digests = {name: (known or {}).get(name) or sha256(path) for name, path in paths.items()}
    (directory / CHECKSUMS).write_text(checksum_lines(digests), encoding="utf-8")


def compare_checksums(directory: Path, chosen: Callable[[str], bool]) -> None:
    """Compare files, chosen by their paths, with SHA256SUMS. Raises DamagedRelease."""
    try:
        lines = (directory / CHECKSUMS).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DamagedRelease(f"{directory / CHECKSUMS} cannot be read: {error}") from None
    expected = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
    if MANIFEST not in expected:
        raise DamagedRelease(f"{directory / CHECKSUMS} does not list {MANIFEST}")

    def compare(name: str) -> None:
        path = directory / name
        if not path.is_file():
            raise DamagedRelease(f"{path} is missing; build or download the release again")
        if sha256(path) != expected[name]:
            raise DamagedRelease(
                f"{path} is not the file that was released: its SHA-256 differs from "
                f"{CHECKSUMS}; build or download the release again"
            )

    with ThreadPoolExecutor(os.cpu_count()) as threads:
        for _ in threads.map(compare, filter(chosen, expected)):
            pass
