"""The presentation: what pages say about terms and in which order they show values.

Labels and definitions come from the ontology, order and grouping from the shapes (SHACL, 2.3.2:
sh:name, sh:description, sh:order, sh:group). Computed at release time, so that a server reads
neither.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pyoxigraph as ox

from publisher.iri import IriSpace
from publisher.prefixes import WELL_KNOWN
from publisher.terms import RDF_TYPE, bare_triples, best_text, in_default_graph
from publisher.vocabulary import CLASS_TYPES, PROPERTY_TYPES

#: Properties that name a thing, the preferred first.
LABEL_PROPERTIES = (
    f"{WELL_KNOWN['skos']}prefLabel",
    f"{WELL_KNOWN['rdfs']}label",
    f"{WELL_KNOWN['dcterms']}title",
    f"{WELL_KNOWN['schema']}name",
    f"{WELL_KNOWN['foaf']}name",
)
DEFINITION_PROPERTIES = (
    f"{WELL_KNOWN['skos']}definition",
    f"{WELL_KNOWN['dcterms']}description",
    f"{WELL_KNOWN['rdfs']}comment",
)

#: What introduces a thing to readers, the preferred first.
INTRODUCTIONS = (
    f"{WELL_KNOWN['skos']}definition",
    f"{WELL_KNOWN['dcterms']}description",
    f"{WELL_KNOWN['schema']}description",
    f"{WELL_KNOWN['dcterms']}abstract",
    f"{WELL_KNOWN['rdfs']}comment",
)

#: Properties that lead from a thing that stands for a statement to what the statement is about.
STATEMENT_PARTS = frozenset(
    (
        *(WELL_KNOWN["rdf"] + name for name in ("subject", "object")),
        *(WELL_KNOWN["org"] + name for name in ("member", "organization")),
    )
)

_PROLOGUE = "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in WELL_KNOWN.items())
_STATEMENT_PARTS = " ".join(f"<{iri}>" for iri in sorted(STATEMENT_PARTS))
_GROUPS = f"""{_PROLOGUE}
SELECT ?group ?order {{ ?group a sh:PropertyGroup OPTIONAL {{ ?group sh:order ?order }} }}
ORDER BY ?order ?group"""
_PROPERTIES = f"""{_PROLOGUE}
SELECT DISTINCT ?class ?path ?inverse ?order ?group ?property {{
  {{ ?shape sh:targetClass ?class }}
  UNION {{ ?shape a sh:NodeShape, owl:Class BIND(?shape AS ?class) }}
  ?shape (sh:node|(sh:and/rdf:rest*/rdf:first))*/sh:property ?property .
  {{ ?property sh:path ?path FILTER(isIRI(?path)) BIND(false AS ?inverse) }}
  UNION {{ ?property sh:path/sh:inversePath ?path FILTER(isIRI(?path)) BIND(true AS ?inverse) }}
  OPTIONAL {{ ?property sh:order ?order }}
  OPTIONAL {{ ?property sh:group ?group }}
}} ORDER BY ?class ?order ?path ?property"""


def presentation(
    iris: IriSpace, language: str, ontology: Iterable[ox.Quad], shapes: Iterable[ox.Quad]
) -> dict[str, Any]:
    """Return the presentation as the release keeps it (presentation.json)."""
    presenter = _Presenter(iris, language, [*ontology, *shapes])
    return {
        "terms": presenter.terms(),
        "groups": presenter.groups(),
        "classes": presenter.classes(),
        "label_properties": list(LABEL_PROPERTIES),
    }


class _Presenter:
    def __init__(self, iris: IriSpace, language: str, quads: list[ox.Quad]) -> None:
        self._iris = iris
        self._language = language
        self._store = in_default_graph(bare_triples(quads))

    def terms(self) -> dict[str, dict[str, str]]:
        """Return label, definition and kind of every class and property declared."""
        found: dict[str, dict[str, str]] = {}
        for kind, types in (("class", CLASS_TYPES), ("property", PROPERTY_TYPES)):
            for type_ in sorted(types):
                for quad in self._store.quads_for_pattern(
                    None, ox.NamedNode(RDF_TYPE), ox.NamedNode(type_)
                ):
                    if isinstance(quad.subject, ox.NamedNode):
                        found[quad.subject.value] = self._term(quad.subject, kind)
        for property_ in self._statement_parts() & found.keys():
            found[property_]["part_of"] = "statement"
        return dict(sorted(found.items()))

    def _statement_parts(self) -> set[str]:
        """Return the properties that are, or refer to, one of STATEMENT_PARTS.

        A property in OWL 2 DL cannot be a sub-property of one of RDF; it says rdfs:seeAlso.
        """
        rows = self._select(
            f"{_PROLOGUE} SELECT ?part {{ VALUES ?standard {{ {_STATEMENT_PARTS} }} "
            "?part (rdfs:subPropertyOf|rdfs:seeAlso)* ?standard }"
        )
        return {row["part"].value for row in rows if isinstance(row["part"], ox.NamedNode)}

    def groups(self) -> list[dict[str, Any]]:
        """Return the property groups in their order."""
        return [
            {
                "iri": row["group"].value,
                "label": self._text(row["group"], LABEL_PROPERTIES) or row["group"].value,
                "order": _number(row["order"]),
            }
            for row in self._select(_GROUPS)
        ]

    def classes(self) -> dict[str, dict[str, Any]]:
        """Return for each class with a shape its properties as the shape orders them."""
        found: dict[str, dict[str, Any]] = {}
        for row in self._select(_PROPERTIES):
            name = row["class"]
            entry = found.setdefault(name.value, self._term(name, "class") | {"properties": []})
            path: str | dict[str, str] = row["path"].value
            if row["inverse"] == ox.Literal(True):
                path = {"inverse": row["path"].value}
            if any(known["path"] == path for known in entry["properties"]):
                continue
            sh = WELL_KNOWN["sh"]
            entry["properties"].append(
                {
                    "path": path,
                    "label": self._text(row["property"], (f"{sh}name",))
                    or self._text(row["path"], LABEL_PROPERTIES),
                    "order": _number(row["order"]),
                    "group": row["group"].value if row["group"] else None,
                    "description": self._text(row["property"], (f"{sh}description",))
                    or self._text(row["path"], DEFINITION_PROPERTIES),
                }
            )
        return found

    def _select(self, query: str) -> Iterable[Any]:
        solutions = self._store.query(query)
        assert isinstance(solutions, ox.QuerySolutions)
        return solutions

    def _term(self, node: ox.NamedNode, kind: str) -> dict[str, str]:
        return {
            "label": self._text(node, LABEL_PROPERTIES),
            "definition": self._text(node, DEFINITION_PROPERTIES),
            "kind": kind,
        }

    def _text(self, node: ox.NamedNode | ox.BlankNode, properties: tuple[str, ...]) -> str:
        """Return the best text of the first of the properties that has one, or nothing."""
        for property_ in properties:
            texts = [
                quad.object
                for quad in self._store.quads_for_pattern(node, ox.NamedNode(property_), None)
                if isinstance(quad.object, ox.Literal)
            ]
            text = best_text(texts, self._language)
            if text is not None:
                return text.value
        return ""


def _number(literal: ox.Literal | None) -> float | None:
    return float(literal.value) if literal is not None else None
