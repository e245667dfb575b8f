"""Outlines: what is said of one thing, with the names and types of what it points to.

Citations, schema.org and the links in header fields are all made from it.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode, parse

from publisher.formats import N_TRIPLES
from publisher.terms import RDF_TYPE, Term, bare, best_text
from server.service import current_service, rendered
from server.sparql import lookups
from server.sparql.lookups import iri_term


@dataclass(frozen=True)
class Outline:
    """The statements about a thing and about what it points to, by subject and property."""

    iri: str
    about: dict[str, dict[str, list[Term]]]
    language: str
    label_properties: tuple[str, ...]

    def values(self, predicate: str, subject: str | None = None) -> list[Term]:
        """Return the values of a property, sorted."""
        return sorted(self.about.get(subject or self.iri, {}).get(predicate, []), key=str)

    def statements(self) -> dict[str, list[Term]]:
        """Return what is said of the thing itself."""
        return self.about.get(self.iri, {})

    def types(self, iri: str | None = None) -> list[str]:
        """Return the classes of the thing or of something that it points to."""
        found = self.values(RDF_TYPE, iri)
        return [each.value for each in found if isinstance(each, NamedNode)]

    def name(self, iri: str | None = None) -> str | None:
        """Return the best name of the thing or of something that it points to, or None."""
        for predicate in self.label_properties:
            texts = [each for each in self.values(predicate, iri) if isinstance(each, Literal)]
            best = best_text(texts, self.language)
            if best is not None:
                return best.value
        return None

    def text(self, predicate: str) -> str | None:
        """Return the best text of a property of the thing, or None."""
        texts = [each for each in self.values(predicate) if isinstance(each, Literal)]
        best = best_text(texts, self.language)
        return None if best is None else best.value

    def iris(self, predicate: str) -> list[str]:
        """Return the values of a property of the thing that are IRIs."""
        return [each.value for each in self.values(predicate) if isinstance(each, NamedNode)]


def outline(iri: str) -> Outline:
    """Return the outline of a thing. Raises the engine's errors."""
    service = current_service()
    labels = ", ".join(map(iri_term, service.presentation.label_properties))
    term = iri_term(iri)
    query = (
        f"CONSTRUCT {{ {term} ?property ?value . ?value ?naming ?name ; a ?class }} WHERE {{\n"
        f"  {{ {term} ?property ?value }}\n"
        f"  UNION {{ {term} ?pointer ?value .\n"
        f"    ?value ?naming ?name FILTER(?naming IN ({labels})) }}\n"
        f"  UNION {{ {term} ?pointer ?value . ?value a ?class }}\n"
        f"}}"
    )
    body = rendered(("outline", iri), lambda: _lines(query))
    about: dict[str, dict[str, list[Term]]] = defaultdict(lambda: defaultdict(list))
    for quad in parse(body, format=N_TRIPLES.oxigraph):
        subject, predicate, value = bare(quad)
        about[subject.value][predicate.value].append(value)
    presentation = service.presentation
    return Outline(iri, about, presentation.language, presentation.label_properties)


def _lines(query: str) -> str:
    return "".join(f"{triple} .\n" for triple in lookups.triples(query))
