"""Pick lists of the plan in tests/drops.py, read back as a spreadsheet would read them."""

from __future__ import annotations

import csv
import io
import json
import random
import re
from dataclasses import replace
from datetime import datetime

import pytest

from api.documents import pick_list, pick_list_csv, pick_list_json, shelves
from api.documents.picking import PickList, pick_lists
from router.model import Bundle, Component, Drop, Hub, Parcel, ParcelLine, Wave
from router.plan import Plan
from tests.drops import base_drop, base_plan, clock, replan_drop


def rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


def renamed(hubs: dict[str, str]) -> tuple[Drop, Plan]:
    """The same drop and plan, the hubs called otherwise."""
    drop, plan = base_drop(), base_plan()
    known = tuple(replace(hub, id=hubs[hub.id]) for hub in drop.hubs)
    parcels = tuple(replace(parcel, hub=hubs[parcel.hub]) for parcel in plan.parcels)
    return replace(drop, hubs=known), replace(plan, parcels=parcels)


def test_there_is_one_list_for_each_hub_and_wave_that_picks() -> None:
    assert set(pick_list.render(base_drop(), base_plan())) == {"kallio-w1.csv", "pasila-w1.csv"}


def test_a_list_says_what_to_take_for_whom_and_when_it_leaves_in_local_time() -> None:
    (row,) = rows(pick_list.render(base_drop(), base_plan())["pasila-w1.csv"])
    assert re.fullmatch("[A-Z2-7]{16}", row.pop("line"))
    assert row == {
        "hub": "pasila",
        "wave": "w1",
        "start": "2026-11-20 18:30:00",
        "end": "2026-11-20 19:00:00",
        "bin": "",
        "sku": "JAM-1",
        "title": "",
        "quantity": "2",
        "contingency": "0",
        "from_bundle": "",
        "seller": "berry",
        "parcel": "p3",
        "order": "o2",
        "leaves_with": "bike-1",
        "leaves_at": "2026-11-20 19:16:00",
    }


def test_a_picker_meets_each_article_once_and_what_leaves_first_comes_first() -> None:
    listed = rows(pick_list.render(base_drop(), base_plan())["kallio-w1.csv"])
    assert [(row["sku"], row["parcel"], row["leaves_with"]) for row in listed] == [
        ("MUG-1", "p1", "bike-1"),
        ("TEA-1", "p2", "bike-1"),
        ("TEA-1", "p4", "post (post-kallio-20)"),
    ]


def test_bundles_are_taken_apart_and_marked_with_their_units() -> None:
    (mugs,) = (
        row for row in rows(pick_list.render(base_drop(), base_plan())["kallio-w1.csv"]) if row["sku"] == "MUG-1"
    )
    assert (mugs["quantity"], mugs["contingency"], mugs["from_bundle"]) == ("3", "1", "2 in GIFT-1")


def test_units_of_bundles_are_marked_once_where_an_order_is_split() -> None:
    drop, plan = base_drop(), base_plan()
    bundles = (*drop.bundles, Bundle(sku="SET-1", components=(Component(sku="MUG-1", quantity=1),)))
    lines = (
        Component(sku="MUG-1", quantity=1),
        Component(sku="GIFT-1", quantity=1),
        Component(sku="SET-1", quantity=1),
    )
    orders = tuple(replace(order, lines=lines) if order.id == "o1" else order for order in drop.orders)
    first = replace(plan.parcels[0], lines=(ParcelLine(sku="MUG-1", quantity=1),))
    rest = replace(plan.parcels[0], id="p9", hub="pasila", lines=(ParcelLine(sku="MUG-1", quantity=3),))
    lists = pick_list.render(replace(drop, bundles=bundles, orders=orders), replace(plan, parcels=(first, rest)))
    marks = {row["parcel"]: row["from_bundle"] for content in lists.values() for row in rows(content)}
    assert marks == {"p1": "1 in GIFT-1", "p9": "1 in GIFT-1, 1 in SET-1"}


def test_what_was_picked_under_an_earlier_plan_is_not_picked_again() -> None:
    assert pick_list.render(replan_drop(), base_plan()) == {}
    new = replace(base_plan().parcels[0], id="p9")
    plan = replace(base_plan(), parcels=(*base_plan().parcels, new))
    (content,) = pick_list.render(replan_drop(), plan).values()
    assert [row["parcel"] for row in rows(content)] == ["p9"]


def test_local_times_follow_the_clock_change() -> None:
    drop, plan = replace(base_drop(), timezone="America/New_York"), base_plan()
    (row,) = rows(pick_list.render(drop, plan)["pasila-w1.csv"])
    assert row["leaves_at"] == "2026-11-20 12:16:00"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"])
def test_no_name_or_title_or_bin_becomes_a_formula(start: str) -> None:
    bad = f"{start}cmd|' /C calc'!A0"
    drop, plan = renamed({"kallio": bad, "pasila": "pasila"})
    lists = pick_lists(drop, plan, edition="1", bins={(bad, "TEA-1"): bad}, titles={"JAM-1": bad})
    read = [row for each in lists for row in rows(pick_list_csv.render(each))]
    assert {row["title"] for row in read} == {"", f"'{bad}"}
    assert {row["bin"] for row in read} == {"", f"'{bad}"}
    assert {row["hub"] for row in read} == {"pasila", f"'{bad}"}


