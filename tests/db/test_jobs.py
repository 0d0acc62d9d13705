"""Durable jobs: claimed by one, kept as long as somebody works on them, ended by whoever holds the newest lease."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from api.db import accounts, job_queue, jobs, migrate
from api.db.connect import Database, connect
from api.db.jobs import ATTEMPTS, LEASE_S, JobEnded, Lease, LeaseLost, NoJob, Progress, SlotTaken
from tests.db.shelves import NOW, TENANT

KINDS = ("plan",)
LEASE = timedelta(seconds=LEASE_S)
SECOND = timedelta(seconds=1)


@pytest.fixture
def store(database: str) -> Iterator[Database]:
    store = connect(database, pool_size=10)
    migrate.upgrade(store)
    with store.write() as db:
        for tenant in (TENANT, "elsewhere"):
            accounts.add_tenant(db, tenant, name=tenant, now=NOW)
    yield store
    store.close()


def add(store: Database, job: str = "j1", *, slot: str | None = None, at: datetime = NOW) -> None:
    with store.write() as db:
        jobs.add(db, TENANT, job, kind="plan", subject="drop/d", payload={"n": 1}, actor="key/k", slot=slot, now=at)


def claim(store: Database, at: datetime = NOW, worker: str = "w1") -> Lease | None:
    with store.write() as db:
        return jobs.claim(db, worker, at, kinds=KINDS)


def claimed(store: Database, at: datetime = NOW) -> Lease:
    found = claim(store, at)
    assert found is not None
    return found


def state(store: Database, job: str = "j1") -> str:
    with store.read() as db:
        return jobs.get(db, TENANT, job).state


def test_the_job_that_has_waited_longest_is_claimed_first_and_once(store: Database) -> None:
    add(store, "later", at=NOW)
    add(store, "sooner", at=NOW - SECOND)
    assert [claimed(store).id, claimed(store).id, claim(store)] == ["sooner", "later", None]
    assert claimed(store, NOW + LEASE).payload == {"n": 1}


def test_many_workers_claim_each_job_once(store: Database) -> None:
    for number in range(40):
        add(store, f"j{number}")
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda number: claim(store, worker=f"w{number}"), range(60)))
    assert sorted(each.id for each in found if each) == sorted(f"j{number}" for number in range(40))


def test_a_job_of_another_kind_is_left(store: Database) -> None:
    add(store)
    with store.write() as db:
        assert jobs.claim(db, "w", NOW, kinds=("mail",)) is None


def test_what_is_added_is_there_only_if_the_transaction_is(store: Database) -> None:
    with pytest.raises(RuntimeError), store.write() as db:
        jobs.add(db, TENANT, "j1", kind="plan", subject="s", payload={}, actor="a", now=NOW)
        raise RuntimeError
    with store.read() as db, pytest.raises(NoJob):
        jobs.get(db, TENANT, "j1")


def test_a_lease_that_is_kept_is_nobody_elses(store: Database) -> None:
    add(store)
    first = claimed(store)
    with store.write() as db:
        assert not jobs.keep(db, first, NOW + LEASE - SECOND)
    assert claim(store, NOW + LEASE) is None
    assert claimed(store, NOW + 2 * LEASE - SECOND).token == first.token + 1


def test_whoever_lost_the_lease_ends_nothing(store: Database) -> None:
    add(store)
    first = claimed(store)
    second = claimed(store, NOW + LEASE)
    for late in (
        lambda db: jobs.finish(db, first, NOW, result={}),
        lambda db: jobs.fail(db, first, NOW, reason="r", detail="d"),
        lambda db: jobs.fail(db, first, NOW, reason="r", detail="d", again=True),
        lambda db: jobs.give_back(db, first, NOW),
        lambda db: jobs.stop(db, first, NOW),
        lambda db: jobs.keep(db, first, NOW),
    ):
        with pytest.raises(LeaseLost), store.write() as db:
            late(db)
    with store.write() as db:
        jobs.finish(db, second, NOW, result={"version": 1})
    with store.read() as db:
        assert jobs.get(db, TENANT, "j1").result == {"version": 1}


def test_a_clock_that_is_set_back_keeps_no_job_from_being_claimed(store: Database) -> None:
    add(store)
    first = claimed(store)
    hour = timedelta(hours=1)
    add(store, "j2")
    assert [claimed(store, NOW - hour).id, claimed(store, NOW - hour).id] == ["j1", "j2"]
    with pytest.raises(LeaseLost), store.write() as db:
        jobs.finish(db, first, NOW - hour, result={})


def test_a_job_whose_worker_is_lost_too_often_is_dead_and_may_be_tried_again(store: Database) -> None:
    add(store)
    for attempt in range(ATTEMPTS):
        assert claimed(store, NOW + attempt * LEASE).attempt == attempt + 1
    assert claim(store, NOW + ATTEMPTS * LEASE) is None
    with store.write() as db:
        dead = jobs.get(db, TENANT, "j1")
        assert (dead.state, dead.reason, dead.attempts) == ("dead", "worker-lost", ATTEMPTS)
        assert jobs.retry(db, TENANT, "j1", NOW).state == "queued"
        with pytest.raises(JobEnded):
            jobs.retry(db, TENANT, "j1", NOW)
    assert claimed(store).attempt == 1


def test_an_attempt_that_failed_waits_longer_each_time_and_the_last_is_dead(store: Database) -> None:
    add(store)
    at, states = NOW, []
    for wait_s in (2, 10, 0):
        lease = claimed(store, at)
        with store.write() as db:
            states.append(jobs.fail(db, lease, at, reason="bug", detail="x" * 3000, again=True))
        if wait_s:
            assert claim(store, at + timedelta(seconds=wait_s) - SECOND) is None
            at += timedelta(seconds=wait_s)
    assert states == ["queued", "queued", "dead"]


def test_a_job_that_is_given_back_has_not_been_begun(store: Database) -> None:
    add(store)
    lease = claimed(store)
    with store.write() as db:
        jobs.give_back(db, lease, NOW)
    assert claimed(store).attempt == 1


def test_a_waiting_job_is_cancelled_at_once_and_a_running_one_is_told(store: Database) -> None:
    add(store, "waits")
    with store.write() as db:
        assert jobs.cancel(db, TENANT, "waits", NOW).state == "cancelled"
        assert jobs.cancel(db, TENANT, "waits", NOW).state == "cancelled"
    add(store, "runs")
    lease = claimed(store)
    with store.write() as db:
        assert jobs.cancel(db, TENANT, "runs", NOW).state == "running"
        assert jobs.keep(db, lease, NOW) is True
        jobs.stop(db, lease, NOW)
    assert state(store, "runs") == "cancelled"
    add(store, "done")
    lease = claimed(store)
    with store.write() as db:
        jobs.finish(db, lease, NOW, result={})
        with pytest.raises(JobEnded):
            jobs.cancel(db, TENANT, "done", NOW)


def test_of_jobs_with_one_slot_one_is_under_way(store: Database) -> None:
    add(store, "one", slot="plan/d")
    with pytest.raises(SlotTaken) as taken:
        add(store, "two", slot="plan/d")
    assert taken.value.job == "one"
    add(store, "other", slot="plan/e")
    lease = claimed(store)
    with store.write() as db:
        jobs.fail(db, lease, NOW, reason="r", detail="d")
    add(store, "two", slot="plan/d")
    with store.write() as db, pytest.raises(SlotTaken):
        jobs.retry(db, TENANT, "one", NOW)


def test_thirty_two_ask_for_one_slot_and_one_has_it(store: Database) -> None:
    def ask(number: int) -> bool:
        try:
            add(store, f"j{number}", slot="plan/d")
        except SlotTaken:
            return False
        return True

    with ThreadPoolExecutor(10) as pool:
        assert sum(pool.map(ask, range(32))) == 1


def test_progress_is_told_with_a_sign_of_life(store: Database) -> None:
    add(store)
    lease = claimed(store)
    told = Progress(cost=1200, lower_bound=900, gap_percent=25.0, elapsed_s=1.5)
    with store.write() as db:
        jobs.keep(db, lease, NOW, progress=told)
    with store.read() as db:
        assert jobs.get(db, TENANT, "j1").progress == told


def test_jobs_of_somebody_else_are_not_there(store: Database) -> None:
    add(store)
    with store.write() as db:
        for act in (jobs.cancel, jobs.retry):
            with pytest.raises(NoJob):
                act(db, "elsewhere", "j1", NOW)
        for name in ("j1", "nul\0"):
            with pytest.raises(NoJob):
                jobs.get(db, "elsewhere", name)


def test_what_ended_long_ago_is_forgotten_and_nothing_else(store: Database) -> None:
    for name in ("old", "new", "runs"):
        add(store, name)
    with store.write() as db:
        jobs.cancel(db, TENANT, "old", NOW)
        jobs.cancel(db, TENANT, "new", NOW + SECOND)
        assert jobs.counts(db, TENANT) == {"cancelled": 2, "queued": 1}
        assert jobs.forget(db, NOW + SECOND) == 1
        assert jobs.counts(db, TENANT) == {"cancelled": 1, "queued": 1}


def test_the_queue_tells_what_waits_runs_and_died_and_since_when_a_worker_is_wanted(store: Database) -> None:
    def stands(at: datetime) -> tuple[list[int], datetime | None]:
        with store.read() as db:
            found = job_queue.stands(db, at)
        return [found.count[state] for state in ("queued", "running", "dead")], found.since

    assert stands(NOW) == ([0, 0, 0], None)
    add(store, "j1", at=NOW)
    add(store, "j2", at=NOW + SECOND)
    add(store, "later", at=NOW + 60 * SECOND)
    at = NOW + 2 * SECOND
    assert stands(at) == ([3, 0, 0], NOW)
    for attempt in range(ATTEMPTS):
        with store.write() as db:
            lease = jobs.claim(db, "w1", at, kinds=KINDS, only=(TENANT, "j1"))
            assert lease is not None
            assert job_queue.stands(db, at).count["running"] == 1
            jobs.fail(db, lease, at, reason="bug", detail="", again=True)
        if attempt == 0:
            assert stands(at) == ([3, 0, 0], NOW + SECOND)
        at += 20 * SECOND
    assert claimed(store, NOW + SECOND).id == "j2"
    assert stands(at) == ([1, 1, 1], NOW + 60 * SECOND)
