"""The catalogue: DCAT 3 as DCAT-AP 3.0.1 profiles it, with all that a harvester must know in it.

DCAT-AP wants every agent, licence, place and concept that the catalogue names to have its type and
its label in the catalogue itself, so nothing has to be fetched to read it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

import pyoxigraph as ox

from publisher.describe import authorities
from publisher.describe.authorities import Concept, Scheme
from publisher.describe.triples import Triples, text, typed
from publisher.describe.void import document
from publisher.formats import RdfForm, form_by_suffix
from publisher.packing import packing_of, plain_name
from publisher.publication import Publication
from publisher.release import Collection, ReleasedFile, public_address

_IANA = "http://www.iana.org/assignments/media-types/"
#: The profile's shapes want the address with https, which SPDX itself does not use.
_SHA256 = "https://spdx.org/rdf/terms#checksumAlgorithm_sha256"
_SPARQL = "https://www.w3.org/TR/sparql11-protocol/"
_WKT = "http://www.opengis.net/ont/geosparql#wktLiteral"


def catalogue_iri(publication: Publication) -> str:
    """Return the IRI of the catalogue."""
    return f"{publication.base}catalog"


def catalogue(
    publication: Publication,
    collections: Sequence[Collection],
    files: Sequence[ReleasedFile],
    *,
    ontology: bool,
) -> Triples:
    """Return the catalogue of a release; `ontology` says whether it has a vocabulary of its own."""
    return _Writer(publication, collections, ontology=ontology).write(files)


class _Writer:
    def __init__(
        self, publication: Publication, collections: Sequence[Collection], *, ontology: bool
    ) -> None:
        self._publication = publication
        self._iris = publication.iris
        self._about = publication.about
        self._tag = publication.language
        self._ontology = ontology
        self._keywords = self._about.keywords or tuple(each.label for each in collections)
        self._current = publication.iris.release(publication.version)
        self._catalogue = catalogue_iri(publication)
        self._service = self._address("/sparql")
        self.triples = Triples()
        self.add = self.triples.add

    def write(self, files: Sequence[ReleasedFile]) -> Triples:
        self._describe_catalogue()
        self._publisher()
        self._contact()
        self._licence()
        datasets = (self._iris.dataset, self._current)
        for dataset in datasets:
            self._dataset(dataset)
        for file in files:
            form = self._whole(file)
            if form is not None:
                self.add(self._iris.dataset, "dcat:distribution", self._distribution(file, form))
                self.add(self._current, "dcat:distribution", self._distribution(file, form))
        self._versions()
        self._endpoint()
        return self.triples

    def _describe_catalogue(self) -> None:
        publication, node = self._publication, self._catalogue
        self.triples.type(node, "dcat:Catalog")
        self.add(node, "dcterms:title", text(publication.title, self._tag))
        self._describe(node)
        first = min((former.released for former in self._about.history), default=None)
        self.add(node, "dcterms:issued", first or publication.released)
        self.add(node, "dcterms:modified", publication.released)
        self.add(node, "dcterms:license", publication.license)
        self.add(node, "dcterms:publisher", publication.publisher_iri)
        self.add(node, "dcat:themeTaxonomy", self._scheme(authorities.DATA_THEME))
        self.add(node, "foaf:homepage", self._document("/"))
        self.add(node, "dcat:dataset", self._iris.dataset, self._current)
        self.add(node, "dcat:service", self._service)
        self._language(node)
        self._place(node)

    def _describe(self, node: str) -> None:
        words = self._publication.description or self._publication.title
        self.add(node, "dcterms:description", text(words, self._tag))

    def _dataset(self, node: str) -> None:
        publication = self._publication
        title = publication.title
        if node == self._current:
            title = f"{title}, {publication.version}"
        self.triples.type(node, "dcat:Dataset")
        self.add(node, "dcterms:title", text(title, self._tag))
        self._describe(node)
        self.add(node, "dcterms:identifier", text(node))
        self.add(node, "dcterms:license", publication.license)
        self.add(node, "dcterms:modified", publication.released)
        self.add(node, "dcat:version", text(publication.version))
        self.add(node, "owl:versionInfo", text(publication.version))
        self.add(node, "dcat:landingPage", self._document("/"))
        self.add(node, "foaf:page", self._document("/catalog"), self._document("/dumps/"))
        self.add(node, "dcterms:isReferencedBy", document(self._iris))
        self._offered(node)
        self._language(node)
        self._place(node)
        if self._about.period:
            period = f"{self._iris.dataset}#period"
            self.add(node, "dcterms:temporal", period)
            self.triples.type(period, "dcterms:PeriodOfTime")
            self.add(period, "dcat:startDate", self._about.period.start)
            self.add(period, "dcat:endDate", self._about.period.end)
        if self._ontology:
            self.add(node, "dcterms:conformsTo", self._iris.ontology)
            self.triples.type(self._iris.ontology, "dcterms:Standard")
            self.add(self._iris.ontology, "dcterms:title", text("The ontology", "en"))

    def _offered(self, node: str) -> None:
        """State who offers a dataset or service, to whom and under which headings."""
        self.add(node, "dcterms:publisher", self._publication.publisher_iri)
        self.add(node, "dcat:contactPoint", f"{self._iris.dataset}#contact")
        self.add(node, "dcterms:accessRights", self._concept(authorities.PUBLIC))
        self.triples.type(authorities.PUBLIC.iri, "dcterms:RightsStatement")
        self.add(node, "dcat:keyword", *(text(each, self._tag) for each in self._keywords))
        for code in self._about.themes:
            self.add(node, "dcat:theme", self._concept(authorities.theme(code)))

    def _versions(self) -> None:
        dataset, publication = self._iris.dataset, self._publication
        self.add(dataset, "dcat:hasVersion", self._current)
        self.add(dataset, "dcat:hasCurrentVersion", self._current)
        self.add(self._current, "dcat:isVersionOf", dataset)
        self.add(self._current, "dcterms:issued", publication.released)
        if self._about.notes:
            self.add(self._current, "adms:versionNotes", text(self._about.notes, self._tag))
        following = self._current
        for former in sorted(self._about.history, key=lambda each: each.released, reverse=True):
            node = self._iris.release(former.version)
            self.triples.type(node, "dcat:Resource")
            title = f"{publication.title}, {former.version}"
            self.add(node, "dcterms:title", text(title, self._tag))
            self.add(node, "dcat:version", text(former.version))
            self.add(node, "owl:versionInfo", text(former.version))
            self.add(node, "dcterms:issued", former.released)
            if former.notes:
                self.add(node, "adms:versionNotes", text(former.notes, self._tag))
            self.add(node, "dcat:isVersionOf", dataset)
            self.add(dataset, "dcat:hasVersion", node)
            self.add(following, "dcat:previousVersion", node)
            self.add(following, "prov:wasRevisionOf", node)
            following = node

    def _whole(self, file: ReleasedFile) -> RdfForm | None:
        """Return the form of a file that holds the whole dataset, None for any other file."""
        name = plain_name(PurePosixPath(file.path).name)
        stem, _, suffix = name.rpartition(".")
        return form_by_suffix(suffix) if stem == self._publication.name else None

    def _distribution(self, file: ReleasedFile, form: RdfForm) -> str:
        name = PurePosixPath(file.path).name
        folder = f"/dumps/{self._publication.version}/"
        node = f"{self._current}#{name}"
        self.triples.type(node, "dcat:Distribution")
        self.add(node, "dcterms:title", text(name))
        self.add(node, "dcterms:description", text(file.title, "en"))
        self.add(node, "dcat:accessURL", self._address(folder))
        self.add(node, "dcat:downloadURL", self._address(folder + name))
        self.add(node, "dcat:mediaType", self._media_type(form.media_type))
        if packing := packing_of(name):
            self.add(node, "dcat:compressFormat", self._media_type(packing.media_type))
        kind = authorities.file_type(form.suffix)
        if kind is not None:
            self.add(node, "dcterms:format", self._concept(kind))
            self.triples.type(kind.iri, "dcterms:MediaTypeOrExtent")
        self.add(node, "dcat:byteSize", typed(str(file.bytes), "xsd:nonNegativeInteger"))
        self.add(node, "dcatap:availability", self._concept(authorities.STABLE))
        self.add(node, "dcterms:license", self._publication.license)
        self.add(node, "dcterms:issued", self._publication.released)
        self.add(node, "spdx:checksum", f"{node}-sha256")
        self.triples.type(f"{node}-sha256", "spdx:Checksum")
        self.add(f"{node}-sha256", "spdx:algorithm", _SHA256)
        self.add(f"{node}-sha256", "spdx:checksumValue", typed(file.sha256, "xsd:hexBinary"))
        self.triples.type(_SHA256, "spdx:ChecksumAlgorithm")
        self.add(_SHA256, "rdfs:label", text("SHA-256"))
        self.add(_SHA256, "skos:exactMatch", "http://spdx.org/rdf/terms#checksumAlgorithm_sha256")
        return node

    def _endpoint(self) -> None:
        node = self._service
        self.triples.type(node, "dcat:DataService")
        self.add(node, "dcterms:title", text(f"{self._publication.title}: SPARQL", self._tag))
        self._describe(node)
        self.add(node, "dcat:endpointURL", node)
        self.add(node, "dcat:endpointDescription", self._document("/sparql"))
        self.add(node, "dcat:servesDataset", self._iris.dataset)
        self.add(node, "dcterms:license", self._publication.license)
        self.add(node, "dcterms:conformsTo", _SPARQL)
        self.triples.type(_SPARQL, "dcterms:Standard")
        self.add(_SPARQL, "dcterms:title", text("SPARQL 1.1 Protocol", "en"))
        self._offered(node)

    def _publisher(self) -> None:
        publication, node = self._publication, self._publication.publisher_iri
        self.triples.type(node, "foaf:Agent")
        self.add(node, "foaf:name", text(publication.publisher or publication.title, self._tag))
        self.add(node, "foaf:homepage", publication.homepage)
        if publication.homepage:
            self.triples.type(publication.homepage, "foaf:Document")
        if node.startswith(authorities.CORPORATE_BODY.iri):
            self.add(node, "skos:inScheme", self._scheme(authorities.CORPORATE_BODY))
        if self._about.publisher_type:
            kind = authorities.publisher_type(self._about.publisher_type)
            self.add(node, "dcterms:type", self._concept(kind))

    def _contact(self) -> None:
        node, contact = f"{self._iris.dataset}#contact", self._about.contact
        self.triples.type(node, "vcard:Kind")
        name = self._publication.publisher or self._publication.title
        self.add(node, "vcard:fn", text(name, self._tag))
        if contact and contact.startswith("mailto:"):
            self.add(node, "vcard:hasEmail", contact)
        elif contact and contact.startswith("tel:"):
            self.add(node, "vcard:hasTelephone", contact)
        else:
            self.add(node, "vcard:hasURL", contact or self._address("/"))

    def _licence(self) -> None:
        licence = self._publication.license
        self.triples.type(licence, "dcterms:LicenseDocument")
        self.add(licence, "dcterms:title", text(authorities.licence_name(licence) or licence))
        for kind in authorities.licence_types(licence):
            self.add(licence, "dcterms:type", self._concept(kind))

    def _language(self, node: str) -> None:
        spoken = authorities.language(self._tag)
        if spoken is not None:
            self.add(node, "dcterms:language", self._concept(spoken))
            self.triples.type(spoken.iri, "dcterms:LinguisticSystem")

    def _place(self, node: str) -> None:
        place = self._about.place
        if place is None:
            return
        self.add(node, "dcterms:spatial", place.iri)
        self.triples.type(place.iri, "dcterms:Location")
        scheme = authorities.place_scheme(place.iri)
        if scheme is not None:
            self._concept(Concept(place.iri, place.label, scheme))
        self.add(place.iri, "rdfs:label", text(place.label))
        ring = (
            *((place.west, place.south), (place.east, place.south), (place.east, place.north)),
            *((place.west, place.north), (place.west, place.south)),
        )
        corners = ", ".join(f"{x:g} {y:g}" for x, y in ring)
        self.add(place.iri, "dcat:bbox", _wkt(f"POLYGON(({corners}))"))
        middle = f"{(place.west + place.east) / 2:g} {(place.south + place.north) / 2:g}"
        self.add(place.iri, "dcat:centroid", _wkt(f"POINT({middle})"))

    def _concept(self, concept: Concept) -> str:
        self.triples.type(concept.iri, "skos:Concept")
        self.add(concept.iri, "skos:prefLabel", text(concept.label, "en"))
        self.add(concept.iri, "skos:inScheme", self._scheme(concept.scheme))
        return concept.iri

    def _scheme(self, scheme: Scheme) -> str:
        self.triples.type(scheme.iri, "skos:ConceptScheme")
        self.add(scheme.iri, "dcterms:title", text(scheme.title, "en"))
        return scheme.iri

    def _media_type(self, name: str) -> str:
        self.triples.type(_IANA + name, "dcterms:MediaType")
        self.add(_IANA + name, "rdfs:label", text(name))
        return _IANA + name

    def _document(self, path: str) -> str:
        address = self._address(path)
        self.triples.type(address, "foaf:Document")
        return address

    def _address(self, path: str) -> str:
        return public_address(self._publication.public_url, self._publication.base, path)


def _wkt(shape: str) -> ox.Literal:
    return ox.Literal(shape, datatype=ox.NamedNode(_WKT))
