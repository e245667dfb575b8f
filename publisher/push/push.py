"""The push: a release is loaded into a store beside the one that is served from it.

It stands under names of its own (`publisher.generations`), so nobody sees it before it is whole:
every graph is counted, then one update makes it the current generation. A push that was broken off
is taken up again where it stands; a second one of the same release changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from publisher.progress import Progress
from publisher.push.blank_nodes import Blank
from publisher.push.generations import BEGUN, CURRENT, DEPTH, NAMES, PREVIOUS, TRIPLES, Generation
from publisher.push.inventory import Inventory
from publisher.push.quad_lines import chunks, has_blank_node, quad, split
from publisher.push.triple_store import StoreError, TripleStore
from publisher.release import Release

#: Bytes of N-Triples in one request, and in all graphs together that wait for theirs.
_REQUEST: Final = 4 * 1024 * 1024
_WAITING: Final = 64 * 1024 * 1024
#: Names of graphs in one update.
_NAMES: Final = 500

_INTEGER: Final = "http://www.w3.org/2001/XMLSchema#integer"


class Loader(Protocol):
    """Another way than the Graph Store Protocol to get quads into a store."""

    def load(self, quads: Iterable[bytes]) -> None:
        """Load lines of N-Quads. Raises StoreError."""


@dataclass
class Plan:
    """What a push has to do: graphs of the generation with the triples that each must have."""

    generation: Generation
    wanted: dict[str, int]
    found: dict[str, int]
    inventory: Inventory
    blank: Blank

    @property
    def missing(self) -> set[str]:
        """Graphs that are not there, or not as they must be."""
        wrong = {name for name, count in self.wanted.items() if self.found[name] != count}
        # The merge has its blank nodes from the graphs, as they are now.
        if wrong.intersection(self.blank.lines):
            wrong.add(self.generation.merge)
        return wrong

    @property
    def older(self) -> list[str]:
        """Generations, by IRI, that are neither this, nor current, nor the one before."""
        kept = {self.generation.iri, self.inventory.current}
        if self.inventory.current == self.generation.iri:
            kept.add(self.inventory.previous)
        return sorted(self.inventory.begun - kept)

    @property
    def is_current(self) -> bool:
        """Whether there is nothing to load and nothing to swap."""
        ours = self.generation.iri
        return not self.missing and self.inventory.current == ours in self.inventory.complete


class Push:
    """Loads one release into one store."""

    def __init__(
        self, release: Release, store: TripleStore, progress: Progress, loader: Loader | None = None
    ) -> None:
        self._release = release
        self._store = store
        self._progress = progress
        self._loader = loader
        self._generation = Generation.of(release)

    def plan(self) -> Plan:
        """Look at what is there. Raises StoreError."""
        generation = self._generation
        counts: dict[str, int] = self._release.counts["graphs"]
        wanted = {generation.graph(name): count for name, count in counts.items()}
        wanted[generation.merge] = self._release.counts["triples"]
        inventory = Inventory.of(self._store, generation)
        found = {
            name: self._store.count(name)
            for name in self._progress.step("count what is there", wanted, len(wanted), "graphs")
        }
        blank = Blank.of(self._release.dataset_path, generation)
        return Plan(generation, wanted, found, inventory, blank)

    def run(self, plan: Plan) -> None:
        """Do what is planned. Raises StoreError; the current generation stays until the end."""
        if plan.missing:
            self._begin()
            if self._loader is not None:
                self._load_in_bulk(plan, self._loader)
            else:
                self._load(plan)
            self._check(plan)
        if not plan.is_current:
            self._swap(plan)
        for iri in plan.older:
            self._drop(Generation(self._generation.dataset, iri.rpartition(":")[2]))

    # Loading

    def _begin(self) -> None:
        """Take note of the generation and the names of its graphs, for whoever has to tidy up."""
        generation = self._generation
        self._store.update(
            f"DELETE WHERE {{ GRAPH <{generation.inventory}> {{ <{generation.iri}> ?p ?o }} }}"
        )
        self._store.update(
            f"INSERT DATA {{ GRAPH <{generation.inventory}> "
            f"{{ <{generation.iri}> <{BEGUN}> true }} }}"
        )
        names = sorted(self._release.counts["graphs"])
        for at in range(0, len(names), _NAMES):
            triples = "\n".join(
                f"<{generation.graph(name)}> <{NAMES}> <{name}> ."
                for name in names[at : at + _NAMES]
            )
            self._store.update(f"INSERT DATA {{ GRAPH <{generation.names}> {{\n{triples}\n}} }}")

    def _load(self, plan: Plan) -> None:
        missing = plan.missing
        begun: set[str] = set()
        lines = self._progress.step(
            "push", self._lines(missing), sum(plan.wanted[name] for name in missing), "triples"
        )
        for graph, data in chunks(lines, _REQUEST, _WAITING):
            send = self._store.add if graph in begun else self._store.put
            begun.add(graph)
            send(graph, data)
        for graph in missing - begun:
            self._store.drop(graph)
        merge = self._generation.merge
        for graph, blank in plan.blank.lines.items():
            if graph in missing:
                self._store.add(graph, b"".join(blank))
            if merge in missing:
                self._store.update(
                    f"INSERT {{ GRAPH <{merge}> {{ ?s ?p ?o }} }}\n"
                    f"WHERE {{ GRAPH <{graph}> {{ ?s ?p ?o FILTER(isBLANK(?s) || isBLANK(?o)) }} }}"
                )

    def _lines(self, graphs: set[str]) -> Iterator[tuple[str, bytes]]:
        """Yield (graph, line of N-Triples) of what has no blank nodes."""
        generation = self._generation
        with self._release.dataset_path.open("rb") as lines:
            for line in lines:
                if has_blank_node(line):
                    continue
                triple, name = split(line)
                named = generation.graph(name)
                if named in graphs:
                    yield named, triple
                if generation.merge in graphs:
                    yield generation.merge, triple

    def _load_in_bulk(self, plan: Plan, loader: Loader) -> None:
        for graph in self._progress.step("drop what is half there", plan.wanted, unit="graphs"):
            if plan.found[graph]:
                self._store.drop(graph)
        total = sum(plan.wanted.values())
        loader.load(self._progress.step("write", self._quads(), total, "quads"))

    def _quads(self) -> Iterator[bytes]:
        generation = self._generation
        with self._release.dataset_path.open("rb") as lines:
            for line in lines:
                triple, name = split(line)
                yield quad(triple, generation.graph(name))
                yield quad(triple, generation.merge)

    def _check(self, plan: Plan) -> None:
        """Count every graph. Raises StoreError that names the first that is not as it must be."""
        for name in self._progress.step("count", plan.wanted, len(plan.wanted), "graphs"):
            found = self._store.count(name)
            if found != plan.wanted[name]:
                raise StoreError(
                    f"<{name}> has {found:,} triples where the release has "
                    f"{plan.wanted[name]:,}; the current generation stays. Either the store was "
                    "changed meanwhile (push again), or it holds some literals for equal"
                )
            plan.found[name] = found

    # Generations

    def _swap(self, plan: Plan) -> None:
        """Make the generation the current one, in one update."""
        generation = self._generation
        inventory, dataset = generation.inventory, f"<{generation.dataset}>"
        if generation.iri not in plan.inventory.complete or plan.missing:
            self._store.update(
                f"""INSERT DATA {{ GRAPH <{inventory}> {{
  <{generation.iri}> <{TRIPLES}> "{plan.wanted[generation.merge]}"^^<{_INTEGER}> .
  <{generation.iri}> <{DEPTH}> "{plan.blank.depth}"^^<{_INTEGER}> .
}} }}"""
            )
        # All terms are written out: Virtuoso does nothing where one of them is not bound.
        before, previous = plan.inventory.current, plan.inventory.previous
        after = f"{dataset} <{CURRENT}> <{generation.iri}> ."
        if before is None:
            self._store.update(f"INSERT DATA {{ GRAPH <{inventory}> {{ {after} }} }}")
        elif before != generation.iri:
            old = f"{dataset} <{CURRENT}> <{before}> ."
            gone = f"{dataset} <{PREVIOUS}> <{previous}> ." if previous else ""
            after += f" {dataset} <{PREVIOUS}> <{before}> ."
            self._store.update(
                f"""DELETE {{ GRAPH <{inventory}> {{ {old} {gone} }} }}
