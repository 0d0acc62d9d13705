"""Metres and seconds between points, exact to the letter of the format, and road drops made into matrix drops."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from router.model import Drop, Location, Profile, Travel

EARTH_RADIUS_M = 6_371_009
Legs = Callable[[Location, Location], tuple[int, int] | None]
"""Metres and seconds from one location to another, or ``None`` where there is no way."""


def speed(profile: Profile) -> Fraction:
    """Metres per second as the decimal number that was written: 4.1 is 41/10."""
    return Fraction(repr(profile.metres_per_second))


def legs(drop: Drop, profile_name: str) -> Legs:
    """The legs of one profile. A road drop has none before ``prepare`` has made it a matrix drop (``ValueError``)."""
    profile = drop.travel.profiles[profile_name]
    if drop.travel.kind == "road":
        raise ValueError("a road drop has legs only once prepare() has made it a matrix drop")
    if drop.travel.kind == "matrix":
        metres, seconds = profile.metres or (), profile.seconds or ()

        def given(a: Location, b: Location) -> tuple[int, int] | None:
            i, j = a.place or 0, b.place or 0
            metre, second = metres[i][j], seconds[i][j]
            return None if metre is None or second is None else (metre, second)

        return given
    detour, pace = profile.detour or 1.0, 1 / speed(profile)

    def circle(a: Location, b: Location) -> tuple[int, int]:
        metre = round(great_circle_m(a, b) * detour)
        return metre, -(-metre * pace.numerator // pace.denominator)

    return circle


def great_circle_m(a: Location, b: Location) -> float:
    """Haversine distance in metres on the format's sphere."""
    if a.lat is None or a.lon is None or b.lat is None or b.lon is None:
        raise ValueError("both locations need lat and lon")
    phi_a, phi_b = math.radians(a.lat), math.radians(b.lat)
    u = math.sin((phi_b - phi_a) / 2)
    v = math.sin((math.radians(b.lon) - math.radians(a.lon)) / 2)
    return 2 * EARTH_RADIUS_M * math.asin(min(1.0, math.sqrt(u * u + math.cos(phi_a) * math.cos(phi_b) * v * v)))


def prepare(drop: Drop, folder: Path) -> Drop:
    """The drop to plan: a road drop becomes a matrix drop of the same places, any other is handed back as it is.

    ``folder`` is where a relative ``extract`` is looked for. Places are the distinct points of hubs and orders, in
    order of first mention; coordinates stay for maps. Raises the errors of ``router.roads``.
    """
    if drop.travel.kind != "road":
        return drop
    import numpy as np

    from router import roads

    seen: dict[tuple[float, float], int] = {}
    for at in (*(hub.location for hub in drop.hubs), *(order.location for order in drop.orders)):
        seen.setdefault((at.lat or 0.0, at.lon or 0.0), len(seen))

    def placed(at: Location) -> Location:
        return replace(at, place=seen[at.lat or 0.0, at.lon or 0.0])

    points = np.array(list(seen), dtype=np.float64).reshape(-1, 2)
    profiles = {}
    for name, profile in drop.travel.profiles.items():
        matrix = roads.read_roads(folder / (drop.travel.extract or ""), profile.costing or "").matrix(points)
        profiles[name] = Profile(metres=_rows(matrix.metres.tolist()), seconds=_rows(matrix.seconds.tolist()))
    return replace(
        drop,
        travel=Travel(kind="matrix", places=len(seen), profiles=profiles),
        hubs=tuple(replace(hub, location=placed(hub.location)) for hub in drop.hubs),
        orders=tuple(replace(order, location=placed(order.location)) for order in drop.orders),
    )


def _rows(matrix: list[list[int]]) -> tuple[tuple[int | None, ...], ...]:
    return tuple(tuple(None if value < 0 else value for value in row) for row in matrix)
