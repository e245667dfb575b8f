"""The growth of builds as a picture: an SVG with a line for time and one for memory.

Both axes of each chart are logarithmic, so that what grows in proportion is a straight line; a
dashed one shows exact proportion.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

_WIDTH, _HEIGHT = 360, 260
_LEFT, _TOP, _RIGHT, _BOTTOM = 64, 36, 16, 44
_STYLE: Final = (
    "text{font:12px sans-serif;fill:#222}.axis{stroke:#888}.grid{stroke:#ddd}"
    ".measured{fill:none;stroke:#1b5e9b;stroke-width:2}.point{fill:#1b5e9b}"
    ".even{stroke:#b34700;stroke-dasharray:4 3}"
)


def svg(builds: Sequence[dict[str, Any]]) -> str:
    """Return the picture of at least two builds of different sizes."""
    sizes = [float(each["triples"]) for each in builds]
    seconds = [float(each["processor_seconds"]) for each in builds]
    memory = [float(each["memory_mb"]) for each in builds]
    charts = (
        _chart("seconds of processors", sizes, seconds),
        _chart("MB of memory, all processes", sizes, memory),
    )
    body = "".join(
        f'<g transform="translate({at * _WIDTH} 0)">{chart}</g>' for at, chart in enumerate(charts)
    )
    words = "; ".join(
        f"{size:,.0f} triples: {spent:,.0f} s, {held:,.0f} MB"
        for size, spent, held in zip(sizes, seconds, memory, strict=True)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {2 * _WIDTH} {_HEIGHT}" role="img">'
        f"<title>Time and memory of builds by triples</title><desc>{words}</desc>"
        f"<style>{_STYLE}</style>{body}</svg>\n"
    )


def _chart(title: str, sizes: Sequence[float], values: Sequence[float]) -> str:
    across = _Scale(sizes, _LEFT, _WIDTH - _RIGHT)
    up = _Scale(values, _HEIGHT - _BOTTOM, _TOP)
    parts = [f'<text x="{_LEFT}" y="20">{title}</text>']
    for power in across.powers():
        x = across.place(10.0**power)
        parts.append(f'<line class="grid" x1="{x}" y1="{_TOP}" x2="{x}" y2="{up.start}"/>')
        parts.append(
            f'<text x="{x}" y="{up.start + 18}" text-anchor="middle">{_amount(10**power)}</text>'
        )
    for power in up.powers():
        y = up.place(10.0**power)
        parts.append(f'<line class="grid" x1="{_LEFT}" y1="{y}" x2="{across.end}" y2="{y}"/>')
        parts.append(
            f'<text x="{_LEFT - 6}" y="{y + 4}" text-anchor="end">{_amount(10**power)}</text>'
        )
    points = [
        (across.place(size), up.place(value)) for size, value in zip(sizes, values, strict=True)
    ]
    even = up.place(max(values[-1] * sizes[0] / sizes[-1], 10.0 ** up.powers()[0]))
    parts.append(
        f'<line class="even" x1="{points[0][0]}" y1="{even}" '
        f'x2="{points[-1][0]}" y2="{points[-1][1]}"/>'
    )
    line = " ".join(f"{x},{y}" for x, y in points)
    parts.append(f'<polyline class="measured" points="{line}"/>')
    parts += [f'<circle class="point" cx="{x}" cy="{y}" r="3.5"/>' for x, y in points]
    middle = (_LEFT + across.end) / 2
    parts.append(f'<text x="{middle}" y="{_HEIGHT - 8}" text-anchor="middle">triples</text>')
    return "".join(parts)


class _Scale:
    """A logarithmic scale over whole decades, from one pixel to another."""

    def __init__(self, values: Sequence[float], start: float, end: float) -> None:
        self.start, self.end = start, end
        self._least = math.floor(math.log10(min(values)))
        self._most = max(math.ceil(math.log10(max(values))), self._least + 1)

    def powers(self) -> range:
        return range(self._least, self._most + 1)

    def place(self, value: float) -> float:
        share = (math.log10(value) - self._least) / (self._most - self._least)
        return round(self.start + share * (self.end - self.start), 1)


def _amount(value: float) -> str:
    for size, unit in ((1_000_000, "M"), (1_000, "k")):
        if value >= size:
            return f"{value / size:g} {unit}"
    return f"{value:g}"
