"""Diagrams: where boxes and lines stand in the drawings of the ontology; templates draw them.

Lengths are units of the view box, about a pixel each where a page has room.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from textwrap import wrap
from typing import Final

#: A letter at its widest on average, by which boxes are made, and at its narrowest, by which
#: texts are cut.
_LETTER: Final = 7.4
_THIN: Final = 6.8
#: The same of the smaller letters on lines.
_SMALL: Final = 6.0
_BOLD: Final = 7.6
_HEIGHT: Final = 26
_MARGIN: Final = 4
#: Between one row of boxes and the next, in a tree and around a class.
_ROW: Final = 33
_SPACED: Final = 46
_GAP: Final = 12
#: From one row of a text to the next, in boxes and on lines.
_LEADING: Final = 16
_SMALL_LEADING: Final = 12
_MOST_ROWS: Final = 4
_BOX: Final = 172
_LANE: Final = 146
_STEP: Final = 40
#: A box of a tree is as wide as its text, up to this.
_WIDEST: Final = 240


@dataclass(frozen=True)
class Label:
    """What a box or a line says, and where it leads."""

    text: str
    href: str | None = None
    own: bool = True
    """Whether it is a term of our own, not one taken over."""


@dataclass(frozen=True)
class Box:
    """A box with the rows of its text, cut to fit."""

    label: Label
    rows: tuple[str, ...]
    x: float
    y: float
    width: float
    height: float
    centre: bool = False

    @property
    def placed(self) -> list[tuple[str, float, float]]:
        """Its rows, each with the point that it begins at."""
        return [
            (text, self.x + 9, self.y + 18 + at * _LEADING) for at, text in enumerate(self.rows)
        ]

    @property
    def cut(self) -> bool:
        """Whether its rows do not say all of its label."""
        return " ".join(self.rows) != " ".join(self.label.text.split())

    @property
    def middle(self) -> float:
        """The height at which lines meet it."""
        return self.y + self.height / 2


@dataclass(frozen=True)
class Line:
    """A line from one point to another, as a path; the last of its words stand on it at (x, y)."""

    path: str
    arrow: bool = True
    label: Label | None = None
    words: tuple[str, ...] = ()
    x: float = 0
    y: float = 0

    @property
    def placed(self) -> list[tuple[str, float, float]]:
        """Its words row by row, each with the point that it begins at."""
        top = self.y - (len(self.words) - 1) * _SMALL_LEADING
        return [(text, self.x, top + at * _SMALL_LEADING) for at, text in enumerate(self.words)]

    @property
    def cut(self) -> bool:
        """Whether its words do not say all of its label."""
        return self.label is not None and " ".join(self.words) != self.label.text


@dataclass
class Drawing:
    """Boxes and lines, with what they say to those who do not see them."""

    title: str
    description: str
    width: float = 0
    height: float = 0
    boxes: list[Box] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)


@dataclass(frozen=True)
class Branch:
    """A box of a tree with those below it."""

    label: Label
    below: tuple[Branch, ...] = ()


@dataclass(frozen=True)
class Edge:
    """A relation to or from a neighbour; several relations to one share a line."""

    labels: tuple[Label, ...]
    neighbour: Label


def hierarchy(roots: Sequence[Branch], title: str, description: str) -> Drawing:
    """Draw trees that grow to the right, each box beside the middle of those below it."""
    drawing = Drawing(title, description)
    columns: dict[int, float] = {}

    def widen(branch: Branch, level: int) -> None:
        columns[level] = max(columns.get(level, 0), _width(branch.label.text))
        for each in branch.below:
            widen(each, level + 1)

    for root in roots:
        widen(root, 0)
    left: list[float] = [_MARGIN]
    for level in range(len(columns)):
        left.append(left[-1] + columns[level] + _STEP)
    bottom = _MARGIN

    def place(branch: Branch, level: int) -> Box:
        nonlocal bottom
        below = [place(each, level + 1) for each in branch.below]
        if below:
            y = (below[0].y + below[-1].y) / 2
        else:
            y = bottom
            bottom += _ROW
        width = _width(branch.label.text)
        box = Box(branch.label, (cut(branch.label.text, width),), left[level], y, width, _HEIGHT)
        drawing.boxes.append(box)
        for each in below:
            drawing.lines.append(Line(_bend(box.x + box.width, box.middle, each), arrow=False))
        return box

    for root in roots:
        place(root, 0)
    drawing.width = max((box.x + box.width for box in drawing.boxes), default=0) + _MARGIN
    drawing.height = bottom - _ROW + _HEIGHT + _MARGIN
    return drawing


def neighbourhood(
    centre: Label, incoming: Sequence[Edge], outgoing: Sequence[Edge], title: str, description: str
) -> Drawing:
    """Draw a class in the middle, what leads to it on its left and where it leads on its right."""
    drawing = Drawing(title, description)
    start = _MARGIN + (_BOX + _LANE if incoming else 0)
    columns = [
        [_box(edge.neighbour, _MARGIN if inward else start + _BOX + _LANE) for edge in edges]
        for edges, inward in ((incoming, True), (outgoing, False))
    ]
    middle = _box(centre, start, centre=True)
    heights = [sum(_taken(box) for box in column) - _GAP for column in columns]
    height = max(middle.height, *heights)
    middle = replace(middle, y=_MARGIN + (height - middle.height) / 2)
    drawing.boxes.append(middle)
    for edges, column, own, inward in zip(
        (incoming, outgoing), columns, heights, (True, False), strict=True
    ):
        y = _MARGIN + (height - own) / 2
        for edge, box in zip(edges, column, strict=True):
            placed = replace(box, y=y + (_taken(box) - _GAP - box.height) / 2)
            drawing.boxes.append(placed)
            drawing.lines.append(_relation(edge, placed, middle, inward=inward))
            y += _taken(box)
    right = max(box.x + box.width for box in drawing.boxes)
    drawing.width, drawing.height = right + _MARGIN, height + 2 * _MARGIN
    return drawing


def _relation(edge: Edge, box: Box, middle: Box, *, inward: bool) -> Line:
    """Draw a line whose outer part is level, so that its text can stand on it."""
    y, across = box.middle, _LANE - 30
    if inward:
        x = box.x + box.width
        path = f"M{x:g} {y:g}h{across:g}L{middle.x:g} {middle.middle:g}"
        left = x + 6
    else:
        x = middle.x + middle.width
        path = f"M{x:g} {middle.middle:g}L{box.x - across:g} {y:g}h{across:g}"
        left = box.x - across + 2
    further = f" +{len(edge.labels) - 1}" if len(edge.labels) > 1 else ""
    words = _wrapped(edge.labels[0].text, across + 16, _SMALL, 2)
    return Line(path, True, edge.labels[0], (*words[:-1], words[-1] + further), left, y - 5)


def _box(label: Label, x: float, *, centre: bool = False) -> Box:
    """Return a box as high as its rows are many, still at the top of the drawing."""
    rows = _wrapped(label.text, _BOX, _BOLD if centre else _THIN, _MOST_ROWS)
    height = _HEIGHT + (len(rows) - 1) * _LEADING
    return Box(label, rows, x, _MARGIN, _BOX, height, centre)


def _taken(box: Box) -> float:
    """Return the room that a box takes in its column, with what is on its line and the gap."""
    return max(box.height, _SPACED - _GAP) + _GAP


def _bend(x: float, y: float, box: Box) -> str:
    half = (box.x - x) / 2
    return f"M{x:g} {y:g}h{half:g}V{box.middle:g}H{box.x:g}"


def _width(text: str) -> float:
    return min(len(text) * _LETTER + 24, _WIDEST)


def _wrapped(text: str, width: float, letter: float, most: int) -> tuple[str, ...]:
    """Return the rows of a text, no more than `most`; the last is cut if there would be more."""
    letters = int((width - 16) / letter)
    lines = wrap(text, letters, break_on_hyphens=False) or [""]
    if len(lines) > most:
        lines[most - 1] = cut(" ".join(lines[most - 1 :]), width, letter)
    return tuple(lines[:most])


def cut(text: str, width: float, letter: float = _THIN) -> str:
    """Return a text as far as it fits a width, with an ellipsis for what does not."""
    letters = int((width - 16) / letter)
    return text if len(text) <= letters else f"{text[: letters - 1].rstrip()}…"
