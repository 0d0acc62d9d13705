"""No plan of any drop costs less than its lower bound: generated drops, tiny ones tried out, and odd ones."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from router import codec
from router.bound import lower_bound
from router.check import findings
from router.effort import Effort
from router.generate import make_drop
from router.model import (
    Capacity,
    Carrier,
    Collection,
    Component,
    Courier,
    CourierCost,
    Drop,
    Hub,
    Location,
    Order,
    Penalty,
    Profile,
    Shift,
    Sku,
    Step,
    Stock,
    TariffStep,
    Tier,
    Travel,
    Wave,
)
from router.solve import plan
from tests.drops import clock
from tests.engines.test_nasty_drops import CASES
from tests.exhaustive import cheapest


def bounds(drop: Drop, steps: int = 360) -> list[int]:
    """What is told while the bound rises; the last one is what is returned."""
    told: list[int] = []
    assert lower_bound(drop, until=None, steps=steps, tell=told.append) == told[-1]
    return told


@st.composite
def drops(draw: st.DrawFn) -> Drop:
    return make_drop(
        orders=draw(st.integers(1, 40)),
        hubs=draw(st.integers(1, 4)),
        couriers=draw(st.integers(0, 8)),
        skus=draw(st.integers(1, 30)),
        seed=draw(st.integers(0, 10_000)),
        tight=draw(st.booleans()),
        travel=draw(st.sampled_from(["great_circle", "matrix"])),
    )


@pytest.mark.parametrize("engine", ["greedy", "joint"])
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(drop=drops())
def test_no_plan_of_a_generated_drop_undercuts_its_bound(engine: str, drop: Drop) -> None:
    told = bounds(drop)
    assert told == sorted(set(told))
    assert told[0] >= 0
    assert told[-1] <= plan(drop, engine=engine, effort=Effort(steps=400), workers=1).cost.total


def scattered(seed: int) -> Drop:
    """Every article lies at one of four hubs, so that orders come in several parcels; lines and splits may be dear."""
    draw = random.Random(seed)
    made = make_drop(orders=16, hubs=4, skus=8, couriers=6, seed=seed)
    skus = [each.sku for each in made.catalog]
    per_line = draw.choice([0, 300, 1200])
    return replace(
        made,
        stock=tuple(
            Stock(hub=made.hubs[at % 4].id, sku=sku, quantity=draw.randint(6, 30)) for at, sku in enumerate(skus)
        ),
        orders=tuple(
            replace(order, lines=tuple(Component(sku=sku, quantity=1) for sku in draw.sample(skus, draw.randint(3, 5))))
            for order in made.orders
        ),
        hubs=tuple(replace(hub, cost_per_line=per_line) for hub in made.hubs),
        tiers=tuple(replace(tier, unserved=draw.choice([2000, 30000])) for tier in made.tiers),
        split_cost=draw.choice([0, 150, 3000]),
        bundles=(),
    )


@pytest.mark.parametrize("seed", range(8))
def test_no_plan_undercuts_its_bound_where_orders_come_in_three_parcels_and_more(seed: int) -> None:
    drop = scattered(seed)
    found = plan(drop, effort=Effort(steps=1500), workers=1)
    assert bounds(drop)[-1] <= found.cost.total


def rushed(seed: int) -> Drop:
    """Like ``scattered``, but one hub has all articles, waves are small, and every parcel is late, by far or a little:
    parts of an order pay for the waves that they ride and for their lateness."""
    draw = random.Random(seed)
    drop = scattered(seed)
    tiers = tuple(
        replace(
            tier,
            ship_within=draw.choice([60, 1800]),
            deliver_within=draw.choice([60, 2400]),
            late_shipping=Penalty(steps=(Step(after=0, amount=draw.choice([100, 700])),)),
            late_delivery=Penalty(per_minute=draw.choice([2, 20]), cap=draw.choice([400, 2500])),
        )
        for tier in drop.tiers
    )
    hubs = tuple(
        replace(hub, waves=tuple(replace(wave, lines=draw.randint(2, 9)) for wave in hub.waves)) for hub in drop.hubs
    )
    everything = tuple(Stock(hub=hubs[0].id, sku=each.sku, quantity=draw.randint(3, 9)) for each in drop.catalog)
    elsewhere = tuple(row for row in drop.stock if row.hub != hubs[0].id)
    return replace(drop, tiers=tiers, hubs=hubs, stock=(*everything, *elsewhere), split_cost=draw.choice([0, 50]))


@pytest.mark.parametrize("seed", range(16))
def test_no_plan_undercuts_its_bound_where_parts_of_orders_are_late(seed: int) -> None:
    drop = rushed(seed)
    found = plan(drop, effort=Effort(steps=3000), workers=1)
    assert findings(drop, found) == ()
    assert bounds(drop)[-1] <= found.cost.total


def test_scattered_goods_are_served_in_three_parcels_and_more() -> None:
    parcels = Counter(parcel.order for parcel in plan(scattered(0), effort=Effort(steps=1500), workers=1).parcels)
    assert max(parcels.values()) >= 3


@pytest.mark.parametrize("kind", ["great_circle", "matrix"])
def test_no_plan_of_a_drop_that_has_begun_undercuts_its_bound(kind: str) -> None:
    """What the first half of a plan's trips did stands; the rest is planned anew."""
    for seed in range(3):
        drop = make_drop(orders=30, hubs=3, seed=seed, travel="matrix" if kind == "matrix" else "great_circle")
        made = plan(drop, engine="greedy", effort=Effort(steps=1), workers=1)
        now = drop.plan_at + timedelta(minutes=40)
        trips = tuple(trip for trip in made.trips if trip.load_at < now)
        names = {trip.id for trip in trips}
        starts = {(hub.id, wave.id): wave.start for hub in drop.hubs for wave in hub.waves}
        begun = tuple(each for each in made.parcels if each.trip in names or starts[each.hub, each.wave] < now)
        begun = tuple(
            parcel if parcel.trip in names or parcel.collection else replace(
                parcel, trip=None, shipped_at=None, delivered_at=None
            )
            for parcel in begun
        )  # fmt: skip
        later = replace(drop, plan_at=now, committed=replace(drop.committed, parcels=begun, trips=trips))
        assert codec.read_drop(codec.write(later)) == later
        found = plan(later, effort=Effort(steps=400), workers=1)
        assert findings(later, found) == findings(later, made) == ()
        assert bounds(later)[-1] <= min(found.cost.total, made.cost.total)


