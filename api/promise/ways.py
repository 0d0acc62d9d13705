"""Metres and seconds from a hub to a door, before anybody plans: exact but for roads, which are not looked at here.

A road graph takes seconds to read, so roads are taken for the great circle made longer by ``ROAD_DETOUR``, at the speed
of a residential street.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from router.model import Drop, Hub, Location, Profile
from router.streets.costing import COSTINGS
from router.travel import great_circle_m

ROAD_DETOUR = 1.35
"""How much longer than the great circle streets are, about."""

_SLOWEST = 4.0
_KMH = {name: float(costing.kmh.get("residential", _SLOWEST)) for name, costing in COSTINGS.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """There and back between a hub and a door, both halves in metres and seconds."""

    metres: float
    out_s: float
    back_s: float


def between(drop: Drop, profile: str, hub: Hub, door: Location, home: Hub) -> Way | None:
    """From ``hub`` to ``door`` and on to ``home``, ``None`` where a matrix knows no way."""
    known = drop.travel.profiles[profile]
    if drop.travel.kind == "matrix":
        out, back = _cell(known, hub.location, door), _cell(known, door, home.location)
        if out is None or back is None:
            return None
        return Way(metres=out[0] + back[0], out_s=out[1], back_s=back[1])
    detour, pace = stretch(drop, known)
    out_m, back_m = (great_circle_m(door, at.location) * detour for at in (hub, home))
    return Way(metres=out_m + back_m, out_s=out_m * pace, back_s=back_m * pace)


def stretch(drop: Drop, profile: Profile) -> tuple[float, float]:
    """How much longer than the great circle a profile's ways are, and its seconds for a metre."""
    if drop.travel.kind == "road":
        return ROAD_DETOUR, 3.6 / _KMH.get(profile.costing or "", _SLOWEST)
    return profile.detour or 1.0, 1 / (profile.metres_per_second or math.inf)


def usual(drop: Drop, profile: str, hub: Hub) -> tuple[float, float]:
    """Metres and seconds from a hub to a place of a matrix, on average over those that can be reached."""
    known = drop.travel.profiles[profile]
    places = (Location(place=place) for place in range(drop.travel.places or 0))
    reached = [cell for place in places if (cell := _cell(known, hub.location, place)) is not None and cell[0]]
    if not reached:
        return 0.0, 0.0
    return sum(metres for metres, _ in reached) / len(reached), sum(seconds for _, seconds in reached) / len(reached)


def _cell(profile: Profile, start: Location, end: Location) -> tuple[int, int] | None:
    """Metres and seconds of a leg of a matrix."""
    metres = (profile.metres or ())[start.place or 0][end.place or 0]
    seconds = (profile.seconds or ())[start.place or 0][end.place or 0]
    return None if metres is None or seconds is None else (metres, seconds)
