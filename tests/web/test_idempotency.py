"""A POST that is sent again with its Idempotency-Key does nothing twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Annotated

import pytest
from sqlalchemy import func, select

from api.db import events
from api.db.events import Event
from api.db.tables.events import events as events_table
from api.deps import Now, Signed, Write, new_id
from api.principal import Role
from api.routing import Reply, Router, reads
from router.errors import Conflict
from router.model import Id, Record
from tests.web.service import OTHER, TENANT, Service


@dataclass(frozen=True, slots=True, kw_only=True)
class Ring(Record):
    """A bell to ring."""

    bell: Id


@pytest.fixture
def bells(service: Service) -> Service:
    """The service with a route that leaves one event each time it runs."""
    router = Router(prefix="/v1/bells")

    @router.post("", status_code=201)
    def ring(asked: Annotated[Ring, reads(Ring, "ring")], who: Signed, db: Write, now: Now) -> Reply[Ring]:
        rung = new_id()
        events.emit(db, who.tenant, [Event(id=rung, type="order.placed", subject=asked.bell, time=now, data={})])
        if asked.bell == "cracked":
            raise Conflict("it is cracked")
        return Reply(record=Ring(bell=rung), revision=1, location=f"/v1/bells/{rung}")

    service.app.include_router(router)
    return service


def rung(service: Service, tenant: str = TENANT) -> int:
    with service.store.read() as db:
        return db.execute(select(func.count()).where(events_table.c.tenant == tenant)).scalar_one()


def test_the_second_answer_is_the_first_one(bells: Service) -> None:
    first, second = (bells.post("/v1/bells", json={"bell": "b"}, headers={"Idempotency-Key": "k"}) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert first.headers["location"] == second.headers["location"]
    assert (first.headers.get("idempotency-replayed"), second.headers["idempotency-replayed"]) == (None, "true")
    assert rung(bells) == 1


def test_without_a_key_every_request_counts(bells: Service) -> None:
    for _ in range(2):
        bells.post("/v1/bells", json={"bell": "b"})
    assert rung(bells) == 2


def test_another_request_under_the_same_key_is_refused(bells: Service) -> None:
    bells.post("/v1/bells", json={"bell": "b"}, headers={"Idempotency-Key": "k"})
    answer = bells.post("/v1/bells", json={"bell": "c"}, headers={"Idempotency-Key": "k"})
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/idempotency-key-reused")


def test_a_request_that_failed_may_be_sent_again(bells: Service) -> None:
    for _ in range(2):
        answer = bells.post("/v1/bells", json={"bell": "cracked"}, headers={"Idempotency-Key": "k"})
        assert answer.status_code == 409
    assert rung(bells) == 0


def test_keys_of_others_are_other_keys(bells: Service) -> None:
    for role, tenant in ((Role.ENGINEER, TENANT), (Role.MANAGER, TENANT), (Role.ENGINEER, OTHER)):
        bells.post("/v1/bells", role, tenant, json={"bell": "b"}, headers={"Idempotency-Key": "k"})
    assert (rung(bells), rung(bells, OTHER)) == (2, 1)


def test_of_many_at_once_one_counts(bells: Service) -> None:
    def send(_: int) -> str:
        return bells.post("/v1/bells", json={"bell": "b"}, headers={"Idempotency-Key": "k"}).text

    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(send, range(16)))
    assert len(answers) == 1
    assert rung(bells) == 1
