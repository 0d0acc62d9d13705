"""``--roads``: who measures a road drop."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from router import codec
from router.model import Location
from tests.cli.command import CENTRE, SMALL, UNUSABLE, run, succeed
from tests.unit.test_osrm import recorded, serving, whole
from tests.unit.test_prepare import at_once, spread


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A road drop at the addresses that a real server was asked for, and the extract that it names."""
    drop = spread(recorded("blocks")["points"], bike="car")
    stock = tuple(replace(row, quantity=99) for row in drop.stock)
    (tmp_path / "drop.json").write_bytes(codec.write(replace(drop, stock=stock)))
    shutil.copy(CENTRE.with_name("roads.osm.pbf"), tmp_path / "town.osm.pbf")
    return tmp_path


@pytest.fixture
def server() -> Iterator[str]:
    """The address of a server that answers as the real one did."""
    answer = at_once(recorded("blocks"))
    with serving(lambda _: (200, answer)) as (address, _):
        yield address


def test_a_drop_is_planned_on_the_roads_of_a_server(folder: Path, server: str) -> None:
    succeed(folder, "plan", "drop.json", "-o", "plan.json", "--steps", "50", "--roads", server)
    kept = json.loads((folder / "plan.drop.json").read_bytes())
    metres, seconds = whole(recorded("blocks"))
    measured = kept["travel"]["profiles"]["bike"]
    assert [[-1 if cell is None else cell for cell in row] for row in measured["metres"]] == metres
    assert [[-1 if cell is None else cell for cell in row] for row in measured["seconds"]] == seconds
    assert json.loads((folder / "plan.json").read_bytes())["trips"]
    assert succeed(folder, "check", "plan.drop.json", "plan.json") == "valid\n"


def test_documents_of_a_road_drop_want_the_roads_of_the_plan(folder: Path, server: str) -> None:
    succeed(folder, "plan", "drop.json", "-o", "plan.json", "--steps", "50", "--roads", server)
    for command, output in (("map", "map.html"), ("pick-lists", "lists")):
        refused = run(folder, command, "drop.json", "plan.json", "-o", output)
        assert refused.returncode == UNUSABLE
        assert "not valid for this drop" in refused.stderr
        succeed(folder, command, "drop.json", "plan.json", "-o", output, "--roads", server)
        assert (folder / output).exists()


def test_built_in_roads_are_what_is_taken_unless_others_are_asked_for(folder: Path) -> None:
    succeed(folder, "plan", "drop.json", "-o", "one.json", "--steps", "5")
    succeed(folder, "plan", "drop.json", "-o", "two.json", "--steps", "5", "--roads", "built-in")
    assert (folder / "one.drop.json").read_bytes() == (folder / "two.drop.json").read_bytes()


@pytest.mark.parametrize("drop", [SMALL, CENTRE], ids=["small", "centre"])
def test_roads_that_there_are_not_are_refused_with_those_there_are(drop: Path, tmp_path: Path) -> None:
    done = run(tmp_path, "plan", drop, "-o", "plan.json", "--roads", "osmr")
    assert (done.returncode, done.stdout) == (UNUSABLE, "")
    assert "'osmr'; choose built-in, osrm, or give the address" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_one_server_for_walkers_and_bikes_is_refused_in_a_sentence(tmp_path: Path, server: str) -> None:
    done = run(tmp_path, "plan", CENTRE, "-o", "plan.json", "--roads", server)
    assert done.returncode == UNUSABLE
    assert done.stderr.startswith(f"dropwright: {server}: ")
    assert "foot needs foot, cargo_bike needs bicycle" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_costing_that_there_is_not_is_told_with_its_file_and_place(folder: Path) -> None:
    drop = json.loads((folder / "drop.json").read_bytes())
    drop["travel"]["profiles"]["bike"]["costing"] = "horse"
    (folder / "drop.json").write_text(json.dumps(drop))
    done = run(folder, "plan", "drop.json", "-o", "plan.json", "--steps", "0")
    assert done.returncode == UNUSABLE
    cure = "there is no costing 'horse'; choose one of foot, bike, cargo_bike, car, van"
    assert done.stderr.splitlines() == [
        f"drop.json: /travel/profiles/bike/costing: {cure} [costing-unknown]",
        "dropwright: the drop has 1 fault",
    ]
    assert not (folder / "plan.json").exists()


def test_an_order_far_from_every_road_is_told_with_its_file_and_place(folder: Path) -> None:
    drop = codec.read_drop((folder / "drop.json").read_bytes())
    lost = replace(drop.orders[3], location=Location(lat=0.0, lon=0.0))
    changed = replace(drop, orders=(*drop.orders[:3], lost, *drop.orders[4:]))
    (folder / "drop.json").write_bytes(codec.write(changed))
    done = run(folder, "plan", "drop.json", "-o", "plan.json", "--steps", "0")
    assert done.returncode == UNUSABLE
    first, last = done.stderr.splitlines()
    assert first.startswith("drop.json: /orders/3/location: order 'o3' is 7")
    assert first.endswith("that town.osm.pbf covers them [off-road]")
    assert last == "dropwright: the drop has 1 fault"
    assert not (folder / "plan.json").exists()
