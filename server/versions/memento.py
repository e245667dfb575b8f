"""Memento (RFC 7089): documents in time.

The address of a document is its original resource and its TimeGate in one (pattern 1.1): a request
with `Accept-Datetime` is led to the document as it was then. `?version=` has its mementos, and
`/timemap/` lists them.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from email.utils import parsedate_to_datetime
from typing import Final

from werkzeug.http import http_date

from server.http.addresses import uri
from server.http.links import Link, public_address
from server.http.problems import Problem
from server.timeline import Version
from server.versions.links import family, outside, parameter

ACCEPT_DATETIME: Final = "Accept-Datetime"
MEMENTO_DATETIME: Final = "Memento-Datetime"
LINK_FORMAT: Final = "application/link-format"
#: The first segments of paths of documents that are told apart in time.
_FAMILIES: Final = frozenset(("doc", "graph", "ontology", "shapes", "catalog", "void"))
#: Where the graph store names graphs in the query string.
_GRAPH_STORE: Final = "/graph"


def is_document(path: str) -> bool:
    """Whether what is at a path, if anything, is told apart in time."""
    return family(path) in _FAMILIES and path != _GRAPH_STORE


def wanted(field: str) -> dt.datetime:
    """Read Accept-Datetime. Raises Problem 400 for what is no date of HTTP (RFC 7089, 4.5.3)."""
    try:
        if not field.rstrip().endswith("GMT"):
            raise ValueError(field)
        found = parsedate_to_datetime(field)
        return found if found.tzinfo else found.replace(tzinfo=dt.UTC)
    except (ValueError, TypeError):
        raise Problem(
            400,
            "bad-datetime",
            "Bad datetime",
            f"{ACCEPT_DATETIME} must be a date of HTTP, as 'Thu, 01 May 2025 00:00:00 GMT', not "
            f"{field[:60]!r}.",
        ) from None


def closest(mementos: Sequence[Version], moment: dt.datetime) -> Version:
    """Return which of the mementos, the oldest first, was current at a moment, else the first."""
    earlier = [each for each in mementos if each.released <= moment]
    return earlier[-1] if earlier else mementos[0]


def address(path: str, version: Version, query: str = "") -> str:
    """Return a path in a version; `query` has the other parameters."""
    return f"{path}?{parameter(version.name)}" + (f"&{query}" if query else "")


def original_links(path: str) -> list[Link]:
    """Return what a document says of its past: it is its own TimeGate."""
    return [
        Link(outside(path), "original timegate"),
        Link(outside(f"/timemap/link{path}"), "timemap", LINK_FORMAT),
    ]


def memento_links(path: str, mementos: Sequence[Version], shown: Version) -> list[Link]:
    """Return the links of a memento to the original, to the first and last and to those beside it.

    `mementos` are the versions in which the document exists, the oldest first, `shown` among them.
    """
    at = [each.name for each in mementos].index(shown.name)
    places = {"first": 0, "last": len(mementos) - 1, "prev": at - 1, "next": at + 1}
    links = original_links(path)
    for place, each in enumerate(mementos):
        names = [name for name, found in places.items() if found == place]
        if names or place == at:
            relation = " ".join([*names, "memento"])
            moment = http_date(each.released)
            links.append(Link(outside(address(path, each)), relation, datetime=moment))
    return links


def time_map(path: str, mementos: Sequence[Version]) -> str:
    """Return the TimeMap of a document in the link format (RFC 7089, 5; RFC 6690)."""
    first, last = http_date(mementos[0].released), http_date(mementos[-1].released)
    original = uri(public_address(path))
    own = uri(public_address(f"/timemap/link{path}"))
    links = [
        f'<{original}>; rel="original timegate"',
        f'<{own}>; rel="self"; type="{LINK_FORMAT}"; from="{first}"; until="{last}"',
    ]
    for place, each in enumerate(mementos):
        names = ["first"] * (place == 0) + ["last"] * (place == len(mementos) - 1)
        target = uri(public_address(address(path, each)))
        relation = " ".join([*names, "memento"])
        links.append(f'<{target}>; rel="{relation}"; datetime="{http_date(each.released)}"')
    return ",\n".join(links) + "\n"


def time_map_json(path: str, mementos: Sequence[Version]) -> str:
    """Return the TimeMap as JSON, in the members that web archives give it."""
    listed = [
        {
            "datetime": each.released.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "uri": uri(public_address(address(path, each))),
            "version": each.name,
        }
        for each in mementos
    ]
    original = uri(public_address(path))
    document = {
        "original_uri": original,
        "timegate_uri": original,
        "timemap_uri": {
            "link_format": uri(public_address(f"/timemap/link{path}")),
            "json_format": uri(public_address(f"/timemap/json{path}")),
        },
        "mementos": {"first": listed[0], "last": listed[-1], "list": listed},
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"
