"""Registries: who gave an identifier, told from the address that it is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

#: What an address of a registry begins with, and what readers call the registry.
REGISTRIES: Mapping[str, str] = {
    "doi.org/": "DOI",
    "dx.doi.org/": "DOI",
    "orcid.org/": "ORCID",
    "ror.org/": "ROR",
    "wikidata.org/entity/": "Wikidata",
    "arxiv.org/abs/": "arXiv",
    "github.com/": "GitHub",
    "gitlab.com/": "GitLab",
    "huggingface.co/": "Hugging Face",
    "zenodo.org/record/": "Zenodo",
    "zenodo.org/records/": "Zenodo",
    "cordis.europa.eu/project/id/": "CORDIS",
    "isni.org/isni/": "ISNI",
    "sws.geonames.org/": "GeoNames",
    "hdl.handle.net/": "Handle",
}

_NAMES_BY_HOST = {
    start.partition("/")[0]: name for start, name in reversed(list(REGISTRIES.items()))
}
_HOSTS_BY_NAME = {name: host for host, name in _NAMES_BY_HOST.items()}


@dataclass(frozen=True, order=True)
class Target:
    """Where links lead: a registry or, for all else, a host.

    `key` is a name that files and fragments take.
    """

    key: str
    title: str
    host: str


def target_of(iri: str) -> Target | None:
    """Return where a web address leads, or None for what is no web address."""
    try:
        parts = urlsplit(iri)
        host = (parts.hostname or "").removeprefix("www.")
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not host:
        return None
    name = _NAMES_BY_HOST.get(host)
    if name is not None:
        return Target(name.casefold().replace(" ", "-"), name, _HOSTS_BY_NAME[name])
    return Target(re.sub(r"[^a-z0-9.-]+", "-", host).strip("-.") or "host", host, host)
