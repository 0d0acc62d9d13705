"""Planning again after a release: what has begun stays, the rest is withdrawn, and no unit is taken twice."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from api.principal import Role
from router import codec
from router.check import findings
from router.model import Drop
from router.plan import Plan
from tests.market import orders_of
from tests.web.service import Service
from tests.web.test_plans import DROP, PATH, PLANS, happened, made
from tests.web.test_plans import selling as selling

REOPEN = f"{PATH}/reopen"
Cell = tuple[str, str]


def shelves(service: Service) -> dict[Cell, dict[str, Any]]:
    """What every hub has of every SKU."""
    return {(each["hub"], each["sku"]): each for each in service.get("/v1/stock?limit=200").json()["items"]}


def documents(service: Service, version: int) -> tuple[Drop, Plan]:
    drop = codec.read_drop(service.get(f"{PLANS}/{version}/drop.json").content)
    return drop, codec.read_plan(service.get(f"{PLANS}/{version}/plan.json").content)


def tell(service: Service, kind: str, subject: str, **data: Any) -> None:
    told = {"specversion": "1.0", "id": f"{kind} {subject} {data}", "source": "test", "type": kind}
    told |= {"time": "2026-11-20T18:40:00+02:00", "subject": subject, "data": data}
    answer = service.post("/v1/events", json=told)
    assert answer.status_code == 200, answer.text


def lists(service: Service) -> dict[Cell, str]:
    """Hub and wave of the pick lists that hold, with their ids."""
    return {(each["hub"], each["wave"]): each["id"] for each in service.get("/v1/pick-lists").json()["items"]}


@pytest.fixture
def released(selling: Service) -> Service:
    """Version 1 of the plan is released."""
    made(selling, seconds=2)
    assert selling.post(f"{PLANS}/1/release").status_code == 200
    return selling


def test_what_has_begun_stays_and_the_rest_is_withdrawn_and_told(released: Service) -> None:
    _, plan = documents(released, 1)
    before = lists(released)
    assert set(before) == {("kallio", "w1"), ("pasila", "w1")}
    tell(released, "pick.started", "parcel/p1", order=plan.parcels[0].order, hub="kallio")
    opened = released.post(REOPEN)
    assert (opened.status_code, opened.json()["state"], opened.json()["closed_at"]) == (200, "open", None)
    assert lists(released) == {("kallio", "w1"): before["kallio", "w1"]}
    gone = before["pasila", "w1"]
    assert released.get(f"/v1/pick-lists/{gone}").json()["superseded_at"] is not None
    for ending in ("csv", "json"):
        answer = released.get(f"/v1/pick-lists/{gone}.{ending}")
        assert (answer.status_code, answer.json()["type"]) == (410, "/problems/withdrawn")
    assert released.get("/v1/trips").json()["items"] == []
    assert [(each.partner, each.subject) for each in happened(released, "pick-list.withdrawn")] == [
        ("southdock", f"pick-list/{gone}")
    ]
    assert {each.partner for each in happened(released, "trip.withdrawn")} == {"pedal"}
    jam = shelves(released)["pasila", "JAM-1"]
    assert (jam["on_hand"], jam["reserved"]) == (2, 2)
    moved = released.get("/v1/stock/movements?reason=withdrawn").json()["items"]
    assert [(each["sku"], each["change"], each["reference"]) for each in moved] == [("JAM-1", 2, f"drop/{DROP.id}")]
    assert released.post(REOPEN).json()["state"] == "open"
    assert len(happened(released, "drop.reopened")) == 1


@pytest.mark.parametrize("telling", ["the list", "the order", "another name for the parcel"])
def test_a_list_begins_with_the_first_event_about_it(released: Service, telling: str) -> None:
    _, plan = documents(released, 1)
    first = plan.parcels[0]
    if telling == "the list":
        tell(released, "pick.started", f"pick-list/{lists(released)[first.hub, first.wave]}", hub=first.hub)
    elif telling == "the order":
        tell(released, "pick.started", f"order/{first.order}", hub=first.hub)
    else:
        tell(released, "parcel.packed", "parcel/1Z0001", order=first.order, hub=first.hub)
    released.post(REOPEN)
    assert set(lists(released)) == {(first.hub, first.wave)}


def test_events_from_before_the_release_begin_nothing(selling: Service) -> None:
    tell(selling, "pick.started", "order/o2", hub="kallio")
    made(selling)
    selling.post(f"{PLANS}/1/release")
    selling.post(REOPEN)
    assert lists(selling) == {}
    assert all(each["on_hand"] >= each["reserved"] for each in shelves(selling).values())
    assert {each["stock"] for each in selling.get(f"{PATH}/orders").json()["items"]} == {"reserved", "short"}


def test_the_next_plan_keeps_what_has_begun_and_takes_no_unit_twice(released: Service) -> None:
    at_first = {(row.hub, row.sku): row.quantity for row in DROP.stock}
    before = lists(released)
    tell(released, "parcel.handed_over", "parcel/p1", courier="bike-1")
    released.post(REOPEN)
    kept_trip = released.get("/v1/trips").json()["items"]
    assert [each["trip"] for each in kept_trip] == ["t1"]
    late = orders_of(DROP)[2] | {"id": "late", "lines": [{"sku": "MUG-1", "quantity": 1}]}
    assert released.post(f"{PATH}/orders", json=late).status_code == 201
    released.post(f"{PATH}/close")
    made(released, seconds=1)
    drop, plan = documents(released, 2)
    _, first = documents(released, 1)
    assert findings(drop, plan) == ()
    assert drop.committed.trips == tuple(each for each in first.trips if each.id == "t1")
    assert {each.id for each in drop.committed.parcels} == {each.id for each in first.parcels if each.hub == "kallio"}
    assert "late" in {each.order for each in plan.parcels}
    answer = released.post(f"{PLANS}/2/release")
    assert (answer.status_code, answer.json()["state"]) == (200, "released"), answer.text
    after = lists(released)
    assert after["kallio", "w1"] == before["kallio", "w1"]
    assert after["pasila", "w1"] != before["pasila", "w1"]
    assert kept_trip[0] in released.get("/v1/trips").json()["items"]
    for cell, each in shelves(released).items():
        taken = sum(line.quantity for parcel in plan.parcels for line in parcel.lines if (parcel.hub, line.sku) == cell)
        assert (each["on_hand"], each["reserved"]) == (at_first[cell] - taken, 0), cell
    told = [json.loads(each.data)["version"] for each in happened(released, "pick-list.released")]
    assert told == [1, 1] + [2] * (len(after) - 1)
    log = released.get("/v1/log?type=plan.released&limit=100").json()["items"]
    assert sorted((each["order"], each["data"]["version"]) for each in log) == sorted(
        [(each.order, 1) for each in {parcel.order: parcel for parcel in first.parcels}.values()]
        + [(order, 2) for order in {each.order for each in plan.parcels if each.id not in kept_ids(drop)}]
    )
    again = released.post(f"{PLANS}/1/release")
    assert (again.status_code, again.json()["state"]) == (200, "released")


def kept_ids(drop: Drop) -> set[str]:
    return {each.id for each in drop.committed.parcels}


def test_a_courier_who_falls_out_finishes_what_has_begun_and_drives_no_more(released: Service) -> None:
    tell(released, "parcel.handed_over", "parcel/p1", courier="bike-1")
    released.post(REOPEN)
    released.post(f"{PATH}/overrides", json={"kind": "forbid-courier", "courier": "bike-1"})
    _, first = documents(released, 1)
    under_way = next(each for each in first.trips if each.id == "t1")
    made(released, seconds=1)
    drop, plan = documents(released, 2)
    assert findings(drop, plan) == ()
    own = [each for each in plan.trips if each.courier == "bike-1"]
    assert own[0] == under_way
    assert len(own) == 1 + (under_way.return_to != "kallio")


def test_lent_units_of_withdrawn_parcels_are_the_drops_again(selling: Service) -> None:
    loan = {"id": "mugs", "drop": DROP.id, "hub": "kallio", "sku": "MUG-1", "limit": 1, "quantity": 1}
    assert selling.post("/v1/loans", json=loan).status_code == 201
    made(selling, seconds=1)
    assert selling.post(f"{PLANS}/1/release").json()["unserved"] == 1
    assert selling.get("/v1/loans/mugs").json()["balances"] == {"seller": -1, "drop": 0, "consumed": 1}
    selling.post(REOPEN)
    found = selling.get("/v1/loans/mugs").json()
    assert (found["balances"], found["ended_at"]) == ({"seller": -1, "drop": 1, "consumed": 0}, None)
    mugs = shelves(selling)["kallio", "MUG-1"]
    assert (mugs["on_hand"], mugs["reserved"], mugs["contingency"], mugs["lent"]) == (2, 2, 1, 1)
    selling.post(f"{PATH}/close")
    made(selling, seconds=1)
    assert selling.post(f"{PLANS}/2/release").json()["unserved"] == 1
    mugs = shelves(selling)["kallio", "MUG-1"]
    assert (mugs["on_hand"], mugs["reserved"], mugs["contingency"], mugs["lent"]) == (0, 0, 0, 0)


def test_lent_units_that_were_picked_keep_their_price(selling: Service) -> None:
    loan = {"id": "mugs", "drop": DROP.id, "hub": "kallio", "sku": "MUG-1", "limit": 1, "quantity": 1, "unit_cost": 60}
    selling.post("/v1/loans", json=loan)
    made(selling, seconds=1)
    selling.post(f"{PLANS}/1/release")
    tell(selling, "pick.completed", "order/o1", hub="kallio")
    selling.post(REOPEN)
    made(selling, seconds=1)
    drop, plan = documents(selling, 2)
    assert findings(drop, plan) == ()
    assert plan.cost.contingency == 60


def test_an_order_in_somebodys_hands_stays_and_one_that_was_withdrawn_can_go(released: Service) -> None:
    _, plan = documents(released, 1)
    orders = {parcel.hub: parcel.order for parcel in plan.parcels if parcel.order != "o2"}
    tell(released, "pick.started", "parcel/p2", order="o2", hub="pasila")
    released.post(REOPEN)
    free = orders["kallio"]
    for asked in ("cancel", "hold"):
        answer = released.post(f"{PATH}/orders/o2/{asked}")
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/work-begun"), asked
    assert released.post(f"{PATH}/cancel").json()["type"] == "/problems/work-begun"
    assert released.get(PATH).json()["state"] == "open"
    assert released.post(f"{PATH}/orders/{free}/hold").json()["state"] == "held"
    assert released.post(f"{PATH}/orders/{free}/cancel").json()["state"] == "cancelled"
    tea = shelves(released)["kallio", "TEA-1"]
    assert (tea["on_hand"], tea["reserved"]) == (2, 1)


def test_of_many_who_open_a_drop_one_does_and_of_many_releases_one_happens(released: Service) -> None:
    tell(released, "pick.started", "parcel/p1", courier="bike-1")
    with ThreadPoolExecutor(8) as pool:
        assert {each.status_code for each in pool.map(lambda _: released.post(REOPEN), range(8))} == {200}
    assert len(happened(released, "drop.reopened")) == 1
    released.post(f"{PATH}/close")
    made(released)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: released.post(f"{PLANS}/2/release"), range(8)))
    assert {each.status_code for each in answers} == {200}
    assert len(happened(released, "plan.released")) == 2
    assert all(each["reserved"] == 0 for each in shelves(released).values())


def test_a_closed_drop_is_opened_again_and_a_cancelled_one_is_not(selling: Service) -> None:
    assert selling.post(REOPEN).json()["state"] == "open"
    assert selling.post(f"{PATH}/orders", json=orders_of(DROP)[2] | {"id": "late"}).status_code == 201
    selling.post(f"{PATH}/cancel")
    assert selling.post(REOPEN).json()["type"] == "/problems/drop-not-open"
    assert selling.post(REOPEN, Role.HUB).status_code == 403
