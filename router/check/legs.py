"""Metres and seconds of one leg as the format defines them; on purpose not the code that makes plans."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import asin, cos, radians, sin, sqrt

from router.model import Location, Profile, Travel

EARTH_M = 6_371_009
"""Radius of the sphere that great-circle travel is measured on, metres."""

Leg = Callable[[Location, Location], tuple[int, int] | None]
"""Metres and seconds from one location to another, or ``None`` where there is no way."""


def legs(travel: Travel, profile: str) -> Leg:
    """How a courier of ``profile`` moves under great-circle or matrix travel."""
    moves = travel.profiles.get(profile, Profile())
    return _by_matrix(moves) if travel.kind == "matrix" else _by_great_circle(moves)


def great_circle_m(start: Location, end: Location) -> float | None:
    """Haversine distance in metres; ``None`` where a coordinate is not given."""
    if start.lat is None or start.lon is None or end.lat is None or end.lon is None:
        return None
    north, other_north = radians(start.lat), radians(end.lat)
    east = radians(end.lon) - radians(start.lon)
    chord = sin((other_north - north) / 2) ** 2 + cos(north) * cos(other_north) * sin(east / 2) ** 2
    return 2 * EARTH_M * asin(min(1.0, sqrt(chord)))


def as_written(number: float) -> Fraction:
    """The decimal number that was written, not the binary one that stands for it."""
    return Fraction(repr(number))


def seconds_for(metres: int, metres_per_second: Fraction) -> int:
    """Seconds begun, exactly: 123 m at 4.1 m/s take 30 s, not 31."""
    return -(-metres * metres_per_second.denominator // metres_per_second.numerator)


def _by_great_circle(moves: Profile) -> Leg:
    detour = moves.detour
    speed = None if moves.metres_per_second is None else as_written(moves.metres_per_second)

    def leg(start: Location, end: Location) -> tuple[int, int] | None:
        direct_m = great_circle_m(start, end)
        if direct_m is None or detour is None or speed is None:
            return None
        metres = round(direct_m * detour)
        return metres, seconds_for(metres, speed)

    return leg


def _by_matrix(moves: Profile) -> Leg:
    all_metres, all_seconds = moves.metres or (), moves.seconds or ()

    def leg(start: Location, end: Location) -> tuple[int, int] | None:
        if start.place is None or end.place is None:
            return None
        metres, seconds = all_metres[start.place][end.place], all_seconds[start.place][end.place]
        return None if metres is None or seconds is None else (metres, seconds)

    return leg
