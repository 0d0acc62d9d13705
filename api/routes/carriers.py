"""Who collects parcels at a hub."""

from __future__ import annotations

from typing import Annotated

from fastapi import Response

from api import registering
from api.bulk import Bulk, taking
from api.db.kinds import CARRIERS
from api.deps import Engineer, Marketplace, Now, Read, Revision, Write
from api.entries import CarrierEntry
from api.paging import Page, Paging
from api.routing import Reply, Router, reads

router = Router(prefix="/v1/carriers", tags=["registry"])


@router.get("", summary="Carriers, by id")
def list_carriers(who: Marketplace, db: Read, paged: Paging) -> Page[CarrierEntry]:
    """All carriers of the marketplace."""
    return registering.page(db, who, CARRIERS, paged)


@router.post("", status_code=201, summary="Add a carrier")
def add_carrier(
    who: Engineer, new: Annotated[CarrierEntry, reads(CarrierEntry, "carrier")], db: Write, now: Now
) -> Reply[CarrierEntry]:
    """A new carrier; one that is there already is edited with PUT."""
    return registering.add(db, who, CARRIERS, new, now)


@router.post("/bulk", summary="Add or replace many carriers", **taking(CarrierEntry))
def load_carriers(who: Engineer, rows: Bulk) -> Response:
    """Carriers as NDJSON or CSV. Those that are so already are left as they are."""
    return registering.load(rows, CARRIERS)


@router.get("/{carrier:path}", summary="One carrier")
def read_carrier(who: Marketplace, carrier: str, db: Read) -> Reply[CarrierEntry]:
    """The carrier with its revision as ETag."""
    return registering.shown(db, who, CARRIERS, carrier)


@router.put("/{carrier:path}", summary="Replace a carrier")
def replace_carrier(
    who: Engineer,
    carrier: str,
    new: Annotated[CarrierEntry, reads(CarrierEntry, "carrier")],
    db: Write,
    revision: Revision,
    now: Now,
) -> Reply[CarrierEntry]:
    """Another carrier in the place of the revision in If-Match."""
    return registering.replace(db, who, CARRIERS, carrier, new, revision, now)


@router.delete("/{carrier:path}", summary="Delete a carrier")
def remove_carrier(who: Engineer, carrier: str, db: Write, revision: Revision, now: Now) -> None:
    """Deletes the revision in If-Match, if nothing else needs it."""
    registering.remove(db, who, CARRIERS, carrier, revision, now)
