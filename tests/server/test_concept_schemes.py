"""Concept schemes as trees on the pages of things."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from flask import Flask

from publisher.build import build
from publisher.progress import Progress
from publisher.publication import Publication
from publisher.release import Release
from server.pages import schemes
from server.pages.schemes import Node, Tree
from server.presentation import Presentation
from server.search.index import Index
from tests.server.conftest import REPOSITORY, Site
from tests.server.test_pages import Page

SKOS = "http://www.w3.org/2004/02/skos/core#"


def tree(release: Release, iri: str) -> Tree | None:
    with Flask(__name__).test_request_context():
        presentation = Presentation.of(release)
        return schemes.tree(iri, Index.of(release), presentation, release.iris)


def walk(nodes: list[Node], above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Node]]:
    for node in nodes:
        path = (*above, node.value.title or "")
        yield path, node
        yield from walk(node.below, path)


def rows(site: Site, query: str) -> list[list[str]]:
    reply = site.get(f"/sparql?query={quote(query)}&format=csv")
    return list(csv.reader(io.StringIO(reply.text)))[1:]


def test_a_scheme_shows_each_concept_once_per_place(
    legacy: Site, ai4media_release: Release
) -> None:
    scheme = ai4media_release.iris.base + "id/scheme/topic"
    found = tree(ai4media_release, scheme)
    assert found is not None
    paths = Counter(path[-2:] for path, _ in walk(found.nodes))
    assert set(paths.values()) == {1}
    stated = rows(
        legacy,
        f"SELECT ?c ?b {{ ?c <{SKOS}inScheme> <{scheme}> OPTIONAL {{ ?c <{SKOS}broader> ?b }} }}",
    )
    assert set(paths) == {(b, c) if b else (c,) for c, b in stated}
    assert found.concepts == len({c for c, _ in stated}) > 100
    counted = rows(
        legacy,
        f"SELECT ?c (COUNT(DISTINCT ?s) AS ?n) {{ ?c <{SKOS}inScheme> <{scheme}> . ?s ?p ?c "
        f'FILTER(!STRSTARTS(STR(?p), "{SKOS}")) }} GROUP BY ?c',
    )
    used = {path[-1]: node.uses for path, node in walk(found.nodes) if node.uses}
    assert used == {concept: int(things) for concept, things in counted}


def test_the_page_of_a_scheme_folds_its_tree(legacy: Site) -> None:
    reply = legacy.get("/doc/scheme/topic", "text/html")
    found = Page(reply.text)
    assert sum(tag == "details" for tag, _ in found.elements) > 10
    assert "crowd counting" in [words for words, _ in found.words]


@pytest.mark.parametrize("path", ["/doc/scheme/topic", "/doc/topic/face-analysis"])
def test_what_the_tree_shows_stands_on_the_page_once(legacy: Site, path: str) -> None:
    text = legacy.get(path, "text/html").text
    links = re.findall(r'<a href="(/doc/topic/[^"]+)"', text)
    assert len(links) == len(set(links)) >= 3
    assert "top concept" not in text
    assert "broader concept" not in text


def test_the_page_of_a_concept_shows_its_path_and_what_is_narrower(
    ai4media_release: Release, legacy: Site
) -> None:
    base = ai4media_release.iris.base
    found = tree(ai4media_release, f"{base}id/topic/face-analysis")
    assert found is not None
    (trail,) = found.trails
    assert [step.text for step in trail] == [
        "Topics",
        "multimedia content analysis",
        "computer vision",
    ]
    assert {node.value.text for node in found.nodes} >= {"face detection", "face recognition"}
    assert 'aria-label="Path"' in legacy.get("/doc/topic/face-analysis", "text/html").text


def test_what_is_no_concept_has_no_tree(ai4media_release: Release) -> None:
    assert tree(ai4media_release, f"{ai4media_release.iris.base}id/project/ai4media") is None


@pytest.mark.parametrize("most", [5, 20])
def test_a_large_scheme_is_cut_at_whole_levels(
    ai4media_release: Release, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    scheme = ai4media_release.iris.base + "id/scheme/topic"
    whole = tree(ai4media_release, scheme)
    monkeypatch.setattr(schemes, "TREE_CONCEPTS", most)
    cut = tree(ai4media_release, scheme)
    assert whole is not None
    assert cut is not None
    assert len(list(walk(cut.nodes))) <= most
    assert len(cut.nodes) + cut.hidden == len(whole.nodes)
    full = {path[-1]: node for path, node in walk(whole.nodes)}
    for path, node in walk(cut.nodes):
        assert not node.below
        if not cut.hidden:
            assert node.hidden == len(full[path[-1]].below)


def test_concepts_elsewhere(tmp_path_factory: pytest.TempPathFactory) -> None:
    sources = Publication.load(REPOSITORY / "tests" / "publications" / "bookshelf")
    out = tmp_path_factory.mktemp("bookshelf") / "release"
    release = build(sources, out, Progress(quiet=True))
    found = tree(release, "https://shelf.example.org/id/scheme/country")
    assert found is not None
    ((path, node),) = walk(found.nodes)
    assert path == ("http://countries.example.org/NO",)
    assert (node.value.text, found.concepts) == ("Norway", 1)
    assert node.value.about == "/about?iri=http://countries.example.org/NO"


def test_the_page_of_a_concept_elsewhere_shows_its_scheme(legacy: Site) -> None:
    country = "http://publications.europa.eu/resource/authority/country/AUT"
    text = legacy.get(f"/about?iri={quote(country)}", "text/html").text
    trail = text[text.index('aria-label="Path"') :].partition("</ol>")[0]
    assert "/doc/scheme/country" in trail or "/id/scheme/country" in trail
