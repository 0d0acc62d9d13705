"""The comparison with peers: measured from outside, refereed, and loud where a result may not count."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bench import measure
from bench.measure import Run
from bench.peers import Row, compared, judged, on_time, summary
from bench.scale import limit_s, trial
from router import codec
from router.effort import Effort
from router.generate import make_drop
from router.solve import plan
from tests.drops import base_drop, base_plan

ROOT = Path(__file__).resolve().parents[2]
WELL = Run(status=0, seconds=1.0, peak_mib=50, told="")


def test_one_command_compares_and_prints_the_ratio(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "bench.peers",
        "--orders",
        "30",
        "--seconds",
        "2",
        "--seeds",
        "21",
        "--loose",
    ]
    command += ["--engines", "greedy", "--leftovers", "--json", tmp_path / "rows.json"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    peer, ours = json.loads((tmp_path / "rows.json").read_text())
    assert peer["findings"] == ours["findings"] == 0
    assert ours["ratio"] == pytest.approx(ours["cost"] / peer["cost"])
    assert ours["insertable"] is not None
    assert f"30 orders, greedy: mean ratio {ours['ratio']:.3f}" in ran.stdout


def test_of_several_tries_the_cheapest_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drop = make_drop(orders=30, hubs=2, seed=21)
    by_seed = {"1": plan(drop, effort=Effort(steps=500)), "2": plan(drop, engine="greedy", effort=Effort(steps=1))}
    ran = list[str]()

    def run(command: list[str], limit_s: float | None = None) -> Run:
        ran.append(command[-1])
        made = by_seed.get(command[-1], by_seed["2"])
        Path(command[command.index("-o") + 1]).write_bytes(codec.write(made))
        return WELL

    monkeypatch.setattr(measure, "run", run)
    monkeypatch.setattr(measure, "dropwright", lambda: "dropwright")
    _, (ours, wrong) = compared(drop, ["joint"], 1, tmp_path, leftovers=False, tries=2)
    assert ran[1:] == ["1", "2"]
    assert (ours.cost, wrong) == (by_seed["1"].cost.total, ())
    assert by_seed["1"].cost.total < by_seed["2"].cost.total


def test_a_plan_that_the_referee_rejects_is_refused(tmp_path: Path) -> None:
    plan = base_plan()
    (tmp_path / "plan.json").write_bytes(codec.write(replace(plan, cost=replace(plan.cost, couriers=0))))
    row, wrong = judged(base_drop(), "joint", WELL, tmp_path / "plan.json", leftovers=True)
    assert row.findings == 1
    assert [each[:3] for each in wrong] == ["R11"]


def test_a_run_that_left_no_plan_is_refused_with_what_it_said(tmp_path: Path) -> None:
    row, wrong = judged(
        base_drop(),
        "joint",
        replace(WELL, status=-9, told="out of memory"),
        tmp_path / "no.json",
        leftovers=False,
    )
    assert row.cost is None
    assert wrong == ("ended with status -9: out of memory",)


def test_on_time_counts_orders_left_over_as_late() -> None:
    assert on_time(base_drop(), base_plan()) == 50.0  # o1 and o3; o2 is late, o4 left over


def test_the_summary_gives_the_mean_and_the_worst_of_each_engine() -> None:
    row = Row(drop="d", orders=500, engine="joint", seconds=1.0, peak_mib=1, ratio=0.7)
    rows = [
        row,
        replace(row, ratio=0.8),
        replace(row, ratio=None),
        replace(row, engine="vroom pipeline", ratio=1.0),
    ]
    assert list(summary(rows)) == ["500 orders, joint: mean ratio 0.750, worst 0.800 over 2 drops"]


def test_memory_of_the_process_that_starts_another_does_not_count() -> None:
    own = b"1" * 400_000_000
    assert 0 < measure.run([sys.executable, "-c", "import time; time.sleep(1)"]).peak_mib < 100
    assert len(own) == 400_000_000


def test_memory_of_child_processes_counts() -> None:
    child = "x = b'1' * 150_000_000; import time; time.sleep(1.5)"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}]); "
    ran = measure.run([sys.executable, "-c", parent * 1 + "print('done')"])
    both = measure.run([sys.executable, "-c", f"x = b'1' * 150_000_000; {parent}"])
    assert (ran.status, ran.told) == (0, "done")
    assert 143 <= ran.peak_mib <= 250
    assert both.peak_mib >= ran.peak_mib + 100


def test_a_command_that_does_not_end_is_killed_with_its_children() -> None:
    ran = measure.run([sys.executable, "-c", "import time; time.sleep(60)"], limit_s=1)
    assert ran.status == -9
    assert ran.seconds < 10


def test_a_run_over_its_limit_is_said_to_be(tmp_path: Path) -> None:
    drop = make_drop(orders=20, hubs=2, seed=22)
    file = tmp_path / "drop.json"
    file.write_bytes(codec.write(drop))
    assert limit_s(10) == 13.0
    kept = trial(drop, file, "greedy", 2, 60, 4096)
    assert kept.wrong == ()
    broken = trial(drop, file, "greedy", 2, 0.01, 1)
    assert ["limit is" in each for each in broken.wrong] == [True, True]


def test_a_first_plan_that_comes_too_late_is_said_to(tmp_path: Path) -> None:
    drop = make_drop(orders=20, hubs=2, seed=22)
    file = tmp_path / "drop.json"
    file.write_bytes(codec.write(drop))
    assert trial(drop, file, "greedy", 2, 60, 4096, first_s=60).wrong == ()
    (wrong,) = trial(drop, file, "greedy", 2, 60, 4096, first_s=0.01).wrong
    assert wrong.startswith("told of its first plan after ")


def test_the_first_word_of_a_command_is_timed() -> None:
    silent = measure.run([sys.executable, "-c", "pass"])
    assert silent.spoke_s is None
    late = measure.run([sys.executable, "-c", "import time; time.sleep(1); print(1, flush=True); time.sleep(2)"])
    assert 1 <= late.spoke_s < late.seconds
