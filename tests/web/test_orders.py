"""Orders over HTTP: one by one and in bulk, the same again and another one, held, released, changed, cancelled."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from sqlalchemy import func, select

from api.db.tables.events import events
from api.db.tables.orders import orders as order_rows
from api.order_flows import BATCH
from api.principal import Role
from router.generate import make_drop
from tests.drops import base_drop
from tests.market import orders_of, register, settings_of
from tests.web.service import OTHER, TENANT, Service

DROP = base_drop()
PATH = f"/v1/drops/{DROP.id}/orders"
GIFT, BOTH, TEA, LAMPS = orders_of(DROP)
NDJSON = {"Content-Type": "application/x-ndjson"}


@pytest.fixture
def selling(service: Service) -> Service:
    with service.store.write() as db:
        register(db, DROP)
    assert service.post("/v1/drops", json=settings_of(DROP)).status_code == 201
    return service


def lines(*orders: Any) -> bytes:
    return b"".join(json.dumps(order).encode() + b"\n" for order in orders)


def load(service: Service, body: bytes, query: str = "", kind: str = "application/x-ndjson", **headers: str) -> Any:
    return service.post(f"{PATH}/bulk{query}", content=body, headers={"Content-Type": kind, **headers})


def emitted(service: Service) -> list[tuple[str, str]]:
    with service.store.read() as db:
        mine = select(events.c.type, events.c.data).where(events.c.tenant == TENANT).order_by(events.c.position)
        return [(row.type, row.data) for row in db.execute(mine) if row.type.startswith("order.")]


def test_an_order_is_taken_in_and_says_whether_it_has_stock(selling: Service) -> None:
    made = selling.post(PATH, json=TEA | {"recipient": {"name": "Aino", "phone": "+358 1"}})
    assert (made.status_code, made.headers["location"], made.headers["etag"]) == (201, f"{PATH}/o3", '"r1"')
    assert (made.json()["state"], made.json()["stock"]) == ("cleared", "reserved")
    assert selling.get(f"{PATH}/o3").json() == made.json()
    assert selling.post(PATH, json=LAMPS).json()["stock"] == "short"
    assert [kind for kind, _ in emitted(selling)] == ["order.placed", "order.cleared"] * 2
    assert not [data for _, data in emitted(selling) if "Aino" in data or "358" in data]


def test_the_same_order_again_is_200_and_another_of_its_id_409_with_its_name(selling: Service) -> None:
    first, again = (selling.post(PATH, json=TEA) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    other = selling.post(PATH, json=TEA | {"tier": "express"})
    assert (other.status_code, other.json()["type"]) == (409, "/problems/order-differs")
    assert "'o3'" in other.json()["detail"]
    assert len(emitted(selling)) == 2


def test_every_fault_of_an_order_is_told(selling: Service) -> None:
    bad = TEA | {"tier": "drone", "lines": [{"sku": "NO-1", "quantity": -1}], "location": {}, "placed_at": "2026-11-20"}
    answer = selling.post(PATH, json=bad)
    assert answer.status_code == 422
    assert [(each["pointer"], each["code"]) for each in answer.json()["errors"]] == [
        ("/lines/0/quantity", "out-of-range"),
        ("/lines/0/sku", "unknown-sku"),
        ("/location/lat", "missing-field"),
        ("/location/lon", "missing-field"),
        ("/placed_at", "bad-time"),
        ("/tier", "unknown-tier"),
    ]


def test_an_order_takes_over_a_hold_once(selling: Service) -> None:
    asked = {"id": "h", "checkout": "c", "lines": TEA["lines"], "seconds": 600}
    assert selling.post("/v1/holds", json=asked).status_code == 201
    assert selling.post(PATH, json=TEA | {"hold": "h"}).json()["stock"] == "reserved"
    again = selling.post(PATH, json=TEA | {"id": "o9", "hold": "h"})
    assert (again.status_code, again.json()["type"]) == (409, "/problems/hold-over")
    none = selling.post(PATH, json=TEA | {"id": "o9", "hold": "none"})
    assert (none.status_code, none.json()["errors"][0]["pointer"]) == (422, "/hold")
    assert selling.get(f"{PATH}/o9").status_code == 404


def test_review_holds_and_releases(selling: Service) -> None:
    selling.post(PATH, json=TEA | {"on_hold": True})
    assert selling.get(f"{PATH}?state=held").json()["items"][0]["id"] == "o3"
    at = "2026-11-20T18:30:00+02:00"
    released = selling.post(f"{PATH}/o3/release", json={"cleared_at": at}).json()
    assert (released["state"], released["cleared_at"]) == ("cleared", "2026-11-20T16:30:00Z")
    assert selling.post(f"{PATH}/o3/hold").json()["state"] == "held"
    assert selling.post(f"{PATH}/o3/release").json()["cleared_at"] > "2026-11-20T16:30:00Z"
    assert selling.post(f"{PATH}/o3/release", json={"cleared_at": "noon"}).status_code == 422
    assert selling.post(f"{PATH}/o3/cancel").json()["stock"] == "none"
    assert selling.post(f"{PATH}/o3/release").json()["type"] == "/problems/order-cancelled"
    assert [kind for kind, _ in emitted(selling)] == [
        "order.placed",
        "order.held",
        "order.cleared",
        "order.held",
        "order.cleared",
        "order.cancelled",
    ]


def test_a_change_names_the_revision_that_it_changes(selling: Service) -> None:
    selling.post(PATH, json=TEA)
    asked = {name: TEA[name] for name in ("tier", "location", "lines")} | {"service_seconds": 60}
    changed = selling.send("PUT", f"{PATH}/o3", json=asked, headers={"If-Match": '"r1"'})
    assert (changed.headers["etag"], changed.json()["service_seconds"]) == ('"r2"', 60)
    assert selling.send("PUT", f"{PATH}/o3", json=asked, headers={"If-Match": '"r1"'}).status_code == 412
    spoilt = asked | {"tier": "drone", "hubs": ["nowhere"], "lines": [{"sku": "NO-1", "quantity": 1}]}
    faults = selling.send("PUT", f"{PATH}/o3", json=spoilt, headers={"If-Match": '"r2"'}).json()["errors"]
    assert [each["pointer"] for each in faults] == ["/hubs/0", "/lines/0/sku", "/tier"]


def test_an_order_may_have_any_name(selling: Service) -> None:
    for name in ("2026/48 ö?", "bulk", "x/hold"):
        assert selling.post(PATH, json=TEA | {"id": name}).status_code == 201
        address = f"{PATH}/{name.replace('?', '%3F')}"
        assert selling.get(address).json()["id"] == name
        assert selling.post(f"{address}/hold").json()["state"] == "held"


def test_orders_are_listed_without_their_recipients(selling: Service) -> None:
    for order in (GIFT, BOTH, TEA, LAMPS):
        selling.post(PATH, json=order | {"recipient": {"name": "Aino"}})

    def ids(query: str) -> list[str]:
        return [each["id"] for each in selling.get(f"{PATH}?{query}").json()["items"]]

    assert "Aino" not in selling.get(PATH).text
    assert (ids("stock=short"), ids("stock=reserved&tier=standard"), ids("state=held")) == (["o1", "o4"], ["o3"], [])
    assert selling.get(f"{PATH}?stock=plenty").status_code == 422


def test_orders_in_bulk_come_in_or_are_unchanged(selling: Service) -> None:
    first = load(selling, lines(GIFT, BOTH, TEA, LAMPS))
    assert first.json() == {"rows": 4, "kept": 4, "refused": 0, "outcomes": {"reserved": 2, "short": 2}}
    again = load(selling, json.dumps([GIFT, BOTH, TEA, LAMPS, TEA | {"id": "o5"}]).encode(), kind="application/json")
    assert again.json()["outcomes"] == {"short": 1, "unchanged": 4}
    assert len(emitted(selling)) == 10


def test_orders_in_bulk_may_be_csv(selling: Service) -> None:
    out = io.StringIO()
    columns = ["id", "placed_at", "tier", "location.lat", "location.lon", "lines", "recipient.name", "ship_by"]
    rows = csv.writer(out)
    rows.writerow(columns)
    for name in ("a", "b"):
        rows.writerow([name, TEA["placed_at"], "standard", 60.2, 24.9, json.dumps(TEA["lines"]), "Aino", "null"])
    assert load(selling, out.getvalue().encode(), kind="text/csv").json()["outcomes"] == {"reserved": 2}
    read = selling.get(f"{PATH}/a").json()
    assert (read["recipient"], read["location"], read["ship_by"]) == (
        {"name": "Aino"},
        {"lat": 60.2, "lon": 24.9},
        None,
    )


BAD = lines(TEA, TEA | {"tier": "drone", "hubs": ["x"]}) + b"\n{\n" + lines(TEA | {"tier": "express"}, BOTH)
BAD += lines({**BOTH, "id": "o5", "lines": [{"sku": "NO-1", "quantity": 0}]})
TOLD = [
    (2, "/hubs/0", "unknown-hub"),
    (2, "/tier", "unknown-tier"),
    (4, "", "not-json"),
    (5, "/id", "order-differs"),
    (7, "/lines/0/quantity", "out-of-range"),
    (7, "/lines/0/sku", "unknown-sku"),
]


def test_one_bad_row_keeps_all_orders_out_and_every_fault_has_its_line(selling: Service) -> None:
    answer = load(selling, BAD)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/faulty-rows")
    assert [(each["line"], each["pointer"], each["code"]) for each in answer.json()["errors"]] == TOLD
    assert selling.get(PATH).json()["items"] == []
    assert emitted(selling) == []


def test_the_good_orders_come_in_beside_bad_ones_where_that_is_asked(selling: Service) -> None:
    answer = load(selling, BAD, "?partial=true").json()
    assert (answer["rows"], answer["kept"], answer["refused"], answer["outcomes"]) == (6, 2, 4, {"reserved": 2})
    assert [(each["line"], each["pointer"], each["code"]) for each in answer["errors"]] == TOLD
    assert [each["id"] for each in selling.get(PATH).json()["items"]] == ["o2", "o3"]


@pytest.mark.parametrize("query", ["", "?partial=true"])
def test_a_bulk_request_for_no_drop_or_a_closed_one_is_refused_as_a_whole(selling: Service, query: str) -> None:
    assert selling.post(f"/v1/drops/none/orders/bulk{query}", content=lines(TEA), headers=NDJSON).status_code == 404
    selling.post(f"/v1/drops/{DROP.id}/close")
    assert load(selling, lines(TEA), query).json()["type"] == "/problems/drop-not-open"


@pytest.mark.parametrize("query", ["", "?partial=true"])
def test_a_bulk_request_sent_again_with_its_key_is_answered_as_before(selling: Service, query: str) -> None:
    key = {"Idempotency-Key": "k"}
    first, again = (load(selling, lines(TEA, BOTH), query, **key) for _ in range(2))
    assert first.content == again.content
    assert (first.json()["outcomes"], again.headers["idempotency-replayed"]) == ({"reserved": 2}, "true")


@pytest.mark.parametrize("query", ["", "?partial=true"])
def test_more_orders_than_a_batch_share_the_stock_in_the_order_in_which_they_came(service: Service, query: str) -> None:
    drop = make_drop(orders=2 * BATCH + 50, hubs=3, seed=5)
    with service.store.write() as db:
        register(db, drop)
    assert service.post("/v1/drops", json=settings_of(drop)).status_code == 201
    path = f"/v1/drops/{drop.id}/orders/bulk{query}"
    answer = service.post(path, content=lines(*orders_of(drop)), headers=NDJSON).json()
    assert (answer["kept"], sum(answer["outcomes"].values())) == (len(drop.orders), len(drop.orders))
    counts = service.get(f"/v1/drops/{drop.id}").json()["orders"]
    assert counts["short"] == answer["outcomes"].get("short", 0)
    with service.store.read() as db:
        assert db.execute(select(func.count()).select_from(order_rows)).scalar_one() == len(drop.orders)


@pytest.mark.parametrize("role", [Role.MANAGER, Role.AUDITOR, Role.HUB, Role.COURIER])
def test_only_engineers_post_orders_and_operators_see_none(selling: Service, role: Role) -> None:
    selling.post(PATH, json=TEA)
    sees = 200 if role in (Role.MANAGER, Role.AUDITOR) else 403
    assert [selling.get(path, role).status_code for path in (PATH, f"{PATH}/o3")] == [sees, sees]
    assert selling.post(PATH, role, json=BOTH).status_code == 403
    assert selling.post(f"{PATH}/bulk", role, content=lines(BOTH), headers=NDJSON).status_code == 403
    for act in ("hold", "release", "cancel"):
        assert selling.post(f"{PATH}/o3/{act}", role).status_code == 403


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/o3"), ("PUT", "/o3"), *(("POST", f"/o3/{act}") for act in ("hold", "release", "cancel"))],
)
def test_an_order_of_another_marketplace_is_answered_like_none(selling: Service, method: str, path: str) -> None:
    selling.post(PATH, json=TEA)
    with selling.store.write() as db:
        register(db, DROP, OTHER)
    asked = {name: TEA[name] for name in ("tier", "location", "lines")}
    given = {} if method == "GET" else {"headers": {"If-Match": '"r1"'}, "json": asked if method == "PUT" else None}
    answer = selling.send(method, f"{PATH}{path}", tenant=OTHER, **given)
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/no-drop")
    assert selling.get(f"{PATH}/o3").headers["etag"] == '"r1"'
