"""What the ontology declares: terms, and the namespaces that it closes."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field

import pyoxigraph as ox

from publisher.iri import IriSpace
from publisher.prefixes import WELL_KNOWN, namespace_of
from publisher.terms import RDF_TYPE

_RDF, _RDFS, _OWL, _XSD = (WELL_KNOWN[prefix] for prefix in ("rdf", "rdfs", "owl", "xsd"))
CLASS_TYPES = frozenset({f"{_OWL}Class", f"{_RDFS}Class", f"{_RDFS}Datatype"})
PROPERTY_TYPES = frozenset(
    {f"{_RDF}Property"}
    | {
        f"{_OWL}{kind}Property"
        for kind in (
            *("Object", "Datatype", "Annotation", "Ontology", "Functional", "InverseFunctional"),
            *("Transitive", "Symmetric", "Asymmetric", "Reflexive", "Irreflexive", "Deprecated"),
        )
    }
)
_TERM_TYPES = CLASS_TYPES | PROPERTY_TYPES | {f"{_OWL}NamedIndividual"}
_LANGUAGE_NAMESPACES = (_RDF, _RDFS, _OWL, _XSD)


@dataclass
class Vocabulary:
    """The terms that ontology/ declares.

    A namespace is closed as soon as the ontology declares one term of it: then all its terms that
    the data uses must be declared, so that a misspelt schema:nmae is found as surely as one of
    our own. The namespaces of RDF, RDFS, OWL and XSD are never closed.
    """

    iris: IriSpace
    terms: set[str] = field(default_factory=set)
    declared: bool = False
    _closed: set[str] = field(default_factory=set)

    @property
    def ontology_namespace(self) -> str:
        """What the IRI of every term of our own begins with."""
        return f"{self.iris.ontology}#"

    @classmethod
    def of(cls, quads: Iterable[ox.Quad], iris: IriSpace) -> Vocabulary:
        """Collect the declared terms from the quads of ontology/."""
        vocabulary = cls(iris)
        for quad in quads:
            vocabulary.declared = True
            if (
                quad.predicate.value == RDF_TYPE
                and isinstance(quad.subject, ox.NamedNode)
                and isinstance(quad.object, ox.NamedNode)
                and quad.object.value in _TERM_TYPES
            ):
                vocabulary.terms.add(quad.subject.value)
        namespaces = {namespace_of(term) for term in vocabulary.terms}
        vocabulary._closed = namespaces.difference(_LANGUAGE_NAMESPACES)
        if vocabulary.declared:
            vocabulary._closed.add(vocabulary.ontology_namespace)
        return vocabulary

    def lacks(self, iri: str, *, as_term: bool) -> bool:
        """Whether an IRI looks like a term but is not declared.

        `as_term` says that it stands where only a term can stand (a predicate or a class);
        elsewhere only our own namespace is checked.
        """
        if iri in self.terms:
            return False
        if iri.startswith(self.ontology_namespace):
            return self.declared
        return as_term and namespace_of(iri) in self._closed

    def nearest(self, iri: str) -> str | None:
        """Return the declared term that is spelt most like `iri`, or None if none is close."""
        matches = difflib.get_close_matches(iri, self.terms, n=1, cutoff=0.8)
        return matches[0] if matches else None
