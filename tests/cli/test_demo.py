"""``dropwright demo``: one command, everything that people take in hand, and all of it of the same plan."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from tests.cli.command import CENTRE, UNUSABLE, run, succeed


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder that the demo filled, and what it said."""
    folder = tmp_path_factory.mktemp("demo")
    return folder / "out", succeed(folder, "demo", "--out", "out", "--seconds", "2")


def test_the_demo_leaves_drop_plan_pick_lists_and_map(demo: tuple[Path, str]) -> None:
    out, _ = demo
    assert sorted(path.name for path in out.iterdir()) == ["drop.json", "map.html", "pick-lists", "plan.json"]
    assert json.loads((out / "drop.json").read_bytes())["travel"]["kind"] == "matrix"
    assert succeed(out, "check", "drop.json", "plan.json") == "valid\n"


def test_the_pick_lists_hold_every_line_of_the_plan_once(demo: tuple[Path, str]) -> None:
    out, _ = demo
    plan = json.loads((out / "plan.json").read_bytes())
    planned = sorted(
        (parcel["hub"], parcel["wave"], parcel["id"], line["sku"], str(line["quantity"]))
        for parcel in plan["parcels"]
        for line in parcel["lines"]
    )
    listed = []
    for path in (out / "pick-lists").iterdir():
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        assert {f"{row['hub']}-{row['wave']}.csv" for row in rows} == {path.name}
        listed += [tuple(row[name] for name in ("hub", "wave", "parcel", "sku", "quantity")) for row in rows]
    assert sorted(listed) == planned


def test_the_map_is_of_the_plan_and_calls_nobody(demo: tuple[Path, str]) -> None:
    out, _ = demo
    page = (out / "map.html").read_text(encoding="utf-8")
    plan = json.loads((out / "plan.json").read_bytes())
    assert "OpenStreetMap contributors" in page
    assert "default-src 'none'" in page
    assert all(f"{trip['courier']}, trip " in page for trip in plan["trips"])


def test_the_summary_compares_with_the_greedy_plan_and_says_the_rest(demo: tuple[Path, str]) -> None:
    out, said = demo
    plan = json.loads((out / "plan.json").read_bytes())
    total = plan["cost"]["total"]
    assert f"{total // 100:,}.{total % 100:02d}" in said
    assert "joint costs " in said
    for title in ("Cost in EUR", "Promises by tier", "Work by hub", "Work by courier"):
        assert title in said
    assert all(left["order"] in said and left["reason"] in said for left in plan["unserved"][:20])
    drop = json.loads(CENTRE.read_bytes())
    assert all(f"  {hub['id']} " in said for hub in drop["hubs"])


def test_a_demo_that_cannot_write_says_so_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("in the way")
    done = run(tmp_path, "demo", "--out", "out", "--seconds", "60")
    assert done.returncode == UNUSABLE
    assert done.stderr.startswith("dropwright: out/")


@pytest.mark.parametrize(
    ("roads", "told"),
    [
        ("osmr", "'osmr'; choose built-in, osrm, or give the address"),
        ("http://127.0.0.1:9", "http://127.0.0.1:9: an OSRM server knows one of OSRM's profiles alone"),
    ],
)
def test_the_demo_is_measured_by_the_roads_asked_for_or_not_at_all(roads: str, told: str, tmp_path: Path) -> None:
    done = run(tmp_path, "demo", "--out", "out", "--seconds", "60", "--roads", roads)
    assert done.returncode == UNUSABLE
    assert done.stderr.startswith("dropwright: ")
    assert told in done.stderr
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
