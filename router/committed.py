"""What a drop says has begun, held against the rules of a plan before anything is planned around it.

The committed records must stand in every plan of the drop, so a rule that they break by themselves is broken in all of
them: that is a fault of the drop. The referee says so, of a plan that holds the committed records and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from router.check import findings
from router.errors import Fault
from router.faults import in_order
from router.faults.scan import shown
from router.model import Drop, named
from router.plan import COMPONENTS, PLAN_FORMAT, Cost, Plan

RULES = {
    "R1": ("committed-goods", "mend it, or the order"),
    "R2": ("committed-stock", "mend it, or leave stock and the order's hubs as the earlier plan had them"),
    "R3": ("committed-wave", "mend it, or leave the wave and the order's clearance as the earlier plan had them"),
    "R4": ("committed-way-out", "take out what carries nothing, and let a trip visit an order once"),
    "R5": ("committed-loading", "mend it, or leave the courier as the earlier plan had it"),
    "R6": ("committed-capacity", "mend it, or leave who carries and what is carried as the earlier plan had them"),
    "R7": ("committed-movement", "mend it, or leave travel and the order as the earlier plan had them"),
    "R8": ("committed-duty", "mend it, commit every trip begun, or leave the courier as the earlier plan had it"),
    "R9": ("committed-collection", "mend it, or leave the collection as the earlier plan had it"),
    "R10": ("committed-times", "take the time from there"),
}
"""For each rule that begun work can break: the code of the fault, and its cure."""


def faults(drop: Drop) -> tuple[Fault, ...]:
    """Every rule that ``drop.committed`` breaks by itself, by place; the drop itself has been read without a fault.

    What a new plan may still add is no fault: the rest of an order, a way out for a picked parcel, the way home.
    ``ValueError`` for a road drop, which has no distances before ``router.travel.prepare``. O(committed + drop's
    lists), and nothing at all where nothing is committed.
    """
    if not drop.committed.parcels and not drop.committed.trips:
        return ()
    if drop.travel.kind == "road":
        raise ValueError("the work begun in a road drop is judged once prepare() has made it a matrix drop")
    told: dict[tuple[str, str], list[str]] = {}
    for rule, where, message in (*_found(drop), *_beyond_the_order(drop)):
        told.setdefault((rule, where), []).append(message)
    return in_order(
        Fault(pointer=f"/committed{where}", code=code, message=f"{'; '.join(messages)}; {cure}")
        for (rule, where), messages in told.items()
        for code, cure in (RULES[rule],)
    )


def _found(drop: Drop) -> Iterator[tuple[str, str, str]]:
    """Rule, place (in ``committed``) and sentence of whatever the referee finds that no plan can mend."""
    begun = drop.committed
    touched = {parcel.order for parcel in begun.parcels} | {stop.order for trip in begun.trips for stop in trip.stops}
    alone = replace(drop, orders=tuple(order for order in drop.orders if order.id in touched))
    plan = Plan(
        format=PLAN_FORMAT,
        drop=drop.id,
        cost=Cost(total=0, **dict.fromkeys(COMPONENTS, 0)),
        lower_bound=None,
        parcels=begun.parcels,
        trips=begun.trips,
        unserved=(),
    )
    picked = {
        f"/parcels/{index}"
        for index, parcel in enumerate(begun.parcels)
        if parcel.trip is None and parcel.collection is None
    }
    for each in findings(alone, plan):
        rest_of_order = each.rule == "R1" and "/lines" not in each.where
        way_out = each.rule == "R4" and each.where in picked
        way_home = each.rule == "R8" and each.where.endswith("/return_to")
        if each.rule in RULES and not (rest_of_order or way_out or way_home):
            yield each.rule, each.where, each.message


def _beyond_the_order(drop: Drop) -> Iterator[tuple[str, str, str]]:
    """R1 for work that is not whole yet: parcels may lack some of an order, but hold nothing beyond it.

    Told once for an order and SKU, at the last line that adds to it.
    """
    orders = named(drop.orders)
    carried: dict[tuple[str, str], int] = {}
    last: dict[tuple[str, str], str] = {}
    for index, parcel in enumerate(drop.committed.parcels):
        for place, line in enumerate(parcel.lines):
            key = parcel.order, line.sku
            carried[key] = carried.get(key, 0) + line.quantity
            last[key] = f"/parcels/{index}/lines/{place}"
    wanted = {name: drop.wants(orders[name]) for name in {order for order, _ in carried} & orders.keys()}
    for (name, sku), units in carried.items():
        if name in wanted and units > wanted[name].get(sku, 0):
            message = f"order {shown(name)} has {units} of {shown(sku)} committed and wants {wanted[name].get(sku, 0)}"
            yield "R1", last[name, sku], message
