"""Keys and people: made by engineers, seen by auditors, of their own marketplace, and in time let in no more."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from api.db.tables import metadata
from api.principal import Role
from tests.web.service import OTHER, TENANT, Service

ADA = {"email": "Ada@Example.com", "name": "Ada", "role": "manager", "password": "four cold mugs of tea"}
KEY = {"name": "Checkout", "role": "engineer"}
ROUTES = (
    ("GET", "/v1/keys/{key}", None),
    ("DELETE", "/v1/keys/{key}", None),
    ("GET", "/v1/people/{person}", None),
    ("PUT", "/v1/people/{person}/role", {"role": "auditor"}),
    ("PUT", "/v1/people/{person}/password", {"password": "three warm mugs of tea"}),
    ("POST", "/v1/people/{person}/disable", None),
    ("POST", "/v1/people/{person}/enable", None),
)


def secret(made: dict[str, str]) -> str:
    """What a new key's text ends with; it may hold ``_`` itself."""
    return made["text"].removeprefix(f"dw_{made['prefix']}_")


def me(service: Service, key: str) -> Any:
    return service.client.get("/v1/me", headers={"Authorization": f"Bearer {key}"})


def test_a_new_key_lets_in_as_its_role_and_its_text_is_never_shown_again(service: Service) -> None:
    made = service.post("/v1/keys", json={"name": "Scanner", "role": "hub", "partner": "northdock"})
    key = made.json()
    assert made.status_code == 201
    assert made.headers["location"] == f"/v1/keys/{key['id']}"
    found = me(service, key["text"]).json()
    assert (found["role"], found["partner"], found["actor"]) == ("hub", "northdock", f"key/{key['id']}")
    for path in ("/v1/keys", f"/v1/keys/{key['id']}"):
        assert secret(key) not in service.get(path).text


def test_no_key_and_no_password_is_kept_in_the_database(service: Service) -> None:
    made = service.post("/v1/keys", json=KEY, headers={"Idempotency-Key": "k"}).json()
    assert service.post("/v1/people", json=ADA, headers={"Idempotency-Key": "p"}).status_code == 201
    with service.store.read() as db:
        tables = ("api_keys", "users", "idempotency", "audit", "events")
        kept = str([db.execute(select(metadata.tables[table])).all() for table in tables])
    assert made["prefix"] in kept
    assert secret(made) not in kept
    assert ADA["password"] not in kept


def test_a_revoked_key_lets_nobody_in_from_then_on(service: Service) -> None:
    key = service.post("/v1/keys", json=KEY).json()
    assert me(service, key["text"]).status_code == 200
    for _ in range(2):
        assert service.send("DELETE", f"/v1/keys/{key['id']}").status_code == 204
    assert me(service, key["text"]).status_code == 401
    assert "revoked_at" in service.get(f"/v1/keys/{key['id']}").json()


def test_a_key_that_expires_is_good_until_then(service: Service) -> None:
    soon = (datetime.now(UTC) + timedelta(hours=1)).isoformat(timespec="seconds")
    key = service.post("/v1/keys", json={**KEY, "expires_at": soon}).json()
    assert me(service, key["text"]).status_code == 200
    with service.store.write() as db:
        db.execute(text("UPDATE api_keys SET expires_at = created_at WHERE id = :id"), {"id": key["id"]})
    assert me(service, key["text"]).status_code == 401
    late = service.post("/v1/keys", json={**KEY, "expires_at": "2020-01-01T00:00:00Z"})
    assert (late.status_code, late.json()["type"]) == (422, "/problems/expired-already")


