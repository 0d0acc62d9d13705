"""Who could take a parcel from a hub to a door, when, and for about how much: couriers one by one, and collections."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from api.promise.ground import Ground, upcoming
from api.promise.load import Load, carriers_room, courier_s, driven
from api.promise.picking import Miss
from api.promise.ways import Way, between
from api.promise.work import Work, capacity_s
from router.model import Carrier, Courier, Location


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """What goes from one hub to the door in one piece. ``handling``: the classes that its carriage needs."""

    grams: int
    millilitres: int
    handling: frozenset[str]
    door: Location
    service_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Out:
    """One way out: by whom, when it leaves and arrives, and what it adds to the cost in minor units."""

    by: str
    ship_at: datetime
    deliver_at: datetime
    cost: float


def ways_out(
    ground: Ground, load: Load, hub: str, parcel: Parcel, ready: datetime, tier: str, deliver_by: datetime | None
) -> list[Out] | Miss:
    """Every way out of a hub for a parcel that is ready at ``ready``, or what stands in the way of all of them."""
    couriers = list(_couriers(ground, load, hub, parcel, ready, tier))
    collections = list(_collections(ground, hub, parcel, ready))
    full = _full(ground, load, hub, parcel, tier, deliver_by) if couriers else None
    found = [] if full else couriers
    if collections and carriers_room(ground, load, hub) >= 1:
        found += collections
    if found:
        return found
    if not couriers and not collections:
        return Miss(reason="no-way-out", detail=f"no courier or collection of {hub} could take it")
    return Miss(reason="couriers-full", detail=full or f"the collections of {hub} have no room left")


def _couriers(ground: Ground, load: Load, hub: str, parcel: Parcel, ready: datetime, tier: str) -> Iterator[Out]:
    """Couriers who could make a trip with this parcel before their shift ends, each with the cost of one stop more.

    It shares the trip with whatever there is to take, and waits for half of what is as urgent as it is.
    """
    at, work = ground.hubs[hub], load.work[hub]
    others = min(work.stops, driven(ground, load, hub) + 1) - 1
    first = min(work.stops, driven(ground, load, hub, tier) + 1) - 1
    between_s = math.ceil(first / 2 * (work.step_s + parcel.service_seconds))
    ways: dict[tuple[str, str], Way | None] = {}
    for courier in at.couriers:
        if not _fits(courier, parcel):
            continue
        key = courier.profile, courier.home
        if key not in ways:
            home = ground.hubs[courier.home].hub
            ways[key] = between(ground.drop, courier.profile, at.hub, parcel.door, home)
        way = ways[key]
        if way is None:
            continue
        load_at = max(ready, courier.shift.start)
        depart = load_at + timedelta(seconds=courier.load_seconds)
        arrive = depart + timedelta(seconds=math.ceil(way.out_s))
        back = arrive + timedelta(seconds=parcel.service_seconds + math.ceil(way.back_s))
        longest = courier.max_duty_seconds
        if back <= courier.shift.end and (longest is None or (back - load_at).total_seconds() <= longest):
            yield Out(
                by=courier.id,
                ship_at=depart,
                deliver_at=arrive + timedelta(seconds=between_s),
                cost=_courier_cost(courier, work, way, others, parcel.service_seconds),
            )


def _collections(ground: Ground, hub: str, parcel: Parcel, ready: datetime) -> Iterator[Out]:
    """Collections that come once the parcel is ready and may take it."""
    for carrier, collection in ground.hubs[hub].collections:
        cost = _tariff(carrier, parcel.grams)
        if collection.at >= ready and cost is not None and parcel.handling <= set(carrier.handling):
            yield Out(by=carrier.id, ship_at=collection.at, deliver_at=collection.delivered_at, cost=cost)


def _full(ground: Ground, load: Load, hub: str, parcel: Parcel, tier: str, deliver_by: datetime | None) -> str | None:
    """Why the couriers of a hub have no time for one stop more, ``None`` where they have.

    Until the promise is due they have to serve what is as urgent; until their shifts end all of it.
    """
    pool = ground.hubs[hub].shared
    couriers = {courier.id: courier for each in pool for courier in ground.hubs[each].couriers}
    begin = min(
        wave.end for each in pool for wave in ground.hubs[each].waves if wave.start >= upcoming(ground, load.now)
    )
    mine = load.work[hub].one_more_s(parcel.service_seconds)
    for name, until in ((tier, deliver_by), (None, None)):
        needed, left = courier_s(ground, load, pool, name) + mine, capacity_s(couriers.values(), begin, until)
        if needed > left:
            when = "before it is due" if until else "in their shifts"
            told = f"couriers of {', '.join(sorted(pool))} have {left:.0f} s left {when}"
            return f"{told}, and orders need {needed:.0f} s"
    return None


def _fits(courier: Courier, parcel: Parcel) -> bool:
    room = courier.capacity
    return (
        parcel.handling <= set(courier.handling)
        and (room.grams is None or parcel.grams <= room.grams)
        and (room.millilitres is None or parcel.millilitres <= room.millilitres)
        and room.parcels != 0
        and courier.max_trips != 0
    )


def _courier_cost(courier: Courier, work: Work, way: Way, others: int, service_s: int) -> float:
    """A share of the way out and back with the ``others`` on the trip, and a step; alone the fixed cost as well."""
    share = 1 / (others + 1)
    step_m, step_s = (work.step_m, work.step_s) if others else (0.0, 0.0)
    busy_s = (way.out_s + way.back_s + courier.load_seconds) * share + step_s + service_s
    cost = courier.cost
    fixed = 0 if others else cost.fixed
    return fixed + cost.per_km * (way.metres * share + step_m) / 1000 + cost.per_hour * busy_s / 3600


def _tariff(carrier: Carrier, grams: int) -> int | None:
    return next((step.amount for step in carrier.tariff if grams <= step.up_to_grams), None)
