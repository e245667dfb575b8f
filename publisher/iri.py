"""The publication's IRIs and the paths they are served at: the one place for both directions.

Things are `{base}id/{collection}/{slug}`, named graphs `{base}graph/{collection}`, the vocabulary
`{base}ontology#Term`, the shapes `{base}shapes#Shape`, the dataset `{base}dataset`.
"""

from __future__ import annotations

from dataclasses import dataclass

#: What no IRI holds (SPARQL 1.1, IRIREF), as part of a character class of a regular expression.
NOT_IN_IRI = r'<>"{}|^`\\\x00-\x20'

_THING = "id/"
_DOCUMENT = "doc/"


@dataclass(frozen=True)
class IriSpace:
    """The IRIs below one base. The host that serves them need not be the base's host."""

    base: str

    @property
    def ontology(self) -> str:
        """IRI of the vocabulary; its terms are `{base}ontology#Term`."""
        return f"{self.base}ontology"

    @property
    def shapes(self) -> str:
        """IRI of the shapes; each is `{base}shapes#Shape`."""
        return f"{self.base}shapes"

    @property
    def dataset(self) -> str:
        """IRI of the dataset, whatever its version."""
        return f"{self.base}dataset"

    @property
    def things(self) -> str:
        """What the IRI of every thing begins with."""
        return f"{self.base}{_THING}"

    @property
    def ontology_graph(self) -> str:
        """Name of the graph that holds the vocabulary."""
        return self.graph("ontology")

    def release(self, version: str) -> str:
        """IRI of one version of the dataset."""
        return f"{self.dataset}/{version}"

    def graph(self, collection: str) -> str:
        """Name of the graph that holds a collection."""
        return f"{self.base}graph/{collection}"

    def thing(self, collection: str, slug: str) -> str:
        """IRI of a thing."""
        return f"{self.things}{collection}/{slug}"

    def contains(self, iri: str) -> bool:
        """Whether the IRI lies below the base."""
        return iri.startswith(self.base)

    def split(self, iri: str) -> tuple[str, str] | None:
        """Return (collection, slug) of a thing's IRI, or None if it is no thing of ours."""
        if not iri.startswith(self.things):
            return None
        collection, separator, slug = iri[len(self.things) :].partition("/")
        return (collection, slug) if separator and collection and slug else None

    def collection_of(self, iri: str) -> str | None:
        """Return the collection that the IRI of a thing names, or None."""
        parts = self.split(iri)
        return parts[0] if parts else None

    def path(self, iri: str) -> str | None:
        """Return the path at which this server answers for an IRI, or None if it is not ours.

        The path is spelled as in the IRI: nothing is decoded or encoded.
        """
        return f"/{iri[len(self.base) :]}" if self.contains(iri) else None

    def iri(self, path: str) -> str:
        """Return the IRI that a path (spelled as in the request, with its slash) stands for."""
        return self.base + path.removeprefix("/")

    def document_path(self, iri: str, suffix: str | None = None) -> str | None:
        """Return the path of the document about a thing, in one fixed form if `suffix` is given."""
        if not iri.startswith(self.things):
            return None
        ending = f".{suffix}" if suffix else ""
        return f"/{_DOCUMENT}{iri[len(self.things) :]}{ending}"
