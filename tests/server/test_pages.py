"""Pages: sound HTML, links that lead somewhere, the publication's own words."""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import pairwise
from urllib.parse import quote, unquote, urljoin, urlsplit

import pytest

from tests.server.conftest import REPOSITORY, Site

VOID = frozenset(("area", "base", "br", "col", "hr", "img", "input", "link", "meta", "wbr"))
PAGES = [
    "/",
    "/doc/turm/kap-nord.html",
    "/doc/ort/nordhafen.html?page=2",
    "/doc/probe/script.html",
    "/graph/turm",
    "/graph/schiff?page=3",
    "/ontology",
    "/shapes",
    "/dumps/",
    "/void.html",
    "/limits",
    "/sparql",
    "/sparql?query=SELECT%20*%20%7B%3Fs%20%3Fp%20%3Fo%7D",
    "/sparql?query=ASK%20%7B%7D",
    "/sparql?query=CONSTRUCT%20WHERE%20%7B%3Fs%20%3Fp%20%3Fo%7D",
    "/sparql?query=SELECT%20*%20%7B%3Fs%20%3Fp",
    "/queries",
    "/queries?q=Leucht",
    "/queries/tuerme",
    "/queries/tuerme?nothing=1",
    "/api",
    "/nowhere",
]


class Page(HTMLParser):
    """A page's elements; complains about elements left open and closed twice."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.words: list[tuple[str, str]] = []
        self._open: list[str] = []
        self._languages: list[str] = [""]
        self.feed(text)
        self.close()
        assert not self._open, self._open

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        """Note an element; one attribute must not stand there twice."""
        names = Counter(name for name, _ in attributes)
        assert max(names.values(), default=1) == 1, (tag, attributes)
        values = {name: value or "" for name, value in attributes}
        self.elements.append((tag, values))
        if tag not in VOID:
            self._open.append(tag)
            self._languages.append(values.get("lang", self._languages[-1]))

    def handle_endtag(self, tag: str) -> None:
        """Close the element that was opened last."""
        assert self._open.pop() == tag
        self._languages.pop()

    def handle_data(self, data: str) -> None:
        """Note a text with the language it is in."""
        if data.strip():
            self.words.append((data.strip(), self._languages[-1]))

    def all(self, tag: str) -> Iterator[dict[str, str]]:
        """Yield the attributes of each element of a kind."""
        return (attributes for name, attributes in self.elements if name == tag)

    @property
    def ids(self) -> list[str]:
        """All ids."""
        return [attributes["id"] for _, attributes in self.elements if "id" in attributes]


def page(site: Site, path: str) -> Page:
    reply = site.get(path, "text/html")
    assert reply.media_type == "text/html"
    assert reply.text.startswith("<!doctype html>")
    return Page(reply.text)


def _allowed(script: dict[str, str]) -> bool:
    """Whether a script is data, or a file of this server that waits for the page."""
    if script == {"type": "application/ld+json"}:
        return True
    own = script.get("src", "").startswith(("/static/", "/workbench/"))
    return own and ("defer" in script or script.get("type") == "module")


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_sound(site: Site, path: str) -> None:
    found = page(site, path)
    assert len(found.ids) == len(set(found.ids))
    assert sum(1 for _ in found.all("h1")) == 1
    assert sum(1 for _ in found.all("main")) == 1
    assert next(found.all("html"))["lang"] == "en"
    levels = [int(tag[1]) for tag, _ in found.elements if tag in ("h1", "h2", "h3", "h4")]
    assert all(after <= before + 1 for before, after in pairwise(levels))
    for tag, attributes in found.elements:
        assert tag not in ("style", "iframe", "object")
        assert tag != "script" or _allowed(attributes)
        assert "style" not in attributes
        assert not any(name.startswith("on") for name in attributes)
        for name in ("aria-labelledby", "aria-describedby", "for"):
            for reference in attributes.get(name, "").split():
                assert reference in found.ids
    for table in ("th",):
        assert all("scope" in attributes for attributes in found.all(table))
    for name in ("src", "href"):
        for tag, attributes in found.elements:
            if name in attributes and (tag != "a" and attributes.get("rel") != "canonical"):
                assert attributes[name].startswith(("/", "#")), attributes


def test_every_internal_link_leads_somewhere(site: Site) -> None:
    waiting, seen = ["/"], {"/"}
    anchors: dict[str, set[str]] = {}
    fragments: set[tuple[str, str]] = set()
    while waiting:
        path = waiting.pop()
        reply = site.get(path, "text/html,*/*;q=0.8")
        for _ in range(3):
            if reply.status in (301, 302, 303, 308):
                reply = site.get(reply.headers["Location"], "text/html,*/*;q=0.8")
        assert reply.status == 200, (path, reply.text[:300])
        if reply.media_type != "text/html":
            continue
        found = Page(reply.text)
        anchors[path] = set(found.ids)
        for tag in ("a", "link"):
            for attributes in found.all(tag):
                target = urlsplit(urljoin(f"http://here{path}", attributes.get("href", "")))
                if target.netloc != "here":
                    continue
                address = target.path + (f"?{target.query}" if target.query else "")
                if target.fragment:
                    fragments.add((address, unquote(target.fragment)))
                if address not in seen and "schiff/s" not in address:
                    seen.add(address)
                    waiting.append(address)
    assert len(seen) > 60
    missing = {(path, name) for path, name in fragments if name not in anchors.get(path, {name})}
    assert not missing


def test_the_words_are_the_publications(site: Site) -> None:
    words = page(site, "/doc/turm/kap-nord.html").words
    texts = [text for text, _ in words]
    for label in ("Lage", "Bau", "Höhe (m)", "Baujahr", "Leuchtturm", "Leuchttürme"):
        assert label in texts
    order = [
        texts.index(label) for label in ("Lage", "Ort", "Bau", "Höhe (m)", "Baujahr", "Wärter")
    ]
    assert order == sorted(order)
    assert ("Nordhafen", "de") in words
    assert ("Kap Nord", "de") in words
    assert ("North Cape", "en") in words
    home = [text for text, _ in page(site, "/").words]
    assert "an der Ostsee, die Orte, an denen sie stehen, und ihre Wärter. Wer suchen will," in home
    assert "Höhe der Türme" in home


def test_the_code_knows_no_particular_graph() -> None:
    folders = (REPOSITORY / "server", REPOSITORY / "publisher")
    for folder in folders:
        for path in folder.rglob("*"):
            if path.suffix in (".py", ".html", ".css", ".svg"):
                text = path.read_text(encoding="utf-8").lower()
                assert "ai4media" not in text, path
                assert "leuchtturm" not in text, path


def test_a_term_has_an_anchor(site: Site) -> None:
    found = page(site, "/ontology")
    assert {"Turm", "Ort", "hoehe", "wärter"} <= set(found.ids)
    assert {"Turm", "Turm-hoehe"} <= set(page(site, "/shapes").ids)


def test_the_query_page_without_scripts(site: Site) -> None:
    query = 'SELECT ?name { ?s <http://www.w3.org/2000/01/rdf-schema#label> ?name } # "</textarea>'
    draft = site.get(f"/sparql?draft={quote(query)}", "text/html")
    assert "&lt;/textarea&gt;" in draft.text
    answer = site.get(f"/sparql?query={quote(query)}", "text/html")
    assert answer.status == 200
    assert "Kap Nord" in answer.text
    assert answer.text.count("</textarea>") == 1
    downloads = [
        attributes["href"]
        for attributes in Page(answer.text).all("a")
        if "format=" in attributes.get("href", "")
    ]
    assert len(downloads) == 4
    reply = site.get(downloads[0], "text/html,*/*;q=0.8")
    assert reply.media_type == "application/sparql-results+json"
    assert json.loads(reply.body)["results"]["bindings"]


def test_a_wrong_query_is_shown_with_its_line(site: Site) -> None:
    query = "SELECT *\n{ ?s ?p }"
    reply = site.get(f"/sparql?query={quote(query)}", "text/html,*/*;q=0.8")
    assert reply.status == 400
    assert "2 | { ?s ?p }" in reply.text
    assert reply.headers["Vary"] == "Accept"


def test_lists_come_in_pages(site: Site) -> None:
    names: list[str] = []
    for number in range(1, 10):
        found = page(site, f"/graph/schiff?page={number}")
        names += [text for text, language in found.words if text[7:].isdigit() and language]
    assert names == sorted(names)
    assert len(set(names)) == 450
    assert site.get("/graph/schiff?page=10", "text/html").status == 404
    withdrawn = [text for text, _ in page(site, "/graph/turm").words]
    assert "Kap Nord" in withdrawn
    assert not any("nordkap" in text for text in withdrawn)


def test_style_is_ours_and_kept(site: Site) -> None:
    sheet = next(
        attributes["href"]
        for attributes in page(site, "/").all("link")
        if attributes["rel"] == "stylesheet"
    )
    reply = site.get(sheet)
    assert reply.media_type == "text/css"
    assert "max-age=31536000" in reply.headers["Cache-Control"]
    assert "http" not in reply.text


def test_a_row_of_any_length_takes_no_time(site: Site) -> None:
    long = f'BIND("{"x" * 10_000}" AS ?a) BIND(CONCAT({", ".join(["?a"] * 40)}) AS ?b)'
    query = f"SELECT ?c {{ {long} BIND(CONCAT({', '.join(['?b'] * 40)}) AS ?c) }}"
    began = time.monotonic()
    reply = site.get(f"/sparql?query={quote(query)}", "text/html")
    # It takes 0.3 s on an idle machine.
    assert time.monotonic() - began < 6
    assert reply.status == 200
    assert "too long to be shown" in reply.text
    assert len(reply.body) < 100_000


def test_as_many_rows_as_fit(site: Site) -> None:
    query = f'SELECT ?p ("{"x" * 2000}" AS ?x) {{ ?s ?p ?o }}'
    reply = site.get(f"/sparql?query={quote(query)}", "text/html")
    assert reply.status == 200
    assert 80 < reply.text.count("x" * 2000) < 110
    assert "There are more rows" in reply.text


def test_scripts_and_the_modules_that_they_import_are_of_one_time(site: Site) -> None:
    code = entity(site)
    assert "max-age=31536000" in site.get(f"/static/workbench.js?v={code}").headers["Cache-Control"]
    for asked in ("/static/terms.js", "/static/terms.js?v=older"):
        assert "max-age" not in site.get(asked).headers["Cache-Control"]


def entity(site: Site) -> str:
    """Return the hash of the code, as pages name it."""
    found = re.search(r"style\.css\?v=([0-9a-f]+)", site.get("/").text)
    assert found is not None
    return found[1]
