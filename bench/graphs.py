"""Synthetic graphs in the shape of the real one, of any size, the same for the same size.

Things, their predicates and the numbers and kinds of their values follow `bench.shape`. Collections
grow in proportion. What the real graph has too little of to be measured is added: publications and
topics have a second label, in another language.
"""

from __future__ import annotations

import datetime as dt
import multiprocessing
import random
from bisect import bisect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Final

from bench import shape
from bench.shape import Collection, Predicate, Values

BASE: Final = "https://kg.example/"
LABEL: Final = "http://www.w3.org/2000/01/rdf-schema#label"
#: How many things one task makes; part of what decides which graph comes out.
_CHUNK: Final = 2000
_SEED: Final = "951911"
_XSD: Final = "http://www.w3.org/2001/XMLSchema#"
#: Which collections have labels in two languages, and the second one.
_TWO_LANGUAGES: Final = ("publication", "topic")
_SECOND: Final = "de"
#: How many words there are in each language, and how unequally they are used.
_LEXICON: Final = 20_000
_WORD_SKEW: Final = 3.0

Draw = Callable[[], float]
Maker = Callable[[Draw, int], str]


@dataclass(frozen=True)
class Plan:
    """How many things of each collection a graph of a given size has."""

    triples: int
    things: dict[str, int]

    @classmethod
    def of(cls, triples: int) -> Plan:
        """Return the plan of a graph of about `triples` triples."""
        collections = shape.load()
        each = sum(entry.things * statements_each(entry) for entry in collections)
        return cls(
            triples,
            {entry.name: max(1, round(entry.things * triples / each)) for entry in collections},
        )

    def thing(self, collection: str, number: int) -> str:
        """Return the IRI of a thing by its number, which counts from 0."""
        return f"{BASE}id/{collection}/{collection[0]}{number:07}"


def statements_each(collection: Collection) -> float:
    """Return how many statements a thing of a collection has here on average."""
    return collection.statements_each + (collection.name in _TWO_LANGUAGES)


def write(triples: int, path: Path) -> int:
    """Write a graph of about `triples` triples as N-Quads; return how many they are exactly.

    No triple stands twice, so the union of the named graphs has as many.
    """
    plan = Plan.of(triples)
    tasks = [
        (plan, index, first)
        for index, collection in enumerate(shape.load())
        for first in range(0, plan.things[collection.name], _CHUNK)
    ]
    count = 0
    with multiprocessing.get_context("spawn").Pool() as pool, path.open("wb") as file:
        for lines, data in pool.imap(_chunk, tasks, chunksize=4):
            file.write(data)
            count += lines
    return count


