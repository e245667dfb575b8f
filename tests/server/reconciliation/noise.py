"""Noise: names of a graph as people write them in spreadsheets, and names that are not in it.

Read from the dump of a release with nothing of the publisher's, so that what is measured does not
share its rules with the measure. The same release and seed give the same queries.
"""

from __future__ import annotations

import random
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pyoxigraph as ox

_SKOS = "http://www.w3.org/2004/02/skos/core#"
_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
_MAIN = (
    f"{_SKOS}prefLabel",
    "http://www.w3.org/2000/01/rdf-schema#label",
    "http://purl.org/dc/terms/title",
    "https://schema.org/name",
    "http://xmlns.com/foaf/0.1/name",
)
_OTHER = (f"{_SKOS}altLabel", "https://schema.org/alternateName")
#: What people shorten, and how.
_SHORT = {
    "university": "Univ.",
    "institute": "Inst.",
    "international": "Intl.",
    "conference": "Conf.",
    "department": "Dept.",
    "association": "Assoc.",
    "technology": "Tech.",
    "artificial": "Artif.",
    "intelligence": "Intell.",
    "research": "Res.",
    "national": "Natl.",
    "and": "&",
    "centre": "Ctr.",
    "european": "Eur.",
    "recognition": "Recogn.",
    "information": "Inf.",
    "detection": "Det.",
}
#: Real names of the same trades that stand in none of the publications tested here.
_ELSEWHERE = (
    *("University of Helsinki", "Uppsala University", "Universidad de Sevilla", "RWTH Aachen"),
    *("Trinity College Dublin", "Masaryk University", "Karolinska Institutet", "Kyoto University"),
    *(
        "Netherlands Organisation for Applied Scientific Research",
        "Bibliothèque nationale de France",
    ),
    *("Grace Hopper", "Barbara Liskov", "Donald Knuth", "Tim Berners-Lee", "Frances Allen"),
    *("Attention Is All You Need", "Deep Residual Learning for Image Recognition", "PageRank"),
    *("A Method for Obtaining Digital Signatures", "Apache Lucene", "GNU Emacs", "ImageNet"),
    *("organic chemistry", "medieval history", "plate tectonics", "beekeeping", "maritime law"),
)


@dataclass(frozen=True)
class Noisy:
    """A query: what is written, of which kind its noise is, and the thing that is meant.

    `type` is given where the name alone would not say which thing is meant, and for half of the
    others; `thing` is None for what is not in the graph.
    """

    text: str
    kind: str
    thing: str | None
    type: str | None = None


@dataclass
class _Named:
    iri: str
    main: str = ""
    names: list[tuple[str, str | None]] = field(default_factory=list)
    types: set[str] = field(default_factory=set)
    person: bool = False


def plain(text: str) -> str:
    """Return a text without case, accents and punctuation."""
    bare = "".join(
        letter
        for letter in unicodedata.normalize("NFKD", text)
        if not unicodedata.combining(letter)
    )
    return " ".join(re.findall(r"\w+", bare.casefold()))


