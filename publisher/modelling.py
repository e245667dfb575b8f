"""The page that explains the modelling: rules, diagrams and classes, from the ontology itself.

Diagrams are Mermaid flowcharts, which the usual viewers of Markdown draw.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pyoxigraph as ox

from publisher.iri import IriSpace
from publisher.prefixes import WELL_KNOWN, Prefixes
from publisher.terms import bare_triples, in_default_graph

_PROLOGUE = "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in WELL_KNOWN.items())
_RULES = """SELECT ?rule { ?ontology a owl:Ontology ; skos:scopeNote ?rule } ORDER BY ?rule"""
_CLASSES = """
SELECT ?class ?label ?definition {
  ?class a owl:Class ; rdfs:label ?label .
  OPTIONAL { ?class skos:definition|rdfs:comment ?definition }
  FILTER(isIRI(?class))
} ORDER BY ?class"""
_HIERARCHY = """
SELECT ?class ?above { ?class a owl:Class ; rdfs:subClassOf ?above FILTER(isIRI(?above)) }
ORDER BY ?above ?class"""
#: Where a property is at home, and what every instance of a class has by definition.
_RELATIONS = """
SELECT DISTINCT ?class ?property ?value {
  {
    ?property a owl:ObjectProperty ;
      schema:domainIncludes|rdfs:domain ?class ; schema:rangeIncludes|rdfs:range ?value .
  } UNION {
    ?class rdfs:subClassOf [ owl:onProperty ?property ; owl:someValuesFrom ?value ] .
    ?value a owl:Class .
  }
  FILTER(isIRI(?class) && isIRI(?value))
} ORDER BY ?class ?property ?value"""


class Modelling:
    """An ontology as people read it."""

    def __init__(self, ontology: Iterable[ox.Quad], iris: IriSpace, prefixes: Prefixes) -> None:
        self._store = in_default_graph(bare_triples(ontology))
        self._iris = iris
        self._prefixes = prefixes

    def page(self, title: str) -> str:
        """Return the page as Markdown."""
        return "\n".join(
            [
                f"# {title}",
                "",
                "This page is generated from the ontology; `make pages` renews it.",
                "",
                *self._rules(),
                "## Classes and what they specialise",
                "",
                *self._diagram(self._hierarchy()),
                "## How classes are related",
                "",
                "An arrow is a property: where it is at home, or what a thing has by definition.",
                "",
                *self._diagram(self._relations()),
                "## All classes of our own",
                "",
                "| class | label | definition |",
                "|---|---|---|",
                *self._table(),
                "",
            ]
        )

    def _rules(self) -> Iterator[str]:
        rules = [row["rule"].value for row in self._select(_RULES)]
        if rules:
            yield from ("## The rules", "")
            yield from (f"- {rule}" for rule in rules)
            yield ""

    def _diagram(self, lines: Iterable[str]) -> list[str]:
        return ["```mermaid", "flowchart LR", *lines, "```", ""]

    def _hierarchy(self) -> Iterator[str]:
        for row in self._select(_HIERARCHY):
            if self._is_ours(row["class"]):
                yield f"  {self._node(row['class'])} --> {self._node(row['above'])}"

    def _relations(self) -> Iterator[str]:
        for row in self._select(_RELATIONS):
            if self._is_ours(row["class"]) or self._is_ours(row["value"]):
                name = self._prefixes.name(row["property"].value)
                yield f'  {self._node(row["class"])} -->|"{name}"| {self._node(row["value"])}'

    def _table(self) -> Iterator[str]:
        for row in self._select(_CLASSES):
            if self._is_ours(row["class"]):
                definition = row["definition"].value if row["definition"] else ""
                cells = (self._prefixes.name(row["class"].value), row["label"].value, definition)
                yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"

    def _is_ours(self, term: ox.NamedNode) -> bool:
        return term.value.startswith(f"{self._iris.ontology}#")

    def _node(self, term: ox.NamedNode) -> str:
        """Name a class in Mermaid: an identifier, and in brackets what is shown."""
        name = self._prefixes.name(term.value)
        identifier = "".join(c if c.isalnum() else "_" for c in name)
        return f'{identifier}["{name}"]'

    def _select(self, query: str) -> Iterable[ox.QuerySolution]:
        solutions = self._store.query(_PROLOGUE + query)
        assert isinstance(solutions, ox.QuerySolutions)
        return solutions
