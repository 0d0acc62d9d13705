"""A person overrides the solver: the decision is checked, kept, told, and holds for the plans to come."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import quote

from sqlalchemy import Connection

from api.db import drops, events, orders, overrides
from api.db.events import Event
from api.db.orders import NoOrder
from api.db.overrides import NewOverride, Override
from api.deps import new_id
from api.planning import PLANNED
from api.principal import Principal
from api.routing import Reply
from router.errors import Fault, Faulty


def add(db: Connection, who: Principal, drop: str, new: NewOverride, now: datetime) -> Reply[Override]:
    """A new override. Raises ``NoDrop``, ``DropNotOpen``, and ``Faulty`` where the drop lacks what it names."""
    overrides.check(new)
    stands = drops.in_state(db, who.tenant, drop, *PLANNED)
    settings = drops.settings(db, who.tenant, stands)
    faults = []
    if new.order is not None:
        try:
            orders.get(db, who.tenant, drop, new.order)
        except NoOrder:
            faults.append(_unknown("order", new.order))
    if new.hub is not None and new.hub not in {each.id for each in settings.hubs}:
        faults.append(_unknown("hub", new.hub))
    if new.courier is not None and new.courier not in {each.id for each in settings.couriers}:
        faults.append(_unknown("courier", new.courier))
    if faults:
        raise Faulty("override", tuple(sorted(faults, key=lambda fault: fault.pointer)))
    made = overrides.add(db, who.tenant, drop, new_id(), new, actor=who.actor, now=now)
    events.emit(db, who.tenant, [_event(drop, made.id, "added", now)])
    return Reply(record=made, location=f"/v1/drops/{quote(drop, safe='')}/overrides/{made.id}")


def remove(db: Connection, who: Principal, drop: str, override: str, now: datetime) -> None:
    """Takes an override back. Raises ``NoDrop``, ``DropNotOpen``, ``NoOverride``."""
    drops.in_state(db, who.tenant, drop, *PLANNED)
    overrides.remove(db, who.tenant, drop, override)
    events.emit(db, who.tenant, [_event(drop, override, "removed", now)])


def _unknown(what: str, name: str) -> Fault:
    return Fault(pointer=f"/{what}", code=f"unknown-{what}", message=f"the drop has no {what} {name[:60]!r}")


def _event(drop: str, override: str, what: str, now: datetime) -> Event:
    data = {"drop": drop, "override": override}
    return Event(id=new_id(), type=f"override.{what}", subject=f"drop/{quote(drop, safe='')}", time=now, data=data)
