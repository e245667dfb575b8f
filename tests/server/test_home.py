"""Home: words, key figures and pictures of the release, as pages show them."""

from __future__ import annotations

import asyncio
import html
import re
from typing import Any

from publisher.release import Release
from server.front import Front
from server.service import service_of
from tests.server.conftest import Site


def test_figures_carry_qualifier_date_and_source(legacy: Site) -> None:
    text = legacy.get("/").text
    tiles = re.findall(r'<li class="tile">(.*?)</li>', text, re.DOTALL)
    assert len(tiles) == 8
    publications = next(tile for tile in tiles if "Scientific publications" in tile)
    assert "more than" in publications
    assert "August 2024" in publications
    assert '/doc/key-figure/kf-2024-publications"' in publications
    assert "/doc/source/" in publications
    # What is exact needs no word for it.
    assert all("exactly" not in tile for tile in tiles)


def test_it_is_made_before_anybody_asks(release: Release) -> None:
    front = Front(release, "/nowhere")
    events = iter(({"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}))
    made: list[int] = []

    async def receive() -> dict[str, Any]:
        made.append(len(service_of(front.app).renderings))
        return next(events)

    async def send(_message: dict[str, Any]) -> None:
        pass

    asyncio.run(front({"type": "lifespan"}, receive, send))
    assert made == [0, 1]


def test_pictures_show_what_their_queries_answer(legacy: Site) -> None:
    text = html.unescape(legacy.get("/").text)
    rows = legacy.get("/queries/publications-and-software-by-year.rq").text
    answer = legacy.request(
        "POST",
        "/sparql",
        {"Content-Type": "application/sparql-query", "Accept": "text/csv"},
        rows.encode(),
    ).text
    amounts = [line.split(",") for line in answer.split()[1:]]
    parts = {
        year: [f"{papers} publications"] * (papers != "0") + [f"{tools} software"] * (tools != "0")
        for year, papers, tools in amounts
    }
    assert "2021: 11 publications, 7 software" in text
    summary = "; ".join(f"{year}: {', '.join(each)}" for year, each in parts.items())
    assert f'aria-label="{summary}"' in text
    dots = re.findall(r'<circle class="dot"[^>]*><title>(.*?)</title>', text)
    places = legacy.release.site["pictures"][0]["places"]
    named = [name for dot in dots for name in re.split(r", (?=[A-Z])", dot)]
    assert len(places) <= len(named)
    for place in places:
        assert any(place["name"]["text"] in dot for dot in dots)
    for picture in legacy.release.site["pictures"]:
        assert f'href="/queries/{picture["query"]}"' in text


def test_dots_lie_on_the_map(legacy: Site) -> None:
    text = legacy.get("/").text
    width, height = map(int, re.search(r'class="map" viewBox="0 0 (\d+) (\d+)"', text).groups())  # type: ignore[union-attr]
    for x, y in re.findall(r'class="dot" cx="([\d.-]+)" cy="([\d.-]+)"', text):
        assert 0 < float(x) < width
        assert 0 < float(y) < height


def test_the_words_of_the_publication(site: Site) -> None:
    home = site.get("/").text
    assert "Ein kleiner Graph über <strong>Leuchttürme</strong> an der Ostsee" in home
    assert '<a href="/search">sucht hier</a>' in home
    assert "<b>Leuchttürme</b> der Ostsee" in home
    page = site.get("/pages/verein").text
    assert "<h1>Der Verein</h1>" in page
    # HTML in Markdown is text, not HTML.
    assert "&lt;script&gt;HTML ist hier nur Text.&lt;/script&gt;" in page
    assert '<article class="words" lang="de">' in page
    assert '<a href="/pages/verein" aria-current="page"' in page


def test_the_colours_of_the_publication(site: Site, legacy: Site) -> None:
    theme = site.get("/theme.css").text
    assert "@media (prefers-color-scheme: light) { :root { --accent: #8c2f39; } }" in theme
    assert "@media (prefers-color-scheme: dark) { :root { --accent: #f2a7ad; } }" in theme
    assert "#8c2f39" in site.get("/mark.svg").text
    assert "#0b5563" in legacy.get("/mark.svg").text


def test_a_thing_stands_among_its_neighbours(legacy: Site) -> None:
    text = legacy.get("/doc/organisation/certh.html").text
    drawing = re.search(r'<section class="surroundings">(.*?)</section>', text, re.DOTALL)
    assert drawing is not None
    drawn = set(re.findall(r'href="(/doc/[^"]+)"', drawing[1]))
    around = set(re.findall(r'href="(/doc/[^"]+)"', text.replace(drawing[1], "")))
    assert len(drawn) >= 4
    assert drawn <= around
    # Of relations that are many, all have their turn; sources are not drawn.
    lines = [re.sub("<[^>]+>", "", each) for each in re.findall("<text.*?</text>", drawing[1])]
    assert {"affiliation", "member", "organisation or person involved"} <= set(lines)
    # Names have the lines that they need, and a statement says what it says besides.
    assert {"Information Technologies Institute", "360-VSumm: organisation involved"} <= set(lines)
    assert not any("/doc/source/" in each for each in drawn)


def test_a_statement_does_not_repeat_the_name_of_the_page(legacy: Site) -> None:
    text = legacy.get("/doc/organisation/certh.html").text
    incoming = text[text.index('id="incoming"') :].partition("</section>")[0]
    said = {re.sub("<[^>]+>", "", each) for each in re.findall("<a .*?</a>", incoming)}
    assert {"coordinator of AI4Media", "CA-SUM-360: organisation involved"} <= said
    assert not any("Technology Hellas" in each or each.startswith("CERTH") for each in said)
    # What only begins with the name of a page is called what it is called.
    project = legacy.get("/doc/project/ai4media.html").text
    assert ">AI4Media: A European Excellence Centre for Media, Society and Democracy</a>" in project


def test_what_is_described_elsewhere_is_told_of_here(legacy: Site) -> None:
    iri = "http://publications.europa.eu/resource/authority/country/GRC"
    text = legacy.get(f"/about?iri={iri}").text
    assert "<h1>Greece</h1>" in text
    assert f'href="{iri}"' in text
    assert "/doc/organisation/certh" in text
    # Every page that names it leads here first.
    assert f'href="/about?iri={iri}"' in legacy.get("/doc/organisation/certh.html").text


def test_an_address_that_leads_nowhere_offers_what_is_near(legacy: Site) -> None:
    reply = legacy.get("/id/organisation/centre-research-tecnology-hellas", "text/html")
    assert reply.status == 404
    assert "Perhaps you mean" in reply.text
    assert 'href="/doc/organisation/certh"' in reply.text
    assert "Perhaps you mean" not in legacy.get("/zzzzqqqqxxxx", "text/html").text
