"""``dropwright bound`` and the bound in a plan: proved, told, written, never lowered."""

from __future__ import annotations

import json
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from router import codec
from tests.cli.command import CENTRE, INTERRUPTED, SMALL, UNUSABLE, run, start, succeed
from tests.drops import base_drop, base_plan


def read(path: Path) -> Any:
    return json.loads(path.read_bytes())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The drop of ``tests.drops`` and its plan, whose bound is empty."""
    (tmp_path / "drop.json").write_bytes(codec.write(base_drop("matrix")))
    (tmp_path / "plan.json").write_bytes(codec.write(replace(base_plan("matrix"), lower_bound=None)))
    return tmp_path


def test_a_plan_by_steps_has_a_bound_and_is_the_same_again(tmp_path: Path) -> None:
    for name in ("one.json", "two.json"):
        said = succeed(tmp_path, "plan", SMALL, "-o", name, "--steps", "50")
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()
    made = read(tmp_path / "one.json")
    bound = made["lower_bound"]
    assert 0 < bound <= made["cost"]["total"]
    assert f"no plan costs less than {bound // 100}.{bound % 100:02d} EUR: a gap of " in said


def test_a_plan_by_seconds_has_a_bound_proved_beside_the_search(folder: Path) -> None:
    done = run(folder, "plan", "drop.json", "-o", "new.json", "--seconds", "4")
    assert done.returncode == 0, done.stderr
    made = read(folder / "new.json")
    assert 0 <= made["lower_bound"] <= made["cost"]["total"]
    assert ", gap " in done.stderr or made["lower_bound"] == 0
    assert succeed(folder, "check", "drop.json", "new.json") == "valid\n"


@pytest.mark.parametrize("effort", [("--steps", "20"), ("--seconds", "2")])
def test_where_no_bound_is_wanted_there_is_none(folder: Path, effort: tuple[str, str]) -> None:
    done = run(folder, "plan", "drop.json", "-o", "new.json", "--no-bound", *effort)
    assert done.returncode == 0
    assert read(folder / "new.json")["lower_bound"] is None
    assert "gap" not in done.stdout + done.stderr


def test_a_bound_is_told_alone_and_against_a_plan(folder: Path) -> None:
    alone = succeed(folder, "bound", "drop.json", "--steps", "500")
    assert alone.startswith("meridian: no plan costs less than ")
    assert "gap" not in alone
    done = run(folder, "bound", "drop.json", "--plan", "plan.json", "--steps", "500")
    assert done.stdout.startswith(alone.rstrip() + ": a gap of ")
    assert done.stderr.startswith("meridian (bound): ")
    assert ", gap " in done.stderr
    assert read(folder / "plan.json")["lower_bound"] is None


def test_a_bound_ends_with_its_seconds_or_when_there_is_no_better_one(folder: Path) -> None:
    assert succeed(folder, "bound", "drop.json", "--seconds", "100").startswith("meridian: no plan costs less than ")


def test_a_plan_is_written_with_its_bound_raised_and_never_lowered(folder: Path) -> None:
    plan = folder / "plan.json"
    succeed(folder, "bound", "drop.json", "--plan", "plan.json", "-o", "plan.json", "--steps", "500")
    good = read(plan)["lower_bound"]
    assert 0 < good <= read(plan)["cost"]["total"]
    assert codec.read_plan(plan.read_bytes()) == replace(base_plan("matrix"), lower_bound=good)
    said = succeed(folder, "bound", "drop.json", "--plan", "plan.json", "-o", "other.json", "--steps", "0")
    assert read(folder / "other.json")["lower_bound"] == good
    assert "the bound that plan.json has is higher: no plan costs less than " in said


def test_a_plan_with_its_bound_goes_to_standard_output_alone(folder: Path) -> None:
    done = run(folder, "bound", "drop.json", "--plan", "plan.json", "-o", "-", "--steps", "20")
    assert done.returncode == 0
    assert json.loads(done.stdout)["lower_bound"] > 0
    assert "no plan costs less than" in done.stderr


def test_a_road_drop_is_bounded_as_its_matrix_drop(tmp_path: Path) -> None:
    succeed(tmp_path, "plan", CENTRE, "-o", "plan.json", "--steps", "0", "--no-bound")
    said = succeed(tmp_path, "bound", CENTRE, "--plan", "plan.json", "--steps", "5")
    assert ": a gap of " in said


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--seconds", "5", "--steps", "5"), "not both"),
        (("-o", "new.json"), "--plan"),
        (("--steps", "-1"), "'--steps'"),
        (("--plan", "missing.json"), "there is no such file"),
        (("--plan", "wrong.json"), "R11 /cost"),
        (("--plan", "plan.json", "-o", "drop.json"), "another name"),
    ],
)
def test_what_cannot_be_bounded_is_told_and_nothing_written(folder: Path, options: tuple[str, ...], told: str) -> None:
    plan = base_plan("matrix")
    (folder / "wrong.json").write_bytes(codec.write(replace(plan, cost=replace(plan.cost, couriers=0))))
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    done = run(folder, "bound", "drop.json", *options)
    assert (done.returncode, done.stdout) == (UNUSABLE, "")
    assert told in done.stderr
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_an_interrupted_bound_is_the_best_so_far_and_is_written(tmp_path: Path) -> None:
    succeed(tmp_path, "make-drop", "--orders", "400", "--hubs", "3", "-o", "drop.json")
    succeed(tmp_path, "plan", "drop.json", "-o", "plan.json", "--steps", "0", "--no-bound")
    process = start(tmp_path, "bound", "drop.json", "--plan", "plan.json", "-o", "plan.json", "--seconds", "100")
    try:
        assert process.stderr is not None
        assert any(", gap " in line for line in iter(process.stderr.readline, ""))
        process.send_signal(signal.SIGINT)
        said, told = process.communicate(timeout=60)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == INTERRUPTED, told
    assert "best bound found until then" in told
    assert "no plan costs less than" in said
    assert read(tmp_path / "plan.json")["lower_bound"] > 0
