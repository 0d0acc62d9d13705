"""The golden plan of the small drop: the solver still finds it, byte for byte, and the referee accepts it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from router import codec
from router.check import findings
from router.effort import Effort
from router.solve import plan

SMALL = Path(__file__).parents[2] / "fixtures" / "small"


def test_the_small_drop_is_planned_as_the_golden_plan_says() -> None:
    """But for the bound, which may be higher by now, and is counted in floats that differ among processors."""
    drop = codec.read_drop((SMALL / "drop.json").read_bytes())
    made = plan(drop, seed=1, effort=Effort(steps=2000), workers=1, bound=True)
    golden = codec.read_plan((SMALL / "plan.json").read_bytes())
    assert golden.lower_bound is not None
    assert 0 < 0.9 * golden.lower_bound < made.lower_bound <= made.cost.total
    assert codec.write(replace(made, lower_bound=golden.lower_bound)) == (SMALL / "plan.json").read_bytes()


def test_the_referee_accepts_the_golden_plan() -> None:
    drop = codec.read_drop((SMALL / "drop.json").read_bytes())
    golden = codec.read_plan((SMALL / "plan.json").read_bytes())
    assert findings(drop, golden) == ()
    assert golden.cost.total == 7330
    assert [(left.order, left.reason) for left in golden.unserved] == [("o12", "no-stock")]
