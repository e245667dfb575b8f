"""Serialisation: a small graph in any form, the same bytes for the same triples.

A strong entity tag promises equal bytes. Oxigraph writes in the order in which it is given triples
and prefixes, so both are sorted first, and blank nodes have other labels each time they are read,
so they get canonical ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pyoxigraph import Quad, Triple, serialize

from publisher.formats import JSON_LD, RDF_XML, TURTLE, RdfForm
from publisher.graphs import canonical
from publisher.jsonld import Compactor
from publisher.prefixes import Prefixes, namespace_of
from publisher.terms import bare_triples
from publisher.turtle import turtle
from server.service import current_service


def document(triples: Iterable[Triple], form: RdfForm, further: Prefixes | None = None) -> bytes:
    """Return a document of the current service, with its prefixes and its JSON-LD context.

    `further` are other prefixes to write it with; the context takes those of them that it lacks.
    """
    service = current_service()
    own = service.presentation.prefixes
    if further is None:
        return write(triples, form, own, service.release.context)
    unknown = {name: iri for name, iri in further.items() if name not in own}
    return write(triples, form, further, {**unknown, **service.release.context})


def write(
    triples: Iterable[Triple],
    form: RdfForm,
    prefixes: Prefixes,
    context: Mapping[str, Any] | None = None,
) -> bytes:
    """Return the triples in a form, with those of the prefixes that it can use.

    `context` is that of JSON-LD; without one the prefixes are all of it.
    """
    ordered = [quad.triple for quad in canonical(Quad(*triple) for triple in triples)]
    if form is TURTLE:
        return turtle(bare_triples(ordered), prefixes).encode()
    if form is JSON_LD:
        return Compactor(prefixes if context is None else context).write(ordered)
    used: dict[str, str] | None = None
    if form is RDF_XML:
        namespaces = {namespace_of(triple.predicate.value) for triple in ordered}
        used = {name: prefixes[name] for name in sorted(prefixes) if prefixes[name] in namespaces}
    return serialize(ordered, format=form.oxigraph, prefixes=used) or b""
