"""What a time limit leaves to the solver, and where the clock starts."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import replace

import pytest

from api import elapsed, flows
from api.progress import gap
from router.model import Drop
from tests.drops import base_drop


def of_orders(number: int) -> Drop:
    order = base_drop().orders[0]
    return replace(base_drop(), orders=tuple(replace(order, id=f"o{each}") for each in range(number)))


@pytest.mark.parametrize("seconds", [2, 5, 30, 600])
@pytest.mark.parametrize("orders", [1, 1000, 10_000])
@pytest.mark.parametrize("passed", [0.3, 1.5])
def test_start_solve_check_and_writing_together_keep_the_promise(seconds: float, orders: int, passed: float) -> None:
    limit = flows.TimeLimit(seconds=seconds, started=time.monotonic() - passed)
    left = limit.left_s(of_orders(orders))
    assert left > 0
    assert passed + left + flows.reserve_s(orders) <= 1.1 * seconds + 2
    assert left >= min(0.4 * seconds, seconds - passed - flows.reserve_s(orders) - 0.1)


def test_a_limit_that_is_over_already_still_gives_a_moment() -> None:
    limit = flows.TimeLimit(seconds=2, started=time.monotonic() - 60)
    assert 0 < limit.left_s(of_orders(1)) < 0.2


def test_the_clock_starts_with_the_process_and_not_with_its_first_import() -> None:
    code = "import time; time.sleep(0.5); from api import elapsed; print(time.monotonic() - elapsed.started())"
    began = time.monotonic()
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    took = time.monotonic() - began
    assert 0.5 <= float(said.stdout) <= took + 0.02


def test_where_the_system_does_not_say_the_clock_starts_at_import(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elapsed, "_LONGEST_START_S", -1.0)
    assert elapsed.started() == elapsed._IMPORTED


@pytest.mark.parametrize(
    ("cost", "bound", "text"),
    [(1000, 900, "10.0 %"), (1000, None, ""), (1000, 0, ""), (1000, 1000, "0.0 %"), (0, 0, ""), (900, 1000, "0.0 %")],
)
def test_the_gap_is_a_share_of_the_cost(cost: int, bound: int | None, text: str) -> None:
    assert gap(cost, bound) == text
