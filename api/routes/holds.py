"""Stock that is kept for a drop or a checkout until an instant."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import Query

from api.db import events, holds
from api.db.tables.holds import holds as rows
from api.deps import Engineer, Marketplace, Now, Read, Write, new_id
from api.holding import Extension, Hold, NewHold, State, checked, extended
from api.paging import Page, Paging
from api.routing import Reply, Router, reads

router = Router(prefix="/v1/holds", tags=["stock"])

Named = Annotated[str | None, Query(max_length=200)]


@router.get("", summary="Holds, oldest first")
def list_holds(
    who: Marketplace,
    db: Read,
    now: Now,
    paged: Paging,
    drop: Named = None,
    checkout: Named = None,
    state: Annotated[State | None, Query()] = None,
) -> Page[Hold]:
    """Holds of the marketplace, of one drop or checkout, or in one state as of now."""
    wanted = holds.listed(who.tenant, drop=drop, checkout=checkout, state=state, now=now)
    return paged.page(db, wanted, [rows.c.created_at, rows.c.id], lambda row: holds.hold_of(row, now))


@router.post("", status_code=201, summary="Keep stock for a drop or a checkout")
def place_hold(who: Engineer, new: Annotated[NewHold, reads(NewHold, "hold")], db: Write, now: Now) -> Reply[Hold]:
    """All lines or none. The same hold again, by its id, is the one that is there (200)."""
    ends = checked(new, now)
    hold, is_new = holds.place(db, who.tenant, new.id or new_id(), new, ends, now)
    if is_new:
        events.emit(db, who.tenant, [holds.event(hold, "created", event_id=new_id(), now=now)])
    return Reply(record=hold, location=f"/v1/holds/{quote(hold.id, safe='')}", status=None if is_new else 200)


@router.get("/{hold:path}", summary="One hold")
def read_hold(who: Marketplace, hold: str, db: Read, now: Now) -> Hold:
    """The hold as it is now: whether it has expired, the clock says."""
    return holds.read(db, who.tenant, hold, now)


@router.post("/{hold:path}/extend", summary="Let a hold last longer")
def extend_hold(
    who: Engineer, hold: str, asked: Annotated[Extension, reads(Extension, "extension")], db: Write, now: Now
) -> Hold:
    """From now on for so many seconds, or until an instant. A hold that is over stays over (409)."""
    extended_hold = holds.extend(db, who.tenant, hold, extended(asked, now), now)
    events.emit(db, who.tenant, [holds.event(extended_hold, "extended", event_id=new_id(), now=now)])
    return extended_hold


@router.post("/{hold:path}/release", summary="Give back what a hold keeps")
def release_hold(who: Engineer, hold: str, db: Write, now: Now) -> Hold:
    """Its units are free at once. One that is over already stays what it is."""
    released, gave_back = holds.release(db, who.tenant, hold, now)
    if gave_back:
        events.emit(db, who.tenant, [holds.event(released, "released", event_id=new_id(), now=now)])
    return released