def tiny(seed: int) -> Drop:
    """Up to four orders of one unit, two hubs of up to two waves, two couriers, legs that keep no rule at all."""
    draw = random.Random(seed)
    places = 6
    legs = [
        [
            [draw.choice([0, 300, 900, 2500]) if draw.random() < 0.92 else None for _ in range(places)]
            for _ in range(places)
        ]
        for _ in range(2)
    ]
    way = [
        [None if None in (legs[0][i][j], legs[1][i][j]) else legs[0][i][j] for j in range(places)]
        for i in range(places)
    ]
    walk = [[None if way[i][j] is None else legs[1][i][j] for j in range(places)] for i in range(places)]
    profile = Profile(metres=tuple(map(tuple, way)), seconds=tuple(map(tuple, walk)))
    hubs = tuple(
        Hub(
            id=f"h{h}",
            partner="dock",
            location=Location(place=h),
            waves=tuple(
                Wave(
                    id=f"w{w}",
                    start=clock(f"18:{20 + 20 * w}"),
                    end=clock(f"18:{39 + 20 * w}"),
                    lines=draw.randint(0, 3),
                )
                for w in range(draw.randint(1, 2))
            ),
            cost_per_parcel=draw.choice([0, 45]),
            cost_per_line=draw.choice([0, 20]),
        )
        for h in range(2)
    )
    late = Penalty(
        steps=(Step(after=0, amount=draw.choice([0, 300])), Step(after=900, amount=draw.choice([100, 800]))),
        per_minute=draw.choice([0, 3]),
        cap=draw.choice([None, 500]),
    )
    couriers = tuple(
        Courier(
            id=f"c{c}",
            partner="pedal",
            profile="bike",
            home=f"h{draw.randint(0, 1)}",
            hubs=draw.choice([None, ("h0", "h1"), ("h1",)]),
            shift=Shift(start=clock("18:00"), end=clock(draw.choice(["20:00", "22:00"]))),
            max_duty_seconds=draw.choice([None, 4000, 7000]),
            capacity=Capacity(parcels=draw.choice([None, 1, 2]), grams=draw.choice([None, 3000])),
            load_seconds=draw.choice([0, 240]),
            max_trips=draw.choice([None, 1, 2]),
            cost=CourierCost(
                fixed=draw.choice([0, 500]), per_km=draw.choice([0, 8, 123]), per_hour=draw.choice([0, 1900])
            ),
        )
        for c in range(2)
    )
    post = Carrier(
        id="post",
        partner="post",
        collections=(
            Collection(
                id="post-1", hub="h0", at=clock("20:00"), delivered_at=clock("21:00"), parcels=draw.randint(0, 2)
            ),
        ),
        tariff=(TariffStep(up_to_grams=2000, amount=590), TariffStep(up_to_grams=9000, amount=490)),
    )
    return Drop(
        format="dropwright.drop/1",
        id="tiny",
        currency="EUR",
        timezone="Europe/Helsinki",
        plan_at=clock("18:15"),
        travel=Travel(kind="matrix", places=places, profiles={"bike": profile}),
        catalog=tuple(Sku(sku=f"s{s}", seller="kiln", grams=1000 + 1500 * s, millilitres=1) for s in range(2)),
        tiers=(
            Tier(
                id="fast", deliver_within=3600, ship_within=2400, late_delivery=late, late_shipping=late, unserved=2500
            ),
            Tier(id="slow", unserved=900),
        ),
        hubs=hubs,
        stock=tuple(
            Stock(
                hub=f"h{h}",
                sku=f"s{s}",
                quantity=draw.randint(0, 2),
                contingency=draw.randint(0, 1),
                contingency_cost=60,
            )
            for h in range(2)
            for s in range(2)
        ),
        couriers=couriers,
        carriers=(post,) if draw.random() < 0.5 else (),
        orders=tuple(
            Order(
                id=f"o{o}",
                placed_at=clock("18:02"),
                cleared_at=clock(draw.choice(["18:05", "18:30"])),
                tier=draw.choice(["fast", "slow"]),
                location=Location(place=draw.randint(0, places - 1)),
                lines=(Component(sku=f"s{draw.randint(0, 1)}", quantity=1),),
                not_before=draw.choice([None, None, clock("19:30")]),
                service_seconds=draw.choice([0, 120]),
            )
            for o in range(draw.randint(1, 4))
        ),
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(60))
def test_the_bound_of_a_tiny_drop_is_at_most_its_optimum(seed: int) -> None:
    drop = tiny(seed)
    best = cheapest(drop)
    assert findings(drop, best) == ()
    assert bounds(drop)[-1] <= best.cost.total


