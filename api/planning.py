"""Plans a drop: asks for a plan, makes it outside of any transaction, keeps it as the next version.

One plan at a time is made of a drop: the job that makes it holds the drop's slot. A small drop is planned while the
request waits, by the same job that a worker would do, so that it is finished by somebody even where this process dies.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

from annotated_types import Ge, Le
from sqlalchemy import Connection
from starlette.responses import Response

from api import begun, solver
from api.assemble import drop_document
from api.db import drops, events, jobs, overrides, plans
from api.db.connect import Database
from api.db.drops import DropNotOpen
from api.db.events import Event
from api.db.jobs import Job, Progress, SlotTaken
from api.db.plans import Mishap, PlanEntry, gap_percent
from api.deps import new_id
from api.jobs import Doing, GivenUp, Publish, Worker
from api.principal import Principal
from api.routing import Reply, answer, repeated
from api.solver import Failed, Options, Solved
from router import codec
from router.errors import Conflict
from router.model import Drop, Record
from router.plan import Plan

PLAN = "plan"
"""The kind of the job."""

PLANNED = ("open", "closed")
"""States of a drop in which it can be planned."""


class PlanningAlready(Conflict):
    """Somebody is planning this drop. ``job`` is the job that does."""

    code, title = "planning-already", "The drop is being planned"

    def __init__(self, drop: str, job: str) -> None:
        super().__init__(f"drop {drop!r} is being planned by job {job}: wait for it, or cancel it", job=job)


class PlanFailed(Conflict):
    """No plan came of it. The sentence says why; the job has the code."""

    code, title = "plan-failed", "There is no plan"

    def __init__(self, job: Job) -> None:
        super().__init__(f"{job.detail} ({job.reason}, job {job.id})", job=job.id, reason=job.reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanAsked(Record):
    """How a drop is to be planned. ``seconds``: how long the solver may search, from when it begins.

    ``dry_run``: the plan is made and shown, and never becomes a version that could be released.
    """

    seconds: Annotated[float, Ge(0.1), Le(3600)] = 15.0
    seed: Annotated[int, Ge(0), Le(2**31 - 1)] = 1
    dry_run: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A plan that was made while the request waited. ``version`` is ``None`` for a dry run."""

    version: int | None
    job: str
    cost: int
    lower_bound: int | None
    gap_percent: float | None
    unserved: int
    plan: Plan


def ask(
    store: Database,
    worker: Worker,
    who: Principal,
    drop: str,
    asked: PlanAsked,
    *,
    key: str | None,
    request_sha256: str,
    small: tuple[int, float],
    now: datetime,
) -> Response:
    """Has a drop planned: 200 with the plan where it is small, else 202 with the job that makes it.

    ``small``: the most orders and seconds of a drop that is planned while the request waits. Raises ``NoDrop``,
    ``DropNotOpen``, ``PlanningAlready``, ``PlanFailed``, ``KeyReused``.
    """
    with store.write() as db:
        kept = repeated(db, who, key, request_sha256, now, lambda: _added(db, who, drop, asked, now))
        job = codec.read_as(Job, bytes(kept.body), "job")
        orders = drops.counts(db, who.tenant, drop).cleared
    if orders <= small[0] and asked.seconds <= small[1]:
        lease = worker.claim((who.tenant, job.id))
        if lease is not None:
            worker.do(lease)
    else:
        worker.wake()
    with store.read() as db:
        job = jobs.get(db, who.tenant, job.id)
        if job.state in ("failed", "dead"):
            raise PlanFailed(job)
        if job.state == "done" and orders <= small[0]:
            return answer(_planned(db, who.tenant, job), 200)
    return answer(Reply(record=job, location=f"/v1/jobs/{job.id}"), 202)


def enqueue(db: Connection, tenant: str, actor: str, drop: str, asked: PlanAsked, now: datetime) -> Job:
    """The job that makes the plan, waiting. Raises ``PlanningAlready``."""
    job = new_id()
    try:
        jobs.add(
            db,
            tenant,
            job,
            kind=PLAN,
            subject=f"drop/{drop}",
            payload={"drop": drop, "seconds": asked.seconds, "seed": asked.seed, "dry_run": asked.dry_run},
            actor=actor,
            slot=None if asked.dry_run else f"plan/{drop}",
            now=now,
        )
    except SlotTaken as taken:
        raise PlanningAlready(drop, taken.job) from None
    return jobs.get(db, tenant, job)


