"""What happened, as partners tell it: appended once, of nobody but themselves, and what the service does itself."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api.principal import Role
from tests.drops import base_drop
from tests.market import keen_settings_of, orders_of, register
from tests.web.service import OTHER, TENANT, Service

DROP = base_drop()
PATH = f"/v1/drops/{DROP.id}"


@pytest.fixture
def market(service: Service) -> Service:
    for tenant in (TENANT, OTHER):
        with service.store.write() as db:
            register(db, DROP, tenant)
    service.post("/v1/drops", json=keen_settings_of(DROP))
    return service


def packed(number: int = 1, **changes: Any) -> dict[str, Any]:
    told = {
        "specversion": "1.0",
        "id": f"e{number}",
        "source": "partner/northdock",
        "type": "parcel.packed",
        "time": "2026-11-20T18:40:00.250+02:00",
        "subject": "parcel/p1",
        "data": {"order": "o1", "hub": "kallio"},
    }
    return told | changes


def tell(service: Service, *events: dict[str, Any], role: Role = Role.HUB, **given: Any) -> Any:
    return service.post("/v1/events", role, json=list(events), **given)


def fault(answer: Any) -> tuple[str, str]:
    assert answer.status_code == 422, answer.text
    (told,) = answer.json()["errors"]
    return told["pointer"], told["code"]


def log(service: Service, query: str = "", **given: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = service.get(f"/v1/log{query}", **given).json()["items"]
    return found


def test_one_event_an_array_and_lines_are_taken_in_once(market: Service) -> None:
    one = market.post("/v1/events", Role.HUB, json=packed())
    assert one.json() == {"rows": 1, "kept": 1, "refused": 0, "outcomes": {"added": 1, "unchanged": 0}}
    assert tell(market, packed(), packed(2)).json()["outcomes"] == {"added": 1, "unchanged": 1}
    lines = "\n".join(json.dumps(each) for each in (packed(2), packed(3)))
    kind = {"Content-Type": "application/x-ndjson"}
    assert market.post("/v1/events", Role.HUB, content=lines, headers=kind).json()["outcomes"]["added"] == 1
    kind = {"Content-Type": "application/cloudevents+json; charset=utf-8"}
    sent = market.post("/v1/events", Role.HUB, content=json.dumps(packed(4)), headers=kind)
    assert sent.json()["outcomes"]["added"] == 1
    assert [(each["id"], each["time"], each["skewed"]) for each in log(market)] == [
        (f"e{number}", "2026-11-20T16:40:00Z", False) for number in (1, 2, 3, 4)
    ]


def test_the_same_event_with_other_content_is_refused_and_a_correction_is_not(market: Service) -> None:
    tell(market, packed())
    assert fault(tell(market, packed(type="parcel.manifested"))) == ("/id", "event-differs")
    assert tell(market, packed(recordedtime="2026-11-21T00:00:00Z")).json()["outcomes"]["unchanged"] == 1
    corrects = {"order": "o1", "hub": "kallio", "corrects": {"source": "partner/northdock", "id": "e1"}}
    assert tell(market, packed(2, data=corrects)).status_code == 200


def test_of_two_in_one_request_that_differ_the_second_is_refused_and_nothing_is_kept(market: Service) -> None:
    assert fault(tell(market, packed(), packed(type="parcel.manifested"))) == ("/id", "event-differs")
    assert log(market) == []
    some = tell(market, packed(), packed(type="parcel.manifested"), params={"partial": "true"})
    assert (some.json()["kept"], some.json()["refused"]) == (1, 1)


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"source": "partner/southdock"}, "/source"),
        ({"source": "dropwright"}, "/source"),
        ({"data": {"order": "o1", "hub": "pasila"}}, "/data"),
        ({"data": {"order": "o1"}}, "/data"),
        ({"type": "order.cleared", "subject": "order/o1"}, "/type"),
        ({"type": "excuse.accepted"}, "/type"),
        ({"type": "hub.reopened", "subject": "hub/pasila", "data": {}}, "/subject"),
        ({"type": "hub.reopened", "subject": "courier/bike-1", "data": {}}, "/subject"),
    ],
)
def test_a_partner_speaks_for_itself_alone(market: Service, changes: dict[str, Any], where: str) -> None:
    answer = tell(market, packed(**changes))
    assert answer.status_code == 422
    assert {(each["pointer"], each["code"]) for each in answer.json()["errors"]} == {(where, "not-yours")}
    assert log(market) == []


def test_a_parcel_that_another_hub_handles_is_not_theirs_and_a_new_one_of_the_same_order_is(market: Service) -> None:
    theirs = packed(source="m", data={"order": "o1", "hub": "pasila"})
    assert tell(market, theirs, role=Role.ENGINEER).status_code == 200
    assert fault(tell(market, packed(2))) == ("/subject", "not-yours")
    assert tell(market, packed(3, subject="parcel/p2")).status_code == 200
    assert tell(market, packed(4, subject="parcel/p2", data={"order": "o1"})).status_code == 200


def test_couriers_tell_of_their_couriers(market: Service) -> None:
    def delivered(courier: str) -> Any:
        told = packed(source="partner/pedal", type="parcel.delivered", data={"order": "o1", "courier": courier})
        return tell(market, told, role=Role.COURIER)

    assert fault(delivered("van-9")) == ("/data", "not-yours")
    assert delivered("bike-1").status_code == 200


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"time": "2026-11-20T18:40:00"}, ("/time", "naive-time")),
        ({"time": "soon"}, ("/time", "bad-time")),
        ({"specversion": "0.3"}, ("/specversion", "bad-value")),
        ({"id": ""}, ("/id", "wrong-type")),
        ({"data": {"order": 7}}, ("/data/order", "wrong-type")),
        ({"subject": 7}, ("/subject", "wrong-type")),
        ({"id": "x" * 501}, ("/id", "bad-length")),
    ],
)
def test_what_is_no_event_is_told_with_its_place(
    market: Service, changes: dict[str, Any], found: tuple[str, str]
) -> None:
    assert fault(tell(market, packed(**changes))) == found


def test_an_event_far_ahead_of_the_clock_is_refused_and_one_a_little_ahead_is_marked(market: Service) -> None:
    now = datetime.now(UTC)
    ahead = {"far": now + timedelta(hours=25), "little": now + timedelta(minutes=10)}
    assert fault(tell(market, packed(time=ahead["far"].isoformat()))) == ("/time", "in-the-future")
    assert tell(market, packed(time=ahead["little"].isoformat())).status_code == 200
    assert [each["skewed"] for each in log(market)] == [True]


def test_what_the_service_does_to_orders_is_in_the_log(market: Service) -> None:
    _, second, first, _ = orders_of(DROP)
    market.post(f"{PATH}/orders", json=first)
    market.post(f"{PATH}/orders/bulk", json=[second])
    market.post(f"{PATH}/orders/{second['id']}/cancel")
    market.post(f"{PATH}/close")
    market.post(f"{PATH}/plans", json={"seconds": 0.2})
    assert market.post(f"{PATH}/plans/1/release").status_code == 200
    found = log(market)
    assert {each["source"] for each in found} == {"dropwright"}
    assert sorted((each["order"], each["type"]) for each in found) == [
        ("o2", "order.cancelled"),
        ("o2", "order.cleared"),
        ("o2", "order.placed"),
        ("o3", "order.cleared"),
        ("o3", "order.placed"),
        ("o3", "plan.released"),
    ]
    (released,) = log(market, "?type=plan.released")
    assert (released["data"]["hub"], len(released["data"]["parcels"])) == ("kallio", 1)


def test_tracking_services_tell_each_checkpoint_once(market: Service) -> None:
    told = {
        "msg": {
            "tracking_number": "T1",
            "order_id": "o1",
            "checkpoints": [
                {"tag": "InTransit", "checkpoint_time": "2026-11-20T18:50:00+02:00"},
                {"tag": "Pending", "checkpoint_time": "2026-11-20T18:00:00+02:00"},
                {"tag": "Delivered", "checkpoint_time": "2026-11-20T19:20:00+02:00"},
            ],
        }
    }
    first, again = (market.post("/v1/events/aftership?parcel=p1", json=told).json() for _ in range(2))
    assert (first["outcomes"], again["outcomes"]) == ({"added": 2, "unchanged": 0}, {"added": 0, "unchanged": 2})
    assert [(each["type"], each["subject"], each["order"]) for each in log(market)] == [
        ("parcel.handed_over", "parcel/p1", "o1"),
        ("parcel.delivered", "parcel/p1", "o1"),
    ]
    assert market.post("/v1/events/easypost", json={"result": {}}).status_code == 422
    assert market.post("/v1/events/fedex", json={}).status_code == 422


@pytest.mark.parametrize("role", [Role.MANAGER, Role.AUDITOR])
def test_whoever_only_looks_tells_nothing_and_operators_see_no_log(market: Service, role: Role) -> None:
    assert tell(market, packed(), role=role).status_code == 403
    assert market.get("/v1/log", role).status_code == 200
    assert market.get("/v1/log", Role.HUB).status_code == 403


def test_the_log_of_somebody_else_is_not_seen(market: Service) -> None:
    tell(market, packed())
    assert log(market, tenant=OTHER) == []
    assert tell(market, packed(type="parcel.manifested"), tenant=OTHER).status_code == 200
    pages = market.get("/v1/log?limit=1").json()
    assert (len(pages["items"]), pages["next"]) == (1, None)
