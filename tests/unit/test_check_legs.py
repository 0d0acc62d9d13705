"""The referee's own metres and seconds, against closed forms."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.check.legs import as_written, great_circle_m, seconds_for
from router.model import Location


@pytest.mark.parametrize(
    ("start", "end", "arc"),
    [
        ((60.2, 24.9), (60.2, 24.9), 0.0),
        ((0.0, 0.0), (0.0, 90.0), math.pi / 2),
        ((0.0, 0.0), (0.0, 180.0), math.pi),
        ((90.0, 17.0), (-90.0, -120.0), math.pi),
        ((0.0, 179.5), (0.0, -179.5), math.pi / 180),
        ((60.0, 0.0), (60.0, 180.0), math.pi / 3),
    ],
)
def test_the_great_circle_is_measured_on_a_sphere_of_6_371_009_metres(start, end, arc):
    places = [Location(lat=lat, lon=lon) for lat, lon in (start, end)]
    assert great_circle_m(*places) == pytest.approx(6_371_009 * arc, abs=0.01)


LATITUDES, LONGITUDES = st.floats(-90, 90), st.floats(-180, 180)


@given(lat=LATITUDES, lon=LONGITUDES, other_lat=LATITUDES, other_lon=LONGITUDES)
def test_the_great_circle_is_the_angle_between_two_directions(lat, lon, other_lat, other_lon):
    def direction(lat: float, lon: float) -> tuple[float, float, float]:
        north, east = math.radians(lat), math.radians(lon)
        return math.cos(north) * math.cos(east), math.cos(north) * math.sin(east), math.sin(north)

    a, b = direction(lat, lon), direction(other_lat, other_lon)
    chord = math.dist(a, b)
    across = math.dist(a, tuple(-part for part in b))
    angle = 2 * math.atan2(chord, across)
    metres = great_circle_m(Location(lat=lat, lon=lon), Location(lat=other_lat, lon=other_lon))
    assert metres == pytest.approx(6_371_009 * angle, abs=0.5)


@pytest.mark.parametrize(
    ("metres", "speed", "seconds"),
    [
        (123, 4.1, 30),
        (124, 4.1, 31),
        (0, 4.2, 0),
        (1, 4.2, 1),
        (3, 0.1, 30),
        (42, 4.2, 10),
        (7, 1e-06, 7_000_000),
    ],
)
def test_seconds_are_counted_from_the_decimal_as_written(metres, speed, seconds):
    assert seconds_for(metres, as_written(speed)) == seconds