@pytest.mark.parametrize("name", CASES)
def test_no_nasty_drop_is_bounded_above_its_best_plan(name: str) -> None:
    drop, total, _ = CASES[name]
    assert bounds(drop)[-1] <= total


@pytest.mark.parametrize("seed", range(40))
def test_no_plan_undercuts_the_bound_of_a_drop_that_was_changed(seed: int) -> None:
    """Generated drops with what the generator leaves out: doors that open late, no loading time, orders at one door."""
    draw = random.Random(seed)
    drop = make_drop(
        orders=draw.randint(2, 25),
        hubs=draw.randint(1, 3),
        couriers=draw.randint(1, 6),
        skus=draw.randint(1, 12),
        seed=seed,
        tight=draw.random() < 0.5,
        travel=draw.choice(["great_circle", "matrix"]),
    )
    orders = tuple(
        replace(
            order,
            not_before=drop.plan_at + timedelta(minutes=draw.randint(0, 300))
            if draw.random() < 0.3
            else order.not_before,
            service_seconds=draw.choice([0, 0, order.service_seconds, 900]),
            location=draw.choice([order.location, order.location, drop.orders[0].location]),
        )
        for order in drop.orders
    )
    couriers = tuple(
        replace(
            courier,
            load_seconds=draw.choice([0, courier.load_seconds]),
            max_trips=draw.choice([None, 1, courier.max_trips]),
            max_duty_seconds=draw.choice([None, 5000, courier.max_duty_seconds]),
            cost=replace(courier.cost, per_hour=draw.choice([0, 1, 1900]), fixed=draw.choice([0, 5000])),
        )
        for courier in drop.couriers
    )
    drop = replace(drop, orders=orders, couriers=couriers, split_cost=draw.choice([0, 150, 10_000]))
    made = plan(drop, engine=draw.choice(["greedy", "joint"]), effort=Effort(steps=400), workers=1)
    assert findings(drop, made) == ()
    assert bounds(drop)[-1] <= made.cost.total
