"""The overview: the classes that most things have, and where most of their links lead.

On the left a card for each class, with a row for each of its properties; on the right what these
lead to. Names stand in rows, never on lines, so that lines may cross.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from server.pages.diagrams import Label, cut
from server.pages.usage import Tie, Usage

_MOST_CARDS: Final = 9
_MOST_ROWS: Final = 3
_CARD: Final = 252
_LANE: Final = 250
_BOX: Final = 200
_HEAD: Final = 27
_ROW: Final = 20
_GAP: Final = 14
_MARGIN: Final = 4


@dataclass(frozen=True)
class Piece:
    """A text with a number, at the top of a card, in a row of it or in a box."""

    label: Label
    text: str
    amount: int
    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        """The height at which lines meet it."""
        return self.y + self.height / 2


@dataclass(frozen=True)
class Link:
    """A row of a card and the line from it to a box; `says` is both in words."""

    row: Piece
    path: str
    says: str


@dataclass(frozen=True)
class Card:
    """A class with the properties that lead from its things to others."""

    head: Piece
    height: float
    links: list[Link]


@dataclass(frozen=True)
class Overview:
    """Cards on the left, boxes on the right, and what they say to those who do not see them."""

    cards: list[Card]
    boxes: list[Piece]
    width: float
    height: float

    @property
    def description(self) -> str:
        """All that it shows, in words."""
        return "; ".join(link.says for card in self.cards for link in card.links)


def overview(
    usage: Usage,
    classes: Mapping[str, Label],
    ancestors: Mapping[str, frozenset[str]],
    properties: Mapping[str, Label],
) -> Overview | None:
    """Draw the classes with the most links; None where no thing of one leads to one of another."""
    chosen = _chosen(usage, classes, ancestors)
    if not chosen:
        return None
    top = float(_MARGIN)
    tops = []
    for ties in chosen.values():
        tops.append(top)
        top += _HEAD + len(ties) * _ROW + 6 + _GAP
    height = top - _GAP + _MARGIN
    boxes = _boxes(usage, classes, zip(tops, chosen.values(), strict=True), height)
    cards = []
    for y, (iri, ties) in zip(tops, chosen.items(), strict=True):
        head = _piece(classes[iri], usage.extents.get(iri, 0), _MARGIN, y, _CARD, _HEAD)
        links = []
        for place, tie in enumerate(ties):
            label = properties[tie.property]
            at = y + _HEAD + 3 + place * _ROW
            row = _piece(label, tie.triples, _MARGIN, at, _CARD, _ROW)
            box = boxes[tie.other]
            says = f"{head.label.text}, {label.text}: {box.label.text} ({tie.triples})"
            links.append(Link(row, _curve(_MARGIN + _CARD, row.middle, box), says))
        cards.append(Card(head, _HEAD + len(ties) * _ROW + 6, links))
    width = _CARD + _LANE + _BOX + 2 * _MARGIN
    return Overview(cards, list(boxes.values()), width, height)


def _chosen(
    usage: Usage, classes: Mapping[str, Label], ancestors: Mapping[str, frozenset[str]]
) -> dict[str, list[Tie]]:
    """Return the classes with the most links, of a line of kinship only one, and their ties."""
    ties = {iri: usage.outgoing(iri, classes) for iri in classes if usage.things.get(iri)}
    order = sorted(ties, key=lambda iri: (-sum(tie.triples for tie in ties[iri]), iri))
    chosen: dict[str, list[Tie]] = {}
    for iri in order:
        kin = any(each in ancestors[iri] or iri in ancestors[each] for each in chosen)
        if ties[iri] and not kin and len(chosen) < _MOST_CARDS:
            first: dict[str, Tie] = {}
            for tie in ties[iri]:
                first.setdefault(tie.property, tie)
            chosen[iri] = list(first.values())[:_MOST_ROWS]
    return chosen


def _boxes(
    usage: Usage,
    classes: Mapping[str, Label],
    cards: Iterable[tuple[float, Sequence[Tie]]],
    height: float,
) -> dict[str, Piece]:
    """Return the boxes by class, each about as high as what leads to it, evenly spread."""
    from_: dict[str, list[float]] = defaultdict(list)
    for y, ties in cards:
        for place, tie in enumerate(ties):
            from_[tie.other].append(y + _HEAD + place * _ROW)
    order = sorted(from_, key=lambda iri: (sum(from_[iri]) / len(from_[iri]), iri))
    step = (height - 2 * _MARGIN) / len(order)
    x = _MARGIN + _CARD + _LANE
    return {
        iri: _piece(
            classes[iri],
            usage.extents.get(iri, 0),
            x,
            _MARGIN + (place + 0.5) * step - _HEAD / 2,
            _BOX,
            _HEAD,
        )
        for place, iri in enumerate(order)
    }


def _piece(label: Label, amount: int, x: float, y: float, width: float, height: float) -> Piece:
    room = width - 7.5 * len(str(amount)) - 8
    return Piece(label, cut(label.text, room), amount, x, round(y, 1), width, height)


def _curve(x: float, y: float, box: Piece) -> str:
    half = (box.x - x) / 2
    return (
        f"M{x:g} {y:g}C{x + half:g} {y:g} {box.x - half:g} {box.middle:g} {box.x:g} {box.middle:g}"
    )
