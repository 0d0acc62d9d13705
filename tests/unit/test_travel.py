"""Legs to the letter of the format: great circles rounded once, seconds exact as written, matrices as given."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import cos, pi, radians
from pathlib import Path

import pytest

from router import codec, travel
from router.check.legs import legs as judged
from router.generate import make_drop
from router.model import Drop, Location, Profile, Travel
from tests.drops import base_drop, replan_drop, street, street_drop

DEGREE_M = 6_371_009 * pi / 180
"""A degree along a meridian, 111 195.08 m."""


def circle(detour: float, metres_per_second: float) -> travel.Legs:
    profile = Profile(detour=detour, metres_per_second=metres_per_second)
    return travel.legs(travelling(Travel(kind="great_circle", profiles={"bike": profile})), "bike")


def travelling(by: Travel) -> Drop:
    return replace(base_drop(), travel=by)


def north(metres: float) -> tuple[Location, Location]:
    """Two points of a meridian so many metres apart."""
    return Location(lat=0.0, lon=24.95), Location(lat=metres / DEGREE_M, lon=24.95)


@pytest.mark.parametrize(
    ("metres", "speed", "seconds"),
    [
        (123, 4.1, 30),  # in binary 30.000000000000004
        (122, 4.1, 30),
        (124, 4.1, 31),
        (41, 4.1, 10),
        (7, 0.7, 10),  # in binary 10.000000000000002
        (33, 1.1, 30),
        (1, 1000.0, 1),
        (0, 4.1, 0),
        (10, 3.3333333333333335, 3),  # a little more than ten thirds
        (10, 3.333333333333333, 4),  # a little less
        (1, 1e-05, 100_000),
        (3, 1e-300, 3 * 10**300),
        (10_000_000, 1e6, 10),
        (1_000_001, 1e6, 2),
    ],
)
def test_seconds_are_the_metres_over_the_speed_as_written_rounded_up(metres: int, speed: float, seconds: int) -> None:
    assert circle(1.0, speed)(*north(metres)) == (metres, seconds)


@pytest.mark.parametrize(
    ("detour", "metres"),
    [(1.25, 1390), (1.0, 1112), (0.5, 556), (2.0, 2224), (1e-300, 0)],  # 0.01 degrees are 1 111.95 m
)
def test_metres_are_rounded_once_after_the_detour(detour: float, metres: int) -> None:
    found = circle(detour, 5.0)(Location(lat=60.18, lon=24.95), Location(lat=60.19, lon=24.95))
    assert found == (metres, -(-metres // 5))


@pytest.mark.parametrize(("metres", "rounded"), [(99.4, 99), (99.6, 100), (0.4, 0), (0.6, 1)])
def test_a_metre_is_the_nearest_one(metres: float, rounded: int) -> None:
    assert circle(1.0, 1.0)(*north(metres)) == (rounded, rounded)


def test_seconds_follow_from_rounded_metres_and_not_from_the_distance() -> None:
    assert circle(1.0, 1.0)(*north(100.4)) == (100, 100)
    assert circle(1.0, 0.1)(*north(100.4)) == (100, 1000)


@pytest.mark.parametrize(
    ("start", "end", "degrees"),
    [
        ((0.0, 0.0), (0.0, 180.0), 180.0),  # to the other side
        ((90.0, 0.0), (-90.0, 77.0), 180.0),  # pole to pole
        ((90.0, 0.0), (90.0, 120.0), 0.0),  # a pole has every longitude
        ((0.0, 179.9), (0.0, -179.9), 0.2),  # over the date line
        ((0.0, -180.0), (0.0, 180.0), 0.0),
        ((45.0, 0.0), (45.0, 180.0), 90.0),  # over the pole, not along the parallel
        ((-10.0, 5.0), (10.0, 5.0), 20.0),
    ],
)
def test_great_circles_go_the_short_way_round(
    start: tuple[float, float], end: tuple[float, float], degrees: float
) -> None:
    a, b = (Location(lat=lat, lon=lon) for lat, lon in (start, end))
    there, back = circle(1.0, 1.0)(a, b), circle(1.0, 1.0)(b, a)
    assert there == back == (round(degrees * DEGREE_M),) * 2


def test_a_short_way_along_a_parallel_is_as_long_as_its_cosine() -> None:
    a, b = Location(lat=60.17, lon=24.93), Location(lat=60.17, lon=24.94)
    assert circle(1.0, 1.0)(a, b) == (round(0.01 * DEGREE_M * cos(radians(60.17))),) * 2


def test_a_speed_is_the_decimal_that_was_written() -> None:
    assert travel.speed(Profile(detour=1.0, metres_per_second=4.1)) == Fraction(41, 10)
    assert travel.speed(Profile(detour=1.0, metres_per_second=5)) == 5
    read = codec.read_drop(codec.write(base_drop()).replace(b'"metres_per_second": 5.0', b'"metres_per_second": 4.100'))
    assert travel.speed(read.travel.profiles["bike"]) == Fraction(41, 10)


def test_matrix_legs_are_those_given_with_no_way_where_there_is_none() -> None:
    drop = base_drop("matrix")
    leg = travel.legs(drop, "bike")
    at = [Location(place=place) for place in range(5)]
    assert (leg(at[0], at[1]), leg(at[1], at[0]), leg(at[2], at[2])) == ((1390, 278), (1500, 298), (0, 0))
    one_way = street(lambda start, end: (7, 0) if (start, end) == (0, 1) else None)
    leg = travel.legs(travelling(one_way), "bike")
    assert (leg(at[0], at[1]), leg(at[1], at[0]), leg(at[3], at[3])) == ((7, 0), None, None)


def test_places_of_a_matrix_may_show_coordinates_for_maps() -> None:
    leg = travel.legs(base_drop("matrix"), "bike")
    assert leg(Location(place=0, lat=1.0, lon=2.0), Location(place=1, lat=1.0, lon=2.0)) == (1390, 278)


@pytest.mark.parametrize("kind", ["great_circle", "matrix"])
def test_the_solver_and_the_referee_measure_alike(kind: str) -> None:
    drop = make_drop(orders=40, hubs=3, seed=3, travel=kind)
    at = [hub.location for hub in drop.hubs] + [order.location for order in drop.orders]
    for name in drop.travel.profiles:
        ours, theirs = travel.legs(drop, name), judged(drop.travel, name)
        assert [[ours(a, b) for b in at] for a in at] == [[theirs(a, b) for b in at] for a in at]


def test_a_road_drop_has_no_legs_before_it_is_prepared() -> None:
    roads = Travel(kind="road", extract="city.osm.pbf", profiles={"bike": Profile(costing="bike")})
    with pytest.raises(ValueError, match="prepare"):
        travel.legs(travelling(roads), "bike")


@pytest.mark.parametrize("drop", [base_drop(), base_drop("matrix"), replan_drop(), street_drop()])
@pytest.mark.parametrize("roads", [travel.BUILT_IN, travel.OSRM, "http://127.0.0.1:5000"])
def test_a_drop_without_roads_is_prepared_as_it_is(drop: Drop, roads: str) -> None:
    before = codec.write(drop)
    assert travel.prepare(drop, Path("nowhere"), roads) is drop
    assert codec.write(drop) == before
