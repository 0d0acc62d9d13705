"""Writing, hashes and the JSON Schemas; what reading refuses is in test_faults.py."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from router import codec
from router.errors import Faulty
from router.generate import make_drop
from router.model import BY_TIER, Drop, Location, Parcel, ParcelLine, Stop, Trip
from router.plan import Cost, Plan
from tests.drops import MATRIX, base_drop, base_plan, clock, replan_drop
from tests.faulty import CASES, PLAN, document

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = sorted((ROOT / "fixtures").glob("*/drop.json")) + sorted((ROOT / "fixtures").glob("*/plan.json"))
FORM = {"bad-length", "bad-value", "empty-list", "out-of-range", "wrong-type"}
"""Codes of faults that a JSON Schema shows too."""


def kind_of(tree: dict[str, Any]) -> type[Drop] | type[Plan]:
    return {"dropwright.drop/1": Drop, "dropwright.plan/1": Plan}[tree["format"]]


def read(kind: type[Drop] | type[Plan], data: bytes) -> Drop | Plan:
    return codec.read_drop(data) if kind is Drop else codec.read_plan(data)


# --- writing


@pytest.mark.parametrize("record", [base_drop(), base_drop("matrix"), replan_drop(), base_plan(), base_plan("matrix")])
def test_a_record_is_read_back_equal(record: Drop | Plan) -> None:
    assert read(type(record), codec.write(record)) == record


def test_every_record_of_a_list_has_a_line_of_its_own() -> None:
    text = codec.write(base_plan()).decode()
    tree = codec.plain(base_plan())
    for name in ("parcels", "trips", "unserved"):
        rows = ",\n".join(f"    {json.dumps(row)}" for row in tree[name])
        assert f'\n  "{name}": [\n{rows}\n  ]' in text
    assert text.splitlines()[1] == '  "format": "dropwright.plan/1",'
    assert text.endswith("}\n")


def test_what_has_its_default_is_not_written_and_a_way_out_always_is() -> None:
    tree = codec.plain(base_drop())
    assert "committed" not in tree
    assert list(tree["orders"][3]) == ["id", "placed_at", "tier", "location", "lines"]
    assert list(tree["couriers"][1]) == ["id", "partner", "profile", "home", "shift"]
    assert tree["stock"][3] == {"hub": "pasila", "sku": "TEA-1", "quantity": 0}
    parcel = codec.plain(base_plan())["parcels"][3]
    assert (parcel["trip"], parcel["collection"]) == (None, "post-kallio-20")
    assert parcel["lines"] == [{"sku": "TEA-1", "quantity": 1, "contingency": 0}]


def test_no_promise_is_written_as_null_and_the_promise_of_the_tier_is_left_out() -> None:
    order = replace(base_drop().orders[0], ship_by=None, deliver_by=BY_TIER)
    tree = codec.plain(order)
    assert tree["ship_by"] is None
    assert "deliver_by" not in tree
    again = codec.read_drop(codec.write(replace(base_drop(), orders=(order,)))).orders[0]
    assert (again.ship_by, again.deliver_by) == (None, BY_TIER)


@pytest.mark.parametrize(
    ("at", "spelt"),
    [
        (clock("18:15"), "2026-11-20T16:15:00Z"),
        (datetime(1, 1, 1, tzinfo=UTC), "0001-01-01T00:00:00Z"),
        (datetime(999, 12, 31, 23, 59, 59, tzinfo=UTC), "0999-12-31T23:59:59Z"),
        (datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC), "9999-12-31T23:59:59Z"),
        (datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=-12))), "2026-01-01T12:00:00Z"),
    ],
)
def test_a_time_is_written_in_utc_with_four_digits_of_year(at: datetime, spelt: str) -> None:
    assert codec.plain(at) == spelt


# --- one spelling, one hash


def test_the_hash_of_a_drop_is_for_ever() -> None:
    """Stored plans name their drop by it: whoever changes the canonical form breaks them."""
    assert codec.sha256(base_drop()) == "4da97b44e30b88f678cd4bacc9602554aa2382c4f5dc42297e05769c2be37120"
    assert codec.sha256(base_drop("matrix")) == "dc047aaa55aa5a69ebb688cc79e933d348c4ec0a306edbb354aa2316259cc2bc"


def test_the_canonical_form_is_sorted_and_tight() -> None:
    tree = json.loads(codec.canonical(base_drop()))
    assert (
        codec.canonical(base_drop())
        == json.dumps(tree, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    )


def test_equal_numbers_have_one_spelling() -> None:
    for one, other in [(60, 60.0), (-0.0, 0.0), (0, -0.0)]:
        assert Location(lat=one, lon=one) == Location(lat=other, lon=other)
        assert codec.canonical(Location(lat=one, lon=one)) == codec.canonical(Location(lat=other, lon=other))


def test_what_cannot_be_spelt_is_not_written() -> None:
    with pytest.raises(TypeError):
        codec.write(replace(base_drop(), id={"a", "set"}))


# --- JSON Schema


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: "/".join(path.parts[-2:]))
def test_a_fixture_keeps_to_its_schema_and_is_read(path: Path) -> None:
    tree = json.loads(path.read_bytes())
    kind = kind_of(tree)
    jsonschema.Draft202012Validator(codec.schema(kind)).validate(tree)
    assert isinstance(read(kind, path.read_bytes()), kind)


@pytest.mark.parametrize(("name", "kind"), [("drop", Drop), ("plan", Plan)])
def test_the_schema_in_the_documentation_is_the_one_that_the_command_prints(
    name: str, kind: type[Drop] | type[Plan]
) -> None:
    kept = (ROOT / "docs" / "schemas" / f"{name}.json").read_text(encoding="utf-8")
    assert json.loads(kept) == codec.schema(kind)
    command = [sys.executable, "-c", "import api.cli; api.cli.main()", "schema", name]
    assert subprocess.run(command, check=True, capture_output=True, text=True).stdout == kept
    jsonschema.Draft202012Validator.check_schema(json.loads(kept))


@pytest.mark.parametrize("kind", [Drop, Plan])
def test_the_schema_says_what_it_means_to_a_reader_of_json(kind: type[Drop] | type[Plan]) -> None:
    spelt = json.dumps(codec.schema(kind))
    for word in ("None", "BY_TIER", "``", "9999-12-31", "router.check"):
        assert word not in spelt.replace("`router.check`", "")


@pytest.mark.parametrize(("kind", "edits", "expected"), CASES)
def test_the_schema_refuses_a_document_of_the_wrong_form_and_allows_the_others(
    kind: str, edits: list[tuple[str, Any]], expected: set[tuple[str, str]]
) -> None:
    """Not that 1.0 is an integer to a schema, and that a time is any string."""
    schema = jsonschema.Draft202012Validator(codec.schema(Plan if kind == PLAN else Drop))
    codes = {code for _, code in expected}
    if codes & FORM:
        assert not schema.is_valid(document(kind, *edits))
    elif codes <= {"duplicate-id", "duplicate-step", "naive-time", "nested-bundle", "not-ascending", "unknown-hub"}:
        assert schema.is_valid(document(kind, *edits))


def test_a_profile_is_held_to_the_schema_as_well() -> None:
    schema = jsonschema.Draft202012Validator(codec.schema(Drop))
    tree = codec.plain(base_drop())
    tree["travel"]["profiles"]["bike"]["detour"] = "far"
    assert [list(error.absolute_path) for error in schema.iter_errors(tree)] == [
        ["travel", "profiles", "bike", "detour"]
    ]


def test_a_schema_is_not_changed_by_whoever_got_it() -> None:
    codec.schema(Drop).clear()
    assert codec.schema(Drop)["title"] == "dropwright.drop/1"


# --- speed: the deadline of a plan pays for all of this. Measured: a quarter of each limit on an idle core.


def cpu_s(call: Callable[[], object], times: int = 3) -> float:
    """Processor seconds of the fastest of a few calls."""
    taken = []
    for _ in range(times):
        began = time.process_time()
        call()
        taken.append(time.process_time() - began)
    return min(taken)


@pytest.fixture(scope="module")
def large() -> Drop:
    return make_drop(orders=10_000, hubs=20, seed=1)


def test_ten_thousand_orders_are_read_written_and_hashed_in_a_second_each(large: Drop) -> None:
    data = codec.write(large)
    assert len(data) > 2_500_000
    assert cpu_s(lambda: codec.read_drop(data)) < 1
    assert cpu_s(lambda: codec.write(large)) < 1
    assert cpu_s(lambda: codec.sha256(large)) < 1


def test_a_plan_of_ten_thousand_parcels_is_written_in_a_second(large: Drop) -> None:
    """One stop and parcel an order, ten stops a trip: more than plans have that use carriers."""
    parcels = tuple(
        Parcel(
            id=f"p{index}",
            order=order.id,
            hub="hub-1",
            wave="w1",
            lines=tuple(ParcelLine(sku=line.sku, quantity=line.quantity) for line in order.lines),
            trip=f"t{index // 10}",
            ready_at=clock("19:00"),
            shipped_at=clock("19:10"),
            delivered_at=clock("19:30"),
        )
        for index, order in enumerate(large.orders)
    )
    stops = [
        Stop(
            order=parcel.order,
            parcels=(parcel.id,),
            arrive_at=clock("19:30"),
            start_at=clock("19:30"),
            leave_at=clock("19:32"),
        )
        for parcel in parcels
    ]
    trips = tuple(
        Trip(
            id=f"t{index // 10}",
            courier="bike-1",
            hub="hub-1",
            load_at=clock("19:00"),
            depart_at=clock("19:10"),
            stops=tuple(stops[index : index + 10]),
            return_to="hub-1",
            return_at=clock("20:30"),
            metres=12_345,
        )
        for index in range(0, len(stops), 10)
    )
    cost = Cost(**dict.fromkeys((part.name for part in fields(Cost)), 0))
    plan = Plan(
        format="dropwright.plan/1",
        drop=large.id,
        cost=cost,
        lower_bound=None,
        parcels=parcels,
        trips=trips,
        unserved=(),
    )
    assert cpu_s(lambda: codec.write(plan)) < 1
    data = codec.write(plan)
    assert cpu_s(lambda: codec.read_plan(data)) < 2
    assert codec.read_plan(data) == plan


def test_a_matrix_of_a_thousand_places_is_read_in_a_few_seconds() -> None:
    size = 1000
    matrix = tuple(tuple(range(row, row + size)) for row in range(size))
    profile = replace(MATRIX.profiles["bike"], metres=matrix, seconds=matrix)
    drop = replace(base_drop("matrix"), travel=replace(MATRIX, places=size, profiles={"bike": profile}))
    data = codec.write(drop)
    assert cpu_s(lambda: codec.read_drop(data), times=2) < 3
    assert codec.read_drop(data) == drop


def test_a_plan_is_refused_for_its_own_faults_and_not_for_those_of_a_drop() -> None:
    with pytest.raises(Faulty, match="the plan has 1 fault") as caught:
        codec.read_plan(codec.write(base_plan()).replace(b'"lower_bound": 6000', b'"lower_bound": 0.5'))
    assert caught.value.context["faults"] == 1
    assert str(caught.value.faults[0]).startswith("/lower_bound: must be an integer")
