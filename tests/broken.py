"""Every clause of every rule broken by one thing wrong in the base drop or plan, and what must be found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from router.model import Drop, Profile, TariffStep
from router.plan import COMPONENTS, Plan, Unserved
from tests.changes import (
    with_capacity,
    with_collection,
    with_first_wave,
    with_lines,
    with_parcel,
    with_row,
    with_stop,
    with_trip,
)
from tests.drops import clock, replan_drop

Pair = tuple[Drop, Plan]
Breaker = Callable[[Drop, Plan], Pair]
Matrix = tuple[tuple[int | None, ...], ...]


def _of_plan(change: Callable[..., Plan], *args: Any, **named: Any) -> Breaker:
    return lambda drop, plan: (drop, change(plan, *args, **named))


def _of_drop(change: Callable[..., Drop], *args: Any, **named: Any) -> Breaker:
    return lambda drop, plan: (change(drop, *args, **named), plan)


def _plan(change: Callable[[Plan], Plan]) -> Breaker:
    return lambda drop, plan: (drop, change(plan))


def _parcel(name: str, **changes: Any) -> Breaker:
    return _of_plan(with_parcel, name, **changes)


def _lines(name: str, *lines: tuple[str, int, int]) -> Breaker:
    return _of_plan(with_lines, name, *lines)


def _trip(name: str, **changes: Any) -> Breaker:
    return _of_plan(with_trip, name, **changes)


def _stop(trip: str, index: int, **changes: Any) -> Breaker:
    return _of_plan(with_stop, trip, index, **changes)


def _courier(**changes: Any) -> Breaker:
    return _of_drop(with_row, "couriers", 0, **changes)


def _order(index: int, **changes: Any) -> Breaker:
    return _of_drop(with_row, "orders", index, **changes)


def _stock(index: int, **changes: Any) -> Breaker:
    return _of_drop(with_row, "stock", index, **changes)


def _no_way(drop: Drop, plan: Plan) -> Pair:
    """The leg from o1 to o2 taken out of the matrix."""
    bike = drop.travel.profiles["bike"]

    def without(matrix: Matrix | None) -> Matrix:
        rows = enumerate(matrix or ())
        return tuple(tuple(None if (i, j) == (1, 3) else to for j, to in enumerate(row)) for i, row in rows)

    gapped = Profile(metres=without(bike.metres), seconds=without(bike.seconds))
    return replace(drop, travel=replace(drop.travel, profiles={"bike": gapped})), plan


def _ready_late(drop: Drop, plan: Plan) -> Pair:
    """The first wave of kallio ends a second later, and its parcels are ready then."""
    end = clock("18:45:01")
    for name in ("p1", "p2", "p4"):
        plan = with_parcel(plan, name, ready_at=end)
    return with_first_wave(drop, 0, end=end), plan


S = timedelta(seconds=1)
P1, P2, P3, P4 = (f"/parcels/{index}" for index in range(4))
T1, T2 = "/trips/0", "/trips/1"
MATRIX_ONLY = {"a leg without a way"}
"""What great-circle travel has no way to break."""

# name: (the rule broken and those that follow from it, where the first of them is found, what breaks it)
BROKEN: dict[str, tuple[str, str, Breaker]] = {
    # R0
    "another format": ("R0", "/format", _of_plan(replace, format="dropwright.plan/2")),
    "another drop": ("R0", "/drop", _of_plan(replace, drop="equator")),
    "a bound above the total": (
        "R0",
        "/lower_bound",
        _plan(lambda plan: replace(plan, lower_bound=plan.cost.total + 1)),
    ),
    "a parcel id twice": ("R0 R10", f"{P2}/id", _parcel("p2", id="p1")),
    "a trip id twice": ("R0 R4 R5", f"{T2}/id", _trip("t2", id="t1")),
    "an order left over twice": (
        "R0",
        "/unserved/1/order",
        _plan(lambda plan: replace(plan, unserved=plan.unserved * 2)),
    ),
    "an unknown order left over": (
        "R0",
        "/unserved/1/order",
        _plan(lambda plan: replace(plan, unserved=(*plan.unserved, Unserved(order="o9", reason="no-stock")))),
    ),
    "a parcel of an unknown order": ("R0 R1", f"{P4}/order", _parcel("p4", order="o9")),
    "a parcel at an unknown hub": ("R0 R9", f"{P4}/hub", _parcel("p4", hub="atlantis")),
    "a parcel in an unknown wave": ("R0", f"{P4}/wave", _parcel("p4", wave="w9")),
    "a parcel in a wave of another hub only": ("R0", f"{P3}/wave", _parcel("p3", wave="w2")),
    "a parcel of an unknown SKU": ("R0 R1", f"{P4}/lines/0/sku", _lines("p4", ("HAT-1", 1, 0))),
    "a bundle in a parcel": ("R0 R1 R11", f"{P1}/lines/0/sku", _lines("p1", ("GIFT-1", 1, 0))),
    "a parcel on an unknown trip": ("R0 R4", f"{P2}/trip", _parcel("p2", trip="t9")),
    "a parcel by an unknown collection": ("R0", f"{P4}/collection", _parcel("p4", collection="post-9")),
    "a trip of an unknown courier": ("R0 R8", f"{T1}/courier", _trip("t1", courier="bike-9")),
    "a trip from an unknown hub": ("R0 R5 R8", f"{T1}/hub", _trip("t1", hub="atlantis")),
    "a trip to an unknown hub": ("R0 R8", f"{T1}/return_to", _trip("t1", return_to="atlantis")),
    "a stop at an unknown order": ("R0 R4", f"{T1}/stops/0/order", _stop("t1", 0, order="o9")),
    "a stop with an unknown parcel": ("R0", f"{T1}/stops/0/parcels/1", _stop("t1", 0, parcels=("p1", "p9"))),
    "no shipped_at": ("R0", f"{P1}/shipped_at", _parcel("p1", shipped_at=None)),
    "no delivered_at": ("R0", f"{P4}/delivered_at", _parcel("p4", delivered_at=None)),
    # R1
    "an order forgotten": ("R1 R11", "/parcels", _of_plan(replace, unserved=())),
    "an order served and left over": (
        "R1 R11",
        "/unserved/1",
        _plan(lambda plan: replace(plan, unserved=(*plan.unserved, Unserved(order="o3", reason="no-way-out")))),
    ),
    "a unit too few": ("R1", P1, _lines("p1", ("MUG-1", 2, 1))),
    "a unit too many": ("R1 R2", P4, _lines("p4", ("TEA-1", 2, 0))),
    "a bundle taken for one unit": (
        "R1",
        P1,
        lambda drop, plan: (with_row(drop, "orders", 0, lines=drop.orders[0].lines[:1]), plan),
    ),
    "a SKU that was not ordered": ("R1 R2 R3 R11", P4, _lines("p4", ("TEA-1", 1, 0), ("MUG-1", 1, 0))),
    "another SKU than ordered": ("R1 R2", P4, _lines("p4", ("MUG-1", 1, 0))),
    "a parcel without a line": ("R1 R11", f"{P4}/lines", _lines("p4")),
    "a SKU twice in a parcel": (
        "R1 R3 R11",
        f"{P1}/lines/1/sku",
        _lines("p1", ("MUG-1", 2, 1), ("MUG-1", 1, 0)),
    ),
    "a quantity below 1": (
        "R1 R3 R11",
        f"{P4}/lines/1/quantity",
        _lines("p4", ("TEA-1", 1, 0), ("MUG-1", 0, 0)),
    ),
    # R2
    "more than the stock": ("R2", f"{P1}/lines/0", _stock(0, quantity=1)),
    "more than the stock, over two parcels": ("R2", f"{P4}/lines/0", _stock(1, quantity=1)),
    "contingency that lies beside the stock": ("R2 R11", f"{P1}/lines/0", _lines("p1", ("MUG-1", 3, 0))),
    "more than the contingency": ("R2", f"{P1}/lines/0", _stock(0, contingency=0)),
    "contingency above the quantity": ("R2", f"{P4}/lines/0/contingency", _lines("p4", ("TEA-1", 1, 2))),
    "contingency below 0": ("R2 R11", f"{P1}/lines/0/contingency", _lines("p1", ("MUG-1", 3, -1))),
    "a hub without that stock row": (
        "R2",
        f"{P3}/lines/0/sku",
        lambda drop, plan: (replace(drop, stock=drop.stock[:2]), plan),
    ),
    "a hub outside the order's": ("R2", f"{P4}/hub", _order(2, hubs=("pasila",))),
    "a hub for an order that may use none": ("R2", f"{P4}/hub", _order(2, hubs=())),
    # R3
    "more lines than the wave picks": ("R3", f"{P4}/wave", _of_drop(with_first_wave, 0, lines=2)),
    "a wave before plan_at": ("R3", f"{P1}/wave", _of_drop(replace, plan_at=clock("18:15:01"))),
    "a wave before clearance": ("R3", f"{P4}/wave", _order(2, cleared_at=clock("18:15:01"))),
    "a wave before placing, clearance absent": ("R3", f"{P4}/wave", _order(2, placed_at=clock("18:15:01"))),
    "ready after the wave's end": ("R3", f"{P4}/ready_at", _parcel("p4", ready_at=clock("18:45:01"))),
    "ready before the wave's end": ("R3", f"{P1}/ready_at", _parcel("p1", ready_at=clock("18:44"))),
    # R4
    "no way out": ("R4 R11", P4, _parcel("p4", collection=None)),
    "two ways out": ("R4 R11", P2, _parcel("p2", collection="post-kallio-20")),
    "a parcel missing from its trip": ("R4", f"{P1}/trip", _stop("t1", 0, parcels=())),
    "a parcel twice in a stop": ("R4", f"{P1}/trip", _stop("t1", 0, parcels=("p1", "p1"))),
    "a parcel in two stops": ("R4", f"{P1}/trip", _stop("t1", 1, parcels=("p2", "p1"))),
    "a parcel on a stop of a trip it does not name": (
        "R4",
        f"{T1}/stops/1/parcels/1",
        _stop("t1", 1, parcels=("p2", "p3")),
    ),
    "a stop that carries nothing": ("R4", f"{T1}/stops/0", _stop("t1", 0, parcels=())),
    "a trip that carries nothing": ("R4 R7", T2, _trip("t2", stops=())),
    "a trip whose stops carry nothing": ("R4", T2, _stop("t2", 0, parcels=())),
    "an order visited twice in a trip": (
        "R4 R7",
        f"{T2}/stops/1",
        _plan(lambda plan: with_trip(plan, "t2", stops=plan.trips[1].stops * 2)),
    ),
    "a parcel at the stop of another order": (
        "R4 R10",
        f"{T1}/stops/0/parcels/0",
        _plan(lambda plan: with_stop(with_stop(plan, "t1", 0, parcels=("p2",)), "t1", 1, parcels=("p1",))),
    ),
    # R5
    "loading before all is ready": ("R5", f"{T1}/load_at", _ready_late),
    "loading before plan_at": (
        "R5",
        f"{T2}/load_at",
        lambda drop, plan: (replace(replan_drop(drop.travel.kind), plan_at=clock("19:12:01")), plan),
    ),
    "loading at another hub than the parcels'": ("R5 R4", f"{P4}/hub", _parcel("p4", trip="t2")),
    "loading where the courier may not": ("R5", f"{T2}/hub", _courier(hubs=("kallio",))),
    "loading elsewhere than home, hubs absent": ("R5", f"{T2}/hub", _courier(hubs=None)),
    "loading at home where hubs leave it out": ("R5", f"{T1}/hub", _courier(hubs=("pasila",))),
    "leaving before all is loaded": ("R5", f"{T1}/depart_at", _courier(load_seconds=241)),
    # R6
    "too heavy for the courier": ("R6", T1, _of_drop(with_capacity, grams=3 * 350 + 100 - 1)),
    "too bulky for the courier": ("R6", T1, _of_drop(with_capacity, millilitres=3 * 900 + 400 - 1)),
    "too many parcels for the courier": ("R6", T1, _of_drop(with_capacity, parcels=1)),
    "a courier who may not handle it": ("R6", f"{P3}/lines/0", _courier(handling=())),
    "a carrier who may not handle it": (
        "R6",
        f"{P4}/lines/0",
        lambda drop, plan: (
            with_row(with_row(drop, "catalog", 1, handling=("dry",)), "couriers", 0, handling=("chilled", "dry")),
            plan,
        ),
    ),
    # R7
    "arriving too soon at the first stop": (
        "R7",
        f"{T2}/stops/0/arrive_at",
        _stop("t2", 0, arrive_at=clock("19:20:37")),
    ),
    "arriving too soon at a later stop": (
        "R7",
        f"{T1}/stops/1/arrive_at",
        _stop("t1", 1, arrive_at=clock("19:04:53")),
    ),
    "starting before arriving": ("R7", f"{T2}/stops/0/start_at", _stop("t2", 0, arrive_at=clock("19:20:39"))),
    "starting before not_before": ("R7", f"{T1}/stops/1/start_at", _order(1, not_before=clock("19:05:01"))),
    "leaving before service is over": ("R7", f"{T2}/stops/0/leave_at", _order(1, service_seconds=121)),
    "returning too soon": (
        "R7 R11",
        f"{T2}/return_at",
        _plan(lambda plan: with_trip(plan, "t2", return_at=plan.trips[1].return_at - 60 * S)),
    ),
    "a metre too many": (
        "R7",
        f"{T1}/metres",
        _plan(lambda plan: with_trip(plan, "t1", metres=plan.trips[0].metres + 1)),
    ),
    "metres without the return": ("R7 R11", f"{T1}/metres", _trip("t1", metres=1390 + 2780)),
    "a leg without a way": ("R7", f"{T1}/stops/1", _no_way),
    # R8
    "trips that overlap": (
        "R8",
        f"{T2}/load_at",
        _plan(lambda plan: with_trip(plan, "t2", load_at=plan.trips[0].return_at - S)),
    ),
    "one trip too many": ("R8", T2, _courier(max_trips=1)),
    "beginning away from where the last one returned": (
        "R8 R7 R11",
        f"{T2}/hub",
        _plan(lambda plan: with_trip(plan, "t1", return_to="kallio", metres=plan.trips[0].metres + 2780)),
    ),
    "beginning away from home": ("R8", f"{T1}/hub", _courier(home="pasila")),
    "ending away from home": (
        "R8 R11",
        f"{T2}/return_to",
        _plan(lambda plan: with_trip(plan, "t2", return_to="pasila", metres=plan.trips[1].metres - 2780)),
    ),
    "loading before the shift": (
        "R8",
        f"{T1}/load_at",
        lambda drop, plan: (
            with_row(drop, "couriers", 0, shift=replace(drop.couriers[0].shift, start=clock("18:45:01"))),
            plan,
        ),
    ),
    "returning after the shift": (
        "R8",
        f"{T2}/return_at",
        lambda drop, plan: (
            with_row(drop, "couriers", 0, shift=replace(drop.couriers[0].shift, end=plan.trips[1].return_at - S)),
            plan,
        ),
    ),
    "a second of duty too much": (
        "R8",
        f"{T2}/return_at",
        lambda drop, plan: (
            with_row(drop, "couriers", 0, max_duty_seconds=3111 if drop.travel.kind == "matrix" else 3091),
            plan,
        ),
    ),
    # R9
    "ready after the collection": (
        "R9",
        f"{P4}/collection",
        lambda drop, plan: (
            with_collection(drop, at=clock("18:44:59")),
            with_parcel(plan, "p4", shipped_at=clock("18:44:59")),
        ),
    ),
    "a collection at another hub": ("R9", f"{P4}/collection", _of_drop(with_collection, hub="pasila")),
    "a collection that is full": ("R9", f"{P4}/collection", _of_drop(with_collection, parcels=0)),
    "heavier than the last tariff step": (
        "R9",
        P4,
        _of_drop(with_row, "carriers", 0, tariff=(TariffStep(up_to_grams=99, amount=590),)),
    ),
    # R10
    "shipped before the trip departs": (
        "R10",
        f"{P1}/shipped_at",
        _parcel("p1", shipped_at=clock("18:48:59")),
    ),
    "shipped after the collection": ("R10", f"{P4}/shipped_at", _parcel("p4", shipped_at=clock("20:00:01"))),
    "delivered when the courier arrives, not when the stop starts": (
        "R10",
        f"{P2}/delivered_at",
        _parcel("p2", delivered_at=clock("19:04:54")),
    ),
    "delivered before the carrier says": (
        "R10",
        f"{P4}/delivered_at",
        _parcel("p4", delivered_at=clock("20:00")),
    ),
    # R12
    "a committed parcel gone": (
        "R12",
        "/parcels",
        lambda drop, plan: (
            replace(drop, committed=replace(drop.committed, parcels=(replace(plan.parcels[0], id="p0"),))),
            plan,
        ),
    ),
    "a committed trip gone": (
        "R12",
        "/trips",
        lambda drop, plan: (
            replace(drop, committed=replace(drop.committed, trips=(replace(plan.trips[0], id="t0"),))),
            plan,
        ),
    ),
}
for _name in (*COMPONENTS, "total"):
    # R11: total is the sum, so another component breaks its own figure alone
    BROKEN[f"a wrong figure for {_name}"] = (
        "R11",
        f"/cost/{_name}",
        lambda drop, plan, name=_name: (
            drop,
            replace(plan, cost=replace(plan.cost, **{name: getattr(plan.cost, name) + 1})),
        ),
    )
