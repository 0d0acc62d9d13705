"""``check``, ``make-drop``, ``schema``, ``map``, ``pick-lists``, and the command itself."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from router import codec
from tests.architecture.sources import pyproject
from tests.cli.command import INVALID, SMALL, UNUSABLE, run, succeed
from tests.drops import base_drop, base_plan


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A drop and a valid plan of it."""
    (tmp_path / "drop.json").write_bytes(codec.write(base_drop()))
    (tmp_path / "plan.json").write_bytes(codec.write(base_plan()))
    return tmp_path


def test_a_valid_plan_is_called_valid(folder: Path) -> None:
    assert succeed(folder, "check", "drop.json", "plan.json") == "valid\n"


def test_every_broken_rule_is_a_line_with_its_number_and_place(folder: Path) -> None:
    plan = base_plan()
    broken = replace(plan, cost=replace(plan.cost, total=1), trips=(replace(plan.trips[0], metres=1), plan.trips[1]))
    (folder / "plan.json").write_bytes(codec.write(broken))
    done = run(folder, "check", "drop.json", "plan.json")
    assert done.returncode == INVALID
    *found, count = done.stdout.splitlines()
    assert count == f"{len(found)} findings"
    assert any(line.startswith("R7 /trips/0/metres: ") for line in found)
    assert any(line.startswith("R11 /cost/total: ") for line in found)
    assert all(line.startswith("R") for line in found)


def test_findings_can_be_had_for_machines(folder: Path) -> None:
    assert json.loads(succeed(folder, "check", "drop.json", "plan.json", "--json")) == {
        "valid": True,
        "findings": [],
    }
    (folder / "plan.json").write_bytes(codec.write(replace(base_plan(), drop="another")))
    done = run(folder, "check", "drop.json", "plan.json", "--json")
    assert done.returncode == INVALID
    told = json.loads(done.stdout)
    assert told["valid"] is False
    assert [(each["rule"], each["where"]) for each in told["findings"]] == [("R0", "/drop")]


def test_a_document_that_is_no_plan_breaks_the_first_rule(folder: Path) -> None:
    tree = json.loads((folder / "plan.json").read_bytes())
    tree["colour"] = "red"
    del tree["parcels"]
    (folder / "plan.json").write_text(json.dumps(tree))
    done = run(folder, "check", "drop.json", "plan.json")
    assert done.returncode == INVALID
    assert "R0 /colour: " in done.stdout
    assert "R0 /parcels: " in done.stdout


@pytest.mark.parametrize(
    "arguments", [("plan.json", "plan.json"), ("gone.json", "plan.json"), ("drop.json", "gone.json")]
)
def test_a_file_that_cannot_be_read_is_no_finding(arguments: tuple[str, str], folder: Path) -> None:
    done = run(folder, "check", *arguments)
    assert (done.returncode, done.stdout) == (UNUSABLE, "")
    assert arguments[0 if arguments[0] != "drop.json" else 1] in done.stderr


def test_a_drop_is_made_up_the_same_for_the_same_seed_and_can_be_planned(tmp_path: Path) -> None:
    make = ("make-drop", "--orders", "40", "--hubs", "2", "--couriers", "5", "--tight", "--seed", "3")
    succeed(tmp_path, *make, "-o", "drop.json")
    assert succeed(tmp_path, *make, "-o", "-").encode() == (tmp_path / "drop.json").read_bytes()
    drop = json.loads((tmp_path / "drop.json").read_bytes())
    assert (len(drop["orders"]), len(drop["hubs"]), len(drop["couriers"])) == (40, 2, 5)
    succeed(tmp_path, "plan", "drop.json", "-o", "plan.json", "--steps", "20")
    assert succeed(tmp_path, "check", "drop.json", "plan.json") == "valid\n"


def test_a_drop_that_cannot_be_made_is_told_with_all_reasons(tmp_path: Path) -> None:
    done = run(tmp_path, "make-drop", "--orders", "-1", "--hubs", "0", "-o", "drop.json")
    assert done.returncode == UNUSABLE
    assert "orders" in done.stderr
    assert "hubs" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("document", "spelt"), [("drop", base_drop()), ("plan", base_plan())])
def test_the_schema_accepts_what_the_format_allows_and_nothing_else(
    document: str, spelt: object, tmp_path: Path
) -> None:
    schema = json.loads(succeed(tmp_path, "schema", document))
    tree = codec.plain(spelt)
    jsonschema.validate(tree, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**tree, "colour": "red"}, schema)


def test_the_version_is_that_of_the_distribution(tmp_path: Path) -> None:
    assert succeed(tmp_path, "--version") == f"dropwright {pyproject()['project']['version']}\n"


def test_help_is_quick_and_names_every_command(tmp_path: Path) -> None:
    began = time.monotonic()
    said = succeed(tmp_path, "--help")
    assert time.monotonic() - began < 5
    for command in ("plan", "check", "make-drop", "schema", "map", "pick-lists", "demo"):
        assert f" {command} " in said


def test_a_map_and_pick_lists_are_made_from_files(folder: Path) -> None:
    succeed(folder, "map", "drop.json", "plan.json", "-o", "map.html")
    assert (folder / "map.html").read_bytes().startswith(b"<!doctype html>")
    assert "2 pick lists" in succeed(folder, "pick-lists", "drop.json", "plan.json", "-o", "lists")
    assert sorted(path.name for path in (folder / "lists").iterdir()) == ["kallio-w1.csv", "pasila-w1.csv"]


@pytest.mark.parametrize("command", ["map", "pick-lists"])
def test_no_document_is_made_of_a_plan_that_does_not_hold(command: str, folder: Path) -> None:
    (folder / "plan.json").write_bytes(codec.write(replace(base_plan(), parcels=())))
    done = run(folder, command, "drop.json", "plan.json", "-o", "made")
    assert done.returncode == UNUSABLE
    assert "dropwright check" in done.stderr
    assert not (folder / "made").exists()


def test_a_drop_without_coordinates_has_no_map_and_says_so(folder: Path) -> None:
    succeed(folder, "plan", SMALL, "-o", "small.json", "--steps", "5")
    done = run(folder, "map", SMALL, "small.json", "-o", "map.html")
    assert done.returncode == UNUSABLE
    assert "lat and lon" in done.stderr


def test_lists_of_an_earlier_plan_go_and_files_of_others_stay(folder: Path) -> None:
    lists = folder / "lists"
    lists.mkdir()
    (lists / "mine.csv").write_text("hub,wave\r\nkallio,w9\r\n")
    succeed(folder, "pick-lists", "drop.json", "plan.json", "-o", "lists")
    (lists / "kallio-w9.csv").write_bytes((lists / "kallio-w1.csv").read_bytes())
    succeed(folder, "pick-lists", "drop.json", "plan.json", "-o", "lists")
    assert sorted(path.name for path in lists.iterdir()) == ["kallio-w1.csv", "mine.csv", "pasila-w1.csv"]
