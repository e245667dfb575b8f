"""Works: how things of a publication are cited and read as schema.org, by the rule of intake.toml.

intake.toml says which property each field of a record becomes; read the other way round it says
what a citation of the thing holds. So one file rules both; a publication without one is read by the
defaults.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pyoxigraph as ox

from publisher.describe.triples import expand
from publisher.intake.mapping import Binding, Family, Intake
from publisher.intake.record import DATASET, ORGANISATION, PERSON, PUBLICATION, SOFTWARE, SOURCE
from publisher.prefixes import WELL_KNOWN
from publisher.publication import Publication
from publisher.terms import bare

SCHEMA = WELL_KNOWN["schema"]

_FAMILIES: Mapping[str, str] = {
    PUBLICATION: "ScholarlyArticle",
    SOFTWARE: "SoftwareSourceCode",
    DATASET: "Dataset",
    ORGANISATION: "Organization",
    PERSON: "Person",
    SOURCE: "CreativeWork",
}
_CLASSES: Mapping[str, str] = {
    "foaf:Person": "Person",
    "foaf:Organization": "Organization",
    "foaf:Document": "CreativeWork",
    "org:Organization": "Organization",
    "org:OrganizationalCollaboration": "Organization",
    "dcat:Dataset": "Dataset",
    "dcat:Catalog": "DataCatalog",
    "skos:Concept": "DefinedTerm",
    "skos:ConceptScheme": "DefinedTermSet",
    "fabio:Work": "CreativeWork",
    "fabio:ScholarlyWork": "ScholarlyArticle",
    "bibo:Document": "CreativeWork",
}
_PROPERTIES: Mapping[str, str] = {
    "rdfs:label": "name",
    "skos:prefLabel": "name",
    "foaf:name": "name",
    "dcterms:title": "name",
    "skos:altLabel": "alternateName",
    "skos:definition": "description",
    "rdfs:comment": "description",
    "dcterms:description": "description",
    "dcterms:abstract": "abstract",
    "dcterms:creator": "creator",
    "dcterms:contributor": "contributor",
    "dcterms:publisher": "publisher",
    "dcterms:issued": "datePublished",
    "dcterms:created": "dateCreated",
    "dcterms:modified": "dateModified",
    "dcterms:license": "license",
    "dcterms:language": "inLanguage",
    "dcterms:subject": "about",
    "dcterms:isPartOf": "isPartOf",
    "dcterms:hasPart": "hasPart",
    "dcterms:references": "citation",
    "dcterms:spatial": "spatialCoverage",
    "owl:sameAs": "sameAs",
    "skos:exactMatch": "sameAs",
    "foaf:homepage": "url",
    "foaf:page": "url",
    "dcat:landingPage": "url",
    "dcat:keyword": "keywords",
    "dcat:version": "version",
    "owl:versionInfo": "version",
    "org:memberOf": "memberOf",
    "skos:inScheme": "inDefinedTermSet",
    "skos:notation": "termCode",
}
_FIELDS: Mapping[str, str] = {
    "title": "name",
    "other-name": "alternateName",
    "authors": "author",
    "editors": "editor",
    "issued": "datePublished",
    "version": "version",
    "licence": "license",
    "programming-language": "programmingLanguage",
    "repository": "codeRepository",
    "latitude": "latitude",
    "longitude": "longitude",
}


def works(publication: Publication, triples: Iterable[ox.Triple]) -> dict[str, Any]:
    """Return what a server needs to cite things and to say them in schema.org.

    `triples` are those of the ontology. Raises PublicationError for a broken intake.toml.
    """
    families = Intake.of(publication).families
    classes, properties = _hierarchy(triples)
    types = {expand(name): kind for name, kind in _CLASSES.items()}
    names = {expand(name): kind for name, kind in _PROPERTIES.items()}
    for family in families.values():
        types |= dict.fromkeys(family.types, _FAMILIES[family.name])
        names |= {
            binding.property: _FIELDS[field]
            for field, binding in family.fields.items()
            if field in _FIELDS and not binding.property.startswith(SCHEMA)
        }
    return {
        "types": types | _inherited(classes, types),
        "properties": names | _inherited(properties, names),
        "families": {
            name: _family(family)
            for name, family in families.items()
            if name in (PUBLICATION, SOFTWARE, DATASET)
        },
    }


def _family(family: Family) -> dict[str, Any]:
    return {
        "types": list(family.types),
        "fields": {field: _field(binding) for field, binding in family.fields.items()},
    }


def _field(binding: Binding) -> dict[str, Any]:
    found: dict[str, Any] = {"property": binding.property}
    if binding.iri:
        found["iri"] = binding.iri
        kept = {target: code for code, target in (binding.values or {}).items()}
        found["codes"] = {**kept, **(binding.also or {})}
    return found


def _hierarchy(
    triples: Iterable[ox.Triple],
) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Return what each class and each property is a kind of, as the ontology says."""
    above: dict[str, dict[str, list[str]]] = {"subClassOf": {}, "subPropertyOf": {}}
    for subject, predicate, value in map(bare, triples):
        name = predicate.value.removeprefix(WELL_KNOWN["rdfs"])
        if name in above and isinstance(subject, ox.NamedNode) and isinstance(value, ox.NamedNode):
            above[name].setdefault(subject.value, []).append(value.value)
    return above["subClassOf"], above["subPropertyOf"]


def _inherited(above: Mapping[str, list[str]], known: Mapping[str, str]) -> dict[str, str]:
    """Return for each term that is not known what the nearest above it is in schema.org."""
    found = {}
    for term in above:
        level, seen = [term], {term}
        while level and term not in known:
            names = sorted(
                known[each] if each in known else each.removeprefix(SCHEMA)
                for each in level
                if each in known or (each.startswith(SCHEMA) and each != term)
            )
            if names:
                found[term] = names[0]
                break
            level = [up for each in level for up in above.get(each, ()) if up not in seen]
            seen.update(level)
    return found
