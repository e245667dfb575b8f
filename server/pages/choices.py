"""Choices: the values by which a list is narrowed, the most frequent beside it, all on their own.

A facet of a large graph has thousands of values. Beside a list stand those that most of its things
have; `?values=` asks for all of one facet, page by page, instead of the list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from flask import render_template, request

from publisher.index.facets import COLLECTION, KIND, VALUES, YEAR, Facet
from server.http.links import page_number
from server.http.problems import Problem
from server.search.members import Count
from server.search.narrowing import Chosen, labels, shown, toggled

#: Values of a facet that stand beside a list, and on one page of all of them.
BESIDE: Final = 12
VALUES_PER_PAGE: Final = 500
#: Facets of ours whose values are named in the publication's language.
_NAMED_BY_THE_GRAPH: Final = frozenset({KIND, COLLECTION})


@dataclass(frozen=True)
class Value:
    """A value of a facet; `href` chooses it, or leaves it out if it was chosen."""

    value: str
    label: str
    things: int
    href: str
    chosen: bool


@dataclass(frozen=True)
class Choices:
    """A facet with the values that stand beside a list.

    `own` says whether its label is in the pages' language rather than the publication's,
    `values_own` the same of its values; `everything` leads to all of them if there are more.
    """

    name: str
    label: str
    own: bool
    values_own: bool
    values: list[Value]
    everything: str | None


@dataclass(frozen=True)
class Narrowing:
    """A list that is narrowed: what is chosen, and how it is counted and addressed.

    `count` returns the most frequent values of a facet, at most so many or all for None; `link`
    the address of the list with other choices, `values` that of all values of a facet.
    """

    chosen: Chosen
    count: Callable[[Facet, int | None], Sequence[Count]]
    link: Callable[[Chosen], str]
    values: Callable[[Facet], str]

    def beside(self, facets: Iterable[Facet]) -> list[Choices]:
        """Return the facets that have values, with those that stand beside the list."""
        found = []
        for facet in facets:
            counts = self.count(facet, BESIDE + 1)
            everything = self.values(facet) if len(counts) > BESIDE else None
            frequent = counts[:BESIDE]
            # Whatever is found has all that was chosen, which is never left out.
            most = counts[0][1] if counts else 0
            others = set(self.chosen.get(facet.name, ())) - {value for value, _ in frequent}
            values = self.choices(facet, [*((each, most) for each in sorted(others)), *frequent])
            if values:
                own = facet.collection is None
                among_own = own and facet.name not in _NAMED_BY_THE_GRAPH
                found.append(Choices(facet.name, facet.label, own, among_own, values, everything))
        return found

    def choices(self, facet: Facet, counts: Sequence[Count]) -> list[Value]:
        """Return values as people choose them, those that are chosen first."""
        chosen = self.chosen.get(facet.name, ())
        named = labels(facet, (value for value, _ in counts))
        values = [
            Value(
                shown(facet, value),
                named[value],
                things,
                self.link(toggled(self.chosen, facet.name, value)),
                value in chosen,
            )
            for value, things in counts
        ]
        if facet.name == YEAR:
            values.sort(key=lambda each: each.value, reverse=True)
        values.sort(key=lambda each: not each.chosen)
        return values

    def page(self, facet: Facet, heading: str, *, own: bool) -> str:
        """Return a page of all values of a facet. Raises Problem 400 and 404 for `?page=`.

        `heading` names the list, in the pages' language if it is their `own` name.
        """
        counts = self.count(facet, None)
        pages = max(1, -(-len(counts) // VALUES_PER_PAGE))
        number = page_number(pages)
        first = (number - 1) * VALUES_PER_PAGE
        part = counts[first : first + VALUES_PER_PAGE]
        return render_template(
            "values.html",
            heading=heading,
            own=own,
            facet=facet,
            values_own=facet.collection is None and facet.name not in _NAMED_BY_THE_GRAPH,
            total=len(counts),
            values=self.choices(facet, part),
            back=self.link(self.chosen),
            document=self.values(facet),
            number=number,
            pages=pages,
        )


def facet_asked(facets: Iterable[Facet]) -> Facet | None:
    """Return the facet all of whose values are asked for, or None. Raises Problem 400."""
    asked = request.args.getlist(VALUES)
    if not asked:
        return None
    known = {facet.name: facet for facet in facets}
    if len(asked) > 1 or asked[0] not in known:
        detail = f"'{VALUES}' is one of {', '.join(known)}, not {' and '.join(asked)[:60]!r}."
        raise Problem(400, "bad-parameter", "Bad parameter", detail)
    return known[asked[0]]
