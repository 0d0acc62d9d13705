"""``explain``: one order of a plan, in words and as JSON."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from router import codec
from router.model import Drop, Hub
from router.plan import Plan
from tests.cli.command import CENTRE, INVALID, UNUSABLE, run, succeed
from tests.drops import base_drop, base_plan


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The drop on the meridian and its plan: o2 is late, o4 is not served."""
    return put(tmp_path, base_drop(), base_plan())


def put(folder: Path, drop: Drop, plan: Plan) -> Path:
    (folder / "drop.json").write_bytes(codec.write(drop))
    (folder / "plan.json").write_bytes(codec.write(plan))
    return folder


def test_an_order_in_time_is_told_in_local_times_with_what_it_costs(folder: Path) -> None:
    told = succeed(folder, "explain", "drop.json", "plan.json", "o3").splitlines()
    assert told[0] == "o3 (standard): served in time"
    by_post = "post-kallio-20 of post, leaves 20:00, arrives Sat 21 Nov 10:00"
    assert told[1] == f"  p4: 1 x TEA-1 from kallio, wave w1 ready 18:45, {by_post}"
    assert "  without it the plan would cost 6.55 EUR less (handling 0.65, carriers 5.90)" in told
    assert " ".join(told[-1].split()) == "pasila no-stock 1 x TEA-1 ordered, 0 ever held –"


def test_an_order_left_over_is_told_with_its_cheapest_cure(folder: Path) -> None:
    told = succeed(folder, "explain", "drop.json", "plan.json", "o4")
    assert "o4 (express): not served\n  no-stock, no hub holds LAMP-1\n" in told
    assert "leaving it costs 25.00 EUR" in told
    assert "served with 5 more of LAMP-1 at kallio: the plan would cost 62.16 EUR, 4.95 EUR less than now" in told
    assert "proved by planning with it" in told


def test_a_late_order_is_told_by_how_much_and_what_would_have_it_in_time(folder: Path) -> None:
    told = succeed(folder, "explain", "drop.json", "plan.json", "o2")
    assert "promised to leave by 19:10 (6 min late), to arrive by 19:10 (11 min late)" in told
    assert "\nin time with one more courier like bike-2 at kallio, from 18:51 to 19:20 (30 min)" in told


def test_the_records_can_be_had_for_machines(folder: Path) -> None:
    told = json.loads(succeed(folder, "explain", "drop.json", "plan.json", "o4", "--json"))
    assert (told["order"], told["sought"], told["as_it_is"], told["begun"]) == ("o4", "served", None, False)
    assert told["decision"]["unserved"]["reason"] == "no-stock"
    assert [(each["hub"], each["binding"]) for each in told["hubs"]] == [("kallio", "no-stock"), ("pasila", "no-stock")]
    assert told["hubs"][0]["shortages"] == [{"sku": "LAMP-1", "ordered": 5, "left": 0, "held": 0}]
    assert told["cure"]["change"] == {"kind": "stock", "size": 5, "hub": "kallio", "sku": "LAMP-1"}
    assert told["cure"]["parcels"][0]["shipped_at"] == "2026-11-20T18:00:00Z"


def test_an_unknown_order_is_an_error_with_near_names(folder: Path) -> None:
    done = run(folder, "explain", "drop.json", "plan.json", "o44")
    assert done.returncode == UNUSABLE
    assert done.stdout == ""
    assert done.stderr.startswith("dropwright: the drop has no order 'o44'; did you mean 'o4'")


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_a_plan_that_does_not_fit_is_told_as_check_tells_it(folder: Path, options: tuple[str, ...]) -> None:
    plan = base_plan()
    put(folder, base_drop(), replace(plan, cost=replace(plan.cost, total=1)))
    explained = run(folder, "explain", "drop.json", "plan.json", "o1", *options)
    checked = run(folder, "check", "drop.json", "plan.json", *options)
    assert explained.returncode == checked.returncode == INVALID
    assert explained.stdout == checked.stdout
    assert "/cost/total" in explained.stdout


def test_ids_that_could_steer_a_terminal_are_written_out(folder: Path) -> None:
    def renamed(hub: Hub) -> Hub:
        return replace(hub, id="\x1b[31m") if hub.id == "pasila" else hub

    drop, plan = base_drop(), base_plan()
    text = codec.write(replace(drop, hubs=tuple(map(renamed, drop.hubs)))).decode().replace('"pasila"', '"\\u001b[31m"')
    (folder / "drop.json").write_text(text, encoding="utf-8")
    spelt = codec.write(plan).decode().replace('"pasila"', '"\\u001b[31m"')
    (folder / "plan.json").write_text(spelt, encoding="utf-8")
    for order in ("o1", "o2", "o3", "o4"):
        told = succeed(folder, "explain", "drop.json", "plan.json", order)
        assert "\x1b" not in told
        assert "\\u001b[31m" in told


def test_a_plan_of_a_road_drop_is_explained_by_the_matrix_drop(folder: Path) -> None:
    done = run(folder, "explain", CENTRE, "plan.json", "o1")
    assert done.returncode == UNUSABLE
    assert "check against the matrix drop" in done.stderr
