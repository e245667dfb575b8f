"""Statements: the triples of a vocabulary as its pages read them, by subject and in words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from publisher.iri import IriSpace
from publisher.prefixes import WELL_KNOWN
from publisher.terms import RDF_TYPE, Term, bare, best_text
from server.pages.values import Namer, Value, term_link
from server.presentation import Presentation

_RDF, _RDFS, _OWL = (WELL_KNOWN[each] for each in ("rdf", "rdfs", "owl"))
_LANGUAGES = (_RDF, _RDFS, _OWL, WELL_KNOWN["xsd"])
_OPERATORS = (("unionOf", " or "), ("intersectionOf", " and "), ("oneOf", " or "))
_QUANTIFIERS = (
    ("someValuesFrom", "{property} some {filler}"),
    ("allValuesFrom", "{property} only {filler}"),
    ("hasValue", "{property} is {filler}"),
    ("minQualifiedCardinality", "{property} at least {filler}"),
    ("maxQualifiedCardinality", "{property} at most {filler}"),
    ("qualifiedCardinality", "{property} exactly {filler}"),
    ("minCardinality", "{property} at least {filler}"),
    ("maxCardinality", "{property} at most {filler}"),
    ("cardinality", "{property} exactly {filler}"),
)


class Statements:
    """Triples by subject and property, and the names of all that they name."""

    def __init__(
        self,
        triples: Iterable[Triple],
        presentation: Presentation,
        iris: IriSpace,
        names: Mapping[str, Sequence[Literal]] | None = None,
    ) -> None:
        """Sort the triples; `names` are those of things that stand elsewhere."""
        self.presentation = presentation
        self.iris = iris
        self._about: dict[Term, dict[str, list[Term]]] = defaultdict(lambda: defaultdict(list))
        for subject, predicate, value in map(bare, triples):
            self._about[subject][predicate.value].append(value)
        self.namer = Namer(iris, presentation, {**(names or {}), **self._names()})

    def subjects(self, types: frozenset[str]) -> list[NamedNode]:
        """Return the named subjects of any of these types, in the order of their names."""
        found = [
            subject
            for subject, about in self._about.items()
            if isinstance(subject, NamedNode)
            and any(isinstance(t, NamedNode) and t.value in types for t in about.get(RDF_TYPE, ()))
        ]
        return sorted(found, key=lambda node: self.name(node).casefold())

    def about(self, subject: Term) -> dict[str, list[Term]]:
        """Return the objects of a subject by property."""
        return dict(self._about.get(subject, {}))

    def one(self, subject: Term, predicate: str) -> Term | None:
        """Return some object of a subject and a property, or None."""
        return next(iter(self._about.get(subject, {}).get(predicate, ())), None)

    def text(self, subject: Term, predicate: str) -> Literal | None:
        """Return the text of a property that the reader understands best, or None."""
        objects = self._about.get(subject, {}).get(predicate, ())
        texts = [each for each in objects if isinstance(each, Literal)]
        return best_text(texts, self.presentation.language)

    def items(self, head: Term) -> list[Term]:
        """Return the members of an RDF list; a list that runs in a circle is cut."""
        found: list[Term] = []
        seen: set[Term] = set()
        node: Term | None = head
        while node is not None and node not in seen and self.one(node, f"{_RDF}first") is not None:
            seen.add(node)
            first = self.one(node, f"{_RDF}first")
            if first is not None:
                found.append(first)
            node = self.one(node, f"{_RDF}rest")
        return found

    def name(self, term: Term) -> str:
        """Return a term in words, class expressions included (OWL 2, section 8)."""
        return self.value(term).text

    def value(self, term: Term) -> Value:
        """Return a term as a value; a class expression becomes a text."""
        if isinstance(term, BlankNode):
            return Value(self._expression(term))
        if isinstance(term, NamedNode) and term.value.startswith(_LANGUAGES):
            known = self.presentation.term(term.value)
            text = known.curie if term.value.startswith(WELL_KNOWN["xsd"]) else known.label
            return Value(text, term_link(self.presentation, term.value), title=known.curie)
        return self.namer.value(term)

    def property(self, iri: str) -> Value:
        """Return a property as a value; one without a name goes by its local name in words."""
        shown = self.value(NamedNode(iri))
        named = self.namer.name(iri) is not None or iri in self.presentation.terms
        return shown if named else replace(shown, text=self.presentation.term(iri).label)

    def _expression(self, node: Term, depth: int = 0) -> str:
        if not isinstance(node, BlankNode):
            return self.value(node).text
        if depth > 5:
            return "…"
        for operator, joint in _OPERATORS:
            head = self.one(node, f"{_OWL}{operator}")
            if head is not None:
                return joint.join(self._expression(each, depth + 1) for each in self.items(head))
        complement = self.one(node, f"{_OWL}complementOf")
        if complement is not None:
            return f"not {self._expression(complement, depth + 1)}"
        on_property = self.one(node, f"{_OWL}onProperty")
        for quantifier, words in _QUANTIFIERS:
            filler = self.one(node, f"{_OWL}{quantifier}")
            if filler is not None and on_property is not None:
                return words.format(
                    property=self._expression(on_property, depth + 1),
                    filler=self._expression(filler, depth + 1),
                )
        return "…"

    def _names(self) -> dict[str, list[Literal]]:
        names: dict[str, list[Literal]] = {}
        for subject, about in self._about.items():
            if isinstance(subject, NamedNode):
                for predicate in self.presentation.label_properties:
                    texts = [each for each in about.get(predicate, ()) if isinstance(each, Literal)]
                    if texts:
                        names[subject.value] = texts
                        break
        return names
