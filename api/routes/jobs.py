"""Jobs: what is under way, how far it has come, what came to nothing."""

from __future__ import annotations

from typing import Annotated

from fastapi import Header, Query, Request
from starlette.responses import StreamingResponse

from api import following
from api.admission import wait_aside
from api.db import jobs
from api.db.jobs import Job, State
from api.db.tables.jobs import jobs as rows
from api.deps import Engineer, Marketplace, Now, Read, Store, Write
from api.paging import Page, Paging
from api.routing import Router

router = Router(prefix="/v1/jobs", tags=["jobs"])


@router.get("", summary="Jobs, the newest first")
def list_jobs(
    who: Marketplace,
    db: Read,
    paged: Paging,
    state: Annotated[State | None, Query(description="Those in this state alone.")] = None,
) -> Page[Job]:
    """Every job of the marketplace, until it is long over. Dead ones were begun too often."""
    wanted = jobs.listed(who.tenant, state=state)
    return paged.page(db, wanted, [rows.c.created_at, rows.c.id], jobs.job_of, newest_first=True)


@router.get("/{job}", summary="One job")
def read_job(who: Marketplace, job: str, db: Read) -> Job:
    """How it stands; `result` names what it made."""
    return jobs.get(db, who.tenant, job)


@router.get(
    "/{job}/progress",
    summary="Follow a job",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "Server-sent events: `progress` while it runs, then `end`, each with the job as data.",
            "content": {"text/event-stream": {}},
        }
    },
)
def follow_job(
    who: Marketplace,
    job: str,
    request: Request,
    store: Store,
    last: Annotated[str | None, Header(alias="Last-Event-ID", max_length=200)] = None,
) -> StreamingResponse:
    """Cost, lower bound, gap and seconds of a plan as they change. Ends with the job; connect again where it breaks."""
    with store.read() as db:
        jobs.get(db, who.tenant, job)
    wait_aside(request)
    told = following.follow(store, who.tenant, job, request.app.state.drain, last)
    return StreamingResponse(told, media_type="text/event-stream", headers={"Cache-Control": "no-store"})


@router.post("/{job}/cancel", summary="Cancel a job")
def cancel_job(who: Engineer, job: str, db: Write, now: Now) -> Job:
    """Ends it: at once where it waits, within seconds where it runs. Once is enough."""
    return jobs.cancel(db, who.tenant, job, now)


@router.post("/{job}/retry", summary="Try a job again")
def retry_job(who: Engineer, job: str, db: Write, now: Now) -> Job:
    """Lets a job that failed, died or was cancelled wait for a worker again."""
    return jobs.retry(db, who.tenant, job, now)
