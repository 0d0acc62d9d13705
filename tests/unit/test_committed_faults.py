"""Begun work that breaks a rule by itself is a fault of the drop; what a new plan may still add is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from api import flows
from router import committed
from router.check import findings
from router.committed import RULES, faults
from router.effort import Effort
from router.errors import Faulty
from router.generate import make_drop
from router.model import Committed, Component, ParcelLine, TariffStep, Trip
from router.solve import plan
from tests.changes import with_capacity, with_collection, with_first_wave, with_parcel, with_row, with_stop, with_trip
from tests.drops import base_plan, clock, replan_drop
from tests.engines.test_committed import begun
from tests.town import Town
from tests.unit.test_prepare import STEP_M, meridian

DROP = replan_drop()
P1, P2, P4, T1 = "/parcels/0", "/parcels/1", "/parcels/3", "/trips/0"
BIKE_1 = DROP.couriers[0]
EMPTY = Trip(
    id="t9",
    courier="bike-2",
    hub="pasila",
    load_at=clock("18:45"),
    depart_at=clock("18:45"),
    stops=(),
    return_to="pasila",
    return_at=clock("18:45"),
    metres=0,
)


def with_begun(drop, changed=None, **changes):
    """The drop with other committed records."""
    return replace(drop, committed=replace(changed or drop.committed, **changes))


def parcel(name, **changes):
    """The drop with a committed parcel changed."""
    return with_begun(DROP, with_parcel(DROP.committed, name, **changes))


def trip(**changes):
    """The drop with its committed trip changed."""
    return with_begun(DROP, with_trip(DROP.committed, "t1", **changes))


def stop(index, **changes):
    """The drop with a stop of its committed trip changed."""
    return with_begun(DROP, with_stop(DROP.committed, "t1", index, **changes))


def courier(**changes):
    """The drop with the courier of its committed trip changed."""
    return with_row(DROP, "couriers", 0, **changes)


def both_trips():
    """The drop with both trips of the plan committed, and the first one back half a minute after the second loads."""
    plan = with_trip(base_plan(), "t1", return_at=clock("19:12:30"))
    return replace(DROP, committed=Committed(parcels=plan.parcels, trips=plan.trips))


CASES = [
    (with_row(DROP, "orders", 0, lines=(Component(sku="MUG-1", quantity=2),)), [("R1", f"{P1}/lines/0")]),
    (with_row(DROP, "orders", 0, lines=(Component(sku="LAMP-1", quantity=2),)), [("R1", f"{P1}/lines/0")]),
    (parcel("p2", lines=()), [("R1", f"{P2}/lines")]),
    (
        parcel("p3", lines=2 * (ParcelLine(sku="JAM-1", quantity=1),)),
        [("R1", "/parcels/2/lines/1/sku"), ("R3", "/parcels/2/wave")],
    ),
    (with_row(DROP, "stock", 0, quantity=1), [("R2", f"{P1}/lines/0")]),
    (with_row(DROP, "stock", 0, contingency=0), [("R2", f"{P1}/lines/0")]),
    (
        with_row(DROP, "stock", 1, hub="pasila", sku="LAMP-1"),
        [("R2", f"{P2}/lines/0/sku"), ("R2", f"{P4}/lines/0/sku")],
    ),
    (with_row(DROP, "orders", 0, hubs=("pasila",)), [("R2", f"{P1}/hub")]),
    (with_first_wave(DROP, 0, lines=2), [("R3", f"{P4}/wave")]),
    (with_row(DROP, "orders", 2, cleared_at=clock("18:15:01")), [("R3", f"{P4}/wave")]),
    (parcel("p1", ready_at=clock("18:44")), [("R3", f"{P1}/ready_at")]),
    (with_begun(DROP, trips=(*DROP.committed.trips, EMPTY)), [("R4", "/trips/1")]),
    (trip(load_at=clock("18:44:59")), [("R5", f"{T1}/load_at")]),
    (trip(load_at=clock("18:45:01")), [("R5", f"{T1}/depart_at")]),
    (courier(hubs=("pasila",)), [("R5", f"{T1}/hub")]),
    (with_capacity(DROP, grams=1149), [("R6", T1)]),
    (
        with_row(DROP, "catalog", 1, handling=("frozen",)),
        [("R6", f"{P2}/lines/0"), ("R6", f"{P4}/lines/0")],
    ),
    (trip(metres=5561), [("R7", f"{T1}/metres")]),
    (stop(0, arrive_at=clock("18:53:37")), [("R7", f"{T1}/stops/0/arrive_at")]),
    (stop(1, leave_at=clock("19:06:59")), [("R7", f"{T1}/stops/1/leave_at")]),
    (with_row(DROP, "orders", 1, not_before=clock("19:05:01")), [("R7", f"{T1}/stops/1/start_at")]),
    (both_trips(), [("R8", "/trips/1/load_at")]),
    (courier(home="pasila"), [("R8", f"{T1}/hub")]),
    (courier(shift=replace(BIKE_1.shift, start=clock("18:45:01"))), [("R8", f"{T1}/load_at")]),
    (courier(shift=replace(BIKE_1.shift, end=clock("19:11:37"))), [("R8", f"{T1}/return_at")]),
    (courier(max_duty_seconds=1597), [("R8", f"{T1}/return_at")]),
    (courier(max_trips=0), [("R8", T1)]),
    (with_collection(DROP, parcels=0), [("R9", f"{P4}/collection")]),
    (with_row(DROP, "carriers", 0, tariff=(TariffStep(up_to_grams=99, amount=1),)), [("R9", P4)]),
    (with_collection(DROP, delivered_at=clock("+1 09:00")), [("R10", f"{P4}/delivered_at")]),
    (parcel("p1", shipped_at=clock("18:48")), [("R10", f"{P1}/shipped_at")]),
]


def told(drop):
    """Pointer and code of every fault."""
    return [(fault.pointer, fault.code) for fault in faults(drop)]


@pytest.mark.parametrize(("drop", "broken"), CASES)
def test_a_rule_that_begun_work_breaks_is_a_fault_with_its_place_and_cure(drop, broken):
    assert told(drop) == [(f"/committed{where}", RULES[rule][0]) for rule, where in broken]
    for fault, (rule, _) in zip(faults(drop), broken, strict=True):
        assert fault.message.endswith(f"; {RULES[rule][1]}")


@pytest.mark.parametrize(("drop", "broken"), CASES)
def test_what_is_told_is_broken_in_a_plan_that_keeps_the_begun_work(drop, broken):
    """So that no drop is refused which has a valid plan."""
    kept = {each.id: each for each in (*drop.committed.parcels, *drop.committed.trips)}
    plan = base_plan()
    lines = {each.id: each.lines for each in drop.committed.parcels}
    parcels = [replace(each, lines=lines[each.id]) if each.id == "p3" else kept[each.id] for each in plan.parcels]
    trips = [kept.pop(each.id, each) for each in plan.trips]
    trips += [each for each in drop.committed.trips if each.id in kept]
    found = findings(drop, replace(plan, parcels=tuple(parcels), trips=tuple(trips)))
    assert {rule for rule, _ in broken} <= {each.rule for each in found}


def test_every_code_is_shown_to_happen():
    assert {rule for _, broken in CASES for rule, _ in broken} == set(RULES)


@pytest.mark.parametrize("kind", ["great_circle", "matrix"])
def test_the_rest_of_an_order_a_way_out_and_the_way_home_are_left_to_the_new_plan(kind):
    drop = replan_drop(kind)
    assert faults(drop) == ()
    assert findings(drop, base_plan(kind)) == ()
    assert drop.committed.trips[0].return_to != BIKE_1.home
    picked = [each for each in drop.committed.parcels if each.trip is None and each.collection is None]
    assert [each.id for each in picked] == ["p3"]
    for count in range(4):
        waiting = replace(drop.committed.parcels[0], trip=None, shipped_at=None, delivered_at=None)
        alone = (waiting, *drop.committed.parcels[2:])[:count]
        assert faults(replace(drop, committed=Committed(parcels=alone))) == ()


def test_all_faults_are_told_at_once_in_the_order_of_their_places():
    drop = with_first_wave(trip(metres=1, load_at=clock("17:59")), 0, lines=2)
    assert told(with_collection(drop, parcels=0)) == [
        ("/committed/parcels/3/collection", "committed-collection"),
        ("/committed/parcels/3/wave", "committed-wave"),
        ("/committed/trips/0/load_at", "committed-duty"),
        ("/committed/trips/0/load_at", "committed-loading"),
        ("/committed/trips/0/metres", "committed-movement"),
    ]


def test_two_facts_of_one_rule_at_one_place_are_one_fault_that_says_both():
    (fault,) = faults(with_capacity(DROP, grams=1149, parcels=1))
    assert fault.message.startswith(
        "carries 1150 grams, and courier 'bike-1' can carry 1149; carries 2 parcels, and courier 'bike-1' can carry 1; "
    )


def test_no_plan_of_the_solver_has_begun_with_a_fault_and_stock_less_what_was_taken_is_one():
    drop = make_drop(orders=60, hubs=3, seed=5)
    made = plan(drop, engine="greedy", effort=Effort(steps=0), workers=1)
    for minutes in (20, 50, 80, 110):
        later = begun(drop, made, minutes=minutes)
        assert faults(later) == ()
    assert len(later.committed.parcels) > 20
    taken = {(each.hub, line.sku) for each in later.committed.parcels for line in each.lines}
    spent = tuple(replace(row, quantity=0) if (row.hub, row.sku) in taken else row for row in later.stock)
    found = told(replace(later, stock=spent))
    assert len(found) == len(taken)
    assert {code for _, code in found} == {"committed-stock"}


def test_a_drop_without_begun_work_is_not_looked_at(monkeypatch):
    monkeypatch.setattr(committed, "findings", lambda *_: pytest.fail("the referee was asked"))
    assert faults(replace(DROP, committed=Committed())) == ()


def test_a_road_drop_is_judged_by_its_roads_once_they_are_measured(tmp_path):
    town = Town(tmp_path, {name: (0, STEP_M * i) for i, name in enumerate("abcde")})
    town.street("a b c d e")
    town.drawn()
    path = tmp_path / "drop.json"
    asked = meridian(DROP, bike="van")
    with pytest.raises(ValueError, match="prepare"):
        faults(asked)
    assert flows.prepared(asked, path).travel.kind == "matrix"
    sooner = with_stop(asked.committed, "t1", 0, arrive_at=clock("18:53:38") - timedelta(seconds=60))
    with pytest.raises(Faulty) as caught:
        flows.prepared(with_begun(asked, sooner), path)
    assert [fault.pointer for fault in caught.value.faults] == ["/committed/trips/0/stops/0/arrive_at"]
    assert caught.value.context["path"] == str(path)
