"""Single changes of a drop that might cure an order: all that could, generously; and how much of one a plan uses."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from router.draft import Draft
from router.explain.records import Change, Part
from router.explain.room import last_returns, loads, waves_for
from router.model import Capacity, Carrier, Courier, Drop, Hub, Order, Shift, Stock, named
from router.plan import Plan
from router.taken import Taken, held, taken_by_draft, taken_by_plan

PARTS: tuple[Part, ...] = ("grams", "millilitres", "parcels")
_DAY = timedelta(days=1)


def groups(drop: Drop, rest: Draft, order: Order) -> tuple[tuple[Change, ...], ...]:
    """Changes that leave nothing to wish for, by kind (stock by SKU, capacity by part): more than any order uses.

    Only what may be short is changed: goods of which a hub has less left than was ordered, waves and collections that
    might not have room. ``rest``: the plan without the order.
    """
    taken, there, wants = taken_by_draft(drop, rest), held(drop), drop.wants(order)
    hubs = [hub for hub in drop.hubs if order.hubs is None or hub.id in order.hubs]
    names = {hub.id for hub in hubs}
    units = sum(wants.values())
    stock = [
        tuple(
            Change(kind="stock", hub=hub.id, sku=sku, size=ordered)
            for hub in hubs
            if there.get((hub.id, sku), 0) - taken.units[hub.id, sku] < ordered
        )
        for sku, ordered in wants.items()
    ]
    waves = tuple(
        Change(kind="wave", hub=hub.id, wave=wave.id, size=units)
        for hub in hubs
        for wave in waves_for(drop, order, hub)
        if wave.lines - taken.lines[hub.id, wave.id] < units
    )
    collections = tuple(
        Change(kind="collection", hub=each.hub, collection=each.id, size=units)
        for carrier in drop.carriers
        for each in carrier.collections
        if each.hub in names and each.parcels is not None and each.parcels - taken.parcels[each.id] < units
    )
    couriers = [courier for courier in drop.couriers if names & set(courier.loads_at)]
    shifts = tuple(Change(kind="shift", courier=each.id, size=86_400) for each in couriers)
    catalog = {each.sku: each for each in drop.catalog}
    grams = sum(catalog[sku].grams * number for sku, number in wants.items())
    millilitres = sum(catalog[sku].millilitres * number for sku, number in wants.items())
    capacity = [
        tuple(
            Change(kind="capacity", courier=each.id, part=part, size=size)
            for each in couriers
            if getattr(each.capacity, part) is not None
        )
        for part, size in zip(PARTS, (grams, millilitres, units), strict=True)
    ]
    found = (*stock, waves, collections, *capacity, shifts, _more(drop, order, hubs))
    return tuple(each for each in found if each)


def _more(drop: Drop, order: Order, hubs: list[Hub]) -> tuple[Change, ...]:
    """A courier of every sort there is at each of the hubs, for as long as anything could take."""
    ends = [wave.end for hub in hubs for wave in hub.waves]
    last = max([drop.plan_at, *ends, *([] if order.not_before is None else [order.not_before])])
    always = Shift(start=drop.plan_at, end=_later(last, _DAY))
    sorts = {
        replace(courier, id="", partner="", home="", hubs=None, shift=always): courier
        for courier in reversed(drop.couriers)
    }
    known = named(drop.couriers)
    made = []
    for courier in reversed(sorts.values()):
        for hub in hubs:
            name = f"{courier.id}+{hub.id}"
            while name in known:
                name += "+"
            made.append(
                Change(
                    kind="courier",
                    hub=hub.id,
                    courier=courier.id,
                    name=name,
                    shift=always,
                    size=int((always.end - always.start).total_seconds()),
                )
            )
    return tuple(made)


def widened(drop: Drop, changes: tuple[Change, ...]) -> Drop:
    """The drop with all of these changes."""
    units = {(each.hub, each.sku): each.size for each in changes if each.kind == "stock"}
    lines = {(each.hub, each.wave): each.size for each in changes if each.kind == "wave"}
    places = {each.collection: each.size for each in changes if each.kind == "collection"}
    shifts = {each.courier: each.size for each in changes if each.kind == "shift"}
    room = {(each.courier, each.part): each.size for each in changes if each.kind == "capacity"}
    couriers = named(drop.couriers)
    stocked = {(row.hub, row.sku) for row in drop.stock}
    fresh = tuple(
        Stock(hub=hub, sku=sku, quantity=size)
        for (hub, sku), size in units.items()
        if hub is not None and sku is not None and (hub, sku) not in stocked
    )

    def at_hub(hub: Hub) -> Hub:
        waves = tuple(replace(wave, lines=wave.lines + lines.get((hub.id, wave.id), 0)) for wave in hub.waves)
        return replace(hub, waves=waves)

    def by_carrier(carrier: Carrier) -> Carrier:
        rows = tuple(
            each if each.parcels is None else replace(each, parcels=each.parcels + places.get(each.id, 0))
            for each in carrier.collections
        )
        return replace(carrier, collections=rows)

    def by_courier(courier: Courier) -> Courier:
        end = _later(courier.shift.end, timedelta(seconds=shifts.get(courier.id, 0)))
        limits: dict[Part, int | None] = {part: getattr(courier.capacity, part) for part in PARTS}
        wider = {
            part: None if limit is None else limit + room.get((courier.id, part), 0) for part, limit in limits.items()
        }
        return replace(courier, shift=replace(courier.shift, end=end), capacity=Capacity(**wider))

    more = tuple(
        replace(couriers[each.courier], id=each.name, home=each.hub, hubs=None, shift=each.shift)
        for each in changes
        if each.courier is not None and each.name is not None and each.hub is not None and each.shift is not None
    )
    return replace(
        drop,
        hubs=tuple(map(at_hub, drop.hubs)) if lines else drop.hubs,
        stock=(
            *(replace(row, quantity=row.quantity + units.get((row.hub, row.sku), 0)) for row in drop.stock),
            *fresh,
        ),
        carriers=tuple(map(by_carrier, drop.carriers)) if places else drop.carriers,
        couriers=(*(map(by_courier, drop.couriers) if shifts or room else drop.couriers), *more),
    )


def in_use(drop: Drop, plan: Plan, changes: tuple[Change, ...], order: Order) -> tuple[Change, ...]:
    """Of these changes of ``drop`` the ones that ``plan`` needs, each as small as it needs it."""
    taken, most, back = taken_by_plan(plan), loads(drop, plan), last_returns(plan)
    found = (_needed(drop, plan, each, order, taken, most, back) for each in changes)
    return tuple(each for each in found if each is not None)


def _needed(
    drop: Drop,
    plan: Plan,
    change: Change,
    order: Order,
    taken: Taken,
    most: dict[str, dict[str, int]],
    back: dict[str, datetime],
) -> Change | None:
    """The change as small as the plan needs it, or ``None`` where it does not."""
    if change.kind == "courier":
        return _short_shift(drop, plan, change, order)
    over = 0
    if change.kind == "stock" and change.hub is not None and change.sku is not None:
        at = change.hub, change.sku
        over = taken.units[at] - held(drop).get(at, 0)
    elif change.kind == "wave" and change.hub is not None and change.wave is not None:
        wave = named(named(drop.hubs)[change.hub].waves)[change.wave]
        over = taken.lines[change.hub, wave.id] - wave.lines
    elif change.kind == "collection" and change.collection is not None:
        row = named([each for carrier in drop.carriers for each in carrier.collections])[change.collection]
        over = taken.parcels[row.id] - (row.parcels or 0)
    elif change.courier in back:
        courier = named(drop.couriers)[change.courier]
        if change.kind == "shift":
            over = int((back[courier.id] - courier.shift.end).total_seconds())
        elif change.part is not None:
            over = most.get(courier.id, {}).get(change.part, 0) - (getattr(courier.capacity, change.part) or 0)
    return replace(change, size=over) if over > 0 else None


def _short_shift(drop: Drop, plan: Plan, change: Change, order: Order) -> Change | None:
    """The shift from the first load to the last return, begun later where the first stop is waited for."""
    trips = sorted((trip for trip in plan.trips if trip.courier == change.name), key=lambda trip: trip.load_at)
    if not trips:
        return None
    stop = trips[0].stops[0]
    spare = stop.start_at - stop.arrive_at
    if due := order.ship_due(named(drop.tiers)[order.tier]):
        spare = min(spare, max(timedelta(0), due - trips[0].depart_at))
    start, end = trips[0].load_at + spare, trips[-1].return_at
    shift = Shift(start=start, end=end)
    return replace(change, shift=shift, size=int((end - start).total_seconds()))


def _later(at: datetime, span: timedelta) -> datetime:
    """``at`` put off, or as it is where that would leave the calendar."""
    try:
        return at + span
    except OverflowError:
        return at
