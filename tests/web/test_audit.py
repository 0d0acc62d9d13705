"""Every request that is to change something is in the audit log, once, and the log tells nothing of anybody."""

from __future__ import annotations

from typing import Any

import pytest

from api.db import audit
from api.principal import Role
from tests.web.service import OTHER, TENANT, Service
from tests.web.story import Told

MUG = {"sku": "MUG-1", "seller": "kiln", "grams": 350, "millilitres": 900}
NDJSON = {"Content-Type": "application/x-ndjson"}


def entries(service: Service, tenant: str = TENANT) -> list[dict[str, Any]]:
    """The log as auditors read it, the oldest first."""
    answer = service.get("/v1/audit", Role.AUDITOR, tenant, params={"limit": 500})
    assert answer.status_code == 200
    assert answer.json()["next"] is None
    return list(reversed(answer.json()["items"]))


def last(service: Service) -> dict[str, Any]:
    return entries(service)[-1]


def test_a_change_is_told_with_who_what_when_to_what_and_how_it_ended(service: Service) -> None:
    answer = service.post("/v1/skus", json=MUG)
    entry = last(service)
    assert answer.status_code == 201
    assert {name: entry[name] for name in ("number", "actor", "action", "subject", "request", "status")} == {
        "number": 1,
        "actor": f"key/{TENANT}-engineer",
        "action": "POST /v1/skus",
        "subject": "/v1/skus/MUG-1",
        "request": answer.headers["x-request-id"],
        "status": 201,
    }


def test_what_edits_and_deletes_is_told_by_its_path(service: Service) -> None:
    service.post("/v1/skus", json=MUG)
    service.send("PUT", "/v1/skus/MUG-1", json=MUG, headers={"If-Match": '"r1"'})
    service.send("DELETE", "/v1/skus/MUG-1", headers={"If-Match": '"r2"'})
    told = [(each["action"], each["subject"], each["status"]) for each in entries(service)[1:]]
    assert told == [
        ("PUT /v1/skus/{sku:path}", "/v1/skus/MUG-1", 200),
        ("DELETE /v1/skus/{sku:path}", "/v1/skus/MUG-1", 204),
    ]


CHANGE_NOTHING = ("/v1/promises", "/v1/sla/what-if/{contract}/{version}")
"""What is asked by POST because the question is long."""


def test_every_change_of_the_story_is_in_the_log(service: Service) -> None:
    told = Told(service=service)
    for step, _ in told.each():
        if step.method == "GET" or step.path in CHANGE_NOTHING:
            continue
        action = last(service)["action"].replace(":path}", "}")
        assert action == f"{step.method} {step.path}"
        assert last(service)["status"] == (202 if step.path.endswith("/plans") else step.status)
    with service.store.read() as db:
        assert audit.verify(db, TENANT).count == len(entries(service))


@pytest.mark.parametrize("partial", [False, True])
def test_bulk_requests_are_told(service: Service, partial: bool) -> None:
    rows = b"".join(b'{"sku": "S-%d", "seller": "k", "grams": 1, "millilitres": 1}\n' % n for n in range(3))
    path = "/v1/skus/bulk" + ("?partial=true" if partial else "")
    assert service.post(path, content=rows, headers=NDJSON).json()["kept"] == 3
    assert [(each["action"], each["status"]) for each in entries(service)] == [("POST /v1/skus/bulk", 200)]


def test_what_was_refused_is_told_without_what_it_named(service: Service) -> None:
    service.post("/v1/skus", Role.MANAGER, json=MUG)
    service.post("/v1/skus", json={"sku": "Kanarienvogel", "grams": -1})
    service.send("DELETE", "/v1/skus/Kanarienvogel", headers={"If-Match": '"r1"'})
    service.send("PUT", "/v1/skus/Kanarienvogel", json=MUG)
    service.post("/v1/holds/Kanarienvogel/extend?x=1", content=b"{}")
    told = entries(service)
    assert [each["status"] for each in told] == [403, 422, 404, 428, 422]
    assert [each.get("subject") for each in told] == [None] * 5
    assert "anarienvogel" not in str(told)
    assert told[0]["actor"] == f"key/{TENANT}-manager"


def test_reading_is_not_told_and_neither_is_an_answer_that_is_given_again(service: Service) -> None:
    for _ in range(3):
        service.post("/v1/skus", json=MUG, headers={"Idempotency-Key": "k"})
        service.get("/v1/skus")
    assert len(entries(service)) == 1


def test_the_log_is_for_auditors_of_the_marketplace_alone(service: Service) -> None:
    service.post("/v1/skus", json=MUG)
    for path in ("/v1/audit", "/v1/audit/head"):
        for role in set(Role) - {Role.AUDITOR}:
            assert service.get(path, role).status_code == 403
        assert service.client.get(path).status_code == 401
    assert entries(service, OTHER) == []


def test_the_head_is_the_last_entry(service: Service) -> None:
    before = service.get("/v1/audit/head", Role.AUDITOR).json()
    service.post("/v1/skus", json=MUG)
    head = service.get("/v1/audit/head", Role.AUDITOR).json()
    assert before["count"] == 0
    assert head == {"count": 1, "sha256": last(service)["sha256"]}