def _added(db: Connection, who: Principal, drop: str, asked: PlanAsked, now: datetime) -> Response:
    drops.in_state(db, who.tenant, drop, *PLANNED)
    job = enqueue(db, who.tenant, who.actor, drop, asked, now)
    return answer(Reply(record=job, location=f"/v1/jobs/{job.id}"), 202)


def _planned(db: Connection, tenant: str, job: Job) -> Planned:
    """The plan that a job made."""
    result = job.result or {}
    plan = codec.read_plan(plans.document(db, tenant, str(result["plan_sha256"])))
    version = result.get("version")
    return Planned(
        version=version if isinstance(version, int) else None,
        job=job.id,
        cost=plan.cost.total,
        lower_bound=plan.lower_bound,
        gap_percent=gap_percent(plan.cost.total, plan.lower_bound),
        unserved=len(plan.unserved),
        plan=plan,
    )


def make(doing: Doing, *, extracts: Path, workers: int, solve: Callable[..., solver.Outcome] = solver.plan) -> Publish:
    """The handler of the job: reads the drop, has it solved in a process of its own, and publishes the version.

    ``solve``: called like ``api.solver.plan``.
    """
    payload, tenant = doing.lease.payload, doing.lease.tenant
    drop: str = payload["drop"]
    now = doing.now()
    with doing.store.read() as db:
        asked = asked_document(db, tenant, drop, now)
    planned = prepared(asked, extracts)

    def tell(progress: solver.Progress) -> None:
        doing.tell(
            Progress(
                cost=progress.cost,
                lower_bound=progress.lower_bound,
                gap_percent=gap_percent(progress.cost, progress.lower_bound),
                elapsed_s=round(progress.elapsed_s, 1),
            )
        )

    options = Options(seconds=payload["seconds"], seed=payload["seed"], workers=workers)
    outcome = solve(codec.canonical(planned), options, cancelled=doing.cancelled, tell=tell)
    if isinstance(outcome, Failed):
        raise GivenUp(outcome.why.code, outcome.why.sentence)
    if not isinstance(outcome, Solved):
        raise GivenUp("cancelled", "somebody cancelled it")
    return partial(_publish, doing, drop, asked, planned, outcome)


def asked_document(db: Connection, tenant: str, drop: str, now: datetime, plan_at: datetime | None = None) -> Drop:
    """The drop as it stands and has begun, under what a person decided. ``plan_at`` where its settings give none: now.

    Raises ``NoDrop``, ``DropNotOpen``, ``Faulty``.
    """
    stands = drops.stands(db, tenant, drop)
    if stands.state not in PLANNED:
        raise DropNotOpen(drop, stands.state, PLANNED)
    at = drops.settings(db, tenant, stands).plan_at or plan_at or now.replace(microsecond=0)
    document = drop_document(db, tenant, drop, plan_at=at, now=now, committed=begun.committed(db, tenant, drop))
    return overrides.applied(document, overrides.every(db, tenant, drop))


def prepared(drop: Drop, extracts: Path) -> Drop:
    """The drop that is planned: road travel becomes the matrix that is measured on its extract. Raises ``Faulty``."""
    from router.travel import prepare

    return prepare(drop, extracts) if drop.travel.kind == "road" else drop


def _publish(
    doing: Doing, drop: str, asked: Drop, planned: Drop, solved: Solved, db: Connection, now: datetime
) -> Mapping[str, str | int | None]:
    lease = doing.lease
    if lease.payload["dry_run"]:
        sha256 = plans.keep(db, lease.tenant, solved.plan, now)
        return {"version": None, "plan_sha256": sha256}
    drops.in_state(db, lease.tenant, drop, *PLANNED)
    instead_of = solved.instead_of
    made = plans.add(
        db,
        lease.tenant,
        drop,
        asked=asked,
        planned=planned,
        plan=solved.plan,
        job=lease.id,
        instead_of=None if instead_of is None else Mishap(code=instead_of.code, sentence=instead_of.sentence),
        actor=lease.created_by,
        now=now,
    )
    events.emit(db, lease.tenant, [event("plan.made", made, now)])
    return {"version": made.version, "plan_sha256": made.plan_sha256}


def event(kind: str, entry: PlanEntry, now: datetime) -> Event:
    """Something that happened to a plan."""
    data: dict[str, Any] = {
        "drop": entry.drop,
        "version": entry.version,
        "cost": entry.cost,
        "currency": entry.currency,
        "unserved": entry.unserved,
    }
    subject = f"drop/{quote(entry.drop, safe='')}/plan/{entry.version}"
    return Event(id=new_id(), type=kind, subject=subject, time=now, data=data)
