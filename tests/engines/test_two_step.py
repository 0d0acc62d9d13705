"""two-step on drops made by hand, each about one thing that couriers, goods or promises ask for.

PyVRP and the allocation are really run, in processes of their own. What the engine hands over is looked at before
what is left over is tried elsewhere; the referee judges the finished plan.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import pairwise, permutations
from threading import Event
from typing import Any

import pytest

from router import codec
from router.check import findings
from router.effort import Effort
from router.engines import two_step
from router.generate import make_drop
from router.model import (
    Capacity,
    Committed,
    CourierCost,
    Drop,
    Penalty,
    Sku,
    Step,
    Stock,
    Tier,
)
from router.plan import Plan
from router.solve import plan
from tests.drops import replan_drop
from tests.engines.places_in_a_row import LEAVING, bike, drop, hub, matrix, order, orders, post

NO_WAY = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What the engine decided by itself, and the plan that became of it."""

    riding: dict[str, list[tuple[str, ...]]]
    """By courier, the orders of each trip."""

    carried: set[str]
    plan: Plan

    @property
    def trips(self) -> list[tuple[str, ...]]:
        return [trip for trips in self.riding.values() for trip in trips]

    @property
    def left(self) -> dict[str, str]:
        return {each.order: each.reason for each in self.plan.unserved}


Solve = Callable[..., Made]


@pytest.fixture
def solved(monkeypatch: pytest.MonkeyPatch) -> Solve:
    """Plans a drop with two-step, has the referee look at it, and keeps what the engine itself handed over."""
    drafts = []
    solve = two_step.solve

    def kept(*args: Any, **named: Any) -> Any:
        drafts.append(solve(*args, **named))
        return drafts[-1]

    monkeypatch.setattr(two_step, "solve", kept)

    def made(of: Drop, *, steps: int = 10, budget_s: float | None = None, **named: Any) -> Made:
        effort = Effort(steps=steps) if budget_s is None else Effort(budget_s=budget_s)
        found = plan(of, engine="two-step", effort=effort, **({"workers": 1} | named))
        assert findings(of, found) == ()
        served = [parcel.order for parcel in found.parcels]
        assert set(served) | {each.order for each in found.unserved} == {each.id for each in of.orders}
        riding: dict[str, list[tuple[str, ...]]] = {}
        for trip in drafts[-1].trips:
            riding.setdefault(trip.courier, []).append(tuple(visit[0].order for visit in trip.visits))
        return Made(riding=riding, carried={each.order for each in drafts[-1].carried}, plan=found)

    return made


# ---- what couriers can carry and for how long --------------------------------------------------------------------


def test_goods_that_one_courier_alone_may_carry_ride_with_that_courier(solved: Solve) -> None:
    jam = Sku(sku="JAM", seller="berry", grams=400, millilitres=500, handling=("chilled",))
    ice = Sku(sku="ICE", seller="berry", grams=400, millilitres=500, handling=("frozen",))
    plain = drop()
    made = solved(
        replace(
            plain,
            catalog=(*plain.catalog, jam, ice),
            stock=(*plain.stock, Stock(hub="mid", sku="JAM", quantity=3), Stock(hub="mid", sku="ICE", quantity=3)),
            # The one that may is the dearest by far.
            couriers=(bike("bike-1"), bike("cold", handling=("chilled",), cost=CourierCost(fixed=900)), bike("bike-2")),
            orders=(*orders(3), order("j1", 2, "JAM"), order("j2", 5, "JAM", "MUG"), order("f1", 1, "ICE")),
        )
    )
    assert {name for trip in made.riding["cold"] for name in trip} >= {"j1", "j2"}
    assert made.left == {"f1": "no-way-out"}


@pytest.mark.parametrize("capacity", [Capacity(grams=1000, millilitres=1800), Capacity(parcels=2)])
def test_a_courier_with_room_for_two_makes_a_trip_for_every_two(capacity: Capacity, solved: Solve) -> None:
    made = solved(drop(couriers=(bike("bike-1", capacity=capacity),), orders=orders(5)))
    assert 2 in map(len, made.riding["bike-1"])
    assert sorted(len(trip.stops) for trip in made.plan.trips) == [1, 2, 2]


