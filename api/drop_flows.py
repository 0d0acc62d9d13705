"""What the marketplace does with a drop: creates it, edits it while it is open, closes it, cancels it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import partial
from urllib.parse import quote

from sqlalchemy import Connection

from api import drop_settings
from api.db import drops, events, fitting, orders, sla_log
from api.db.drops import LiveDrop
from api.db.events import Event
from api.deps import new_id
from api.drop_settings import DropSettings
from api.principal import Principal
from api.routing import Reply
from router.errors import Fault, Faulty


def create(db: Connection, who: Principal, data: bytes, now: datetime) -> Reply[LiveDrop]:
    """A new drop, open, with the settings that ``data`` spells. Raises ``Faulty``, ``DropExists``."""
    made = drops.add(db, who.tenant, _read(db, who, data), now)
    events.emit(db, who.tenant, [event(made.id, "created", now)])
    return Reply(record=made, revision=made.revision, location=f"/v1/drops/{quote(made.id, safe='')}")


def show(db: Connection, who: Principal, drop: str) -> Reply[LiveDrop]:
    """A drop with the count of its orders. Raises ``NoDrop``."""
    found = drops.get(db, who.tenant, drop)
    counted = replace(found, orders=drops.counts(db, who.tenant, drop))
    return Reply(record=counted, revision=found.revision)


def edit(db: Connection, who: Principal, drop: str, data: bytes, revision: int, now: datetime) -> Reply[LiveDrop]:
    """Other settings for an open drop.

    Raises ``Faulty``, ``NoDrop``, ``DropNotOpen``, ``Changed``, ``OrdersInTheWay``.
    """
    settings = _read(db, who, data)
    if settings.id != drop:
        message = f"is {settings.id[:60]!r}, and the address names {drop[:60]!r}; an id stays"
        raise Faulty("drop", (Fault(pointer="/id", code="bad-value", message=message),))
    made = drops.edit(db, who.tenant, settings, revision=revision, now=now)
    fitting.check(db, who.tenant, settings)
    events.emit(db, who.tenant, [event(drop, "changed", now)])
    return Reply(record=made, revision=made.revision)


def close(db: Connection, who: Principal, drop: str, now: datetime) -> Reply[LiveDrop]:
    """Lets no more orders in; closing again changes nothing. Raises ``NoDrop``, ``DropNotOpen``."""
    if drops.turn(db, who.tenant, drop, "closed", of=("open",), now=now):
        return _told(db, who, drop, [event(drop, "closed", now)], now)
    return show(db, who, drop)


def cancel(db: Connection, who: Principal, drop: str, now: datetime) -> Reply[LiveDrop]:
    """Cancels a drop that is not released, with all of its orders.

    Raises ``NoDrop``, ``DropNotOpen``, ``WorkBegun``.
    """
    if drops.turn(db, who.tenant, drop, "cancelled", of=("open", "closed"), now=now):
        gone = orders.cancel_all(db, who.tenant, drop, new_id=new_id, now=now)
        return _told(db, who, drop, [*gone, event(drop, "cancelled", now)], now)
    return show(db, who, drop)


def _told(db: Connection, who: Principal, drop: str, happened: list[Event], now: datetime) -> Reply[LiveDrop]:
    shown = show(db, who, drop)
    sla_log.tell(db, who.tenant, happened, now)
    return shown


def _read(db: Connection, who: Principal, data: bytes) -> DropSettings:
    return drop_settings.read(data, partial(drops.registered, db, who.tenant))


def event(drop: str, what: str, now: datetime) -> Event:
    """Something that happened to a drop."""
    return Event(id=new_id(), type=f"drop.{what}", subject=f"drop/{drop}", time=now, data={"drop": drop})
