"""What the core says a plan costs is what it costs, but for days that are begun later when they are timed at last."""

from __future__ import annotations

import pytest

from router import _core
from router.generate import make_drop
from router.instance import Instance
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
