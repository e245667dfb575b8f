"""Patterns: a selection of things in SPARQL, so that whoever asks it gets the same things.

What SPARQL cannot say as the index does it, words in any spelling, becomes the things that were
found, by name; that has a bound.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pyoxigraph import Literal

from publisher.index.contents import DATES
from publisher.index.facets import KIND, YEAR
from publisher.index.relations import PROVENANCE
from publisher.limits import LISTED_BY_WORDS
from publisher.prefixes import WELL_KNOWN
from publisher.terms import RDF_TYPE
from server.http.problems import over
from server.search.index import Index
from server.search.lists import Lists, Selection
from server.service import current_service
from server.sparql.lookups import iri_term

_OWL_DEPRECATED: Final = f"{WELL_KNOWN['owl']}deprecated"


class Writer:
    """Writes selections, with the prefixes of the publication."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._service = current_service()
        self._used: dict[str, str] = {}

    def select(self, selection: Selection) -> str:
        """Return the query for the things, each with a name. Raises Problem 400 as `things`."""
        things = self.things(selection)
        naming = self._among("naming", self._service.presentation.label_properties)
        return self._prologue() + (
            f"SELECT ?thing (SAMPLE(?label) AS ?name) {{\n{things}"
            f"  OPTIONAL {{\n    ?thing ?naming ?label\n    {naming}\n  }}\n"
            f"}}\nGROUP BY ?thing\nORDER BY ?name ?thing\n"
        )

    def construct(self, selection: Selection) -> str:
        """Return the query for all that is said of the things. Raises Problem 400 as `things`."""
        things = self.things(selection)
        return self._prologue() + (
            f"CONSTRUCT {{ ?thing ?property ?value }} WHERE {{\n"
            f"  {{ SELECT DISTINCT ?thing {{\n{things}  }} }}\n"
            f"  ?thing ?property ?value\n}}\n"
        )

    def things(self, selection: Selection) -> str:
        """Return the lines of the pattern that binds `?thing`.

        Raises Problem 400 if words pick out more things than a query may name.
        """
        iris = self._service.release.iris
        lines = []
        if selection.text.strip():
            found = Lists(self._index).iris(selection, LISTED_BY_WORDS + 1)
            if len(found) > LISTED_BY_WORDS:
                detail = f"Words pick out more than {LISTED_BY_WORDS} things here."
                raise over("listed_by_words", LISTED_BY_WORDS, 400, "List too long", detail)
            names = "".join(f"    {self._term(iri)}\n" for iri in found)
            lines.append(f"VALUES ?thing {{\n{names}  }}")
        else:
            graph = iri_term(iris.graph(selection.collection))
            start = Literal(iris.things)
            lines += [
                f"GRAPH {graph} {{ ?thing a ?any }}",
                f"FILTER(STRSTARTS(STR(?thing), {start}))",
                f"FILTER NOT EXISTS {{ ?thing {self._term(_OWL_DEPRECATED)} true }}",
            ]
            for number, (facet, value) in enumerate(selection.values, 1):
                lines += self._having(facet, value, number)
        return "".join(f"  {line}\n" for line in lines)

    def _having(self, facet: str, value: str, number: int) -> list[str]:
        """Return the lines that say that the thing has a value of a facet."""
        if facet == KIND:
            return [f"?thing a {self._term(value)} ."]
        variable = f"{facet if facet == YEAR else 'link'}{number}"
        if facet == YEAR:
            date = f"date{number}"
            known = self._service.release.publication.search_dates
            filters = [self._among(variable, known)] if known else []
            datatypes = ", ".join(self._term(each) for each in sorted(DATES))
            return [
                f"?thing ?{variable} ?{date} .",
                *filters,
                f"FILTER(DATATYPE(?{date}) IN ({datatypes}))",
                f"FILTER(REGEX(STR(?{date}), {Literal(f'^{value}(-|$)')}))",
            ]
        behind = [*sorted(PROVENANCE & self._index.properties), RDF_TYPE]
        return [f"?thing ?{variable} {self._term(value)} .", self._among(variable, behind, "NOT ")]

    def _among(self, variable: str, iris: Sequence[str], negated: str = "") -> str:
        # A FILTER, since Oxigraph joins a VALUES of properties far more slowly.
        return f"FILTER(?{variable} {negated}IN ({', '.join(map(self._term, iris))}))"

    def _term(self, iri: str) -> str:
        short = self._service.presentation.prefixes.shorten(iri)
        if short is None:
            return iri_term(iri)
        prefix = short.partition(":")[0]
        self._used[prefix] = self._service.presentation.prefixes[prefix]
        return short

    def _prologue(self) -> str:
        lines = (f"PREFIX {prefix}: <{self._used[prefix]}>\n" for prefix in sorted(self._used))
        return "".join(lines)
