"""Pictures and key figures: answers to saved queries, checked for what is drawn of them.

A column `?x` whose twin `?x_label` is there is named by the twin. The first column, so named, says
what each row is about. A picture of kind

- `columns` (a category each, such as a year) and `bars` (a thing each) draws all columns of
  numbers, each of them a series that is called by its variable;
- `map` needs `?latitude` and `?longitude`, in degrees.

Key figures need `?value`, and may have `?qualifier`, `?unit`, `?date` and `?source`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyoxigraph as ox

from publisher.findings import Finding, Place, SourceFault
from publisher.literals import XSD
from publisher.saved_queries import SavedQuery
from publisher.site.plan import PlannedPicture
from publisher.terms import Term

_NUMBERS: Final = frozenset(
    XSD + name for name in ("integer", "decimal", "double", "float", "int", "long")
)
_LABEL: Final = "_label"
#: More rows than these are no picture.
_MOST: Final = {"columns": 40, "bars": 40, "map": 2000}
_MOST_FIGURES: Final = 24
_MOST_SERIES: Final = 5


@dataclass(frozen=True)
class Named:
    """What a cell shows, and the IRI that it stands for."""

    text: str
    iri: str | None = None
    language: str | None = None

    def as_mapping(self) -> dict[str, str]:
        """Return what of it is there."""
        return {key: value for key, value in vars(self).items() if value is not None}


class Answer:
    """The rows of a saved query, by the names of its columns."""

    def __init__(self, saved: SavedQuery, store: ox.Store) -> None:
        """Run the query. Raises SourceFault where it answers with no table."""
        self.saved = saved
        found = store.query(saved.text)
        if not isinstance(found, ox.QuerySolutions):
            raise self.fault("is no SELECT query", "name a query that answers with a table")
        self.columns = [variable.value for variable in found.variables]
        self.rows = [dict(zip(self.columns, map(_bare, row), strict=True)) for row in found]

    def fault(self, fault: str, mend: str) -> SourceFault:
        """Return the fault of a query that cannot be shown."""
        place = Place(Path("queries") / f"{self.saved.name}.rq")
        return SourceFault([Finding(place, "picture", f"the query {fault}", mend)])

    def named(self, row: Mapping[str, Term | None], column: str) -> Named | None:
        """Return what a row says in a column, by the column of its labels where there is one."""
        term, label = row.get(column), row.get(column + _LABEL)
        iri = term.value if isinstance(term, ox.NamedNode) else None
        shown = label or term
        if shown is None:
            return None
        language = shown.language if isinstance(shown, ox.Literal) else None
        return Named(shown.value, iri, language)

    def number(self, row: Mapping[str, Term | None], column: str) -> float | None:
        """Return the number in a column, None where there is none."""
        term = row.get(column)
        if isinstance(term, ox.Literal) and term.datatype.value in _NUMBERS:
            value = float(term.value)
            return int(value) if value.is_integer() else value
        return None

    def require(self, *columns: str) -> None:
        """Raise SourceFault if a column is missing."""
        for column in columns:
            if column not in self.columns:
                there = ", ".join(f"?{each}" for each in self.columns)
                raise self.fault(f"has no column ?{column}; there are {there}", f"select ?{column}")


def picture(planned: PlannedPicture, answer: Answer) -> dict[str, Any]:
    """Return what is drawn of an answer, as the release keeps it. Raises SourceFault."""
    subject = answer.columns[0]
    if len(answer.rows) > _MOST[planned.kind]:
        raise answer.fault(
            f"has {len(answer.rows)} rows, and a picture shows {_MOST[planned.kind]} at most",
            "write a LIMIT",
        )
    drawn = {
        "query": answer.saved.name,
        "kind": planned.kind,
        "title": planned.caption or answer.saved.title,
        "question": answer.saved.question,
    }
    if planned.kind == "map":
        answer.require("latitude", "longitude")
        places: dict[tuple[object, ...], dict[str, Any]] = {}
        for row in answer.rows:
            name = answer.named(row, subject)
            place = _place(answer, row)
            if name is not None and place is not None:
                key = (name.iri or name.text, *place.values())
                places.setdefault(key, {"name": name.as_mapping(), **place})
        return {**drawn, "places": list(places.values())}
    series = [
        column
        for column in answer.columns[1:]
        if any(answer.number(row, column) is not None for row in answer.rows)
    ]
    if len(series) > _MOST_SERIES:
        raise answer.fault(
            f"has {len(series)} columns of numbers, and a picture shows {_MOST_SERIES} at most",
            "leave some out",
        )
    if not series:
        raise answer.fault("has no column of numbers", "select an amount, such as a COUNT")
    rows = [
        {
            "name": name.as_mapping(),
            "amounts": [_amount(answer, row, column) for column in series],
        }
        for row in answer.rows
        if (name := answer.named(row, subject)) is not None
    ]
    return {**drawn, "series": [re.sub("_+", " ", each) for each in series], "rows": rows}


def figures(answer: Answer) -> dict[str, Any]:
    """Return key figures, as the release keeps them. Raises SourceFault."""
    answer.require("value")
    if len(answer.rows) > _MOST_FIGURES:
        raise answer.fault(
            f"has {len(answer.rows)} rows, and {_MOST_FIGURES} figures are enough", "write a LIMIT"
        )
    rows = []
    for row in answer.rows:
        cells = {
            column: found.as_mapping()
            for column in ("qualifier", "unit", "date", "source")
            if (found := answer.named(row, column)) is not None
        }
        name, value = answer.named(row, answer.columns[0]), answer.named(row, "value")
        if name is not None and value is not None:
            rows.append({"name": name.as_mapping(), "value": value.text, **cells})
    return {"query": answer.saved.name, "title": answer.saved.title, "figures": rows}


def _place(answer: Answer, row: Mapping[str, Term | None]) -> dict[str, float] | None:
    latitude, longitude = answer.number(row, "latitude"), answer.number(row, "longitude")
    if latitude is None or longitude is None:
        return None
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise answer.fault(
            f"has a place at latitude {latitude}, longitude {longitude}",
            "latitudes run from -90 to 90 degrees, longitudes from -180 to 180",
        )
    return {"latitude": latitude, "longitude": longitude}


def _amount(answer: Answer, row: Mapping[str, Term | None], column: str) -> float:
    amount = answer.number(row, column) or 0
    if not (math.isfinite(amount) and amount >= 0):
        raise answer.fault(f"has {amount} in ?{column}", "bars and columns show amounts from 0 on")
    return amount


def _bare(term: Any) -> Term | None:
    return term if isinstance(term, ox.NamedNode | ox.Literal | ox.BlankNode) else None
