"""The archive job: a live site and its twin side by side, each document and link compared."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from html import unescape
from typing import Final
from urllib.parse import unquote, urljoin, urlsplit

import pyoxigraph as ox

from publisher.formats import N_TRIPLES
from publisher.graphs import canonical
from publisher.live_server import Client, ServerFailed
from publisher.progress import Progress
from publisher.twin import layout
from publisher.twin.crawl import Fault, locations

_AT_ONCE: Final = 6
_LINK: Final = re.compile(r'\s(?:href|src)="([^"#][^"]*)"')
_SHOWN: Final = 3
_HTML: Final = "text/html"
#: What is said of the graph itself, which no sitemap names.
_DESCRIPTIONS: Final = ("/ontology", "/shapes", "/catalog")
#: What a link may be answered with; 410 says that a thing was withdrawn, and by what.
_LEADS: Final = (200, 301, 302, 303, 308, 410)


@dataclass
class Compared:
    """What a comparison saw: documents of IRIs, links, and what was wrong, sorted by place."""

    documents: int = 0
    links: int = 0
    faults: list[Fault] = field(default_factory=list)


def compare(live: Client, twin: Client, most: int, progress: Progress) -> Compared:
    """Compare each document that the live site's sitemaps name with the twin's, and follow links.

    So are the ontology, the shapes and the catalogue. Links are those of the pages on both sides.

    At most `most` addresses are asked for; more than that is a fault, for then not all was seen.
    Raises ServerFailed if the sitemap of the live site cannot be had.
    """
    compared = Compared()
    paths = sorted({*_named(live), *_DESCRIPTIONS})
    if len(paths) > most:
        wrong = f"{len(paths):,} addresses, and only {most:,} are compared; allow more"
        compared.faults.append(Fault("the sitemap", "/sitemap.xml", wrong))
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        found: dict[tuple[Client, str], str] = {}
        work = threads.map(lambda path: _document(live, twin, path), paths[:most])
        for faults, links in progress.step("documents", work, len(paths[:most]), "documents"):
            compared.documents += 1
            compared.faults += faults
            found = links | found
        compared.links = len(found)
        asked = sorted(found.items(), key=lambda each: (each[0][0] is twin, each[0][1]))[:most]
        if len(found) > most:
            wrong = f"{len(found):,} links, and only {most:,} are followed; allow more"
            compared.faults.append(Fault("both sites", "/", wrong))
        names = {live: "the live site", twin: "the twin"}
        check = threads.map(
            lambda each: _follow(each[0][0], each[0][1], each[1], names[each[0][0]]), asked
        )
        for fault in progress.step("links", check, len(asked), "links"):
            compared.faults += [fault] if fault else []
    compared.faults.sort(key=str)
    return compared


def _named(live: Client) -> Iterator[str]:
    """Yield the paths that the sitemaps of a site name, wherever it says that it lies."""
    index = _body(live, "/sitemap.xml")
    for sitemap in locations(index):
        name = sitemap.rpartition("/sitemaps/")[2]
        for address in locations(_body(live, f"/sitemaps/{name}")):
            path = urlsplit(address).path
            for room in ("/doc/", "/id/", "/graph/"):
                if room in path:
                    yield path[path.index(room) :].replace("/id/", "/doc/", 1)
                    break


def _body(client: Client, target: str) -> str:
    answer = client.get(target)
    if answer.status != 200:
        raise ServerFailed(f"the live site answers {answer.status} for {target}")
    return answer.body.decode()


def _document(
    live: Client, twin: Client, path: str
) -> tuple[list[Fault], dict[tuple[Client, str], str]]:
    """Return what is wrong with a document of the twin, and the links of both pages."""
    faults: list[Fault] = []
    stem = re.sub(r"\.html$", "", path)
    pages = ((live, stem), (twin, _in_twin(stem)))
    links: dict[tuple[Client, str], str] = {}
    try:
        target = f"{stem}.{N_TRIPLES.suffix}"
        there, copy = live.get(target), twin.get(_in_twin(target))
        if there.status != 200 or copy.status != 200:
            wrong = f"the live site answers {there.status}, the twin {copy.status}"
            faults.append(Fault(path, target, wrong))
        elif there.body != copy.body:
            faults += _differences(path, target, there.body, copy.body)
        for site, page in pages:
            answer = site.get(page, _HTML)
            if answer.status != 200:
                whose = "the twin" if site is twin else "the live site"
                faults.append(Fault(path, page, f"{whose} answers {answer.status}"))
            for link in _LINK.findall(answer.body.decode()) if answer.status == 200 else ():
                to = urljoin(page, unescape(link)).partition("#")[0]
                if to.startswith("/") and not to.startswith("//"):
                    links[site, to.partition("?")[0] if site is twin else to] = page
    except ServerFailed as error:
        faults.append(Fault(path, path, str(error)))
    return faults, links


def _in_twin(target: str) -> str:
    return "/" + layout.link(layout.STUB, layout.place(target))


def _differences(path: str, target: str, there: bytes, here: bytes) -> Iterator[Fault]:
    """Yield a fault for each triple that only one side has; blank nodes are named canonically."""
    live, twin = _triples(there), _triples(here)
    for what, triples in (("misses", live - twin), ("has besides", twin - live)):
        for triple in sorted(triples)[:_SHOWN]:
            yield Fault(path, target, f"the twin {what} {triple}")
        if len(triples) > _SHOWN:
            yield Fault(path, target, f"the twin {what} {len(triples) - _SHOWN} triples more")


def _triples(body: bytes) -> set[str]:
    return {str(quad) for quad in canonical(ox.parse(body, ox.RdfFormat.N_TRIPLES))}


def _follow(site: Client, target: str, origin: str, whose: str) -> Fault | None:
    try:
        status = site.get(target).status
    except ServerFailed as error:
        return Fault(origin, target, str(error))
    return None if status in _LEADS else Fault(origin, unquote(target), f"{whose} answers {status}")
