"""Webhooks over HTTP: whose they are, what they may be, and what is seen of their secrets."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from standardwebhooks import Webhook as Verifier

from api import crew
from api.db import events, webhooks
from api.db.events import Event
from api.db.tables.idempotency import idempotency
from api.db.tables.webhooks import secrets
from api.principal import Role
from api.settings import Settings
from tests.web.service import NOW, OTHER, TENANT, Service, serving
from tests.web.sink import Reply, Sink, sink

URL = "https://hooks.example/in"
LOOPBACK = (ip_network("127.0.0.1/32"),)


def add(service: Service, role: Role = Role.ENGINEER, tenant: str = TENANT, **given: Any) -> Any:
    return service.post("/v1/webhooks", role, tenant, json={"url": URL, **given})


@pytest.fixture
def receiver() -> Iterator[Sink]:
    with sink(tls=False) as server:
        yield server


@pytest.fixture
def local(database: str, receiver: Sink) -> Iterator[Service]:
    """A service that may send to the receiver; nothing is sent until ``send``."""
    with serving(database, webhook_ports=frozenset({receiver.port}), webhook_networks=LOOPBACK) as running:
        yield running


def send(service: Service) -> None:
    state = service.app.state
    asyncio.run(crew.dispatcher(state.settings, service.store, state.drain).once())


def test_a_webhook_is_added_and_shown_without_its_secret(service: Service) -> None:
    made = add(service, id="h1", types=["order.placed"], description="the ERP")
    assert made.status_code == 201
    assert made.json()["secret"].startswith("whsec_")
    assert made.headers["location"] == "/v1/webhooks/h1"
    seen = service.get("/v1/webhooks/h1")
    assert seen.headers["etag"] == '"r1"'
    assert {name: seen.json()[name] for name in ("url", "types", "description", "enabled", "partner")} == {
        "url": URL,
        "types": ["order.placed"],
        "description": "the ERP",
        "enabled": True,
        "partner": None,
    }
    assert service.get("/v1/webhooks").json()["items"] == [seen.json()]
    assert "whsec_" not in seen.text


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"url": "http://hooks.example/"}, ("/url", "url-refused")),
        ({"url": "https://127.0.0.1/"}, ("/url", "address-refused")),
        ({"url": "https://hooks.example:22/"}, ("/url", "url-refused")),
        ({"types": ["order.exploded"]}, ("/types/0", "bad-value")),
        ({"types": []}, ("/types", "empty-list")),
        ({"secret": "mine"}, ("/secret", "unknown-field")),
    ],
)
def test_what_cannot_be_a_webhook_is_refused_with_its_place(
    service: Service, given: dict[str, Any], fault: tuple[str, str]
) -> None:
    answer = add(service, **given)
    assert answer.status_code == 422
    assert [(each["pointer"], each["code"]) for each in answer.json()["errors"]] == [fault]
    assert service.get("/v1/webhooks").json()["items"] == []


def test_an_edit_is_held_to_the_same(service: Service) -> None:
    add(service, id="h1")
    answer = service.send("PUT", "/v1/webhooks/h1", json={"url": "https://[::1]/"}, headers={"If-Match": '"r1"'})
    assert answer.json()["errors"][0]["code"] == "address-refused"
    assert service.get("/v1/webhooks/h1").json()["url"] == URL


def test_an_id_is_taken_once_and_no_answer_with_a_secret_is_kept(service: Service) -> None:
    headers = {"Idempotency-Key": "k1"}
    first = service.post("/v1/webhooks", json={"url": URL, "id": "h1"}, headers=headers)
    again = service.post("/v1/webhooks", json={"url": URL, "id": "h1"}, headers=headers)
    assert (first.status_code, again.status_code, again.json()["type"]) == (201, 409, "/problems/webhook-exists")
    with service.store.read() as db:
        assert db.execute(select(idempotency)).all() == []
        sealed = db.execute(select(secrets.c.sealed)).scalar_one()
    assert first.json()["secret"].encode() not in sealed


def test_nobody_may_have_more_webhooks_than_the_most(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "MOST", 2)
    assert [add(service).status_code for _ in range(3)] == [201, 201, 409]
    assert add(service, Role.HUB).status_code == 201


def test_operators_have_webhooks_of_their_partner_alone(service: Service) -> None:
    add(service, id="all")
    assert add(service, Role.HUB, id="north").status_code == 201
    assert add(service, Role.COURIER, id="pedal", partner="pedal").status_code == 201
    assert add(service, Role.HUB, partner="pedal").json()["errors"][0]["pointer"] == "/partner"
    assert service.get("/v1/webhooks/north").json()["partner"] == "northdock"
    seen = {role: [each["id"] for each in service.get("/v1/webhooks", role).json()["items"]] for role in Role}
    everything = ["all", "north", "pedal"]
    assert seen == {
        Role.ENGINEER: everything,
        Role.MANAGER: everything,
        Role.AUDITOR: everything,
        Role.HUB: ["north"],
        Role.COURIER: ["pedal"],
    }


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("PUT", ""),
        ("DELETE", ""),
        ("POST", "/rotate"),
        ("POST", "/test"),
        ("GET", "/deliveries"),
        ("POST", "/deliveries/1/retry"),
    ],
)
def test_what_is_somebody_elses_is_answered_like_what_there_is_not(service: Service, method: str, path: str) -> None:
    add(service, id="all")
    add(service, id="theirs", tenant=OTHER)
    given: dict[str, Any] = {"headers": {"If-Match": '"r1"'}}
    if method == "PUT":
        given["json"] = {"url": URL}
    answers = [
        service.send(method, f"/v1/webhooks/none{path}", **given),
        service.send(method, f"/v1/webhooks/theirs{path}", **given),
        service.send(method, f"/v1/webhooks/all{path}", Role.HUB, **given),
    ]
    assert {(each.status_code, each.text) for each in answers} == {(404, answers[0].text)}


@pytest.mark.parametrize("role", [Role.MANAGER, Role.AUDITOR])
def test_managers_and_auditors_look_and_change_nothing(service: Service, role: Role) -> None:
    add(service, id="h1")
    assert add(service, role).status_code == 403
    assert service.post("/v1/webhooks/h1/rotate", role).status_code == 403
    assert service.post("/v1/webhooks/h1/test", role).status_code == 403
    assert service.get("/v1/webhooks/h1/deliveries", role).status_code == 200


def test_edits_name_their_revision_and_deleting_takes_everything_along(local: Service, receiver: Sink) -> None:
    add(local, id="h1", url=f"http://127.0.0.1:{receiver.port}/")
    local.post("/v1/webhooks/h1/test")
    send(local)
    off = {"url": f"http://127.0.0.1:{receiver.port}/", "enabled": False}
    assert local.send("PUT", "/v1/webhooks/h1", json=off).status_code == 428
    changed = local.send("PUT", "/v1/webhooks/h1", json=off, headers={"If-Match": '"r1"'})
    assert (changed.json()["enabled"], changed.json()["disabled_reason"]) == (False, "by-hand")
    assert local.send("DELETE", "/v1/webhooks/h1", headers={"If-Match": '"r1"'}).status_code == 412
    assert local.send("DELETE", "/v1/webhooks/h1", headers={"If-Match": '"r2"'}).status_code == 204
    assert local.get("/v1/webhooks/h1").status_code == 404


def test_a_test_goes_the_way_of_every_event_to_that_webhook_alone(local: Service, receiver: Sink) -> None:
    secret = add(local, id="h1", url=f"http://127.0.0.1:{receiver.port}/1", types=["sku.added"]).json()["secret"]
    add(local, id="h2", url=f"http://127.0.0.1:{receiver.port}/2")
    sent = local.post("/v1/webhooks/h1/test")
    assert sent.status_code == 202
    send(local)
    (received,) = receiver.received
    assert (received.path, received.headers["webhook-id"]) == ("/1", sent.json()["event"])
    assert Verifier(secret).verify(received.body, dict(received.headers))["type"] == "webhook.test"
    (delivery,) = local.get("/v1/webhooks/h1/deliveries").json()["items"]
    assert (delivery["position"], delivery["state"]) == (sent.json()["position"], "delivered")


def test_a_rotated_secret_is_shown_once_and_both_sign(local: Service, receiver: Sink) -> None:
    old = add(local, id="h1", url=f"http://127.0.0.1:{receiver.port}/").json()["secret"]
    rotated = local.post("/v1/webhooks/h1/rotate")
    assert rotated.json()["previous_expires_at"] is not None
    local.post("/v1/webhooks/h1/test")
    send(local)
    (received,) = receiver.received
    for secret in (old, rotated.json()["secret"]):
        assert Verifier(secret).verify(received.body, dict(received.headers))
    assert len(received.headers["webhook-signature"].split()) == 2


def test_deliveries_are_paged_and_chosen_by_state_and_sent_again_by_hand(local: Service, receiver: Sink) -> None:
    add(local, id="h1", url=f"http://127.0.0.1:{receiver.port}/")
    receiver.reply = lambda received: Reply(status=400 if received.headers["webhook-id"] == "e2" else 200)
    with local.store.write() as db:
        made = [Event(id=f"e{n}", type="hub.added", subject="hub/k", time=NOW, data={}) for n in range(5)]
        events.emit(db, TENANT, made)
    send(local)
    first = local.get("/v1/webhooks/h1/deliveries?limit=2").json()
    assert [each["event"] for each in first["items"]] == ["e4", "e3"]
    rest = local.get(f"/v1/webhooks/h1/deliveries?limit=9&cursor={first['next']}").json()
    assert [each["event"] for each in rest["items"]] == ["e2", "e1", "e0"]
    (failed,) = local.get("/v1/webhooks/h1/deliveries?state=waiting").json()["items"]
    assert (failed["event"], failed["status"], failed["reason"], failed["attempts"]) == ("e2", 400, "refused", 1)
    receiver.reply = lambda _: Reply()
    again = local.post(f"/v1/webhooks/h1/deliveries/{failed['position']}/retry")
    assert (again.status_code, again.json()["state"], again.json()["attempts"]) == (200, "waiting", 0)
    send(local)
    assert local.get("/v1/webhooks/h1/deliveries?state=waiting").json()["items"] == []
    assert len(receiver.received) == 6


def test_nothing_is_sent_again_that_was_never_sent_or_is_forgotten(local: Service, receiver: Sink) -> None:
    add(local, id="h1", url=f"http://127.0.0.1:{receiver.port}/")
    assert local.post("/v1/webhooks/h1/deliveries/7/retry").json()["type"] == "/problems/no-delivery"
    position = local.post("/v1/webhooks/h1/test").json()["position"]
    send(local)
    with local.store.write() as db:
        events.forget(db, NOW.replace(year=2030))
    answer = local.post(f"/v1/webhooks/h1/deliveries/{position}/retry")
    assert (answer.status_code, answer.json()["type"]) == (410, "/problems/events-forgotten")
    assert local.get("/v1/webhooks/h1/deliveries").json()["items"][0]["state"] == "delivered"


def test_nothing_is_sent_to_a_disabled_webhook(local: Service, receiver: Sink) -> None:
    url = f"http://127.0.0.1:{receiver.port}/"
    add(local, id="h1", url=url)
    local.send("PUT", "/v1/webhooks/h1", json={"url": url, "enabled": False}, headers={"If-Match": '"r1"'})
    assert local.post("/v1/webhooks/h1/test").json()["type"] == "/problems/webhook-disabled"
    send(local)
    assert receiver.received == []


def test_a_running_service_sends_by_itself(database: str, receiver: Sink) -> None:
    given: dict[str, Any] = {"webhook_ports": frozenset({receiver.port}), "webhook_networks": LOOPBACK}
    with serving(database, webhooks=True, **given) as running:
        add(running, id="h1", url=f"http://127.0.0.1:{receiver.port}/")
        running.post("/v1/hubs", json={"id": "k", "partner": "p", "location": {"lat": 60.1, "lon": 24.9}})
        receiver.wait_for(1)
    assert b'"type":"hub.added"' in receiver.received[0].body


def test_without_a_secret_sqlite_gets_a_file_of_its_owners_and_postgresql_says_what_is_missing(
    database: str, tmp_path: Path
) -> None:
    with serving(database, secret=None) as running:
        made = add(running, id="h1")
        if database.startswith("sqlite"):
            (file,) = tmp_path.glob("*.secret")
            assert stat.S_IMODE(file.stat().st_mode) == 0o600
            assert made.status_code == 201
            crew.sealer(Settings(database=database))()
            assert [*tmp_path.glob("*.secret*")] == [file]
        else:
            assert (made.status_code, made.json()["type"]) == (503, "/problems/no-secret")
            assert running.get("/v1/webhooks").json()["items"] == []
