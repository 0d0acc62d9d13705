"""How time grows with size: the search for the smallest budget, and the exponent, on costs that are made up."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from bench.growth import Found, Row, allowed_s, budget_s, exponent, line, runs_for, soonest

ROOT = Path(__file__).resolve().parents[2]


def test_a_cost_is_the_mean_over_runs_of_2000_orders_in_all_at_most_four() -> None:
    assert [runs_for(orders) for orders in (10, 500, 700, 1000, 2000, 10_000)] == [4, 4, 2, 2, 1, 1]


def test_six_steps_of_the_grid_are_ten_times_as_much() -> None:
    assert [budget_s(1, step) for step in range(7)] == [1.0, 1.5, 2.2, 3.2, 4.6, 6.8, 10.0]
    assert budget_s(2, 12) == 200.0


def test_the_smallest_budget_near_ten_times_as_much_is_found_and_no_run_is_done_twice() -> None:
    """Half the excess of a second is left after two, a third after three: at 9.1 s it is near enough, not at 6.8."""
    asked: list[float] = []

    def cost(seconds: float) -> int:
        asked.append(seconds)
        return round(10_000 * (1 + 0.5 / seconds))

    found = soonest(cost, 1, 100)
    assert found == Found(seconds=10.0, cost=10_500, longer=10_050)
    assert found.near
    assert max(Counter(asked).values()) == 1
    assert sorted(asked) == [budget_s(1, step) for step in range(13)]


def test_a_cost_that_does_not_fall_is_near_at_once() -> None:
    assert soonest(lambda seconds: 7, 2, 2) == Found(seconds=2.0, cost=7, longer=7)


def test_the_last_budget_is_shown_where_none_is_near() -> None:
    found = soonest(lambda seconds: round(1e6 / seconds), 1, 5)
    assert found.seconds == 4.6
    assert not found.near
    assert ">4.6" in line(Row(orders=500, seed=1, found=found))


def test_a_larger_drop_begins_with_what_the_aim_allows_it() -> None:
    least = Row(orders=500, seed=1, found=Found(seconds=10.0, cost=1, longer=1))
    assert [allowed_s(least, orders) for orders in (500, 1000, 10_000)] == [10.0, 21.4, 269.9]


@pytest.mark.parametrize("power", [0.8, 1.0, 1.1, 2.0])
def test_the_exponent_of_a_power_is_that_power(power: float) -> None:
    assert exponent([(n, 0.01 * n**power) for n in (500, 1000, 5000)]) == pytest.approx(power)


def test_the_exponent_lies_between_those_of_scattered_times_and_needs_two_sizes() -> None:
    found = exponent([(100, 1.0), (100, 2.0), (1000, 10.0), (1000, 40.0)])
    assert found == pytest.approx(1.15, abs=0.01)
    assert exponent([]) is None
    assert exponent([(100, 1.0), (100, 2.0)]) is None


def test_one_command_prints_the_table(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bench.growth", "--sizes", "20", "10", "--seeds", "5", "--most", "1"]
    command += ["--engine", "greedy", "--json", tmp_path / "rows.json"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert [ran.stderr.count(f", 1 s, seed {seed}:") for seed in range(1, 6)] == [1, 1, 1, 1, 0]
    written = json.loads((tmp_path / "rows.json").read_text())
    assert [(row["orders"], row["near"]) for row in written["rows"]] == [(10, True), (20, True)]
    assert [row["found"]["seconds"] for row in written["rows"]] == [1.0, 2.1]
    assert "seconds grow with orders^1.07 at most (aimed at: 1.1)" in ran.stdout
