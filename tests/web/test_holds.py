"""Holds through the service: bundles taken apart, all shorts at once, over by the clock."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from api.db import stock
from api.db.tables.events import events
from api.db.tables.holds import held_units, holds
from api.db.tables.stock import stock as rows
from api.principal import Role
from tests.db.shelves import counted
from tests.web.registered import register
from tests.web.service import NOW, OTHER, TENANT, Service

MUGS = {"sku": "MUG-1", "quantity": 3, "hub": "kallio"}
GIFTS = {"sku": "GIFT-1", "quantity": 2}


@pytest.fixture
def shop(service: Service) -> Service:
    register(service)
    with service.store.write() as db:
        units = {("kallio", "MUG-1"): 10, ("kallio", "TEA-1"): 4, ("pasila", "MUG-1"): 6}
        stock.stocked(db, TENANT, units)
        stock.move(db, TENANT, units, reason="received", reference=None, actor="key/test", now=NOW)
    return service


def place(shop: Service, *lines: dict[str, Any], **how: Any) -> Any:
    asked = {"checkout": "c1", "seconds": 600, "lines": list(lines)} | how
    return shop.post("/v1/holds", json={name: value for name, value in asked.items() if value is not None})


def reserved(shop: Service, hub: str, sku: str) -> int:
    with shop.store.read() as db:
        return counted(db, (hub, sku))[1]


def let_expire(shop: Service, hold: str) -> None:
    """Puts the end of a hold into the past, as time would."""
    with shop.store.write() as db:
        db.execute(update(holds).where(holds.c.id == hold).values(expires_at=NOW))
        db.execute(update(held_units).where(held_units.c.hold == hold).values(expires_at=NOW))


def problems(answer: Any) -> list[tuple[str, str]]:
    return [(each["pointer"], each["code"]) for each in answer.json()["errors"]]


def test_a_hold_keeps_the_components_of_bundles(shop: Service) -> None:
    answer = place(shop, MUGS, GIFTS, id="h1")
    assert (answer.status_code, answer.headers["location"]) == (201, "/v1/holds/h1")
    hold = answer.json()
    assert (hold["state"], hold["lines"]) == ("held", [MUGS, GIFTS])
    assert hold["units"] == [
        {"hub": "kallio", "sku": "MUG-1", "quantity": 7},
        {"hub": "kallio", "sku": "TEA-1", "quantity": 2},
    ]
    assert (reserved(shop, "kallio", "MUG-1"), reserved(shop, "kallio", "TEA-1")) == (7, 2)
    assert shop.get("/v1/holds/h1").json() == hold


def test_a_hold_lasts_as_many_whole_seconds_as_it_was_asked_to(shop: Service) -> None:
    before = datetime.now().astimezone()
    ends = datetime.fromisoformat(place(shop, MUGS, seconds=600).json()["expires_at"])
    assert timedelta(seconds=600) <= ends - before
    assert ends <= datetime.now().astimezone() + timedelta(seconds=601)


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ({"checkout": None}, [("/drop", "missing-field")]),
        ({"drop": "d1"}, [("/checkout", "bad-value")]),
        ({"seconds": None}, [("/seconds", "missing-field")]),
        ({"expires_at": "2026-11-20T16:00:00Z"}, [("/expires_at", "bad-value"), ("/expires_at", "out-of-range")]),
        ({"seconds": None, "expires_at": "2026-11-20T16:00:00Z"}, [("/expires_at", "out-of-range")]),
        ({"seconds": None, "expires_at": "2999-01-01T00:00:00Z"}, [("/expires_at", "out-of-range")]),
        ({"seconds": None, "expires_at": "2999-01-01T00:00:00"}, [("/expires_at", "naive-time")]),
        ({"seconds": 0}, [("/seconds", "out-of-range")]),
        ({"seconds": 10**9}, [("/seconds", "out-of-range")]),
        ({"lines": []}, [("/lines", "empty-list")]),
        ({"lines": [{"sku": "MUG-1", "quantity": 0}]}, [("/lines/0/quantity", "out-of-range")]),
        ({"lines": [{"sku": "MUG-1", "quantity": -2}]}, [("/lines/0/quantity", "out-of-range")]),
        (
            {"lines": [{"sku": "NO", "quantity": 1, "hub": "no"}, {"sku": "NO", "quantity": 1}]},
            [("/lines/0/hub", "unknown-hub"), ("/lines/0/sku", "unknown-sku"), ("/lines/1/sku", "unknown-sku")],
        ),
    ],
)
def test_what_a_hold_cannot_mean_is_told(shop: Service, how: dict[str, Any], told: list[tuple[str, str]]) -> None:
    answer = place(shop, MUGS, **how)
    assert answer.status_code == 422
    assert sorted(problems(answer)) == sorted(told)


def test_all_lines_that_are_short_are_told_and_none_is_kept(shop: Service) -> None:
    answer = place(shop, MUGS | {"quantity": 11}, {"sku": "TEA-1", "quantity": 1}, GIFTS | {"quantity": 4})
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/hold-short")
    assert problems(answer) == [
        ("/lines/0/quantity", "stock-short"),
        ("/lines/1/quantity", "stock-short"),
        ("/lines/2/quantity", "stock-short"),
    ]
    assert reserved(shop, "kallio", "TEA-1") == 0


def test_the_same_hold_again_is_the_one_that_is_there_and_another_one_is_refused(shop: Service) -> None:
    first, second = place(shop, MUGS, id="h1"), place(shop, MUGS, id="h1", seconds=30)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert reserved(shop, "kallio", "MUG-1") == 3
    answer = place(shop, MUGS | {"quantity": 1}, id="h1")
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/hold-differs")
    assert place(shop, MUGS, id="h1", checkout="c2").status_code == 409


def test_a_hold_sent_again_with_its_key_is_placed_once(shop: Service) -> None:
    body = {"checkout": "c1", "seconds": 600, "lines": [MUGS]}
    first, second = (shop.post("/v1/holds", json=body, headers={"Idempotency-Key": "k"}) for _ in range(2))
    assert first.json() == second.json()
    assert reserved(shop, "kallio", "MUG-1") == 3


def test_an_expired_hold_shows_it_and_gives_way(shop: Service) -> None:
    place(shop, MUGS | {"quantity": 10}, id="h1")
    assert place(shop, MUGS, id="h2").status_code == 409
    let_expire(shop, "h1")
    assert shop.get("/v1/holds/h1").json()["state"] == "expired"
    assert place(shop, MUGS, id="h2").status_code == 201
    answer = shop.post("/v1/holds/h1/extend", json={"seconds": 60})
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/hold-over")
    assert shop.post("/v1/holds/h1/release").json()["state"] == "expired"
    assert reserved(shop, "kallio", "MUG-1") == 3


def test_a_hold_is_extended_and_released(shop: Service) -> None:
    ends = place(shop, MUGS, id="h1").json()["expires_at"]
    longer = shop.post("/v1/holds/h1/extend", json={"seconds": 6000}).json()
    assert longer["expires_at"] > ends
    assert problems(shop.post("/v1/holds/h1/extend", json={})) == [("/seconds", "missing-field")]
    released = shop.post("/v1/holds/h1/release").json()
    assert (released["state"], shop.post("/v1/holds/h1/release").json()) == ("released", released)
    assert reserved(shop, "kallio", "MUG-1") == 0


def test_holds_are_listed_by_drop_checkout_and_state(shop: Service) -> None:
    place(shop, MUGS, id="h1")
    place(shop, MUGS, id="h2", checkout=None, drop="d1")
    place(shop, MUGS, id="h3")
    shop.post("/v1/holds/h1/release")
    let_expire(shop, "h3")

    def ids(query: str) -> list[str]:
        return [each["id"] for each in shop.get(f"/v1/holds{query}", Role.MANAGER).json()["items"]]

    assert ids("") == ["h1", "h2", "h3"]
    assert (ids("?state=held"), ids("?state=expired"), ids("?state=released")) == (["h2"], ["h3"], ["h1"])
    assert (ids("?drop=d1"), ids("?checkout=c1"), ids("?state=converted")) == (["h2"], ["h1", "h3"], [])
    page = shop.get("/v1/holds?limit=2").json()
    assert ids(f"?limit=2&cursor={page['next']}") == ["h3"]
    assert shop.get("/v1/holds?state=gone").status_code == 422


def test_holds_of_others_and_for_other_roles_are_out_of_reach(shop: Service) -> None:
    place(shop, MUGS, id="h1")
    assert shop.get("/v1/holds/h1", tenant=OTHER).status_code == 404
    assert shop.get("/v1/holds", tenant=OTHER).json()["items"] == []
    for path, body in (("release", None), ("extend", {"seconds": 9})):
        assert shop.post(f"/v1/holds/h1/{path}", tenant=OTHER, json=body).status_code == 404
        assert shop.post(f"/v1/holds/h1/{path}", Role.MANAGER, json=body).status_code == 403
    for role in (Role.HUB, Role.COURIER):
        assert shop.get("/v1/holds/h1", role).status_code == 403
    with shop.store.read() as db:
        reserved_at = select(rows.c.reserved).where(rows.c.sku == "MUG-1", rows.c.hub == "kallio")
        assert db.execute(reserved_at).scalar_one() == 3


def test_what_becomes_of_a_hold_is_told_in_the_feed(shop: Service) -> None:
    place(shop, MUGS, id="h1")
    shop.post("/v1/holds/h1/extend", json={"seconds": 60})
    shop.post("/v1/holds/h1/release")
    shop.post("/v1/holds/h1/release")
    with shop.store.read() as db:
        told = db.execute(select(events.c.type).where(events.c.subject == "hold/h1").order_by(events.c.position))
        assert list(told.scalars()) == ["hold.created", "hold.extended", "hold.released"]
