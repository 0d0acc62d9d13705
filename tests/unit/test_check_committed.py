"""R12 and the tests against plan_at: what has begun stands, and everything else begins later."""

from __future__ import annotations

from dataclasses import replace

import pytest

from router import codec
from router.check import findings
from router.model import ParcelLine
from tests.changes import with_first_wave, with_parcel, with_row, with_trip
from tests.drops import base_plan, clock, replan_drop

P1, P3, P4, T1 = "/parcels/0", "/parcels/2", "/parcels/3", "/trips/0"


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("p1", {"ready_at": clock("18:44")}),
        ("p1", {"shipped_at": clock("18:48")}),
        ("p1", {"trip": None}),
        ("p1", {"lines": (ParcelLine(sku="MUG-1", quantity=3),)}),
        ("p4", {"collection": None, "trip": "t2"}),
        ("p4", {"wave": "w2"}),
        ("p3", {"hub": "kallio"}),
        ("p3", {"lines": (ParcelLine(sku="JAM-1", quantity=1),)}),
        ("p3", {"ready_at": clock("19:01")}),
        ("p3", {"order": "o3"}),
    ],
)
def test_a_committed_parcel_must_stand_as_it_was(name, changes):
    found = findings(replan_drop(), with_parcel(base_plan(), name, **changes))
    place = {"p1": P1, "p3": P3, "p4": P4}[name]
    assert [each.where for each in found if each.rule == "R12"] == [place]


@pytest.mark.parametrize(
    "changes",
    [
        {"courier": "bike-2"},
        {"load_at": clock("18:44:59")},
        {"return_to": "kallio"},
        {"metres": 5561},
        {"stops": base_plan().trips[0].stops[:1]},
    ],
)
def test_a_committed_trip_must_stand_as_it_was(changes):
    found = findings(replan_drop(), with_trip(base_plan(), "t1", **changes))
    assert [each.where for each in found if each.rule == "R12"] == [T1]


@pytest.mark.parametrize("changes", [{"trip": None, "collection": "post-kallio-20"}, {"trip": "t1"}])
def test_a_picked_parcel_may_travel_as_the_new_plan_likes(changes):
    changes |= {"shipped_at": clock("20:00"), "delivered_at": clock("22:00")}
    found = findings(replan_drop(), with_parcel(base_plan(), "p3", **changes))
    assert "R12" not in {each.rule for each in found}


def test_committed_records_are_compared_as_instants():
    """Written in UTC and read back, every time has another offset than in the drop."""
    plan = codec.read_plan(codec.write(base_plan()))
    assert plan.parcels[0].ready_at.utcoffset() != base_plan().parcels[0].ready_at.utcoffset()
    assert findings(replan_drop(), plan) == ()


def test_what_is_not_committed_may_not_begin_before_plan_at():
    drop = replan_drop()
    kept = replace(drop.committed, parcels=drop.committed.parcels[:3], trips=())
    found = findings(replace(drop, committed=kept), base_plan())
    assert [(each.rule, each.where) for each in found] == [("R3", f"{P4}/wave"), ("R5", f"{T1}/load_at")]


def test_a_committed_parcel_still_counts_and_still_waits_for_clearance():
    drop = replan_drop()
    full = with_first_wave(with_row(drop, "orders", 2, cleared_at=clock("18:15:01")), 0, lines=2)
    found = findings(with_row(full, "stock", 0, quantity=1), base_plan())
    assert [each.rule for each in found] == ["R2", "R3", "R3"]
