"""What is told of one order: the rule at each hub, what it would cost more from there, and what would cure it.

All lies on the street of ``tests.drops``, where serving place k alone from the north costs 500 + 600k and leaving an
order 5 000. The hub in the south has a bike of its own.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from router.check import findings
from router.effort import Effort
from router.explain import Change, Explanation, HubAnswer, NotRetimed, OrderUnknown, Shortage, explain
from router.explain.changes import groups, widened
from router.explain.desk import Desk
from router.generate import make_drop
from router.model import Capacity, Committed, Component, Drop, Location, Penalty, Shift, Sku, Step, Stock, Wave
from router.plan import Plan
from router.solve import plan
from tests.changes import with_row
from tests.drops import MUG, base_plan, clock, replan_drop, street_bike, street_drop


def planned(drop: Drop) -> Plan:
    made = plan(drop, engine="joint", effort=Effort(steps=200), workers=1)
    assert findings(drop, made) == ()
    return made


def two_hubs(*at: int, north: int = 10, south: int = 10, place: int = 3) -> Drop:
    """A street with a second hub and so many mugs at each."""
    drop = street_drop(*at)
    hub = replace(drop.hubs[0], id="south", location=Location(place=place))
    rows = tuple(Stock(hub=name, sku="MUG", quantity=units) for name, units in (("north", north), ("south", south)))
    return replace(drop, hubs=(*drop.hubs, hub), stock=rows, couriers=(*drop.couriers, street_bike("tandem", "south")))


def order(drop: Drop, index: int = 0, **changes: Any) -> Drop:
    return with_row(drop, "orders", index, **changes)


def tandem(drop: Drop, **changes: Any) -> Drop:
    return with_row(drop, "couriers", 1, **changes)


def south(drop: Drop, **changes: Any) -> Drop:
    return with_row(drop, "hubs", 1, **changes)


def of_south(told: Explanation) -> HubAnswer:
    return next(each for each in told.hubs if each.hub == "south")


ONE = two_hubs(1)
BESIDE = order(two_hubs(1, 4), 1, hubs=("south",))
"""o1 at place 1 goes from the north; o2, which must come from the south, takes what there is little of there."""

EARLY = Wave(id="w0", start=clock("18:00"), end=clock("18:10"), lines=20)
LINE = replace(ONE.hubs[1].waves[0], lines=1)
CHILLED = (replace(ONE.catalog[0], handling=("chilled",)), ONE.catalog[1])

BINDING: dict[str, tuple[Drop, str, str]] = {
    "outside": (order(ONE, hubs=("north",)), "not-allowed", "the order may come from north"),
    "never held": (two_hubs(1, south=0), "no-stock", "1 x MUG ordered, 0 ever held"),
    "taken": (with_row(BESIDE, "stock", 1, quantity=1), "stock-taken", "1 x MUG ordered, 0 left of 1 ever held"),
    "no wave": (south(ONE, waves=(EARLY,)), "no-wave", "no wave begins after clearance"),
    "no lines": (south(ONE, waves=(replace(LINE, lines=0),)), "no-wave", "1 lines to pick, 0 in all waves"),
    "lines taken": (south(BESIDE, waves=(LINE,)), "waves-full", "1 lines to pick, 0 left"),
    "the lines left are too late": (
        tandem(
            south(BESIDE, waves=(LINE, Wave(id="w2", start=clock("20:00"), end=clock("20:30"), lines=9))),
            shift=Shift(start=clock("18:00"), end=clock("20:30")),
        ),
        "waves-full",
        "too late for every courier",
    ),
    "nobody": (replace(ONE, couriers=ONE.couriers[:1]), "no-way-out", "nobody loads there, and no carrier"),
    "weight": (tandem(ONE, capacity=Capacity(grams=999)), "no-way-out", "one MUG of 1000 g is above 999 g"),
    "volume": (tandem(ONE, capacity=Capacity(millilitres=9)), "no-way-out", "one MUG of 1000 ml is above 9 ml"),
    "handling": (
        with_row(replace(ONE, catalog=CHILLED), "couriers", 0, handling=("chilled",)),
        "no-way-out",
        "1 courier: cannot handle chilled",
    ),
    "shift": (
        tandem(ONE, shift=Shift(start=clock("18:00"), end=clock("19:01"))),
        "no-way-out",
        "1 courier: too far or too late for the shift",
    ),
    "room": (
        tandem(BESIDE, max_trips=1, capacity=Capacity(parcels=1)),
        "couriers-full",
        "no courier or collection there has room and time left",
    ),
}


@pytest.mark.parametrize("name", BINDING)
def test_a_hub_that_cannot_serve_the_order_is_told_with_the_rule_in_its_way(name: str) -> None:
    drop, binding, detail = BINDING[name]
    told = explain(drop, planned(drop), "o1")
    assert [each.hub for each in told.decision.parcels] == ["north"]
    answer = of_south(told)
    assert answer.binding == binding
    assert answer.detail is not None and detail in answer.detail
    assert (answer.extra, answer.parcels) == (None, ())


def test_a_shortage_tells_what_was_ordered_what_is_left_and_what_was_ever_held() -> None:
    drop = with_row(BESIDE, "stock", 1, quantity=1)
    answer = of_south(explain(drop, planned(drop), "o1"))
    assert answer.shortages == (Shortage(sku="MUG", ordered=1, left=0, held=1),)


def test_the_extra_cost_of_a_hub_is_the_difference_of_two_plans() -> None:
    """Place 1 is one step from the north and two from the south."""
    made = planned(ONE)
    answer = of_south(explain(ONE, made, "o1"))
    assert answer.extra == planned(order(ONE, hubs=("south",))).cost.total - made.cost.total == 600
    assert [(each.hub, each.wave, each.courier) for each in answer.parcels] == [("south", "w1", "tandem")]
    assert [each.delivered_at for each in answer.parcels] == [clock("19:06:40")]


def test_the_extra_cost_of_a_hub_counts_the_trip_that_goes_there_anyhow() -> None:
    """The tandem rides from place 3 to 4 for o2; on to place 1 it rides 2 × 3 steps instead of 2 × 1."""
    drop = order(two_hubs(1, 4), 1, hubs=("south",))
    told = explain(drop, planned(drop), "o1")
    assert told.decision.share == 1100
    assert of_south(told).extra == (600 * 3 - 600 * 1) - 1100


def test_the_share_of_an_order_is_what_the_plan_would_cost_less_without_it() -> None:
    drop = street_drop(1, 3)
    told = explain(drop, planned(drop), "o2")
    assert told.decision.share == 600 * 3 - 600 * 1
    assert (told.decision.cost.total, told.sought, told.cure) == (0, None, None)


WAVES = tuple(
    Wave(id=name, start=clock(start), end=clock(end), lines=1)
    for name, start, end in (("w1", "18:30", "19:00"), ("w2", "19:00", "19:30"))
)
TWO = street_drop(1, 1)
SLOW = order(order(TWO, service_seconds=100), 1, service_seconds=100)
"""One trip to both takes 400 s of way and 100 s for each."""


def due(drop: Drop, at: str, fee: int, *indices: int) -> Drop:
    """Some of the orders due at that time, at a fee."""
    for index in indices:
        drop = order(drop, index, deliver_by=clock(at))
    return replace(drop, tiers=(replace(drop.tiers[0], late_delivery=Penalty(steps=(Step(after=0, amount=fee),))),))


CURED: dict[str, tuple[Drop, Change, int]] = {
    "a unit": (with_row(TWO, "stock", 0, quantity=1), Change(kind="stock", hub="north", sku="MUG", size=1), 1100),
    "units where none were held": (
        replace(TWO, stock=(), orders=TWO.orders[:1]),
        Change(kind="stock", hub="north", sku="MUG", size=1),
        1100,
    ),
    "the cheaper of two hubs": (
        two_hubs(8, north=0, south=0, place=7),
        Change(kind="stock", hub="south", sku="MUG", size=1),
        1100,
    ),
    "three units of five": (
        order(replace(street_drop(1), stock=(Stock(hub="north", sku="MUG", quantity=1, contingency=1),)), 0,
              lines=(Component(sku="MUG", quantity=5),)),
        Change(kind="stock", hub="north", sku="MUG", size=3),
        1100,
    ),
    "a line": (
        with_row(TWO, "hubs", 0, waves=WAVES[:1]),
        Change(kind="wave", hub="north", wave="w1", size=1),
        1100,
    ),
    "a bag": (
        with_row(TWO, "couriers", 0, capacity=Capacity(parcels=1), max_trips=1),
        Change(kind="capacity", courier="bike", part="parcels", size=1),
        1100,
    ),
    "a gram": (
        with_row(TWO, "couriers", 0, capacity=Capacity(grams=1999), max_trips=1),
        Change(kind="capacity", courier="bike", part="grams", size=1),
        1100,
    ),
    "a second": (
        with_row(SLOW, "couriers", 0, shift=Shift(start=clock("18:00"), end=clock("19:09:59"))),
        Change(kind="shift", courier="bike", size=1),
        1300,
    ),
    "a courier": (
        with_row(SLOW, "couriers", 0, max_duty_seconds=599),
        Change(
            kind="courier",
            hub="north",
            courier="bike",
            name="bike+north",
            shift=Shift(start=clock("19:00"), end=clock("19:08:20")),
            size=500,
        ),
        2400,
    ),
    "a line to be in time": (
        with_row(due(TWO, "19:10", 2500, 0, 1), "hubs", 0, waves=WAVES),
        Change(kind="wave", hub="north", wave="w1", size=1),
        1100,
    ),
}  # fmt: skip


def troubled(drop: Drop, made: Plan) -> str:
    """The one order that is late or not served."""
    found = [each.id for each in drop.orders if explain(drop, made, each.id).sought]
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize("name", CURED)
def test_the_cure_is_the_smallest_change_and_the_plan_with_it_is_the_cheapest(name: str) -> None:
    drop, change, total = CURED[name]
    made = planned(drop)
    told = explain(drop, made, troubled(drop, made))
    assert told.cure is not None
    assert told.cure.change == change
    assert (told.cure.total, told.cure.adds) == (total, total - made.cost.total)
    assert told.exhausted
    # Planning the changed drop from nothing serves everybody, in time, for the same money.
    again = planned(widened(drop, (change,)))
    assert (again.unserved, again.cost.total, again.cost.late_delivery) == ((), total, 0)


def test_a_place_at_a_collection_cures() -> None:
    drop = make_drop(orders=1, hubs=1, seed=1)
    carrier = drop.carriers[0]
    none = replace(carrier, collections=tuple(replace(each, parcels=0) for each in carrier.collections))
    free = replace(drop.tiers[0], late_shipping=None, late_delivery=None)
    shut = replace(
        drop,
        couriers=(),
        carriers=(none,),
        tiers=tuple(replace(free, id=each.id) for each in drop.tiers),
    )
    made = planned(shut)
    told = explain(shut, made, drop.orders[0].id)
    assert told.cure is not None and told.cure.change is not None
    assert (told.cure.change.kind, told.cure.change.size) == ("collection", 1)
    assert told.cure.adds == planned(replace(shut, carriers=(carrier,))).cost.total - made.cost.total


def test_an_order_dearer_than_leaving_could_be_served_as_it_is_and_nothing_does_it_for_less() -> None:
    drop = street_drop(8)
    told = explain(drop, planned(drop), "o1")
    assert told.as_it_is is not None
    assert (told.as_it_is.change, told.as_it_is.total, told.as_it_is.adds) == (None, 5300, 300)
    assert (told.sought, told.cure, told.exhausted) == ("served", None, True)


def test_an_order_late_because_that_is_cheaper_could_be_in_time_as_it_is() -> None:
    """o1 is picked by 19:30. With o2 aboard the bike rides once; else twice, from 19:06:40 to 19:36:40."""
    drop = with_row(due(TWO, "19:10", 300, 1), "hubs", 0, waves=WAVES)
    late = order(drop, 0, cleared_at=clock("18:45"))
    told = explain(late, planned(late), "o2")
    assert (told.total, told.sought, told.decision.arrives_late_s) == (1400, "in-time", 1400)
    assert told.as_it_is is not None
    assert (told.as_it_is.change, told.as_it_is.total) == (None, 500 + 100 * 4 + 1800)
    assert told.cure is not None and told.cure.change is not None
    assert (told.cure.change.kind, told.cure.change.size, told.cure.total) == ("courier", 400, 2 * 1100)


NO_CURE: dict[str, Drop] = {
    "two SKUs that nobody holds": order(
        replace(street_drop(1), stock=()), lines=(MUG, Component(sku="POT", quantity=1))
    ),
    "no wave at all": with_row(street_drop(1), "hubs", 0, waves=()),
    "a class that no courier handles": replace(
        street_drop(1), catalog=(Sku(sku="MUG", seller="kiln", grams=1, millilitres=1, handling=("chilled",)),)
    ),
    "due before it can be": due(street_drop(1), "18:00", 1, 0),
}


@pytest.mark.parametrize("name", NO_CURE)
def test_where_no_single_change_cures_none_is_told(name: str) -> None:
    drop = NO_CURE[name]
    told = explain(drop, planned(drop), "o1")
    assert told.sought is not None
    assert (told.as_it_is, told.cure, told.exhausted) == (None, None, True)


def test_of_an_order_that_has_begun_nothing_else_is_asked() -> None:
    told = explain(replan_drop(), base_plan(), "o1")
    assert told.begun
    assert [(each.hub, each.binding) for each in told.hubs] == [("pasila", "begun")]
    assert (told.decision.share, told.cure) == (None, None)
    assert explain(replan_drop(), base_plan(), "o4").hubs[0].binding == "no-stock"


def test_an_unknown_order_is_told_with_near_names() -> None:
    drop = street_drop(1, 1)
    with pytest.raises(OrderUnknown, match=r"the drop has no order 'o3'; did you mean 'o[12]' or 'o[12]'"):
        explain(drop, planned(drop), "o3")


def test_a_plan_that_holds_only_with_its_own_times_is_refused() -> None:
    """The bike has an hour before its committed trip; trips timed anew come after that, and its shift is over then."""
    alone = planned(street_drop(1))
    hour = timedelta(hours=1)
    (p1,), (t1,) = alone.parcels, alone.trips
    p2 = replace(p1, id="p2", order="o2", trip="t2", shipped_at=clock("20:00"), delivered_at=clock("20:03:20"))
    stop = t1.stops[0]
    later = replace(
        stop,
        order="o2",
        parcels=("p2",),
        arrive_at=stop.arrive_at + hour,
        start_at=stop.start_at + hour,
        leave_at=stop.leave_at + hour,
    )
    times = {name: getattr(t1, name) + hour for name in ("load_at", "depart_at", "return_at")}
    t2 = replace(t1, id="t2", stops=(later,), **times)
    drop = with_row(
        replace(street_drop(1, 1), committed=Committed(parcels=(p2,), trips=(t2,))),
        "couriers",
        0,
        shift=Shift(start=clock("18:00"), end=t2.return_at),
    )
    couriers = 500 + 100 * 4 + 4000
    cost = replace(alone.cost, couriers=couriers, total=couriers)
    made = replace(alone, parcels=(p1, p2), trips=(t1, t2), cost=cost)
    assert findings(drop, made) == ()
    with pytest.raises(NotRetimed, match="R8"):
        explain(drop, made, "o1")


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("tight", [False, True])
def test_every_plan_compared_with_is_valid_and_back_where_it_was_an_order_costs_no_more(seed: int, tight: bool) -> None:
    drop = make_drop(orders=40, hubs=3, seed=seed, tight=tight)
    made = planned(drop)
    for each in drop.orders[::3]:
        desk = Desk(drop, made, each)
        assert desk.now.cost == made.cost
        rest = desk.without()
        assert rest is not None
        assert findings(drop, rest) == ()
        here = {parcel.hub for parcel in made.parcels if parcel.order == each.id}
        for hub in drop.hubs:
            other = desk.put(desk.question(drop, hubs=(hub.id,)), drop)
            if other is not None:
                assert findings(drop, other) == ()
                assert {parcel.hub for parcel in other.parcels if parcel.order == each.id} == {hub.id}
            if here == {hub.id}:
                assert other is not None
                assert other.cost.total <= made.cost.total


@pytest.mark.parametrize("seed", range(2))
def test_no_other_single_change_would_have_been_cheaper(seed: int) -> None:
    """Every change there is, tried one by one; without contingency, where more than is needed would save something."""
    drop = make_drop(orders=40, hubs=2, couriers=2, seed=seed, tight=True)
    drop = replace(drop, stock=tuple(replace(row, contingency=0) for row in drop.stock))
    made = planned(drop)
    compared = 0
    for each in drop.orders[::3]:
        told = explain(drop, made, each.id)
        if told.sought is None:
            continue
        assert told.exhausted
        in_time, desk = told.sought == "in-time", Desk(drop, made, each)
        totals = [told.as_it_is.total] if told.as_it_is else []
        least = min(totals, default=None)
        for change in (one for group in groups(drop, desk.rest, each) for one in group):
            wide = widened(drop, (change,))
            tried = desk.put(desk.question(wide, hubs=each.hubs, in_time=in_time), wide, in_time=in_time)
            totals += [tried.cost.total] if tried else []
        if told.cure is None:
            assert min(totals, default=None) == least
        else:
            assert told.cure.total == min(totals)
            assert least is None or told.cure.total < least
            compared += 1
    assert compared
