"""The cheapest plan of a tiny drop, by trying all of them: an independent answer for tests.

For drops whose orders are one unit each, so that no order can be split. Tries for every order: leaving it, every
collection, every courier; every hub and wave; for every courier every order of stops, every cut into trips. Days begin
as late as their first trip allows; nobody waits at a door on purpose.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import cache
from itertools import permutations, product
from typing import Any

from router.model import Courier, Drop, Hub, Order, Parcel, ParcelLine, Stop, Trip, Wave, named
from router.plan import COMPONENTS, PLAN_FORMAT, Cost, Plan, Unserved
from router.price import price
from router.travel import legs

Pick = tuple[Order, Hub, Wave]
Day = tuple[Trip, ...]


def cheapest(drop: Drop) -> Plan:
    """The cheapest plan. Exponential: up to four orders, two hubs of two waves, two couriers."""
    made = (_plan(drop, each) for each in product(*(_choices(drop, order) for order in drop.orders)))
    return min((plan for plan in made if plan is not None), key=lambda plan: plan.cost.total)


Choice = tuple[str, Hub, Wave] | None


def _choices(drop: Drop, order: Order) -> list[Choice]:
    (sku,) = drop.wants(order)
    stocked = {row.hub for row in drop.stock if row.sku == sku and row.quantity + row.contingency}
    found: list[Choice] = [None]
    for hub in drop.hubs:
        if hub.id in stocked and (order.hubs is None or hub.id in order.hubs):
            waves = [w for w in hub.waves if w.start >= max(drop.plan_at, order.clear_at)]
            ways = [c.id for c in drop.couriers if hub.id in c.loads_at]
            ways += [row.id for carrier in drop.carriers for row in carrier.collections if row.hub == hub.id]
            found += [(way, hub, wave) for way in ways for wave in waves]
    return found


def _plan(drop: Drop, chosen: tuple[Choice, ...]) -> Plan | None:
    parcels = list[Parcel]()
    collections = named(row for carrier in drop.carriers for row in carrier.collections)
    picks: dict[str, list[Pick]] = {}
    for order, choice in zip(drop.orders, chosen, strict=True):
        if choice is not None:
            way, hub, wave = choice
            if way in collections:
                row = collections[way]
                if wave.end > row.at:
                    return None
                times = {"shipped_at": row.at, "delivered_at": row.delivered_at}
                parcels.append(_parcel(order, hub, wave, collection=row.id, **times))
            else:
                picks.setdefault(way, []).append((order, hub, wave))
    if not _within(drop, chosen):
        return None
    days = [_days(_Box(drop), courier.id, tuple(picks[courier.id])) for courier in drop.couriers if courier.id in picks]
    best: Plan | None = None
    for some in product(*days):
        trips = [trip for day in some for trip in day]
        carried = [
            _parcel(order, hub, wave, trip=trip.id, shipped_at=trip.depart_at, delivered_at=stop.start_at)
            for own in picks.values()
            for order, hub, wave in own
            for trip in trips
            for stop in trip.stops
            if stop.order == order.id
        ]
        left = tuple(
            Unserved(order=order.id, reason="costs-more-than-leaving")
            for order, choice in zip(drop.orders, chosen, strict=True)
            if choice is None
        )
        plan = _priced(drop, [*parcels, *carried], tuple(trips), left)
        if best is None or plan.cost.total < best.cost.total:
            best = plan
    return best


def _within(drop: Drop, chosen: tuple[Choice, ...]) -> bool:
    """Whether stock, waves, collections and tariffs bear these choices."""
    skus = {each.sku: each for each in drop.catalog}
    for hub in drop.hubs:
        here = [(drop.wants(o), c) for o, c in zip(drop.orders, chosen, strict=True) if c is not None and c[1] == hub]
        if any(sum(c[2] == wave for _, c in here) > wave.lines for wave in hub.waves):
            return False
        for row in drop.stock:
            if row.hub == hub.id and sum(row.sku in wants for wants, _ in here) > row.quantity + row.contingency:
                return False
    for carrier in drop.carriers:
        for row in carrier.collections:
            own = [o for o, c in zip(drop.orders, chosen, strict=True) if c is not None and c[0] == row.id]
            if row.parcels is not None and len(own) > row.parcels:
                return False
            goods = [skus[sku] for o in own for sku in drop.wants(o)]
            if any(each.grams > carrier.tariff[-1].up_to_grams for each in goods):
                return False
            if any(set(each.handling) - set(carrier.handling) for each in goods):
                return False
    return True


class _Box:
    """A drop as a key."""

    def __init__(self, drop: Drop) -> None:
        self.drop = drop

    def __hash__(self) -> int:
        return id(self.drop)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Box) and self.drop is other.drop


@cache
def _days(box: _Box, name: str, picks: tuple[Pick, ...]) -> tuple[Day, ...]:
    """Every day in which this courier carries exactly these."""
    drop, courier = box.drop, named(box.drop.couriers)[name]
    found = []
    for row in permutations(picks):
        for cuts in product((False, True), repeat=len(row) - 1):
            groups: list[list[Pick]] = [[row[0]]]
            for pick, cut in zip(row[1:], cuts, strict=True):
                if cut:
                    groups.append([pick])
                else:
                    groups[-1].append(pick)
            found += _timed(drop, courier, groups)
    return tuple(found)


def _timed(drop: Drop, courier: Courier, groups: list[list[Pick]]) -> Iterator[Day]:
    if any(len({hub.id for _, hub, _ in group}) > 1 or not _fits(drop, courier, group) for group in groups):
        return
    if groups[0][0][1].id != courier.home or (courier.max_trips is not None and len(groups) > courier.max_trips):
        return
    hubs, leg, free_at = named(drop.hubs), legs(drop, courier.profile), max(courier.shift.start, drop.plan_at)
    day: list[Trip] = []
    for number, group in enumerate(groups):
        hub = group[0][1]
        to = hubs[groups[number + 1][0][1].id if number + 1 < len(groups) else courier.home]
        load_at = max([free_at, *(wave.end for _, _, wave in group)])
        if number == 0:
            first = leg(hub.location, group[0][0].location)
            opens = group[0][0].not_before
            if first is not None and opens is not None:
                load_at = max(load_at, opens - timedelta(seconds=first[1] + courier.load_seconds))
        at, here, metres, stops = load_at + timedelta(seconds=courier.load_seconds), hub.location, 0, []
        depart_at = at
        for order, _, _ in group:
            way = leg(here, order.location)
            if way is None:
                return
            arrive_at = at + timedelta(seconds=way[1])
            start_at = arrive_at if order.not_before is None else max(arrive_at, order.not_before)
            at, here, metres = start_at + timedelta(seconds=order.service_seconds), order.location, metres + way[0]
            name = f"{order.id}-p"
            stops.append(Stop(order=order.id, parcels=(name,), arrive_at=arrive_at, start_at=start_at, leave_at=at))
        way = leg(here, to.location)
        if way is None:
            return
        free_at = at + timedelta(seconds=way[1])
        day.append(
            Trip(id=f"{courier.id}-{number}", courier=courier.id, hub=hub.id, load_at=load_at, depart_at=depart_at,
                 stops=tuple(stops), return_to=to.id, return_at=free_at, metres=metres + way[0])
        )  # fmt: skip
    duty_s = (day[-1].return_at - day[0].load_at).total_seconds()
    if free_at <= courier.shift.end and (courier.max_duty_seconds is None or duty_s <= courier.max_duty_seconds):
        yield tuple(day)


def _fits(drop: Drop, courier: Courier, group: list[Pick]) -> bool:
    skus = {each.sku: each for each in drop.catalog}
    goods = [skus[sku] for order, _, _ in group for sku in drop.wants(order)]
    most = courier.capacity
    return (
        all(set(each.handling) <= set(courier.handling) for each in goods)
        and (most.grams is None or sum(each.grams for each in goods) <= most.grams)
        and (most.millilitres is None or sum(each.millilitres for each in goods) <= most.millilitres)
        and (most.parcels is None or len(goods) <= most.parcels)
    )


def _parcel(order: Order, hub: Hub, wave: Wave, **way: Any) -> Parcel:
    (line,) = order.lines
    return Parcel(
        id=f"{order.id}-p",
        order=order.id,
        hub=hub.id,
        wave=wave.id,
        lines=(ParcelLine(sku=line.sku, quantity=1),),
        ready_at=wave.end,
        **way,
    )


def _priced(drop: Drop, parcels: list[Parcel], trips: tuple[Trip, ...], left: tuple[Unserved, ...]) -> Plan:
    """The plan with its price; contingency is drawn on by whoever finds the ordinary units gone."""
    units = {(row.hub, row.sku): row.quantity for row in drop.stock}
    made = []
    for parcel in parcels:
        (line,) = parcel.lines
        units[parcel.hub, line.sku] -= 1
        beside = 1 if units[parcel.hub, line.sku] < 0 else 0
        made.append(replace(parcel, lines=(replace(line, contingency=beside),)))
    plan = Plan(
        format=PLAN_FORMAT,
        drop=drop.id,
        cost=Cost(total=0, **dict.fromkeys(COMPONENTS, 0)),
        lower_bound=None,
        parcels=tuple(made),
        trips=trips,
        unserved=left,
    )
    return replace(plan, cost=price(drop, plan))
