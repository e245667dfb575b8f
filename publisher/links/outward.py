"""Outward links: the addresses that things of a release lead to, and from where."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from urllib.parse import quote, urldefrag, urlsplit

import pyoxigraph as ox

from publisher.release import Release
from publisher.terms import RDF_TYPE, bare


@dataclass
class Outward:
    """An address as it is asked for, and the statements that lead to it."""

    address: str
    uses: list[tuple[str, str]] = field(default_factory=list)
    """IRI of the thing and of the property, sorted."""

    @property
    def host(self) -> str:
        """The host with its port, which requests are spaced for."""
        return urlsplit(self.address).netloc.lower()


def outward_links(release: Release) -> list[Outward]:
    """Return the http(s) addresses outside that values of things are, sorted, each one once.

    Classes are left out, and so are fragments, which no server sees. Raises SyntaxError, OSError.
    """
    found: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
    for quad in ox.parse(path=release.dataset_path, format=ox.RdfFormat.N_QUADS):
        subject, predicate, value = bare(quad)
        if not isinstance(subject, ox.NamedNode) or release.iris.split(subject.value) is None:
            continue
        if predicate.value == RDF_TYPE or isinstance(value, ox.BlankNode):
            continue
        address = _address(value.value)
        if address and not release.iris.contains(value.value):
            found[address].add((subject.value, predicate.value))
    return [Outward(address, sorted(found[address])) for address in sorted(found)]


def _address(text: str) -> str | None:
    """Return an address as it stands on a request line, or None for what is none."""
    if not text.startswith(("http://", "https://")) or any(c.isspace() for c in text):
        return None
    try:
        parts = urlsplit(urldefrag(text).url)
        host = (parts.hostname or "").encode("idna").decode()
        port = f":{parts.port}" if parts.port else ""
    except (ValueError, UnicodeError):
        return None
    if not host:
        return None
    safe = "/:@!$&'()*+,;=~-._%"
    query = f"?{quote(parts.query, safe=safe + '?')}" if parts.query else ""
    return f"{parts.scheme}://{host}{port}{quote(parts.path, safe=safe) or '/'}{query}"
