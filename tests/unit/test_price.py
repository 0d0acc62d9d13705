"""The price of a plan, against figures worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.model import CourierCost, Penalty, Step, TariffStep
from router.plan import COMPONENTS, Plan
from router.price import (
    Unpriced,
    courier_cost,
    figures,
    half_up,
    instant,
    late_fee,
    lateness,
    price,
    tariff,
)
from tests.drops import base_drop, base_plan, clock

STEPS = (Step(after=1800, amount=800), Step(after=0, amount=300))


@pytest.mark.parametrize("kind", ["great_circle", "matrix"])
def test_the_plan_made_by_hand_costs_what_was_worked_out_by_hand(kind):
    plan = base_plan(kind)
    assert price(base_drop(kind), plan) == plan.cost


def test_the_price_does_not_look_at_the_cost_that_the_plan_states():
    plan = base_plan()
    free = replace(plan, cost=replace(plan.cost, **dict.fromkeys((*COMPONENTS, "total"), 0)))
    assert price(base_drop(), free) == plan.cost


@pytest.mark.parametrize(
    ("penalty", "late_s", "fee"),
    [
        (Penalty(steps=STEPS), -1, 0),
        (Penalty(steps=STEPS), 0, 0),
        (Penalty(steps=STEPS), 1, 300),
        (Penalty(steps=STEPS), 1800, 300),
        (Penalty(steps=STEPS), 1801, 800),
        (Penalty(steps=(Step(after=60, amount=300),)), 60, 0),
        (Penalty(steps=(Step(after=60, amount=300),)), 61, 300),
        (Penalty(steps=(Step(after=0, amount=900), Step(after=60, amount=100))), 61, 100),
        (Penalty(per_minute=7), 1, 7),
        (Penalty(per_minute=7), 60, 7),
        (Penalty(per_minute=7), 61, 14),
        (Penalty(steps=STEPS, per_minute=7), 61, 314),
        (Penalty(steps=STEPS, per_minute=7, cap=310), 61, 310),
        (Penalty(steps=STEPS, per_minute=7, cap=0), 61, 0),
        (Penalty(), 10**9, 0),
        (None, 10**9, 0),
    ],
)
def test_a_late_fee_is_the_step_passed_plus_the_minutes_begun_up_to_the_cap(penalty, late_s, fee):
    assert late_fee(penalty, late_s) == fee


def test_lateness_compares_instants_and_needs_a_promise():
    penalty = Penalty(steps=(Step(after=0, amount=300),))
    in_london = datetime.fromisoformat("2026-11-20T17:00:01+00:00")
    assert lateness(penalty, clock("19:00"), in_london) == 300
    assert lateness(penalty, clock("19:00:01"), in_london) == 0
    assert lateness(penalty, None, in_london) == 0
    assert lateness(None, clock("19:00"), in_london) == 0


def test_an_instant_is_counted_from_1970_before_and_after():
    assert instant(datetime.fromisoformat("1970-01-01T02:00:01+02:00")) == 1
    assert instant(datetime.fromisoformat("1969-12-31T23:59:58+00:00")) == -2
    assert instant(datetime.fromisoformat("9999-12-31T23:59:59-12:00")) == 253402300799 + 12 * 3600


@pytest.mark.parametrize(
    ("rates", "metres", "duty_s", "amount"),
    [
        (CourierCost(), 12_345, 6_789, 0),
        (CourierCost(fixed=500), 0, 0, 500),
        (CourierCost(per_km=1), 499, 0, 0),
        (CourierCost(per_km=1), 500, 0, 1),
        (CourierCost(per_km=5), 300, 0, 2),
        (CourierCost(per_km=3), 500, 0, 2),
        (CourierCost(per_hour=1), 0, 1799, 0),
        (CourierCost(per_hour=1), 0, 1800, 1),
        (CourierCost(fixed=1, per_km=1, per_hour=1), 500, 1800, 3),
        (CourierCost(fixed=500, per_km=8, per_hour=1900), 11_120, 3_092, 2221),
    ],
)
def test_a_couriers_metres_and_hours_are_rounded_half_up_each_by_itself(rates, metres, duty_s, amount):
    assert courier_cost(rates, metres, duty_s) == amount


@given(rate=st.integers(0, 2**53), count=st.integers(0, 2**53), per=st.sampled_from([1000, 3600]))
def test_half_up_is_exact_at_any_size(rate, count, per):
    exact = Decimal(rate * count) / Decimal(per) if rate * count < 10**24 else None
    rounded = half_up(rate, count, per)
    assert 2 * rounded * per - per <= 2 * rate * count < 2 * rounded * per + per
    if exact is not None:
        assert rounded == int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP))


@pytest.mark.parametrize(("grams", "amount"), [(0, 590), (2000, 590), (2001, 990), (20_000, 990), (20_001, None)])
def test_the_tariff_is_the_first_step_that_holds_the_parcel(grams, amount):
    (carrier,) = base_drop().carriers
    assert tariff(carrier, grams) == amount


def test_the_weight_of_a_collected_parcel_is_the_sum_of_its_units():
    drop, plan = base_drop(), base_plan()
    (post,) = drop.carriers
    steps = (TariffStep(up_to_grams=99, amount=1), TariffStep(up_to_grams=100, amount=7))
    assert figures(replace(drop, carriers=(replace(post, tariff=steps),)), plan)["carriers"] == 7


def test_an_order_is_as_late_as_its_last_parcel():
    """o2's tea is in time, its jam is not; with the jam in time too the order is on time."""
    plan = base_plan()
    p1, p2, p3, p4 = plan.parcels
    earlier = replace(p3, shipped_at=clock("19:10"), delivered_at=clock("19:10"))
    found = figures(base_drop(), replace(plan, parcels=(p1, p2, earlier, p4)))
    assert (found["late_shipping"], found["late_delivery"]) == (0, 0)
    a_second_late = replace(p3, shipped_at=clock("19:10:01"), delivered_at=clock("19:10:01"))
    found = figures(base_drop(), replace(plan, parcels=(p1, p2, a_second_late, p4)))
    assert (found["late_shipping"], found["late_delivery"]) == (100, 305)