class Noise:
    """Makes queries from the names of one graph."""

    def __init__(self, dataset: Path, things: str, language: str, seed: int) -> None:
        """Read the N-Quads at `dataset`; `things` is what the IRI of each thing begins with."""
        self.random = random.Random(seed)
        self.language = language
        self.things = _read(dataset, things, language)
        self.holders: defaultdict[str, set[str]] = defaultdict(set)
        for thing in self.things.values():
            for name, _ in thing.names:
                self.holders[plain(name)].add(thing.iri)
        self.initials: defaultdict[str, set[str]] = defaultdict(set)
        for thing in self.things.values():
            if thing.person:
                self.initials[plain(_initialled(thing.main))].add(thing.iri)

    def variants(self, count: int) -> list[Noisy]:
        """Return `count` noisy names of things, as many of each kind as the graph has."""
        kinds: dict[str, Callable[[_Named], str | None]] = {
            "typos": self._typos,
            "case": self._case,
            "order of words": self._order,
            "abbreviation": self._abbreviation,
            "other language or name": self._other,
            "accents": self._accents,
        }
        pools = {kind: self._shuffled() for kind in kinds}
        found: list[Noisy] = []
        while len(found) < count and any(pools.values()):
            for kind, make in kinds.items():
                query = self._next(kind, make, pools[kind])
                if query is not None and len(found) < count:
                    found.append(query)
        return found

    def strangers(self, count: int) -> list[Noisy]:
        """Return `count` names that no thing has: from elsewhere, or patched from two of a kind."""
        found = [name for name in _ELSEWHERE if plain(name) not in self.holders]
        mains: defaultdict[str, list[str]] = defaultdict(list)
        for thing in self.things.values():
            if " " in thing.main:
                mains[min(thing.types)].append(thing.main)
        pools = [names for _, names in sorted(mains.items()) if len(names) > 1]
        while len(found) < count:
            pool = self.random.choice(pools)
            one, other = self.random.choice(pool).split(), self.random.choice(pool).split()
            cut = [one[: -(-len(one) // 2)], other[len(other) // 2 :]]
            name = " ".join(cut[0] + cut[1])
            sure = not self._is_near(name, one, other)
            if sure and plain(name) not in self.holders and name not in found:
                found.append(name)
        return [Noisy(name, "not in the graph", None) for name in found[:count]]

    def _is_near(self, name: str, one: list[str], other: list[str]) -> bool:
        """Whether a patched name may well be meant for one of the two that it is made of."""
        words = set(plain(name).split())
        for thing in self.things.values():
            for known, _ in thing.names:
                theirs = set(plain(known).split())
                if len(words & theirs) >= 0.75 * max(len(words), len(theirs)):
                    return True
        return len(one) + len(other) < 4 or one == other

    def _shuffled(self) -> list[_Named]:
        things = sorted(self.things.values(), key=lambda thing: thing.iri)
        self.random.shuffle(things)
        return things

    def _next(
        self, kind: str, make: Callable[[_Named], str | None], pool: list[_Named]
    ) -> Noisy | None:
        while pool:
            thing = pool.pop()
            text = make(thing)
            if text is None or not text.strip():
                continue
            if kind not in ("case",) and self.random.random() < 0.2:
                text = self.random.choice((str.upper, str.lower))(text)
            rivals = (self.holders[plain(text)] | self.holders[plain(thing.main)]) - {thing.iri}
            if plain(text) in self.initials:
                rivals |= self.initials[plain(text)] - {thing.iri}
            types = sorted(thing.types)
            if any(self.things[rival].types & thing.types for rival in rivals) or not types:
                continue
            given = self.random.random() < 0.5 or bool(rivals)
            return Noisy(text, kind, thing.iri, types[0] if given else None)
        return None

    def _typos(self, thing: _Named) -> str | None:
        letters = list(thing.main)
        places = [at for at, letter in enumerate(letters) if letter.isalpha()]
        if len(places) < 5:
            return None
        for _ in range(1 if len(letters) <= 20 else 2 if len(letters) <= 50 else 3):
            at = self.random.choice([p for p in range(1, len(letters) - 1) if letters[p].isalpha()])
            slip = self.random.choice(("drop", "double", "swap", "other"))
            if slip == "drop":
                del letters[at]
            elif slip == "double":
                letters.insert(at, letters[at])
            elif slip == "swap":
                letters[at], letters[at + 1] = letters[at + 1], letters[at]
            else:
                letters[at] = self.random.choice("abcdefghijklmnopqrstuvwxyz")
        text = "".join(letters)
        return text if plain(text) != plain(thing.main) else None

    def _case(self, thing: _Named) -> str | None:
        change = self.random.choice((str.upper, str.lower, str.title, str.swapcase))
        text = change(thing.main)
        return text if text != thing.main else None

    def _order(self, thing: _Named) -> str | None:
        words = thing.main.split()
        if len(words) < 2:
            return None
        if thing.person or len(words) == 2:
            return f"{words[-1]}, {' '.join(words[:-1])}"
        if len(words) > 5:
            at = self.random.randrange(1, len(words))
            return " ".join(words[at:] + words[:at])
        mixed = words[:]
        while mixed == words:
            self.random.shuffle(mixed)
        return " ".join(mixed)

    def _abbreviation(self, thing: _Named) -> str | None:
        if thing.person:
            return _initialled(thing.main)
        main, colon, _ = thing.main.partition(": ")
        if colon and len(main.split()) > 1 and self.random.random() < 0.5:
            others = [k for k in self.holders if k.startswith(plain(main))]
            return main if len(others) == 1 else None
        words = thing.main.split()
        at = [i for i, w in enumerate(words) if w.lower() in _SHORT or (w.isalpha() and len(w) > 8)]
        if not at or len(words) < 2:
            return None
        for place in self.random.sample(at, -(-len(at) // 2)):
            word = words[place]
            words[place] = _SHORT.get(word.lower()) or f"{word[: self.random.randint(4, 6)]}."
        return " ".join(words)

    def _other(self, thing: _Named) -> str | None:
        main = plain(thing.main)
        others = [each for each in thing.names if plain(each[0]) != main]
        foreign = [name for name, tag in others if tag not in (None, self.language)]
        names = foreign or [name for name, _ in others]
        return self.random.choice(names) if names else None

    def _accents(self, thing: _Named) -> str | None:
        names = [name for name, _ in thing.names if not name.isascii() and name == thing.main]
        if not names:
            return None
        name = self.random.choice(names)
        if self.random.random() < 0.3:
            for letter, written in zip(
                "äöüßÄÖÜ", ("ae", "oe", "ue", "ss", "Ae", "Oe", "Ue"), strict=True
            ):
                name = name.replace(letter, written)
        stripped = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
        return stripped if len(stripped) > 0.8 * len(name) else None


def _initialled(name: str) -> str:
    words = name.split()
    return " ".join(f"{word[0]}." for word in words[:-1]) + f" {words[-1]}"


def _read(dataset: Path, things: str, language: str) -> dict[str, _Named]:
    found: dict[str, _Named] = {}
    ranks: dict[str, tuple[int, bool]] = {}
    withdrawn = set()
    for quad in ox.parse(path=dataset, format=ox.RdfFormat.N_QUADS):
        subject, predicate, value = quad.subject, quad.predicate.value, quad.object
        if not isinstance(subject, ox.NamedNode) or not subject.value.startswith(things):
            continue
        thing = found.setdefault(subject.value, _Named(subject.value))
        if predicate == _TYPE and isinstance(value, ox.NamedNode):
            thing.types.add(value.value)
            thing.person = thing.person or value.value.endswith(("/Person", "#Person", "Author"))
        elif predicate.endswith("owl#deprecated"):
            withdrawn.add(subject.value)
        elif predicate in (*_MAIN, *_OTHER) and isinstance(value, ox.Literal):
            name = (value.value, value.language)
            if name not in thing.names:
                thing.names.append(name)
            if predicate in _MAIN:
                rank = (_MAIN.index(predicate), value.language not in (None, language))
                if rank < ranks.get(subject.value, (9, True)):
                    thing.main, ranks[subject.value] = value.value, rank
    return {
        iri: thing
        for iri, thing in sorted(found.items())
        if thing.main and thing.types and iri not in withdrawn
    }
