"""The limits of the public service: what may be set, its unit and its default."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from math import inf
from typing import Final

#: Brackets inside brackets that a query may have. Fixed: what is deeper may overflow a stack.
QUERY_DEPTH: Final = 200
#: A request line and header may have this many KiB in all: queries in URLs are long.
HEADER_KB: Final = 256
#: How long a client may take to send its header and, after that, its body, in seconds.
HEADER_SECONDS: Final = 15
BODY_SECONDS: Final = 30
#: The largest body that anything but a query may have, in KiB.
BODY_KB: Final = 1024
#: Reconciliation queries in a batch: more of them would keep others waiting.
BATCH_QUERIES: Final = 100
#: Entities, and properties of them, that a data extension query may ask about.
BATCH_ENTITIES: Final = 500
BATCH_PROPERTIES: Final = 50
#: Addresses that may be looked up at once, and characters that each may have.
BATCH_ADDRESSES: Final = 500
ADDRESS_CHARACTERS: Final = 2000
#: Characters of what is searched for: titles of works have fewer.
SEARCH_CHARACTERS: Final = 500
#: Concepts in the tree that the page of a concept scheme shows; a page of more is slow to read.
TREE_CONCEPTS: Final = 400
#: Things that words may pick out of a list and a query then names one by one.
LISTED_BY_WORDS: Final = 1000
#: Candidates that a reconciliation query gets at most.
MOST_CANDIDATES: Final = 50
#: Earlier versions that a web process keeps open; each takes some 6 MB, and more in a large graph.
OPEN_VERSIONS: Final = 32

#: Members on a page of the event stream of changes.
STREAM_MEMBERS: Final = 250
#: Things of each kind (new, changed, ...) that the page of `publisher diff` tells one by one.
DIFF_THINGS: Final = 1000

#: Triples of a dump or graph up to which the gate of a release has rdflib read it, which holds all
#: of it in memory, and asks the endpoint for the whole of it; things whose documents it asks for.
GATE_TRIPLES: Final = 200_000
GATE_DOCUMENTS: Final = 20_000

#: Sources up to which a release is built twice at the same time, which takes twice the memory.
BUILDS_AT_ONCE_MB: Final = 200

#: From how many triples on asking in the browser stops being sensible: docs/decisions/0016-twin.md.
BROWSER_TRIPLES: Final = 1_000_000

#: Documents and links, each, that a live site and its twin are compared by unless told otherwise.
ARCHIVED: Final = 200_000

#: Limits that 0 switches off, for servers that only few can reach.
_MAY_BE_OFF: Final = (
    "concurrent_queries_per_client",
    "requests_per_minute_per_client",
    "cache_mb",
)


class LimitError(ValueError):
    """A limit that does not exist or has no usable value."""


@dataclass(frozen=True)
class Limits:
    """What one query, one client and all queries together may use.

    What is not set has its default. The two limits per client are off where they are 0.
    `cache_mb` is the memory in which all web processes together keep answers, none with 0.
    """

    deadline_seconds: float = 30.0
    query_memory_mb: int = 1024
    result_mb: int = 2048
    query_kb: int = 512
    concurrent_queries: int = 8
    queue_seconds: float = 5.0
    # Half of all places; what a browser asks beyond that waits for its turn.
    concurrent_queries_per_client: int = 4
    # 50 a second over a minute, all at once if it likes: less than two in a hundred of what two
    # processors answer, and more than people or their notebooks ask.
    requests_per_minute_per_client: int = 3000
    cache_mb: int = 64

    @classmethod
    def from_mapping(cls, values: Mapping[str, object]) -> Limits:
        """Read limits as written in publication.toml `[limits]`.

        Raises LimitError, which names the key, for unknown keys and for values not above zero
        (or not 0, where that means no limit).
        """
        kinds = {
            field.name: int if isinstance(field.default, int) else float for field in fields(cls)
        }
        chosen: dict[str, int | float] = {}
        for key, value in values.items():
            if key not in kinds:
                raise LimitError(f"unknown limit '{key}'; there are: {', '.join(kinds)}")
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise LimitError(f"limit '{key}' is {value!r}; write a number")
            if not 0 < value < inf and (value or key not in _MAY_BE_OFF):
                raise LimitError(f"limit '{key}' is {value!r}; write a number above zero")
            if kinds[key] is int and not float(value).is_integer():
                raise LimitError(f"limit '{key}' is {value!r}; write a whole number")
            chosen[key] = kinds[key](value)
        return cls(**chosen)  # type: ignore[arg-type]

    def as_mapping(self) -> dict[str, int | float]:
        """Return all limits by name, for the manifest."""
        return asdict(self)
