"""The AI4Media graph itself, served: its citations, and its ontology as FOOPS! looks at it."""

from __future__ import annotations

import re

import pytest
import rdflib
from rdflib import DCTERMS, OWL, RDF, RDFS, SKOS, URIRef

from publisher.describe.authorities import licence_name
from tests.server.conftest import Site
from tests.server.test_citations import read_back

BIBO = rdflib.Namespace("http://purl.org/ontology/bibo/")
SCHEMA = rdflib.Namespace("https://schema.org/")
VANN = rdflib.Namespace("http://purl.org/vocab/vann/")


def test_every_work_of_the_graph_can_be_cited(legacy: Site) -> None:
    """All that `add` knows how to read is written so that it reads it again."""
    found = legacy.get(
        "/sparql?query=SELECT%20%3Fs%20%7B%3Fs%20a%20%3Chttps%3A%2F%2Fw3id.org%2Fai4media%2F"
        "ontology%23Publication%3E%7D%20ORDER%20BY%20%3Fs&format=csv",
    )
    works = [line.rpartition("/id/")[2] for line in found.text.split()[1:]]
    assert len(works) > 80
    for work in works:
        bib = read_back(legacy.get(f"/doc/{work}.bib"))
        csl = read_back(legacy.get(f"/doc/{work}.csl.json"))
        assert bib.title == csl.title
        assert bib.first("issued") == csl.first("issued")
        assert bib.first("doi") == csl.first("doi")
        kind = bib.first("kind")
        assert kind != "other"
        # CSL has no word for proceedings: to it they are a book.
        assert csl.first("kind") == ("book" if kind == "proceedings" else kind)
        assert [each.name for each in bib.authors] == [each.name for each in csl.authors]


@pytest.fixture(scope="module")
def ontology(legacy: Site) -> rdflib.Graph:
    return rdflib.Graph().parse(data=legacy.get("/ontology", "text/turtle").body, format="turtle")


#: By the name of the check: properties of which the ontology's header must have one each. What is
#: not here (DOI, presence in LOV and prefix.cc) is for others to give.
HEADER = {
    "OM1": (
        *((DCTERMS.title,), (DCTERMS.description,), (DCTERMS.license,), (OWL.versionIRI,)),
        *((DCTERMS.creator,), (VANN.preferredNamespaceUri,)),
    ),
    "OM2": (
        *((VANN.preferredNamespacePrefix,), (OWL.versionInfo,), (DCTERMS.created,)),
        (DCTERMS.bibliographicCitation,),
    ),
    "OM3": (
        *((DCTERMS.publisher,), (SCHEMA.logo,), (BIBO.status,), (DCTERMS.source,)),
        *((DCTERMS.issued,), (DCTERMS.modified,)),
    ),
    "OM4_1": ((DCTERMS.license,),),
    "OM5_1": ((DCTERMS.creator,), (DCTERMS.created,)),
    "OM5_2": ((DCTERMS.issued,), (DCTERMS.publisher,)),
    "FIND1": ((VANN.preferredNamespacePrefix,),),
    "VER1": ((OWL.versionIRI,),),
}


@pytest.mark.parametrize("check", HEADER)
def test_foops_header(ontology: rdflib.Graph, legacy: Site, check: str) -> None:
    header = URIRef(legacy.release.iris.ontology)
    for alternatives in HEADER[check]:
        assert any(ontology.value(header, each) is not None for each in alternatives), alternatives


def test_foops_addresses(ontology: rdflib.Graph, legacy: Site) -> None:
    """CN1, DOC1, RDF1, URI1, URI2, VER1, VER2, PURL1 and HTTP1, with this server as the host."""
    base, iri = legacy.release.publication.base, legacy.release.iris.ontology
    assert iri.startswith("https://w3id.org/")
    for media_type in ("text/html", "text/turtle", "application/rdf+xml", "application/ld+json"):
        assert legacy.get("/" + iri.removeprefix(base), media_type).media_type == media_type
    version = str(ontology.value(URIRef(iri), OWL.versionIRI))
    assert version != iri
    reply = legacy.get("/" + version.removeprefix(base), "text/turtle")
    assert reply.status == 303
    assert legacy.get(reply.headers["Location"], "text/turtle").status == 200
    logo = str(ontology.value(URIRef(iri), SCHEMA.logo))
    assert legacy.get("/" + logo.removeprefix(base)).media_type == "image/svg+xml"


def test_foops_licence_and_namespace(ontology: rdflib.Graph, legacy: Site) -> None:
    """OM4.2, and that namespace, prefix and citation are those in use.

    That the licence resolves takes a network; that it is the address its owner gives does not.
    """
    header = URIRef(legacy.release.iris.ontology)
    licence = str(ontology.value(header, DCTERMS.license))
    assert re.fullmatch(r"https://creativecommons\.org/licenses/[a-z-]+/\d\.\d/", licence)
    assert licence_name(licence) == "CC BY 4.0"
    prefix = str(ontology.value(header, VANN.preferredNamespacePrefix))
    namespace = str(ontology.value(header, VANN.preferredNamespaceUri))
    assert legacy.release.publication.prefixes[prefix] == namespace == f"{header}#"
    assert f"@prefix {prefix}: <{namespace}> ." in legacy.get("/ontology.ttl").text
    # Whoever resolves a term by its prefixed name arrives at it.
    assert legacy.get(f"/resolve?curie={prefix}:Publication").headers["Location"] == (
        "/ontology#Publication"
    )
    citation = str(ontology.value(header, DCTERMS.bibliographicCitation))
    assert str(ontology.value(header, OWL.versionIRI)) in citation
    assert ontology.value(header, DCTERMS.provenance) is not None


def test_foops_reuse(ontology: rdflib.Graph, legacy: Site) -> None:
    """VOC1 and VOC2: metadata and terms are those of others where they fit."""
    header = URIRef(legacy.release.iris.ontology)
    said = {str(predicate) for predicate in ontology.predicates(header)}
    for vocabulary in (DCTERMS, VANN, BIBO, OWL, RDFS, SCHEMA):
        assert any(each.startswith(str(vocabulary)) for each in said), vocabulary
    kinds = (OWL.Class, OWL.ObjectProperty, OWL.DatatypeProperty)
    terms = {str(each) for kind in kinds for each in ontology.subjects(RDF.type, kind)}
    foreign = {each for each in terms if each.startswith("http")}
    foreign = {each for each in foreign if not each.startswith(str(header))}
    assert len(foreign) > 50


def test_classes_of_ours_have_examples(ontology: rdflib.Graph, legacy: Site) -> None:
    namespace = f"{legacy.release.iris.ontology}#"
    ours = [
        each for each in ontology.subjects(RDF.type, OWL.Class) if str(each).startswith(namespace)
    ]
    assert len(ours) > 30
    for each in ours:
        assert list(ontology.objects(each, SKOS.example)), each


def test_foops_terms(ontology: rdflib.Graph, legacy: Site) -> None:
    """VOC3 and VOC4: every term has a label and a definition."""
    namespace = f"{legacy.release.iris.ontology}#"
    terms = {each for each in ontology.subjects() if str(each).startswith(namespace)}
    assert terms
    for term in terms:
        assert ontology.value(term, RDFS.label) is not None, term
        assert ontology.value(term, SKOS.definition) is not None, term
