"""Sitemaps: the addresses of all documents, for crawlers (sitemaps.org protocol 0.9)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from urllib.parse import quote
from xml.sax.saxutils import escape

#: A sitemap may hold 50,000 addresses and 50 MB.
ADDRESSES_PER_SITEMAP = 10_000

_OPENING = '<?xml version="1.0" encoding="UTF-8"?>\n'
_NAMESPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


def sitemaps(addresses: Iterable[str], modified: dt.date) -> Iterator[str]:
    """Yield sitemaps over the addresses, each with as many as one may hold."""
    remaining = iter(addresses)
    while batch := list(islice(remaining, ADDRESSES_PER_SITEMAP)):
        entries = "".join(
            f"<url><loc>{_loc(address)}</loc><lastmod>{modified.isoformat()}</lastmod></url>\n"
            for address in batch
        )
        yield f"{_OPENING}<urlset {_NAMESPACE}>\n{entries}</urlset>\n"


def sitemap_index(addresses: Sequence[str], modified: dt.date) -> str:
    """Return the index over the sitemaps at the addresses."""
    entries = "".join(
        f"<sitemap><loc>{_loc(address)}</loc><lastmod>{modified.isoformat()}</lastmod></sitemap>\n"
        for address in addresses
    )
    return f"{_OPENING}<sitemapindex {_NAMESPACE}>\n{entries}</sitemapindex>\n"


def _loc(address: str) -> str:
    """Write an IRI as a URI (RFC 3987, 3.1) that stands in XML; nothing is encoded twice."""
    return escape(quote(address, safe="/:@!$&'()*+,;=~-._%?#"), {"'": "&apos;"})
