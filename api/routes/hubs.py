"""Where stock lies and is picked."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from fastapi import Depends, Response

from api import registering
from api.bulk import Bulk, taking
from api.db.kinds import HUBS
from api.deps import Engineer, Now, Read, Revision, Write, allow
from api.entries import HubEntry
from api.paging import Page, Paging
from api.principal import Principal, Role
from api.routing import Reply, Router, reads

router = Router(prefix="/v1/hubs", tags=["registry"])

HubSide: TypeAlias = Annotated[Principal, Depends(allow(Role.ENGINEER, Role.MANAGER, Role.AUDITOR, Role.HUB))]
"""The marketplace, and hub operators, who see their partner's hubs alone."""


@router.get("", summary="Hubs, by id")
def list_hubs(who: HubSide, db: Read, paged: Paging) -> Page[HubEntry]:
    """All hubs of the marketplace, for hub operators those of their partner."""
    return registering.page(db, who, HUBS, paged, who.hub_partner)


@router.post("", status_code=201, summary="Add a hub")
def add_hub(who: Engineer, new: Annotated[HubEntry, reads(HubEntry, "hub")], db: Write, now: Now) -> Reply[HubEntry]:
    """A new hub; one that is there already is edited with PUT."""
    return registering.add(db, who, HUBS, new, now)


@router.post("/bulk", summary="Add or replace many hubs", **taking(HubEntry))
def load_hubs(who: Engineer, rows: Bulk) -> Response:
    """Hubs as NDJSON or CSV. Those that are so already are left as they are."""
    return registering.load(rows, HUBS)


@router.get("/{hub:path}", summary="One hub")
def read_hub(who: HubSide, hub: str, db: Read) -> Reply[HubEntry]:
    """The hub with its revision as ETag."""
    return registering.shown(db, who, HUBS, hub, who.hub_partner)


@router.put("/{hub:path}", summary="Replace a hub")
def replace_hub(
    who: Engineer,
    hub: str,
    new: Annotated[HubEntry, reads(HubEntry, "hub")],
    db: Write,
    revision: Revision,
    now: Now,
) -> Reply[HubEntry]:
    """Another hub in the place of the revision in If-Match."""
    return registering.replace(db, who, HUBS, hub, new, revision, now)


@router.delete("/{hub:path}", summary="Delete a hub")
def remove_hub(who: Engineer, hub: str, db: Write, revision: Revision, now: Now) -> None:
    """Deletes the revision in If-Match, if nothing else needs it."""
    registering.remove(db, who, HUBS, hub, revision, now)
