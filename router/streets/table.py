"""Puts a road matrix together from OSRM tables, asked for in blocks, whoever answers them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from router.roads import RoadMatrix
from router.streets.extract import Float64, Int64
from router.streets.snap import OffRoad

LOST = -2
"""Metres that OSRM gave with the wrong sign: to be asked for again, one way at a time."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Table:
    """The answer for some rows and columns, int64; -1 in both where there is no way, LOST in metres."""

    seconds: Int64
    metres: Int64
    snapped_m: Float64
    """From each row's point to its road; shape (rows,)."""


def assemble(
    points: Float64,
    ask: Callable[[range, range], Table],
    route: Callable[[int, int], int],
    *,
    costing: str,
    max_metres: int,
    block: int,
) -> RoadMatrix:
    """The matrix of points (shape (n, 2)) from tables of at most ``block`` x ``block``.

    ``ask`` answers for rows and columns, ``route`` gives the metres of one way whose distance was LOST.
    Raises OffRoad with every point that was snapped farther than ``max_metres``.
    """
    count = len(points)
    seconds, metres = np.full((count, count), -1, dtype=np.int64), np.full((count, count), -1, dtype=np.int64)
    blocks = [range(first, min(first + block, count)) for first in range(0, count, block)]

    def fill(rows: range, columns: range) -> Table:
        table = ask(rows, columns)
        here = np.ix_(rows, columns)
        seconds[here], metres[here] = table.seconds, table.metres
        return table

    # The diagonal comes first: it has every point once, so a far one is known before the long part.
    snapped_m = [float(m) for rows in blocks for m in fill(rows, rows).snapped_m]
    too_far = [far(points, i, int(np.ceil(m))) for i, m in enumerate(snapped_m) if m > max_metres]
    if too_far:
        raise OffRoad(costing, max_metres, too_far)
    for rows in blocks:
        for columns in blocks:
            if columns is not rows:
                fill(rows, columns)
    np.fill_diagonal(seconds, 0)
    np.fill_diagonal(metres, 0)
    for start, end in np.argwhere(metres == LOST):
        metres[start, end] = route(int(start), int(end))
    return RoadMatrix(metres=metres, seconds=seconds)


def read_table(answer: Any, rows: int, columns: int) -> Table:
    """An answer of OSRM's table service, parsed JSON or the wheel's own object.

    Seconds are rounded up, metres to the nearest.
    Raises LookupError, TypeError, ValueError where it is no table.
    """
    durations = _numbers(answer["durations"], rows, columns)
    distances = _numbers(answer["distances"], rows, columns)
    snapped_m = _numbers([[place["distance"] for place in answer["sources"]]], 1, rows)[0]
    if np.isnan(snapped_m).any():
        raise ValueError("a place has no distance to its road")
    if (durations < 0).any():
        raise ValueError("a duration below zero")
    no_way = np.isnan(durations) | np.isnan(distances)
    seconds = np.where(no_way, -1.0, np.ceil(durations)).astype(np.int64)
    metres = np.where(no_way, -1.0, np.floor(distances + 0.5)).astype(np.int64)
    # Between two spots on one piece of road OSRM may count the distance backwards (osrm-backend, issue 5306).
    metres[distances < 0] = LOST
    return Table(seconds=seconds, metres=metres, snapped_m=snapped_m)


def whole_metres(distance: Any) -> int:
    """Metres to the nearest whole one. Raises TypeError, ValueError where it is not a length."""
    metres = int(np.floor(float(distance) + 0.5))
    if metres < 0:
        raise ValueError("a way of negative length")
    return metres


def checked(points: Float64) -> Float64:
    """Points as float64 of shape (n, 2). Raises ValueError where one is not a place on earth."""
    points = np.asarray(points, dtype=np.float64).reshape(-1, 2)
    if not (np.abs(points) <= (90.0, 180.0)).all():
        raise ValueError("points must be latitudes and longitudes in degrees")
    return points


def far(points: Float64, i: int, metres: int | None) -> tuple[int, float, float, int | None]:
    """A row of OffRoad."""
    return i, float(points[i, 0]), float(points[i, 1]), metres


def _numbers(table: Any, rows: int, columns: int) -> Float64:
    """Rows of numbers or None as floats, None as NaN."""
    numbers = np.array([[np.nan if cell is None else cell for cell in row] for row in table], dtype=np.float64)
    if numbers.shape != (rows, columns):
        raise ValueError(f"a table of shape {numbers.shape} where {rows} x {columns} was asked for")
    if np.isinf(numbers).any():
        raise ValueError("a number that is infinite")
    return numbers
