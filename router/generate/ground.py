"""Where a generated drop happens: districts or addresses to draw orders from, and sites for hubs."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, pi, radians, sin, sqrt

from router.generate.draw import Draw, Weights
from router.model import Location

METRES_PER_DEGREE = 111_195.08
"""A degree of latitude on the sphere of travel.kind ``great_circle`` (radius 6 371 009 m)."""

Point = tuple[float, float]
"""Latitude and longitude in degrees, five decimals (about a metre)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A place for a hub."""

    id: str
    lat: float
    lon: float


@dataclass(frozen=True, slots=True, kw_only=True)
class District:
    """People live round ``lat``, ``lon``, scattered normally with deviation ``spread_m`` metres each way."""

    name: str
    lat: float
    lon: float
    people: int
    spread_m: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Orders come from ``addresses``, each as likely, or else from ``districts`` by their people.

    ``sites`` are where hubs may be, the first ones used first; without any, hubs are put into districts.
    """

    districts: tuple[District, ...] = ()
    addresses: tuple[Point, ...] = ()
    sites: tuple[Site, ...] = ()


def metres(a: Point, b: Point) -> float:
    """Straight metres between two points of one city, on a flat map: right to a thousandth at 20 km."""
    east = (b[1] - a[1]) * METRES_PER_DEGREE * cos(radians(a[0]))
    return round(sqrt(east * east + ((b[0] - a[0]) * METRES_PER_DEGREE) ** 2), 3)


def moved(point: Point, east_m: float, north_m: float) -> Point:
    """The point so many metres east and north."""
    lat = point[0] + north_m / METRES_PER_DEGREE
    return round(lat, 5), round(point[1] + east_m / (METRES_PER_DEGREE * cos(radians(point[0]))), 5)


def invented_city(*, orders: int, hubs: int, seed: int) -> Ground:
    """A city that grows with the drop: a radius of 5 km at 500 orders, 7.4 km at 2 000, 13.5 km at 10 000.

    Districts lie denser towards the middle; their people vary by a factor of about two. Pure.
    """
    draw = Draw(seed, "city")
    radius_m = 2_500 + 110 * sqrt(orders)
    middle = (60.2, 24.95)
    count = max(12, 5 * hubs)
    districts = []
    for i in range(count):
        away_m, angle = radius_m * draw.share() ** 0.6, 2 * pi * draw.share()
        lat, lon = moved(middle, away_m * cos(angle), away_m * sin(angle))
        people = max(1, round(draw.lognormal(12_000, 0.6)))
        spread_m = round(radius_m / sqrt(count))
        districts.append(District(name=f"d{i + 1:02d}", lat=lat, lon=lon, people=people, spread_m=spread_m))
    return Ground(districts=tuple(districts))


def hub_sites(ground: Ground, hubs: int, seed: int) -> tuple[Site, ...]:
    """Sites for the hubs: those of the ground, else one populous district after another, spread out.

    The next hub goes where people × (distance to the nearest hub)² is largest, a few streets off the centre.
    """
    if ground.sites:
        return ground.sites[:hubs]
    draw = Draw(seed, "sites")
    left = list(ground.districts)
    taken: list[Site] = []
    while len(taken) < hubs and left:
        best = max(
            left,
            key=lambda d: d.people * min((metres((d.lat, d.lon), (s.lat, s.lon)) ** 2 for s in taken), default=1),
        )
        left.remove(best)
        lat, lon = moved((best.lat, best.lon), 200 * draw.normal(), 200 * draw.normal())
        taken.append(Site(id=f"hub-{len(taken) + 1:02d}", lat=lat, lon=lon))
    return tuple(taken)


def doors(ground: Ground, count: int, repeat: float, seed: int) -> tuple[Point, ...]:
    """Where each order goes; a share ``repeat`` of them goes where an earlier one does."""
    draw = Draw(seed, "doors")
    crowd = Weights([district.people for district in ground.districts]) if not ground.addresses else None
    found: list[Point] = []
    for _ in range(count):
        if found and draw.chance(repeat):
            found.append(draw.one(found))
        elif crowd is None:
            found.append(draw.one(ground.addresses))
        else:
            home = ground.districts[crowd.draw(draw)]
            off = home.spread_m
            found.append(moved((home.lat, home.lon), off * draw.normal(), off * draw.normal()))
    return tuple(found)


def location(point: Point) -> Location:
    """The record of a point."""
    return Location(lat=point[0], lon=point[1])
