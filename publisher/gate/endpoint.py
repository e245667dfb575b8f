"""The endpoint asked for everything: each graph, the merge, and what VoID counts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlencode

import pyoxigraph as ox

from publisher.edition import Edition
from publisher.formats import N_TRIPLES
from publisher.gate.disagreement import Disagreement
from publisher.gate.dumps import Expected
from publisher.limits import GATE_TRIPLES
from publisher.live_server import Client, ServerFailed
from publisher.prefixes import WELL_KNOWN
from publisher.release import VOID
from publisher.verify.contents import Contents, contents

_VOID: Final = WELL_KNOWN["void"]
_JSON: Final = "application/sparql-results+json"
_ALL: Final = (
    "SELECT (COUNT(*) AS ?triples) (COUNT(DISTINCT ?s) AS ?distinctSubjects)"
    " (COUNT(DISTINCT ?p) AS ?properties) (COUNT(DISTINCT ?o) AS ?distinctObjects) {{ {0} }}"
)
_CLASSES: Final = "SELECT ?key (COUNT(DISTINCT ?s) AS ?entities) { ?s a ?key } GROUP BY ?key"
_PROPERTIES: Final = (
    "SELECT ?key (COUNT(*) AS ?triples) (COUNT(DISTINCT ?s) AS ?distinctSubjects)"
    " (COUNT(DISTINCT ?o) AS ?distinctObjects) { ?s ?key ?o } GROUP BY ?key"
)
Counts = Mapping[str, int]


def check_graphs(live: Client, expected: Expected) -> Iterator[Disagreement]:
    """Ask the endpoint for each graph and for the merge, and compare the canonical hashes.

    Of those of more than GATE_TRIPLES the triples are counted only.
    """
    parts: dict[str, Contents] = {**expected.dataset.graphs, "": expected.dataset.merge}
    for graph, wanted in sorted(parts.items()):
        place = f"the endpoint, <{graph}>" if graph else "the endpoint, the default graph"
        pattern = f"GRAPH <{graph}> {{ ?s ?p ?o }}" if graph else "?s ?p ?o"
        try:
            if wanted.statements > GATE_TRIPLES:
                number = _rows(live, f"SELECT (COUNT(*) AS ?n) {{ {pattern} }}")[""]["n"]
                if number != wanted.statements:
                    yield Disagreement(place, f"{number:,} triples of {wanted.statements:,}")
                continue
            found = _constructed(live, pattern)
        except ServerFailed as error:
            yield Disagreement(place, str(error))
            continue
        if found != wanted:
            yield Disagreement(
                place,
                f"gives {found.statements:,} triples with the hash {found.sha256[:16]}, where the "
                f"release has {wanted.statements:,} with {wanted.sha256[:16]}",
            )


def _constructed(live: Client, pattern: str) -> Contents:
    """Return the contents of a graph as the endpoint gives it. Raises ServerFailed."""
    query = urlencode({"query": f"CONSTRUCT {{ ?s ?p ?o }} {{ {pattern} }}"})
    answer = live.get(f"/sparql?{query}", N_TRIPLES.media_type)
    if answer.status != 200:
        raise ServerFailed(f"it answers {answer.status}: {answer.body[:200].decode()}")
    return contents(ox.parse(answer.body, N_TRIPLES.oxigraph))


def check_void(live: Client, edition: Edition) -> Iterator[Disagreement]:
    """Compare every count of the VoID description with what the endpoint counts."""
    void = _Void(edition)
    whole = void.root(edition.iris.dataset)
    yield from _differences("VoID", whole, _rows(live, _ALL.format("?s ?p ?o"))[""])
    for kind, key, query in (
        ("classPartition", "class", _CLASSES),
        ("propertyPartition", "property", _PROPERTIES),
    ):
        said = void.partitions(edition.iris.dataset, kind, key)
        counted = _rows(live, query)
        for name in sorted(said.keys() | counted.keys()):
            place = f"VoID, {key} <{name}>"
            yield from _differences(place, said.get(name, {}), counted.get(name, {}))
    for graph in sorted(edition.graphs):
        said_of = void.subset_of(graph)
        if said_of is not None:
            rows = _rows(live, _ALL.format(f"GRAPH <{graph}> {{ ?s ?p ?o }}"))
            yield from _differences(f"VoID, <{graph}>", said_of, rows[""])


def _rows(live: Client, query: str) -> dict[str, Counts]:
    """Return the counts that a query gives, by ?key. Raises ServerFailed."""
    answer = live.get(f"/sparql?{urlencode({'query': query})}", _JSON)
    if answer.status != 200:
        raise ServerFailed(f"the endpoint answers {answer.status} when it is to count")
    found: list[dict[str, Any]] = json.loads(answer.body)["results"]["bindings"]
    return {
        row.get("key", {}).get("value", ""): {
            name: int(term["value"]) for name, term in row.items() if name != "key"
        }
        for row in found
    }


def _differences(place: str, said: Counts, counted: Counts) -> Iterator[Disagreement]:
    if not said:
        yield Disagreement(place, f"it does not tell of {dict(counted)}")
    for name, number in said.items():
        if name in counted and counted[name] != number:
            yield Disagreement(place, f"void:{name} is {number:,}, and there are {counted[name]:,}")
        elif not counted:
            yield Disagreement(place, f"void:{name} is {number:,}, and there are none")


class _Void:
    """The VoID description of a release: its counts by what they are of."""

    def __init__(self, edition: Edition) -> None:
        self._store = ox.Store()
        path = edition.folder / VOID
        self._store.bulk_load(path=path, format=ox.RdfFormat.TURTLE)

    def root(self, iri: str) -> Counts:
        """Return the counts that are said of a dataset."""
        return self._counts(ox.NamedNode(iri))

    def partitions(self, dataset: str, kind: str, key: str) -> dict[str, Counts]:
        """Return the counts of the partitions of a dataset, by their class or property."""
        found = {}
        for quad in self._of(ox.NamedNode(dataset), kind):
            for named in self._of(quad.object, key):
                assert isinstance(named.object, ox.NamedNode)
                found[named.object.value] = self._counts(quad.object)
        return found

    def subset_of(self, graph: str) -> Counts | None:
        """Return the counts of the subset that is a named graph, None if there is none."""
        name = ox.NamedNode(graph)
        return self._counts(name) or None

    def _of(self, subject: Any, name: str) -> Iterator[ox.Quad]:
        return self._store.quads_for_pattern(subject, ox.NamedNode(f"{_VOID}{name}"), None)

    def _counts(self, subject: Any) -> Counts:
        found = {}
        for quad in self._store.quads_for_pattern(subject, None, None):
            name = quad.predicate.value.removeprefix(_VOID)
            if (
                isinstance(quad.object, ox.Literal)
                and quad.object.value.isdigit()
                and (name != quad.predicate.value)
            ):
                found[name] = int(quad.object.value)
        return found
