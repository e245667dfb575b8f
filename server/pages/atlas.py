"""The atlas: where land is, as a backdrop for maps, in an equal-area projection.

The coastline is that of Natural Earth as the npm package world-atlas has it (TopoJSON); where
set-up did not fetch it, maps show their places on a bare grid.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Final

Point = tuple[float, float]

_LAND: Final = (
    Path(__file__).parents[1] / "workbench" / "node_modules" / "world-atlas" / "land-50m.json"
)
#: Around the outermost places there is this much of the map's width, and never less than degrees.
_MARGIN: Final = 0.12
_LEAST_DEGREES: Final = 4.0
#: Points closer than this, and islands smaller, are left out; in units of the map.
_FINEST: Final = 1.1
_SMALLEST: Final = 12.0
#: The same in degrees, for maps whose frame is not known here.
_FINEST_DEGREES: Final = 0.15
#: Of points that are far outside the frame, one in so many is kept.
_FAR_AWAY: Final = 20
#: Beyond the frame land is cut off; this far, so that its cut edge is not seen.
_BLEED: Final = 8.0


@dataclass(frozen=True)
class Projection:
    """Lambert's azimuthal equal-area projection, fitted to some places.

    Snyder, Map Projections: A Working Manual (USGS Professional Paper 1395), section 24.
    """

    longitude: float
    latitude: float
    scale: float
    left: float
    top: float
    width: float
    height: float

    @classmethod
    def fitting(cls, places: Sequence[Point], width: float) -> Projection:
        """Return the projection that shows all `places`, pairs of longitude and latitude."""
        longitudes, latitudes = zip(*places, strict=True)
        centre = _middle(longitudes), _middle(latitudes)
        corners = [
            _project(*centre, longitude, latitude)
            for longitude, latitude in (
                *places,
                *((centre[0] + dx, centre[1] + dy) for dx, dy in _AROUND),
            )
        ]
        xs, ys = zip(*corners, strict=True)
        across, down = max(xs) - min(xs), max(ys) - min(ys)
        margin = _MARGIN * max(across, down)
        scale = width / (across + 2 * margin)
        height = min(max(scale * (down + 2 * margin), 0.55 * width), 1.1 * width)
        left = min(xs) - margin
        top = (min(ys) + max(ys)) / 2 - height / scale / 2
        return cls(*centre, scale, left, top, width, height)

    def point(self, longitude: float, latitude: float) -> Point:
        """Return where a place is on the map, from its upper left corner."""
        x, y = _project(self.longitude, self.latitude, longitude, latitude)
        return (x - self.left) * self.scale, (y - self.top) * self.scale


_AROUND: Final = [
    (dx, dy) for dx in (-_LEAST_DEGREES, _LEAST_DEGREES) for dy in (-_LEAST_DEGREES, _LEAST_DEGREES)
]


def _middle(values: Iterable[float]) -> float:
    found = list(values)
    return (min(found) + max(found)) / 2


def _project(longitude0: float, latitude0: float, longitude: float, latitude: float) -> Point:
    """Project onto a unit sphere's map, y growing to the south."""
    delta = math.radians(longitude - longitude0)
    phi0, phi = math.radians(latitude0), math.radians(latitude)
    cosine = math.sin(phi0) * math.sin(phi) + math.cos(phi0) * math.cos(phi) * math.cos(delta)
    k = math.sqrt(2 / max(1 + cosine, 1e-9))
    x = k * math.cos(phi) * math.sin(delta)
    y = k * (math.cos(phi0) * math.sin(phi) - math.sin(phi0) * math.cos(phi) * math.cos(delta))
    return x, -y


def land(projection: Projection) -> str:
    """Return the land in the frame of a map as the data of an SVG path; empty where unknown."""
    rings = (_clipped(ring, projection) for ring in _projected(projection))
    return "".join(_path(ring) for ring in rings if len(ring) > 2 and _area(ring) > _SMALLEST)


def coastlines() -> list[list[Point]]:
    """Return the outlines of all land for maps drawn elsewhere, in degrees; none where unknown.

    Each is a list of pairs of longitude and latitude; islands too small to be seen are left out.
    """
    outlines = []
    for ring in _rings(_LAND):
        points: list[Point] = []
        for longitude, latitude in ring:
            if not points or math.dist(points[-1], (longitude, latitude)) > _FINEST_DEGREES:
                points.append((round(longitude, 2), round(latitude, 2)))
        if len(points) > 3:
            outlines.append(points)
    return outlines


