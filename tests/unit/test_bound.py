"""The lower bound where it must be exact, and how it rises."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from time import monotonic
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array

from router.bound import lower_bound, rounds
from router.bound.bundle import NEAR, NEARER, SLOWLY, Bundle
from router.bound.crews import Crews
from router.bound.days import Clock
from router.bound.effort import Effort
from router.bound.fees import least_fee
from router.bound.offers import Answer, Market, Offer
from router.bound.relax import Prices
from router.effort import Effort as SearchEffort
from router.generate import make_drop
from router.model import Carrier, Collection, Component, Drop, Location, Penalty, Step, Stock, TariffStep, Travel
from router.price import late_fee
from router.solve import plan
from tests.drops import MUG, base_drop, base_plan, clock, replan_drop, street_bike, street_drop


def bound(drop: Drop, steps: int = 400) -> int:
    return lower_bound(drop, until=None, steps=steps, tell=lambda _: None)


def by_post(drop: Drop) -> Drop:
    row = Collection(id="post-20", hub="north", at=clock("20:00"), delivered_at=clock("+1 10:00"), parcels=2)
    post = Carrier(id="post", partner="post", collections=(row,), tariff=(TariffStep(up_to_grams=2000, amount=590),))
    return replace(drop, couriers=(), carriers=(post,))


def test_where_nobody_can_be_served_the_bound_is_what_leaving_all_costs() -> None:
    assert bound(replace(street_drop(1, 2, 3), couriers=())) == 15000
    assert bound(replace(street_drop(1, 2), stock=())) == 10000


def test_with_carriers_alone_the_bound_is_the_cost_of_the_best_plan() -> None:
    assert bound(by_post(street_drop(1))) == 590
    assert bound(by_post(street_drop(1, 2))) == 2 * 590


def test_a_collection_that_is_full_is_priced_to_within_a_unit() -> None:
    """It takes two of three; the price of a place is found step by step."""
    best = 2 * 590 + 5000
    assert best - 1 <= bound(by_post(street_drop(1, 2, 3))) <= best


def test_for_one_order_and_one_courier_the_bound_is_the_cost_of_the_trip() -> None:
    assert bound(street_drop(1)) == 1100
    assert bound(street_drop(4)) == 2900


def test_what_a_shortage_leaves_is_left_as_a_whole() -> None:
    """Four mugs for five: whoever is left costs 5 000, though a third of the last order would be enough."""
    drop = street_drop(1, 2, 1)
    three = replace(drop.orders[2], lines=(replace(MUG, quantity=3),))
    drop = replace(drop, orders=(*drop.orders[:2], three), stock=(replace(drop.stock[0], quantity=4),))
    assert 5500 < bound(drop, steps=1000) <= 5000 + 1100


def mug_and_pot() -> Drop:
    """A mug at place 0, a pot at 8, the door at 1: two trips, 1 100 and 4 700, not two from the near hub."""
    drop = street_drop(1)
    (north,) = drop.hubs
    return replace(
        drop,
        hubs=(north, replace(north, id="south", location=Location(place=8))),
        stock=(*drop.stock, Stock(hub="south", sku="POT", quantity=1)),
        couriers=tuple(replace(street_bike(hub, hub), hubs=(hub,), max_trips=1) for hub in ("north", "south")),
        orders=(replace(drop.orders[0], lines=(MUG, Component(sku="POT", quantity=1))),),
        tiers=(replace(drop.tiers[0], unserved=20000),),
    )


def test_lines_that_lie_at_two_hubs_are_fetched_from_both() -> None:
    assert 5700 < bound(mug_and_pot(), steps=1000) <= 1100 + 4700


def test_an_order_that_the_far_hub_has_whole_is_not_fetched_in_parts_from_the_near_one() -> None:
    drop = mug_and_pot()
    drop = replace(drop, stock=(*drop.stock, Stock(hub="south", sku="MUG", quantity=1)))
    assert 4600 < bound(drop, steps=1000) <= 4700


def test_who_comes_in_parts_is_late_with_the_last_of_them() -> None:
    """From the near hub the mug comes at 19:03:20, from the far one the pot at 19:23:20: 2 500 more, by 19:10 too."""
    drop = mug_and_pot()
    (tier,) = drop.tiers
    late = Penalty(steps=(Step(after=0, amount=2500),))
    for due_s in (3600, 4080):
        both = replace(drop, tiers=(replace(tier, deliver_within=due_s, late_delivery=late),))
        assert 5700 + 2000 < bound(both, steps=1000) <= 1100 + 4700 + 2500


def test_a_drop_without_orders_costs_nothing() -> None:
    assert bound(street_drop()) == 0


def test_work_that_has_begun_is_counted_once_and_exactly() -> None:
    drop = replan_drop()
    begun = drop.committed
    done = replace(drop, orders=drop.orders[:1], committed=replace(begun, parcels=begun.parcels[:1], trips=()))
    assert bound(done) > 0
    # What has begun leaves fewer plans, yet is relaxed more loosely: the drop without comes to 5 963.
    assert 5440 < bound(drop) <= base_plan().cost.total


def test_pricing_whole_days_proves_more_than_single_visits() -> None:
    """The first stage ends at 4 029 for the drop of ``tests.drops``: a share of each trip, and half-edges."""
    assert 4029 < bound(base_drop("matrix"), steps=500) <= base_plan("matrix").cost.total


def test_offers_go_on_while_they_gain() -> None:
    """With programs that took what collections cost for fixed, offers stood still at 24 300."""
    assert bound(make_drop(orders=30, hubs=2, seed=3, tight=True), steps=480) > 24950


def test_every_bound_told_is_higher_than_the_one_before_and_steps_repeat_by_any_workers() -> None:
    drop = make_drop(orders=30, hubs=2, seed=3, tight=True)
    told: list[list[int]] = [[], []]
    for workers, each in enumerate(told, start=1):
        assert lower_bound(drop, until=None, steps=340, tell=each.append, workers=workers) == each[-1]
    assert told[0] == sorted(set(told[0]))
    assert told[0] == told[1]


def test_a_limit_of_time_is_kept() -> None:
    began = monotonic()
    lower_bound(make_drop(orders=100, hubs=3, seed=1), until=began + 1, steps=None, tell=lambda _: None)
    assert monotonic() - began < 3


def test_a_road_drop_has_no_bound_before_it_is_a_matrix_drop() -> None:
    with pytest.raises(ValueError, match="matrix"):
        bound(replace(street_drop(1), travel=Travel(kind="road", profiles=street_drop(1).travel.profiles, extract="x")))


PENALTIES = (
    Penalty(),
    Penalty(steps=(Step(after=0, amount=300), Step(after=600, amount=100))),
    Penalty(steps=(Step(after=600, amount=800), Step(after=0, amount=300)), per_minute=5, cap=850),
    Penalty(steps=(Step(after=120, amount=50),), per_minute=1),
)


@pytest.mark.parametrize("penalty", PENALTIES)
def test_the_least_fee_is_the_smallest_at_that_time_or_later(penalty: Penalty) -> None:
    late_s = np.arange(-50, 1500, 7)
    fees = [late_fee(penalty, each) for each in range(-50, 9000)]
    assert least_fee(penalty, late_s).tolist() == [min(fees[each + 50 :]) for each in late_s.tolist()]


def test_trips_of_no_time_at_all_leave_the_first_stage() -> None:
    drop = street_drop(1, 2)
    here = replace(drop.hubs[0].location)
    orders = tuple(replace(order, location=here, service_seconds=0) for order in drop.orders)
    couriers = tuple(replace(courier, load_seconds=0) for courier in drop.couriers)
    instant = replace(drop, orders=orders, couriers=couriers)
    assert 0 <= bound(instant) <= bound(drop)


def test_the_offer_at_hand_is_one_that_the_planes_may_keep() -> None:
    """One order that may come in parts, whose lines cost 100, and leaving it 120 less the 50 that a shortage is worth:
    it offers 70, less than its lines. To stay there promises nothing, so the best by the planes promises no loss."""
    one, none = np.ones(1), np.zeros(0)
    shared = Prices(unit=none, line=none.reshape(0, 0), place=none, span=none, trip=none)
    no_load = np.zeros((0, 3))
    offer = Offer(worth=70 * one, line=0 * one, short=50 * one, shared=shared, load=no_load, trip=0 * one)
    courier = SimpleNamespace(closes_s=60, first=0.0, otherwise=0.0, trips=1.0)
    kind: Any = SimpleNamespace(members=[courier], begin_s=0, slot=lambda _: 0, home_team=0)
    market: Any = SimpleNamespace(
        parted=SimpleNamespace(orders=np.ones(1, dtype=bool), row=np.zeros(1, dtype=np.int64)),
        shortage=SimpleNamespace(need=3 * one, share=np.ones((1, 1))),
        crews=Crews([kind], np.ones(1, dtype=bool)),
        terms=lambda *_: SimpleNamespace(most=70 * one, leaving=120 * one, carried=np.inf * one, rest=100 * one),
    )
    top = Answer(
        bound=220.0, size=220.0, offer=offer, values=0 * one, cheapest=0 * one, costs=0 * one,
        limits=np.zeros(1, dtype=np.int64), lasting=np.ones(1, dtype=bool), slopes=csr_array([[0.0, 0.0, -2.5, 0.0]]),
        there=shared, carried=csr_array((1, 4)), lines=csr_array((1, 4)),
    )  # fmt: skip
    bundle = Bundle()
    bundle._add(top)
    found = bundle._best(market, top, near=10.0, left_s=60.0)
    assert found is not None
    _, promised = found
    assert promised >= 0


def test_the_box_closes_quickly_where_few_trials_are_left_and_slowly_where_many_are() -> None:
    """Trials that gain nothing: by two fifths where few are left, by a twentieth where many are."""
    none = np.zeros(0)
    shared = Prices(unit=none, line=none.reshape(0, 0), place=none, span=none, trip=none)
    offer = Offer(worth=np.ones(1), line=none, short=none, shared=shared, load=np.zeros((0, 3)), trip=none)
    answer: Any = SimpleNamespace(bound=1.0, offer=offer)
    market: Any = SimpleNamespace(at=lambda *_: answer)

    class Promising(Bundle):
        def _add(self, answer: Answer) -> None:
            pass

        def _best(self, market: Any, top: Answer, near: float, left_s: float) -> tuple[Offer, float] | None:
            nears.append(near)
            return top.offer, 1.0

    nears: list[float] = []
    Promising().settle(market, offer, Effort(None, 4), lambda _: None, 1e-5)
    assert nears[0] == pytest.approx(NEAR / 2)
    assert nears[1] / nears[0] == pytest.approx(NEARER)
    nears = []
    Promising().settle(market, offer, Effort(None, 1000), lambda _: None, 1e-5)
    assert nears[0] == pytest.approx(NEAR)
    assert {round(after / before, 9) for before, after in pairwise(nears)} == {SLOWLY}


def test_forbidden_days_are_dropped_once_nothing_more_is_promised_and_the_best_offer_is_priced_again() -> None:
    """Twice what is seen is forbidden and proves more the next time; then it may come again, and that is the end."""
    none, kept = np.zeros(0), list[int]()
    shared = Prices(unit=none, line=none.reshape(0, 0), place=none, span=none, trip=none)
    offer = Offer(worth=np.ones(1), line=none, short=none, shared=shared, load=np.zeros((0, 3)), trip=none)
    answers: Any = iter(
        SimpleNamespace(
            bound=bound, offer=offer, limits=np.zeros(1, dtype=np.int64), costs=np.zeros(1),
            lasting=np.array([bound == 3.0]), slopes=csr_array([[1.0]]),
        )
        for bound in (1.0, 2.0, 3.0)
    )  # fmt: skip

    class Content(Bundle):
        def _best(self, market: Any, top: Answer, near: float, left_s: float) -> tuple[Offer, float] | None:
            kept.append(len(self._limits))
            return top.offer, 0.0

    proved: list[float] = []
    market: Any = SimpleNamespace(at=lambda *_: next(answers))
    Content().settle(market, offer, Effort(None, 1000), lambda answer: proved.append(answer.bound), 1e-5)
    assert proved == [1.0, 2.0, 3.0]
    assert kept == [1, 1, 1]
    assert next(answers, None) is None


def test_slots_of_a_minute_where_shorter_ones_leave_few_trials(monkeypatch: pytest.MonkeyPatch) -> None:
    """They prove something too, and halve as usual once that is settled."""
    drop, clocks = make_drop(orders=30, hubs=2, seed=3), list[Clock]()
    at = Market.at

    def told(market: Market, *given: Any) -> Answer | None:
        clocks.append(market.kinds[0].clock)
        return at(market, *given)

    monkeypatch.setattr(Market, "at", told)
    monkeypatch.setattr(rounds, "SMALL", 0)
    proved = []
    for few in (0, 10_000):
        monkeypatch.setattr(rounds, "FEW", few)
        clocks.clear()
        proved.append(bound(drop, steps=400))
        fine = [each.slot_s for each in clocks if not each.rough]
        assert any(each.rough for each in clocks)
        assert fine[0] == (60 if few else 30)
        assert fine == sorted(fine, reverse=True)
    assert min(proved) > 0.9 * max(proved)
    assert max(proved) <= plan(drop, engine="greedy", effort=SearchEffort(steps=1), workers=1).cost.total


def test_trials_left_are_told_by_the_clock_by_steps_or_by_what_ends_first() -> None:
    assert Effort(None, None).trials(0.5) == float("inf")
    assert Effort(None, 7).trials(0.5) == 7
    assert Effort(monotonic() + 100, None).trials(0.5) == pytest.approx(200, rel=0.01)
    assert Effort(monotonic() + 100, 7).trials(0.5) == 7
    assert Effort(monotonic() - 1, 7).trials(0.5) == 0
