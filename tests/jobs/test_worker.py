"""Workers: whatever befalls a job or the database, the job ends in a state that says so, and the worker goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from threading import Event
from time import monotonic, sleep
from typing import Any

import pytest
from sqlalchemy import Connection

from api.db import accounts, jobs, migrate
from api.db.connect import Database, connect
from api.db.jobs import ATTEMPTS, LEASE_S, Job
from api.db.stored import FileDamaged
from api.drain import Drain
from api.jobs import Doing, GivenUp, Handler, Publish, Worker, utc_now
from tests.db.postgres import Server
from tests.db.shelves import NOW, TENANT

KIND = "toil"
WITHIN_S = 120


def opened(address: str) -> Database:
    store = connect(address, pool_size=10)
    migrate.upgrade(store)
    with store.write() as db:
        accounts.add_tenant(db, TENANT, name=TENANT, now=NOW)
    return store


@pytest.fixture
def store(database: str) -> Iterator[Database]:
    store = opened(database)
    yield store
    store.close()


def add(store: Database, job: str = "j1") -> None:
    with store.write() as db:
        jobs.add(db, TENANT, job, kind=KIND, subject="s", payload={}, actor="key/k", now=utc_now())


def hands(store: Database, handler: Handler, **given: Any) -> Worker:
    return Worker(store=store, handlers={KIND: handler}, drain=Drain(), **given)


def job(store: Database, name: str = "j1") -> Job:
    with store.read() as db:
        return jobs.get(db, TENANT, name)


def soon(so: Callable[[], bool]) -> bool:
    give_up_at = monotonic() + WITHIN_S
    while not so() and monotonic() < give_up_at:
        sleep(0.05)
    return so()


def work(worker: Worker) -> None:
    lease = worker.claim()
    assert lease is not None
    worker.do(lease)


def publish(_db: Connection, _now: datetime) -> Mapping[str, str | int | None]:
    return {"made": 1}


def refuses(sentence: str) -> Handler:
    def handler(_doing: Doing) -> Publish:
        raise GivenUp("no-use", sentence)

    return handler


def until_told(doing: Doing) -> Publish:
    """Works until somebody does not want it any more."""
    assert doing.cancelled.wait(WITHIN_S)
    return publish


@pytest.mark.parametrize("sentence", ["nul \0", "half a character \ud800", "x" * 5000])
def test_a_reason_that_no_database_holds_is_kept_all_the_same(store: Database, sentence: str) -> None:
    add(store)
    work(hands(store, refuses(sentence)))
    found = job(store)
    assert (found.state, found.reason) == ("failed", "no-use")
    assert found.detail is not None
    assert found.detail[:3] == sentence[:3]


def test_a_bug_and_an_outage_are_tried_again_and_the_last_attempt_names_the_reason(store: Database) -> None:
    met: list[Exception] = [ValueError("a name"), FileDamaged(), FileDamaged()]

    def handler(_doing: Doing) -> Publish:
        raise met.pop(0)

    add(store)
    at = [utc_now()]
    worker, found = hands(store, handler, now=lambda: at[0]), []
    for _ in range(ATTEMPTS):
        with store.write() as db:
            lease = jobs.claim(db, "w", at[0], kinds=(KIND,))
        assert lease is not None
        worker.do(lease)
        found.append((job(store).state, job(store).reason))
        at[0] += timedelta(minutes=1)
    assert found == [("queued", "bug"), ("queued", FileDamaged.code), ("dead", FileDamaged.code)]


def test_a_worker_goes_on_after_a_bug(store: Database) -> None:
    def handler(doing: Doing) -> Publish:
        if doing.lease.id == "j1":
            raise ValueError
        return publish

    worker = hands(store, handler)
    worker.start()
    add(store, "j1")
    assert soon(lambda: job(store, "j1").reason == "bug")
    add(store, "j2")
    assert soon(lambda: job(store, "j2").state == "done")
    worker.drain.finish()


def test_a_process_that_ends_gives_back_what_it_does_as_if_it_had_not_been_begun(store: Database) -> None:
    add(store)
    worker = hands(store, until_told)
    worker.start()
    assert soon(lambda: job(store).state == "running")
    worker.drain.finish()
    assert (job(store).state, job(store).attempts) == ("queued", 0)


def test_a_job_that_is_claimed_while_the_process_ends_is_given_back(store: Database) -> None:
    add(store)
    worker = hands(store, until_told)
    lease = worker.claim()
    assert lease is not None
    worker.stop()
    worker.do(lease)
    assert (job(store).state, job(store).attempts) == ("queued", 0)


def test_a_running_job_that_is_cancelled_ends_soon(store: Database) -> None:
    add(store)
    worker = hands(store, until_told)
    worker.start()
    assert soon(lambda: job(store).state == "running")
    with store.write() as db:
        assert jobs.cancel(db, TENANT, "j1", utc_now()).cancel_wanted
    assert soon(lambda: job(store).state == "cancelled")
    worker.drain.finish()


def test_a_job_whose_worker_is_lost_is_cancelled_at_once(store: Database) -> None:
    add(store)
    assert hands(store, until_told).claim() is not None
    with store.write() as db:
        assert jobs.cancel(db, TENANT, "j1", utc_now() + timedelta(seconds=LEASE_S + 1)).state == "cancelled"


def test_a_plan_is_not_lost_to_a_database_that_was_away_for_a_while(durable_postgres: Server) -> None:
    away, tries = Event(), []

    def handler(_doing: Doing) -> Publish:
        assert away.wait(WITHIN_S)
        return made

    def made(db: Connection, now: datetime) -> Mapping[str, str | int | None]:
        tries.append(now)
        return publish(db, now)

    store = opened(durable_postgres.create())
    add(store)
    worker = hands(store, handler, lease_s=WITHIN_S)
    worker.start()
    assert soon(lambda: job(store).state == "running")
    durable_postgres.stop("immediate")
    away.set()
    sleep(1)
    durable_postgres.start()
    assert soon(lambda: job(store).state == "done")
    assert (job(store).attempts, len(tries)) == (1, 1)
    worker.drain.finish()
    store.close()


def test_a_machine_whose_clock_is_wrong_takes_no_job_from_another(postgres: str) -> None:
    store = opened(postgres)
    for number in range(2):
        add(store, f"j{number}")
    ahead = hands(store, until_told, now=lambda: utc_now() + timedelta(hours=1))
    right = hands(store, until_told)
    behind = hands(store, until_told, now=lambda: utc_now() - timedelta(hours=1))
    claimed = [each.claim() for each in (ahead, right, behind, ahead)]
    assert [None if each is None else each.id for each in claimed] == ["j0", "j1", None, None]
    store.close()