def test_whoever_makes_one_trip_at_most_makes_one(solved: Solve) -> None:
    once = [bike(name, capacity=Capacity(parcels=2), max_trips=1) for name in ("bike-1", "bike-2")]
    made = solved(drop(couriers=tuple(once), orders=orders(5)))
    assert set(made.riding) == {"bike-1", "bike-2"}
    assert [len(trip) for trip in made.trips] == [2, 2]
    assert list(made.left.values()) == ["couriers-full"]


def test_nobody_is_on_duty_longer_than_allowed(solved: Solve) -> None:
    """Loading and the way to place 5 and back take 660 s; to place 6 it is 780 s."""
    made = solved(drop(couriers=(bike("bike-1", max_duty_seconds=660),), orders=orders(6)))
    assert made.trips
    assert made.left == {"o6": "no-way-out"}


# ---- promises ----------------------------------------------------------------------------------------------------


def late_by_the_minute(cap: int | None) -> Drop:
    """Due before the wave ends: everybody is late by more than eight minutes, at 1 000 a minute."""
    late = Penalty(per_minute=1000, cap=cap)
    return drop(tiers=(Tier(id="plain", deliver_within=180, late_delivery=late, unserved=LEAVING),), orders=orders(4))


def test_lateness_that_grows_beyond_the_price_of_leaving_is_not_taken(solved: Solve) -> None:
    made = solved(late_by_the_minute(cap=None))
    assert made.trips == []
    assert set(made.left.values()) == {"costs-more-than-leaving"}


def test_lateness_with_a_cap_is_taken(solved: Solve) -> None:
    made = solved(late_by_the_minute(cap=700))
    assert sum(map(len, made.trips)) == 4
    assert made.plan.cost.late_delivery == 4 * 700


def test_who_pays_for_lateness_is_visited_first(solved: Solve) -> None:
    """The hub is ready at 600 s and loads 60 s; place 9 is 540 s away, so only the direct way is in time."""
    late = Penalty(steps=(Step(after=0, amount=900),))
    urgent = Tier(id="urgent", deliver_within=1200, late_delivery=late, unserved=LEAVING)
    stops = (*(replace(each, service_seconds=120) for each in orders(4)), order("now", 9, tier="urgent"))
    made = solved(drop(tiers=(*drop().tiers, urgent), orders=stops))
    assert made.trips[0][0] == "now"
    assert made.plan.cost.late_delivery == 0


# ---- couriers, carriers and hubs ---------------------------------------------------------------------------------


def test_where_the_carrier_is_cheaper_nobody_rides(solved: Solve) -> None:
    made = solved(drop(carriers=(post(20),), orders=orders(4)))
    assert made.carried == {"o1", "o2", "o3", "o4"}
    assert made.trips == []


def test_where_the_carrier_is_dearer_it_gets_nothing(solved: Solve) -> None:
    made = solved(drop(carriers=(post(4000),), orders=orders(4)))
    assert made.carried == set()
    assert sum(map(len, made.trips)) == 4


def test_what_is_carried_for_nothing_is_never_driven(solved: Solve) -> None:
    """No visit is worth anything then, and PyVRP is given a hub without a client."""
    made = solved(drop(carriers=(post(0),), orders=orders(3)))
    assert (made.trips, made.carried) == ([], {"o1", "o2", "o3"})


def test_a_collection_takes_as_many_as_it_has_room_for(solved: Solve) -> None:
    made = solved(drop(carriers=(post(20, parcels=2),), couriers=(), orders=orders(4)))
    assert len(made.carried) == 2
    assert list(made.left.values()) == ["couriers-full"] * 2


