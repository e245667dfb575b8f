"""VoID: the dataset's description for programs (W3C note on VoID of 3 March 2011)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from publisher.describe.authorities import language
from publisher.describe.linksets import Linkset
from publisher.describe.statistics import Statistics
from publisher.describe.triples import Triples, expand, text
from publisher.formats import JSON_LD, N_TRIPLES, RDF_FORMS, RDF_XML, TURTLE
from publisher.iri import IriSpace
from publisher.packing import PACKINGS
from publisher.publication import Publication
from publisher.release import Collection, ReleasedFile, public_address

#: The forms that a document about a thing comes in.
_DOCUMENTS = (TURTLE, N_TRIPLES, JSON_LD, RDF_XML)


def document(iris: IriSpace) -> str:
    """Return the IRI of the VoID document; the parts of the dataset are its fragments."""
    return f"{iris.base}void"


def linkset_file(name: str, linkset: Linkset) -> str:
    """Return the name of the dump of a linkset."""
    return f"{name}-links-{linkset.target.key}.nt"


def void(
    publication: Publication,
    statistics: Statistics,
    linksets: Sequence[Linkset],
    collections: Sequence[Collection],
    examples: Iterable[str],
    files: Sequence[ReleasedFile],
) -> Triples:
    """Return the VoID description of a release."""
    return _Writer(publication, files).write(statistics, linksets, collections, examples)


class _Writer:
    def __init__(self, publication: Publication, files: Sequence[ReleasedFile]) -> None:
        self._publication = publication
        self._iris = publication.iris
        self._files = {file.path.rpartition("/")[2] for file in files}
        self._dataset = publication.iris.dataset
        self._names: set[str] = set()
        self.triples = Triples()

    def write(
        self,
        statistics: Statistics,
        linksets: Sequence[Linkset],
        collections: Sequence[Collection],
        examples: Iterable[str],
    ) -> Triples:
        self._header()
        self._counts(statistics)
        self._access(examples)
        for use in statistics.classes:
            node = self._part("class", use.iri)
            self.triples.add(self._dataset, "void:classPartition", node)
            self.triples.add(node, "void:class", use.iri)
            self.triples.add(node, "void:entities", use.entities)
        for property_ in statistics.properties:
            node = self._part("property", property_.iri)
            self.triples.add(self._dataset, "void:propertyPartition", node)
            self.triples.add(node, "void:property", property_.iri)
            self.triples.add(node, "void:triples", property_.triples)
            self.triples.add(node, "void:distinctSubjects", property_.subjects)
            self.triples.add(node, "void:distinctObjects", property_.objects)
        for collection in collections:
            self._collection(collection)
        for linkset in linksets:
            self._linkset(linkset)
        return self.triples

    def _header(self) -> None:
        publication, add = self._publication, self.triples.add
        document_ = document(self._iris)
        tag = publication.language
        self.triples.type(document_, "void:DatasetDescription")
        add(document_, "dcterms:title", text(f"{publication.title} (VoID)", tag))
        add(document_, "foaf:primaryTopic", self._dataset)
        add(document_, "dcterms:modified", publication.released)
        self.triples.type(self._dataset, "void:Dataset")
        add(self._dataset, "dcterms:title", text(publication.title, tag))
        if publication.description:
            add(self._dataset, "dcterms:description", text(publication.description, tag))
        add(self._dataset, "dcterms:license", publication.license)
        add(self._dataset, "dcterms:publisher", publication.publisher_iri)
        add(self._dataset, "dcterms:modified", publication.released)
        add(self._dataset, "dcat:version", text(publication.version))
        spoken = language(tag)
        add(self._dataset, "dcterms:language", spoken.iri if spoken else None)
        add(self._dataset, "foaf:homepage", self._address("/"))

    def _counts(self, statistics: Statistics) -> None:
        add = self.triples.add
        add(self._dataset, "void:triples", statistics.triples)
        add(self._dataset, "void:entities", statistics.entities)
        add(self._dataset, "void:classes", len(statistics.classes))
        add(self._dataset, "void:properties", len(statistics.properties))
        add(self._dataset, "void:distinctSubjects", statistics.subjects)
        add(self._dataset, "void:distinctObjects", statistics.objects)
        add(self._dataset, "void:vocabulary", *statistics.vocabularies)

    def _access(self, examples: Iterable[str]) -> None:
        add = self.triples.add
        add(self._dataset, "void:uriSpace", text(self._iris.things))
        add(self._dataset, "void:exampleResource", *examples)
        add(self._dataset, "void:sparqlEndpoint", self._address("/sparql"))
        add(self._dataset, "void:uriLookupEndpoint", self._address("/lookup?iri="))
        for form in _DOCUMENTS:
            add(self._dataset, "void:feature", expand(f"formats:{form.format_name}"))
        for form in RDF_FORMS:
            file = f"{self._publication.name}.{form.suffix}"
            for packed in (file, *(f"{file}{packing.suffix}" for packing in PACKINGS)):
                self._dump(self._dataset, packed)

    def _collection(self, collection: Collection) -> None:
        add = self.triples.add
        add(self._dataset, "void:subset", collection.graph)
        self.triples.type(collection.graph, "void:Dataset")
        label = text(collection.label, self._publication.language)
        add(collection.graph, "dcterms:title", label)
        add(collection.graph, "void:triples", collection.triples)
        add(collection.graph, "void:entities", collection.things)
        self._dump(collection.graph, f"{self._publication.name}-{collection.slug}.ttl")

    def _linkset(self, linkset: Linkset) -> None:
        add = self.triples.add
        node = self._part("links", linkset.target.key)
        target = self._part("target", linkset.target.key)
        add(self._dataset, "void:subset", node)
        self.triples.type(node, "void:Linkset")
        add(node, "dcterms:title", text(f"Links to {linkset.target.title}", "en"))
        add(node, "void:target", self._dataset, target)
        add(node, "void:subjectsTarget", self._dataset)
        add(node, "void:objectsTarget", target)
        add(node, "void:triples", linkset.triples)
        add(node, "void:distinctSubjects", linkset.subjects)
        add(node, "void:distinctObjects", linkset.objects)
        add(node, "void:linkPredicate", *linkset.predicates)
        self._dump(node, linkset_file(self._publication.name, linkset))
        self.triples.type(target, "void:Dataset")
        add(target, "dcterms:title", text(linkset.target.title))
        add(target, "foaf:homepage", f"https://{linkset.target.host}/")
        if linkset.uri_space:
            add(target, "void:uriSpace", text(linkset.uri_space))

    def _dump(self, dataset: str, file: str) -> None:
        if file in self._files:
            path = f"/dumps/{self._publication.version}/{file}"
            self.triples.add(dataset, "void:dataDump", self._address(path))

    def _part(self, kind: str, name: str) -> str:
        """Return the IRI of a part of the description, which no other part has."""
        short = name if ":" not in name else self._publication.prefixes.shorten(name)
        plain = short or hashlib.sha256(name.encode()).hexdigest()[:12]
        fragment = f"{kind}-{plain.replace(':', '-')}"
        while fragment in self._names:
            fragment += "-"
        self._names.add(fragment)
        return f"{document(self._iris)}#{fragment}"

    def _address(self, path: str) -> str:
        return public_address(self._publication.public_url, self._publication.base, path)
