"""The referee: every clause of every rule is broken on purpose and found under its own number."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from router.check import RULES, findings
from router.model import Drop, Profile, Shift, TariffStep
from router.plan import COMPONENTS, Unserved
from tests.broken import BROKEN, MATRIX_ONLY
from tests.changes import with_capacity, with_collection, with_parcel, with_row, with_stop, with_trip
from tests.drops import base_drop, base_plan, clock, replan_drop

KINDS = ["great_circle", "matrix"]


@pytest.mark.parametrize("kind", KINDS)
def test_the_plan_made_by_hand_is_valid(kind):
    assert findings(base_drop(kind), base_plan(kind)) == ()
    assert findings(replan_drop(kind), base_plan(kind)) == ()


@pytest.mark.parametrize(
    ("name", "kind"),
    [(name, kind) for name in BROKEN for kind in KINDS if kind == "matrix" or name not in MATRIX_ONLY],
)
def test_a_broken_clause_is_found_under_its_rule_and_at_its_place(name, kind):
    rules, where, broken = BROKEN[name]
    found = findings(*broken(base_drop(kind), base_plan(kind)))
    assert {each.rule for each in found} == set(rules.split())
    assert where in [each.where for each in found if each.rule == rules.split()[0]]


def test_every_rule_is_broken_at_least_once():
    assert {rules.split()[0] for rules, _, _ in BROKEN.values()} == set(RULES)


EXACT = {
    "plan_at": lambda drop: replace(replan_drop(drop.travel.kind), plan_at=clock("19:12")),
    "cleared_at": lambda drop: with_row(drop, "orders", 2, cleared_at=clock("18:15")),
    "load_seconds": lambda drop: with_row(drop, "couriers", 0, load_seconds=240),
    "grams": lambda drop: with_capacity(drop, grams=3 * 350 + 100),
    "millilitres": lambda drop: with_capacity(drop, millilitres=3 * 900 + 400),
    "parcels": lambda drop: with_capacity(drop, parcels=2),
    "max_trips": lambda drop: with_row(drop, "couriers", 0, max_trips=2),
    "shift": lambda drop: with_row(drop, "couriers", 0, shift=Shift(start=clock("18:45"), end=_home(drop))),
    "max_duty_seconds": lambda drop: with_row(
        drop, "couriers", 0, max_duty_seconds=3112 if drop.travel.kind == "matrix" else 3092
    ),
    "parcels of a collection": lambda drop: with_collection(drop, parcels=1),
    "tariff": lambda drop: with_row(drop, "carriers", 0, tariff=(TariffStep(up_to_grams=100, amount=590),)),
}


def _home(drop: Drop) -> datetime:
    return base_plan(drop.travel.kind).trips[1].return_at


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("limit", EXACT)
def test_what_is_used_to_the_last_is_not_too_much(kind, limit):
    assert findings(EXACT[limit](base_drop(kind)), base_plan(kind)) == ()


def test_a_parcel_may_be_ready_the_second_its_collection_comes():
    drop, plan = with_collection(base_drop(), at=clock("18:45")), base_plan()
    assert findings(drop, with_parcel(plan, "p4", shipped_at=clock("18:45"))) == ()


def test_a_courier_may_load_the_second_it_is_back():
    plan = base_plan()
    assert findings(base_drop(), with_trip(plan, "t2", load_at=plan.trips[0].return_at)) == ()


def test_several_faults_are_all_reported():
    drop, plan = base_drop(), base_plan()
    for name in ("a hub outside the order's", "too many parcels for the courier", "a metre too many"):
        drop, plan = BROKEN[name][2](drop, plan)
    for name in ("an order left over twice", "shipped after the collection", "a wrong figure for split"):
        drop, plan = BROKEN[name][2](drop, plan)
    assert [each.rule for each in findings(drop, plan)] == ["R0", "R2", "R6", "R7", "R10", "R11"]


def test_a_plan_of_unknown_names_alone_is_judged_without_stumbling():
    plan = base_plan()
    for parcel in plan.parcels:
        plan = with_parcel(plan, parcel.id, order="?", hub="?", wave="?", trip="?", collection="?")
    for trip in plan.trips:
        plan = with_trip(plan, trip.id, courier="?", hub="?", return_to="?")
        plan = with_stop(plan, trip.id, 0, order="?", parcels=("?",))
    found = findings(base_drop(), plan)
    assert sum(each.rule == "R0" for each in found) == 4 * 4 + 2 * (3 + 2)


def test_an_empty_plan_of_an_empty_drop_is_valid_and_an_empty_plan_of_a_full_one_is_not():
    plan = base_plan()
    free = replace(plan.cost, **dict.fromkeys((*COMPONENTS, "total"), 0))
    empty = replace(plan, parcels=(), trips=(), unserved=(), cost=free, lower_bound=0)
    assert findings(replace(base_drop(), orders=()), empty) == ()
    assert [each.rule for each in findings(base_drop(), empty)] == ["R1"] * 4


def test_leaving_everything_is_lawful():
    drop, plan = base_drop(), base_plan()
    left = tuple(Unserved(order=order.id, reason="costs-more-than-leaving") for order in drop.orders)
    free = replace(plan.cost, **dict.fromkeys(COMPONENTS, 0))
    cost = replace(free, unserved=3 * 2500 + 700, total=3 * 2500 + 700)
    assert findings(drop, replace(plan, parcels=(), trips=(), unserved=left, cost=cost)) == ()


def test_a_drop_with_roads_must_be_measured_first_and_that_is_the_one_finding():
    drop = base_drop()
    roads = replace(drop.travel, kind="road", extract="city.osm.pbf", profiles={"bike": Profile(costing="bike")})
    (found,) = findings(replace(drop, travel=roads), base_plan())
    assert found.rule == "R0"
    assert "matrix drop" in found.message


def test_every_rule_has_a_heading_on_its_page():
    page = (Path(__file__).parents[2] / "docs" / "rules.md").read_text(encoding="utf-8")
    headings = [line.split()[1] for line in page.splitlines() if line.startswith("## R")]
    assert headings == list(RULES)
