"""Metres and seconds between points, exact to the letter of the format, and road drops made into matrix drops."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from router.errors import Fault, Faulty, Invalid
from router.faults.scan import escape, in_order, shown
from router.model import Drop, Location, Profile, Travel

if TYPE_CHECKING:
    from router.roads import RoadMatrix
    from router.streets.extract import Float64
    from router.streets.snap import OffRoad

EARTH_RADIUS_M = 6_371_009
BUILT_IN, OSRM = "built-in", "osrm"
Legs = Callable[[Location, Location], tuple[int, int] | None]
"""Metres and seconds from one location to another, or ``None`` where there is no way."""

_Point = tuple[float, float]


class RoadsUnknown(Invalid):
    """Roads were asked for that are neither built in, nor OSRM, nor an address."""

    code, title = "roads-unknown", "There are no such roads"

    def __init__(self, roads: str) -> None:
        super().__init__(
            f"there are no roads called {roads!r}; choose {BUILT_IN}, {OSRM}, "
            "or give the address of an OSRM server, like http://127.0.0.1:5000",
            roads=roads,
        )


class RoadServerProfiles(Invalid):
    """An OSRM server serves one profile, whatever it is asked for, and the drop needs several."""

    code, title = "road-server-profiles", "One road server cannot serve these profiles"

    def __init__(self, address: str, needed: dict[str, str]) -> None:
        listed = ", ".join(f"{costing} needs {profile}" for costing, profile in needed.items())
        super().__init__(
            f"{address}: an OSRM server knows one of OSRM's profiles alone, and this drop needs "
            f"{len(set(needed.values()))} ({listed}); use {OSRM} or {BUILT_IN} roads",
            address=address,
            needed=needed,
        )


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


def known_roads(roads: str) -> None:
    """Raises ``RoadsUnknown`` for anything but ``built-in``, ``osrm`` and what begins like an address."""
    if roads not in (BUILT_IN, OSRM) and not roads.startswith(("http://", "https://")):
        raise RoadsUnknown(roads)


def prepare(drop: Drop, folder: Path, roads: str = BUILT_IN) -> Drop:
    """The drop to plan: a road drop becomes a matrix drop of the same places, any other is handed back as it is.

    ``folder`` is where a relative ``extract`` is looked for. ``roads`` tells who measures: ``built-in`` (the same
    answer on every machine), ``osrm`` (its wheel, where that is installed) or the address of an OSRM server, which
    has its own map and does not read the extract. Places are the distinct points of hubs and orders, in order of
    first mention; coordinates stay for maps.

    Raises ``Faulty`` with every costing that there is not, or else with every hub and order that is too far from a
    road; ``RoadsUnknown``, ``RoadServerProfiles``, and the errors of ``router.roads`` or of ``router.osrm``.
    """
    known_roads(roads)
    if drop.travel.kind != "road":
        return drop
    _known_costings(drop.travel)
    import numpy as np

    from router.streets.snap import OffRoad

    seen: dict[_Point, int] = {}
    for at in (*(hub.location for hub in drop.hubs), *(order.location for order in drop.orders)):
        seen.setdefault(_point(at), len(seen))

    def placed(at: Location) -> Location:
        return replace(at, place=seen[_point(at)])

    extract = folder / (drop.travel.extract or "")
    points = np.array(list(seen), dtype=np.float64).reshape(-1, 2)
    alike = _alike([profile.costing or "" for profile in drop.travel.profiles.values()], roads)
    measured: dict[str, Profile] = {}
    off_road: list[OffRoad] = []
    for costing in dict.fromkeys(alike.values()):
        try:
            matrix = _matrix(roads, extract, costing, points)
        except OffRoad as fault:
            off_road.append(fault)
        else:
            measured[costing] = Profile(metres=_rows(matrix.metres.tolist()), seconds=_rows(matrix.seconds.tolist()))
    if off_road:
        covers = f"{drop.travel.extract} covers" if roads in (BUILT_IN, OSRM) else f"the map of {roads} covers"
        raise Faulty("drop", _too_far(drop, seen, off_road, covers))
    profiles = {name: measured[alike[profile.costing or ""]] for name, profile in drop.travel.profiles.items()}
    return replace(
        drop,
        travel=Travel(kind="matrix", places=len(seen), profiles=profiles),
        hubs=tuple(replace(hub, location=placed(hub.location)) for hub in drop.hubs),
        orders=tuple(replace(order, location=placed(order.location)) for order in drop.orders),
    )


def _known_costings(travel: Travel) -> None:
    """Raises ``Faulty`` with every profile whose costing there is not. The built-in roads and OSRM have the same."""
    from router.streets.costing import COSTINGS

    unknown = tuple(
        Fault(
            pointer=f"/travel/profiles/{escape(name)}/costing",
            code="costing-unknown",
            message=f"there is no costing {shown(profile.costing or '')}; choose one of {', '.join(COSTINGS)}",
        )
        for name, profile in travel.profiles.items()
        if profile.costing not in COSTINGS
    )
    if unknown:
        raise Faulty("drop", in_order(unknown))


def _point(at: Location) -> _Point:
    return at.lat or 0.0, at.lon or 0.0


def _alike(costings: list[str], roads: str) -> dict[str, str]:
    """For each costing the first one with the same roads: OSRM has fewer kinds of them than there are costings."""
    if roads == BUILT_IN:
        return {costing: costing for costing in costings}
    from router import osrm

    if roads == OSRM and not osrm.available():
        raise osrm.OsrmMissing
    needed = {costing: osrm.PROFILES[costing] for costing in costings}
    if roads != OSRM and len(set(needed.values())) > 1:
        raise RoadServerProfiles(roads, needed)
    first: dict[str, str] = {}
    return {costing: first.setdefault(profile, costing) for costing, profile in needed.items()}


def _matrix(roads: str, extract: Path, costing: str, points: Float64) -> RoadMatrix:
    if roads == BUILT_IN:
        from router.roads import read_roads

        return read_roads(extract, costing).matrix(points)
    from router import osrm

    if roads != OSRM:
        return osrm.server_matrix(roads, points, costing=costing)
    with tempfile.TemporaryDirectory(prefix="dropwright-") as folder:
        return osrm.wheel_matrix(osrm.build(extract, costing, Path(folder)), points, costing=costing)


def _too_far(drop: Drop, place: dict[_Point, int], off_road: list[OffRoad], covers: str) -> tuple[Fault, ...]:
    """One fault for each hub and order at a point that some costing has no road near, by place in the drop."""
    told: dict[int, list[str]] = {}
    most_m = 0
    for error in off_road:
        context: dict[str, Any] = error.context
        most_m = context["max_metres"]
        for far in context["points"]:
            away = "with no road in reach" if far["metres"] is None else f"{far['metres']} m from any road"
            told.setdefault(far["point"], []).append(f"{away} for {context['costing']}")
    located = [(f"/hubs/{i}", f"hub {shown(hub.id)}", hub.location) for i, hub in enumerate(drop.hubs)]
    located += [(f"/orders/{i}", f"order {shown(order.id)}", order.location) for i, order in enumerate(drop.orders)]
    return tuple(
        Fault(
            pointer=f"{pointer}/location",
            code="off-road",
            message=f"{who} is {', '.join(told[place[_point(at)]])}, and at most {most_m} m is bridged; "
            f"check lat and lon, and that {covers} them",
        )
        for pointer, who, at in located
        if place[_point(at)] in told
    )


def _rows(matrix: list[list[int]]) -> tuple[tuple[int | None, ...], ...]:
    return tuple(tuple(None if value < 0 else value for value in row) for row in matrix)
