"""Where a plan has room: waves an order may join, what couriers have aboard, when they are back."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime

from router.model import Drop, Hub, Order, Wave
from router.plan import Plan
from router.price import instant


def waves_for(drop: Drop, order: Order, hub: Hub) -> tuple[Wave, ...]:
    """The waves of a hub that an order may join: begun neither before the planning nor before its clearance."""
    first = max(instant(drop.plan_at), instant(order.clear_at))
    return tuple(wave for wave in hub.waves if instant(wave.start) >= first)


def loads(drop: Drop, plan: Plan) -> dict[str, dict[str, int]]:
    """The most grams, millilitres and parcels that each courier has on one trip of a plan, begun trips aside."""
    skus = {each.sku: each for each in drop.catalog}
    begun = {trip.id for trip in drop.committed.trips}
    aboard: dict[str, Counter[str]] = defaultdict(Counter)
    for parcel in plan.parcels:
        if parcel.trip is not None and parcel.trip not in begun:
            aboard[parcel.trip]["parcels"] += 1
            for line in parcel.lines:
                aboard[parcel.trip]["grams"] += skus[line.sku].grams * line.quantity
                aboard[parcel.trip]["millilitres"] += skus[line.sku].millilitres * line.quantity
    most: dict[str, dict[str, int]] = {}
    for trip in plan.trips:
        if trip.id in aboard:
            known = most.setdefault(trip.courier, {"grams": 0, "millilitres": 0, "parcels": 0})
            most[trip.courier] = {part: max(units, aboard[trip.id][part]) for part, units in known.items()}
    return most


def last_returns(plan: Plan) -> dict[str, datetime]:
    """When each courier of a plan returns for the last time."""
    found: dict[str, datetime] = {}
    for trip in plan.trips:
        found[trip.courier] = max(trip.return_at, found.get(trip.courier, trip.return_at))
    return found
