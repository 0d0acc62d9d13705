"""Promises over HTTP: they follow orders, stock and registry, and a hold is kept if it is asked for."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from api.db.tables.events import events
from api.principal import Role
from router.model import Drop
from tests.db.shelves import counted
from tests.drops import base_drop, clock
from tests.market import orders_of, register, settings_of
from tests.web.service import OTHER, TENANT, Service

DROP = base_drop()
PATH = "/v1/promises"
AT = clock("18:10").astimezone(UTC)
TEA = {"drop": DROP.id, "location": {"lat": 60.22, "lon": 24.94}, "lines": [{"sku": "TEA-1", "quantity": 1}]}


@pytest.fixture
def selling(service: Service) -> Service:
    return sell(service, DROP)


def sell(service: Service, drop: Drop) -> Service:
    service.app.state.clock = lambda: AT
    with service.store.write() as db:
        register(db, drop)
    assert service.post("/v1/drops", json=settings_of(drop)).status_code == 201
    return service


def offers(service: Service, **changes: Any) -> dict[str, Any]:
    answer = service.post(PATH, json=TEA | changes)
    assert answer.status_code == 200, answer.text
    return {each["tier"]: each for each in answer.json()["offers"]}


def post(service: Service, *orders: Any) -> None:
    for order in orders:
        assert service.post(f"/v1/drops/{DROP.id}/orders", json=order).status_code == 201


def test_each_tier_tells_what_it_promises_and_how_it_would_go(selling: Service) -> None:
    found = offers(selling)
    assert list(found) == ["express", "standard"]
    express = found["express"]
    assert (express["possible"], express["ship_by"], express["deliver_by"]) == (
        True,
        "2026-11-20T17:10:00Z",
        "2026-11-20T17:10:00Z",
    )
    assert (express["estimate"]["hubs"], express["estimate"]["by"]) == (["kallio"], ["bike-1"])
    assert express["estimate"]["cost"] > 0
    assert list(offers(selling, tiers=["standard"])) == ["standard"]


def test_stock_that_others_reserved_is_promised_to_nobody(selling: Service) -> None:
    tea = orders_of(DROP)[2]
    post(selling, tea)
    assert offers(selling)["express"]["possible"]
    post(selling, tea | {"id": "o5"})
    taken = offers(selling)["express"]
    assert (taken["possible"], taken["reason"]) == (False, "stock-taken")
    assert "estimate" not in taken
    none = offers(selling, lines=[{"sku": "LAMP-1", "quantity": 1}])["standard"]
    assert (none["reason"], none["detail"]) == ("no-stock", "hubs of the drop have 0 of the 1 x LAMP-1 wanted")
    assert offers(selling, hubs=["pasila"])["express"]["reason"] == "no-stock"
    selling.post(f"/v1/drops/{DROP.id}/orders/o5/cancel")
    assert offers(selling)["express"]["possible"]


def test_waves_that_cleared_orders_need_are_full_until_those_are_held(service: Service) -> None:
    waves = tuple(replace(wave, lines=1) for wave in DROP.hubs[0].waves[:1])
    plenty = tuple(replace(row, quantity=9) for row in DROP.stock)
    selling = sell(service, replace(DROP, hubs=(replace(DROP.hubs[0], waves=waves), DROP.hubs[1]), stock=plenty))
    assert offers(selling, hubs=["kallio"])["standard"]["possible"]
    post(selling, orders_of(DROP)[2] | {"hubs": ["kallio"]})
    assert offers(selling, hubs=["kallio"])["standard"]["reason"] == "waves-full"
    selling.post(f"/v1/drops/{DROP.id}/orders/o3/hold")
    assert offers(selling, hubs=["kallio"])["standard"]["possible"]
    selling.post(f"/v1/drops/{DROP.id}/orders/o3/release")
    assert offers(selling, hubs=["kallio"])["standard"]["reason"] == "waves-full"


def test_a_change_of_the_settings_or_the_registry_counts_at_once(selling: Service) -> None:
    before = offers(selling)["express"]["estimate"]["cost"]
    hub = selling.get("/v1/hubs/kallio")
    dearer = hub.json() | {"cost_per_parcel": 145}
    etag = {"If-Match": hub.headers["etag"]}
    assert selling.send("PUT", "/v1/hubs/kallio", json=dearer, headers=etag).status_code == 200
    assert offers(selling)["express"]["estimate"]["cost"] == before + 100
    tiers = [{"id": "express", "deliver_within": 60}]
    edit = selling.send(
        "PUT", f"/v1/drops/{DROP.id}", json=settings_of(DROP) | {"tiers": tiers}, headers={"If-Match": '"r1"'}
    )
    assert edit.status_code == 200
    assert {tier: each["reason"] for tier, each in offers(selling).items()} == {"express": "too-late"}


def test_a_hold_keeps_what_was_promised(selling: Service) -> None:
    asked = TEA | {"lines": [{"sku": "TEA-1", "quantity": 2}], "hold": {"checkout": "c-1", "seconds": 600, "id": "h-1"}}
    first, again = (selling.post(PATH, json=asked).json() for _ in range(2))
    assert [first["offers"][0]["possible"], again["offers"][0]["possible"]] == [True, True]
    assert first["hold"] == again["hold"]
    assert first["hold"]["units"] == [{"hub": "kallio", "sku": "TEA-1", "quantity": 2}]
    assert first["hold"]["expires_at"] == (AT + timedelta(minutes=10)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert offers(selling)["express"]["reason"] == "stock-taken"
    with selling.store.read() as db:
        assert counted(db, ("kallio", "TEA-1")) == (2, 2)
        mine = select(events.c.type).where(events.c.tenant == TENANT, events.c.type.startswith("hold"))
        assert list(db.execute(mine).scalars()) == ["hold.created"]


def test_nothing_is_held_where_nothing_is_possible(selling: Service) -> None:
    asked = TEA | {"lines": [{"sku": "TEA-1", "quantity": 3}], "hold": {"checkout": "c-1", "seconds": 600}}
    answer = selling.post(PATH, json=asked).json()
    assert ("hold" in answer, [each["possible"] for each in answer["offers"]]) == (False, [False, False])


def test_a_hold_by_idempotency_key_is_placed_once(selling: Service) -> None:
    asked = TEA | {"hold": {"checkout": "c-1", "seconds": 600}}
    first, again = (selling.post(PATH, json=asked, headers={"Idempotency-Key": "k"}) for _ in range(2))
    assert first.json() == again.json()
    assert again.headers["idempotency-replayed"] == "true"
    spelt = b'{"\\u0068old": {"checkout": "c", "seconds": 9},' + str(TEA).replace("'", '"').encode()[1:]
    assert selling.post(PATH, content=spelt).json()["hold"]["state"] == "held"


def test_every_fault_of_a_cart_is_told(selling: Service) -> None:
    spoilt = {
        "drop": DROP.id,
        "location": {"place": 1},
        "lines": [{"sku": "NO-1", "quantity": 0}],
        "tiers": ["drone", "express"],
        "hubs": ["nowhere"],
        "hold": {"checkout": "", "seconds": 0},
    }
    answer = selling.post(PATH, json=spoilt)
    assert answer.status_code == 422
    assert [(each["pointer"], each["code"]) for each in answer.json()["errors"]] == [
        ("/hold/checkout", "bad-length"),
        ("/hold/seconds", "out-of-range"),
        ("/hubs/0", "unknown-hub"),
        ("/lines/0/quantity", "out-of-range"),
        ("/lines/0/sku", "unknown-sku"),
        ("/location/lat", "missing-field"),
        ("/location/lon", "missing-field"),
        ("/location/place", "unknown-field"),
        ("/tiers/0", "unknown-tier"),
    ]


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'{"drop": "\\u0000"}', b'{"drop": 3}', b'{"lines": [{"sku": "\\u0000"}]}']
)
def test_a_spoilt_body_is_422(selling: Service, body: bytes) -> None:
    assert selling.post(PATH, content=body).status_code == 422


def test_only_an_open_drop_of_ones_own_promises_anything(selling: Service) -> None:
    theirs, none = selling.post(PATH, tenant=OTHER, json=TEA), selling.post(PATH, json=TEA | {"drop": "none"})
    assert (theirs.status_code, none.status_code, theirs.json()["type"]) == (404, 404, "/problems/no-drop")
    selling.post(f"/v1/drops/{DROP.id}/close")
    assert selling.post(PATH, json=TEA).json()["type"] == "/problems/drop-not-open"


@pytest.mark.parametrize("role", [Role.MANAGER, Role.AUDITOR, Role.HUB, Role.COURIER])
def test_only_the_marketplaces_own_checkout_asks(selling: Service, role: Role) -> None:
    assert selling.post(PATH, role, json=TEA).status_code == 403
