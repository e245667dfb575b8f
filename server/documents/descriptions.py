"""Descriptions: what the publisher says when asked about one thing.

A description is the thing's own triples, the labels of what they point to, and the triples that
point at it with the labels of where they come from. All forms of a document carry the same
triples, because all come from the one CONSTRUCT here.
"""

from __future__ import annotations

from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode, Triple

from publisher.prefixes import WELL_KNOWN
from server.service import current_service
from server.sparql import lookups
from server.sparql.lookups import iri_term

#: How many incoming links stand on one page of a description.
INCOMING_PER_PAGE = 200

#: What is said of a thing that was withdrawn.
DEPRECATED = iri_term(WELL_KNOWN["owl"] + "deprecated")
_REPLACED_BY = iri_term(WELL_KNOWN["dcterms"] + "isReplacedBy")


@dataclass(frozen=True)
class Standing:
    """How a thing stands: withdrawn or not, replaced by what, and how much points at it.

    `graph` is the named graph that gives it its type.
    """

    iri: str
    withdrawn: bool
    successor: str | None
    graph: str | None
    incoming: int

    @property
    def pages(self) -> int:
        """How many pages the incoming links take; the first is there even without any."""
        return max(1, -(-self.incoming // INCOMING_PER_PAGE))


def mention(iri: str) -> Standing | None:
    """Return how anything stands that triples are about or lead to, None if it is in none."""
    found, statements = _counted(iri)
    return found if statements or found.incoming else None


def standing(iri: str) -> Standing | None:
    """Return how a thing of ours stands in the release, or None if no triple is about it.

    A thing is withdrawn if `owl:deprecated true` is said of it; `dcterms:isReplacedBy` then names
    its successor.
    """
    found, statements = _counted(iri)
    return found if statements else None


def _counted(iri: str) -> tuple[Standing, int]:
    term = iri_term(iri)
    found = lookups.rows(
        f"SELECT ?statements ?withdrawn ?successor ?graph ?incoming {{\n"
        f"  {{ SELECT (COUNT(*) AS ?statements) {{ {term} ?property ?value }} }}\n"
        f"  OPTIONAL {{ {term} {DEPRECATED} ?withdrawn"
        f' FILTER(STR(?withdrawn) IN ("true", "1")) }}\n'
        f"  OPTIONAL {{ {term} {_REPLACED_BY} ?successor }}\n"
        f"  OPTIONAL {{ GRAPH ?graph {{ {term} a ?class }} }}\n"
        f"  {{ SELECT (COUNT(*) AS ?incoming) {{ ?from ?relation {term} }} }}\n"
        f"}} ORDER BY ?successor ?graph LIMIT 1"
    )
    row = found[0]
    successor, graph = row.get("successor"), row.get("graph")
    statements, incoming = row["statements"], row["incoming"]
    assert isinstance(statements, Literal)
    assert isinstance(incoming, Literal)
    standing = Standing(
        iri=iri,
        withdrawn="withdrawn" in row,
        successor=successor.value if isinstance(successor, NamedNode) else None,
        graph=graph.value if isinstance(graph, NamedNode) else None,
        incoming=int(incoming.value),
    )
    return standing, int(statements.value)


def describe(iri: str, page: int = 1) -> list[Triple]:
    """Return the description of a thing, with one page of its incoming links."""
    return lookups.triples(_query(iri, page))


def _query(iri: str, page: int) -> str:
    term = iri_term(iri)
    labels = ", ".join(map(iri_term, current_service().presentation.label_properties))
    # A FILTER, since Oxigraph joins a VALUES of the label properties far more slowly.
    return (
        f"CONSTRUCT {{\n"
        f"  {term} ?property ?value . ?named ?naming ?name .\n"
        f"  ?from ?relation {term} ; ?calling ?called\n"
        f"}} WHERE {{\n"
        f"  {{ {term} ?property ?value }}\n"
        f"  UNION {{ {term} ?pointer ?named .\n"
        f"    ?named ?naming ?name FILTER(?naming IN ({labels})) }}\n"
        f"  UNION {{\n"
        f"    {{ SELECT ?from ?relation {{ ?from ?relation {term} }} ORDER BY ?relation ?from\n"
        f"      LIMIT {INCOMING_PER_PAGE} OFFSET {(page - 1) * INCOMING_PER_PAGE} }}\n"
        f"    OPTIONAL {{ ?from ?calling ?called FILTER(?calling IN ({labels})) }}\n"
        f"  }}\n"
        f"}}"
    )
