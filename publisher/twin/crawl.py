"""The crawl of a live site: everything that a page or a sitemap names, each written as a file."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

import pyoxigraph as ox

from publisher.live_server import Answer, Client, ServerFailed
from publisher.twin import layout, pages

_AT_ONCE: Final = 6
_REDIRECTS: Final = 5
_LOCATION: Final = re.compile(r"<loc>([^<]*)</loc>")
_HTML: Final = "text/html"
_IMPORT: Final = re.compile(r'from "\./([\w.-]+)"')
_WORDS: Final = "workbench/words.json"
_ASKING: Final = "sparql.html"
#: The root of the event stream names the pages of it.
_STREAM: Final = "changes/ldes.trig"
_NODE: Final = ox.NamedNode("https://w3id.org/tree#node")
#: Who asks for what the crawl begins with; not every site has all of it.
_START: Final = "the crawl"


@dataclass(frozen=True)
class Fault:
    """A link that leads nowhere: on which page, to which address, and what is wrong with it."""

    page: str
    address: str
    wrong: str

    def __str__(self) -> str:
        return f"{self.page}: {self.address}: {self.wrong}"


@dataclass
class Crawled:
    """What a crawl wrote: each file with its media type, the anchors of pages, what was wrong."""

    types: dict[str, str] = field(default_factory=dict)
    anchors: dict[str, frozenset[str]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    moved: dict[str, str] = field(default_factory=dict)
    """Files that only lead elsewhere, each with the file that it leads to."""
    size: int = 0


def locations(sitemap: str) -> Iterator[str]:
    """Yield the addresses in a sitemap or in an index of some."""
    return map(unescape, _LOCATION.findall(sitemap))


class Crawl:
    """Writes what a server answers below a folder, following the links of its pages.

    `rewritten` makes of a page and its name the page of the twin; `held` writes those files that
    are not asked of the server, and returns the type of what it wrote.
    """

    def __init__(
        self,
        client: Client,
        folder: Path,
        base: str,
        rewritten: Callable[[str, str], str],
        held: Callable[[str, Path], str | None],
    ) -> None:
        self._client = client
        self._folder = folder
        self._base = base
        self._rewritten = rewritten
        self._held = held
        self._crawled = Crawled()
        self._origins: dict[str, tuple[str, str]] = {}
        self._pointed: list[tuple[str, str, str]] = []

    def run(self, seeds: Iterable[str]) -> Iterator[str]:
        """Crawl from some addresses; yields the name of each file when it is written."""
        waiting = [place for seed in seeds if (place := self._wanted(seed, _START))]
        running: set[Future[tuple[str, list[str]]]] = set()
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            try:
                while waiting or running:
                    while waiting and len(running) < 4 * _AT_ONCE:
                        file, target = waiting.pop()
                        running.add(threads.submit(self._fetch, file, target))
                    done, running = wait(running, return_when=FIRST_COMPLETED)
                    for each in done:
                        file, found = each.result()
                        wanted = (self._wanted(address, file) for address in found)
                        waiting += [place for place in wanted if place]
                        yield file
            finally:
                threads.shutdown(cancel_futures=True)

    def result(self) -> Crawled:
        """Return what was written, with a fault for each link whose anchor is missing."""
        crawled = self._crawled
        for page, file, fragment in self._pointed:
            file = crawled.moved.get(file, file)
            known = crawled.anchors.get(file)
            if known is not None and fragment not in known:
                crawled.faults.append(Fault(page, f"{file}#{fragment}", "there is no such anchor"))
        crawled.faults.sort(key=str)
        return crawled

    def _wanted(self, address: str, origin: str) -> tuple[str, str] | None:
        place = layout.place(address)
        if place.fragment and not place.query:
            self._pointed.append((origin, place.file, unquote(place.fragment)))
        if place.target is None:
            return None
        target = place.target
        known = self._origins.get(place.file)
        if known is None:
            self._origins[place.file] = (target, origin)
            return place.file, target
        return None

    def _fetch(self, file: str, target: str) -> tuple[str, list[str]]:
        path = self._folder / file
        kind = self._held(file, path)
        if kind is not None:
            self._crawled.types[file] = kind
            self._crawled.size += path.stat().st_size
            return file, []
        origin = self._origins[file][1]
        try:
            answer, ended = self._followed(target, "*/*" if _suffixed(file) else _HTML)
        except ServerFailed as error:
            self._crawled.faults.append(Fault(origin, target, str(error)))
            return file, []
        if answer.status == 404 and origin == _START:
            return file, []
        # What was withdrawn has a page that says so.
        told = answer.status == 410 and answer.media_type == _HTML
        if answer.status != 200 and not told:
            wrong = f"the live site answers {answer.status}"
            self._crawled.faults.append(Fault(origin, target, wrong))
            return file, []
        ends_at = layout.place(ended)
        if ends_at.file != file:
            self._crawled.moved[file] = ends_at.file
            self._write(file, pages.stub(file, ends_at.file).encode(), _HTML)
            return file, [ended]
        return file, self._kept(file, answer)

    def _kept(self, file: str, answer: Answer) -> list[str]:
        if answer.media_type != _HTML:
            body, found = answer.body, []
            if file == _WORDS:
                words = json.loads(body)
                found = [v for v in words.values() if isinstance(v, str) and v.startswith("/")]
                # Where scripts find the site: as seen from the only page that they run on.
                ways = {each: layout.link(_ASKING, layout.place(each)) for each in found}
                words = {k: ways[v] if v in found else v for k, v in words.items()}
                body = (json.dumps(words, ensure_ascii=False) + "\n").encode()
            self._write(file, body, answer.headers.get("content-type", ""))
            if file == _STREAM:
                nodes = ox.parse(body, ox.RdfFormat.TRIG)
                return [self._local(q.object.value) for q in nodes if q.predicate == _NODE]
            if file.endswith(".js") and file.startswith("static/"):
                return [f"/static/{name}" for name in _IMPORT.findall(body.decode())]
            if answer.media_type == "application/xml" and file.startswith("sitemap"):
                return [self._local(each) for each in locations(answer.body.decode())]
            return found
        page = answer.body.decode()
        self._crawled.anchors[file] = pages.anchors(page)
        self._write(file, self._rewritten(page, file).encode(), _HTML)
        return list(pages.links(page))

    def _followed(self, target: str, accept: str) -> tuple[Answer, str]:
        """Return the answer behind redirects, and the address that gave it."""
        for _ in range(_REDIRECTS):
            answer = self._client.get(target, accept)
            if answer.status not in (301, 302, 303, 307, 308):
                return answer, target
            to = self._local(answer.headers["location"])
            if not to.startswith("/"):
                break
            target = to
        return answer, target

    def _local(self, address: str) -> str:
        """Return an address of the site without the host, however it is written."""
        if address.startswith(self._base):
            return "/" + address.removeprefix(self._base)
        parts = urlsplit(address)
        return parts._replace(scheme="", netloc="").geturl() if address.startswith("/") else address

    def _write(self, file: str, body: bytes, kind: str) -> None:
        path = self._folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
        self._crawled.types[file] = kind
        self._crawled.size += len(body)


def _suffixed(file: str) -> bool:
    return not file.endswith(".html")
