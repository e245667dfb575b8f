"""What a thing is called, from the statements about it."""

from __future__ import annotations

from collections.abc import Iterable

import pyoxigraph as ox

from publisher.presentation import LABEL_PROPERTIES
from publisher.terms import best_text


def label(quads: Iterable[ox.Quad], language: str) -> ox.Literal | None:
    """Return the best name that statements about one thing give it, None if they give none."""
    known = list(quads)
    for property_ in LABEL_PROPERTIES:
        texts = [
            quad.object
            for quad in known
            if quad.predicate.value == property_ and isinstance(quad.object, ox.Literal)
        ]
        if (text := best_text(texts, language)) is not None:
            return text
    return None
