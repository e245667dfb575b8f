"""Who asked for what there is not is offered what is near: words, things, pages, questions."""

from __future__ import annotations

import re

import pytest

from tests.server.conftest import Site

HTML = "text/html"


def links(text: str) -> list[str]:
    main = text.partition("<main")[2].partition("</main>")[0]
    return re.findall(r'<a href="([^"]*)"', main)


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("/query", "/queries"),
        ("/sparq", "/sparql"),
        ("/dump", "/dumps/"),
        ("/ontologies", "/ontology"),
        ("/shape", "/shapes"),
        ("/Catalogue", "/catalog"),
    ],
)
def test_a_page_that_was_meant(path: str, meant: str, legacy: Site) -> None:
    reply = legacy.get(path, HTML)
    assert reply.status == 404
    near = reply.text.partition("Perhaps you mean")[2].partition("</ul>")[0]
    assert f'<a href="{meant}">' in near


def test_a_misspelt_word_beside_a_right_one(legacy: Site) -> None:
    """Nothing has both; the names that are like the whole are too far away."""
    reply = legacy.get("/search?q=who+beneficiary+organisatino", HTML)
    assert "Did you mean" in reply.text
    assert "/search?q=who+beneficiary+organisation" in reply.text.replace("%20", "+")


def test_a_search_that_finds_nothing_shows_around(legacy: Site) -> None:
    found = links(legacy.get("/search?q=xyzzyq", HTML).text)
    assert "/graph/publication" in found
    assert "/graph/software" in found


def test_a_search_that_finds_nothing_offers_questions(legacy: Site) -> None:
    found = links(legacy.get("/search?q=funded+projects+countries+zzzzzzzz", HTML).text)
    assert any(link.startswith("/queries/") for link in found)


def test_a_page_behind_the_last_leads_to_the_last(legacy: Site) -> None:
    reply = legacy.get("/graph/publication?page=999&sort=-year", HTML)
    assert reply.status == 404
    assert "/graph/publication?sort=-year&amp;page=2" in links(reply.text)


def test_programs_are_told_the_pages_there_are(legacy: Site) -> None:
    reply = legacy.get("/search?q=learning&page=999", "application/json")
    assert reply.status == 404
    assert '"href": "/search?q=learning"' in reply.text


def test_a_number_that_is_none_is_not_answered_with_things(legacy: Site) -> None:
    reply = legacy.get("/queries/co-author-network?minimum=abc", HTML)
    assert reply.status == 400
    assert "minimum is a whole number" in reply.text
    assert "Did you mean" not in reply.text


def test_a_thing_that_is_none_is(legacy: Site) -> None:
    reply = legacy.get("/queries/publications-on-topic?topic=generative", HTML)
    assert reply.status == 400
    assert "Did you mean" in reply.text


def test_readers_see_which_graphs_there_are(legacy: Site) -> None:
    reply = legacy.get("/graph", HTML)
    assert reply.status == 200
    assert {"/graph/publication", "/graph/publication.ttl", "/graph/ontology"} <= set(
        links(reply.text)
    )
    assert legacy.get("/graph").status == 400
