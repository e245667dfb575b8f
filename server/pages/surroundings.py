"""Surroundings: what of ours a thing leads to and is led to from, as a small drawing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, islice, zip_longest
from typing import Final

from publisher.index.relations import PROVENANCE
from publisher.iri import IriSpace
from server.pages.diagrams import Drawing, Edge, Label, neighbourhood
from server.pages.things import Row, Thing

#: Neighbours on either side; a drawing of more is not read.
_MOST: Final = 6
_FEWEST: Final = 2


def surroundings(thing: Thing, iris: IriSpace) -> Drawing | None:
    """Return the drawing of a thing among its neighbours, or None where there is little to see.

    Each relation comes to its turn before one of them comes to its second; what things rest on is
    left out, for it is the same around most of them.
    """
    rows = [row for section in thing.sections for row in section.rows] + thing.incoming
    outgoing = _edges((row for row in rows if not row.inverse), iris)
    incoming = _edges((row for row in rows if row.inverse), iris)
    if len(outgoing) + len(incoming) < _FEWEST:
        return None
    said = [f"{edge.labels[0].text}: {edge.neighbour.text}" for edge in outgoing]
    said += [f"{edge.neighbour.text}: {edge.labels[0].text} of it" for edge in incoming]
    title = f"Around {thing.title.text}"
    return neighbourhood(Label(thing.title.text), incoming, outgoing, title, "; ".join(said))


def _edges(rows: Iterable[Row], iris: IriSpace) -> list[Edge]:
    by_row = [list(_neighbours(row, iris)) for row in rows if row.term.iri not in PROVENANCE]
    in_turn = (pair for pair in chain.from_iterable(zip_longest(*by_row)) if pair is not None)
    labels: dict[Label, list[Label]] = {}
    for relation, neighbour in in_turn:
        labels.setdefault(neighbour, []).append(relation)
    return [Edge(tuple(each), label) for label, each in islice(labels.items(), _MOST)]


def _neighbours(row: Row, iris: IriSpace) -> Iterator[tuple[Label, Label]]:
    relation = Label(row.label, None)
    for value in row.values:
        if value.href is not None and value.title is not None and iris.split(value.title):
            yield relation, Label(value.text, value.href)
