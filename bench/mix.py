"""The mix of queries that all peers answer, over things drawn at random.

Short queries are asked of many different things. Heavy ones go over the whole graph; each text of
them that is asked for is new to the server, because its variables are named anew.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench import graphs
from bench.graphs import Plan

JSON: Final = "application/sparql-results+json"
TURTLE: Final = "text/turtle"
CSV: Final = "text/csv"

SHORT: Final = {
    "lookup": "subject look-up",
    "hops": "two hops: who wrote with a person",
    "list": "filtered and sorted list",
    "describe": "CONSTRUCT of a description",
}
HEAVY: Final = {
    "predicates": "aggregate: statements of each predicate",
    "subjects": "aggregate: statements and subjects of each predicate",
    "topics": "aggregate: works of each topic",
    "search": "search in all labels",
}
#: Evaluates for ever, in native code, without giving a row.
ENDLESS: Final = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"

_DCTERMS: Final = "http://purl.org/dc/terms/"
_CREATOR: Final = f"<{_DCTERMS}creator>"
_CONTRIBUTOR: Final = f"<{_DCTERMS}contributor>"
_SUBJECT: Final = f"<{_DCTERMS}subject>"
_ISSUED: Final = f"<{_DCTERMS}issued>"
_LABEL: Final = f"<{graphs.LABEL}>"
#: Ranks of words that stand in about one of 500 labels.
_RARE: Final = 300
#: The large answer: Virtuoso gives no more than 2^20 rows.
_LARGE_BYTES: Final = 100_000_000
_MOST_ROWS: Final = 1_000_000


@dataclass(frozen=True)
class Question:
    """A query and the media type that is asked for."""

    query: str
    form: str


class Mix:
    """The queries over one graph."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        # A thing is drawn as often as its collection is large.
        self._collections = list(plan.things)
        self._sizes = list(plan.things.values())

    def short(self, name: str, number: int, seed: object = 0) -> list[Question]:
        """Return different short queries of a kind.

        Where the graph has fewer things than that, the variables make the difference.
        """
        draw = random.Random(f"{name}/{seed}")  # noqa: S311
        found: dict[str, None] = {}
        things = self._plan.things
        population = {"hops": things["person"], "list": things["organisation"]}
        each = population.get(name, things["publication"] + things["software"])
        for attempt in range(20 * number):
            if len(found) == number:
                break
            found[self._short(name, draw, f"{attempt // each or ''}")] = None
        form = TURTLE if name == "describe" else JSON
        return [Question(query, form) for query in found]

    def heavy(self, name: str, salt: int) -> Question:
        """Return a heavy query; each `salt` makes another text of the same meaning.

        A search looks for another word each time.
        """
        n, v = f"?n{salt}", f"?v{salt}"
        texts = {
            "predicates": f"SELECT ?p (COUNT(*) AS {n}) {{ ?s ?p {v} }} GROUP BY ?p",
            "subjects": f"SELECT ?p (COUNT(*) AS {n}) (COUNT(DISTINCT {v}) AS ?subjects) "
            f"{{ {v} ?p ?o }} GROUP BY ?p",
            "topics": f"SELECT ?topic (COUNT(DISTINCT {v}) AS {n}) "
            f"{{ {v} {_SUBJECT} ?topic }} GROUP BY ?topic",
            "search": f"SELECT ?s {v} {{ ?s {_LABEL} {v} "
            f'FILTER(CONTAINS(LCASE(STR({v})), "{graphs.word(_RARE + salt)}")) }}',
        }
        return Question(texts[name], JSON)

    def large(self, dataset: Path) -> Question | None:
        """Return a query whose answer has about 100 MB as CSV; None if the graph is too small."""
        rows: Counter[str] = Counter()
        sizes: Counter[str] = Counter()
        every = max(1, self._plan.triples // 100_000)
        for number, line in enumerate(graphs.lines(dataset)):
            if number % every == 0:
                subject, predicate, rest = line.split(b" ", 2)
                value = rest.rpartition(b" <")[0]
                rows[predicate.decode()] += every
                sizes[predicate.decode()] += every * (
                    len(subject) + len(predicate) + len(value) - 4
                )
        # Those with long values first: the number of rows is limited.
        chosen: list[str] = []
        taken = size = 0
        for name in sorted(sizes, key=lambda each: sizes[each] / rows[each], reverse=True):
            if size < _LARGE_BYTES and taken + rows[name] <= _MOST_ROWS:
                chosen.append(name)
                taken += rows[name]
                size += sizes[name]
        if size < _LARGE_BYTES * 0.8:
            return None
        return Question(f"SELECT ?s ?p ?o {{ VALUES ?p {{ {' '.join(chosen)} }} ?s ?p ?o }}", CSV)

    def _short(self, name: str, draw: random.Random, mark: str) -> str:
        match name:
            case "lookup":
                collection = draw.choices(self._collections, self._sizes)[0]
                return f"SELECT ?p{mark} ?o {{ <{self._thing(collection, draw)}> ?p{mark} ?o }}"
            case "hops":
                person = self._thing("person", draw)
                return (
                    f"SELECT DISTINCT ?name{mark} {{ ?work {_CREATOR} <{person}> , ?other . "
                    f"?other {_LABEL} ?name{mark} FILTER(?other != <{person}>) }}"
                )
            case "list":
                return (
                    f"SELECT ?work ?label{mark} ?date {{ ?work {_CONTRIBUTOR} "
                    f"<{self._thing('organisation', draw)}> ; {_ISSUED} ?date ; "
                    f"{_LABEL} ?label{mark} "
                    f'FILTER(LANG(?label{mark}) = "en" && STR(?date) >= "2022") }} '
                    "ORDER BY DESC(STR(?date)) ?work LIMIT 50"
                )
        thing = f"<{self._thing(draw.choice(('publication', 'software')), draw)}>"
        return (
            f"CONSTRUCT {{ {thing} ?p{mark} ?o . ?s ?q {thing} }} "
            f"WHERE {{ {{ {thing} ?p{mark} ?o }} UNION {{ ?s ?q {thing} }} }}"
        )

    def _thing(self, collection: str, draw: random.Random) -> str:
        return self._plan.thing(collection, draw.randrange(self._plan.things[collection]))
