"""``dropwright plan``: a plan that the referee accepts, in time, whole or not at all."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path

import pytest

from router import codec
from router.solve import engine_names
from tests.changes import with_first_wave
from tests.cli.command import CENTRE, SMALL, UNUSABLE, run, succeed
from tests.drops import base_plan, replan_drop

BAD_DROP = """{"format": "dropwright.drop/1", "id": "bad", "currency": "euro", "timezone": "Europe/Nowhere",
 "plan_at": "2026-11-20T18:15:00", "travel": {"kind": "great_circle", "profiles": {}}, "catalog": [],
 "tiers": [], "hubs": [], "stock": [{"hub": "nowhere", "sku": "X", "quantity": -1}], "orders": [],
 "colour": "red"}"""


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_plan_is_written_that_the_referee_accepts(tmp_path: Path) -> None:
    said = succeed(tmp_path, "plan", SMALL, "-o", "plan.json", "--steps", "200")
    assert names(tmp_path) == ["plan.json"]
    assert succeed(tmp_path, "check", SMALL, "plan.json") == "valid\n"
    plan = json.loads((tmp_path / "plan.json").read_bytes())
    total = plan["cost"]["total"]
    assert f"cost {total // 100:,}.{total % 100:02d} EUR" in said
    assert f"not served: {len(plan['unserved'])}" in said


def test_the_same_seed_and_steps_give_the_same_bytes_and_another_seed_is_told(tmp_path: Path) -> None:
    for name in ("one", "two"):
        succeed(tmp_path, "plan", SMALL, "-o", name, "--steps", "100", "--seed", "7")
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    succeed(tmp_path, "plan", SMALL, "-o", "three", "--steps", "100", "--seed", "8")
    assert json.loads((tmp_path / "three").read_bytes())["certificate"]["seed"] == 8


@pytest.mark.parametrize("engine", engine_names())
def test_every_engine_is_known_by_its_name(engine: str, tmp_path: Path) -> None:
    succeed(tmp_path, "plan", SMALL, "-o", "plan.json", "--steps", "20", "--engine", engine)
    assert json.loads((tmp_path / "plan.json").read_bytes())["certificate"]["engine"] == engine


def test_an_unknown_engine_lists_the_known_ones(tmp_path: Path) -> None:
    done = run(tmp_path, "plan", SMALL, "-o", "plan.json", "--engine", "magic")
    assert done.returncode == UNUSABLE
    assert "'magic'" in done.stderr
    assert "greedy, joint" in done.stderr
    assert names(tmp_path) == []


def test_a_road_drop_leaves_the_matrix_drop_it_was_planned_as_beside_the_plan(tmp_path: Path) -> None:
    said = succeed(tmp_path, "plan", CENTRE, "-o", "plan.json", "--steps", "0")
    assert names(tmp_path) == ["plan.drop.json", "plan.json"]
    assert "plan.drop.json" in said
    kept = json.loads((tmp_path / "plan.drop.json").read_bytes())
    assert kept["travel"]["kind"] == "matrix"
    assert all(order["location"].keys() == {"lat", "lon", "place"} for order in kept["orders"])
    assert succeed(tmp_path, "check", "plan.drop.json", "plan.json") == "valid\n"
    refused = run(tmp_path, "check", CENTRE, "plan.json")
    assert refused.returncode == UNUSABLE
    assert "plan.drop.json" in refused.stderr


def test_a_plan_goes_to_standard_output_alone_when_it_is_asked_for_there(tmp_path: Path) -> None:
    done = run(tmp_path, "plan", SMALL, "-o", "-", "--steps", "10")
    assert done.returncode == 0
    assert json.loads(done.stdout)["drop"] == "small"
    assert "cost " in done.stderr
    assert names(tmp_path) == []


def test_a_road_drop_needs_a_file_to_keep_its_matrix_drop_beside(tmp_path: Path) -> None:
    done = run(tmp_path, "plan", CENTRE, "-o", "-", "--steps", "0")
    assert (done.returncode, done.stdout) == (UNUSABLE, "")
    assert "give -o the name of a file" in done.stderr


def test_what_is_planned_is_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "plan.drop.json").write_bytes(CENTRE.read_bytes())
    done = run(tmp_path, "plan", "plan.drop.json", "-o", "plan.json", "--steps", "0")
    assert done.returncode == UNUSABLE
    assert "another name" in done.stderr
    assert (tmp_path / "plan.drop.json").read_bytes() == CENTRE.read_bytes()
    (tmp_path / "drop.json").write_bytes(SMALL.read_bytes())
    assert run(tmp_path, "plan", "drop.json", "-o", "drop.json", "--steps", "0").returncode == UNUSABLE
    assert (tmp_path / "drop.json").read_bytes() == SMALL.read_bytes()
    assert names(tmp_path) == ["drop.json", "plan.drop.json"]


def test_every_fault_of_a_drop_is_told_at_once_with_its_file_and_place(tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text(BAD_DROP)
    done = run(tmp_path, "plan", "bad.json", "-o", "plan.json")
    assert (done.returncode, done.stdout) == (UNUSABLE, "")
    for place, code in [
        ("/colour", "unknown-field"),
        ("/currency", "bad-length"),
        ("/plan_at", "naive-time"),
        ("/stock/0/hub", "unknown-hub"),
        ("/stock/0/quantity", "out-of-range"),
        ("/stock/0/sku", "unknown-sku"),
        ("/timezone", "unknown-timezone"),
    ]:
        assert any(
            line.startswith(f"bad.json: {place}: ") and line.endswith(f"[{code}]") for line in done.stderr.splitlines()
        ), (place, done.stderr)
    assert names(tmp_path) == ["bad.json"]


def test_begun_work_that_breaks_rules_is_told_as_faults_of_the_drop(tmp_path: Path) -> None:
    drop = replan_drop()
    begun = replace(drop.committed, trips=(replace(drop.committed.trips[0], metres=1),))
    changed = with_first_wave(replace(drop, committed=begun), 0, lines=2)
    (tmp_path / "drop.json").write_bytes(codec.write(changed))
    (tmp_path / "earlier.json").write_bytes(codec.write(base_plan()))
    for arguments in (("plan", "drop.json"), ("map", "drop.json", "earlier.json")):
        done = run(tmp_path, *arguments, "-o", "made")
        assert (done.returncode, done.stdout) == (UNUSABLE, "")
        wave, metres, last = done.stderr.splitlines()
        assert wave.startswith(
            "drop.json: /committed/parcels/3/wave: wave 'w1' of hub 'kallio' picks 3 lines and has room"
        )
        assert wave.endswith("[committed-wave]")
        assert metres.startswith("drop.json: /committed/trips/0/metres: is 1, but the legs come to 5560; mend it, or")
        assert metres.endswith("[committed-movement]")
        assert last == "dropwright: the drop has 2 faults"
    assert names(tmp_path) == ["drop.json", "earlier.json"]


@pytest.mark.parametrize(
    ("drop", "told"),
    [
        ("missing.json", "there is no such file"),
        (".", "is a folder"),
        ("empty.json", "not JSON"),
        ("bytes.json", "is not UTF-8"),
        ("deep.json", "too-deep"),
        ("list.json", "must be an object"),
    ],
)
def test_what_is_no_drop_is_told_in_a_sentence(drop: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "empty.json").write_bytes(b"")
    (tmp_path / "bytes.json").write_bytes(b"\xff\xfe{")
    (tmp_path / "deep.json").write_bytes(b"[" * 10_000_000)
    (tmp_path / "list.json").write_bytes(b"[]")
    done = run(tmp_path, "plan", drop, "-o", "plan.json")
    assert done.returncode == UNUSABLE
    assert told in done.stderr
    assert not (tmp_path / "plan.json").exists()


def test_an_extract_that_is_not_there_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "drop.json").write_bytes(CENTRE.read_bytes())
    done = run(tmp_path, "plan", "drop.json", "-o", "plan.json", "--steps", "0")
    assert done.returncode == UNUSABLE
    assert "roads.osm.pbf" in done.stderr
    assert names(tmp_path) == ["drop.json"]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--seconds", "5", "--steps", "5"), "not both"),
        (("--seconds", "0.5"), "at least 1"),
        (("--seconds", "-3"), "at least 1"),
        (("--seconds", "nan"), "at least 1"),
        (("--seconds", "inf"), "at most"),
        (("--seconds", "soon"), "valid number"),
        (("--steps", "-1"), "'--steps'"),
        (("--steps", "1.5"), "valid integer"),
        (("--workers", "0"), "'--workers'"),
        (("--seed", "x"), "'--seed'"),
        (("--nonsense",), "--nonsense"),
    ],
)
def test_an_option_that_cannot_be_meant_is_refused(options: tuple[str, ...], told: str, tmp_path: Path) -> None:
    done = run(tmp_path, "plan", SMALL, "-o", "plan.json", *options)
    assert done.returncode == UNUSABLE
    assert told in done.stderr
    assert names(tmp_path) == []


@pytest.mark.parametrize("output", ["drop.json/plan.json", ".", "plan\udcff" + "x" * 300])
def test_a_place_that_cannot_be_written_is_told_before_the_work(output: str, tmp_path: Path) -> None:
    (tmp_path / "drop.json").write_bytes(SMALL.read_bytes())
    began = time.monotonic()
    done = run(tmp_path, "plan", "drop.json", "-o", output, "--seconds", "60")
    assert done.returncode == UNUSABLE
    assert done.stderr.startswith("dropwright: ")
    assert time.monotonic() - began < 30
    assert names(tmp_path) == ["drop.json"]


def test_a_plan_under_a_short_limit_is_valid(tmp_path: Path) -> None:
    succeed(tmp_path, "make-drop", "--orders", "300", "--hubs", "4", "-o", "drop.json")
    succeed(tmp_path, "plan", "drop.json", "-o", "plan.json", "--seconds", "2")  # timed in bench/scale.py
    assert succeed(tmp_path, "check", "drop.json", "plan.json") == "valid\n"


def test_a_pipe_gets_progress_in_plain_lines_and_not_too_many(tmp_path: Path) -> None:
    done = run(tmp_path, "plan", SMALL, "-o", "plan.json", "--seconds", "3")
    lines = [line for line in done.stderr.splitlines() if " s, cost " in line]
    assert 1 <= len(lines) <= 6
    assert all(line.startswith("small (joint): ") and line.isprintable() for line in lines)
