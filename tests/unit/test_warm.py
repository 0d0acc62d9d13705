"""A plan taken back to its decisions and timed again is the same plan."""

from __future__ import annotations

from dataclasses import replace

import pytest

from router import _core
from router.check import findings
from router.effort import Effort
from router.generate import make_drop
from router.instance import Instance
from router.schedule import finish
from router.solve import plan
from router.warm import from_plan
from tests.drops import base_drop, base_plan, replan_drop


@pytest.mark.parametrize("engine", ["greedy", "joint"])
@pytest.mark.parametrize("seed", range(3))
def test_the_decisions_of_a_plan_make_the_same_plan_again(engine: str, seed: int) -> None:
    drop = make_drop(orders=60, hubs=3, seed=seed, tight=True)
    made = plan(drop, engine=engine, effort=Effort(steps=200), workers=1)
    reasons = {each.order: each for each in made.unserved}
    again = finish(drop, from_plan(drop, made), unserved=reasons)
    assert replace(again, certificate=made.certificate) == made


@pytest.mark.parametrize("kind", ["great_circle", "matrix"])
@pytest.mark.parametrize("begun", [False, True])
def test_a_plan_of_any_origin_can_be_gone_on_from(kind: str, begun: bool) -> None:
    drop = replan_drop(kind) if begun else base_drop(kind)
    draft = from_plan(drop, base_plan(kind))
    again = finish(drop, draft)
    assert findings(drop, again) == ()
    assert again.cost.total <= base_plan(kind).cost.total
    assert [each.committed for each in draft.parcels] == (["p3"] if begun else [None] * 4)
    instance = Instance(drop)
    search = _core.Search(instance.problem, 0)
    search.load(instance.problem, instance.assignment(draft))
    assert set(instance.draft(search.assignment()).parcels) == set(draft.parcels)
