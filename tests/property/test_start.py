"""Any drop, any engine's plan as a start: the plan made from it is lawful, never dearer, and the same for steps."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from router import codec
from router.check import findings
from router.effort import Effort
from router.generate import make_drop
from router.model import Drop
from router.solve import plan
from tests.changes import later
from tests.property.test_every_engine import drops


@pytest.mark.parametrize("engine", ["joint", "greedy"])
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    drop=drops(),
    of=st.sampled_from(["joint", "greedy"]),
    seed=st.integers(0, 99),
    steps=st.integers(0, 300),
    workers=st.integers(1, 2),
)
def test_a_plan_from_a_start_is_lawful_and_never_dearer_and_the_same_again(
    engine: str, drop: Drop, of: str, seed: int, steps: int, workers: int
) -> None:
    start = plan(drop, engine=of, seed=seed, effort=Effort(steps=100), workers=1)
    made, again = (
        plan(drop, engine=engine, seed=seed, effort=Effort(steps=steps), workers=workers, start=start) for _ in range(2)
    )
    assert findings(drop, made) == ()
    assert made.cost.total <= start.cost.total
    assert codec.write(made) == codec.write(again)


@pytest.mark.parametrize("minutes", [20, 40, 80])
@pytest.mark.parametrize("seed", range(3))
def test_a_plan_that_is_being_carried_out_is_a_start_for_the_rest(seed: int, minutes: int) -> None:
    drop = make_drop(orders=60, hubs=3, seed=seed, tight=seed % 2 == 0)
    start = plan(drop, effort=Effort(steps=400), workers=1)
    now = later(drop, start, minutes)
    assert findings(now, start) == ()
    made = plan(now, effort=Effort(steps=400), workers=2, start=start)
    assert findings(now, made) == ()
    assert made.cost.total <= start.cost.total


@pytest.mark.parametrize("tight", [False, True])
def test_a_plan_of_two_step_is_a_start_too(tight: bool) -> None:
    drop = make_drop(orders=40, hubs=2, seed=3, tight=tight)
    start = plan(drop, engine="two-step", effort=Effort(steps=20))
    made = plan(drop, effort=Effort(steps=200), workers=1, start=start)
    assert findings(drop, made) == ()
    assert made.cost.total <= start.cost.total
