"""An instance as a drop: depots are hubs, visits orders, vehicles couriers, and a minor unit is its unit of cost.

Every hub holds all the goods. Its waves take no time and any number of lines; there is one at each release time, and
an order is cleared at its own. A late order costs more than it could save, and one left over costs more than a late
one: such a plan is refused in any case.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bench.published.instance import Fleet, Instance, Visit
from router.errors import Invalid
from router.model import (
    Capacity,
    Component,
    Courier,
    CourierCost,
    Drop,
    Hub,
    Location,
    Order,
    Penalty,
    Profile,
    Shift,
    Sku,
    Step,
    Stock,
    Tier,
    Travel,
    Wave,
)

START_AT = datetime(2026, 1, 1, tzinfo=UTC)
PROFILE, TIER, UNIT_SKU, NOTHING_SKU = "vehicle", "hard", "unit", "nothing"
MOST_PLACES = 2000
LATE, UNSERVED = 4, 8
"""Penalties, in journeys of the dearest vehicle to the farthest customer and back for that one alone."""


def at(seconds: int) -> datetime:
    """The instant so many seconds after the start."""
    return START_AT + timedelta(seconds=seconds)


def hub_id(depot: int) -> str:
    """The hub of the depot at that place."""
    return f"depot-{depot}"


def wave_id(release_s: int) -> str:
    """The wave at a release time, the same name at every hub."""
    return f"at-{release_s}"


def courier_id(fleet: int, number: int) -> str:
    """Vehicle ``number`` of ``fleets[fleet]``."""
    return f"{fleet}-{number}"


def dearest_journey(instance: Instance) -> int:
    """Minor units of the dearest vehicle's way to one customer alone and back.

    With a vehicle to spare, nothing that a hard window forces can cost more than that.
    """
    metres = instance.metres
    visits = [visit.place for visit in instance.visits]
    return max(
        fleet.fixed + fleet.per_metre * int((metres[fleet.depot, visits] + metres[visits, fleet.depot]).max())
        for fleet in instance.fleets
    )


def drop_of(instance: Instance) -> Drop:
    """The drop, whose cheapest plan without a late or left order is the instance's best solution.

    Raises ``Invalid`` where a full matrix would be too large.
    """
    if len(instance.metres) > MOST_PLACES:
        raise Invalid(f"{instance.name} has {len(instance.metres)} places; up to {MOST_PLACES} go into one matrix")
    rows = tuple(map(tuple, instance.metres.tolist()))
    journey = dearest_journey(instance)
    demand = sum(visit.demand for visit in instance.visits)
    hubs = [hub_id(depot) for depot in range(instance.depots)]
    releases = sorted({visit.release_s for visit in instance.visits} | {0})
    return Drop(
        format="dropwright.drop/1",
        id=instance.name,
        currency="XXX",
        timezone="UTC",
        plan_at=START_AT,
        # A leg takes as many seconds as it has metres, so one table serves as both.
        travel=Travel(kind="matrix", places=len(rows), profiles={PROFILE: Profile(metres=rows, seconds=rows)}),
        catalog=(
            Sku(sku=UNIT_SKU, seller="", grams=1, millilitres=0),
            Sku(sku=NOTHING_SKU, seller="", grams=0, millilitres=0),
        ),
        tiers=(
            Tier(
                id=TIER,
                late_delivery=Penalty(steps=(Step(after=0, amount=LATE * journey),)),
                unserved=UNSERVED * journey,
            ),
        ),
        hubs=tuple(
            Hub(
                id=hub,
                partner="",
                location=Location(place=depot),
                waves=tuple(
                    Wave(id=wave_id(release), start=at(release), end=at(release), lines=len(instance.visits))
                    for release in releases
                ),
            )
            for depot, hub in enumerate(hubs)
        ),
        stock=tuple(
            Stock(hub=hub, sku=sku, quantity=quantity)
            for hub in hubs
            for sku, quantity in ((UNIT_SKU, demand), (NOTHING_SKU, len(instance.visits)))
        ),
        couriers=tuple(
            _courier(fleet, courier_id(index, number))
            for index, fleet in enumerate(instance.fleets)
            for number in range(fleet.count)
        ),
        orders=tuple(map(_order, instance.visits)),
    )


def _courier(fleet: Fleet, name: str) -> Courier:
    return Courier(
        id=name,
        partner="",
        profile=PROFILE,
        home=hub_id(fleet.depot),
        shift=Shift(start=at(fleet.opens_s), end=at(fleet.closes_s)),
        max_duty_seconds=fleet.duration_s,
        capacity=Capacity(grams=fleet.capacity),
        max_trips=fleet.trips,
        cost=CourierCost(fixed=fleet.fixed, per_km=1000 * fleet.per_metre),
    )


def _order(visit: Visit) -> Order:
    wanted = Component(sku=UNIT_SKU, quantity=visit.demand)
    return Order(
        id=visit.name,
        placed_at=START_AT,
        cleared_at=at(visit.release_s),
        tier=TIER,
        location=Location(place=visit.place),
        lines=(wanted if visit.demand else Component(sku=NOTHING_SKU, quantity=1),),
        not_before=at(visit.opens_s) if visit.opens_s else None,
        deliver_by=None if visit.closes_s is None else at(visit.closes_s),
        service_seconds=visit.service_s,
    )
