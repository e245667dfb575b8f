"""Relations: which properties name a thing, and which lead to the same thing elsewhere.

Standard terms, to which a publication's own are added as sub-properties (rdfs:subPropertyOf).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from publisher.prefixes import WELL_KNOWN
from publisher.presentation import LABEL_PROPERTIES
from publisher.terms import BareTriple

_DCTERMS, _FOAF, _OWL, _PROV, _RDFS, _SCHEMA, _SKOS = (
    WELL_KNOWN[prefix] for prefix in ("dcterms", "foaf", "owl", "prov", "rdfs", "schema", "skos")
)
SUB_PROPERTY = f"{_RDFS}subPropertyOf"

#: Names besides the labels: alternative ones, abbreviations, codes.
OTHER_NAMES = (
    f"{_SKOS}altLabel",
    f"{_SKOS}hiddenLabel",
    f"{_SKOS}notation",
    f"{_SCHEMA}alternateName",
    f"{_SCHEMA}legalName",
    f"{_DCTERMS}alternative",
    f"{_FOAF}nick",
    "http://purl.org/ontology/bibo/shortTitle",
)

#: How closely what a property leads to is the thing itself, the closest first.
IDENTITY, MATCH, ADDRESS = "identity", "match", "address"
_LEADING = {
    IDENTITY: (
        *(f"{_OWL}sameAs", f"{_SKOS}exactMatch", f"{_SCHEMA}sameAs"),
        *(f"{_DCTERMS}identifier", f"{_SCHEMA}identifier"),
        *("http://purl.org/ontology/bibo/doi", "http://www.w3.org/ns/adms#identifier"),
    ),
    MATCH: (
        *(f"{_SKOS}closeMatch", f"{_SKOS}broadMatch", f"{_SKOS}narrowMatch"),
        *(f"{_SKOS}relatedMatch", f"{_SKOS}mappingRelation", f"{_RDFS}seeAlso"),
    ),
    ADDRESS: (
        *(f"{_FOAF}page", f"{_FOAF}homepage", f"{_FOAF}isPrimaryTopicOf"),
        *(f"{_SCHEMA}url", f"{_SCHEMA}mainEntityOfPage", f"{_SCHEMA}codeRepository"),
        *(f"{WELL_KNOWN['dcat']}landingPage", "http://usefulinc.com/ns/doap#repository"),
    ),
}

#: What things rest on. Whatever nothing but these points at is a document behind the graph.
PROVENANCE = frozenset(
    f"{namespace}{name}"
    for namespace, name in (
        *((_DCTERMS, "source"), (_DCTERMS, "provenance")),
        *((_PROV, "wasDerivedFrom"), (_PROV, "hadPrimarySource"), (_PROV, "wasQuotedFrom")),
    )
)


class Relations:
    """The properties that matter for finding things, with the sub-properties of one graph."""

    def __init__(self, ontology: Iterable[BareTriple]) -> None:
        below: defaultdict[str, list[str]] = defaultdict(list)
        for subject, predicate, value in ontology:
            if predicate.value == SUB_PROPERTY:
                below[value.value].append(subject.value)
        self.labels = _with_sub_properties(LABEL_PROPERTIES, below)
        others = _with_sub_properties(OTHER_NAMES, below)
        self.other_names = tuple(each for each in others if each not in self.labels)
        self._leading = {
            property_: strength
            for strength in (ADDRESS, MATCH, IDENTITY)
            for property_ in _with_sub_properties(_LEADING[strength], below)
        }

    def strength(self, property_: str) -> str | None:
        """Return how closely what a property leads to is the thing itself, or None."""
        return self._leading.get(property_)


def _with_sub_properties(properties: Iterable[str], below: dict[str, list[str]]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    waiting = list(properties)
    while waiting:
        property_ = waiting.pop(0)
        if property_ not in found:
            found[property_] = None
            waiting += sorted(below.get(property_, ()))
    return tuple(found)
