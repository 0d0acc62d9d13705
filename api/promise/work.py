"""How long couriers are busy with what a hub has to send out: what a delivery takes once many are made.

Tours over many doors are as long as the way out and back, shared by the stops of a trip, and for each stop a step from
door to door that shrinks as doors lie closer: 0.57 x sqrt(area / doors), after Daganzo (1984) and Beardwood, Halton and
Hammersley (1959). How far doors lie and over what area is known from sums that are kept with the orders.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from api.db.order_sums import PER_DEGREE, Sums
from api.promise.ground import Ground, HubGround
from api.promise.ways import stretch
from router.model import Capacity, Courier

METRES_PER_DEGREE = 111_195.0
STEP = 0.57
"""Of the square root of the area that one door has: the step from one door to the next one of a tour."""

_FULL_TRIP = 25
"""Stops of a trip where capacity says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What one more delivery of a hub takes, on average: seconds and metres of a courier, and stops of a full trip.

    ``round``: out and back once; ``step``: from door to door; ``load_s``: loading a trip.
    """

    round_m: float
    round_s: float
    step_m: float
    step_s: float
    load_s: float
    stops: int

    def seconds(self, parcels: int, service_s: int) -> float:
        """Courier seconds for so many deliveries, that wait so many seconds at doors in all."""
        if not parcels:
            return 0.0
        return service_s + parcels * self.step_s + math.ceil(parcels / self.stops) * (self.round_s + self.load_s)

    def one_more_s(self, service_s: int) -> float:
        """Courier seconds for one delivery more, in a trip with others."""
        return service_s + self.step_s + (self.round_s + self.load_s) / self.stops


def work_of(ground: Ground, at: HubGround, sums: Sums, grams: int, millilitres: int) -> Work:
    """What a delivery of a hub takes, where its orders are as ``sums`` says and parcels as large as the one given."""
    if not at.couriers:
        return Work(round_m=0, round_s=0, step_m=0, step_s=0, load_s=0, stops=1)
    many = len(at.couriers)
    stops = sum(_stops(room, grams, millilitres) * number for (_, room), number in at.kinds.items())
    riders = Counter[str]()
    for (profile, _), number in at.kinds.items():
        riders[profile] += number
    reach = {profile: _reach(ground, at, sums, profile) for profile in riders}
    far_m, far_s, step_m, step_s = (
        sum(reach[profile][part] * number for profile, number in riders.items()) / many for part in range(4)
    )
    return Work(
        round_m=2 * far_m,
        round_s=2 * far_s,
        step_m=step_m,
        step_s=step_s,
        load_s=at.load_s,
        stops=max(1, stops // many),
    )


def capacity_s(couriers: Iterable[Courier], start: datetime, end: datetime | None) -> float:
    """Seconds that couriers still have from ``start`` on, until ``end`` or the end of their shifts."""
    left = 0.0
    for courier in couriers:
        last = courier.shift.end if end is None else min(end, courier.shift.end)
        span_s = max(0.0, (last - max(start, courier.shift.start)).total_seconds())
        left += span_s if courier.max_duty_seconds is None else min(span_s, courier.max_duty_seconds)
    return left


def _stops(room: Capacity, grams: int, millilitres: int) -> int:
    """Parcels of one size that a trip holds."""
    limits = [_FULL_TRIP if room.parcels is None else room.parcels]
    if room.grams is not None and grams:
        limits.append(room.grams // grams)
    if room.millilitres is not None and millilitres:
        limits.append(room.millilitres // millilitres)
    return max(1, min(_FULL_TRIP, *limits))


def _reach(ground: Ground, at: HubGround, sums: Sums, profile: str) -> tuple[float, float, float, float]:
    """Metres and seconds from the hub to one of its doors, and from one door to the next, by one profile."""
    drop, doors = ground.drop, max(1, sums.parcels)
    if drop.travel.kind == "matrix":
        metres, seconds = at.usual[profile]
        closer = min(1.0, STEP * math.sqrt(math.pi) * 1.5 / math.sqrt(doors))
        return metres, seconds, metres * closer, seconds * closer
    detour, pace = stretch(drop, drop.travel.profiles[profile])
    far_m, area = _spread(at, sums)
    metres, step = far_m * detour, STEP * math.sqrt(area / doors) * detour
    return metres, metres * pace, step, step * pace


def _spread(at: HubGround, sums: Sums) -> tuple[float, float]:
    """How far the doors lie from the hub, in metres (root mean square), and over what area, as an even rectangle."""
    if not sums.parcels or at.hub.location.lat is None or at.hub.location.lon is None:
        return 0.0, 0.0
    wide = METRES_PER_DEGREE * math.cos(math.radians(at.hub.location.lat)) / PER_DEGREE
    high = METRES_PER_DEGREE / PER_DEGREE
    mean_lat, mean_lon = sums.lat / sums.parcels, sums.lon / sums.parcels
    var_y = max(0.0, sums.lat_squared / sums.parcels - mean_lat**2) * high**2
    var_x = max(0.0, sums.lon_squared / sums.parcels - mean_lon**2) * wide**2
    off_y = (mean_lat - at.hub.location.lat * PER_DEGREE) * high
    off_x = (mean_lon - at.hub.location.lon * PER_DEGREE) * wide
    return math.sqrt(off_x**2 + off_y**2 + var_x + var_y), 12 * math.sqrt(var_x * var_y)
