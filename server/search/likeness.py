"""Likeness of names: how much of what is asked for stands in a name, and of the name in that.

Words are compared one by one, in whatever order, and count by how rare they are: that a university
is not the same as another shows in the one word that differs. Words may be misspelt, cut short or
mere initials; numbers may not differ.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

#: What a word is worth that stands for another one by a part of it.
_INITIAL, _BEGINNING, _SHORTENED = 0.8, 0.9, 0.75
_LETTERS_OF_A_BEGINNING = 3
#: Beginnings of so many letters leave little doubt about the word.
_TELLING = 4
#: Words of so many letters may be misspelt in one, and in two, places.
_ONE_SLIP, _TWO_SLIPS = 4, 8
#: So many places at most: words whose lengths differ by more can only begin alike.
_SLIPS = 2
#: Weight of what was asked for against that of the name found, which often has more words.
_OF_QUERY = 0.6
#: Whole strings that are this alike count as such, whatever their words.
_ALIKE = 0.82
#: The same words stand in many names: for so many pairs, how alike they are is remembered.
_PAIRS_REMEMBERED = 1 << 16


@dataclass(frozen=True)
class Likeness:
    """How alike a query and a name are, all from 0 to 1.

    `query` is the part of the query that the name has, `name` the reverse; `certain` says that no
    word was a mere initial or a few letters of another, and that none of weight was left over.
    """

    score: float
    query: float
    name: float
    certain: bool


def likeness(asked: str, name: str, weight: Callable[[str], float]) -> Likeness:
    """Compare two folded names; `weight` tells how much a word says."""
    if asked == name:
        return Likeness(1.0, 1.0, 1.0, certain=True)
    words, others = asked.split(), name.split()
    if not words or not others:
        return Likeness(0.0, 0.0, 0.0, certain=False)
    pairs = _pairs(words, others)
    query = known = whole = 0.0
    exactly = True
    left_out = 0.0
    for word, partner, alike in pairs:
        worth = weight(partner) if partner is not None else weight(word)
        query += worth
        known += alike * worth
        if partner is None:
            left_out = max(left_out, worth)
        elif alike in (_INITIAL, _SHORTENED) or (alike == _BEGINNING and len(word) < _TELLING):
            exactly = False
    for other in others:
        whole += weight(other)
    matched = {partner for _, partner, _ in pairs}
    left_out = max([left_out, *(weight(other) for other in others if other not in matched)])
    of_query, of_name = known / query, min(1.0, known / whole)
    score = _OF_QUERY * of_query + (1 - _OF_QUERY) * of_name
    string = fuzz.ratio(asked.replace(" ", ""), name.replace(" ", "")) / 100
    if string >= _ALIKE and _numbers(words) == _numbers(others):
        score = max(score, string * 0.98)
    score = 0.97 * score + 0.03 * fuzz.ratio(asked, name) / 100
    share = left_out / max(query, whole)
    return Likeness(score, of_query, of_name, certain=exactly and share < 0.12)


def _pairs(words: list[str], others: list[str]) -> list[tuple[str, str | None, float]]:
    """Pair each word with the one that it is most like, each of them once."""
    found = []
    left = list(others)
    waiting = []
    for word in words:
        if word in left:
            left.remove(word)
            found.append((word, word, 1.0))
        else:
            waiting.append(word)
    options = sorted(
        (
            (alike, w, o)
            for w, word in enumerate(waiting)
            for o, other in enumerate(left)
            # Looked at before the call: most pairs have nothing in common.
            if (word[0] == other[0] or -_SLIPS <= len(word) - len(other) <= _SLIPS)
            and (alike := word_likeness(word, other))
        ),
        key=lambda option: -option[0],
    )
    taken_words: set[int] = set()
    taken_others: set[int] = set()
    pairs: list[tuple[str, str | None, float]] = list(found)
    for alike, w, o in options:
        if w not in taken_words and o not in taken_others:
            taken_words.add(w)
            taken_others.add(o)
            pairs.append((waiting[w], left[o], alike))
    pairs += [(word, None, 0.0) for w, word in enumerate(waiting) if w not in taken_words]
    return pairs


@lru_cache(_PAIRS_REMEMBERED)
def word_likeness(word: str, other: str) -> float:
    """Return how far a word may stand for another, 0 to 1."""
    if word == other:
        return 1.0
    if not (word.isalpha() and other.isalpha()) and _digits(word) != _digits(other):
        return 0.0
    if len(word) == 1 or len(other) == 1:
        return _INITIAL if word[0] == other[0] else 0.0
    shorter, longer = (word, other) if len(word) <= len(other) else (other, word)
    slips = _SLIPS if len(longer) >= _TWO_SLIPS else 1 if len(longer) >= _ONE_SLIP else 0
    distance = OSA.distance(word, other, score_cutoff=slips) if slips else 1
    best = 1 - distance / len(longer) if distance <= slips else 0.0
    if len(shorter) >= _LETTERS_OF_A_BEGINNING:
        if longer.startswith(shorter):
            return max(best, _BEGINNING)
        if shorter is word and word[0] == other[0] and _is_within(shorter, longer):
            return max(best, _SHORTENED)
    return best


def _is_within(shorter: str, longer: str) -> bool:
    letters = iter(longer)
    return all(letter in letters for letter in shorter)


def _digits(word: str) -> str:
    return "" if word.isalpha() else "".join(filter(str.isdigit, word))


def _numbers(words: list[str]) -> list[str]:
    return sorted(digits for word in words if (digits := _digits(word)))
