"""Diagrams: where boxes and lines stand in the drawings of the ontology; templates draw them.

Lengths are units of the view box, about a pixel each where a page has room.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

#: A letter at its widest on average, by which boxes are made, and at its narrowest, by which
#: texts are cut.
_LETTER: Final = 7.4
_THIN: Final = 6.8
#: The same of the smaller letters on lines.
_SMALL: Final = 6.0
_HEIGHT: Final = 26
#: A box with room for two rows of text, and from one row to the next.
_TALL: Final = 42
_LEADING: Final = 16
_MARGIN: Final = 4
#: Between one row of boxes and the next, in a tree and around a class.
_ROW: Final = 33
_SPACED: Final = 54
_BOX: Final = 172
_LANE: Final = 166
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
    """A box with its text, cut into rows that fit."""

    label: Label
    rows: tuple[str, ...]
    x: float
    y: float
    width: float
    height: float
    centre: bool = False

    @property
    def cut(self) -> bool:
        """Whether not all of the text is there."""
        return " ".join(self.rows) != " ".join(self.label.text.split())

    @property
    def middle(self) -> float:
        """The height at which lines meet it."""
        return self.y + self.height / 2

    def baseline(self, row: int) -> float:
        """Return the height on which a row of its text stands."""
        return self.middle + 5 + (row - (len(self.rows) - 1) / 2) * _LEADING


@dataclass(frozen=True)
class Line:
    """A line from one point to another, as a path; `text` stands on it from (x, y) on."""

    path: str
    arrow: bool = True
    text: str = ""
    label: Label | None = None
    x: float = 0
    y: float = 0


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
        rows = (_cut(branch.label.text, width),)
        box = Box(branch.label, rows, left[level], y, width, _HEIGHT)
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
    rows = max(len(incoming), len(outgoing), 1)
    height = (rows - 1) * _SPACED + _TALL
    start = _MARGIN + (_BOX + _LANE if incoming else 0)
    middle = Box(
        centre,
        _wrapped(centre.text, _BOX),
        start,
        _MARGIN + (height - _TALL) / 2,
        _BOX,
        _TALL,
        centre=True,
    )
    drawing.boxes.append(middle)
    for edges, inward in ((incoming, True), (outgoing, False)):
        top = _MARGIN + (height - ((len(edges) - 1) * _SPACED + _TALL)) / 2
        x = _MARGIN if inward else start + _BOX + _LANE
        for row, edge in enumerate(edges):
            neighbour = edge.neighbour
            words = _wrapped(neighbour.text, _BOX)
            box = Box(neighbour, words, x, top + row * _SPACED, _BOX, _TALL)
            drawing.boxes.append(box)
            drawing.lines.append(_relation(edge, box, middle, inward=inward))
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
    text = edge.labels[0].text
    if len(edge.labels) > 1:
        text = f"{_cut(text, across - 24, _SMALL)} +{len(edge.labels) - 1}"
    return Line(path, True, _cut(text, across, _SMALL), edge.labels[0], left, y - 5)


def _bend(x: float, y: float, box: Box) -> str:
    half = (box.x - x) / 2
    return f"M{x:g} {y:g}h{half:g}V{box.middle:g}H{box.x:g}"


def _width(text: str) -> float:
    return min(len(text) * _LETTER + 24, _WIDEST)


def _wrapped(text: str, width: float) -> tuple[str, ...]:
    """Return a text in one row, or in two of which the second is cut to fit."""
    letters = int((width - 16) / _THIN)
    words = text.split()
    first = ""
    while words and len(f"{first} {words[0]}".strip()) <= letters:
        first = f"{first} {words.pop(0)}".strip()
    if not first:
        return (_cut(text, width),)
    return (first, _cut(" ".join(words), width)) if words else (first,)


def _cut(text: str, width: float, letter: float = _THIN) -> str:
    letters = int((width - 16) / letter)
    return text if len(text) <= letters else f"{text[: letters - 1].rstrip()}…"