def test_a_due_time_of_the_order_goes_before_the_tiers_and_null_is_no_promise():
    drop, plan = base_drop(), base_plan()
    o1, o2, *rest = drop.orders
    moved = replace(o2, ship_by=clock("19:16"), deliver_by=clock("19:10:38"))
    found = figures(replace(drop, orders=(o1, moved, *rest)), plan)
    assert (found["late_shipping"], found["late_delivery"]) == (0, 350)
    released = replace(o2, ship_by=None, deliver_by=None)
    found = figures(replace(drop, orders=(o1, released, *rest)), plan)
    assert (found["late_shipping"], found["late_delivery"]) == (0, 0)


def test_a_promise_longer_than_the_calendar_is_a_promise_kept():
    drop = base_drop()
    express, standard = drop.tiers
    patient = replace(express, ship_within=2**53 - 1, deliver_within=10**12)
    found = figures(replace(drop, tiers=(patient, standard)), base_plan())
    assert (found["late_shipping"], found["late_delivery"]) == (0, 0)


def test_clearance_moves_the_promise_and_its_absence_leaves_it_with_the_placing():
    drop, plan = base_drop(), base_plan()
    o1, o2, *rest = drop.orders
    at_once = figures(replace(drop, orders=(o1, replace(o2, cleared_at=None), *rest)), plan)
    assert at_once["late_delivery"] == 850
    later = figures(replace(drop, orders=(o1, replace(o2, cleared_at=clock("18:20")), *rest)), plan)
    assert (later["late_shipping"], later["late_delivery"]) == (0, 305)


def test_a_courier_with_two_trips_is_paid_once_from_first_load_to_last_return():
    drop, plan = base_drop(), base_plan()
    assert figures(drop, replace(plan, trips=plan.trips[:1]))["couriers"] == 500 + 44 + 843
    assert figures(drop, replace(plan, trips=plan.trips[1:]))["couriers"] == 500 + 44 + 777
    assert figures(drop, replace(plan, trips=()))["couriers"] == 0
    assert figures(drop, replace(plan, trips=plan.trips[::-1]))["couriers"] == 2221


def test_leaving_everything_costs_the_tiers_amounts_alone():
    drop, plan = base_drop(), base_plan()
    (row,) = plan.unserved
    nothing = replace(plan, parcels=(), trips=(), unserved=tuple(replace(row, order=order.id) for order in drop.orders))
    found = price(drop, nothing)
    assert (found.total, found.unserved) == (3 * 2500 + 700,) * 2


def _unknown_hub(plan: Plan) -> Plan:
    return replace(plan, parcels=(replace(plan.parcels[0], hub="atlantis"), *plan.parcels[1:]))


def _too_heavy(plan: Plan) -> Plan:
    post = plan.parcels[3]
    lines = (replace(post.lines[0], quantity=201),)
    return replace(plan, parcels=(*plan.parcels[:3], replace(post, lines=lines)))


def _never_shipped(plan: Plan) -> Plan:
    return replace(plan, parcels=(replace(plan.parcels[0], shipped_at=None), *plan.parcels[1:]))


def _unknown_courier(plan: Plan) -> Plan:
    return replace(plan, trips=(replace(plan.trips[0], courier="nobody"), *plan.trips[1:]))


@pytest.mark.parametrize(
    ("broken", "components"),
    [
        (_unknown_hub, ("handling", "contingency")),
        (_too_heavy, ("carriers",)),
        (_never_shipped, ("late_shipping",)),
        (_unknown_courier, ("couriers",)),
    ],
)
def test_what_cannot_be_priced_is_named_and_the_rest_still_is(broken, components):
    drop, plan = base_drop(), broken(base_plan())
    found = figures(drop, plan)
    assert tuple(name for name in COMPONENTS if found[name] is None) == components
    with pytest.raises(Unpriced) as caught:
        price(drop, plan)
    assert caught.value.context["components"] == components