@pytest.mark.parametrize(("role", "partner"), [("hub", None), ("courier", None), ("manager", "x"), ("engineer", "x")])
def test_a_role_and_a_partner_go_together_or_are_refused(service: Service, role: str, partner: str | None) -> None:
    asked = {"role": role, **({"partner": partner} if partner else {})}
    person = service.post("/v1/people", json=ADA).json()["id"]
    for answer in (
        service.post("/v1/keys", json={"name": "x", **asked}),
        service.post("/v1/people", json={"email": "b@example.com", "name": "B", **asked}),
        service.send("PUT", f"/v1/people/{person}/role", json=asked),
    ):
        assert (answer.status_code, answer.json()["type"]) == (422, "/problems/partner-mismatch")


def test_a_person_is_let_in_shown_changed_and_disabled(service: Service) -> None:
    made = service.post("/v1/people", json=ADA)
    person = made.json()
    assert (made.status_code, person["email"], person["password"], person["openid"]) == (
        201,
        "ada@example.com",
        True,
        False,
    )
    changed = service.send(
        "PUT", f"/v1/people/{person['id']}/role", json={"role": "courier", "partner": "pedal"}
    ).json()
    assert (changed["role"], changed["partner"]) == ("courier", "pedal")
    disabled = service.post(f"/v1/people/{person['id']}/disable").json()
    assert service.post(f"/v1/people/{person['id']}/disable").json() == disabled
    assert "disabled_at" in disabled
    assert "disabled_at" not in service.post(f"/v1/people/{person['id']}/enable").json()
    assert [each["id"] for each in service.get("/v1/people", Role.AUDITOR).json()["items"]] == [person["id"]]


def test_an_email_address_has_one_account_however_it_is_spelt(service: Service) -> None:
    assert service.post("/v1/people", json=ADA).status_code == 201
    for tenant in (TENANT, OTHER):
        answer = service.post("/v1/people", tenant=tenant, json={**ADA, "email": " ADA@example.com "})
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/email-taken")


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"email": "nobody"}, "email-unfit"),
        ({"email": "a b@example.com"}, "email-unfit"),
        ({"password": "short"}, "password-unfit"),
        ({"password": "x" * 201}, "password-unfit"),
        ({"email": "abcdefghi@example.com", "password": "ABCDEFGHI@example.com"}, "password-unfit"),
        ({"role": "king"}, "faulty-document"),
    ],
)
def test_a_person_who_cannot_be_is_refused(service: Service, wrong: dict[str, str], code: str) -> None:
    answer = service.post("/v1/people", json={**ADA, **wrong})
    assert (answer.status_code, answer.json()["type"]) == (422, f"/problems/{code}")
    assert service.get("/v1/people").json()["items"] == []


def test_others_keys_and_people_are_not_there(service: Service) -> None:
    theirs = {
        "key": service.post("/v1/keys", tenant=OTHER, json=KEY).json()["id"],
        "person": service.post("/v1/people", tenant=OTHER, json=ADA).json()["id"],
    }
    missing = {"key": "0" * 32, "person": "0" * 32}
    for method, path, body in ROUTES:
        answers = [service.send(method, path.format(**ids), json=body) for ids in (theirs, missing)]
        assert [each.status_code for each in answers] == [404, 404], path
        first, second = (
            str(each.json()).replace(ids["key"], "").replace(ids["person"], "")
            for each, ids in zip(answers, (theirs, missing), strict=True)
        )
        assert first == second
    assert {each["id"] for each in service.get("/v1/keys").json()["items"]} == {f"{TENANT}-{role}" for role in Role}
    assert service.get("/v1/people").json()["items"] == []


def test_engineers_change_auditors_look_and_nobody_else_does(service: Service) -> None:
    person, key = service.post("/v1/people", json=ADA).json()["id"], f"{TENANT}-hub"
    for role in set(Role) - {Role.ENGINEER}:
        for method, path, body in (*ROUTES, ("POST", "/v1/keys", KEY), ("POST", "/v1/people", ADA)):
            answer = service.send(method, path.format(key=key, person=person), role, json=body)
            assert answer.status_code == (200 if (method, role) == ("GET", Role.AUDITOR) else 403), (role, path)
