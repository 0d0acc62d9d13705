"""Durable jobs with leases. Whoever asks for one adds it in the transaction of what it belongs to.

A worker claims a job for a while and says again and again that it still works on it. A job whose lease ran out is
claimed by the next one, with a higher token; whoever holds an older token can neither end the job nor, since what a job
publishes is written in the transaction that ends it, publish anything. Source: Kleppmann, "How to do distributed
locking" (2016), fencing tokens.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, delete, func, or_, select, true, update
from sqlalchemy.exc import IntegrityError

from api.db.connect import inserting
from api.db.stored import named
from api.db.tables.jobs import jobs
from router.errors import Conflict, DropwrightError, NotFound

LEASE_S = 15
"""How long a worker has a job without saying that it still works on it."""

ATTEMPTS = 3
"""How often a job is begun before it is given up as dead."""

BACKOFF_S = (2, 10)
"""How long a job waits after its first and second failed attempt."""

State: TypeAlias = Literal["queued", "running", "done", "failed", "dead", "cancelled"]
Tree: TypeAlias = Mapping[str, Any]


class NoJob(NotFound):
    """The marketplace has no job of that id."""

    code, title = "no-job", "There is no such job"

    def __init__(self) -> None:
        super().__init__("there is no job of that id")


class SlotTaken(Conflict):
    """Something of this kind is under way already, and one at a time is enough. ``job`` is its id."""

    code, title = "under-way", "That is under way already"

    def __init__(self, subject: str, job: str) -> None:
        super().__init__(f"job {job} is at work on {subject} already: wait for it, or cancel it", job=job)
        self.job = job


class JobEnded(Conflict):
    """Something was asked of a job that its state does not allow any more."""

    code, title = "job-ended", "The job has gone on"

    def __init__(self, state: str, allowed: Collection[str]) -> None:
        super().__init__(f"the job is {state}; this takes one that is {' or '.join(allowed)}", state=state)


class LeaseLost(DropwrightError):
    """A worker does not have the job any more: its lease ran out, or somebody cancelled the job."""

    code, title = "lease-lost", "The job is somebody else's by now"

    def __init__(self) -> None:
        super().__init__("the lease ran out, so what was done is not kept")


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a job has come: what a plan costs, what any plan costs at least, the gap in percent, seconds so far."""

    cost: int
    lower_bound: int
    gap_percent: float | None
    elapsed_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job as it stands. ``reason`` is a stable code and ``detail`` a sentence where it did not end well."""

    id: str
    kind: str
    subject: str
    state: State
    attempts: int
    cancel_wanted: bool
    progress: Progress | None
    result: dict[str, str | int | None] | None
    reason: str | None
    detail: str | None
    created_by: str
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """A job in a worker's hands, until ``token`` is outdated."""

    tenant: str
    id: str
    kind: str
    subject: str
    payload: Tree
    created_by: str
    attempt: int
    token: int


def add(
    db: Connection,
    tenant: str,
    job: str,
    *,
    kind: str,
    subject: str,
    payload: Tree,
    actor: str,
    now: datetime,
    slot: str | None = None,
) -> None:
    """A job that waits for a worker. Raises ``SlotTaken`` where a job with the same slot is under way."""
    row = {
        "tenant": tenant,
        "id": job,
        "kind": kind,
        "subject": subject,
        "slot": slot,
        "state": "queued",
        "payload": json.dumps(payload),
        "attempts": 0,
        "token": 0,
        "not_before": now,
        "cancel_wanted": False,
        "created_by": actor,
        "created_at": now,
    }
    new = inserting(db)(jobs).values(row).on_conflict_do_nothing().returning(jobs.c.id)
    if db.execute(new).one_or_none() is None:
        raise SlotTaken(subject, _in_slot(db, tenant, slot))


def get(db: Connection, tenant: str, job: str) -> Job:
    """One job. Raises ``NoJob``."""
    return job_of(_row(db, tenant, job))


def listed(tenant: str, *, state: str | None = None, kind: str | None = None) -> Select[Any]:
    """The jobs of a marketplace, for ``job_of``; order them by ``created_at`` and id."""
    found = select(jobs).where(jobs.c.tenant == tenant)
    for column, wanted in ((jobs.c.state, state), (jobs.c.kind, kind)):
        if wanted is not None:
            found = found.where(named(column, wanted))
    return found


def counts(db: Connection, tenant: str, *, kind: str | None = None) -> dict[str, int]:
    """How many jobs of a marketplace, or of one ``kind``, are in each state that any is in."""
    mine = jobs.c.tenant == tenant if kind is None else and_(jobs.c.tenant == tenant, named(jobs.c.kind, kind))
    grouped = select(jobs.c.state, func.count().label("number")).where(mine).group_by(jobs.c.state)
    return {row.state: int(row.number) for row in db.execute(grouped)}


