"""Tables of the report, and what stands in them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def megabytes(size: float) -> str:
    """Return a number of bytes in millions."""
    return f"{size / 1e6:,.0f}" if size else "-"
