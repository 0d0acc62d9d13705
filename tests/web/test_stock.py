"""Stock through the service: it changes by movements with a reason, and nobody edits what is on hand or reserved."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import select

from api.db import stock
from api.db.tables.events import events
from api.principal import Role
from tests.db.shelves import counted
from tests.web.registered import register
from tests.web.service import NOW, OTHER, TENANT, Service

NDJSON = {"Content-Type": "application/x-ndjson"}
MUG, TEA = ("kallio", "MUG-1"), ("pasila", "TEA-1")


@pytest.fixture
def shop(service: Service) -> Service:
    register(service)
    return service


def report(shop: Service, reason: str, *lines: tuple[str, str, int], role: Role = Role.ENGINEER, **how: Any) -> Any:
    told = [{"hub": hub, "sku": sku, "quantity": quantity} for hub, sku, quantity in lines]
    return shop.post("/v1/stock/movements", role, json={"reason": reason, "lines": told} | how)


def bulk(shop: Service, *rows: dict[str, Any], query: str = "") -> Any:
    body = b"".join(json.dumps(row).encode() + b"\n" for row in rows)
    return shop.post(f"/v1/stock/bulk{query}", content=body, headers=NDJSON)


def entry(shop: Service, hub: str, sku: str) -> dict[str, Any]:
    (found,) = shop.get("/v1/stock", params={"hub": hub, "sku": sku}).json()["items"]
    return dict(found)


def reserve(shop: Service, units: dict[tuple[str, str], int]) -> None:
    with shop.store.write() as db:
        stock.reserve(db, TENANT, units, NOW)


def problems(answer: Any) -> list[tuple[str, str]]:
    return [(each["pointer"], each["code"]) for each in answer.json()["errors"]]


def test_on_hand_follows_what_comes_goes_and_is_counted(shop: Service) -> None:
    for reason, quantity, left in (
        ("received", 10, 10),
        ("damaged", 2, 8),
        ("returned", 1, 9),
        ("lost", 1, 8),
        ("found", 3, 11),
        ("counted", 7, 7),
        ("counted", 12, 12),
    ):
        answer = report(shop, reason, ("kallio", "MUG-1", quantity), reference="po/7")
        (moved,) = answer.json()["movements"]
        assert (answer.status_code, moved["reason"], moved["left"]) == (201, reason, left)
        assert entry(shop, "kallio", "MUG-1")["on_hand"] == left
    told = shop.get("/v1/stock/movements", params={"sku": "MUG-1"}).json()["items"]
    assert [each["number"] for each in told] == [7, 6, 5, 4, 3, 2, 1]
    assert sum(each["change"] for each in told) == 12
    assert {(each["actor"], each["reference"]) for each in told} == {("key/pop-up-engineer", "po/7")}


def test_lines_of_one_cell_are_added_up(shop: Service) -> None:
    report(shop, "received", ("kallio", "MUG-1", 3), ("kallio", "MUG-1", 4), ("pasila", "TEA-1", 1))
    assert (entry(shop, "kallio", "MUG-1")["on_hand"], entry(shop, "pasila", "TEA-1")["on_hand"]) == (7, 1)
    assert report(shop, "damaged", ("kallio", "MUG-1", 4), ("kallio", "MUG-1", 4)).status_code == 409
    assert entry(shop, "kallio", "MUG-1")["on_hand"] == 7


def test_a_cell_is_counted_once_in_a_report(shop: Service) -> None:
    answer = report(shop, "counted", ("kallio", "MUG-1", 3), ("kallio", "MUG-1", 4))
    assert problems(answer) == [("/lines/1/sku", "duplicate-id")]


def test_what_is_promised_cannot_go_and_the_count_says_so(shop: Service) -> None:
    report(shop, "received", ("kallio", "MUG-1", 10))
    reserve(shop, {MUG: 6})
    gone = report(shop, "damaged", ("kallio", "MUG-1", 5))
    assert (gone.status_code, gone.json()["type"]) == (409, "/problems/stock-short")
    found = report(shop, "counted", ("kallio", "MUG-1", 5))
    assert (found.status_code, found.json()["type"]) == (409, "/problems/fewer-than-reserved")
    assert report(shop, "counted", ("kallio", "MUG-1", 6)).status_code == 201
    assert entry(shop, "kallio", "MUG-1") == {
        "hub": "kallio",
        "sku": "MUG-1",
        "on_hand": 6,
        "reserved": 6,
        "free": 0,
        "contingency": 0,
        "lent": 0,
        "contingency_cost": 0,
        "bin": None,
    }


def test_a_report_that_names_what_there_is_not_moves_nothing(shop: Service) -> None:
    answer = report(shop, "received", ("kallio", "MUG-1", 3), ("no", "MUG-1", 3), ("kallio", "GIFT-1", 3))
    assert problems(answer) == [("/lines/1/hub", "unknown-hub"), ("/lines/2/sku", "unknown-sku")]
    assert shop.get("/v1/stock").json()["items"] == []


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"reason": "stolen", "lines": [{"hub": "kallio", "sku": "MUG-1", "quantity": 1}]}, ("/reason", "bad-value")),
        (
            {"reason": "received", "lines": [{"hub": "kallio", "sku": "MUG-1", "quantity": -1}]},
            ("/lines/0/quantity", "out-of-range"),
        ),
        ({"reason": "received", "lines": []}, ("/lines", "empty-list")),
        ({"reason": "received", "on_hand": 3, "lines": []}, ("/on_hand", "unknown-field")),
    ],
)
def test_what_a_report_cannot_mean_is_told(shop: Service, body: dict[str, Any], told: tuple[str, str]) -> None:
    answer = shop.post("/v1/stock/movements", json=body)
    assert answer.status_code == 422
    assert told in problems(answer)


def test_a_report_sent_again_with_its_key_moves_once(shop: Service) -> None:
    body = {"reason": "received", "lines": [{"hub": "kallio", "sku": "MUG-1", "quantity": 4}]}
    for _ in range(2):
        shop.post("/v1/stock/movements", json=body, headers={"Idempotency-Key": "k"})
    assert entry(shop, "kallio", "MUG-1")["on_hand"] == 4


def test_units_are_set_aside_and_put_back_between_two_pools(shop: Service) -> None:
    report(shop, "received", ("kallio", "MUG-1", 10))
    reserve(shop, {MUG: 4})
    moved = report(shop, "set-aside", ("kallio", "MUG-1", 6)).json()["movements"]
    assert [(each["pool"], each["change"], each["left"]) for each in moved] == [("stock", -6, 4), ("contingency", 6, 6)]
    assert report(shop, "set-aside", ("kallio", "MUG-1", 1)).json()["type"] == "/problems/stock-short"
    moved = report(shop, "put-back", ("kallio", "MUG-1", 2)).json()["movements"]
    assert [(each["pool"], each["change"], each["left"]) for each in moved] == [("contingency", -2, 4), ("stock", 2, 6)]
    assert report(shop, "put-back", ("kallio", "MUG-1", 5)).json()["type"] == "/problems/contingency-short"
    found = entry(shop, "kallio", "MUG-1")
    assert (found["on_hand"], found["free"], found["contingency"]) == (6, 2, 4)


def test_hub_operators_report_at_their_own_hubs_and_see_those_alone(shop: Service) -> None:
    report(shop, "received", ("kallio", "MUG-1", 5), ("pasila", "TEA-1", 5))
    assert report(shop, "damaged", ("kallio", "MUG-1", 1), role=Role.HUB).status_code == 201
    theirs = report(shop, "damaged", ("kallio", "MUG-1", 1), ("pasila", "TEA-1", 1), role=Role.HUB)
    nobody_s = report(shop, "damaged", ("kallio", "MUG-1", 1), ("no", "TEA-1", 1), role=Role.HUB)
    assert problems(theirs) == problems(nobody_s) == [("/lines/1/hub", "unknown-hub")]
    assert report(shop, "set-aside", ("kallio", "MUG-1", 1), role=Role.HUB).status_code == 403
    assert [each["hub"] for each in shop.get("/v1/stock", Role.HUB).json()["items"]] == ["kallio"]
    assert {each["hub"] for each in shop.get("/v1/stock/movements", Role.HUB).json()["items"]} == {"kallio"}
    assert shop.get("/v1/stock", Role.HUB, params={"hub": "pasila"}).json()["items"] == []
    assert len(shop.get("/v1/stock/movements", Role.AUDITOR).json()["items"]) == 3


def test_other_roles_and_other_marketplaces_neither_see_nor_move(shop: Service) -> None:
    report(shop, "received", ("kallio", "MUG-1", 5))
    assert shop.get("/v1/stock", Role.COURIER).status_code == 403
    for role in (Role.MANAGER, Role.AUDITOR, Role.COURIER):
        assert report(shop, "received", ("kallio", "MUG-1", 5), role=role).status_code == 403
    assert shop.get("/v1/stock", tenant=OTHER).json()["items"] == []
    assert shop.get("/v1/stock/movements", tenant=OTHER).json()["items"] == []
    body = {"reason": "received", "lines": [{"hub": "kallio", "sku": "MUG-1", "quantity": 4}]}
    assert shop.post("/v1/stock/movements", tenant=OTHER, json=body).status_code == 422


def test_stock_is_set_up_in_bulk_and_again_without_moving_anything(shop: Service) -> None:
    rows = (
        {"hub": "kallio", "sku": "MUG-1", "quantity": 40, "contingency": 10, "contingency_cost": 60, "bin": "A-01"},
        {"hub": "pasila", "sku": "TEA-1", "quantity": 0},
    )
    assert bulk(shop, *rows).json()["outcomes"] == {"moved": 1, "unmoved": 1}
    assert bulk(shop, *rows).json()["outcomes"] == {"moved": 0, "unmoved": 2}
    found = entry(shop, "kallio", "MUG-1")
    assert (found["on_hand"], found["contingency"], found["contingency_cost"], found["bin"]) == (40, 10, 60, "A-01")
    bulk(shop, {"hub": "kallio", "sku": "MUG-1", "quantity": 39})
    found = entry(shop, "kallio", "MUG-1")
    assert (found["on_hand"], found["contingency"], found["bin"]) == (39, 10, "A-01")
    told = shop.get("/v1/stock/movements").json()["items"]
    assert [(each["pool"], each["change"]) for each in told] == [("stock", -1), ("contingency", 10), ("stock", 40)]


def test_stock_is_set_up_from_csv(shop: Service) -> None:
    text = "hub,sku,quantity,bin\nkallio,MUG-1,4,A-01\npasila,TEA-1,5,\n"
    answer = shop.post("/v1/stock/bulk", content=text.encode(), headers={"Content-Type": "text/csv"})
    assert answer.json()["kept"] == 2
    assert entry(shop, "pasila", "TEA-1")["on_hand"] == 5


def test_every_row_that_cannot_be_set_up_is_told_and_with_partial_left_out(shop: Service) -> None:
    report(shop, "received", ("kallio", "MUG-1", 5))
    reserve(shop, {MUG: 3})
    rows = (
        {"hub": "kallio", "sku": "TEA-1", "quantity": 1},
        {"hub": "kallio", "sku": "MUG-1", "quantity": 2},
        {"hub": "no", "sku": "GIFT-1", "quantity": 1},
        {"hub": "kallio", "sku": "TEA-1", "quantity": 2},
        {"hub": "kallio", "sku": "TEA-1", "quantity": -2},
    )
    answer = bulk(shop, *rows)
    assert answer.status_code == 422
    assert [(each["line"], each["pointer"], each["code"]) for each in answer.json()["errors"]] == [
        (2, "/quantity", "fewer-than-reserved"),
        (3, "/hub", "unknown-hub"),
        (3, "/sku", "unknown-sku"),
        (4, "/sku", "duplicate-id"),
        (5, "/quantity", "out-of-range"),
    ]
    assert len(shop.get("/v1/stock").json()["items"]) == 1
    assert bulk(shop, *rows, query="?partial=true").json()["kept"] == 1
    with shop.store.read() as db:
        assert (counted(db, ("kallio", "TEA-1")), counted(db, MUG)) == ((1, 0), (5, 3))


def test_movements_come_in_pages_newest_first(shop: Service) -> None:
    for number in range(1, 6):
        report(shop, "received", ("kallio", "MUG-1", number), ("pasila", "TEA-1", number))
    found, cursor = [], None
    while True:
        query = {"limit": 3, **({"cursor": cursor} if cursor else {})}
        page = shop.get("/v1/stock/movements", params=query).json()
        found += [(each["sku"], each["number"]) for each in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert found == [(sku, number) for number in range(5, 0, -1) for sku in ("TEA-1", "MUG-1")]


def test_a_hub_s_partner_is_told_what_moved_there(shop: Service) -> None:
    report(shop, "received", ("kallio", "MUG-1", 5), ("pasila", "TEA-1", 2))
    with shop.store.read() as db:
        wanted = select(events).where(events.c.type == "stock.moved").order_by(events.c.position)
        told = [(row.subject, row.partner, json.loads(row.data)["movements"]) for row in db.execute(wanted)]
    assert told == [
        (
            "hub/kallio",
            "northdock",
            [{"sku": "MUG-1", "number": 1, "pool": "stock", "change": 5, "left": 5, "reason": "received"}],
        ),
        (
            "hub/pasila",
            "southdock",
            [{"sku": "TEA-1", "number": 1, "pool": "stock", "change": 2, "left": 2, "reason": "received"}],
        ),
    ]
    with shop.store.read() as db:
        assert counted(db, TEA) == (2, 0)
