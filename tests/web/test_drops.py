"""Drops over HTTP: created, edited by whoever knows the revision, closed, cancelled, and nobody else's."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import select

from api.db.tables.events import events
from api.principal import Role
from tests.db.shelves import counted
from tests.drops import base_drop
from tests.market import orders_of, register, settings_of
from tests.web.service import OTHER, TENANT, Service

DROP = base_drop()
PATH = f"/v1/drops/{DROP.id}"


@pytest.fixture
def market(service: Service) -> Service:
    with service.store.write() as db:
        register(db, DROP)
    return service


@pytest.fixture
def selling(market: Service) -> Service:
    assert market.post("/v1/drops", json=settings_of(DROP)).status_code == 201
    return market


def put(service: Service, etag: str = '"r1"', **changes: Any) -> Any:
    return service.send("PUT", PATH, json=settings_of(DROP) | changes, headers={"If-Match": etag})


def happened(service: Service) -> list[str]:
    with service.store.read() as db:
        mine = select(events.c.type).where(events.c.tenant == TENANT).order_by(events.c.position)
        return list(db.execute(mine).scalars())


def test_a_drop_is_created_and_read(market: Service) -> None:
    made = market.post("/v1/drops", json=settings_of(DROP))
    assert (made.status_code, made.headers["location"], made.headers["etag"]) == (201, PATH, '"r1"')
    read = market.get(PATH)
    assert read.headers["etag"] == '"r1"'
    assert (read.json()["state"], read.json()["settings"]["id"]) == ("open", DROP.id)
    assert read.json()["orders"] == {"held": 0, "cleared": 0, "cancelled": 0, "short": 0}
    assert market.post("/v1/drops", json=settings_of(DROP)).json()["type"] == "/problems/drop-exists"
    assert happened(market) == ["drop.created"]


def test_every_fault_of_the_settings_is_told(market: Service) -> None:
    tree = settings_of(DROP) | {"currency": "eur", "hubs": [{"id": "kamppi", "waves": []}], "split_cost": -1}
    answer = market.post("/v1/drops", json=tree)
    assert answer.status_code == 422
    assert [(each["pointer"], each["code"]) for each in answer.json()["errors"]] == [
        ("/carriers/0/collections/0/hub", "unknown-hub"),
        ("/couriers/0/id", "unknown-hub"),
        ("/couriers/1/id", "unknown-hub"),
        ("/currency", "bad-currency"),
        ("/hubs/0/id", "unknown-hub"),
        ("/split_cost", "out-of-range"),
    ]


def test_what_another_marketplace_registered_is_unknown(market: Service) -> None:
    answer = market.post("/v1/drops", tenant=OTHER, json=settings_of(DROP))
    assert {each["code"] for each in answer.json()["errors"]} >= {"unknown-hub", "unknown-courier", "unknown-carrier"}


@pytest.mark.parametrize("body", [b"", b"[]", b'{"id": "a\\u0000"}', b'{"hubs": [{"id": "\\u0000"}]}', b'{"id": NaN}'])
def test_a_spoilt_body_is_422(market: Service, body: bytes) -> None:
    assert market.post("/v1/drops", content=body).status_code == 422


def test_an_edit_names_the_revision_that_it_edits(selling: Service) -> None:
    assert put(selling, title="Friday").headers["etag"] == '"r2"'
    assert put(selling, title="Saturday").status_code == 412
    assert selling.send("PUT", PATH, json=settings_of(DROP)).status_code == 428
    assert put(selling, '"r2"', id="other").json()["errors"][0]["pointer"] == "/id"
    assert selling.get(PATH).json()["settings"]["title"] == "Friday"


def test_an_edit_that_orders_do_not_fit_is_409_and_undone(selling: Service) -> None:
    for order in orders_of(DROP):
        selling.post(f"{PATH}/orders", json=order)
    answer = put(selling, tiers=[{"id": "express"}])
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/orders-in-the-way")
    assert selling.get(PATH).headers["etag"] == '"r1"'


def test_a_closed_drop_takes_no_order_and_no_edit(selling: Service) -> None:
    for _ in range(2):
        assert selling.post(f"{PATH}/close").json()["state"] == "closed"
    assert put(selling, '"r2"').json()["type"] == "/problems/drop-not-open"
    assert selling.post(f"{PATH}/orders", json=orders_of(DROP)[0]).json()["type"] == "/problems/drop-not-open"
    assert happened(selling) == ["drop.created", "drop.closed"]


def test_a_cancelled_drop_cancels_its_orders_and_frees_their_stock(selling: Service) -> None:
    for order in orders_of(DROP):
        selling.post(f"{PATH}/orders", json=order)
    assert selling.post(f"{PATH}/cancel").json()["orders"] == {"held": 0, "cleared": 0, "cancelled": 4, "short": 0}
    with selling.store.read() as db:
        assert counted(db, ("kallio", "TEA-1")) == (2, 0)
    assert selling.post(f"{PATH}/cancel").status_code == 200
    assert happened(selling)[-5:] == ["order.cancelled"] * 4 + ["drop.cancelled"]
    assert selling.post(f"{PATH}/close").status_code == 409


def test_drops_are_listed_by_id_and_state(market: Service) -> None:
    for name in ("c", "a", "b"):
        market.post("/v1/drops", json=settings_of(DROP) | {"id": name, "title": name.upper()})
    market.post("/v1/drops/b/close")
    assert [each["title"] for each in market.get("/v1/drops").json()["items"]] == ["A", "B", "C"]
    assert [each["id"] for each in market.get("/v1/drops?state=closed").json()["items"]] == ["b"]
    first = market.get("/v1/drops?limit=2").json()
    rest = market.get(f"/v1/drops?limit=2&cursor={first['next']}").json()
    assert [each["id"] for each in (*first["items"], *rest["items"])] == ["a", "b", "c"]
    assert market.get("/v1/drops?state=gone").status_code == 422


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", ""), ("PUT", ""), ("POST", "/close"), ("POST", "/cancel"), ("POST", "/orders"), ("GET", "/orders")],
)
def test_a_drop_of_another_marketplace_is_answered_like_none(selling: Service, method: str, path: str) -> None:
    body = orders_of(DROP)[0] if path else settings_of(DROP)
    given = {"json": body, "headers": {"If-Match": '"r1"'}}
    with selling.store.write() as db:
        register(db, DROP, OTHER)
    theirs, none = (
        selling.send(method, f"{address}{path}", tenant=OTHER, **given).json()
        for address in (PATH, "/v1/drops/meridian")
    )
    assert theirs == none
    assert (theirs["status"], theirs["type"]) == (404, "/problems/no-drop")
    assert selling.get(PATH).headers["etag"] == '"r1"'


@pytest.mark.parametrize("role", [Role.MANAGER, Role.AUDITOR, Role.HUB, Role.COURIER])
def test_only_engineers_change_a_drop_and_operators_see_none(selling: Service, role: Role) -> None:
    sees = role in (Role.MANAGER, Role.AUDITOR)
    assert selling.get(PATH, role).status_code == (200 if sees else 403)
    assert selling.get("/v1/drops", role).status_code == (200 if sees else 403)
    assert selling.post("/v1/drops", role, json={}).status_code == 403
    assert selling.post(f"{PATH}/close", role).status_code == 403
    assert json.loads(selling.get(PATH).content)["state"] == "open"