def job_of(row: Row[Any]) -> Job:
    """A row of ``listed`` as a record."""
    return Job(
        id=row.id,
        kind=row.kind,
        subject=row.subject,
        state=row.state,
        attempts=row.attempts,
        cancel_wanted=row.cancel_wanted,
        progress=None if row.progress is None else Progress(**json.loads(row.progress)),
        result=None if row.result is None else json.loads(row.result),
        reason=row.reason,
        detail=row.detail,
        created_by=row.created_by,
        created_at=row.created_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
    )


def claim(
    db: Connection,
    worker: str,
    now: datetime,
    *,
    kinds: Collection[str],
    only: tuple[str, str] | None = None,
    lease_s: float = LEASE_S,
) -> Lease | None:
    """The job that has waited longest, leased to ``worker``; ``None`` where nothing waits.

    ``only``: marketplace and id of the one job to claim. What was begun too often is dead from here on.
    """
    lapsed = _lapsed(now, lease_s)
    mine = true() if only is None else and_(jobs.c.tenant == only[0], jobs.c.id == only[1])
    of_kind = and_(jobs.c.kind.in_(sorted(kinds)), mine)
    _end(
        db,
        and_(of_kind, lapsed, jobs.c.attempts >= ATTEMPTS),
        now,
        state="dead",
        reason="worker-lost",
        detail=f"the worker was lost in each of {ATTEMPTS} attempts",
    )
    waiting = or_(lapsed, _ready(now))
    oldest = (
        select(jobs.c.tenant, jobs.c.id)
        .where(of_kind, waiting)
        .order_by(jobs.c.not_before, jobs.c.created_at, jobs.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    found = db.execute(oldest).one_or_none()
    if found is None:
        return None
    values = {
        "state": "running",
        "worker": worker,
        "lease_until": now + timedelta(seconds=lease_s),
        "token": jobs.c.token + 1,
        "attempts": jobs.c.attempts + 1,
        "started_at": func.coalesce(jobs.c.started_at, now),
        "progress": None,
    }
    one = and_(jobs.c.tenant == found.tenant, jobs.c.id == found.id)
    row = db.execute(update(jobs).where(one, waiting).values(values).returning(jobs)).one_or_none()
    if row is None:
        return None
    return Lease(
        tenant=row.tenant,
        id=row.id,
        kind=row.kind,
        subject=row.subject,
        payload=json.loads(row.payload),
        created_by=row.created_by,
        attempt=row.attempts,
        token=row.token,
    )


def keep(
    db: Connection, lease: Lease, now: datetime, *, progress: Progress | None = None, lease_s: float = LEASE_S
) -> bool:
    """Makes the lease longer, and tells how far the job has come; gives whether it is to be cancelled.

    Raises ``LeaseLost``.
    """
    values: dict[str, Any] = {"lease_until": now + timedelta(seconds=lease_s)}
    if progress is not None:
        values["progress"] = json.dumps({name: getattr(progress, name) for name in Progress.__slots__})
    kept = update(jobs).where(_held(lease)).values(values).returning(jobs.c.cancel_wanted)
    found: bool | None = db.execute(kept).scalar_one_or_none()
    if found is None:
        raise LeaseLost
    return found


def finish(db: Connection, lease: Lease, now: datetime, *, result: Tree) -> None:
    """Ends a job well, in the transaction of what it publishes. Raises ``LeaseLost``; whoever catches it rolls back."""
    _ended(db, lease, now, state="done", result=json.dumps(result))


def fail(db: Connection, lease: Lease, now: datetime, *, reason: str, detail: str, again: bool = False) -> State:
    """Ends a job that came to nothing, or with ``again`` lets it wait for another attempt; gives its state.

    One that was begun too often is dead. Raises ``LeaseLost``.
    """
    why = {"reason": reason, "detail": _storable(detail)}
    if again and lease.attempt < ATTEMPTS:
        wait_s = BACKOFF_S[min(lease.attempt, len(BACKOFF_S)) - 1]
        _back(db, lease, not_before=now + timedelta(seconds=wait_s), **why)
        return "queued"
    state: State = "dead" if again else "failed"
    _ended(db, lease, now, state=state, **why)
    return state


def give_back(db: Connection, lease: Lease, now: datetime) -> None:
    """Lets another worker do it, at once and as if it had not been begun. Raises ``LeaseLost``."""
    _back(db, lease, not_before=now, attempts=jobs.c.attempts - 1)


def stop(db: Connection, lease: Lease, now: datetime) -> None:
    """Ends a job that somebody cancelled. Raises ``LeaseLost``."""
    _ended(db, lease, now, state="cancelled", reason="cancelled", detail="somebody cancelled it")


def cancel(db: Connection, tenant: str, job: str, now: datetime) -> Job:
    """Has a job end: at once while nobody does it, soon while somebody does. Once is enough.

    Raises ``NoJob``, ``JobEnded``.
    """
    found = _row(db, tenant, job, locked=True)
    idle = and_(_of(tenant, job), or_(jobs.c.state == "queued", _lapsed(now, LEASE_S)))
    if found.state == "running":
        db.execute(update(jobs).where(_of(tenant, job)).values(cancel_wanted=True))
    elif found.state not in ("queued", "cancelled"):
        raise JobEnded(found.state, ("queued", "running"))
    _end(db, idle, now, state="cancelled", reason="cancelled", detail="somebody cancelled it")
    return get(db, tenant, job)


def retry(db: Connection, tenant: str, job: str, now: datetime) -> Job:
    """Lets a job that failed, died or was cancelled wait again. Raises ``NoJob``, ``JobEnded``, ``SlotTaken``."""
    found = _row(db, tenant, job)
    over = ("failed", "dead", "cancelled")
    values = dict.fromkeys(("progress", "reason", "detail", "started_at", "ended_at"))
    values |= {"state": "queued", "attempts": 0, "not_before": now, "cancel_wanted": False}
    try:
        with db.begin_nested():
            again = db.execute(update(jobs).where(_of(tenant, job), jobs.c.state.in_(over)).values(values)).rowcount
    except IntegrityError:
        raise SlotTaken(found.subject, _in_slot(db, tenant, found.slot)) from None
    if not again:
        raise JobEnded(found.state, over)
    return get(db, tenant, job)


def forget(db: Connection, before: datetime) -> int:
    """Deletes jobs that ended strictly before; gives how many."""
    return db.execute(delete(jobs).where(jobs.c.ended_at < before)).rowcount


def _ready(now: datetime) -> ColumnElement[bool]:
    """Whether a job waits for a worker, and has waited long enough; by a clock that may have been set back since.

    One that was not begun waits for nothing, whatever the clock of whoever added it.
    """
    beyond = jobs.c.not_before > now + timedelta(seconds=2 * max(BACKOFF_S))
    return and_(jobs.c.state == "queued", or_(jobs.c.attempts == 0, jobs.c.not_before <= now, beyond))


def _lapsed(now: datetime, lease_s: float) -> ColumnElement[bool]:
    """Whether nobody has the job any more. A lease beyond what can be given is of a clock that was set back since."""
    beyond = jobs.c.lease_until > now + timedelta(seconds=2 * lease_s)
    return and_(jobs.c.state == "running", or_(jobs.c.lease_until <= now, beyond))


def _held(lease: Lease) -> ColumnElement[bool]:
    return and_(_of(lease.tenant, lease.id), jobs.c.state == "running", jobs.c.token == lease.token)


def _of(tenant: str, job: str) -> ColumnElement[bool]:
    return and_(jobs.c.tenant == tenant, named(jobs.c.id, job))


def _end(db: Connection, which: ColumnElement[bool], now: datetime, **values: Any) -> int:
    free = {"worker": None, "lease_until": None, "ended_at": now}
    return db.execute(update(jobs).where(which).values(free | values)).rowcount


def _ended(db: Connection, lease: Lease, now: datetime, **values: Any) -> None:
    if not _end(db, _held(lease), now, **values):
        raise LeaseLost


def _back(db: Connection, lease: Lease, **values: Any) -> None:
    waits = {"state": "queued", "worker": None, "lease_until": None, "progress": None}
    if not db.execute(update(jobs).where(_held(lease)).values(waits | values)).rowcount:
        raise LeaseLost


def _storable(detail: str) -> str:
    """A sentence as every database holds it, whoever wrote it: a solver's may have anything in it."""
    return detail.encode("utf-8", "replace").decode().replace("\0", "?")[:2000]


def _in_slot(db: Connection, tenant: str, slot: str | None) -> str:
    """The job that is under way in a slot, as far as it still is."""
    taken = select(jobs.c.id).where(jobs.c.tenant == tenant, jobs.c.slot == slot, jobs.c.ended_at.is_(None))
    return db.execute(taken).scalar_one_or_none() or "another"


def _row(db: Connection, tenant: str, job: str, *, locked: bool = False) -> Row[Any]:
    wanted = select(jobs).where(_of(tenant, job))
    found = db.execute(wanted.with_for_update() if locked else wanted).one_or_none()
    if found is None:
        raise NoJob
    return found
