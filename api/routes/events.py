"""What happened, for whoever asks again and again."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from fastapi import Query, Request

from api.admission import wait_aside
from api.db import events
from api.db.connect import Database
from api.deps import Signed, Store
from api.event_types import EventType
from api.feed import LONGEST_WAIT_S, Feed, follow
from api.paging import MOST
from api.routing import Router

router = Router(prefix="/v1/events", tags=["events"])

GONE: dict[int | str, dict[str, Any]] = {410: {"$ref": "#/components/responses/410"}}
"""What a route says that may be asked for events that are not kept any more."""


@router.get("", summary="Events, in the order in which they were committed", responses=GONE)
async def list_events(
    who: Signed,
    store: Store,
    request: Request,
    after: Annotated[
        int | None,
        Query(ge=0, lt=2**63, description="The next of an earlier answer; absent: from the oldest that is kept."),
    ] = None,
    limit: Annotated[int, Query(ge=1, le=MOST, description="How many events at most.")] = 100,
    wanted: Annotated[
        list[EventType] | None, Query(alias="type", max_length=100, description="Of these types alone.")
    ] = None,
    wait: Annotated[
        int, Query(ge=0, le=LONGEST_WAIT_S, description="Where there is none, seconds to wait for one.")
    ] = 0,
) -> Feed:
    """All events of the marketplace; for operators those that tell their partner something."""
    read = partial(_page, store, who.tenant, limit=limit, partner=who.partner, types=tuple(wanted or ()))
    state = request.app.state
    if wait:
        wait_aside(request)
    return await follow(read, state.heads, who.tenant, after=after, wait_s=wait, drain=state.drain)


def _page(
    store: Database, tenant: str, after: int | None, *, limit: int, partner: str | None, types: tuple[str, ...]
) -> Feed:
    with store.read() as db:
        return events.page(db, tenant, after=after, limit=limit, partner=partner, types=types)
