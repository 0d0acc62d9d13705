"""Loans through the service."""

from __future__ import annotations

from typing import Any

import pytest

from api.db import stock
from api.db.contingency import set_aside
from api.db.movements import Cause
from api.principal import Role
from tests.web.registered import register
from tests.web.service import NOW, OTHER, TENANT, Service

MUG = ("kallio", "MUG-1")
ASKED = {"id": "l1", "drop": "d1", "hub": "kallio", "sku": "MUG-1", "limit": 8, "quantity": 5}


@pytest.fixture
def shop(service: Service) -> Service:
    register(service)
    with service.store.write() as db:
        stock.move(db, TENANT, {MUG: 30}, reason="received", reference=None, actor="key/test", now=NOW)
        cause = Cause(reason="set-aside", reference=None, actor="key/test", at=NOW)
        set_aside(db, TENANT, {MUG: 12}, cause)
    service.post(
        "/v1/stock/bulk",
        content=b'{"hub": "kallio", "sku": "MUG-1", "quantity": 18, "contingency_cost": 60}',
        headers={"Content-Type": "application/x-ndjson"},
    )
    return service


def problems(answer: Any) -> list[tuple[str, str]]:
    return [(each["pointer"], each["code"]) for each in answer.json()["errors"]]


def kind(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].removeprefix("/problems/")


def test_a_loan_is_made_lent_returned_and_told(shop: Service) -> None:
    made = shop.post("/v1/loans", json=ASKED)
    assert (made.status_code, made.headers["location"], made.headers["etag"]) == (201, "/v1/loans/l1", '"r2"')
    loan = made.json()
    assert (loan["seller"], loan["unit_cost"], loan["limit"]) == ("kiln", 60, 8)
    assert loan["balances"] == {"seller": -5, "drop": 5, "consumed": 0}
    assert shop.post("/v1/loans/l1/lend", json={"quantity": 3}).json()["balances"]["drop"] == 8
    assert kind(shop.post("/v1/loans/l1/lend", json={"quantity": 1})) == (409, "over-limit")
    assert shop.post("/v1/loans/l1/return", json={"quantity": 6}).json()["balances"]["seller"] == -2
    assert kind(shop.post("/v1/loans/l1/return", json={"quantity": 3})) == (409, "lent-short")
    ledger = shop.get("/v1/loans/l1/entries").json()["items"]
    assert [(each["debited"], each["credited"], each["units"]) for each in ledger] == [
        ("seller", "drop", 5),
        ("seller", "drop", 3),
        ("drop", "seller", 6),
    ]
    (found,) = shop.get("/v1/stock", params={"sku": "MUG-1"}).json()["items"]
    assert (found["contingency"], found["lent"]) == (12, 2)


def test_the_limit_changes_by_revision_and_never_below_what_is_used(shop: Service) -> None:
    shop.post("/v1/loans", json=ASKED)
    path, terms = "/v1/loans/l1", {"limit": 12, "unit_cost": 70}
    assert shop.send("PUT", path, json=terms).status_code == 428
    assert shop.send("PUT", path, json=terms, headers={"If-Match": '"r1"'}).status_code == 412
    changed = shop.send("PUT", path, json=terms, headers={"If-Match": '"r2"'})
    assert (changed.json()["limit"], changed.json()["unit_cost"], changed.headers["etag"]) == (12, 70, '"r3"')
    low = shop.send("PUT", path, json=terms | {"limit": 4}, headers={"If-Match": '"r3"'})
    assert kind(low) == (409, "over-limit")
    assert kind(shop.post("/v1/loans/l1/lend", json={"quantity": 8})) == (409, "over-limit")
    assert shop.post("/v1/loans/l1/lend", json={"quantity": 7}).status_code == 200


def test_what_a_loan_cannot_mean_is_told_and_nothing_is_lent(shop: Service) -> None:
    assert problems(shop.post("/v1/loans", json=ASKED | {"hub": "no", "sku": "GIFT-1"})) == [
        ("/hub", "unknown-hub"),
        ("/sku", "unknown-sku"),
    ]
    assert problems(shop.post("/v1/loans", json=ASKED | {"limit": 0})) == [("/limit", "out-of-range")]
    assert kind(shop.post("/v1/loans", json=ASKED | {"limit": 20, "quantity": 13})) == (409, "contingency-short")
    assert kind(shop.post("/v1/loans", json=ASKED | {"quantity": 9})) == (409, "over-limit")
    assert shop.get("/v1/loans").json()["items"] == []
    shop.post("/v1/loans", json=ASKED)
    assert kind(shop.post("/v1/loans", json=ASKED | {"id": "l2"})) == (409, "loan-exists")


def test_loans_are_listed_by_drop_hub_and_sku(shop: Service) -> None:
    shop.post("/v1/loans", json=ASKED)
    shop.post("/v1/loans", json=ASKED | {"id": "l2", "drop": "d2"})

    def ids(query: str) -> list[str]:
        return [each["id"] for each in shop.get(f"/v1/loans{query}", Role.AUDITOR).json()["items"]]

    assert (ids(""), ids("?drop=d2"), ids("?hub=kallio&sku=MUG-1")) == (["l1", "l2"], ["l2"], ["l1", "l2"])
    assert (ids("?hub=pasila"), ids("?sku=TEA-1")) == ([], [])


def test_loans_of_others_and_for_other_roles_are_out_of_reach(shop: Service) -> None:
    shop.post("/v1/loans", json=ASKED)
    for path in ("/v1/loans/l1", "/v1/loans/l1/entries"):
        assert shop.get(path, tenant=OTHER).status_code == 404
        assert shop.get(path, Role.MANAGER).status_code == 200
        assert shop.get(path, Role.HUB).status_code == 403
    for what in ("lend", "return"):
        assert shop.post(f"/v1/loans/l1/{what}", tenant=OTHER, json={"quantity": 1}).status_code == 404
        assert shop.post(f"/v1/loans/l1/{what}", Role.MANAGER, json={"quantity": 1}).status_code == 403
    terms = {"json": {"limit": 9, "unit_cost": 0}, "headers": {"If-Match": '"r2"'}}
    assert shop.send("PUT", "/v1/loans/l1", tenant=OTHER, **terms).status_code == 404
