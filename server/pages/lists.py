"""Lists: the things of a collection, page by page, and what to narrow and order them by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote

import pyoxigraph as ox
from flask import render_template

from publisher.index.facets import KIND, VALUES, YEAR, Facet
from publisher.index.lists import Column
from publisher.release import Collection
from server.http.addresses import here
from server.http.bounds import URL_KB
from server.http.problems import Problem
from server.pages.choices import Narrowing
from server.pages.values import Namer, Value, grouped
from server.presentation import Presentation, Term
from server.search.collections import BY_NAME, download_address, page_address, query_string
from server.search.index import current_index
from server.search.lists import Item, Lists, Literal, Named, Selection
from server.search.narrowing import Chosen, pairs
from server.search.patterns import Writer
from server.service import current_service

#: The forms in which a list is offered to people, by suffix.
DOWNLOADS: Final = {"csv": "CSV", "json": "JSON", "ttl": "Turtle"}
#: How many things stand on one page of a list.
THINGS_PER_PAGE: Final = 50
#: Values of a property that stand in one cell.
VALUES_IN_CELL: Final = 3
#: A longer link to the form for queries is not offered, in characters of the address.
_LONGEST_LINK: Final = (URL_KB - 1) * 1024
#: The orders of sortable columns: the one that a click asks for first, and the other way round.
_NAMES, _YEARS, _POINTING = ("name", "-name"), ("-year", "year"), ("linked", "linked")


@dataclass(frozen=True)
class Shown:
    """Which part of which list is shown."""

    collection: Collection
    selection: Selection
    order: str
    total: int
    number: int
    pages: int

    @property
    def query(self) -> str:
        """The parameters of its address."""
        return query_string(self.selection, self.order, self.number)

    @property
    def beside(self) -> dict[str, str]:
        """The parameters of the pages beside it, by relation."""
        numbers = {"prev": self.number - 1, "next": self.number + 1}
        return {
            relation: query_string(self.selection, self.order, number)
            for relation, number in numbers.items()
            if 0 < number <= self.pages
        }

    def address(self, selection: Selection, order: str | None = None) -> str:
        """Return the link to the first page of another selection or order of the collection."""
        return page_address(self.collection) + query_string(selection, order or self.order)


@dataclass(frozen=True)
class Heading:
    """A column: `href` puts the list in its order, `sorted` says how it is in it now."""

    label: str
    href: str | None = None
    sorted: str | None = None
    title: str | None = None
    own: bool = True
    """Whether the label is in the pages' language rather than the publication's."""
    css: str | None = None


@dataclass(frozen=True)
class Cell:
    """The first values of a property, and how many more there are."""

    values: list[Value]
    more: int


@dataclass(frozen=True)
class Row:
    """A thing in the list."""

    name: Value
    kinds: list[Term]
    years: Sequence[str]
    cells: list[Cell]
    pointing: str


@dataclass(frozen=True)
class Layout:
    """Which columns the list of a collection has."""

    kinds: bool
    years: bool
    pointing: bool
    columns: list[Column] = field(default_factory=list)

    @classmethod
    def of(cls, lists: Lists, collection: str) -> Layout:
        """Return the layout of a collection's list."""
        return cls(
            kinds=lists.various(collection, KIND) > 1,
            years=lists.various(collection, YEAR) > 0,
            pointing=lists.any_pointing(collection),
            columns=lists.columns(collection),
        )

    def labels(self, presentation: Presentation) -> list[str]:
        """Return the names of the further columns, as the shapes or the ontology have them."""
        return [each.label or presentation.term(each.property).label for each in self.columns]


def values_page(shown: Shown, facet: Facet, lists: Lists) -> str:
    """Return a page of all values of a facet that things of a list have. Raises Problem 404."""
    return narrowing(shown, lists).page(facet, shown.collection.label, own=False)


