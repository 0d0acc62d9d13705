"""Two workers find what one finds: no order is kept from a hub because another worker has it."""

from __future__ import annotations

import pytest

from router.effort import Effort
from router.generate import make_drop
from router.solve import plan


@pytest.mark.parametrize("hubs", [1, 2, 3, 5])
def test_two_workers_are_not_behind_one_with_as_many_moves_each(hubs: int) -> None:
    drop = make_drop(orders=60, hubs=hubs, seed=11)
    one, two = (plan(drop, effort=Effort(steps=3000), workers=workers).cost.total for workers in (1, 2))
    assert two <= 1.05 * one


def test_more_workers_than_hubs_and_orders_do_no_harm() -> None:
    drop = make_drop(orders=3, hubs=1, seed=2)
    assert plan(drop, effort=Effort(steps=50), workers=8).cost == plan(drop, effort=Effort(steps=50), workers=1).cost
