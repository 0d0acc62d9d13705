"""Published instances as drops: the same problem to the unit, the same referee, and a clear word on bad files."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import pyvrp

from bench.measure import Run
from bench.published import pyvrp_peer
from bench.published.__main__ import judged
from bench.published.best import COST, HIERARCHY, best_known
from bench.published.drop import drop_of
from bench.published.instance import Instance, beyond_vroom, objective
from bench.published.library import found_in, read
from bench.published.routes import plan_of, refusals, routes_of
from bench.published.table import OF_RUN, Row, completed, foot, line, summary
from router import codec, solve
from router.effort import Effort
from router.errors import DropwrightError, Faulty, Invalid, NotFound
from router.price import price
from tests.bench.published_texts import (
    CORDEAU,
    GEHRING,
    HETEROGENEOUS,
    MDVRPTW,
    MULTI_TRIP,
    SAME_DAY,
    SAMPLES,
    VRPTW,
    Sample,
    route,
)

ROOT = Path(__file__).resolve().parents[2]
WELL = Run(status=0, seconds=1.0, peak_mib=50, told="")
ROW = Row(
    family="vrptw",
    instance="g1",
    stops=3,
    method="joint",
    version="0",
    given=10.0,
    taken=9.9,
    seed=1,
    unit=10,
    cost=1100,
    best=100.0,
    best_of=COST,
    gap=10.0,
)
by_file = pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.file)


def instance_of(sample: Sample, folder: Path) -> Instance:
    (folder / sample.file).write_text(sample.text)
    (found,) = found_in(folder, [], [Path(sample.file).stem])
    assert found.family == sample.family
    return read(found)


@by_file
def test_a_plan_made_by_hand_is_lawful_and_costs_the_published_objective(sample: Sample, tmp_path: Path) -> None:
    instance = instance_of(sample, tmp_path)
    drop = drop_of(instance)
    plan = plan_of(instance, drop, sample.routes)
    assert refusals(instance, drop, plan) == ()
    assert price(drop, plan).total == price(drop, plan).couriers == sample.cost
    assert objective(instance, sample.routes) == sample.cost
    assert routes_of(instance, plan) == sample.routes


@by_file
def test_the_drop_is_a_document_without_faults(sample: Sample, tmp_path: Path) -> None:
    drop = drop_of(instance_of(sample, tmp_path))
    assert codec.read_drop(codec.write(drop)) == drop


@by_file
def test_what_the_joint_engine_plans_costs_what_its_routes_do(sample: Sample, tmp_path: Path) -> None:
    instance = instance_of(sample, tmp_path)
    drop = drop_of(instance)
    plan = solve.plan(drop, seed=1, effort=Effort(steps=2000), workers=1)
    assert refusals(instance, drop, plan) == ()
    assert plan.cost.total == objective(instance, routes_of(instance, plan)) <= sample.cost


@pytest.mark.parametrize(
    ("sample", "rounding"),
    [
        (VRPTW, "dimacs"),
        (MDVRPTW, "exact"),
        (MULTI_TRIP, "dimacs"),
        (HETEROGENEOUS, "exact"),
        (SAME_DAY, "none"),
    ],
    ids=lambda value: value.file if isinstance(value, Sample) else value,
)
def test_pyvrp_gets_what_its_own_reader_would_make_of_the_file(sample: Sample, rounding: str, tmp_path: Path) -> None:
    instance = instance_of(sample, tmp_path)
    ours, theirs = pyvrp_peer.data_of(instance), pyvrp.read(tmp_path / sample.file, rounding)
    assert ours.locations() == theirs.locations()
    assert ours.clients() == theirs.clients()
    assert ours.depots() == theirs.depots()
    assert np.array_equal(ours.distance_matrix(0), theirs.distance_matrix(0))
    assert np.array_equal(ours.duration_matrix(0), theirs.duration_matrix(0))
    counts = [each.num_available for each in ours.vehicle_types()]
    assert counts == ([2, 2] if sample is HETEROGENEOUS else [each.num_available for each in theirs.vehicle_types()])
    assert ours.vehicle_types() == [
        each.replace(name="", num_available=count) for each, count in zip(theirs.vehicle_types(), counts, strict=True)
    ]


@by_file
def test_pyvrp_solves_it_and_its_routes_pass_the_referee(sample: Sample, tmp_path: Path) -> None:
    instance = instance_of(sample, tmp_path)
    drop = drop_of(instance)
    routes = pyvrp_peer.solve(pyvrp_peer.data_of(instance), seed=1, seconds=0.2)
    plan = plan_of(instance, drop, routes)
    assert refusals(instance, drop, plan) == ()
    assert plan.cost.total <= sample.cost


def test_vehicles_that_no_best_plan_needs_are_left_out(tmp_path: Path) -> None:
    # 12 to carry: at most 2 × 12 ÷ 12 of the three large ones, both of the small ones.
    assert [fleet.count for fleet in instance_of(HETEROGENEOUS, tmp_path).fleets] == [2, 2]


def test_a_limit_on_duration_is_kept_by_leaving_late(tmp_path: Path) -> None:
    instance = instance_of(MDVRPTW, tmp_path)
    drop = drop_of(instance)
    first = plan_of(instance, drop, MDVRPTW.routes).trips[0]
    assert (first.return_at - first.load_at).total_seconds() == 12_000
    short = replace(instance, fleets=tuple(replace(fleet, duration_s=31_499) for fleet in instance.fleets))
    tight = drop_of(short)
    assert [each[:2] for each in refusals(short, tight, plan_of(short, tight, MDVRPTW.routes))] == ["R8"]


def test_nothing_is_loaded_before_its_release(tmp_path: Path) -> None:
    instance = instance_of(MULTI_TRIP, tmp_path)
    drop = drop_of(instance)
    plan = plan_of(instance, drop, MULTI_TRIP.routes)
    assert (plan.trips[1].load_at - drop.plan_at).total_seconds() == 120
    early = replace(instance, visits=tuple(replace(visit, release_s=0) for visit in instance.visits))
    sooner = plan_of(early, drop_of(early), MULTI_TRIP.routes)
    assert {each[:2] for each in refusals(instance, drop, sooner)} == {"R3"}


def test_a_late_result_is_refused(tmp_path: Path) -> None:
    instance = instance_of(MULTI_TRIP, tmp_path)
    drop = drop_of(instance)
    late = plan_of(instance, drop, [route((0,), (2, 1))])
    assert late.cost.late_delivery > late.cost.couriers
    assert refusals(instance, drop, late) == ("1 customers late, first 2",)


def test_a_result_that_leaves_somebody_out_is_refused_and_costs_more_than_a_late_one(tmp_path: Path) -> None:
    instance = instance_of(MULTI_TRIP, tmp_path)
    drop = drop_of(instance)
    left = plan_of(instance, drop, [route((0,))])
    assert refusals(instance, drop, left) == ("2 customers left over, first 2",)
    assert drop.tiers[0].late_delivery is not None
    assert drop.tiers[0].unserved > drop.tiers[0].late_delivery.steps[0].amount > objective(instance, MULTI_TRIP.routes)


def test_a_result_with_another_cost_than_its_routes_is_refused(tmp_path: Path) -> None:
    instance = instance_of(SAME_DAY, tmp_path)
    drop = drop_of(instance)
    plan = plan_of(instance, drop, SAME_DAY.routes)
    dearer = replace(instance, metres=instance.metres + 1)
    assert refusals(dearer, drop, plan) == ("the plan costs 530, its routes 533",)


def test_more_routes_than_vehicles_are_refused(tmp_path: Path) -> None:
    instance = instance_of(SAME_DAY, tmp_path)
    with pytest.raises(Invalid, match="more routes than vehicles in fleet 0"):
        plan_of(instance, drop_of(instance), [route((0,)), route((1,))])


def test_a_refused_run_has_no_cost_and_no_gap(tmp_path: Path) -> None:
    instance = instance_of(SAME_DAY, tmp_path)
    drop, row = drop_of(instance), replace(ROW, cost=None, gap=None, best=500.0, unit=1)
    output = tmp_path / "result.json"
    told = {"version": "1", "seconds": 2.0, "routes": [{"fleet": 0, "trips": [[0, 1]]}]}
    output.write_text(json.dumps(told))
    good = judged(instance, drop, row, WELL, output)
    assert (good.cost, good.routes, good.taken, good.gap) == (530, 1, 2.0, pytest.approx(6.0))
    output.write_text(json.dumps({**told, "routes": [{"fleet": 0, "trips": [[0]]}]}))
    bad = judged(instance, drop, row, WELL, output)
    assert (bad.cost, bad.gap, bad.wrong) == (None, None, ("1 customers left over, first 2",))
    killed = judged(instance, drop, row, replace(WELL, status=-9, told="out of memory"), output)
    assert killed.wrong == ("ended with status -9: out of memory",)


def test_vroom_is_not_asked_what_it_cannot_state(tmp_path: Path) -> None:
    told = {sample.file: beyond_vroom(instance_of(sample, tmp_path)) for sample in SAMPLES}
    assert [file for file, why in told.items() if why is not None] == ["depots.vrp", "trips.vrp"]
    assert "duration" in str(told["depots.vrp"])
    assert "release" in str(told["trips.vrp"])


def test_the_best_known_cost_is_read_from_what_lies_beside(tmp_path: Path) -> None:
    below = tmp_path / "texts"
    below.mkdir()
    file = below / "one.vrp"
    assert best_known(file, "vrptw") is None
    (tmp_path / "tables.csv").write_text(
        "instance,when,routes,distance\none,2001,3,99.5\none,2002,2,120.25\ntwo,2003,1,7\n"
    )
    found = best_known(file, "vrptw")
    assert found is not None
    assert (found.cost, found.told) == (120.25, HIERARCHY)
    (below / "BKS.json").write_text('{"one": {"best_known_cost": 12.5}}')
    listed = best_known(below / "one.txt", "mdvrp")
    assert listed is not None
    assert (listed.cost, listed.told) == (12.5, COST)
    assert best_known(below / "two.txt", "mdvrp") is None
    (below / "one.sol").write_text("Route #1: 1 2\nCost: 4000\n")
    for family, cost in (("vrptw", 4000.0), ("mtvrptwr", 400.0), ("mdvrptw", 4.0), ("hfvrp", 4000.0)):
        stated = best_known(file, family)
        assert stated is not None
        assert (stated.cost, stated.told) == (cost, COST)


@pytest.mark.parametrize(
    ("sample", "old", "new", "told"),
    [
        (GEHRING, "2      6   8    6   20", "2      six 8    6   40", ["g1.txt:12: x is 'six'", "g1.txt:12: the due"]),
        (GEHRING, "  2          10", "  2", ["g1.txt:5: below VEHICLE must stand two numbers, how many"]),
        (GEHRING, "    1      3", "    7      3", ["g1.txt:11: this is customer 7"]),
        (GEHRING, "    3      0  -5    7", "    3      0  -5   -7", ["g1.txt:13: demand is '-7'"]),
        (VRPTW, "2 0 30", "2 50 30", ["tenths.vrp:18: the window from 50 to 30"]),
        (VRPTW, "3 1 2\n", "", ["tenths.vrp:8: NODE_COORD_SECTION has 2 rows; there must be 3"]),
        (VRPTW, "2 4\n", "5 4\n", ["tenths.vrp:14: DEMAND_SECTION has row 5 here, where 2 is due"]),
        (VRPTW, "SERVICE_TIME", "BREAK_TIME", ["tenths.vrp:6: BREAK_TIME is not read here"]),
        (VRPTW, "CAPACITY : 9\n", "", ["tenths.vrp:22: CAPACITY is missing"]),
        (VRPTW, "VEHICLES : 2", "VEHICLES : 0", ["tenths.vrp:4: there are 0 vehicles"]),
        (GEHRING, "  2          10", "  0          10", ["g1.txt:5: there are 0 vehicles"]),
        (MDVRPTW, "2 2\nDEPOT", "2 7\nDEPOT", ["depots.vrp:31: the vehicle's depot is 7"]),
        (SAME_DAY, "200\t0\t30", "200\t0", ["city.txt:11: EDGE_WEIGHT_SECTION has 2 numbers in this row"]),
        (SAME_DAY, "400\t70", "400\t-70", ["city.txt:12: EDGE_WEIGHT_SECTION is '-70'"]),
        (CORDEAU, "2 1 2 2", "6 1 2 2", ["c01.txt:1: the type is 6"]),
        (CORDEAU, "2 9 8 1.5 5 1 2 1 2", "2 9 8", ["c01.txt:5: there are 3 numbers"]),
        (CORDEAU, "4 0 20 0 0 0 0\n", "", ["c01.txt:6: 6 lines hold numbers"]),
    ],
)  # fmt: skip
def test_a_malformed_file_is_told_by_file_and_line(
    sample: Sample, old: str, new: str, told: list[str], tmp_path: Path
) -> None:
    assert old in sample.text
    with pytest.raises(Faulty) as caught:
        instance_of(replace(sample, text=sample.text.replace(old, new, 1)), tmp_path)
    found = [str(fault) for fault in caught.value.faults]
    assert len(found) == len(told)
    for fault, start in zip(found, told, strict=True):
        assert fault.startswith(f"{tmp_path}/{start}")


@pytest.mark.parametrize(
    ("file", "text", "told"),
    [
        ("one.sol", "Route #1: 1\n", "one.sol:1: there is no line with the cost"),
        ("one.sol", "Route #1: 1\nCost: cheap\n", "one.sol:2: the cost is 'cheap'"),
        ("BKS.json", '{\n"one": {}}', "BKS.json:2: one has no best_known_cost"),
        ("BKS.json", '{\n"one": \n', "BKS.json:2: this is not JSON"),
        ("all.csv", "instance,routes,distance\none,2,far\n", "all.csv:2: distance is 'far'"),
    ],
)
def test_a_best_known_cost_that_is_none_is_told_by_file_and_line(
    file: str, text: str, told: str, tmp_path: Path
) -> None:
    (tmp_path / file).write_text(text)
    with pytest.raises(Faulty) as caught:
        best_known(tmp_path / "one.txt", "mdvrp" if file == "BKS.json" else "vrptw")
    assert told in str(caught.value.faults[0])


def test_solutions_are_passed_over_and_anything_else_is_named(tmp_path: Path) -> None:
    (tmp_path / "g1.2_30.txt").write_text("Instance name : g1\nSolution\nRoute 1 : 1 2\n")
    (tmp_path / GEHRING.file).write_text(GEHRING.text)
    assert [found.path.name for found in found_in(tmp_path, [], [])] == ["g1.txt"]
    with pytest.raises(NotFound, match="there is no instance nobody"):
        list(found_in(tmp_path, [], ["nobody"]))
    with pytest.raises(NotFound, match="no instance of hfvrp"):
        list(found_in(tmp_path, ["hfvrp"], []))
    (tmp_path / "letter.txt").write_text("Dear reader\n")
    with pytest.raises(DropwrightError) as caught:
        list(found_in(tmp_path, [], []))
    assert "letter.txt" in str(caught.value)


def test_where_nothing_is_published_the_best_of_the_run_stands_in() -> None:
    unknown = replace(ROW, best=None, best_of=None, gap=None)
    rows = completed([unknown, replace(unknown, method="pyvrp", cost=1000)])
    assert [(row.best, row.best_of, row.gap) for row in rows] == [
        (100.0, OF_RUN, pytest.approx(10.0)),
        (100.0, OF_RUN, 0.0),
    ]
    assert "100.00**" in line(rows[0])
    assert any(text.startswith("**") for text in foot(rows))


def test_the_summary_gives_gaps_by_method_and_seconds_and_counts_what_was_refused() -> None:
    rows = [
        ROW,
        replace(ROW, gap=20.0),
        replace(ROW, given=60.0, gap=-0.001),
        replace(ROW, cost=None, gap=None, wrong=("R8",)),
        replace(ROW, method="vroom", given=None, cost=None, gap=None, wrong=("cannot",), able=False),
    ]
    assert list(summary(rows)) == [
        "vrptw, joint, 10 s: mean gap 15.00 %, worst 20.00 % over 2 results, 1 refused and not counted",
        "vrptw, joint, 60 s: mean gap 0.00 %, worst 0.00 % over 1 result",
    ]


def test_one_command_prints_everybodys_gap(tmp_path: Path) -> None:
    for sample in (HETEROGENEOUS, MULTI_TRIP):
        (tmp_path / sample.file).write_text(sample.text)
    (tmp_path / "mixed.sol").write_text("Cost: 34\n")
    command = [sys.executable, "-m", "bench.published", tmp_path, "--seconds", "0.5", "--json", tmp_path / "rows.json"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    rows = json.loads((tmp_path / "rows.json").read_text())
    assert [(row["instance"], row["method"]) for row in rows] == [
        (name, method) for name in ("trips", "mixed") for method in ("joint", "pyvrp", "vroom")
    ]
    assert not rows[2]["able"]
    # Everything in one large vehicle: 2.00 + 1.20 × 30 is dearer than the two of the sample, 35.20.
    assert {row["cost"] for row in rows[3:]} == {HETEROGENEOUS.cost}
    assert rows[3]["gap"] == pytest.approx(100 * (35.2 / 34 - 1))
    assert "hfvrp, pyvrp, 0.5 s: mean gap 3.53 %" in ran.stdout
    assert "PyVRP searches with one thread" in ran.stdout


def test_a_faulty_file_ends_the_command_with_its_line(tmp_path: Path) -> None:
    (tmp_path / CORDEAU.file).write_text(CORDEAU.text.replace("32 9", "32 nine"))
    command = [sys.executable, "-m", "bench.published", tmp_path, "--seconds", "0.5"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 2
    assert "c01.txt:2: a limit is 'nine'" in ran.stderr
    assert "Traceback" not in ran.stderr
