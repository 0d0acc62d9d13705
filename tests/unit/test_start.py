"""A search from a plan: any valid plan will do, and what comes back costs no more."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from threading import Event

import pytest

from router import codec
from router.check import findings
from router.effort import Effort
from router.errors import Invalid
from router.generate import make_drop
from router.leftover import BegunUnfinished
from router.model import Committed, Drop, Shift, Stock
from router.plan import Plan
from router.solve import StartsCold, plan
from router.warm import start
from tests.changes import with_row
from tests.drops import base_drop, base_plan, clock, replan_drop, street_drop

SIXTY = make_drop(orders=60, hubs=3, seed=21, tight=True)


def planned(drop: Drop, steps: int = 400, **named: object) -> Plan:
    made = plan(drop, effort=Effort(steps=steps), workers=1, **named)
    assert findings(drop, made) == ()
    return made


def before_a_committed_trip() -> tuple[Drop, Plan]:
    """The bike has an hour before its committed trip; a trip timed anew comes after it, when the shift is over."""
    alone, hour = planned(street_drop(1)), timedelta(hours=1)
    (p1,), (t1,) = alone.parcels, alone.trips
    p2 = replace(p1, id="p2", order="o2", trip="t2", shipped_at=clock("20:00"), delivered_at=clock("20:03:20"))
    stop = t1.stops[0]
    later = replace(stop, order="o2", parcels=("p2",), **{
        name: getattr(stop, name) + hour for name in ("arrive_at", "start_at", "leave_at")
    })  # fmt: skip
    times = {name: getattr(t1, name) + hour for name in ("load_at", "depart_at", "return_at")}
    t2 = replace(t1, id="t2", stops=(later,), **times)
    drop = with_row(
        replace(street_drop(1, 1), committed=Committed(parcels=(p2,), trips=(t2,))),
        "couriers",
        0,
        shift=Shift(start=clock("18:00"), end=t2.return_at),
    )
    couriers = 500 + 100 * 4 + 4000
    made = replace(alone, parcels=(p1, p2), trips=(t1, t2), cost=replace(alone.cost, couriers=couriers, total=couriers))
    assert findings(drop, made) == ()
    return drop, made


@pytest.mark.parametrize("engine", ["joint", "greedy"])
def test_without_steps_a_plan_made_here_comes_back_as_it_is(engine: str) -> None:
    old = planned(SIXTY)
    again = plan(SIXTY, engine=engine, effort=Effort(steps=0), workers=1, start=old)
    assert (again.cost, again.parcels, again.trips) == (old.cost, old.parcels, old.trips)
    assert again.certificate.engine == engine


@pytest.mark.parametrize("workers", [1, 2])
def test_a_search_from_a_plan_goes_on_and_finds_better_ones(workers: int) -> None:
    old = planned(SIXTY, steps=300)
    heard: list[int] = []
    made = plan(
        SIXTY,
        effort=Effort(steps=4000),
        workers=workers,
        watch=lambda cost, bound: heard.append(cost),
        start=old,
    )
    assert findings(SIXTY, made) == ()
    assert made.cost.total < old.cost.total
    assert heard[0] <= old.cost.total


@pytest.mark.parametrize("kind", ["great_circle", "matrix"])
@pytest.mark.parametrize("begun", [False, True])
@pytest.mark.parametrize("steps", [0, 100])
def test_a_plan_made_by_hand_is_a_start(kind: str, begun: bool, steps: int) -> None:
    drop = replan_drop(kind) if begun else base_drop(kind)
    made = planned(drop, steps, start=base_plan(kind))
    assert made.cost.total <= base_plan(kind).cost.total


def test_a_plan_that_serves_nobody_is_a_start() -> None:
    nothing = planned(replace(SIXTY, couriers=(), carriers=()), steps=0)
    assert not nothing.parcels
    assert planned(SIXTY, start=nothing).cost.total < nothing.cost.total


def test_a_plan_that_holds_only_with_its_own_times_is_kept_where_nothing_is_cheaper() -> None:
    drop, old = before_a_committed_trip()
    assert start(drop, old) is None
    for engine in ("joint", "greedy"):
        made = plan(drop, engine=engine, effort=Effort(steps=50), workers=1, start=old)
        assert findings(drop, made) == ()
        assert made.cost.total <= old.cost.total


def test_a_start_is_the_answer_where_begun_work_could_not_be_finished_otherwise() -> None:
    """What was picked for the order can leave on the trip before the committed one alone."""
    drop, old = before_a_committed_trip()
    parcel = replace(old.parcels[0], trip=None, shipped_at=None, delivered_at=None)
    drop = replace(drop, committed=replace(drop.committed, parcels=(parcel, *drop.committed.parcels)))
    assert findings(drop, old) == ()
    with pytest.raises(BegunUnfinished):
        plan(drop, effort=Effort(steps=50), workers=1)
    made = planned(drop, 50, start=old)
    assert (made.parcels, made.trips, made.cost) == (old.parcels, old.trips, old.cost)


def test_a_start_that_is_stopped_at_once_costs_no_more() -> None:
    stop, old = Event(), planned(SIXTY)
    stop.set()
    made = plan(SIXTY, effort=Effort(budget_s=3600.0), workers=2, start=old, stop=stop)
    assert findings(SIXTY, made) == ()
    assert made.cost.total <= old.cost.total


@pytest.mark.parametrize("budget_s", [0.0, 0.3])
def test_a_start_under_a_short_limit_costs_no_more(budget_s: float) -> None:
    old = planned(SIXTY)
    made = plan(SIXTY, effort=Effort(budget_s=budget_s), workers=2, start=old)
    assert findings(SIXTY, made) == ()
    assert made.cost.total <= old.cost.total


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_the_same_start_seed_steps_and_workers_give_the_same_bytes(workers: int) -> None:
    old = planned(SIXTY, steps=50)
    one, two = (
        codec.write(plan(SIXTY, seed=5, effort=Effort(steps=400), workers=workers, start=old)) for _ in range(2)
    )
    assert one == two


def test_the_plan_for_more_stock_starts_from_the_plan_for_less() -> None:
    old = planned(SIXTY)
    rows = tuple(replace(row, quantity=row.quantity + 5) for row in SIXTY.stock)
    more: tuple[Stock, ...] = rows
    assert planned(replace(SIXTY, stock=more), start=old).cost.total <= old.cost.total


def test_an_engine_that_cannot_start_from_a_plan_says_which_can() -> None:
    with pytest.raises(StartsCold, match=r"two-step cannot start from a plan: .* take greedy or joint") as caught:
        plan(street_drop(1), engine="two-step", effort=Effort(steps=1), start=planned(street_drop(1)))
    assert isinstance(caught.value, Invalid)
    assert (caught.value.code, caught.value.context) == ("starts-cold", {"engine": "two-step"})
