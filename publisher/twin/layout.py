"""Where the twin keeps what the live site answers: from an address to a file and back to a link.

A path without a suffix is a page; a query string that only chooses a page or a profile becomes part
of the file's name. Addresses that stand for an answer worked out on request lead to a page of the
twin that works it out in the browser.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from publisher.formats import TRIG
from publisher.release import CHECKSUMS

_LINK_SAFE: Final = "/:@!$&'()*+,;=~-._"
_SUFFIXED: Final = re.compile(r"\.[a-z][a-z0-9]*$")
#: Paths that look unsuffixed and are files all the same, or the other way round.
_DESCRIPTION: Final = "/.well-known/void"
#: What has no page: of the event stream of changes there are the RDF forms alone.
_STREAM: Final = re.compile(r"/changes/ldes(?:/[^/]+/[0-9]+)?")
#: What is worked out in the browser, on which page.
_ASKED: Final = frozenset(("/sparql", "/search", "/queries"))
#: What only a live server does.
LIVE_ONLY: Final = ("/reconcile", "/lookup", "/resolve", "/health", "/timemap", "/timegate")
LIVE_PAGE: Final = "live.html"
STUB: Final = "index.html"
_ABOUT: Final = (
    "SELECT ?subject ?property ?object WHERE {{\n"
    "  {{ <{iri}> ?property ?object }} UNION {{ ?subject ?property <{iri}> }}\n}}"
)


@dataclass(frozen=True)
class Place:
    """What an address becomes: a file below the twin, and what follows it in a link.

    `target` is what the live site is asked for to fill the file; None if the twin makes it itself.
    """

    file: str
    target: str | None
    query: str = ""
    fragment: str = ""


def place(address: str) -> Place:
    """Return the place of a root-relative address, as it stands in a page of the live site."""
    parts = urlsplit(address)
    path, fragment = parts.path, parts.fragment
    asked = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] != "v"]
    names = {name for name, _ in asked}
    if path == "/about":
        query = urlencode({"query": _ABOUT.format(iri=dict(asked).get("iri", ""))})
        return Place("sparql.html", "/sparql", query, fragment)
    if path.startswith("/id/"):
        things = path.removeprefix("/id/").rstrip("/")
        path = f"/doc/{things}" if "/" in things else f"/graph/{things}"
    if _STREAM.fullmatch(path):
        path += f".{TRIG.suffix}"
    if path.startswith(LIVE_ONLY) or "version" in names:
        return Place(LIVE_PAGE, None, "", fragment)
    if path == "/search/suggestions":
        return Place("search.html", "/search")
    if path.startswith("/lists/") and asked:
        collection = path.removeprefix("/lists/").partition(".")[0]
        path = f"/graph/{collection}"
    whole = names <= {"page", "_profile"}
    if (path in _ASKED or not whole) and asked:
        return Place(_file(path, ()), path, parts.query, fragment)
    target = path + (f"?{urlencode(asked)}" if asked else "")
    return Place(_file(path, tuple(value for _, value in _told(asked))), target, "", fragment)


def link(origin: str, place: Place) -> str:
    """Return the link from one file of the twin to a place."""
    if place.file == origin and place.fragment and not place.query:
        return f"#{place.fragment}"
    way = posixpath.relpath(place.file, posixpath.dirname(origin) or ".")
    if place.file.endswith(f"/{STUB}") or place.file == STUB:
        way = way.removesuffix(STUB) or "./"
    query = f"?{place.query}" if place.query else ""
    fragment = f"#{place.fragment}" if place.fragment else ""
    return quote(way, safe=_LINK_SAFE) + query + fragment


def home(origin: str) -> str:
    """Return the link from a file to the folder of the twin, with a slash at its end."""
    return "../" * origin.count("/") or "./"


def stub_for(file: str) -> str | None:
    """Return where a stub answers for a page's address without its suffix, or None if none does."""
    if not file.endswith(".html") or posixpath.basename(file) == STUB:
        return None
    return f"{file.removesuffix('.html')}/{STUB}"


def _told(asked: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(n, f"page-{v}" if n == "page" else v) for n, v in sorted(asked) if v != "1"]


def _file(path: str, added: tuple[str, ...]) -> str:
    """Return the file for a path; names are decoded but for slashes, which no name can have."""
    segments = [unquote(each).replace("/", "%2F") for each in path.lstrip("/").split("/")]
    file = "/".join(segments)
    if path.endswith("/") or not path:
        return file + STUB
    if path == _DESCRIPTION or segments[-1] == CHECKSUMS:
        return file
    stem, suffix = file, "html"
    last = segments[-1]
    if _is_suffixed(path):
        cut = last.rfind(".")
        for double in (".csl.json", ".linkset.json"):
            if last.endswith(double):
                cut = len(last) - len(double)
        stem = file[: len(file) - len(last) + cut]
        suffix = last[cut + 1 :]
    return ".".join((stem, *added, suffix))


def _is_suffixed(path: str) -> bool:
    return bool(_SUFFIXED.search(path)) and not re.search(r"/dataset/[^/]*$", path)
