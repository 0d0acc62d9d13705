"""When the database fails, the service says so and when to ask again; it never answers 500, and needs no restart."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import psycopg
import pytest
from sqlalchemy import event, text

from api.deps import Write
from api.routing import Router
from tests.db.postgres import Server
from tests.web import stalls
from tests.web.service import Service, serving

RESTARTS = 3


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Service]:
    with serving(f"sqlite:///{tmp_path / 'dropwright.db'}") as running:
        stalls.add_to(running.app)
        yield running


def opened(running: Service, stall: str) -> int:
    """The status of opening a stall; a refusal says when to ask again."""
    answer = running.post("/v1/stalls", json={"id": stall}, headers={"Idempotency-Key": stall})
    if answer.status_code != 201:
        assert int(answer.headers["retry-after"]) >= 1
        assert answer.headers["content-type"] == "application/problem+json"
    status: int = answer.status_code
    return status


def test_a_restart_of_postgresql_under_load_is_503_until_it_is_back(durable_postgres: Server) -> None:
    with serving(durable_postgres.create()) as running:
        stalls.add_to(running.app)
        seen: set[int] = set()
        stop = False

        def ask(name: str) -> None:
            number = 0
            while not stop:
                stall = f"{name}-{number}"
                status = opened(running, stall)
                seen.add(status)
                number += status == 201

        load = [Thread(target=ask, args=(name,)) for name in ("a", "b", "c")]
        for thread in load:
            thread.start()
        try:
            for restart in range(RESTARTS):
                durable_postgres.stop("immediate")
                assert opened(running, f"down-{restart}") == 503
                durable_postgres.start()
                assert opened(running, f"up-{restart}") == 201
        finally:
            stop = True
            for thread in load:
                thread.join()
        assert seen == {201, 503}


def test_a_backend_that_is_killed_in_a_request_costs_that_request_alone(postgres: str) -> None:
    with serving(postgres) as running:
        router = Router(prefix="/v1/kill")

        @router.post("", status_code=204)
        def kill(db: Write) -> None:
            mine = db.execute(text("SELECT pg_backend_pid()")).scalar_one()
            with psycopg.connect(postgres, autocommit=True) as other:
                other.execute("SELECT pg_terminate_backend(%s)", (mine,))
            db.execute(text("SELECT 1"))

        running.app.include_router(router)
        answer = running.post("/v1/kill")
        assert (answer.status_code, answer.json()["type"]) == (503, "/problems/database-away")
        assert running.get("/v1/me").status_code == 200


def test_a_full_disk_is_507_for_what_writes_and_nothing_for_what_reads(sqlite: Service) -> None:
    with sqlite.store.read() as db:
        pages = db.execute(text("PRAGMA page_count")).scalar_one()
    limit = [pages + 2]
    for engine in (sqlite.store.writing, sqlite.store.reading):
        event.listen(
            engine,
            "checkout",
            lambda raw, _record, _proxy: raw.execute(f"PRAGMA max_page_count={limit[0]}").fetchall(),
        )
    statuses = [opened(sqlite, f"stall-{number:0150}") for number in range(40)]
    assert set(statuses) == {201, 507}
    assert sqlite.get("/v1/me").status_code == 200
    limit[0] = pages + 1000
    assert opened(sqlite, "room-again") == 201


def test_a_lock_that_is_kept_is_503_for_what_writes_and_nothing_for_what_reads(sqlite: Service, tmp_path: Path) -> None:
    event.listen(
        sqlite.store.writing, "checkout", lambda raw, _record, _proxy: raw.execute("PRAGMA busy_timeout=1").fetchall()
    )
    other = sqlite3.connect(tmp_path / "dropwright.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert opened(sqlite, "late") == 503
    assert sqlite.get("/v1/me").status_code == 200
    other.execute("ROLLBACK")
    other.close()
    assert opened(sqlite, "late") == 201