INSERT {{ GRAPH <{inventory}> {{ {after} }} }}
WHERE {{ GRAPH <{inventory}> {{ {old} }} }}"""
            )
        now = Inventory.of(self._store, generation)
        if now.current != generation.iri or generation.iri not in now.complete:
            raise StoreError(
                f"the current generation is {now.current or 'none'} and not {generation.iri}: "
                "somebody else pushed meanwhile, or the store did not do the update; push again"
            )

    def _drop(self, old: Generation) -> None:
        """Remove a generation. Its names go last, so that this can be taken up again.

        It is no whole one from the first moment on, which is what servers that read it look at.
        """
        inventory = old.inventory
        self._store.update(
            f"INSERT DATA {{ GRAPH <{inventory}> {{ <{old.iri}> <{BEGUN}> true }} }}"
        )
        self._store.update(
            f"DELETE WHERE {{ GRAPH <{inventory}> {{ <{old.iri}> <{TRIPLES}> ?n }} }}"
        )
        rows = self._store.select(
            f"SELECT ?name FROM NAMED <{old.names}> "
            f"{{ GRAPH <{old.names}> {{ ?name <{NAMES}> ?graph }} }}"
        )
        names = [*(row["name"] for row in rows), old.merge, old.names]
        for name in self._progress.step(f"drop {old.release}", names, len(names), "graphs"):
            self._store.drop(name)
        self._store.update(f"DELETE WHERE {{ GRAPH <{inventory}> {{ <{old.iri}> ?p ?o }} }}")
