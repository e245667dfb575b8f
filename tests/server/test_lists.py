"""Lists of collections: what they are narrowed to, in which order, and in which forms."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import pytest
import rdflib

from publisher.release import Release
from server.search.index import Index
from server.search.lists import ORDERS, Lists, Selection
from tests import large
from tests.server.conftest import BASE, Reply, Site, serving
from tests.server.test_pages import Page

A4M = "https://w3id.org/ai4media/"
PER_PAGE = 50


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A list of 300 things, numbered by their names."""
    folder = tmp_path_factory.mktemp("long")
    with serving(large.listed(folder, things=300), folder / "server.log", "--workers", "1") as site:
        yield site


def page(site: Site, path: str) -> Reply:
    reply = site.get(path, "text/html")
    assert reply.status == 200, reply.text
    Page(reply.text)
    return reply


def table(site: Site, path: str) -> list[dict[str, str]]:
    reply = site.get(path)
    assert reply.status == 200, reply.text
    assert reply.headers["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.reader(io.StringIO(reply.text, newline=""), strict=True))
    assert all(len(row) == len(rows[0]) for row in rows)
    assert len(set(rows[0])) == len(rows[0])
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


def iris(site: Site, path: str) -> list[str]:
    return [row["iri"] for row in table(site, path)]


def asked(site: Site, query: str) -> list[dict[str, str]]:
    reply = site.get(f"/sparql?query={quote(query, safe='')}&format=csv")
    assert reply.status == 200, reply.text
    return list(csv.DictReader(io.StringIO(reply.text, newline="")))


def facets(site: Site, path: str) -> dict[str, list[tuple[str, int]]]:
    """Return the values of each facet on a page by the parameter of its links, with the counts."""
    aside = page(site, path).text.partition('id="narrow"')[2]
    found = values(aside, path)
    for href in re.findall(r'<p class="everything"><a href="([^"]*)"', aside):
        address = unescape(href)
        (name,) = parse_qs(urlsplit(address).query)["values"]
        found[name] = values(page(site, address).text, path)[name]
    return found


def values(text: str, path: str) -> dict[str, list[tuple[str, int]]]:
    """Return what the links in a text would add to the choices of a path, with the counts."""
    before = parse_qs(urlsplit(path).query)
    found: dict[str, list[tuple[str, int]]] = {}
    for href, count in re.findall(
        r'<li><a href="([^"]*)".*?</a> <span class="count">([^<]*)</span>', text
    ):
        for name, given in parse_qs(urlsplit(unescape(href)).query).items():
            added = [value for value in given if value not in before.get(name, [])]
            if added:
                amount = int(count.replace("\u202f", ""))
                found.setdefault(name, []).append((added[0], amount))
    return found


@pytest.mark.parametrize("collection", ["publication", "software", "event", "sources"])
@pytest.mark.parametrize("narrowed", ["", "?year=2022"])
def test_facets_count_as_sparql_does(legacy: Site, collection: str, narrowed: str) -> None:
    dates = " ".join(f"<{iri}>" for iri in legacy.release.publication.search_dates)
    year = (
        f"VALUES ?dated {{ {dates} }} ?thing ?dated ?date FILTER(STRSTARTS(STR(?date), '2022'))"
        if narrowed
        else ""
    )
    counted = asked(
        legacy,
        f"""SELECT ?value (COUNT(DISTINCT ?thing) AS ?things) {{
          GRAPH <{A4M}graph/{collection}> {{ ?thing a ?class }} {year}
          ?thing ?link ?value FILTER(STRSTARTS(STR(?value), "{A4M}id/topic/"))
        }} GROUP BY ?value""",
    )
    expected = {(row["value"].rpartition("/")[2], int(row["things"])) for row in counted}
    found = facets(legacy, f"/graph/{collection}{narrowed}").get("topic", [])
    assert set(found) == (expected if len(expected) > 1 or found else set())
    assert [count for _, count in found] == sorted((count for _, count in found), reverse=True)


def test_years_count_as_sparql_does(legacy: Site) -> None:
    counted = asked(
        legacy,
        f"""SELECT ?year (COUNT(DISTINCT ?thing) AS ?things) {{
          GRAPH <{A4M}graph/publication> {{ ?thing a ?class }}
          ?thing <http://purl.org/dc/terms/issued> ?d
          BIND(SUBSTR(STR(?d), 1, 4) AS ?year) }} GROUP BY ?year""",
    )
    expected = {(row["year"], int(row["things"])) for row in counted}
    assert set(facets(legacy, "/graph/publication")["year"]) == expected


def test_a_facet_narrows_to_as_many_as_it_said(legacy: Site) -> None:
    for name, values in facets(legacy, "/graph/publication").items():
        for value, count in values[:4]:
            query = urlencode({name: value})
            assert len(iris(legacy, f"/lists/publication.csv?{query}")) == count
            for further, others in facets(legacy, f"/graph/publication?{query}").items():
                for other, fewer in others[:2]:
                    both = f"{query}&{urlencode({further: other})}"
                    assert len(iris(legacy, f"/lists/publication.csv?{both}")) == fewer


def test_one_click_leaves_a_choice_out(legacy: Site) -> None:
    text = page(legacy, "/graph/publication?topic=quantification&year=2022&sort=-year").text
    chosen = re.findall(r'<a href="([^"]*)"[^>]* aria-current="true"', text)
    assert {unescape(href) for href in chosen} == {
        "/graph/publication?topic=quantification&sort=-year",
        "/graph/publication?year=2022&sort=-year",
    }


def test_facets_with_one_value_are_left_out(legacy: Site) -> None:
    text = page(legacy, "/graph/publication").text
    assert not re.search(r"<summary[^>]*>Collection</summary>", text)
    assert "<summary>Kind</summary>" not in text
    assert re.search(r"<summary[^>]*>Kind</summary>", page(legacy, "/graph/sources").text) is None


def test_of_many_values_the_most_frequent_stand_beside_and_all_on_a_page(legacy: Site) -> None:
    for path in ("/graph/publication?year=2022", "/search?q=a&year=2022"):
        text = page(legacy, path).text
        aside = re.split("<aside[^>]*Narrow", text)[1]
        beside = values(aside, path)["topic"]
        assert len(beside) == 12
        (href,) = re.findall(r'href="([^"]*values=topic[^"]*)"', aside)
        reply = page(legacy, unescape(href))
        everything = values(reply.text, path)["topic"]
        assert everything[:12] == beside
        assert len(everything) > 12
        assert f'href="{path.replace("&", "&amp;")}"' in reply.text, "the way back"
        assert legacy.get(f"{unescape(href)}&page=99", "text/html").status == 404


def test_values_of_no_facet_are_refused(legacy: Site) -> None:
    for path in ("/graph/publication", "/search"):
        reply = legacy.get(f"{path}?values=colour", "text/html")
        assert reply.status == 400
        assert "topic" in reply.text
    assert legacy.get("/graph/publication?values=topic&values=year", "text/html").status == 400


@pytest.mark.parametrize(
    "narrowed",
    [
        {},
        {"year": "2022"},
        {"topic": "quantification", "year": "2022"},
        {"q": "learning"},
        {"q": "learn", "topic": "quantification"},
        {"organisation": "cnr-isti", "research-area": "area-new-learning-paradigms"},
        {"kind": "a4m:Publication"},
    ],
    ids=str,
)
def test_the_query_gives_the_same_things(legacy: Site, narrowed: dict[str, str]) -> None:
    query = f"?{urlencode(narrowed)}"
    listed = iris(legacy, f"/lists/publication.csv{query}")
    text = page(legacy, f"/graph/publication{query}").text
    links = re.findall(r'href="(/sparql\?draft=[^"]*)"', text)
    if not listed:
        assert links == []
        return
    (draft,) = parse_qs(urlsplit(unescape(links[0])).query)["draft"]
    assert sorted(row["thing"] for row in asked(legacy, draft)) == sorted(listed)
    graph = rdflib.Graph().parse(
        data=legacy.get(f"/lists/publication.ttl{query}").body, format="turtle"
    )
    assert {str(subject) for subject in graph.subjects()} == set(listed)


@pytest.mark.parametrize("collection", ["event", "sources", "organisation", "ontology", "policy"])
def test_the_query_of_any_collection(legacy: Site, collection: str) -> None:
    """Facets of every kind, in collections that were not thought of."""
    paths = [
        "",
        *(
            f"?{urlencode({name: values[0][0]})}"
            for name, values in facets(legacy, f"/graph/{collection}").items()
        ),
    ]
    for query in paths:
        text = page(legacy, f"/graph/{collection}{query}").text
        (link,) = re.findall(r'href="(/sparql\?draft=[^"]*)"', text)
        (draft,) = parse_qs(urlsplit(unescape(link)).query)["draft"]
        listed = iris(legacy, f"/lists/{collection}.csv{query}")
        assert listed
        assert sorted(row["thing"] for row in asked(legacy, draft)) == sorted(listed)


@pytest.mark.parametrize("query", ["", "?topic=o7", "?q=thing", "?kind=", "?topic=o7&topic=o8"])
def test_pages_hold_everything_once(long: Site, query: str) -> None:
    query = query.replace("kind=", f"kind={quote(large.BASE, safe='')}ontology%23Paper")
    whole = iris(long, f"/lists/thing.csv{query}")
    assert len(set(whole)) == len(whole)
    seen: list[str] = []
    for number in range(1, -(-len(whole) // PER_PAGE) + 1):
        reply = page(long, f"/graph/thing{query}{'&' if query else '?'}page={number}")
        body = reply.text[reply.text.index("<tbody>") : reply.text.index("</tbody>")]
        seen += re.findall(r'<th scope="row"><a href="/doc/thing/(t\d+)"', body)
    assert [iri.rpartition("/")[2] for iri in whole] == seen
    assert long.get(f"/graph/thing{query}{'&' if query else '?'}page=99").status == 404


@pytest.mark.parametrize("query", ["", "?topic=o7", "?q=thing"])
def test_orders(long: Site, query: str) -> None:
    def listed(sort: str) -> list[dict[str, str]]:
        rows = table(long, f"/lists/thing.csv{query}{'&' if query else '?'}sort={quote(sort)}")
        assert rows
        return rows

    numbers = [int(row["name"].split()[1]) for row in listed("name")]
    assert numbers == sorted(numbers)
    assert [int(row["name"].split()[1]) for row in listed("-name")] == numbers[::-1]
    years = [int(row["year"]) for row in listed("year")]
    assert years == sorted(years)
    assert [int(row["year"]) for row in listed("-year")] == years[::-1]


def test_the_most_linked_come_first(legacy: Site) -> None:
    rows = table(legacy, "/lists/organisation.csv?sort=linked")
    linked = [int(row["linked from"]) for row in rows]
    assert linked == sorted(linked, reverse=True)
    (row,) = asked(
        legacy,
        f"SELECT (COUNT(*) AS ?n) {{ SELECT DISTINCT ?s ?p {{ ?s ?p <{rows[0]['iri']}> }} }}",
    )
    assert int(row["n"]) == linked[0]


def test_headers_say_the_order(long: Site) -> None:
    for order, (label, state) in {
        "name": ("Name", "ascending"),
        "-name": ("Name", "descending"),
        "year": ("Year", "ascending"),
        "-year": ("Year", "descending"),
    }.items():
        text = page(long, f"/graph/thing?sort={order}").text
        assert text.count("aria-sort=") == 1
        assert re.search(rf'<th scope="col" aria-sort="{state}"[^>]*><a [^>]*>{label}</a>', text)
    # A second click turns the order round.
    first = re.search(r'aria-sort="descending"[^>]*><a href="([^"]*)"', text)
    assert first is not None
    assert unescape(first[1]) == "/graph/thing?sort=year"


def test_columns_are_those_of_the_shapes(legacy: Site, site: Site) -> None:
    (row,) = (
        row
        for row in table(legacy, "/lists/publication.csv")
        if row["iri"].endswith("/pub-2024-emoclip")
    )
    assert list(row) == ["iri", "name", "year", "kind", "venue", "topic", "linked from"]
    assert row["kind"] == "conference paper"
    towers = table(site, "/lists/turm.csv")
    assert [row["Ort"] for row in towers] == ["Nordhafen", "Südhafen"]
    assert [row["Höhe (m)"] for row in towers] == ["26.5", "9.0625"]
    text = page(site, "/graph/turm").text
    assert re.search(r'<th scope="col"[^>]* lang="de">Höhe \(m\)</th>', text)
    assert re.search(r'<a href="/doc/ort/nordhafen"[^>]* lang="de"[^>]*>Nordhafen</a>', text)


def test_json_says_the_same(legacy: Site) -> None:
    rows = table(legacy, "/lists/publication.csv?year=2023&sort=linked")
    documents = json.loads(legacy.get("/lists/publication.json?year=2023&sort=linked").body)
    assert [each["iri"] for each in documents] == [row["iri"] for row in rows]
    for each, row in zip(documents, rows, strict=True):
        assert each["name"] == row["name"]
        assert each["linkedFrom"] == int(row["linked from"])
        assert " | ".join(map(str, each["years"])) == row["year"]
        topics = " | ".join(value["name"] for value in each["values"]["dcterms:subject"])
        assert topics == row["topic"]
    assert json.loads(legacy.get("/lists/publication.json?year=1066").body) == []


@pytest.mark.parametrize(
    "query", ["year=1066", "topic=nothing", "q=xyzzy", "kind=%3C%3E", "year=20(2", "q=%22%27%26"]
)
def test_what_fits_nothing_is_said_so(legacy: Site, query: str) -> None:
    text = page(legacy, f"/graph/publication?{query}").text
    assert "0 things" in text
    assert '<a href="/graph/publication">show all 94 things</a>' in text
    assert "?draft=" not in text
    assert table(legacy, f"/lists/publication.csv?{query}") == []
    reply = legacy.get(f"/lists/publication.ttl?{query}")
    assert reply.status == 200
    assert len(rdflib.Graph().parse(data=reply.body, format="turtle")) == 0


@pytest.mark.parametrize("path", ["/graph/publication", "/lists/publication.csv"])
def test_what_cannot_be_read_is_refused(legacy: Site, path: str) -> None:
    for query in ("sort=size", "sort=name&sort=year", "q=a&q=b", f"q={'x' * 501}"):
        assert legacy.get(f"{path}?{query}", "text/html").status == 400


def test_the_graph_itself_is_never_narrowed(site: Site) -> None:
    whole = site.get("/graph/turm.nt")
    for query in ("", "?page=1", "?sort=year", "?utm_source=mail"):
        assert site.get(f"/graph/turm.nt{query}").body == whole.body
    for path, accept in (("/graph/turm.nt", None), ("/graph/turm", "application/n-triples")):
        reply = site.get(f"{path}?ort=nordhafen", accept)
        assert reply.status == 303
        assert reply.headers["Location"] == "/lists/turm.nt?ort=nordhafen"


def test_a_list_of_ours_is_found_by_words_in_any_spelling(site: Site) -> None:
    assert iris(site, "/lists/turm.csv?q=suedmole") == [f"{BASE}id/turm/süd-mole"]
    assert iris(site, "/lists/turm.csv?q=sudmole") == [f"{BASE}id/turm/süd-mole"]
    graph = rdflib.Graph().parse(data=site.get("/lists/turm.ttl?q=sudmole").body, format="turtle")
    assert (
        rdflib.URIRef(f"{BASE}id/turm/süd-mole"),
        rdflib.RDFS.label,
        rdflib.Literal("Südmole", lang="de"),
    ) in graph


def test_a_thing_of_two_collections_stands_in_both(site: Site) -> None:
    """A graph that lists nothing of its own still has its list; things may have several graphs."""
    release: Release = site.release
    for collection in release.collections:
        assert len(iris(site, f"/lists/{collection.slug}.csv")) == collection.things
    for collection in ("karten", "ontology"):
        page(site, f"/graph/{collection}")


@pytest.mark.parametrize("order", ORDERS)
def test_what_narrows_is_gone_through_first(long: Site, order: str) -> None:
    """SQLite once went through the whole list in order for each of the things that were chosen."""
    index = Index.of(long.release)
    selection = Selection("thing", "", {"topic": [f"{large.BASE}id/topic/o7"]})
    query, parameters = Lists(index).places(selection, order)
    plan = [row["detail"] for row in index.rows(f"EXPLAIN QUERY PLAN {query}", parameters)]
    assert any("listed USING PRIMARY KEY (thing=? AND collection=?)" in step for step in plan), plan
