"""The peer of the benchmark: exactly what a user would build today, and always a lawful plan."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bench.nearest_hub import allocate
from bench.vroom_pipeline import POLICIES, follow, plan
from router import codec
from router.check import findings
from router.generate import make_drop
from router.model import Drop, ParcelLine, Shift
from router.plan import Plan
from tests.drops import base_drop, clock, replan_drop

ROOT = Path(__file__).resolve().parents[2]


def run(drop: Drop, folder: Path) -> subprocess.CompletedProcess[str]:
    """The pipeline as a process of its own, since VROOM can end the one it runs in."""
    (folder / "drop.json").write_bytes(codec.write(drop))
    command = [sys.executable, "-m", "bench.vroom_pipeline", folder / "drop.json", "-o", folder / "plan.json"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def planned(drop: Drop, folder: Path) -> Plan:
    ran = run(drop, folder)
    assert ran.returncode == 0, ran.stderr
    return codec.read_plan((folder / "plan.json").read_bytes())


@pytest.mark.parametrize(("tight", "travel"), [(False, "great_circle"), (True, "great_circle"), (False, "matrix")])
def test_its_plan_breaks_no_rule_and_serves_most(tight: bool, travel: str, tmp_path: Path) -> None:
    drop = make_drop(orders=60, hubs=3, seed=11, tight=tight, travel=travel)
    made = planned(drop, tmp_path)
    assert findings(drop, made) == ()
    assert len(made.unserved) <= 20
    assert len(made.trips) >= 3


def test_a_drop_without_couriers_leaves_everything_to_the_carriers(tmp_path: Path) -> None:
    drop = replace(make_drop(orders=40, hubs=2, seed=11), couriers=())
    made = planned(drop, tmp_path)
    assert findings(drop, made) == ()
    assert made.trips == ()
    assert any(parcel.collection for parcel in made.parcels)


def test_couriers_whose_shift_is_over_are_not_sent_out(tmp_path: Path) -> None:
    drop = make_drop(orders=40, hubs=2, seed=11)
    gone = tuple(
        replace(courier, shift=Shift(start=drop.plan_at - timedelta(hours=2), end=drop.plan_at))
        for courier in drop.couriers
    )
    drop = replace(drop, couriers=gone)
    made = planned(drop, tmp_path)
    assert findings(drop, made) == ()
    assert made.trips == ()


def test_a_drop_with_commitments_is_refused_with_a_sentence(tmp_path: Path) -> None:
    ran = run(replan_drop(), tmp_path)
    assert ran.returncode == 2
    assert "commitments" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert not (tmp_path / "plan.json").exists()


def test_orders_go_to_the_nearest_hub_with_all_goods_else_hub_by_hub() -> None:
    found = allocate(base_drop())
    told = [(pick.order, pick.hub, pick.wave, pick.lines) for pick in found.picks]
    assert told == [
        ("o1", "kallio", "w1", (ParcelLine(sku="MUG-1", quantity=3, contingency=1),)),
        ("o2", "pasila", "w1", (ParcelLine(sku="JAM-1", quantity=2),)),  # as many lines as kallio, and nearer
        ("o2", "kallio", "w1", (ParcelLine(sku="TEA-1", quantity=1),)),
        ("o3", "kallio", "w1", (ParcelLine(sku="TEA-1", quantity=1),)),  # due last, so last
    ]
    assert found.left == {"o4": "no-stock"}


def test_an_order_waits_for_the_first_wave_with_room_after_its_clearance() -> None:
    drop = base_drop()
    late = replace(drop.orders[0], cleared_at=clock("18:40"))
    picks = allocate(replace(drop, orders=(late, *drop.orders[1:]))).picks
    assert {pick.order: pick.wave for pick in picks}["o1"] == "w2"


def test_goods_of_an_order_that_cannot_be_whole_are_left_for_the_next() -> None:
    drop = base_drop()
    lamp = replace(drop.orders[3].lines[0], quantity=1)
    tea = replace(drop.orders[2].lines[0], quantity=2)
    greedy = replace(drop.orders[3], lines=(tea, lamp))  # due before o3, and nobody has the lamp
    found = allocate(replace(drop, orders=(drop.orders[0], greedy, replace(drop.orders[2], lines=(tea,)))))
    assert found.left == {"o4": "no-stock"}
    assert ("o3", 2) in [(pick.order, pick.lines[0].quantity) for pick in found.picks]


def test_policy_a_sends_with_the_carrier_what_it_delivers_in_time_and_b_asks_the_couriers_first() -> None:
    drop = base_drop()
    by_post = {
        policy: [parcel.order for parcel in follow(drop, allocate(drop), policy).parcels if parcel.collection]
        for policy in POLICIES
    }
    assert by_post == {"A": ["o3"], "B": []}


def test_the_cheaper_policy_counts() -> None:
    drop = make_drop(orders=60, hubs=2, seed=12)
    found = allocate(drop)
    costs = {policy: follow(drop, found, policy).cost.total for policy in POLICIES}
    assert costs["A"] != costs["B"]
    assert plan(drop).cost.total == min(costs.values())


def test_an_order_with_a_parcel_that_nobody_can_take_comes_off_the_tours_as_a_whole() -> None:
    drop = base_drop()
    warm = tuple(replace(courier, handling=()) for courier in drop.couriers)
    drop = replace(drop, couriers=warm)
    made = follow(drop, allocate(drop), "B")
    assert findings(drop, made) == ()
    assert {row.order for row in made.unserved} == {"o2", "o4"}
    assert {stop.order for trip in made.trips for stop in trip.stops} == {"o1", "o3"}
