"""Triples that the publisher makes itself: descriptions of what it publishes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import pyoxigraph as ox

from publisher.prefixes import WELL_KNOWN, Prefixes
from publisher.terms import BareTriple, Term

#: Prefixes of the vocabularies that descriptions are written in.
DESCRIPTIVE: Mapping[str, str] = {
    **WELL_KNOWN,
    "adms": "http://www.w3.org/ns/adms#",
    "dcatap": "http://data.europa.eu/r5r/",
    "eu": "http://publications.europa.eu/resource/authority/",
    "formats": "http://www.w3.org/ns/formats/",
    "spdx": "http://spdx.org/rdf/terms#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
}


def expand(name: str) -> str:
    """Return the IRI of a prefixed name, with the prefixes of descriptions."""
    prefix, _, local = name.partition(":")
    return DESCRIPTIVE[prefix] + local


class Triples:
    """A graph under construction; the order in which it is told things does not matter."""

    def __init__(self) -> None:
        self._found: set[BareTriple] = set()

    def add(self, subject: str, predicate: str, *values: Term | str | int | dt.date | None) -> None:
        """State something of the IRI `subject`; `predicate` is a prefixed name.

        A text is an IRI; texts without a language are given as literals. None is passed over.
        """
        for value in values:
            if value is not None:
                triple = (ox.NamedNode(subject), ox.NamedNode(expand(predicate)), _term(value))
                self._found.add(triple)

    def type(self, subject: str, *classes: str) -> None:
        """Give the IRI `subject` classes, as prefixed names."""
        self.add(subject, "rdf:type", *map(expand, classes))

    def extend(self, other: Triples) -> None:
        """Take over all that another graph says."""
        self._found |= other._found

    def sorted(self) -> list[BareTriple]:
        """Return the triples in an order that is always the same."""
        return sorted(self._found, key=str)


def text(value: str, language: str | None = None) -> ox.Literal:
    """Return a text, with a language tag where a language is given."""
    return ox.Literal(value, language=language) if language else ox.Literal(value)


def typed(value: str, datatype: str) -> ox.Literal:
    """Return a literal of a datatype, given as prefixed name."""
    return ox.Literal(value, datatype=ox.NamedNode(expand(datatype)))


def descriptive_prefixes(own: Prefixes) -> Prefixes:
    """Return the prefixes of descriptions and those of a publication that do not contradict them.

    Where one prefix stands for two namespaces the description's wins.
    """
    return Prefixes(sorted({**own, **DESCRIPTIVE}.items()))


def _term(value: Term | str | int | dt.date) -> Term:
    if isinstance(value, str):
        return ox.NamedNode(value)
    if isinstance(value, dt.date):
        return typed(value.isoformat(), "xsd:date")
    if isinstance(value, int):
        return typed(str(value), "xsd:integer")
    return value
