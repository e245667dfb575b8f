"""Names and titles: what two spellings share, and the slugs made of them."""

from __future__ import annotations

import re

from anyascii import anyascii
from rapidfuzz import fuzz

_APOSTROPHE = re.compile("['`\u2019\u02bc]")
ALIKE = 90.0
"""Similarity in per cent (normalised edit distance) from which two titles may be one."""
_LONG_ENOUGH = 20
"""Shorter titles, such as names of software, differ by too little to be compared by likeness."""
_LONGEST_SLUG = 72


def folded(text: str) -> str:
    """Return a name without case, accents, scripts and punctuation: words parted by a blank."""
    text = _APOSTROPHE.sub("", text)
    return " ".join(re.findall(r"[a-z0-9]+", anyascii(text).lower()))


def likeness(one: str, other: str) -> float:
    """Return how alike two folded titles are, 0 to 100.

    Titles whose numbers differ (editions, years, parts) are different however alike their words.
    """
    if one == other:
        return 100.0
    if min(len(one), len(other)) < _LONG_ENOUGH:
        return 0.0
    found = fuzz.ratio(one, other, score_cutoff=ALIKE)
    if found and re.findall(r"\d+", one) != re.findall(r"\d+", other):
        return 0.0
    return found


def may_be_one_person(one: str, other: str) -> bool:
    """Whether two folded names that differ could be one: same last word, first names that agree.

    A first name agrees with its initial; missing middle names agree with anything.
    """
    left, right = one.split(), other.split()
    if len(left) < 2 or len(right) < 2 or left[-1] != right[-1] or one == other:
        return False
    first, second = sorted((left[0], right[0]), key=len)
    return first == second or (len(first) == 1 and second.startswith(first))


def slug(text: str, words: int | None = None) -> str:
    """Return a text as a slug: lower-case ASCII words parted by hyphens, cut at a word."""
    parts = folded(text).split()[:words]
    while len(parts) > 1 and len("-".join(parts)) > _LONGEST_SLUG:
        parts.pop()
    return "-".join(parts)[:_LONGEST_SLUG].strip("-")


def address_slug(iri: str) -> str:
    """Return the slug of a document known by its address: host and path.

    Files of GitHub and records of ROR are named by what tells them apart.
    """
    text = re.sub(r"^https?://(www\.)?", "", iri)
    text = re.sub(r"^github\.com/([^/]+/[^/]+)/blob/[^/]+/", r"github.com/\1/", text)
    return slug(re.sub(r"^(github|ror)\.(com|org)/", r"\1/", text))
