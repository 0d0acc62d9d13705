"""How the jobs of all marketplaces stand, for whoever watches over the service."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, func, select

from api.db.tables.jobs import jobs

STATES: Final = ("queued", "running", "dead")
"""States in which a job is not as somebody wants it yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobQueue:
    """Jobs in each of ``STATES``. ``since``: from when on the one that waits longest could have been begun."""

    count: Mapping[str, int]
    since: datetime | None


def stands(db: Connection, now: datetime) -> JobQueue:
    """The queue as it is at ``now``. A job that waits for its next attempt does not wait for a worker."""
    counted = select(jobs.c.state, func.count().label("jobs")).where(jobs.c.state.in_(STATES)).group_by(jobs.c.state)
    found = {row.state: row.jobs for row in db.execute(counted)}
    first = select(func.min(jobs.c.not_before)).where(jobs.c.state == "queued", jobs.c.not_before <= now)
    return JobQueue(count={state: found.get(state, 0) for state in STATES}, since=db.execute(first).scalar_one())
