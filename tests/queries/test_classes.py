"""Competency: for each class of the ontology that has instances, a question that meets them."""

from __future__ import annotations

import pyoxigraph as ox
import pytest
from answers import saved_queries, table

from publisher.prefixes import Prefixes

QUERY_OF_CLASS = {
    "a4m:Academy": "academy-and-its-members",
    "a4m:Benchmark": "benchmarks",
    "a4m:CallTrack": "challenges-of-open-calls",
    "a4m:Challenge": "challenges-of-open-calls",
    "a4m:Deliverable": "deliverables-and-surveys",
    "a4m:Demonstrator": "use-cases-demonstrators-countries",
    "a4m:ExchangeProgramme": "rules-of-junior-fellows-exchange",
    "a4m:FundedProject": "funded-projects",
    "a4m:InferredClaim": "inferred-claims",
    "a4m:KeyFigure": "key-figures-over-time",
    "a4m:KnowledgeArea": "curriculum",
    "a4m:MethodologyPillar": "pillars",
    "a4m:NetworkMembership": "members-of-network",
    "a4m:NetworkOfExcellence": "networks-of-excellence",
    "a4m:Observatory": "observatory-at-a-glance",
    "a4m:ObservatoryItem": "observatory-items-on-topic",
    "a4m:ObservatorySection": "observatory-at-a-glance",
    "a4m:OpenCall": "terms-of-open-calls",
    "a4m:Pillar": "pillars",
    "a4m:Programme": "programmes",
    "a4m:ProgrammeRule": "rules-of-junior-fellows-exchange",
    "a4m:ProjectDocument": "documents-of-kind",
    "a4m:PublicRole": "people-in-public-roles",
    "a4m:Publication": "publications-on-topic",
    "a4m:ResearchArea": "outputs-by-research-area",
    "a4m:ResearchSoftware": "open-software",
    "a4m:RuleSet": "rules-of-junior-fellows-exchange",
    "a4m:SourceDocument": "sources-of-thing",
    "a4m:StrategicDocument": "strategic-documents",
    "a4m:Survey": "deliverables-and-surveys",
    "a4m:TrackedPolicy": "tracked-policies",
    "a4m:UseCase": "organisations-of-use-cases",
    "dcat:Catalog": "teaching-resources-by-catalogue",
    "dcat:Dataset": "datasets-of-medium",
    "foaf:Person": "people-on-topic",
    "frapo:Grant": "grants-that-paid-for-outputs",
    "org:Organization": "outputs-by-organisation",
    "schema:Course": "courses-and-lecturers",
    "schema:CreativeWorkSeries": "series-and-their-parts",
    "schema:Event": "events-of-year",
    "schema:EventSeries": "event-series",
    "schema:LearningResource": "teaching-on-topic",
    "schema:ResearchProject": "project-network",
    "schema:VideoObject": "videos",
    "skos:Concept": "topic-tree",
    "skos:ConceptScheme": "concept-schemes",
}

_OWL_CLASS = "http://www.w3.org/2002/07/owl#Class"
_FILLED = f"""
SELECT DISTINCT ?class {{
  ?class a <{_OWL_CLASS}> FILTER(isIRI(?class))
  ?thing a ?class FILTER(isIRI(?thing))
}}"""


def test_every_class_with_instances_has_its_question(store: ox.Store, prefixes: Prefixes) -> None:
    filled = table(store, _FILLED).values("class")
    assert sorted(prefixes.name(iri) for (iri,) in filled) == sorted(QUERY_OF_CLASS)


@pytest.mark.parametrize("name", QUERY_OF_CLASS)
def test_the_question_meets_instances(name: str, store: ox.Store, prefixes: Prefixes) -> None:
    prefix, _, local = name.partition(":")
    class_ = prefixes[prefix] + local
    rows = table(store, saved_queries()[QUERY_OF_CLASS[name]].text).rows
    found = {term for row in rows for term in row if isinstance(term, ox.NamedNode)}
    things = table(store, f"SELECT ?thing {{ ?thing a <{class_}> }}").column("thing")
    assert found.intersection(things), f"{QUERY_OF_CLASS[name]} meets no {name}"
