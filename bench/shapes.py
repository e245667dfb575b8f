"""Shapes for the synthetic graphs: twelve constraints, and data that break them.

Every graph of `bench.graphs` conforms to them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from bench.graphs import BASE

#: How many of a hundred things have a fault in `broken` data.
PER_CENT: Final = 1

TURTLE: Final = f"""\
@prefix : <{BASE}shapes#> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix kg: <{BASE}ontology#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix schema: <https://schema.org/> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .

:Person a sh:NodeShape ;
    sh:targetClass foaf:Person ;
    sh:property :personLabel, :personSource .

:personLabel sh:path rdfs:label ;
    sh:minCount 1 ;
    sh:maxCount 1 ;
    sh:datatype xsd:string .

:personSource sh:path dcterms:source ;
    sh:class kg:SourceDocument .

:Source a sh:NodeShape ;
    sh:targetClass kg:SourceDocument ;
    sh:property :sourcePage, :sourceSeen .

:sourcePage sh:path foaf:page ;
    sh:nodeKind sh:IRI .

:sourceSeen sh:path kg:dateSeen ;
    sh:minInclusive "2000-01-01"^^xsd:date .

:Topic a sh:NodeShape ;
    sh:targetClass skos:Concept ;
    sh:property :topicLabel, :topicDefinition .

:topicLabel sh:path rdfs:label ;
    sh:uniqueLang true .

:topicDefinition sh:path skos:definition ;
    sh:minLength 2 ;
    sh:pattern "^\\\\S" .

:Publication a sh:NodeShape ;
    sh:targetClass kg:Publication ;
    sh:property :publicationIssued .

:publicationIssued sh:path dcterms:issued ;
    sh:or ( [ sh:datatype xsd:gYear ] [ sh:datatype xsd:gYearMonth ] [ sh:datatype xsd:date ] ) .

:KeyFigure a sh:NodeShape ;
    sh:targetClass kg:KeyFigure ;
    sh:property :figureQualifier .

:figureQualifier sh:path kg:qualifier ;
    sh:in ( <{BASE}id/qualifier/exactly> <{BASE}id/qualifier/more-than> <{BASE}id/qualifier/nearly>
        <{BASE}id/qualifier/up-to> ) .
"""
#: A wrong value for a property of the things of a collection.
_WRONG: Final = {
    (b"person", b"<http://www.w3.org/2000/01/rdf-schema#label>"): b'"somebody"@en',
    (b"source", b"<http://xmlns.com/foaf/0.1/page>"): b'"somewhere"',
    (b"topic", b"<http://www.w3.org/2004/02/skos/core#definition>"): b'" "@en',
    (b"publication", b"<http://purl.org/dc/terms/issued>"): b'"lately"',
    (b"key-figure", f"<{BASE}ontology#qualifier>".encode()): f"<{BASE}id/qualifier/no>".encode(),
}
_LINE: Final = re.compile(
    rb"(?P<subject><[^>]*/id/(?P<collection>[^/>]+)/[^>]*?(?P<number>[0-9]+)>)"
    rb" (?P<predicate><[^>]*>) .*"
)


def broken(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Yield lines of N-Triples with a fault in one of a hundred things, evenly spread."""
    for line in lines:
        match = _LINE.match(line)
        if match and int(match["number"]) % 100 < PER_CENT:
            wrong = _WRONG.get((match["collection"], match["predicate"]))
            if wrong is not None:
                yield b" ".join((match["subject"], match["predicate"], wrong, b".\n"))
                continue
        yield line
