"""The inventory: what a store says of the generations of a dataset."""

from __future__ import annotations

from dataclasses import dataclass

from publisher.push.generations import BEGUN, CURRENT, PREVIOUS, TRIPLES, Generation
from publisher.push.triple_store import TripleStore


@dataclass(frozen=True)
class Inventory:
    """What a store says of the generations of a dataset, each by its IRI."""

    current: str | None
    previous: str | None
    complete: frozenset[str]
    begun: frozenset[str]

    @classmethod
    def of(cls, store: TripleStore, generation: Generation) -> Inventory:
        """Read the inventory of a generation's dataset. Raises StoreError."""
        name = generation.inventory
        rows = store.select(
            f"SELECT ?s ?p ?o FROM NAMED <{name}> {{ GRAPH <{name}> {{ ?s ?p ?o }} }}"
        )
        pointers = {row["p"]: row["o"] for row in rows}
        return cls(
            pointers.get(CURRENT),
            pointers.get(PREVIOUS),
            frozenset(row["s"] for row in rows if row["p"] == TRIPLES),
            frozenset(row["s"] for row in rows if row["p"] in (BEGUN, TRIPLES)),
        )
