"""Two workers find what one finds: no order is kept from a hub because another worker has it."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from threading import Event

import pytest

from router import codec, parts
from router.effort import Effort, ignore
from router.engines import joint
from router.generate import make_drop
from router.solve import plan


@pytest.mark.parametrize("hubs", [1, 2, 3, 5])
def test_two_workers_are_not_behind_one_with_as_many_moves_each(hubs: int) -> None:
    drops = [make_drop(orders=60, hubs=hubs, seed=seed) for seed in (11, 12, 13)]
    one, two = (
        sum(plan(drop, effort=Effort(steps=3000), workers=workers).cost.total for drop in drops) for workers in (1, 2)
    )
    assert two <= 1.03 * one


def test_more_workers_than_hubs_and_orders_do_no_harm() -> None:
    drop = make_drop(orders=3, hubs=1, seed=2)
    assert plan(drop, effort=Effort(steps=400), workers=8).cost == plan(drop, effort=Effort(steps=400), workers=1).cost


def test_parts_come_to_the_same_in_processes_of_their_own() -> None:
    drop = make_drop(orders=620, hubs=5, seed=3)

    def draft(executor: ProcessPoolExecutor | None) -> object:
        return joint.solve(
            drop, seed=1, effort=Effort(steps=200), workers=2, watch=ignore, stop=Event(), start=None, executor=executor
        )

    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        assert draft(pool) == draft(None)


def test_bytes_that_are_no_part_are_refused() -> None:
    with pytest.raises(ValueError, match="not of a part"):
        parts.run(codec.write(make_drop(orders=3, hubs=1, seed=2)), b"no part")