def word(number: int) -> str:
    """Return the word of a rank; the first ones are the most frequent."""
    first, rest = "bdfgklmnprstvz", "aeiou"
    text = ""
    number += len(first) * len(rest)
    while number:
        number, syllable = divmod(number, len(first) * len(rest))
        text += first[syllable // len(rest)] + rest[syllable % len(rest)]
    return text


def _chunk(task: tuple[Plan, int, int]) -> tuple[int, bytes]:
    plan, index, first = task
    collection = shape.load()[index]
    draw = random.Random(f"{_SEED}/{plan.triples}/{collection.name}/{first}").random  # noqa: S311
    last = min(first + _CHUNK, plan.things[collection.name])
    makers = [_Maker(plan, collection, predicate) for predicate in collection.predicates]
    graph = f"<{BASE}graph/{collection.name}> .\n"
    lines: list[str] = []
    for number in range(first, last):
        subject = f"<{plan.thing(collection.name, number)}>"
        for maker in makers:
            lines += [
                f"{subject} {maker.predicate} {value} {graph}"
                for value in maker.values(draw, number)
            ]
        if collection.name in _TWO_LANGUAGES:
            lines.append(f'{subject} <{LABEL}> "{_text(draw, 6)}"@{_SECOND} {graph}')
    return len(lines), "".join(lines).encode()


class _Maker:
    """Makes the values of one predicate of one collection."""

    def __init__(self, plan: Plan, collection: Collection, predicate: Predicate) -> None:
        self.predicate = f"<{predicate.iri.replace(shape.BASE, BASE)}>"
        self._numbers = list(predicate.numbers)
        self._shares = list(accumulate(predicate.numbers.values()))
        self._kinds = list(accumulate(values.share for values in predicate.values))
        self._makers = [_maker(plan, collection, predicate, values) for values in predicate.values]

    def values(self, draw: Draw, number: int) -> set[str] | list[str]:
        """Return distinct values for the thing with a number; a set keeps no order, so a list."""
        wanted = self._numbers[min(bisect(self._shares, draw()), len(self._numbers) - 1)]
        if wanted == 0:
            return []
        found = dict.fromkeys(self._value(draw, number) for _ in range(wanted))
        return list(found)

    def _value(self, draw: Draw, number: int) -> str:
        if len(self._makers) == 1:
            return self._makers[0](draw, number)
        kind = min(bisect(self._kinds, draw()), len(self._makers) - 1)
        return self._makers[kind](draw, number)


def _maker(plan: Plan, collection: Collection, predicate: Predicate, values: Values) -> Maker:
    skew = values.skew
    if values.kind == "thing":
        linked = max(1, plan.things[values.of] * values.distinct // 100)
        prefix = f"<{BASE}id/{values.of}/{values.of[0]}"
        return lambda draw, _: f"{prefix}{int(linked * draw() ** skew):07}>"
    if values.kind == "iri":
        if values.listed:
            listed = [f"<{iri.replace(shape.BASE, BASE)}>" for iri in values.listed]
            return lambda draw, _: listed[int(len(listed) * draw() ** skew)]
        name = predicate.iri.rpartition("/")[2].rpartition("#")[2]
        host = f"<https://{collection.name}.example.org/{name}/"
        return lambda draw, number: f"{host}{number}-{int(draw() * 1e6)}>"
    if not values.of.startswith("@") and values.of != f"{_XSD}string":
        distinct = values.distinct or 400
        return lambda draw, _: _typed(int(distinct * draw() ** skew), values.of)
    words = max(1, round(values.words))
    tag = values.of if values.of.startswith("@") else ""
    if values.distinct:
        texts = [_fixed(predicate.iri, rank, words) for rank in range(values.distinct)]
        return lambda draw, _: f'"{texts[int(len(texts) * draw() ** skew)]}"{tag}'
    return lambda draw, _: f'"{_text(draw, words)}"{tag}'


def _text(draw: Draw, words: int) -> str:
    # Word ranks follow a power law; a last number keeps the texts apart.
    chosen = [_WORDS[int(_LEXICON * draw() ** _WORD_SKEW)] for _ in range(words)]
    return f"{' '.join(chosen)} {int(draw() * 1e5)}"


def _fixed(seed: str, rank: int, words: int) -> str:
    return _text(random.Random(f"{_SEED}/{seed}/{rank}").random, words)  # noqa: S311


def _typed(rank: int, datatype: str) -> str:
    """Return the literal of a rank, in canonical form."""
    name = datatype.removeprefix(_XSD)
    day = dt.date(2024, 12, 28) - dt.timedelta(days=rank * 3)
    forms = {
        "gYear": f"{2024 - rank}",
        "gYearMonth": f"{day:%Y-%m}",
        "date": day.isoformat(),
        "integer": f"{rank * 7}",
        "decimal": f"{rank}.{rank % 9 + 1}",
        "boolean": "true",
    }
    return f'"{forms[name]}"^^<{datatype}>'


def lines(path: Path) -> Iterator[bytes]:
    """Yield the lines of a graph."""
    with path.open("rb") as file:
        yield from file


_WORDS: Final = [word(number) for number in range(_LEXICON)]
