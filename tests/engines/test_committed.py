"""Planning again after work has begun: what has begun stands, the rest is planned around it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from router.check import findings
from router.effort import Effort
from router.generate import make_drop
from router.model import Committed, Drop
from router.plan import Plan
from router.solve import plan


def begun(drop: Drop, made: Plan, minutes: int) -> Drop:
    """The drop as it stands so many minutes on: trips that load by then are committed, and one picked parcel waits."""
    now = drop.plan_at + timedelta(minutes=minutes)
    trips = tuple(trip for trip in made.trips if trip.load_at <= now)
    names = {trip.id for trip in trips}
    away = [parcel for parcel in made.parcels if parcel.trip in names]
    waiting = [parcel for parcel in made.parcels if parcel.trip not in names and parcel.ready_at <= now][:1]
    picked = [
        replace(parcel, trip=None, collection=None, shipped_at=None, delivered_at=None)
        for parcel in waiting
        if parcel.trip is not None
    ]
    return replace(drop, plan_at=now, committed=Committed(parcels=(*away, *picked), trips=trips))


@pytest.mark.parametrize("engine", ["greedy", "joint"])
@pytest.mark.parametrize("seed", range(4))
def test_what_has_begun_stands_and_the_referee_accepts_the_rest(engine: str, seed: int) -> None:
    drop = make_drop(orders=60, hubs=3, seed=seed)
    first = plan(drop, engine="joint", effort=Effort(steps=400), workers=1)
    later = begun(drop, first, minutes=50)
    assert later.committed.trips
    again = plan(later, engine=engine, effort=Effort(steps=400), workers=1)
    assert findings(later, again) == ()
