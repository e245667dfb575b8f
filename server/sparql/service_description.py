"""The SPARQL 1.1 Service Description, made from what the service truly does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from pyoxigraph import Literal, NamedNode, Triple, serialize

from publisher.formats import RDF_FORMS, RdfForm
from publisher.prefixes import WELL_KNOWN
from publisher.release import Release
from server.http import bounds
from server.sparql.protocol import GRAPH_FORMS, RESULT_FORMS

_SD, _VOID, _RDF, _RDFS, _XSD, _DCTERMS, _SCHEMA = (
    WELL_KNOWN[prefix] for prefix in ("sd", "void", "rdf", "rdfs", "xsd", "dcterms", "schema")
)
_DCAT = WELL_KNOWN["dcat"]
_FORMATS = "http://www.w3.org/ns/formats/"
_SIMPLE = "http://www.w3.org/ns/entailment/Simple"
_PROTOCOL = "http://www.w3.org/TR/sparql11-protocol/"
_GRAPH_STORE = "http://www.w3.org/TR/sparql11-http-rdf-update/"

#: The RDF forms of the description, by media type.
FORMS: Final[Mapping[str, RdfForm]] = {
    form.media_type: form for form in RDF_FORMS if form.media_type in GRAPH_FORMS
}
#: https://www.w3.org/ns/formats/ names each form.
_FORMAT_NAMES: Final[Mapping[str, str]] = {
    "application/sparql-results+json": "SPARQL_Results_JSON",
    "application/sparql-results+xml": "SPARQL_Results_XML",
    "text/csv": "SPARQL_Results_CSV",
    "text/tab-separated-values": "SPARQL_Results_TSV",
    **{form.media_type: form.format_name for form in RDF_FORMS},
}


def describe(release: Release, form: RdfForm) -> bytes:
    """Return the description of the endpoint that serves `release`, written in `form`."""
    prefixes = {"sd": _SD, "void": _VOID, "formats": _FORMATS, "dcterms": _DCTERMS}
    prefixes |= {"dcat": _DCAT, "ent": "http://www.w3.org/ns/entailment/"}
    prefixes |= {"schema": _SCHEMA, "xsd": _XSD}
    return serialize(_triples(release), format=form.oxigraph, prefixes=prefixes) or b""


def describe_limits(release: Release, form: RdfForm) -> bytes:
    """Return what the description says about limits, written in `form`."""
    prefixes = {"schema": _SCHEMA, "xsd": _XSD}
    return serialize(_limits(release), format=form.oxigraph, prefixes=prefixes) or b""


def endpoint(release: Release) -> str:
    """Return the endpoint's address for the world."""
    return release.publication.address("/sparql")


def _triples(release: Release) -> Iterator[Triple]:
    service = NamedNode(endpoint(release))
    dataset = NamedNode(release.iris.dataset)
    default_graph = NamedNode(f"{service.value}#default-graph")

    def triple(subject: NamedNode, predicate: str, value: NamedNode | Literal) -> Triple:
        return Triple(subject, NamedNode(predicate), value)

    yield triple(service, _RDF + "type", NamedNode(_SD + "Service"))
    yield triple(service, _DCTERMS + "title", Literal(release.publication.title))
    yield triple(service, _SD + "endpoint", service)
    yield triple(service, _SD + "supportedLanguage", NamedNode(_SD + "SPARQL11Query"))
    yield triple(service, _SD + "defaultEntailmentRegime", NamedNode(_SIMPLE))
    yield triple(service, _SD + "feature", NamedNode(_SD + "UnionDefaultGraph"))
    if release.services:
        yield triple(service, _SD + "feature", NamedNode(_SD + "BasicFederatedQuery"))
    for media_type in (*RESULT_FORMS, *GRAPH_FORMS):
        name = NamedNode(_FORMATS + _FORMAT_NAMES[media_type])
        yield triple(service, _SD + "resultFormat", name)
    yield triple(service, _SD + "defaultDataset", dataset)
    yield triple(dataset, _RDF + "type", NamedNode(_SD + "Dataset"))
    yield triple(dataset, _SD + "defaultGraph", default_graph)
    yield triple(default_graph, _RDF + "type", NamedNode(_SD + "Graph"))
    yield triple(default_graph, _VOID + "triples", _count(release.counts["triples"]))
    for name, count in sorted(release.counts["graphs"].items()):
        named, graph = NamedNode(f"{name}#named"), NamedNode(name)
        yield triple(dataset, _SD + "namedGraph", named)
        yield triple(named, _RDF + "type", NamedNode(_SD + "NamedGraph"))
        yield triple(named, _SD + "name", graph)
        yield triple(named, _SD + "graph", graph)
        yield triple(graph, _RDF + "type", NamedNode(_SD + "Graph"))
        yield triple(graph, _VOID + "triples", _count(count))
    yield from _neighbours(release)
    yield from _limits(release)


def _neighbours(release: Release) -> Iterator[Triple]:
    """The other services on the dataset, which the description's vocabulary has no terms for."""
    service, dataset = NamedNode(endpoint(release)), NamedNode(release.iris.dataset)
    store = NamedNode(release.publication.address("/graph"))
    described = NamedNode(release.publication.address("/openapi.json"))
    yield Triple(service, NamedNode(_DCTERMS + "conformsTo"), NamedNode(_PROTOCOL))
    yield Triple(store, NamedNode(_DCTERMS + "conformsTo"), NamedNode(_GRAPH_STORE))
    for each in (service, store):
        yield Triple(each, NamedNode(_RDF + "type"), NamedNode(_DCAT + "DataService"))
        yield Triple(each, NamedNode(_DCAT + "endpointURL"), each)
        yield Triple(each, NamedNode(_DCAT + "endpointDescription"), described)
        yield Triple(each, NamedNode(_DCAT + "servesDataset"), dataset)


def _limits(release: Release) -> Iterator[Triple]:
    """Each bound as a value with a name and a unit: the description's vocabulary has no terms."""
    service = NamedNode(endpoint(release))
    page = release.publication.address("/limits")
    yield Triple(service, NamedNode(_RDFS + "seeAlso"), NamedNode(page))
    for bound in bounds.bounds(release.limits):
        node = NamedNode(f"{page}#{bound.name}")
        yield Triple(service, NamedNode(_SCHEMA + "additionalProperty"), node)
        yield Triple(node, NamedNode(_RDF + "type"), NamedNode(_SCHEMA + "PropertyValue"))
        texts = {
            "propertyID": bound.name,
            "name": bound.title,
            "unitText": bound.unit,
            "description": f"{bound.meaning} {bound.mend}",
        }
        for name, text in texts.items():
            yield Triple(node, NamedNode(_SCHEMA + name), Literal(text))
        digits = f"{bound.value:.6f}".rstrip("0").removesuffix(".")
        value = Literal(digits, datatype=NamedNode(_XSD + "decimal"))
        yield Triple(node, NamedNode(_SCHEMA + "maxValue"), value)


def _count(number: int) -> Literal:
    return Literal(str(number), datatype=NamedNode(_XSD + "integer"))
