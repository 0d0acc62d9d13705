"""Routes side by side: where couriers share a street, each has a lane of its own, on the right as it goes."""

from __future__ import annotations

import math
from itertools import pairwise

Point = tuple[float, float]

LANE_M = 3.0
_LANES = 4
_SHORTEST_M = 4.0
"""Shorter stretches are left out: moved aside, they would turn on themselves."""
_SHARPEST = 1.6
"""A bend pushes its corner out by at most this many times the distance from the middle."""


def lane(number: int) -> float:
    """Metres to the right of the middle for the courier of this number."""
    return LANE_M * (number % _LANES + 0.5)


def beside(line: list[Point], right_m: float) -> list[Point]:
    """``line`` (x and y in metres) moved to its right; its two ends stay, being places. O(points)."""
    points = line[:1]
    for point in line[1:-1]:
        if math.dist(point, points[-1]) >= _SHORTEST_M:
            points.append(point)
    if line[-1] != points[-1]:
        points.append(line[-1])
    headings = [_heading(start, end) for start, end in pairwise(points)]
    moved = points[:1]
    for point, (arrive, leave) in zip(points[1:-1], pairwise(headings), strict=True):
        moved.extend(_corner(point, arrive, leave, right_m))
    return [*moved, *points[1:][-1:]]


def _heading(start: Point, end: Point) -> Point:
    length = math.dist(start, end)
    return (end[0] - start[0]) / length, (end[1] - start[1]) / length


def _corner(point: Point, arrive: Point, leave: Point, right_m: float) -> list[Point]:
    """The moved corner: one point where the lane bends, two where it turns back."""
    x, y = arrive[0] + leave[0], arrive[1] + leave[1]
    twice = x * x + y * y
    if twice < 0.5:
        return [_right(point, arrive, right_m), _right(point, leave, right_m)]
    # The lane's corner lies on the bisector, farther out the sharper the bend.
    out = min(_SHARPEST, 2 / math.sqrt(twice))
    return [_right(point, (x / math.sqrt(twice), y / math.sqrt(twice)), right_m * out)]


def _right(point: Point, heading: Point, metres: float) -> Point:
    return round(point[0] + heading[1] * metres, 1), round(point[1] - heading[0] * metres, 1)
