"""Facets: by what a list of things can be narrowed, as configuration and links between them say.

There are always the collection, the kind and the year; beyond them, each collection whose things
others point at may be a facet of those. Which are, says `[search]` in publication.toml; without
that, the ones that most things point at.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

import pyoxigraph as ox

from publisher.index.contents import Contents, Entry
from publisher.index.relations import PROVENANCE
from publisher.release import Release
from publisher.terms import RDF_TYPE

COLLECTION, KIND, YEAR = "collection", "kind", "year"
#: The parameter that asks for all values of a facet.
VALUES = "values"
#: Parameters of a search that no facet may be called by.
TAKEN = frozenset({COLLECTION, KIND, YEAR, VALUES, "q", "page", "limit", "format", "sort"})
_MOST = 3
#: A facet that is found, not asked for, narrows something: its values stand for several things.
_FEWEST_TIMES = 1.5


@dataclass(frozen=True)
class Facet:
    """A way to narrow a list; `collection` is where its values come from if they are things."""

    name: str
    label: str
    collection: str | None = None


def facets(release: Release, contents: Contents) -> list[Facet]:
    """Return the facets of a release in their order."""
    labels = {collection.slug: collection.label for collection in release.collections}
    asked = list(release.publication.search_facets) or _found(release, contents)
    return [
        Facet(COLLECTION, "Collection"),
        Facet(KIND, "Kind"),
        Facet(YEAR, "Year"),
        *(
            Facet(slug if slug not in TAKEN else f"{slug}-", labels.get(slug, slug), slug)
            for slug in asked
        ),
    ]


def values(entry: Entry, facets: Sequence[Facet], release: Release) -> set[tuple[str, str]]:
    """Return the facet values of one thing, as pairs of a facet's name and a value."""
    found = {(KIND, class_) for class_ in entry.classes}
    start = release.iris.graph("")
    found |= {(COLLECTION, graph.removeprefix(start)) for graph in entry.graphs}
    dates = release.publication.search_dates
    for property_, years in entry.years.items():
        if not dates or property_ in dates:
            found |= {(YEAR, year) for year in years}
    by_collection = {facet.collection: facet.name for facet in facets if facet.collection}
    for property_, value in entry.values:
        if isinstance(value, ox.NamedNode) and property_ not in PROVENANCE:
            name = by_collection.get(release.iris.collection_of(value.value) or "")
            if name is not None:
                found.add((name, value.value))
    return found


def _found(release: Release, contents: Contents) -> list[str]:
    """Return the collections that the most things of others point at, by more than one each."""
    known = {collection.slug for collection in release.collections}
    collection_of = release.iris.collection_of

    def counts(iri: str, property_: str, value: str) -> bool:
        own, slug = collection_of(iri), collection_of(value)
        wanted = slug in known and slug != own and property_ not in (*PROVENANCE, RDF_TYPE)
        return wanted and contents.is_thing(iri)

    pointing: Counter[str] = Counter()
    for _, links in groupby(contents.links(), itemgetter(0)):
        pointing.update({collection_of(link[2]) or "" for link in links if counts(*link)})
    pointed_at: Counter[str] = Counter()
    for value, found in contents.pointing():
        pointed_at[collection_of(value) or ""] += any(counts(*each, value) for each in found)
    often = [slug for slug in pointing if pointing[slug] >= _FEWEST_TIMES * pointed_at[slug]]
    return sorted(often, key=lambda slug: (-pointing[slug], slug))[:_MOST]
