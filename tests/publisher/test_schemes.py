"""The index knows the place of each concept, and what the data do with each term."""

from __future__ import annotations

from collections import defaultdict

import pyoxigraph as ox
import pytest

from publisher.index.schemes import Link, Uses, places
from publisher.index.usage import Ties
from publisher.prefixes import WELL_KNOWN
from publisher.terms import RDF_TYPE, Term, bare

PROLOGUE = f"@base <https://e.example/> . @prefix skos: <{WELL_KNOWN['skos']}> .\n"
SCHEMES = {
    "broader": ("<b> skos:broader <a> ; skos:inScheme <S> . <a> skos:inScheme <S> .", "S//a S/a/b"),
    "narrower": (
        "<a> skos:narrower <b> . <a> skos:inScheme <S> . <b> skos:inScheme <S> .",
        "S//a S/a/b",
    ),
    "top concepts are in the scheme": (
        "<S> skos:hasTopConcept <a> . <b> skos:topConceptOf <S> .",
        "S//a S//b",
    ),
    "two parents": (
        "<c> skos:broader <a>, <b> ; skos:inScheme <S> . "
        "<a> skos:inScheme <S> . <b> skos:inScheme <S> .",
        "S//a S//b S/a/c S/b/c",
    ),
    "a declared top with a parent": (
        "<b> skos:broader <a> ; skos:topConceptOf <S> . <a> skos:inScheme <S> .",
        "S//a S//b S/a/b",
    ),
    "parents in another scheme": (
        "<b> skos:broader <a> ; skos:inScheme <S> . <a> skos:inScheme <T> .",
        "S//b T//a",
    ),
    "two schemes": (
        "<b> skos:broader <a> ; skos:inScheme <S>, <T> . <a> skos:inScheme <S>, <T> .",
        "S//a S/a/b T//a T/a/b",
    ),
    "no scheme": ("<b> skos:broader <a> .", "//a /a/b"),
    "a circle": (
        "<a> skos:broader <b> . <b> skos:broader <a> . <c> skos:broader <b> . "
        "<a> skos:inScheme <S> . <b> skos:inScheme <S> . <c> skos:inScheme <S> .",
        "S//a S/a/b S/b/a S/b/c",
    ),
    "its own parent": ("<a> skos:broader <a> ; skos:inScheme <S> .", "S//a"),
}


def said(text: str) -> dict[str, dict[str, list[Term]]]:
    about: dict[str, dict[str, list[Term]]] = defaultdict(lambda: defaultdict(list))

    for quad in ox.parse(PROLOGUE + text, format=ox.RdfFormat.TURTLE):
        subject, predicate, value = bare(quad)
        assert isinstance(subject, ox.NamedNode)
        about[subject.value][predicate.value].append(value)
    return about


def links(about: dict[str, dict[str, list[Term]]]) -> list[Link]:
    return [
        (subject, predicate, value.value)
        for subject, stated in about.items()
        for predicate, values in stated.items()
        for value in values
        if isinstance(value, ox.NamedNode)
    ]


def local(iri: str) -> str:
    return iri.replace("#", "/").rpartition("/")[2]


@pytest.mark.parametrize("case", SCHEMES)
def test_places(case: str) -> None:
    text, expected = SCHEMES[case]
    found = [
        "/".join(part.removeprefix("https://e.example/") for part in place)
        for place in places(links(said(text)))
    ]
    assert sorted(found) == expected.split()


def test_uses_are_things_not_relations_between_concepts() -> None:
    about = said("""
        <a> skos:inScheme <S> . <b> skos:broader <a> ; skos:inScheme <S> .
        <x> <topic> <a>, <b> ; <also> <a> . <y> <topic> <a> . <z> <topic> <a> .""")
    things = [f"https://e.example/{name}" for name in "abxy"]
    uses = Uses(places(links(about)))
    for thing in things:
        uses.add(about[thing])
    assert uses.counts() == {"https://e.example/a": 2, "https://e.example/b": 1}


def test_ties_count_triples_between_classes() -> None:
    about = said("""
        <x> a <K>, <L> ; <of> <y> ; <n> 3, 4 ; <see> <z> . <y> a <M> ; <of> <x> .""")
    kinds = {
        iri: [each.value for each in stated[RDF_TYPE]]
        for iri, stated in about.items()
        if RDF_TYPE in stated
    }
    ties = Ties(kinds)
    for iri, stated in about.items():
        ties.add(iri, stated)
    short = [(*map(local, (tie.kind, tie.property, tie.other)), tie.triples) for tie in ties.ties()]
    assert short == [
        ("K", "n", "integer", 2),
        ("K", "of", "M", 1),
        ("K", "see", "", 1),
        ("L", "n", "integer", 2),
        ("L", "of", "M", 1),
        ("L", "see", "", 1),
        ("M", "of", "K", 1),
        ("M", "of", "L", 1),
    ]
