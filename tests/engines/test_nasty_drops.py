"""Small drops with something odd in each: every engine finds the right answer, and the referee accepts it.

All lie on the street of ``tests.drops``, where serving place k alone costs 500 + 600k and leaving an order 5 000. A
case is a drop, what its best plan costs in all, and who is served in it, worked out in the comment beside it.
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from router import codec
from router.check import findings
from router.effort import Effort
from router.model import (
    Bundle,
    Capacity,
    Carrier,
    Collection,
    Component,
    CourierCost,
    Drop,
    Location,
    Penalty,
    Profile,
    Shift,
    Step,
    Stock,
    TariffStep,
    Tier,
    Travel,
    Wave,
)
from router.plan import Plan
from router.solve import plan
from tests.changes import with_capacity, with_collection, with_first_wave, with_row
from tests.drops import MUG, clock, street, street_drop

ENGINES = ("greedy", "joint")
HUGE = 10**15
ONE = street_drop(1)
Case = tuple[Drop, int, str]


def planned(drop: Drop, engine: str) -> Plan:
    """The plan of a drop that can be written and read, after the referee found nothing in it."""
    assert codec.read_drop(codec.write(drop)) == drop
    made = plan(drop, engine=engine, effort=Effort(steps=200), workers=1)
    assert findings(drop, made) == ()
    assert codec.read_plan(codec.write(made)) == made
    return made


def served(made: Plan) -> set[str]:
    return {parcel.order for parcel in made.parcels}


def order(drop: Drop, index: int = 0, **changes: Any) -> Drop:
    return with_row(drop, "orders", index, **changes)


def bike(drop: Drop, **changes: Any) -> Drop:
    return with_row(drop, "couriers", 0, **changes)


def tier(drop: Drop, **changes: Any) -> Drop:
    return with_row(drop, "tiers", 0, **changes)


def wave(drop: Drop, **changes: Any) -> Drop:
    return with_first_wave(drop, 0, **changes)


def stock(drop: Drop, **changes: Any) -> Drop:
    return with_row(drop, "stock", 0, **changes)


def mugs(drop: Drop, quantity: int, **changes: Any) -> Drop:
    """o1 wants so many; the other changes are to the mug."""
    wanted = order(drop, lines=(Component(sku="MUG", quantity=quantity),))
    return with_row(stock(wanted, quantity=max(10, quantity)), "catalog", 0, **changes)


def by_post(drop: Drop, first_step: int = 0) -> Drop:
    """The carrier instead of the couriers: 590 to 2 kg, 990 to 20 kg, collected at 20:00."""
    row = Collection(id="post-20", hub="north", at=clock("20:00"), delivered_at=clock("+1 10:00"))
    steps = (TariffStep(up_to_grams=2000, amount=590), TariffStep(up_to_grams=20000, amount=990))
    return replace(
        drop, couriers=(), carriers=(Carrier(id="post", partner="post", collections=(row,), tariff=steps[first_step:]),)
    )


def with_south(drop: Drop, place: int, *rows: Stock) -> Drop:
    """A second hub with its stock; the bike may load there too."""
    south = replace(drop.hubs[0], id="south", location=Location(place=place))
    return bike(replace(drop, hubs=(*drop.hubs, south), stock=rows), hubs=("north", "south"))


def late(drop: Drop, *, seconds: int = 200, **penalty: Any) -> Drop:
    """o1, delivered at 19:03:20 at the earliest, is due so many seconds before."""
    due = clock("19:03:20") - timedelta(seconds=seconds)
    return tier(order(drop, deliver_by=due), late_delivery=Penalty(**penalty))


def on_the_globe(metres_per_second: float, *, lat: float, detour: float = 1.0) -> Drop:
    """The hub on the equator, and o1 due north of it."""
    profile = Profile(detour=detour, metres_per_second=metres_per_second)
    drop = replace(ONE, travel=Travel(kind="great_circle", profiles={"bike": profile}))
    return order(with_row(drop, "hubs", 0, location=Location(lat=0.0, lon=0.0)), location=Location(lat=lat, lon=0.0))


def ways(*legs: tuple[int, int]) -> Travel:
    """Only these legs, 1 000 m and 200 s each."""
    return street(lambda start, end: (1000, 200) if (start, end) in legs else None)


BY_THE_MINUTE = Penalty(per_minute=7)
COLD = {"handling": ("fragile", "cold")}
FREE_WAY = CourierCost(per_hour=3600)
LATER_WAVE = Wave(id="w2", start=clock("18:45"), end=clock("19:15"), lines=1)
NIGHT_WAVE = wave(ONE, start=clock("23:30"), end=clock("+1 00:10"))
NIGHT_SHIFT = Shift(start=clock("22:00"), end=clock("+1 02:00"))
POT = Component(sku="POT", quantity=1)
SET = Bundle(sku="SET", components=(Component(sku="MUG", quantity=3), MUG))
SETS = Component(sku="SET", quantity=2)
POTS_TOO = replace(ONE, stock=(*ONE.stock, Stock(hub="north", sku="POT", quantity=1)))
TWO_WAVES = with_row(POTS_TOO, "hubs", 0, waves=(replace(ONE.hubs[0].waves[0], lines=1), LATER_WAVE))
NORTH_AND_SOUTH = with_south(
    order(street_drop(1, 3), 1, lines=(POT,)),
    2,
    Stock(hub="north", sku="MUG", quantity=1),
    Stock(hub="south", sku="POT", quantity=1),
)
TOGETHER = replace(
    with_south(mugs(ONE, 2), 2, *(Stock(hub=hub, sku="MUG", quantity=1) for hub in ("north", "south"))), split_cost=150
)
TWO_TRIPS = replace(with_capacity(mugs(ONE, 2), grams=1500), split_cost=150)
EXPRESS = Tier(id="express", unserved=5000, late_delivery=Penalty(steps=(Step(after=0, amount=3000),)))
EXPRESS_FIRST = order(
    replace(with_capacity(street_drop(1, 1), parcels=1), tiers=(*ONE.tiers, EXPRESS)),
    1,
    tier="express",
    deliver_by=clock("19:03:20"),
)
NOBODY = Travel(kind="great_circle", profiles={})
BARE = replace(street_drop(), travel=NOBODY, catalog=(), tiers=(), hubs=(), stock=(), couriers=())

EMPTY: dict[str, Case] = {
    "nothing at all": (BARE, 0, ""),
    "a matrix of no places": (replace(BARE, travel=Travel(kind="matrix", places=0, profiles={})), 0, ""),
    "no orders": (street_drop(), 0, ""),
    "no couriers and no carriers": (replace(street_drop(1, 2), couriers=()), 10000, ""),
    "no stock rows": (replace(ONE, stock=()), 5000, ""),
    "a hub without waves": (with_row(ONE, "hubs", 0, waves=()), 5000, ""),
    "a wave of no lines": (wave(ONE, lines=0), 5000, ""),
    "a bag for no parcels": (with_capacity(ONE, parcels=0), 5000, ""),
    "a bag for no grams": (with_capacity(ONE, grams=0), 5000, ""),
    "no trips allowed": (bike(ONE, max_trips=0), 5000, ""),
    "no hub to come from": (order(ONE, hubs=()), 5000, ""),
    "no hub to load at": (bike(ONE, hubs=()), 5000, ""),
    "a hub named twice": (bike(order(ONE, hubs=("north", "north")), hubs=("north", "north")), 1100, "o1"),
    "a carrier without collections": (with_row(by_post(ONE), "carriers", 0, collections=()), 5000, ""),
    "a collection of no parcels": (with_collection(by_post(ONE), parcels=0), 5000, ""),
    "goods that weigh nothing": (with_capacity(mugs(ONE, 10, grams=0, millilitres=0), grams=0), 1100, "o1"),
}

GOODS: dict[str, Case] = {
    # Two trips of one courier: 500 + 4 km + 800 s, and the fee for two parcels of 150.
    "too heavy whole, light in two": (TWO_TRIPS, 1850, "o1"),
    "in two for a little more than leaving": (tier(TWO_TRIPS, unserved=1849), 1849, ""),
    "in two for a little less than leaving": (tier(TWO_TRIPS, unserved=1851), 1850, "o1"),
    "too heavy even for one": (with_capacity(ONE, grams=999), 5000, ""),
    # 0 → 1 → 2, where the other mug is, → 1 → 0: 4 km, 800 s, two parcels.
    "enough in two hubs together": (TOGETHER, 1850, "o1"),
    "not enough in two hubs together": (replace(mugs(TOGETHER, 3), stock=TOGETHER.stock), 5000, ""),
    # Two entries of one SKU are one line of a parcel.
    "one SKU on two lines": (order(wave(ONE, lines=1), lines=(MUG, MUG)), 1100, "o1"),
    # Ten mugs: a set is three and one.
    "a bundle, and what is in it beside it": (order(replace(ONE, bundles=(SET,)), lines=(MUG, SETS, MUG)), 1100, "o1"),
    # A mug in the first wave, a pot in the second, both on the trip after it.
    "two waves, one line in each": (order(replace(TWO_WAVES, split_cost=150), lines=(MUG, POT)), 1250, "o1"),
    "handling that nobody has": (with_row(ONE, "catalog", 0, handling=("frozen",)), 5000, ""),
    "handling that the post alone has": (
        with_row(mugs(replace(by_post(ONE), couriers=ONE.couriers), 1, handling=("cold",)), "carriers", 0, **COLD),
        590,
        "o1",
    ),
    "half from contingency": (stock(mugs(ONE, 2), quantity=1, contingency=5, contingency_cost=60), 1160, "o1"),
    "contingency dearer than leaving": (stock(ONE, quantity=0, contingency=5, contingency_cost=3901), 5000, ""),
    "contingency cheaper than leaving": (stock(ONE, quantity=0, contingency=5, contingency_cost=3899), 4999, "o1"),
    "exactly as heavy as the tariff step": (mugs(by_post(ONE), 2), 590, "o1"),
    "a gram more than the tariff step": (mugs(by_post(ONE), 1, grams=2001), 990, "o1"),
    "heavier than the last tariff step": (mugs(by_post(ONE), 1, grams=20001), 5000, ""),
    # 990 for each of two parcels, and the fee for two.
    "heavier than the only step, but not in two": (replace(mugs(by_post(ONE, 1), 21), split_cost=150), 2130, "o1"),
}

TIMES: dict[str, Case] = {
    "back as the shift ends": (bike(ONE, shift=Shift(start=clock("18:00"), end=clock("19:06:40"))), 1100, "o1"),
    "back a second after it": (bike(ONE, shift=Shift(start=clock("18:00"), end=clock("19:06:39"))), 5000, ""),
    "the wave ends after the shift": (bike(ONE, shift=Shift(start=clock("18:00"), end=clock("18:50"))), 5000, ""),
    "the shift is over before the plan": (bike(ONE, shift=Shift(start=clock("12:00"), end=clock("18:00"))), 5000, ""),
    "not before the last moment": (order(ONE, not_before=clock("22:56:40")), 1100, "o1"),
    "not before a second later": (order(ONE, not_before=clock("22:56:41")), 5000, ""),
    "not before tomorrow": (order(ONE, not_before=clock("+1 10:00")), 5000, ""),
    "not before does not bind the post": (order(by_post(ONE), not_before=clock("+1 22:00")), 590, "o1"),
    "cleared as the wave starts": (order(ONE, cleared_at=clock("18:30")), 1100, "o1"),
    "cleared after the last wave starts": (order(ONE, cleared_at=clock("18:30:01")), 5000, ""),
    "the plan is made as the wave starts": (replace(ONE, plan_at=clock("18:30")), 1100, "o1"),
    "the plan is made between two waves": (replace(TWO_WAVES, plan_at=clock("18:30:01")), 1100, "o1"),
    "the plan is made after the last wave starts": (replace(TWO_WAVES, plan_at=clock("18:45:01")), 5000, ""),
    "collected as the wave ends": (with_collection(by_post(ONE), at=clock("19:00")), 590, "o1"),
    "collected before the wave ends": (with_collection(by_post(ONE), at=clock("18:59:59")), 5000, ""),
    "a wave of no length": (wave(ONE, end=clock("18:30")), 1100, "o1"),
    "a shift over midnight": (bike(NIGHT_WAVE, shift=NIGHT_SHIFT), 1100, "o1"),
    "no duty, no way to go": (bike(street_drop(0), max_duty_seconds=0), 500, "o1"),
    "no duty, a way to go": (bike(ONE, max_duty_seconds=0), 5000, ""),
    "duty for exactly the way": (bike(ONE, max_duty_seconds=400), 1100, "o1"),
    "duty for a second less": (bike(ONE, max_duty_seconds=399), 5000, ""),
    "loading and service": (order(bike(ONE, load_seconds=60), service_seconds=40), 1200, "o1"),
}

WAYS: dict[str, Case] = {
    # Home only by way of the other hub, where nobody could go without o1: 6 km and 1 200 s.
    "load at home, then at the other hub": (NORTH_AND_SOUTH, 2300, "o1 o2"),
    "nobody goes to the other hub empty": (replace(NORTH_AND_SOUTH, orders=NORTH_AND_SOUTH.orders[1:]), 5000, ""),
    "at the hub's door": (street_drop(0, 0), 500, "o1 o2"),
    "at one door": (street_drop(1, 1, 1), 1100, "o1 o2 o3"),
    "no way there": (replace(ONE, travel=ways((1, 0))), 5000, ""),
    "no way back": (replace(ONE, travel=ways((0, 1))), 5000, ""),
    # 0 → 1 → 2 → 0 is the only round: 3 km, 600 s.
    "round one way": (replace(street_drop(2, 1), travel=ways((0, 1), (1, 2), (2, 0), (0, 2))), 1400, "o1 o2"),
    # No way from the place to itself, so one trip for each: 4 km, 800 s.
    "no way from a door to itself": (replace(street_drop(1, 1), travel=ways((0, 1), (1, 0))), 1700, "o1 o2"),
    # 1 km and 200 s there, 2 km and 500 s back.
    "farther back": (replace(ONE, travel=street(lambda a, b: (1000, 200) if a <= b else (2000, 500))), 1500, "o1"),
    # 123 m at 4.1 m/s take 30 s: 500, 24.6 for 246 m, 60 for as many seconds.
    "123 m at 4.1 m/s": (on_the_globe(4.1, lat=0.0011062), 585, "o1"),
    # 1 112 m take 334 s: 500, 222.4, 668.
    "a speed with many decimals": (on_the_globe(3.33333333333333, lat=0.01), 1390, "o1"),
    "too slow to move": (on_the_globe(1e-300, lat=0.01), 5000, ""),
    "too slow to move, and no need to": (on_the_globe(1e-300, lat=0.0), 500, "o1"),
    # 10 007 558 m and 11 s each way: 500, 2 001 511.6, 22.
    "to the pole as fast as may be": (tier(on_the_globe(1e6, lat=90.0), unserved=3_000_000), 2_002_034, "o1"),
    "a detour to nowhere": (on_the_globe(5.0, lat=0.01, detour=1e-300), 500, "o1"),
}

MONEY: dict[str, Case] = {
    "late, but the cap is nothing": (late(ONE, per_minute=HUGE, cap=0), 1100, "o1"),
    "late without steps": (late(ONE), 1100, "o1"),
    # 200 s are four minutes begun.
    "late by the minute": (late(ONE, per_minute=7), 1128, "o1"),
    "late by the minute, 180 s": (late(ONE, seconds=180, per_minute=7), 1121, "o1"),
    "late by the minute up to the cap": (late(ONE, per_minute=7, cap=20), 1120, "o1"),
    "late past a step by a second": (late(ONE, steps=(Step(after=199, amount=300),)), 1400, "o1"),
    "late as long as a step allows": (late(ONE, steps=(Step(after=200, amount=300),)), 1100, "o1"),
    "a cheaper later step": (late(ONE, steps=(Step(after=100, amount=50), Step(after=0, amount=300))), 1150, "o1"),
    "late for dearer than leaving": (late(ONE, steps=(Step(after=0, amount=3901),)), 5000, ""),
    "shipped late": (tier(order(ONE, ship_by=clock("18:59")), late_shipping=BY_THE_MINUTE), 1107, "o1"),
    "no promise": (tier(order(ONE, deliver_by=None), deliver_within=0, late_delivery=BY_THE_MINUTE), 1100, "o1"),
    # One parcel a trip, express first and in time: 500 + 4 km + 800 s.
    "two tiers, express first": (EXPRESS_FIRST, 1700, "o1 o2"),
    "serving dearer by one than leaving": (tier(ONE, unserved=1099), 1099, ""),
    "serving cheaper by one than leaving": (tier(ONE, unserved=1101), 1100, "o1"),
    # 100 m at 5 a kilometre and 200 s at 9 an hour are a half each, rounded up.
    "halves of a minor unit": (
        bike(replace(ONE, travel=street(lambda a, b: (50, 100))), cost=CourierCost(per_km=5, per_hour=9)),
        2,
        "o1",
    ),
}

LARGE: dict[str, Case] = {
    "a courier dearer than a huge penalty": (
        tier(bike(ONE, cost=CourierCost(fixed=HUGE)), unserved=HUGE // 10),
        HUGE // 10,
        "",
    ),
    "a kilometre beyond measure": (bike(ONE, cost=CourierCost(per_km=HUGE)), 5000, ""),
    "an hour beyond measure": (bike(ONE, cost=CourierCost(per_hour=HUGE)), 5000, ""),
    "handling beyond measure": (with_row(ONE, "hubs", 0, cost_per_line=HUGE), 5000, ""),
    "a split beyond measure": (replace(TOGETHER, split_cost=HUGE), 5000, ""),
    "late beyond measure": (late(ONE, per_minute=HUGE), 5000, ""),
    "late beyond measure, but capped": (late(ONE, per_minute=HUGE, cap=10), 1110, "o1"),
    "a promise for ever": (tier(ONE, deliver_within=HUGE, late_delivery=Penalty(per_minute=HUGE)), 1100, "o1"),
    "one unit short of beyond measure": (stock(mugs(ONE, HUGE), quantity=HUGE - 1), 5000, ""),
    "heavier than the bag by a gram": (with_capacity(mugs(ONE, 1, grams=HUGE), grams=HUGE - 1), 5000, ""),
    "no limit in sight": (
        wave(bike(ONE, max_trips=HUGE, max_duty_seconds=HUGE, capacity=Capacity(parcels=HUGE)), lines=HUGE),
        1100,
        "o1",
    ),
    "loading for ever": (bike(ONE, load_seconds=HUGE), 5000, ""),
    "service for ever": (order(ONE, service_seconds=HUGE), 5000, ""),
    "a way for ever": (replace(ONE, travel=street(lambda a, b: (1, HUGE))), 5000, ""),
    # It takes 400 s all the same, and kilometres are free.
    "a way beyond measure": (bike(replace(ONE, travel=street(lambda a, b: (HUGE, 200))), cost=FREE_WAY), 400, "o1"),
}

# The solver cuts such figures, so it may leave what would pay.
CUT: dict[str, Drop] = {
    "a penalty": tier(bike(ONE, cost=CourierCost(fixed=HUGE // 10)), unserved=HUGE),
    "units": mugs(ONE, HUGE, grams=0, millilitres=0),
    "units that weigh": mugs(ONE, HUGE),
    "contingency": tier(stock(mugs(ONE, HUGE), quantity=0, contingency=HUGE, contingency_cost=1), unserved=HUGE),
    "as heavy as the bag holds": with_capacity(mugs(ONE, 1, grams=HUGE), grams=HUGE),
    "as heavy as the last tariff step": with_row(
        by_post(mugs(ONE, 1, grams=HUGE)), "carriers", 0, tariff=(TariffStep(up_to_grams=HUGE, amount=590),)
    ),
}

CASES = EMPTY | GOODS | TIMES | WAYS | MONEY | LARGE


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", CUT)
def test_figures_beyond_measure_never_spoil_a_plan(engine: str, name: str) -> None:
    assert planned(CUT[name], engine).cost.total <= CUT[name].tiers[0].unserved


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", CASES)
def test_every_engine_finds_the_best_plan_of_a_nasty_drop(engine: str, name: str) -> None:
    drop, total, who = CASES[name]
    made = planned(drop, engine)
    assert (made.cost.total, served(made)) == (total, set(who.split()))
    assert {left.order for left in made.unserved} == {each.id for each in drop.orders} - served(made)


@pytest.mark.parametrize("engine", ENGINES)
def test_units_beyond_measure_that_nobody_carries_do_not_take_for_ever(engine: str) -> None:
    """In a process of its own, which can be ended."""
    code = (
        "import sys; from router import codec, effort, solve; drop = codec.read_drop(sys.stdin.buffer.read());"
        f"print(solve.plan(drop, engine='{engine}', effort=effort.Effort(budget_s=0.5)).unserved[0].reason)"
    )
    drop = codec.write(replace(mugs(ONE, 10**8), couriers=()))
    made = subprocess.run([sys.executable, "-c", code], input=drop, capture_output=True, check=True, timeout=6)
    assert made.stdout == b"no-way-out\n"


@pytest.mark.parametrize("engine", ENGINES)
def test_a_collection_that_is_full_takes_no_more(engine: str) -> None:
    made = planned(with_collection(by_post(street_drop(1, 1, 1)), parcels=2), engine)
    assert (len(served(made)), made.cost.carriers, made.cost.unserved) == (2, 1180, 5000)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_courier_who_loads_elsewhere_begins_and_ends_at_home(engine: str) -> None:
    trips = planned(NORTH_AND_SOUTH, engine).trips
    assert [(trip.hub, trip.return_to, trip.metres) for trip in trips] == [
        ("north", "south", 2000),
        ("south", "north", 4000),
    ]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_pot_of_the_second_wave_waits_with_the_mug_of_the_first_for_one_visit(engine: str) -> None:
    made = planned(GOODS["two waves, one line in each"][0], engine)
    assert sorted(parcel.wave for parcel in made.parcels) == ["w1", "w2"]
    assert [len(stop.parcels) for trip in made.trips for stop in trip.stops] == [2]
    assert made.trips[0].load_at == clock("19:15")


@pytest.mark.parametrize("engine", ENGINES)
def test_a_wave_that_has_started_is_not_joined_any_more(engine: str) -> None:
    made = planned(TIMES["the plan is made between two waves"][0], engine)
    assert [parcel.wave for parcel in made.parcels] == ["w2"]


@pytest.mark.parametrize("engine", ENGINES)
def test_the_express_order_goes_on_the_first_trip(engine: str) -> None:
    made = planned(EXPRESS_FIRST, engine)
    assert [stop.order for trip in made.trips for stop in trip.stops] == ["o2", "o1"]
    assert made.cost.late_delivery == 0


@pytest.mark.parametrize("engine", ENGINES)
def test_instants_count_and_not_the_offsets_that_spell_them(engine: str) -> None:
    """The night on which Helsinki's clocks go back: 03:30 is there twice, an hour apart."""
    summer, winter, nepal = (timezone(timedelta(minutes=minutes)) for minutes in (180, 120, 345))
    first, second = (datetime(2026, 10, 25, 3, 30, tzinfo=zone) for zone in (summer, winter))
    assert second - first == timedelta(hours=1)
    shift = Shift(start=first, end=second + timedelta(seconds=400))
    night = order(wave(ONE, start=first, end=second), placed_at=first, not_before=second)
    night = bike(replace(night, plan_at=first), shift=shift)
    spelt = wave(night, start=first.astimezone(winter), end=second.astimezone(summer))
    spelt = order(spelt, placed_at=first.astimezone(nepal), not_before=second.astimezone(nepal))
    spelt = replace(spelt, plan_at=first.astimezone(nepal))
    assert spelt == night
    assert codec.write(spelt) == codec.write(night)
    made = planned(night, engine)
    assert made.cost.total == 1100
    assert codec.write(planned(spelt, engine)) == codec.write(made)