def page(shown: Shown, lists: Lists) -> str:
    """Return the page of a part of a list."""
    selection = shown.selection
    layout = Layout.of(lists, selection.collection)
    start = (shown.number - 1) * THINGS_PER_PAGE
    items = lists.items(selection, shown.order, start, THINGS_PER_PAGE, layout.columns)
    downloads = query_string(selection, shown.order)
    document = page_address(shown.collection)
    order = [("sort", shown.order)] if shown.order != BY_NAME else []
    return render_template(
        "list.html",
        collection=shown.collection,
        selection=selection,
        shown=shown,
        first=start + 1,
        last=start + len(items),
        layout=layout,
        headings=_headings(layout, shown),
        rows=_rows(items, layout),
        choices=narrowing(shown, lists).beside(facets(shown, lists)),
        kept=[
            *pairs(selection.chosen),
            *order,
        ],
        document=document,
        beside={relation: document + query for relation, query in shown.beside.items()},
        everything=shown.address(Selection(selection.collection)),
        wordless=shown.address(Selection(selection.collection, "", selection.chosen)),
        downloads={
            label: download_address(shown.collection, suffix) + downloads
            for suffix, label in DOWNLOADS.items()
        },
        asking=_asking(shown),
    )


def _asking(shown: Shown) -> str | None:
    """Return the link to the form with the query for the list; None if there is no short one."""
    if not shown.total:
        return None
    try:
        query = Writer(current_index()).select(shown.selection)
    except Problem:
        return None
    link = f"{here('/sparql')}?draft={quote(query, safe='')}"
    return link if len(link) <= _LONGEST_LINK else None


def _headings(layout: Layout, shown: Shown) -> list[Heading]:
    """Return the columns in their order."""
    presentation = current_service().presentation

    def sortable(label: str, orders: tuple[str, str], css: str | None = None) -> Heading:
        first, second = orders
        wanted = second if shown.order == first else first
        state = None
        if shown.order in orders:
            state = "ascending" if shown.order in ("name", "year") else "descending"
        return Heading(label, shown.address(shown.selection, wanted), state, css=css)

    found = [sortable("Name", _NAMES)]
    if layout.kinds:
        found.append(Heading("Kind"))
    if layout.years:
        found.append(sortable("Year", _YEARS))
    for column, label in zip(layout.columns, layout.labels(presentation), strict=True):
        definition = presentation.term(column.property).definition
        found.append(Heading(label[:1].upper() + label[1:], title=definition or None, own=False))
    if layout.pointing:
        found.append(sortable("Linked from", _POINTING, "number"))
    return found


def _rows(items: Sequence[Item], layout: Layout) -> list[Row]:
    """Return the things as they stand in the table."""
    service = current_service()
    namer = Namer(service.release.iris, service.presentation, _names(items))
    return [
        Row(
            name=namer.resource(item.iri),
            kinds=service.presentation.kinds(item.kinds),
            years=item.years,
            cells=[_cell(item, column, namer) for column in layout.columns],
            pointing=grouped(str(item.pointing)),
        )
        for item in items
    ]


def facets(shown: Shown, lists: Lists) -> list[Facet]:
    """Return the facets that narrow a list: those in which its things differ."""
    selection = shown.selection
    return [
        facet
        for facet in current_index().facets
        if lists.various(selection.collection, facet.name) > 1 or selection.chosen.get(facet.name)
    ]


def narrowing(shown: Shown, lists: Lists) -> Narrowing:
    """Return how a list is narrowed further."""
    selection = shown.selection

    def narrowed(chosen: Chosen) -> str:
        return shown.address(Selection(selection.collection, selection.text, chosen))

    def values(facet: Facet) -> str:
        address = shown.address(selection)
        return f"{address}{'&' if '?' in address else '?'}{VALUES}={quote(facet.name)}"

    return Narrowing(
        selection.chosen,
        count=lambda facet, length: lists.frequent(selection, facet.name, length),
        link=narrowed,
        values=values,
    )


def _names(items: Sequence[Item]) -> dict[str, list[ox.Literal]]:
    names = {item.iri: [_text(item.name, item.language)] for item in items}
    for item in items:
        for values in item.cells.values():
            for value in values:
                if not isinstance(value, Literal) and value.name is not None:
                    names.setdefault(value.iri, [_text(value.name, value.language)])
    return names


def _text(text: str, language: str | None) -> ox.Literal:
    return ox.Literal(text, language=language) if language else ox.Literal(text)


def _cell(item: Item, column: Column, namer: Namer) -> Cell:
    values = item.cells.get(column.property, [])
    return Cell(
        [namer.value(_term(value)) for value in values[:VALUES_IN_CELL]],
        max(0, len(values) - VALUES_IN_CELL),
    )


def _term(value: Literal | Named) -> ox.NamedNode | ox.Literal:
    if isinstance(value, Literal):
        if value.language:
            return ox.Literal(value.value, language=value.language)
        return ox.Literal(value.value, datatype=ox.NamedNode(value.datatype))
    return ox.NamedNode(value.iri)
