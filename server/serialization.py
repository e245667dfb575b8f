"""Serialisation: a small graph in any form, the same bytes for the same triples.

A strong entity tag promises equal bytes. Oxigraph writes in the order in which it is given triples
and prefixes, so both are sorted first, and blank nodes have other labels each time they are read,
so they get canonical ones.
"""

from __future__ import annotations

from collections.abc import Iterable

from pyoxigraph import Quad, Triple, serialize

from publisher.formats import JSON_LD, RDF_XML, TURTLE, RdfForm
from publisher.graphs import canonical
from publisher.prefixes import Prefixes, namespace_of
from publisher.terms import bare_triples
from publisher.turtle import turtle


def write(triples: Iterable[Triple], form: RdfForm, prefixes: Prefixes) -> bytes:
    """Return the triples in a form, with those of the prefixes that it can use."""
    ordered = [quad.triple for quad in canonical(Quad(*triple) for triple in triples)]
    if form is TURTLE:
        return turtle(bare_triples(ordered), prefixes).encode()
    used: dict[str, str] | None = None
    if form in (RDF_XML, JSON_LD):
        namespaces = {namespace_of(triple.predicate.value) for triple in ordered}
        used = {name: prefixes[name] for name in sorted(prefixes) if prefixes[name] in namespaces}
    return serialize(ordered, format=form.oxigraph, prefixes=used) or b""
