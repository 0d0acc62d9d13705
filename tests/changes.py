"""A drop or a plan with one thing changed, for tests that break rules on purpose."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from router.model import Drop, ParcelLine
from router.plan import Plan


def with_parcel(plan: Plan, name: str, **changes: Any) -> Plan:
    """The parcel ``name`` with some fields changed."""
    return replace(plan, parcels=tuple(replace(p, **changes) if p.id == name else p for p in plan.parcels))


def with_lines(plan: Plan, name: str, *lines: tuple[str, int, int]) -> Plan:
    """The parcel ``name`` with other lines: SKU, quantity, contingency."""
    made = tuple(ParcelLine(sku=sku, quantity=units, contingency=beside) for sku, units, beside in lines)
    return with_parcel(plan, name, lines=made)


def with_trip(plan: Plan, name: str, **changes: Any) -> Plan:
    """The trip ``name`` with some fields changed."""
    return replace(plan, trips=tuple(replace(t, **changes) if t.id == name else t for t in plan.trips))


def with_stop(plan: Plan, name: str, index: int, **changes: Any) -> Plan:
    """One stop of the trip ``name`` with some fields changed."""
    stops = next(trip.stops for trip in plan.trips if trip.id == name)
    return with_trip(plan, name, stops=(*stops[:index], replace(stops[index], **changes), *stops[index + 1 :]))


def with_row(drop: Drop, name: str, index: int, **changes: Any) -> Drop:
    """One row of the drop's list ``name`` with some fields changed."""
    rows = getattr(drop, name)
    return replace(drop, **{name: (*rows[:index], replace(rows[index], **changes), *rows[index + 1 :])})


def with_first_wave(drop: Drop, hub: int, **changes: Any) -> Drop:
    """The first wave of a hub with some fields changed."""
    waves = drop.hubs[hub].waves
    return with_row(drop, "hubs", hub, waves=(replace(waves[0], **changes), *waves[1:]))


def with_collection(drop: Drop, **changes: Any) -> Drop:
    """The only collection with some fields changed."""
    return with_row(drop, "carriers", 0, collections=(replace(drop.carriers[0].collections[0], **changes),))


def with_capacity(drop: Drop, **changes: Any) -> Drop:
    """The capacity of bike-1 with some limits changed."""
    return with_row(drop, "couriers", 0, capacity=replace(drop.couriers[0].capacity, **changes))


def later(drop: Drop, plan: Plan, minutes: int) -> Drop:
    """The drop so many minutes later: what the plan has loaded and begun to pick by then is committed."""
    now = drop.plan_at + timedelta(minutes=minutes)
    trips = tuple(trip for trip in plan.trips if trip.load_at < now)
    away = {trip.id for trip in trips}
    starts = {(hub.id, wave.id): wave.start for hub in drop.hubs for wave in hub.waves}
    parcels = tuple(
        each if each.trip in away or each.collection else replace(each, trip=None, shipped_at=None, delivered_at=None)
        for each in plan.parcels
        if each.trip in away or starts[each.hub, each.wave] < now
    )
    return replace(drop, plan_at=now, committed=replace(drop.committed, parcels=parcels, trips=trips))
