"""The limits of the public service: what may be set, its unit and its default."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from math import inf


class LimitError(ValueError):
    """A limit that does not exist or has no usable value."""


@dataclass(frozen=True)
class Limits:
    """What one query and all queries together may use."""

    deadline_seconds: float = 30.0
    query_memory_mb: int = 1024
    result_mb: int = 2048
    query_kb: int = 512
    concurrent_queries: int = 8
    queue_seconds: float = 5.0

    @classmethod
    def from_mapping(cls, values: Mapping[str, object]) -> Limits:
        """Read limits as written in publication.toml `[limits]`.

        Raises LimitError, which names the key, for unknown keys and for values not above zero.
        """
        kinds = {
            field.name: int if isinstance(field.default, int) else float for field in fields(cls)
        }
        chosen: dict[str, int | float] = {}
        for key, value in values.items():
            if key not in kinds:
                raise LimitError(f"unknown limit '{key}'; there are: {', '.join(kinds)}")
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < inf:
                raise LimitError(f"limit '{key}' is {value!r}; write a number above zero")
            if kinds[key] is int and not float(value).is_integer():
                raise LimitError(f"limit '{key}' is {value!r}; write a whole number")
            chosen[key] = kinds[key](value)
        return cls(**chosen)  # type: ignore[arg-type]

    def as_mapping(self) -> dict[str, int | float]:
        """Return all limits by name, for the manifest."""
        return asdict(self)
