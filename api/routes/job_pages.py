"""The jobs page: what came to nothing first, then all; to be filtered, tried again and cancelled."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from fastapi import Query
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.db import jobs
from api.db.jobs import State
from api.db.tables.jobs import jobs as rows
from api.deps import Crew, Engineer, Marketplace, Now, Read, Write
from api.pages import page
from api.paging import Paging
from api.principal import Role
from api.routing import Router

STATES: tuple[State, ...] = ("dead", "failed", "running", "queued", "done", "cancelled")
"""In the order in which somebody should look at them."""

DEAD_SHOWN = 20
"""Dead jobs above the list of all."""

InState: TypeAlias = Annotated[State | None, Query(description="Those in this state alone.")]
OfKind: TypeAlias = Annotated[str | None, Query(max_length=50, description="Those of this kind alone.")]

router = Router(prefix="/jobs", tags=["pages"], include_in_schema=False)


@router.get("", response_class=HTMLResponse)
def jobs_page(
    who: Marketplace, db: Read, crew: Crew, paged: Paging, state: InState = None, kind: OfKind = None
) -> Response:
    """Dead jobs with their reasons, then every one, the newest first."""
    by = (rows.c.created_at, rows.c.id)
    dead = jobs.listed(who.tenant, state="dead", kind=kind).order_by(*(each.desc() for each in by)).limit(DEAD_SHOWN)
    first = state is None and paged.after is None
    return page.render(
        "jobs.html",
        who=who,
        state=state,
        states=STATES,
        kind=kind,
        kinds=sorted(crew.handlers),
        counts=jobs.counts(db, who.tenant, kind=kind),
        dead=[jobs.job_of(row) for row in db.execute(dead)] if first else [],
        page=paged.page(db, jobs.listed(who.tenant, state=state, kind=kind), by, jobs.job_of, newest_first=True),
        later=paged.after is not None,
        limit=paged.limit,
        may_change=who.role is Role.ENGINEER,
    )


@router.post("/{job}/cancel", response_class=HTMLResponse)
def cancel_on_page(
    who: Engineer, job: str, db: Write, now: Now, state: InState = None, kind: OfKind = None
) -> Response:
    """Ends a job, and shows the page again."""
    jobs.cancel(db, who.tenant, job, now)
    return RedirectResponse(page.address("/jobs", state=state, kind=kind), 303)


@router.post("/{job}/retry", response_class=HTMLResponse)
def retry_on_page(who: Engineer, job: str, db: Write, now: Now, state: InState = None, kind: OfKind = None) -> Response:
    """Lets a job wait for a worker again, and shows the page again."""
    jobs.retry(db, who.tenant, job, now)
    return RedirectResponse(page.address("/jobs", state=state, kind=kind), 303)