def two_hubs(**fields: Any) -> Drop:
    """Hub mid with bike-1 and hub east, which alone has jam."""
    plain = drop(hubs=(hub("mid", 0), hub("east", 9)))
    jam = Sku(sku="JAM", seller="berry", grams=400, millilitres=500)
    return replace(
        plain,
        catalog=(*plain.catalog, jam),
        stock=(*plain.stock, Stock(hub="east", sku="JAM", quantity=5)),
        **fields,
    )


def test_a_hub_without_couriers_hands_all_to_the_carrier(solved: Solve) -> None:
    asked = (*orders(2), order("j1", 8, "JAM"), order("j2", 7, "JAM"))
    made = solved(two_hubs(orders=asked, carriers=(post(900, at="east"),)))
    assert (made.carried, made.left) == ({"j1", "j2"}, {})
    assert sum(map(len, made.trips)) == 2


def test_a_courier_who_may_not_load_at_home_rides_nowhere(solved: Solve) -> None:
    couriers = (bike("stranger", home="mid", hubs=("east",)), bike("bike-1"))
    made = solved(two_hubs(couriers=couriers, orders=(*orders(2), order("j1", 8, "JAM"))))
    assert set(made.riding) == {"bike-1"}
    assert set(made.left) == {"j1"}


def test_a_drop_without_orders_and_one_without_couriers_have_a_plan(solved: Solve) -> None:
    assert solved(drop()).plan.cost.total == 0
    assert solved(drop(couriers=(), orders=orders(1))).left == {"o1": "no-way-out"}


# ---- ways that are not there -------------------------------------------------------------------------------------


def test_no_courier_rides_where_there_is_no_way_back(solved: Solve) -> None:
    seconds: list[list[int | None]] = [[60 * abs(a - b) for b in range(5)] for a in range(5)]
    for start in range(5):
        if start != 3:
            seconds[3][start] = NO_WAY
    made = solved(drop(travel=matrix(seconds), orders=orders(4)))
    assert {name for trip in made.trips for name in trip} == {"o1", "o2", "o4"}
    assert made.left == {"o3": "no-way-out"}


def test_a_stop_that_falls_away_leaves_no_leg_without_a_way(solved: Solve) -> None:
    """The tour of mid is x, both, y, since there is no way from x to y. But the jam of ``both`` waits at east, whose
    courier has room for one parcel, and takes ``dear``: ``both`` stays, and the tour may not go from x to y."""
    #       mid   east  x     both  y     dear
    seconds: list[list[int | None]] = [
        [0, 900, 60, 900, 900, 900],
        [900, 0, 900, 300, 900, 60],
        [900, 900, 0, 60, NO_WAY, 900],
        [900, 300, 60, 0, 60, 900],
        [60, 900, NO_WAY, 60, 0, 900],
        [900, 60, 900, 900, 900, 0],
    ]
    plain = two_hubs()
    given = replace(
        plain,
        travel=matrix(seconds),
        hubs=(hub("mid", 0), hub("east", 1)),
        tiers=(*plain.tiers, Tier(id="dear", unserved=9 * LEAVING)),
        couriers=(
            bike("bike-1", max_trips=1),
            bike("bike-2", home="east", capacity=Capacity(parcels=1), max_trips=1),
        ),
        orders=(order("x", 2), order("both", 3, "MUG", "JAM"), order("y", 4), order("dear", 5, "JAM", tier="dear")),
    )
    made = solved(given, steps=50)
    place = {each.id: each.location.place for each in given.orders}
    for trip in made.riding.get("bike-1", []):
        assert all(seconds[place[a]][place[b]] is not NO_WAY for a, b in pairwise(trip))
    assert made.riding["bike-2"] == [("dear",)]
    assert set(made.left) >= {"both"}


# ---- planning again ----------------------------------------------------------------------------------------------


def test_a_courier_away_from_home_is_brought_home_and_what_is_picked_goes_out(solved: Solve) -> None:
    made = solved(replan_drop("great_circle"))
    last = max((trip for trip in made.plan.trips if trip.courier == "bike-1"), key=lambda trip: trip.load_at)
    assert (last.hub, last.return_to) == ("pasila", "kallio")
    picked = next(parcel for parcel in made.plan.parcels if parcel.id == "p3")
    assert picked.trip == last.id


