"""Pick lists of the plan in tests/drops.py, read back as a spreadsheet would read them."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest

from api.documents import pick_list, sheet
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
    assert row == {
        "hub": "pasila",
        "wave": "w1",
        "start": "2026-11-20 18:30:00",
        "end": "2026-11-20 19:00:00",
        "sku": "JAM-1",
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
def test_no_text_becomes_a_formula(start: str) -> None:
    drop, plan = renamed({"kallio": f"{start}cmd|' /C calc'!A0", "pasila": "pasila"})
    for content in pick_list.render(drop, plan).values():
        for row in rows(content):
            assert not any(cell.startswith(tuple("=+-@\t\r＝＋－＠")) for cell in row.values())


def test_numbers_stay_numbers_and_odd_text_survives() -> None:
    odd = ('say "hi", twice', "two\nlines", "naïve 茶", 'a,"b"')
    content = sheet.render(("text", "number"), [(text, -3) for text in odd])
    assert content.count(b"\r\n") == 5
    read = rows(content)
    assert [row["text"] for row in read] == list(odd)
    assert {row["number"] for row in read} == {"-3"}


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
    assert pick_list.is_pick_list(content)
    assert not pick_list.is_pick_list(b"hub,wave\r\nkallio,w1\r\n")
