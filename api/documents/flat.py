"""A flat map: places in metres from the middle, angles true (Mercator), lengths true at the middle."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

_RADIUS_M = 6_371_009
_STEEPEST = 85.0
"""Mercator has no poles."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flat:
    """The projection around one place. Source: J. P. Snyder, Map Projections, 1987, section 7."""

    lat: float
    lon: float

    @classmethod
    def around(cls, places: Iterable[tuple[float, float]]) -> Flat:
        """With the middle of ``places`` (latitude, longitude; at least one) in the middle."""
        lats, lons = zip(*places, strict=True)
        return cls(lat=(min(lats) + max(lats)) / 2, lon=(min(lons) + max(lons)) / 2)

    def xy(self, place: tuple[float, float]) -> tuple[float, float]:
        """Metres to the east and to the north, to the decimetre, which is as far as a map can show."""
        scale = _RADIUS_M * math.cos(math.radians(_held(self.lat)))
        east = scale * math.radians(place[1] - self.lon)
        north = scale * (_upward(place[0]) - _upward(self.lat))
        return round(east, 1), round(north, 1)

    def bounds(self, places: Iterable[tuple[float, float]]) -> dict[str, list[float]]:
        """The least and greatest x and y of ``places``."""
        xs, ys = zip(*(self.xy(place) for place in places), strict=True)
        return {"x": [min(xs), max(xs)], "y": [min(ys), max(ys)]}


def _upward(lat: float) -> float:
    return math.asinh(math.tan(math.radians(_held(lat))))


def _held(lat: float) -> float:
    return min(_STEEPEST, max(-_STEEPEST, lat))
