"""Drops of the marketplace."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from api import drop_flows, reopening
from api.db import drops
from api.db.drops import DropEntry, LiveDrop, State
from api.db.tables.drops import drops as rows
from api.deps import Engineer, Marketplace, Now, Read, Revision, Write
from api.drop_settings import DropSettings
from api.paging import Page, Paging
from api.routing import Body, Reply, Router, sends

router = Router(prefix="/v1/drops", tags=["drops"])


@router.post("", status_code=201, summary="Create a drop", **sends(DropSettings))
def create_drop(who: Engineer, given: Body, db: Write, now: Now) -> Reply[LiveDrop]:
    """A new drop, open for orders. Hubs, couriers and carriers are those of the registry."""
    return drop_flows.create(db, who, given, now)


@router.get("", summary="Drops, by id")
def list_drops(
    who: Marketplace,
    db: Read,
    paged: Paging,
    state: Annotated[State | None, Query(description="Those in this state alone.")] = None,
) -> Page[DropEntry]:
    """The drops of the marketplace."""
    return paged.page(db, drops.listed(who.tenant, state), [rows.c.id], drops.entry)


@router.get("/{drop}", summary="One drop")
def read_drop(who: Marketplace, drop: str, db: Read) -> Reply[LiveDrop]:
    """The drop with its revision as ETag, and how many orders it has in each state."""
    return drop_flows.show(db, who, drop)


@router.put("/{drop}", summary="Edit an open drop", **sends(DropSettings))
def edit_drop(who: Engineer, drop: str, given: Body, db: Write, revision: Revision, now: Now) -> Reply[LiveDrop]:
    """Other settings in the place of the revision in If-Match, which the orders must fit."""
    return drop_flows.edit(db, who, drop, given, revision, now)


@router.post("/{drop}/close", summary="Close a drop")
def close_drop(who: Engineer, drop: str, db: Write, now: Now) -> Reply[LiveDrop]:
    """No more orders come in; those that are in can still be held, released, changed and cancelled."""
    return drop_flows.close(db, who, drop, now)


@router.post("/{drop}/reopen", summary="Open a drop again")
def reopen_drop(who: Engineer, drop: str, db: Write, now: Now) -> Reply[LiveDrop]:
    """Orders come in again. What has begun of a released plan stays, the rest is withdrawn: close it and plan anew."""
    return reopening.reopen(db, who, drop, now)


@router.post("/{drop}/cancel", summary="Cancel a drop")
def cancel_drop(who: Engineer, drop: str, db: Write, now: Now) -> Reply[LiveDrop]:
    """Cancels a drop that is not released, and every order of it; their stock is free again."""
    return drop_flows.cancel(db, who, drop, now)
