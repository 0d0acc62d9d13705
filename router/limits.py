"""Days that break a limit once they are timed: back too late, on duty too long, or without a way."""

from __future__ import annotations

from itertools import pairwise

from router.draft import Draft
from router.model import Courier, Drop, Trip, named
from router.plan import Plan
from router.price import instant
from router.travel import legs


def broken(drop: Drop, draft: Draft, plan: Plan) -> set[str]:
    """Couriers of the draft who would be back too late, on duty too long, or find no way from one place to the next.

    ``plan``: the draft with times. Pure. O(couriers + stops).
    """
    driven: dict[str, list[Trip]] = {}
    for trip in plan.trips:
        driven.setdefault(trip.courier, []).append(trip)
    found = set()
    fresh = {trip.courier for trip in draft.trips}
    for courier in drop.couriers:
        if courier.id in fresh:
            trips = driven[courier.id]
            first = min(instant(trip.load_at) for trip in trips)
            last = max(instant(trip.return_at) for trip in trips)
            longest = courier.max_duty_seconds
            if (
                last > instant(courier.shift.end)
                or (longest is not None and last - first > longest)
                or not _passable(drop, courier, trips)
            ):
                found.add(courier.id)
    return found


def _passable(drop: Drop, courier: Courier, trips: list[Trip]) -> bool:
    """Whether there is a way along every new trip; only a matrix knows of none."""
    if drop.travel.kind != "matrix":
        return True
    committed = {trip.id for trip in drop.committed.trips}
    hubs, orders = named(drop.hubs), named(drop.orders)
    way = legs(drop, courier.profile)
    for trip in trips:
        if trip.id not in committed:
            doors = (orders[stop.order].location for stop in trip.stops)
            places = [hubs[trip.hub].location, *doors, hubs[trip.return_to].location]
            if not all(way(start, end) is not None for start, end in pairwise(places)):
                return False
    return True
