"""What a release says of itself, for the forms in which repositories ask for it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pyoxigraph as ox

from publisher.prefixes import WELL_KNOWN
from publisher.release import SCHEMA_ORG, Release

_SCHEMA = WELL_KNOWN["schema"]
#: Licences by the names that SPDX has for them, which CITATION.cff asks for.
_CREATIVE_COMMONS = re.compile(
    r"https?://creativecommons\.org/(?:licenses/(?P<kind>[a-z-]+)/(?P<version>[0-9.]+)"
    r"|publicdomain/zero/(?P<zero>[0-9.]+))/?"
)


@dataclass(frozen=True)
class Described:
    """A release as a work: `released` is a date, `license` an IRI, `spdx` its short name."""

    release: Release
    title: str
    description: str
    publisher: str
    publisher_iri: str | None
    license: str
    released: str
    keywords: tuple[str, ...]
    period: str | None
    place: str | None

    @classmethod
    def of(cls, release: Release) -> Described:
        """Read it from the manifest and from the release's own description in schema.org."""
        publication = release.publication
        store = ox.Store()
        store.load(path=release.path / SCHEMA_ORG, format=ox.RdfFormat.TURTLE)
        dataset = ox.NamedNode(release.iris.dataset)

        def values(property_: str) -> Iterator[str]:
            predicate = ox.NamedNode(_SCHEMA + property_)
            for quad in store.quads_for_pattern(dataset, predicate, None):
                assert isinstance(quad.object, ox.NamedNode | ox.Literal)
                yield quad.object.value

        publisher = next(values("publisher"), None)
        # One that is made up for want of another says nothing elsewhere.
        foreign = publisher and not publisher.startswith(publication.base)
        return cls(
            release=release,
            title=publication.title,
            description=publication.description or publication.title,
            publisher=publication.publisher or publication.title,
            publisher_iri=publisher if foreign else None,
            license=publication.license,
            released=release.released.date().isoformat(),
            keywords=tuple(sorted(values("keywords"))),
            period=next(values("temporalCoverage"), None),
            place=next(values("spatialCoverage"), None),
        )

    @property
    def iri(self) -> str:
        """The IRI of the release, which is what is cited."""
        return self.release.iris.release(self.release.version)

    @property
    def year(self) -> str:
        """The year of the release."""
        return self.released[:4]

    @property
    def spdx(self) -> str | None:
        """The identifier of its licence in the SPDX list, where that is a Creative Commons one."""
        found = _CREATIVE_COMMONS.fullmatch(self.license)
        if found is None:
            return None
        if found["zero"]:
            return f"CC0-{found['zero']}"
        return f"CC-{found['kind'].upper()}-{found['version']}"