def test_half_an_hour_later_the_rest_is_planned_around_what_has_begun(solved: Solve) -> None:
    given = make_drop(orders=30, hubs=2, seed=4)
    first = plan(given, engine="greedy", effort=Effort(steps=0))
    now = given.plan_at + timedelta(minutes=50)
    trips = tuple(trip for trip in first.trips if trip.load_at <= now)
    away = tuple(parcel for parcel in first.parcels if parcel.trip in {trip.id for trip in trips})
    waiting = [parcel for parcel in first.parcels if parcel not in away and parcel.trip and parcel.ready_at <= now][:2]
    picked = [replace(each, trip=None, shipped_at=None, delivered_at=None) for each in waiting]
    later = replace(given, plan_at=now, committed=Committed(parcels=(*away, *picked), trips=trips))
    assert trips
    made = solved(later)
    assert made.trips


# ---- effort ------------------------------------------------------------------------------------------------------


def test_the_same_seed_and_steps_give_the_same_plan_byte_for_byte(solved: Solve) -> None:
    given = make_drop(orders=30, hubs=2, seed=6)
    one, two = (codec.write(solved(given, steps=15, seed=3, workers=2).plan) for _ in range(2))
    assert one == two


@pytest.mark.parametrize("steps", [0, 60])
def test_few_steps_and_many_keep_the_law(steps: int, solved: Solve) -> None:
    made = solved(make_drop(orders=30, hubs=2, seed=8, tight=True), steps=steps)
    assert made.trips


@pytest.mark.parametrize("budget_s", [0.0, 0.5, 3.0])
def test_a_short_time_gives_a_lawful_plan(budget_s: float, solved: Solve) -> None:
    solved(make_drop(orders=60, hubs=3, seed=9), budget_s=budget_s, workers=2)


def test_stopped_before_it_began_it_still_gives_a_plan(solved: Solve) -> None:
    stop = Event()
    stop.set()
    assert solved(make_drop(orders=30, hubs=2, seed=8), stop=stop).trips == []


def test_the_watch_hears_of_better_plans_alone() -> None:
    told: list[int] = []
    given = make_drop(orders=30, hubs=2, seed=8)
    draft = two_step.solve(
        given,
        seed=1,
        effort=Effort(steps=30),
        workers=1,
        watch=lambda cost, bound: told.append(cost),
        stop=Event(),
        start=None,
    )
    assert draft.trips
    assert len(told) > 1
    assert told == sorted(set(told), reverse=True)


# ---- how good it is ----------------------------------------------------------------------------------------------


def test_a_tour_of_six_is_the_shortest_there_is(solved: Solve) -> None:
    """Doors on a crooked map, no promises, room for all: the one thing to decide is the order of the visits."""
    spots = [(0, 0), (7, 2), (1, 6), (5, 5), (3, 9), (8, 8), (2, 3)]
    seconds = [[37 * (abs(a - c) + abs(b - d)) for c, d in spots] for a, b in spots]
    given = drop(travel=matrix(seconds), orders=orders(6))
    made = solved(given, steps=40)
    best_s = min(sum(seconds[a][b] for a, b in pairwise((0, *way, 0))) for way in permutations(range(1, 7)))
    assert [len(trip) for trip in made.trips] == [6]
    trip = made.plan.trips[0]
    assert (trip.return_at - trip.depart_at).total_seconds() == best_s


@pytest.mark.parametrize(("seed", "tight"), [(1, False), (2, True)])
def test_it_is_no_dearer_than_greedy_by_a_tenth(seed: int, tight: bool, solved: Solve) -> None:
    given = make_drop(orders=50, hubs=2, seed=seed, tight=tight)
    quick = plan(given, engine="greedy", effort=Effort(steps=0))
    assert solved(given, steps=40).plan.cost.total <= 1.1 * quick.cost.total
