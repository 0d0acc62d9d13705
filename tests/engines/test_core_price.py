"""What the core says a plan costs is what it costs, but for days that are begun later when they are timed at last."""

from __future__ import annotations

from dataclasses import replace

import pytest

from router import _core
from router.check import findings
from router.generate import make_drop
from router.instance import Instance
from router.model import Capacity
from router.price import price
from router.schedule import finish


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("tight", [False, True])
def test_the_finished_plan_costs_what_the_core_says_or_a_little_less(seed: int, tight: bool) -> None:
    drop = make_drop(orders=80, hubs=3, seed=seed, tight=tight)
    instance = Instance(drop)
    search = _core.Search(instance.problem, seed)
    search.greedy(1e9)
    for _ in range(3):
        search.anneal(300, 0.0, 0.0, 1.0, 3000.0, 30.0)
        assert search.cost == search.recount()
        plan = finish(drop, instance.draft(search.assignment()))
        assert 0.99 * search.best_cost <= price(drop, plan).total <= search.best_cost


@pytest.mark.parametrize("seed", [1, 2, 6, 11])
def test_the_core_prices_orders_whose_parcels_one_courier_brings_at_once_or_on_two_trips(seed: int) -> None:
    """Three bikes with little room serve every hub, and waves are short of lines: pieces often fall to one bike."""
    made = make_drop(orders=40, hubs=3, couriers=3, seed=seed)
    hubs = tuple(hub.id for hub in made.hubs)
    narrow = Capacity(grams=12_000, parcels=6)
    couriers = tuple(replace(each, hubs=hubs, capacity=narrow, max_trips=None) for each in made.couriers)
    narrowed = tuple(
        replace(hub, waves=tuple(replace(wave, id=f"{wave.id}-{n}", lines=2) for n in range(4) for wave in hub.waves))
        for hub in made.hubs
    )
    drop = replace(made, hubs=narrowed, couriers=couriers, carriers=(), split_cost=1)
    instance = Instance(drop)
    search = _core.Search(instance.problem, seed)
    search.greedy(1e9)
    search.fill(1e9)
    assert search.cost == search.recount()
    draft = instance.draft(search.assignment())
    plan = finish(drop, draft)
    assert findings(drop, plan) == ()
    assert 0.99 * search.best_cost <= plan.cost.total <= search.best_cost
    search.load(instance.problem, instance.assignment(draft))
    assert search.cost == search.recount() == search.best_cost
    assert any(len(visit) > 1 for trip in draft.trips for visit in trip.visits)
