"""Who rides or drives out of a hub."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from fastapi import Depends, Response

from api import registering
from api.bulk import Bulk, taking
from api.db.kinds import COURIERS
from api.deps import Engineer, Now, Read, Revision, Write, allow
from api.entries import CourierEntry
from api.paging import Page, Paging
from api.principal import Principal, Role
from api.routing import Reply, Router, reads

router = Router(prefix="/v1/couriers", tags=["registry"])

CourierSide: TypeAlias = Annotated[Principal, Depends(allow(Role.ENGINEER, Role.MANAGER, Role.AUDITOR, Role.COURIER))]
"""The marketplace, and courier operators, who see their partner's couriers alone."""


@router.get("", summary="Couriers, by id")
def list_couriers(who: CourierSide, db: Read, paged: Paging) -> Page[CourierEntry]:
    """All couriers of the marketplace, for courier operators those of their partner."""
    return registering.page(db, who, COURIERS, paged, who.courier_partner)


@router.post("", status_code=201, summary="Add a courier")
def add_courier(
    who: Engineer, new: Annotated[CourierEntry, reads(CourierEntry, "courier")], db: Write, now: Now
) -> Reply[CourierEntry]:
    """A new courier; one that is there already is edited with PUT."""
    return registering.add(db, who, COURIERS, new, now)


@router.post("/bulk", summary="Add or replace many couriers", **taking(CourierEntry))
def load_couriers(who: Engineer, rows: Bulk) -> Response:
    """Couriers as NDJSON or CSV. Those that are so already are left as they are."""
    return registering.load(rows, COURIERS)


@router.get("/{courier:path}", summary="One courier")
def read_courier(who: CourierSide, courier: str, db: Read) -> Reply[CourierEntry]:
    """The courier with its revision as ETag."""
    return registering.shown(db, who, COURIERS, courier, who.courier_partner)


@router.put("/{courier:path}", summary="Replace a courier")
def replace_courier(
    who: Engineer,
    courier: str,
    new: Annotated[CourierEntry, reads(CourierEntry, "courier")],
    db: Write,
    revision: Revision,
    now: Now,
) -> Reply[CourierEntry]:
    """Another courier in the place of the revision in If-Match."""
    return registering.replace(db, who, COURIERS, courier, new, revision, now)


@router.delete("/{courier:path}", summary="Delete a courier")
def remove_courier(who: Engineer, courier: str, db: Write, revision: Revision, now: Now) -> None:
    """Deletes the revision in If-Match, if nothing else needs it."""
    registering.remove(db, who, COURIERS, courier, revision, now)
