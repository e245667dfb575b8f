"""What is near: things, pages, words and questions for those who would be left with nothing."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote

from flask import current_app, request
from rapidfuzz import process
from rapidfuzz.distance import OSA
from werkzeug.routing import Rule

from publisher.index.spelling import words
from publisher.saved_queries import SavedQuery
from server.http.addresses import here, local_link
from server.search.finder import Hit, current_finder
from server.search.index import current_index
from server.service import current_service
from server.sparql import examples

#: How many of each kind are offered.
_OFFERED: Final = 5
#: How much of an address is read, in characters.
_ADDRESS_CHARACTERS: Final = 80
#: How like an address and a word must be, and which share of the words a question must have.
_LIKE_PAGE: Final = 0.6
_LIKE_WORD: Final = 0.7
_LIKE_QUESTION: Final = 0.5
#: Shorter words are like too many others.
_SHORTEST_WORD: Final = 4
#: A rule whose whole path is one of a few words, as Werkzeug writes it.
_ONE_OF: Final = re.compile(r"/<any\(([^)]*)\):\w+>")
#: So many words at most are looked for in other spellings.
_MOST_WORDS: Final = 8


def things_like_address() -> list[tuple[Hit, str | None]]:
    """Return the things whose names are most like the address that was asked for, with links."""
    name = unquote(request.path).rstrip("/").rpartition("/")[2]
    text = re.sub(r"[\W_]+", " ", name).strip()[:_ADDRESS_CHARACTERS]
    hits = current_finder().suggestions(text, _OFFERED) if text else []
    return [(hit, local_link(current_service().release.iris, hit.iri)) for hit in hits]


def pages_like_address() -> list[str]:
    """Return the addresses of pages whose spelling is most like the one that was asked for."""
    asked = request.path.rstrip("/")[:_ADDRESS_CHARACTERS].casefold()
    rules = [rule for rule in current_app.url_map.iter_rules() if "GET" in (rule.methods or ())]
    pages = {rule.rule.rstrip("/"): rule.rule for rule in rules if not rule.arguments}
    pages |= {f"/{word}": f"/{word}" for rule in rules for word in _words(rule)}
    pages.pop("", None)
    likeness = OSA.normalized_similarity
    found = process.extract(asked, pages, scorer=likeness, processor=None, limit=_OFFERED)
    by_spelling = [page for page, score, _ in found if score >= _LIKE_PAGE]
    begun = [page for short, page in pages.items() if short.startswith(asked) and len(asked) > 2]
    return [here(page) for page in dict.fromkeys([*sorted(begun, key=len), *by_spelling])][
        :_OFFERED
    ]


def spelling(text: str) -> str | None:
    """Return a text with those of its words that stand nowhere as the likest ones that do.

    None if there is nothing to be spelled in another way.
    """
    asked = words(text)[:_MOST_WORDS]
    known = {term for term in asked if _stands(term)}
    if len(known) == len(asked):
        return None
    every = [row["word"] for row in current_index().rows("SELECT word FROM word")]
    spelled = []
    for term in asked:
        if term in known or len(term) < _SHORTEST_WORD:
            spelled.append(term)
            continue
        likest = process.extractOne(
            term, every, scorer=OSA.normalized_similarity, score_cutoff=_LIKE_WORD
        )
        spelled.append(likest[0] if likest else term)
    return " ".join(spelled) if spelled != asked else None


def questions(text: str) -> list[SavedQuery]:
    """Return the saved queries whose titles and questions have words like those of a text."""
    asked = [term for term in words(text) if len(term) >= _SHORTEST_WORD][:_MOST_WORDS]
    if not asked:
        return []

    def shared(saved: SavedQuery) -> float:
        """How many of the words a query has, in some spelling: from 0 to 1."""
        said = set(words(f"{saved.title} {saved.question}"))
        likeness, least = OSA.normalized_similarity, _LIKE_WORD
        found = (process.extractOne(t, said, scorer=likeness, score_cutoff=least) for t in asked)
        return sum(best is not None for best in found) / len(asked)

    ranked = [(shared(each), each) for each in examples.saved(current_service().release)]
    ranked = [(share, each) for share, each in ranked if share >= _LIKE_QUESTION]
    ranked.sort(key=lambda pair: -pair[0])
    return [each for _, each in ranked[:_OFFERED]]


def _words(rule: Rule) -> list[str]:
    """Return what may stand in a rule that is one of a few words and nothing else."""
    chosen = _ONE_OF.fullmatch(rule.rule)
    return chosen[1].split(",") if chosen else []


def _stands(term: str) -> bool:
    return bool(
        current_index().rows("SELECT 1 FROM text WHERE text MATCH ? LIMIT 1", (f'"{term}"*',))
    )
