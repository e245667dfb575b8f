"""RDF terms as the publisher knows them: IRIs, blank nodes and literals, no triple terms.

pyoxigraph also reads triple terms and base directions of RDF 1.2; `Source.statements` refuses
those, so that everything behind it may rely on the narrower types here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import cast

import pyoxigraph as ox

Node = ox.NamedNode | ox.BlankNode
Term = ox.NamedNode | ox.BlankNode | ox.Literal
RDF_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
BareTriple = tuple[Node, ox.NamedNode, Term]


def bare(statement: ox.Quad | ox.Triple) -> BareTriple:
    """Return subject, predicate and object with their narrow types."""
    return cast(BareTriple, (statement.subject, statement.predicate, statement.object))


def bare_triples(statements: Iterable[ox.Quad | ox.Triple]) -> list[BareTriple]:
    """Return the bare triples of quads or triples, in their order."""
    return [bare(statement) for statement in statements]


def beyond_rdf_1_1(statement: ox.Quad | ox.Triple) -> str | None:
    """Return what of RDF 1.2 a statement uses, in words, or None."""
    object_ = statement.object
    if isinstance(statement.subject, ox.Triple) or isinstance(object_, ox.Triple):
        return "a statement about a statement"
    if isinstance(object_, ox.Literal) and object_.direction is not None:
        return f"a base direction ({object_})"
    return None


def graph_of(quad: ox.Quad) -> str:
    """Return the name of a quad's graph; every quad of the publisher has one."""
    return cast(ox.NamedNode, quad.graph_name).value


def best_text(texts: Sequence[ox.Literal], language: str) -> ox.Literal | None:
    """Return the text that readers of `language` understand best: theirs, untagged, English."""
    order = {language: 0, None: 1, "en": 2}
    return min(
        texts,
        key=lambda each: (order.get(each.language, 3), each.language or "", each.value),
        default=None,
    )


def in_default_graph(triples: Iterable[BareTriple]) -> ox.Store:
    """Return a store that holds the triples in its default graph."""
    store = ox.Store()
    store.extend(ox.Quad(*triple) for triple in triples)
    return store
