"""Metres and seconds between places from the format's text alone: no engine measures its own way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from router.errors import Invalid
from router.model import Drop, Location, Profile

EARTH_RADIUS_M = 6_371_009
NO_WAY = -1

Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Legs:
    """``metres`` and ``seconds`` from each row's place to each column's; ``NO_WAY`` where there is none."""

    metres: Int64
    seconds: Int64


def great_circle_m(starts: Sequence[Location], ends: Sequence[Location]) -> Float64:
    """Metres on the sphere, shape (starts, ends); every location must have coordinates."""
    lat1, lon1 = _radians(starts)
    lat2, lon2 = _radians(ends)
    half_lat = np.sin((lat2[None, :] - lat1[:, None]) / 2) ** 2
    half_lon = np.sin((lon2[None, :] - lon1[:, None]) / 2) ** 2
    chord = half_lat + np.cos(lat1)[:, None] * np.cos(lat2)[None, :] * half_lon
    metres: Float64 = 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.clip(chord, 0, 1)))
    return metres


def legs(drop: Drop, profile: str, starts: Sequence[Location], ends: Sequence[Location]) -> Legs:
    """Every leg from ``starts`` to ``ends`` for a profile of ``drop``. Raises ``Invalid`` under road travel.

    Great circle: metres = round(great circle × detour), seconds = ceil(metres ÷ speed) with the speed as the
    decimal number that was written. Matrix: as given.
    """
    given = drop.travel.profiles[profile]
    if drop.travel.kind == "great_circle":
        metres = np.rint(great_circle_m(starts, ends) * (given.detour or 1)).astype(np.int64)
        return Legs(metres=metres, seconds=_seconds(metres, given))
    if drop.travel.kind == "road":
        raise Invalid("a drop on roads must first be rewritten as a matrix drop", kind=drop.travel.kind)
    rows = [_place(location) for location in starts]
    columns = [_place(location) for location in ends]
    return Legs(metres=_given(given.metres, rows, columns), seconds=_given(given.seconds, rows, columns))


def _seconds(metres: Int64, profile: Profile) -> Int64:
    speed = Fraction(repr(profile.metres_per_second))
    if int(metres.max(initial=0)) * speed.denominator < 2**62 and speed.numerator < 2**62:
        return -(-metres * speed.denominator // speed.numerator)
    exact = [-(-int(m) * speed.denominator // speed.numerator) for m in metres.ravel()]
    return np.array(exact, dtype=np.int64).reshape(metres.shape)


def _given(matrix: tuple[tuple[int | None, ...], ...] | None, rows: Sequence[int], columns: Sequence[int]) -> Int64:
    if matrix is None:
        raise Invalid("a matrix drop needs metres and seconds for every profile")
    found = [[matrix[i][j] for j in columns] for i in rows]
    values = [[NO_WAY if leg is None else leg for leg in row] for row in found]
    return np.array(values, dtype=np.int64).reshape(len(rows), len(columns))


def _place(location: Location) -> int:
    if location.place is None:
        raise Invalid("under matrix travel every location needs a place")
    return location.place


def _radians(places: Sequence[Location]) -> tuple[Float64, Float64]:
    degrees = np.array([(place.lat, place.lon) for place in places], dtype=np.float64).reshape(-1, 2)
    turned = np.radians(degrees)
    return turned[:, 0], turned[:, 1]
