"""The shape of a graph: how many things of each kind, with how many values of which kind each.

`python -m bench.shape RELEASE` reads it from a release and writes shape.json beside this module,
from which `bench.graphs` makes larger graphs of the same shape.
"""

from __future__ import annotations

import argparse
import json
import math
from collections import Counter, defaultdict
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import pyoxigraph as ox

from publisher.iri import IriSpace
from publisher.release import Release
from publisher.terms import graph_of

SHAPE: Final = Path(__file__).with_name("shape.json")

#: Graphs with fewer things are too small to take a share from.
_LEAST_THINGS: Final = 20
#: A predicate of fewer things is an exception, not the shape.
_LEAST_SHARE: Final = 0.05
#: Values that recur this often, on average, are drawn from a list of fixed length.
_RECURRING: Final = 2.0
#: IRIs of a list that is no longer than this are kept as they are.
_LISTED: Final = 60
#: What stands for the base of the graph that was measured.
BASE: Final = "{base}"


@dataclass(frozen=True)
class Values:
    """Values of one kind that a predicate has: what they are, and how unequally they are drawn.

    `kind` is "thing" (then `of` is its collection), "iri", or "literal" (then `of` is the datatype,
    or the language behind an "@"). `share` is their part of the predicate's values, `distinct` the
    length of the list that they come from (0: nearly each is new; for things: the share in per cent
    of the collection's that is linked at all), `skew` the exponent k of `n * random() ** k`, by
    which the first of a list are drawn more often, and `words` how many words of text one has.
    `listed` are the IRIs of a list that is short, the most frequent first.
    """

    kind: str
    of: str
    share: float
    distinct: int
    skew: float
    words: float
    listed: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Predicate:
    """A predicate: the share of things with each number of values, and what these are."""

    iri: str
    numbers: dict[int, float]
    values: list[Values]


@dataclass(frozen=True)
class Collection:
    """The things of one named graph."""

    name: str
    things: int
    predicates: list[Predicate]

    @property
    def statements_each(self) -> float:
        """How many statements a thing has on average."""
        return sum(
            number * share
            for predicate in self.predicates
            for number, share in predicate.numbers.items()
        )


def load(path: Path = SHAPE) -> list[Collection]:
    """Read the shape that was written before."""
    return [
        Collection(
            entry["name"],
            entry["things"],
            [
                Predicate(
                    predicate["iri"],
                    {int(number): share for number, share in predicate["numbers"].items()},
                    [Values(**values) for values in predicate["values"]],
                )
                for predicate in entry["predicates"]
            ],
        )
        for entry in json.loads(path.read_text(encoding="utf-8"))
    ]


def measure(release: Release) -> list[Collection]:
    """Return the shape of a release's dataset, its ontology left out."""
    iris = release.iris
    graphs: defaultdict[str, list[ox.Quad]] = defaultdict(list)
    for quad in ox.parse(path=release.dataset_path, format=ox.RdfFormat.N_QUADS):
        assert isinstance(quad, ox.Quad)
        graphs[graph_of(quad)].append(quad)
    sizes = {
        entry.graph: entry
        for entry in release.collections
        if entry.things >= _LEAST_THINGS and entry.graph != iris.ontology_graph
    }
    collections = {entry.slug: entry.things for entry in sizes.values()}
    # The graph of a collection may have another name than its things' path.
    slugs = {graph: _slug(iris, graphs[graph]) for graph in sizes}
    things = {slugs[graph]: collections[entry.slug] for graph, entry in sizes.items()}
    return [
        Collection(slugs[graph], entry.things, _predicates(iris, graphs[graph], things))
        for graph, entry in sizes.items()
    ]


def _slug(iris: IriSpace, quads: list[ox.Quad]) -> str:
    """Return the collection to which most subjects of a graph belong."""
    slugs = Counter(
        split[0] for quad in quads if (split := iris.split(getattr(quad.subject, "value", "")))
    )
    return slugs.most_common(1)[0][0]


def _predicates(iris: IriSpace, quads: list[ox.Quad], things: dict[str, int]) -> list[Predicate]:
    subjects = {quad.subject for quad in quads}
    by_predicate: defaultdict[str, defaultdict[Any, list[Any]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for quad in quads:
        by_predicate[quad.predicate.value][quad.subject].append(quad.object)
    found = []
    for iri, by_subject in sorted(by_predicate.items()):
        if len(by_subject) < _LEAST_SHARE * len(subjects):
            continue
        numbers = Counter(len(objects) for objects in by_subject.values())
        numbers[0] = len(subjects) - len(by_subject)
        shares = {
            number: round(count / len(subjects), 4)
            for number, count in sorted(numbers.items())
            if count
        }
        objects = [value for values in by_subject.values() for value in values]
        name = iri.replace(iris.base, BASE)
        found.append(Predicate(name, shares, _values(iris, objects, things)))
    return found


def _values(iris: IriSpace, objects: list[Any], things: dict[str, int]) -> list[Values]:
    kinds: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for value in objects:
        kinds[_kind(iris, value, things)].append(value.value)
    return [
        Values(
            kind,
            of,
            share=round(len(values) / len(objects), 4),
            distinct=_distinct(kind, values, things.get(of, 0)),
            skew=_skew(values),
            words=round(sum(len(value.split()) for value in values) / len(values), 1),
            listed=_listed(iris, values) if kind == "iri" else [],
        )
        for (kind, of), values in sorted(kinds.items())
    ]


def _kind(iris: IriSpace, value: Any, things: dict[str, int]) -> tuple[str, str]:
    if isinstance(value, ox.Literal):
        return "literal", f"@{value.language}" if value.language else value.datatype.value
    split = iris.split(value.value)
    if split and split[0] in things:
        return "thing", split[0]
    return "iri", split[0] if split else ""


def _distinct(kind: str, values: list[str], things: int) -> int:
    distinct = len(set(values))
    if kind == "thing":
        return max(1, round(100 * distinct / things))
    return distinct if len(values) >= _RECURRING * distinct else 0


def _listed(iris: IriSpace, values: list[str]) -> list[str]:
    if not _distinct("iri", values, 0):
        return []
    return [value.replace(iris.base, BASE) for value, _ in Counter(values).most_common(_LISTED)]


def _skew(values: list[str]) -> float:
    """Return k such that `n * random() ** k` draws the first tenth as often as it is drawn."""
    counts = sorted(Counter(values).values(), reverse=True)
    tenth = max(1, round(len(counts) / 10))
    share = sum(counts[:tenth]) / len(values)
    expected = tenth / len(counts)
    return 1.0 if share <= expected or share == 1 else round(math.log(expected, share), 2)


def main() -> None:
    """Write shape.json from a release."""
    parser = argparse.ArgumentParser(prog="python -m bench.shape", description=main.__doc__)
    parser.add_argument("release", type=Path, help="the release whose shape is measured")
    shape = measure(Release.open(parser.parse_args().release))
    collections = []
    for collection in shape:
        predicates = [json.dumps(asdict(predicate)) for predicate in collection.predicates]
        head = json.dumps({"name": collection.name, "things": collection.things})[:-1]
        collections.append(head + ', "predicates": [\n' + ",\n".join(predicates) + "\n]}")
    SHAPE.write_text("[\n" + ",\n".join(collections) + "\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
