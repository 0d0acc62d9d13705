"""What happened, as partners and the marketplace tell it."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from fastapi import Depends, Query, Response

from api import sla_intake
from api.bulk import Bulk, Loaded
from api.db import sla_log
from api.db.sla_log import LoggedEvent
from api.db.tables.sla import sla_events as rows
from api.deps import Engineer, Marketplace, Now, Read, Write, allow
from api.paging import Page, Paging
from api.parameters import Named
from api.principal import Principal, Role
from api.routing import Body, Router, ref

router = Router(prefix="/v1", tags=["contracts"])

Telling: TypeAlias = Annotated[Principal, Depends(allow(Role.ENGINEER, Role.HUB, Role.COURIER))]

CLOUD_EVENT: dict[str, Any] = {
    "type": "object",
    "description": "CloudEvents 1.0 in JSON; docs/events-in.md has the types.",
    "properties": {
        "specversion": {"const": "1.0"},
        "id": {"type": "string", "minLength": 1, "maxLength": 500},
        "source": {"type": "string", "minLength": 1, "maxLength": 500},
        "type": {"type": "string", "minLength": 1, "maxLength": 100},
        "time": {"type": "string", "format": "date-time"},
        "subject": {"type": "string", "maxLength": 500},
        "data": {"type": "object"},
    },
    "required": ["specversion", "id", "source", "type", "time"],
}


@router.post(
    "/events",
    summary="Tell what happened",
    repeatable=False,
    responses={200: {"description": "What became of them", "content": {"application/json": {"schema": ref(Loaded)}}}},
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": {"oneOf": [CLOUD_EVENT, {"type": "array", "items": CLOUD_EVENT}]}},
                "application/x-ndjson": {"schema": CLOUD_EVENT},
            },
        }
    },
)
def tell_events(who: Telling, given: Bulk) -> Response:
    """Appends events to the log: one, an array, or one a line. The same event again changes nothing.

    Partners speak for themselves: the source is `partner/<id>`, and it is about their hubs, couriers and parcels.
    """
    return sla_intake.load(given)


@router.post(
    "/events/{service}",
    summary="Take a tracking service's notification in",
    openapi_extra={"requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}},
)
def tell_tracking(
    who: Engineer,
    service: Literal["aftership", "easypost", "shipengine"],
    given: Body,
    db: Write,
    now: Now,
    parcel: Annotated[str | None, Query(max_length=200, description="Our parcel; else the tracking number.")] = None,
    order: Annotated[
        str | None, Query(max_length=200, description="Its order, where the notification has none.")
    ] = None,
) -> Loaded:
    """The webhook of AfterShip, EasyPost or ShipEngine: each checkpoint becomes an event, once."""
    return sla_intake.track(db, who, service, given, parcel=parcel, order=order, now=now)


@router.get("/log", summary="The log of what happened")
def list_log(
    who: Marketplace,
    db: Read,
    paged: Paging,
    order: Named = None,
    kind: Annotated[str | None, Query(alias="type", max_length=100, description="Those of this type alone.")] = None,
    source: Named = None,
) -> Page[LoggedEvent]:
    """Events in the order in which they happened, with when they arrived."""
    wanted = sla_log.listed(who.tenant, order=order, kind=kind, source=source)
    return paged.page(db, wanted, [rows.c.time, rows.c.source, rows.c.id], sla_log.entry_of)
