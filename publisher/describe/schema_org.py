"""The dataset and its catalogue in schema.org, which search engines for data read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

from publisher.describe.catalogue import catalogue_iri
from publisher.describe.triples import Triples, text, typed
from publisher.formats import form_by_suffix
from publisher.publication import Publication
from publisher.release import ReleasedFile, public_address


def data_catalog(publication: Publication, files: Sequence[ReleasedFile]) -> Triples:
    """Return schema:DataCatalog and schema:Dataset of a release, with a download for each form."""

    def address(path: str) -> str:
        return public_address(publication.public_url, publication.base, path)

    triples, about, tag = Triples(), publication.about, publication.language
    add, dataset = triples.add, publication.iris.dataset
    catalogue, publisher = catalogue_iri(publication), publication.publisher_iri
    words = text(publication.description or publication.title, tag)
    for node, kind in ((catalogue, "schema:DataCatalog"), (dataset, "schema:Dataset")):
        triples.type(node, kind)
        add(node, "schema:name", text(publication.title, tag))
        add(node, "schema:description", words)
        add(node, "schema:url", address("/catalog"))
        add(node, "schema:license", publication.license)
        add(node, "schema:publisher", publisher)
        add(node, "schema:inLanguage", text(tag))
        add(node, "schema:dateModified", text(publication.released.isoformat()))
        add(node, "schema:keywords", *(text(each, tag) for each in about.keywords))
    triples.type(publisher, "schema:Organization")
    add(publisher, "schema:name", text(publication.publisher or publication.title, tag))
    add(publisher, "schema:url", publication.homepage)
    add(catalogue, "schema:dataset", dataset)
    add(dataset, "schema:includedInDataCatalog", catalogue)
    add(dataset, "schema:creator", publisher)
    add(dataset, "schema:version", text(publication.version))
    add(dataset, "schema:identifier", text(dataset))
    add(dataset, "schema:isAccessibleForFree", typed("true", "xsd:boolean"))
    add(dataset, "schema:datePublished", text(publication.released.isoformat()))
    if about.period:
        period = f"{about.period.start.isoformat()}/{about.period.end.isoformat()}"
        add(dataset, "schema:temporalCoverage", text(period))
    if about.place:
        add(dataset, "schema:spatialCoverage", text(about.place.label))
    for file in files:
        name = PurePosixPath(file.path).name
        stem, _, suffix = name.rpartition(".")
        form = form_by_suffix(suffix)
        if form is None or stem != publication.name:
            continue
        node = f"{publication.iris.release(publication.version)}#{name}"
        add(dataset, "schema:distribution", node)
        triples.type(node, "schema:DataDownload")
        add(node, "schema:name", text(name))
        add(node, "schema:encodingFormat", text(form.media_type))
        url = address(f"/dumps/{publication.version}/{name}")
        add(node, "schema:contentUrl", url)
        add(node, "schema:contentSize", text(f"{file.bytes} B"))
        add(node, "schema:sha256", text(file.sha256))
    return triples
