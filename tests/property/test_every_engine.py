"""Any generated drop, any engine: the referee finds nothing, nobody is forgotten, and the same steps give the same."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from router import codec
from router.check import findings
from router.effort import Effort
from router.generate import make_drop
from router.model import Drop
from router.plan import Plan
from router.solve import engine_names, plan

QUICK = tuple(name for name in engine_names() if name != "two-step")


@st.composite
def drops(draw: st.DrawFn) -> Drop:
    return make_drop(
        orders=draw(st.integers(1, 60)),
        hubs=draw(st.integers(1, 4)),
        couriers=draw(st.integers(1, 8)),
        seed=draw(st.integers(0, 10_000)),
        tight=draw(st.booleans()),
        travel=draw(st.sampled_from(["great_circle", "matrix"])),
    )


def served(made: Plan) -> set[str]:
    return {parcel.order for parcel in made.parcels}


@pytest.mark.parametrize("engine", QUICK)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(drop=drops(), seed=st.integers(0, 99), workers=st.integers(1, 2))
def test_no_engine_breaks_a_rule_or_forgets_an_order(engine: str, drop: Drop, seed: int, workers: int) -> None:
    made = plan(drop, engine=engine, seed=seed, effort=Effort(steps=400), workers=workers)
    assert findings(drop, made) == ()
    assert served(made) | {left.order for left in made.unserved} == {order.id for order in drop.orders}


def test_two_step_breaks_no_rule_either() -> None:
    for tight in (False, True):
        drop = make_drop(orders=40, hubs=2, seed=3, tight=tight)
        made = plan(drop, engine="two-step", effort=Effort(steps=20))
        assert findings(drop, made) == ()


@pytest.mark.parametrize("workers", [1, 2])
def test_the_same_seed_and_steps_give_the_same_plan_byte_for_byte(workers: int) -> None:
    drop = make_drop(orders=120, hubs=4, seed=11)
    made = [codec.write(plan(drop, seed=5, effort=Effort(steps=800), workers=workers)) for _ in range(2)]
    assert made[0] == made[1]


def test_another_seed_gives_another_plan() -> None:
    drop = make_drop(orders=120, hubs=4, seed=11)
    made = [codec.write(plan(drop, seed=seed, effort=Effort(steps=800), workers=1)) for seed in (5, 6)]
    assert made[0] != made[1]
