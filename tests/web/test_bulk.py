"""Bulk requests: all rows or the good ones, each fault with its line, and nothing twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from fastapi import Response
from sqlalchemy import Connection, select

from api.bulk import CSV, NDJSON, Bulk, Kept, taking
from api.db.events import Event
from api.db.tables.events import events
from api.deps import Engineer, Now, new_id
from api.principal import Role
from api.routing import Router
from api.rows import Row
from router.model import Id, Record
from tests.web.service import TENANT, Service

CRACKED = b'{"bell": "cracked"}\n'


@dataclass(frozen=True, slots=True, kw_only=True)
class Bell(Record):
    """A bell to ring."""

    bell: Id


@pytest.fixture
def bells(service: Service) -> Service:
    """The service with a bulk route that leaves one event a row, by threes, and refuses bells that are cracked."""
    router = Router(prefix="/v1/bells")

    @router.post("/bulk", **taking(Bell))
    def ring(who: Engineer, rows: Bulk, now: Now) -> Response:
        def keep(db: Connection, given: Sequence[Row[Bell]]) -> Kept:
            whole = [row for row in given if row.record.bell != "cracked"]
            return Kept(
                outcomes=Counter(row.record.bell[0] for row in whole),
                faults=[row.fault("/bell", "bad-value", "is cracked") for row in given if row not in whole],
                happened=[
                    Event(id=new_id(), type="order.placed", subject=row.record.bell, time=now, data={}) for row in whole
                ],
            )

        return rows.load(Bell, "bell", keep, batch=3)

    service.app.include_router(router)
    return service


def lines(*names: str) -> bytes:
    return b"".join(b'{"bell": "%s"}\n' % name.encode() for name in names)


def send(service: Service, body: bytes, query: str = "", kind: str = NDJSON, key: str | None = None) -> Response:
    headers = {"Content-Type": kind, **({"Idempotency-Key": key} if key else {})}
    return service.post(f"/v1/bells/bulk{query}", content=body, headers=headers)


def rung(service: Service) -> list[str]:
    with service.store.read() as db:
        mine = select(events.c.subject).where(events.c.tenant == TENANT).order_by(events.c.position)
        return list(db.execute(mine).scalars())


def test_all_rows_are_kept_in_their_order(bells: Service) -> None:
    names = [f"{'ab'[n % 2]}{n}" for n in range(8)]
    answer = send(bells, lines(*names))
    assert answer.json() == {"rows": 8, "kept": 8, "refused": 0, "outcomes": {"a": 4, "b": 4}}
    assert rung(bells) == names


def test_csv_is_read_as_well(bells: Service) -> None:
    assert send(bells, b"bell\na\nb\n", kind=f"{CSV}; charset=utf-8").json()["kept"] == 2


def test_one_bad_row_keeps_all_of_them_out_and_every_fault_is_told(bells: Service) -> None:
    answer = send(bells, lines("a", "b", "c", "d") + CRACKED + b"{}\n" + lines("") + CRACKED)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/faulty-rows")
    assert [(each["line"], each["pointer"], each["code"]) for each in answer.json()["errors"]] == [
        (5, "/bell", "bad-value"),
        (6, "/bell", "missing-field"),
        (7, "/bell", "bad-length"),
        (8, "/bell", "bad-value"),
    ]
    assert rung(bells) == []


def test_with_partial_the_good_rows_are_kept_and_the_bad_ones_told(bells: Service) -> None:
    answer = send(bells, lines("a", "b", "c", "d") + CRACKED + b"{}\n" + lines("e"), "?partial=true")
    assert answer.status_code == 200
    told = answer.json()
    assert (told["rows"], told["kept"], told["refused"]) == (7, 5, 2)
    assert [(each["line"], each["code"]) for each in told["errors"]] == [(5, "bad-value"), (6, "missing-field")]
    assert rung(bells) == ["a", "b", "c", "d", "e"]


@pytest.mark.parametrize("query", ["", "?partial=true"])
def test_a_bulk_request_sent_again_does_nothing_twice(bells: Service, query: str) -> None:
    first, second = (send(bells, lines("a", "b"), query, key="k") for _ in range(2))
    assert first.json() == second.json()
    assert (first.headers.get("idempotency-replayed"), second.headers["idempotency-replayed"]) == (None, "true")
    assert rung(bells) == ["a", "b"]
    answer = send(bells, lines("a", "c"), query, key="k")
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/idempotency-key-reused")


def test_a_refused_bulk_request_may_be_sent_again_mended(bells: Service) -> None:
    assert send(bells, CRACKED, key="k").status_code == 422
    assert send(bells, lines("a"), key="k").status_code == 200


def test_of_very_many_faults_the_first_thousand_are_listed_and_all_are_counted(bells: Service) -> None:
    answer = send(bells, b"{}\n" * 1500)
    assert len(answer.json()["errors"]) == 1000
    assert "1500" in answer.json()["detail"]
    told = send(bells, b"{}\n" * 1500, "?partial=true").json()
    assert (told["refused"], len(told["errors"])) == (1500, 1000)


def test_a_body_of_another_kind_is_415(bells: Service) -> None:
    assert send(bells, b"[]", kind="application/xml").status_code == 415


def test_a_json_array_is_read_as_well_and_tells_the_number_of_a_bad_element(bells: Service) -> None:
    assert send(bells, b'[{"bell": "a"}, {"bell": "b"}]', kind="application/json").json()["kept"] == 2
    refused = send(bells, b'[{"bell": "a"}, {"bell": "cracked"}, {}]', kind="application/json").json()
    assert [(each["line"], each["code"]) for each in refused["errors"]] == [(2, "bad-value"), (3, "missing-field")]


def test_nobody_else_s_body_is_read(bells: Service) -> None:
    sent = 0

    def parts() -> object:
        nonlocal sent
        while sent < 50:
            sent += 1
            yield lines("a") * 10_000

    answer = bells.post("/v1/bells/bulk", Role.AUDITOR, content=parts(), headers={"Content-Type": NDJSON})
    assert answer.status_code == 403
    assert rung(bells) == []


def test_an_empty_body_is_no_rows(bells: Service) -> None:
    for kind in (NDJSON, CSV):
        assert send(bells, b"", kind=kind).json() == {"rows": 0, "kept": 0, "refused": 0}
