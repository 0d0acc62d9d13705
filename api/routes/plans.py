"""Plans of a drop: asked for, looked at, released."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path
from starlette.responses import Response

from api import planning, releasing
from api.db import drops, plans
from api.db.jobs import Job
from api.db.plans import PlanEntry
from api.db.tables.plans import plans as rows
from api.deps import Configured, Crew, Engineer, Marketplace, Now, Read, Store, Write
from api.downloads import IfNoneMatch, described, download
from api.paging import Page, Paging
from api.planning import PlanAsked, Planned
from api.routing import Asked, Key, Reply, Router, reads, ref
from router.model import Drop
from router.plan import Plan

router = Router(prefix="/v1/drops/{drop}/plans", tags=["plans"])

Version = Annotated[int, Path(ge=1, le=2**31 - 1)]
JSON = "application/json"


@router.post(
    "",
    summary="Plan a drop",
    repeatable=False,
    responses={
        200: {"description": "The plan, of a small drop", "content": {JSON: {"schema": ref(Planned)}}},
        202: {"description": "The job that makes it", "content": {JSON: {"schema": ref(Job)}}},
    },
)
def create_plan(
    who: Engineer,
    drop: str,
    asked: Annotated[PlanAsked, reads(PlanAsked, "plan", PlanAsked())],
    store: Store,
    crew: Crew,
    settings: Configured,
    hash_of_request: Asked,
    now: Now,
    key: Key = None,
) -> Response:
    """Decides which hub picks what in which wave and who takes it when. One plan at a time is made of a drop: 409.

    A small drop is planned while you wait. For any other follow the job, whose result names the version.
    """
    return planning.ask(
        store,
        crew,
        who,
        drop,
        asked,
        key=key,
        request_sha256=hash_of_request,
        small=(settings.small_orders, settings.small_seconds),
        now=now,
    )


@router.get("", summary="Versions of a drop's plan, the newest first")
def list_plans(who: Marketplace, drop: str, db: Read, paged: Paging) -> Page[PlanEntry]:
    """What each costs, how far from the bound, and which one was released."""
    drops.stands(db, who.tenant, drop)
    return paged.page(db, plans.listed(who.tenant, drop), [rows.c.version], plans.entry, newest_first=True)


@router.get("/{version}", summary="One version")
def read_plan(who: Marketplace, drop: str, version: Version, db: Read) -> PlanEntry:
    """Where it comes from and what it costs; its documents are beside it."""
    return plans.get(db, who.tenant, drop, version)


@router.get(
    "/{version}/plan.json",
    summary="The plan",
    response_class=Response,
    responses=described(JSON, ref(Plan)),
)
def read_plan_document(who: Marketplace, drop: str, version: Version, db: Read, known: IfNoneMatch = None) -> Response:
    """The plan as a document, canonical JSON: the bytes whose SHA-256 the version tells."""
    return download(plans.file(db, who.tenant, drop, version, "plan"), known)


@router.get(
    "/{version}/drop.json",
    summary="The drop that was planned",
    response_class=Response,
    responses=described(JSON, ref(Drop)),
)
def read_drop_document(who: Marketplace, drop: str, version: Version, db: Read, known: IfNoneMatch = None) -> Response:
    """The drop as a document: `dropwright check` holds the plan against it."""
    return download(plans.file(db, who.tenant, drop, version, "drop"), known)


@router.post("/{version}/release", summary="Release a plan")
def release_plan(who: Engineer, drop: str, version: Version, db: Write, now: Now) -> Reply[PlanEntry]:
    """Takes its stock for good, gives hubs and couriers their work, and tells them. Again changes nothing."""
    return releasing.release(db, who, drop, version, now)