def test_file_names_never_leave_the_folder_and_never_collide() -> None:
    names = set[str]()
    hubs = [
        "../../etc/x",
        "..",
        "a/b",
        "a\\b",
        "a-b",
        "A-B",
        ".hidden",
        "C:",
        "x" * 200,
        "x" * 199 + "y",
        "ä",
        "\0",
    ]
    drop, plan = base_drop(), base_plan()
    wave = Wave(id="w", start=clock("18:15"), end=clock("18:45"), lines=9)
    deep = tuple(
        Hub(id=name, partner="p", location=drop.hubs[0].location, waves=(wave, replace(wave, id="b-w")))
        for name in [*hubs, "a"]
    )
    one: Parcel = replace(plan.parcels[0], wave="w")
    parcels = [replace(one, id=f"{hub.id}{each.id}", hub=hub.id, wave=each.id) for hub in deep for each in hub.waves]
    names = set(pick_list.render(replace(drop, hubs=deep), replace(plan, parcels=tuple(parcels))))
    assert len({name.casefold() for name in names}) == len(parcels)
    for name in names:
        assert name.endswith(".csv")
        assert not name.startswith(".")
        assert not set(name) & set('/\\:*?"<>|\0')
        assert len(name.encode()) <= 255
    assert "a-w.csv" in names


def test_a_file_is_known_for_a_pick_list_by_its_heading() -> None:
    (content, *_) = pick_list.render(base_drop(), base_plan()).values()
    assert pick_list_csv.is_pick_list(content)
    assert not pick_list_csv.is_pick_list(b"hub,wave\r\nkallio,w1\r\n")


def listed(bins: dict[tuple[str, str], str], edition: str = "1") -> PickList:
    """The list of kallio's first wave."""
    first, _ = pick_lists(base_drop(), base_plan(), edition=edition, bins=bins)
    return first


def test_a_picker_walks_the_bins_in_order_and_ends_where_no_bin_is_known() -> None:
    assert [line.sku for line in listed({}).lines] == ["MUG-1", "TEA-1", "TEA-1"]
    assert [line.sku for line in listed({("kallio", "TEA-1"): "Z-9-9"}).lines] == ["TEA-1", "TEA-1", "MUG-1"]
    walked = listed({("kallio", "TEA-1"): "A-2-9", ("kallio", "MUG-1"): "A-2-10", ("pasila", "MUG-1"): "A-1-1"})
    assert [(line.bin, line.parcel) for line in walked.lines] == [("A-2-9", "p2"), ("A-2-9", "p4"), ("A-2-10", "p1")]


def test_bins_are_sorted_zone_by_zone_with_numbers_by_value() -> None:
    walked = ["A", "A-1-2", "A-2-9", "A-2-10", "a-02-11", "A-10-1", "A1-1", "A2-1", "A10-1", "AA-1-1", "B-1-1"]
    walked += ["B-" + "9" * 5000, "B-1" + "0" * 5000]
    shuffled = random.Random(7).sample(walked, len(walked))
    assert sorted(shuffled, key=shelves.walk) == walked


@pytest.mark.parametrize("name", ["", "-", "--", "١-٢", "²", "A-²-1", "-1", "A--1", "\0"])
def test_any_text_can_be_a_bin(name: str) -> None:
    assert sorted([name, "A-1-1", name], key=shelves.walk).count(name) == 2


def test_no_two_lines_share_an_id_and_the_same_plan_gives_the_same_ids() -> None:
    def ids(edition: str) -> list[str]:
        lists = pick_lists(base_drop(), base_plan(), edition=edition)
        return [line.id for each in lists for line in each.lines]

    assert ids("1") == ids("1")
    assert len({*ids("1"), *ids("2")}) == 8
    moved = listed({("kallio", "TEA-1"): "A-1-1"})
    assert {line.id for line in moved.lines} == {line.id for line in listed({}).lines}


def test_the_json_says_the_same_as_the_record_in_utc() -> None:
    told = json.loads(pick_list_json.render(listed({("kallio", "MUG-1"): "A-2-10"})))
    assert {name: told[name] for name in ("drop", "hub", "partner", "wave", "start_at", "end_at", "plan_version")} == {
        "drop": "meridian",
        "hub": "kallio",
        "partner": "northdock",
        "wave": "w1",
        "start_at": "2026-11-20T16:15:00Z",
        "end_at": "2026-11-20T16:45:00Z",
        "plan_version": None,
    }
    mugs, _, post = told["lines"]
    assert {name: mugs[name] for name in ("bin", "sku", "quantity", "contingency", "bundles", "courier")} == {
        "bin": "A-2-10",
        "sku": "MUG-1",
        "quantity": 3,
        "contingency": 1,
        "bundles": [{"bundle": "GIFT-1", "quantity": 2}],
        "courier": "bike-1",
    }
    assert (post["courier"], post["carrier"], post["collection"]) == (None, "post", "post-kallio-20")
    assert post["leaves_at"] == "2026-11-20T18:00:00Z"


def test_a_list_holds_nothing_of_the_buyer() -> None:
    drop = base_drop()
    for each in pick_lists(drop, base_plan(), edition="1"):
        for content in (pick_list_csv.render(each), pick_list_json.render(each)):
            assert not re.search(rb"lat|lon|location|recipient|phone|address|60\.", content)


def test_what_leaves_first_comes_first_though_the_clock_goes_back_meanwhile() -> None:
    drop = replace(base_drop(), timezone="America/New_York")
    plan = base_plan()
    early, late = (datetime.fromisoformat(f"2026-11-01T0{hour}:30:00+00:00") for hour in (5, 6))
    (post,) = drop.carriers  # both leave at 01:30 in New York, the trip with p2 an hour after the post with p4
    collected = replace(post, collections=(replace(post.collections[0], at=early),))
    trips = (replace(plan.trips[0], depart_at=late), plan.trips[1])
    first, _ = pick_lists(replace(drop, carriers=(collected,)), replace(plan, trips=trips), edition="1")
    assert [line.parcel for line in first.lines] == ["p1", "p4", "p2"]
