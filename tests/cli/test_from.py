"""``dropwright plan --from``: an earlier plan to go on from, refused where it is none of this drop."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from router import codec
from tests.cli.command import CENTRE, SMALL, UNUSABLE, run, succeed
from tests.drops import base_drop, base_plan


def cost(path: Path) -> int:
    found: int = json.loads(path.read_bytes())["cost"]["total"]
    return found


@pytest.fixture
def old(tmp_path: Path) -> Path:
    succeed(tmp_path, "plan", SMALL, "-o", "old.json", "--steps", "20")
    return tmp_path / "old.json"


def test_a_plan_goes_on_from_another_and_may_take_its_place(old: Path) -> None:
    before, content = cost(old), old.read_bytes()
    succeed(old.parent, "plan", SMALL, "-o", "new.json", "--from", "old.json", "--steps", "200")
    assert old.read_bytes() == content
    assert cost(old.with_name("new.json")) <= before
    succeed(old.parent, "plan", SMALL, "-o", "old.json", "--from", "old.json", "--steps", "200")
    assert old.read_bytes() == old.with_name("new.json").read_bytes()
    assert succeed(old.parent, "check", SMALL, "old.json") == "valid\n"


def test_a_plan_of_a_road_drop_goes_on_from_one_of_its_matrix_drop(tmp_path: Path) -> None:
    succeed(tmp_path, "plan", CENTRE, "-o", "plan.json", "--steps", "0")
    before = cost(tmp_path / "plan.json")
    succeed(tmp_path, "plan", CENTRE, "-o", "plan.json", "--from", "plan.json", "--steps", "300")
    assert cost(tmp_path / "plan.json") < before
    assert succeed(tmp_path, "check", "plan.drop.json", "plan.json") == "valid\n"


def test_a_start_that_the_referee_refuses_is_told_with_what_it_found(tmp_path: Path) -> None:
    plan = base_plan()
    (tmp_path / "drop.json").write_bytes(codec.write(base_drop()))
    (tmp_path / "old.json").write_bytes(codec.write(replace(plan, cost=replace(plan.cost, couriers=0))))
    done = run(tmp_path, "plan", "drop.json", "-o", "plan.json", "--from", "old.json", "--steps", "5")
    assert (done.returncode, done.stdout) == (UNUSABLE, "")
    assert done.stderr.startswith(
        "dropwright: old.json is not valid for this drop (1 finding; dropwright check DROP PLAN "
    )
    assert "\n  R11 /cost/couriers: " in done.stderr
    assert not (tmp_path / "plan.json").exists()


def test_a_plan_of_another_drop_is_no_start(old: Path) -> None:
    (old.parent / "drop.json").write_bytes(codec.write(base_drop()))
    content = old.read_bytes()
    done = run(old.parent, "plan", "drop.json", "-o", "old.json", "--from", "old.json", "--steps", "5")
    assert (done.returncode, done.stdout) == (UNUSABLE, "")
    assert "R0 /drop" in done.stderr
    assert old.read_bytes() == content


@pytest.mark.parametrize(
    ("start", "told"), [("missing.json", "there is no such file"), (SMALL, "/format"), (".", "is a folder")]
)
def test_what_is_no_plan_is_no_start(start: str | Path, told: str, tmp_path: Path) -> None:
    done = run(tmp_path, "plan", SMALL, "-o", "plan.json", "--from", start, "--steps", "5")
    assert (done.returncode, done.stdout) == (UNUSABLE, "")
    assert told in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_an_engine_that_starts_from_nothing_names_one_that_does_not(old: Path) -> None:
    done = run(old.parent, "plan", SMALL, "-o", "plan.json", "--from", "old.json", "--engine", "two-step")
    assert done.returncode == UNUSABLE
    assert "two-step cannot start from a plan: leave the plan out, or take greedy or joint" in done.stderr
    assert not (old.parent / "plan.json").exists()


def test_the_matrix_drop_beside_the_plan_does_not_take_the_place_of_the_start(tmp_path: Path) -> None:
    succeed(tmp_path, "plan", CENTRE, "-o", "one.json", "--steps", "0")
    (tmp_path / "one.json").rename(tmp_path / "plan.drop.json")
    content = (tmp_path / "plan.drop.json").read_bytes()
    done = run(tmp_path, "plan", CENTRE, "-o", "plan.json", "--from", "plan.drop.json", "--steps", "0")
    assert done.returncode == UNUSABLE
    assert "another name" in done.stderr
    assert (tmp_path / "plan.drop.json").read_bytes() == content