def grid(projection: Projection, every: int = 10) -> str:
    """Return parallels and meridians as the data of an SVG path."""
    reach = 60
    west, south = projection.longitude - reach, max(projection.latitude - reach, -85)
    north = min(projection.latitude + reach, 85)
    east = round(west) + 2 * reach
    meridians = range(round(west / every) * every, east, every)
    parallels = range(round(south / every) * every, round(north), every)
    lines = [[(x, y) for y in range(round(south), round(north), 2)] for x in meridians]
    lines += [[(x, y) for x in range(round(west), east, 2)] for y in parallels]
    parts = []
    for line in lines:
        points = [projection.point(*place) for place in line]
        near = [(a, b) for a, b in pairwise(points) if _inside(a, projection)]
        if near:
            parts.append(
                f"M{near[0][0][0]:.0f} {near[0][0][1]:.0f}"
                + "".join(f"L{x:.0f} {y:.0f}" for _, (x, y) in near)
            )
    return "".join(parts)


def _inside(point: Point, projection: Projection) -> bool:
    return (
        -_BLEED <= point[0] <= projection.width + _BLEED
        and -_BLEED <= point[1] <= projection.height + _BLEED
    )


def _projected(projection: Projection) -> Iterator[list[Point]]:
    """Yield the coastlines that may be in the frame, without points that lie too close.

    Far away, where only the way around matters, most points are passed over.
    """
    reach = math.degrees(max(projection.width, projection.height) / projection.scale)
    north, south = projection.latitude + reach, projection.latitude - reach
    # Degrees of longitude are short near the poles.
    stretch = reach / max(0.2, math.cos(math.radians(min(80, max(abs(north), abs(south))))))
    west, east = projection.longitude - stretch, projection.longitude + stretch
    for ring in _rings(_LAND):
        inside = [west < x < east and south < y < north for x, y in ring]
        if not any(inside):
            continue
        points: list[Point] = []
        for number, (longitude, latitude) in enumerate(ring):
            if not inside[number] and number % _FAR_AWAY:
                continue
            point = projection.point(longitude, latitude)
            if not points or math.dist(point, points[-1]) > _FINEST:
                points.append(point)
        yield points


@lru_cache(maxsize=1)
def _rings(path: Path) -> list[list[Point]]:
    """Return the outer and inner rings of all land (TopoJSON 1.0, sections 2.1 and 2.2)."""
    if not path.is_file():
        return []
    topology = json.loads(path.read_text(encoding="utf-8"))
    (sx, sy), (tx, ty) = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs: list[list[Point]] = []
    for arc in topology["arcs"]:
        x = y = 0
        points = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            points.append((x * sx + tx, y * sy + ty))
        arcs.append(points)
    rings = []
    for geometry in topology["objects"]["land"]["geometries"]:
        polygons = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
        for polygon in polygons:
            for ring in polygon:
                line: list[Point] = []
                for index in ring:
                    part = arcs[index] if index >= 0 else arcs[~index][::-1]
                    line += part[1:] if line else part
                rings.append(line)
    return rings


def _clipped(ring: list[Point], projection: Projection) -> list[Point]:
    """Cut a ring off at the frame (Sutherland and Hodgman)."""
    edges = (
        (0, -_BLEED, 1),
        (0, projection.width + _BLEED, -1),
        (1, -_BLEED, 1),
        (1, projection.height + _BLEED, -1),
    )
    for axis, bound, sign in edges:
        if not ring:
            break
        kept: list[Point] = []
        for before, here in zip([ring[-1], *ring[:-1]], ring, strict=True):
            was, is_ = (sign * (each[axis] - bound) >= 0 for each in (before, here))
            if was != is_:
                share = (bound - before[axis]) / (here[axis] - before[axis])
                kept.append(
                    (
                        before[0] + share * (here[0] - before[0]),
                        before[1] + share * (here[1] - before[1]),
                    )
                )
            if is_:
                kept.append(here)
        ring = kept
    return ring


def _area(ring: Sequence[Point]) -> float:
    around = zip(ring, [*ring[1:], ring[0]], strict=True)
    return abs(sum(ax * by - bx * ay for (ax, ay), (bx, by) in around)) / 2


def _path(ring: Sequence[Point]) -> str:
    """Write a ring in whole units, as steps from point to point, which is shortest."""
    points = [(round(x), round(y)) for x, y in ring]
    steps = "".join(
        f"l{bx - ax} {by - ay}" for (ax, ay), (bx, by) in pairwise(points) if (ax, ay) != (bx, by)
    )
    return f"M{points[0][0]} {points[0][1]}{steps}z"
