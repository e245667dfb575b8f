"""Pictures: what a release has to draw, with the places of all marks, for a template to draw."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from publisher.iri import IriSpace
from server.http.addresses import local_link
from server.pages import atlas
from server.pages.values import PAGE_LANGUAGE, Value, grouped, readable_date

_MAP_WIDTH = 640.0
#: Of the height of columns, what the highest takes; the rest is for its number.
_HIGHEST = 88.0
_COLUMN = 0.64


@dataclass(frozen=True)
class Mark:
    """A part of a bar or column: where it begins and how long it is, of 100."""

    series: int
    start: float
    length: float
    amount: str


@dataclass(frozen=True)
class Bar:
    """A bar or column with its parts, one for each series that is not nothing."""

    name: Value
    total: str
    marks: list[Mark]
    middle: float = 0.0
    """Where a column stands, of 100."""

    @property
    def end(self) -> float:
        """Where the last part ends, of 100."""
        return max((mark.start + mark.length for mark in self.marks), default=0.0)


@dataclass(frozen=True)
class Dot:
    """A place on a map; `things` are those that stand there."""

    x: float
    y: float
    things: list[Value]

    @property
    def radius(self) -> float:
        """The area of a dot grows with how many things stand there."""
        return round(4.5 * math.sqrt(len(self.things)), 1)


@dataclass(frozen=True)
class Picture:
    """A picture of a saved query's answer."""

    query: str
    kind: str
    title: str
    question: str
    series: tuple[str, ...] = ()
    bars: tuple[Bar, ...] = ()
    column: float = 0.0
    """How wide a column is, of 100."""
    dots: tuple[Dot, ...] = ()
    land: str = ""
    grid: str = ""
    width: float = 0.0
    height: float = 0.0

    @property
    def summary(self) -> str:
        """All that it shows, in words."""
        if self.kind == "map":
            return "; ".join(value.text for dot in self.dots for value in dot.things)
        return "; ".join(f"{bar.name.text}: {self._told(bar)}" for bar in self.bars)

    def _told(self, bar: Bar) -> str:
        if len(self.series) == 1:
            return bar.total
        return ", ".join(f"{mark.amount} {self.series[mark.series]}" for mark in bar.marks)


@dataclass(frozen=True)
class Figure:
    """A key figure with all that makes it honest."""

    name: Value
    value: str
    qualifier: str | None
    unit: str | None
    date: Value | None
    source: Value | None


def picture(drawn: Mapping[str, Any], iris: IriSpace) -> Picture | None:
    """Return a picture, or None if there is nothing to see."""
    common: dict[str, Any] = {name: drawn[name] for name in ("query", "kind", "title", "question")}
    if drawn["kind"] == "map":
        return _map(common, drawn["places"], iris) if drawn["places"] else None
    rows = [row for row in drawn["rows"] if sum(row["amounts"]) > 0]
    if not rows:
        return None
    largest = max(sum(row["amounts"]) for row in rows)
    scale = (_HIGHEST if drawn["kind"] == "columns" else 100) / largest
    step = 100 / len(rows)
    bars = tuple(
        Bar(
            _named(row["name"], iris),
            grouped(str(sum(row["amounts"]))),
            _marks(row["amounts"], scale),
            round((position + 0.5) * step, 2),
        )
        for position, row in enumerate(rows)
    )
    return Picture(
        **common, series=tuple(drawn["series"]), bars=bars, column=round(step * _COLUMN, 2)
    )


def figures(found: Mapping[str, Any], iris: IriSpace) -> list[Figure]:
    """Return the key figures of a release."""
    return [
        Figure(
            _named(each["name"], iris),
            grouped(each["value"]),
            each.get("qualifier", {}).get("text"),
            _unit(each),
            _date(each.get("date", {}).get("text")),
            _named(each["source"], iris) if "source" in each else None,
        )
        for each in found["figures"]
    ]


def _unit(figure: Mapping[str, Any]) -> str | None:
    """Return the unit of a key figure, unless its name says it already."""
    unit = figure.get("unit", {}).get("text")
    return None if unit is None or unit.casefold() in figure["name"]["text"].casefold() else unit


def _marks(amounts: Sequence[float], scale: float) -> list[Mark]:
    marks = []
    start = 0.0
    for series, amount in enumerate(amounts):
        length = amount * scale
        if amount:
            marks.append(Mark(series, round(start, 2), round(length, 2), grouped(str(amount))))
        start += length
    return marks


def _map(common: Mapping[str, Any], places: Sequence[Mapping[str, Any]], iris: IriSpace) -> Picture:
    projection = atlas.Projection.fitting(
        [(each["longitude"], each["latitude"]) for each in places], _MAP_WIDTH
    )
    together: dict[tuple[float, float], list[Value]] = {}
    for each in places:
        x, y = projection.point(each["longitude"], each["latitude"])
        # Those whose dots would cover each other share one.
        key = next(
            (at for at in together if abs(at[0] - x) < 5 and abs(at[1] - y) < 5),
            (round(x, 1), round(y, 1)),
        )
        together.setdefault(key, []).append(_named(each["name"], iris))
    dots = [Dot(x, y, things) for (x, y), things in together.items()]
    return Picture(
        **common,
        dots=tuple(sorted(dots, key=lambda dot: -len(dot.things))),
        land=atlas.land(projection),
        grid=atlas.grid(projection),
        width=_MAP_WIDTH,
        height=round(projection.height),
    )


def _named(name: Mapping[str, str], iris: IriSpace) -> Value:
    iri, language = name.get("iri"), name.get("language")
    link = local_link(iris, iri) if iri else None
    return Value(
        name["text"], link, language=language if language != PAGE_LANGUAGE else None, title=iri
    )


def _date(text: str | None) -> Value | None:
    return None if text is None else Value(readable_date(text), datetime=text)
