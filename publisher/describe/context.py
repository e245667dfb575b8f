"""The JSON-LD context of a publication (JSON-LD 1.1, section 3.1): short names that lose nothing.

Our own properties go by their local names, all others by their prefixed ones, which no new
property can take from them. A property whose values in the release are all IRIs, or all literals of
one datatype, is given that type; one whose values all carry a language gets a map of languages.
Values that come otherwise are written out in full all the same.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from publisher.prefixes import Prefixes
from publisher.push.quad_lines import terms
from publisher.terms import RDF_TYPE

#: A namespace that ends so makes a prefix without further ado (JSON-LD 1.1, 4.1.5).
_PREFIX_END = re.compile(r".*[:/?#\[\]@]")
_STRING = "http://www.w3.org/2001/XMLSchema#string"
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(?!//)")


def context(ontology: str, prefixes: Prefixes, lines: Iterable[bytes]) -> dict[str, Any]:
    """Return the context of a graph whose own terms begin with `ontology` and `#`.

    The graph is given as lines of canonical N-Triples.
    """
    kinds: dict[str, set[str]] = defaultdict(set)
    schemes: set[str] = set()
    for subject, predicate, value in map(terms, lines):
        kind = _kind(value)
        if kind not in kinds[predicate[1:-1]]:
            kinds[predicate[1:-1]].add(kind)
            schemes.update(_schemes(predicate))
        if subject.startswith("<"):
            schemes.update(_schemes(subject))
        if value.startswith("<"):
            schemes.update(_schemes(value))
    # A prefix spelled like the scheme of an IRI would be taken for it.
    usable = {
        prefix: namespace
        for prefix, namespace in sorted(prefixes.items())
        if _PREFIX_END.fullmatch(namespace) and prefix not in schemes
    }
    known = Prefixes(usable)
    defined: dict[str, Any] = {}
    for iri in sorted(kinds):
        if iri == RDF_TYPE:
            continue
        name = _name(iri, f"{ontology}#", known, usable)
        if name is not None:
            defined[name] = _definition(iri, name, kinds[iri], known)
    return {"@context": {**usable, **{name: defined[name] for name in defined if defined[name]}}}


def _name(iri: str, namespace: str, prefixes: Prefixes, taken: Mapping[str, str]) -> str | None:
    local = iri.removeprefix(namespace)
    if local != iri and local and ":" not in local and "@" not in local and local not in taken:
        return local
    return prefixes.shorten(iri)


def _definition(iri: str, name: str, kinds: set[str], prefixes: Prefixes) -> Any:
    """Return the definition of a term, None where the prefix says all."""
    found: dict[str, str] = {"@id": iri if prefixes.shorten(iri) is None else prefixes.name(iri)}
    if len(kinds) == 1:
        (kind,) = kinds
        if kind == "@language":
            found["@container"] = "@language"
        elif kind not in (_STRING, "@mixed"):
            found["@type"] = kind if kind == "@id" else prefixes.shorten(kind) or kind
    if len(found) > 1:
        return found
    return None if name == found["@id"] else found["@id"]


def _kind(value: str) -> str:
    if not value.startswith('"'):
        return "@id"
    _, _, rest = value.rpartition('"')
    if rest.startswith("@"):
        return "@language"
    return rest[3:-1] or _STRING


def _schemes(iri: str) -> list[str]:
    match = _SCHEME.match(iri, 1)
    return [match[1]] if match else []
