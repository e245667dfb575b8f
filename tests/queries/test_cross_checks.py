"""Answers counted a second time, without SPARQL: by walking the triples with rdflib.

Nothing is shared with the queries: neither their patterns nor the engine that runs them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import combinations
from urllib.parse import urlsplit

import pyoxigraph as ox
import pytest
import rdflib
from answers import saved_queries, table
from rdflib import DCTERMS, OWL, RDF, RDFS, SKOS, Graph, Literal, Namespace, URIRef

from publisher.prefixes import Prefixes

A4M = Namespace("https://w3id.org/ai4media/ontology#")
FRAPO = Namespace("http://purl.org/cerif/frapo/")
ID = Namespace("https://w3id.org/ai4media/id/")
SCHEMA = Namespace("https://schema.org/")
DCAT = Namespace("http://www.w3.org/ns/dcat#")
ORG = Namespace("http://www.w3.org/ns/org#")
FOAF = Namespace("http://xmlns.com/foaf/0.1/")

Rows = Callable[..., list[tuple[str, ...]]]


@pytest.fixture
def rows(store: ox.Store, prefixes: Prefixes) -> Rows:
    """Return a function that runs a saved query and returns some of its columns as strings."""

    def run(name: str, *columns: str, **values: str) -> list[tuple[str, ...]]:
        text = saved_queries()[name].with_values(values, prefixes)
        return table(store, text).values(*columns)

    return run


def instances(graph: Graph, *classes: URIRef) -> set[URIRef]:
    """The things that carry one of some classes."""
    return {
        thing
        for class_ in classes
        for thing in graph.subjects(RDF.type, class_)
        if isinstance(thing, URIRef)
    }


def year(graph: Graph, thing: URIRef) -> str:
    """The year in which a thing came out, or an empty string."""
    issued = graph.value(thing, DCTERMS.issued)
    return str(issued)[:4] if issued else ""


def with_narrower(graph: Graph, topic: URIRef) -> set[URIRef]:
    """A topic and all below it, found from the top down."""
    found, waiting = set(), [topic]
    while waiting:
        found.add(now := waiting.pop())
        waiting += [one for one in graph.subjects(SKOS.broader, now) if isinstance(one, URIRef)]
    return found


def described(graph: Graph, thing: URIRef, properties: Iterable[URIRef]) -> Iterator[URIRef]:
    """The IRIs to which some properties of a thing lead."""
    for property_ in properties:
        for value in graph.objects(thing, property_):
            assert isinstance(value, URIRef)
            yield value


def test_publications_by_area_and_year(rows: Rows, walk: Graph) -> None:
    counts: Counter[tuple[str, str]] = Counter()
    for publication in instances(walk, A4M.Publication):
        for area in walk.objects(publication, A4M.researchArea):
            counts[str(area), year(walk, publication)] += 1
    found = rows("publications-by-research-area-and-year", "area", "year", "publications")
    assert {(area, when): int(number) for area, when, number in found} == counts


def test_publications_of_each_year_add_up(rows: Rows, walk: Graph) -> None:
    dated = Counter(year(walk, one) for one in instances(walk, A4M.Publication))
    del dated[""]
    found = {
        when: len(rows("publications-of-year", "publication", year=when)) for when in sorted(dated)
    }
    assert found == dated


def test_publications_on_a_topic_take_in_narrower_ones(rows: Rows, walk: Graph) -> None:
    for slug in ("machine-learning", "computer-vision", "trustworthy-ai", "disinformation"):
        topics = with_narrower(walk, ID[f"topic/{slug}"])
        expected = {
            str(publication)
            for publication in instances(walk, A4M.Publication)
            if topics.intersection(walk.objects(publication, DCTERMS.subject))
        }
        found = rows("publications-on-topic", "publication", topic=f"topic:{slug}")
        assert sorted(iri for (iri,) in found) == sorted(expected), slug


def test_topic_tree(rows: Rows, walk: Graph) -> None:
    topics = set(walk.subjects(SKOS.inScheme, ID["scheme/topic"]))
    expected = {}
    for topic in topics:
        assert isinstance(topic, URIRef)
        own = set(walk.subjects(DCTERMS.subject, topic))
        below = {
            thing
            for narrower in with_narrower(walk, topic)
            for thing in walk.subjects(DCTERMS.subject, narrower)
        }
        expected[str(topic)] = (str(len(own)), str(len(below)))
    found = rows("topic-tree", "topic", "works", "works_with_narrower")
    assert {topic: (own, below) for topic, own, below in found} == expected
    assert len(found) == len(topics)


def test_outputs_by_country(rows: Rows, walk: Graph) -> None:
    kinds = (A4M.Publication, A4M.ResearchSoftware, DCAT.Dataset)
    works: defaultdict[str, list[set[URIRef]]] = defaultdict(lambda: [set(), set(), set()])
    for place, class_ in enumerate(kinds):
        for work in instances(walk, class_):
            for organisation in walk.objects(work, DCTERMS.contributor):
                for country in walk.objects(organisation, A4M.country):
                    works[str(country)][place].add(work)
    expected = {country: tuple(str(len(one)) for one in sets) for country, sets in works.items()}
    found = rows("outputs-by-country", "country", "publications", "software", "datasets")
    assert {country: tuple(numbers) for country, *numbers in found} == expected
    italy = "http://publications.europa.eu/resource/authority/country/ITA"
    listed = rows("outputs-of-country", "output", country=italy)
    assert {iri for (iri,) in listed} == {str(one) for one in set().union(*works[italy])}


def test_outputs_of_an_organisation_and_its_parts(rows: Rows, walk: Graph) -> None:
    certh = ID["organisation/certh"]
    units = {certh, *walk.subjects(ORG.subOrganizationOf, certh)}
    kinds = (
        A4M.Publication,
        A4M.ResearchSoftware,
        DCAT.Dataset,
        A4M.ProjectDocument,
        SCHEMA.LearningResource,
    )
    works = instances(walk, *kinds)
    stated = {one for one in works if units.intersection(walk.objects(one, DCTERMS.contributor))}
    concluded = set()
    for claim in instances(walk, A4M.InferredClaim):
        subject = walk.value(claim, A4M.claimSubject)
        if (
            walk.value(claim, A4M.claimProperty) == DCTERMS.contributor
            and walk.value(claim, A4M.claimObject) in units
            and subject in works - stated
        ):
            concluded.add(subject)
    found = rows(
        "outputs-of-organisation", "output", "certainty", organisation="organisation:certh"
    )
    assert {iri for iri, how in found if how == "stated"} == {str(one) for one in stated}
    assert {iri for iri, how in found if how == "inferred"} == {str(one) for one in concluded}
    assert len(found) == len(stated) + len(concluded)


def test_co_authors(rows: Rows, walk: Graph) -> None:
    pairs: Counter[tuple[str, str]] = Counter()
    for publication in instances(walk, A4M.Publication):
        authors = sorted(str(one) for one in walk.objects(publication, DCTERMS.creator))
        pairs.update(combinations(authors, 2))
    for minimum in ("3", "5"):
        expected = {pair: count for pair, count in pairs.items() if count >= int(minimum)}
        found = rows("co-author-network", "one", "other", "publications", minimum=minimum)
        assert {(one, other): int(count) for one, other, count in found} == expected
    person = str(ID["person/fabrizio-falchi"])
    expected_of_one = {
        (set(pair) - {person}).pop(): count for pair, count in pairs.items() if person in pair
    }
    found = rows("co-authors-of-person", "coauthor", "publications")
    assert {iri: int(count) for iri, count in found} == expected_of_one


def test_open_software(rows: Rows, walk: Graph) -> None:
    expected = set()
    for software in instances(walk, A4M.ResearchSoftware):
        licence = walk.value(software, DCTERMS.license)
        if licence and not {"NC", "ND"}.intersection(str(licence).split("-")):
            papers = [str(paper) for paper in walk.objects(software, A4M.presentedIn)] or [""]
            expected |= {(str(software), str(licence), paper) for paper in papers}
    found = rows("open-software", "software", "licence", "publication")
    assert set(found) == expected
    assert len(found) == len(expected)
    without = rows("software-without-licence", "software")
    every = instances(walk, A4M.ResearchSoftware)
    licensed = {one for one in every if (one, DCTERMS.license, None) in walk}
    assert {iri for (iri,) in without} == {str(one) for one in every - licensed}


def test_datasets_by_medium_and_licence(rows: Rows, walk: Graph) -> None:
    expected: Counter[tuple[str, str]] = Counter()
    for dataset in instances(walk, DCAT.Dataset):
        licence = walk.value(dataset, DCTERMS.license)
        expected[str(walk.value(dataset, DCTERMS.type)), str(licence or "")] += 1
    found = rows("datasets-by-medium-and-licence", "medium", "licence", "datasets")
    assert {(medium, licence): int(count) for medium, licence, count in found} == expected
    assert expected.total() == len(instances(walk, DCAT.Dataset))


def test_use_cases_to_countries(rows: Rows, walk: Graph) -> None:
    expected = {
        (str(use_case), str(tool), str(organisation), str(walk.value(organisation, A4M.country)))
        for tool, use_case in walk.subject_objects(A4M.demonstrates)
        for organisation in walk.objects(tool, DCTERMS.contributor)
    }
    names = ("use_case", "demonstrator", "organisation", "country")
    assert set(rows("use-cases-demonstrators-countries", *names)) == expected


def test_grants_beside_that_of_the_project(rows: Rows, walk: Graph) -> None:
    expected = {}
    kinds = (A4M.Publication, A4M.ResearchSoftware, DCAT.Dataset)
    for grant in instances(walk, FRAPO.Grant):
        paid = set(walk.subjects(SCHEMA.funding, grant))
        numbers = tuple(str(len(paid & instances(walk, kind))) for kind in kinds)
        if numbers != ("0", "0", "0"):
            expected[str(grant)] = numbers
    found = rows("grants-that-paid-for-outputs", "grant", "publications", "software", "datasets")
    assert {grant: tuple(numbers) for grant, *numbers in found} == expected


def test_links_by_target(rows: Rows, walk: Graph) -> None:
    properties = (
        OWL.sameAs,
        SCHEMA.sameAs,
        SCHEMA.codeRepository,
        SCHEMA.softwareHelp,
        FOAF.homepage,
        FOAF.page,
        RDFS.seeAlso,
    )
    expected: Counter[str] = Counter()
    for thing in set(walk.subjects()):
        if isinstance(thing, URIRef) and thing.startswith(ID):
            for link in described(walk, thing, properties):
                expected[urlsplit(link).netloc.removeprefix("www.")] += 1
    found: Counter[str] = Counter()
    for host, links in rows("links-by-target", "host", "links"):
        found[host] += int(links)
    assert found == expected


def test_members_by_country_and_role(rows: Rows, walk: Graph) -> None:
    expected: Counter[tuple[str, str, str]] = Counter()
    for membership in instances(walk, A4M.NetworkMembership):
        member = walk.value(membership, ORG.member)
        country = str(walk.value(member, A4M.country) or "")
        network, role = (walk.value(membership, one) for one in (ORG.organization, ORG.role))
        expected[str(network), country, str(role)] += 1
    found = rows("members-by-country-and-role", "network", "country", "role", "members")
    assert {(one, two, three): int(n) for one, two, three, n in found} == expected


def test_figures_of_publications_grow(rows: Rows, walk: Graph) -> None:
    """The wording of the sources, read by eye: over 70 in 2021, over 400 at the end."""
    found = rows("key-figures-over-time", "about", "date", "qualifier_label", "value")
    alone = [row for row in found if row[0] == "AI4Media"]
    assert alone == [
        ("AI4Media", "2021-12", "more than", "70"),
        ("AI4Media", "2024-08", "more than", "400"),
    ]
    every = {
        str(figure) for figure in walk.subjects(SCHEMA.measuredProperty, ID["measure/publications"])
    }
    assert {iri for (iri,) in rows("key-figures-over-time", "figure")} == every


def test_what_a_source_says(rows: Rows, walk: Graph) -> None:
    for source in ("ai4media-lasting-legacy", "ai4media-eu-2021-12"):
        expected = {str(one) for one in walk.subjects(DCTERMS.source, ID[f"source/{source}"])}
        found = rows("what-a-source-says", "thing", source=f"source:{source}")
        assert sorted(iri for (iri,) in found) == sorted(expected)


def test_inferred_claims_are_never_facts(rows: Rows, walk: Graph) -> None:
    claims = instances(walk, A4M.InferredClaim)
    assert {iri for (iri,) in rows("inferred-claims", "claim")} == {str(one) for one in claims}
    for claim in claims:
        parts = (A4M.claimSubject, A4M.claimProperty, A4M.claimObject)
        subject, property_, object_ = (walk.value(claim, part) for part in parts)
        assert (subject, property_, object_) not in walk, f"{claim} is stated as a fact as well"


def test_things_by_class(rows: Rows, walk: Graph) -> None:
    expected: Counter[str] = Counter()
    for thing in set(walk.subjects(DCTERMS.source)):
        if str(thing).startswith(str(ID)):
            expected.update(str(class_) for class_ in walk.objects(thing, RDF.type))
    found = rows("things-by-class", "class", "things")
    assert {class_: int(number) for class_, number in found} == expected


def test_a_name_in_another_language_does_not_vanish(rows: Rows, walk: Graph) -> None:
    french = [
        publication
        for publication in instances(walk, A4M.Publication)
        for label in walk.objects(publication, RDFS.label)
        if isinstance(label, Literal) and label.language == "fr"
    ]
    assert french, "the test has lost its example"
    for publication in french:
        found = rows("publications-of-year", "publication", year=year(walk, publication))
        assert (str(publication),) in found


def test_organisations_keep_their_name_where_a_language_lacks_one(rows: Rows, walk: Graph) -> None:
    everyone = {str(one) for one in instances(walk, ORG.Organization)}
    for language in ("fr", "el", "mt"):
        found = rows("organisation-names-in-language", "organisation", "name", language=language)
        assert {iri for iri, _ in found} == everyone
        assert all(name for _, name in found)


def test_the_other_library_reads_the_same_graph(walk: rdflib.Graph, store: ox.Store) -> None:
    assert len(walk) == len(store)
