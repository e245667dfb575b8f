"""Prefixes: the ones everybody knows, to which a publication adds its own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property

WELL_KNOWN: Mapping[str, str] = {
    "bibo": "http://purl.org/ontology/bibo/",
    "cito": "http://purl.org/spar/cito/",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dcterms": "http://purl.org/dc/terms/",
    "fabio": "http://purl.org/spar/fabio/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "frapo": "http://purl.org/cerif/frapo/",
    "geo": "http://www.w3.org/2003/01/geo/wgs84_pos#",
    "org": "http://www.w3.org/ns/org#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "prov": "http://www.w3.org/ns/prov#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "schema": "https://schema.org/",
    "sd": "http://www.w3.org/ns/sparql-service-description#",
    "sh": "http://www.w3.org/ns/shacl#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "vann": "http://purl.org/vocab/vann/",
    "void": "http://rdfs.org/ns/void#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}

PREFIX_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_LOCAL_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_-])?")


def namespace_of(iri: str) -> str:
    """Return an IRI up to and with its last `#` or `/`."""
    return iri[: max(iri.rfind("#"), iri.rfind("/")) + 1]


class Prefixes(dict[str, str]):
    """Namespaces by prefix."""

    @cached_property
    def _by_namespace(self) -> dict[str, str]:
        return {namespace: prefix for prefix, namespace in reversed(self.items())}

    def shorten(self, iri: str) -> str | None:
        """Return the IRI as a prefixed name that Turtle reads without escapes, or None.

        Where two prefixes stand for one namespace, the first is taken.
        """
        namespace = namespace_of(iri)
        prefix = self._by_namespace.get(namespace)
        if prefix is None:
            return None
        local = iri[len(namespace) :]
        return f"{prefix}:{local}" if _LOCAL_NAME.fullmatch(local) else None

    def name(self, iri: str) -> str:
        """Return the IRI as people write it: prefixed if that is possible, else in brackets."""
        return self.shorten(iri) or f"<{iri}>"
