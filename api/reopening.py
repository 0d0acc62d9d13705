"""Opens a drop again, so that it can be planned anew: what has begun of a released plan stays, the rest is withdrawn.

All of it happens in one transaction. What is withdrawn gives its goods back, to the very orders that they were for.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection

from api import begun, drop_flows
from api.begun import Handed
from api.db import drops, events, lending, order_rows, orders, pick_lists, reservations, stock, trips
from api.db.drops import LiveDrop
from api.db.events import Event
from api.db.movements import Cause
from api.db.pick_lists import PickListEntry
from api.db.stock import Cell
from api.db.trips import TripEntry
from api.deps import new_id
from api.principal import Principal
from api.routing import Reply
from router.model import Parcel

REASON = "withdrawn"
"""Why units come back into the stock."""


def reopen(db: Connection, who: Principal, drop: str, now: datetime) -> Reply[LiveDrop]:
    """Lets orders into a closed or released drop again; once is enough. Raises ``NoDrop``, ``DropNotOpen``."""
    tenant = who.tenant
    if not drops.turn(db, tenant, drop, "open", of=("closed", "released"), now=now):
        return drop_flows.show(db, who, drop)
    known = begun.handed(db, tenant, drop)
    told = [] if known is None else _withdraw(db, who, drop, known, now)
    shown = drop_flows.show(db, who, drop)
    events.emit(db, tenant, [*told, drop_flows.event(drop, "reopened", now)])
    return shown


def _withdraw(db: Connection, who: Principal, drop: str, known: Handed, now: datetime) -> list[Event]:
    """Takes back what has not begun: lists, trips, and the goods of their parcels. Gives what partners are told."""
    tenant = who.tenant
    lists, driven = begun.told(db, tenant, known)
    gone = [parcel for parcel in known.parcels if (parcel.hub, parcel.wave) in known.lists.keys() - lists]
    before = {parcel.id for parcel in known.planned.committed.parcels}
    stay = [each for each in known.plan.parcels if each.id in before or (each.hub, each.wave) in lists]
    picked: dict[str, set[Cell]] = {}
    for parcel in stay:
        picked.setdefault(parcel.order, set()).update((parcel.hub, line.sku) for line in parcel.lines)
    _give_back(db, tenant, drop, gone, Cause(reason=REASON, reference=f"drop/{drop}", actor=who.actor, at=now))
    lent = {parcel.order for parcel in gone if any(line.contingency for line in parcel.lines)}
    orders.given_back(db, tenant, drop, {parcel.order: parcel.order not in lent for parcel in gone}, picked, now)
    no_lists = pick_lists.withdraw(db, tenant, [known.lists[key] for key in known.lists.keys() - lists], now)
    no_trips = trips.withdraw(db, tenant, [known.trips[key] for key in known.trips.keys() - driven], now)
    return [
        *(_told(f"pick-list/{each.id}", each, {"hub": each.hub, "wave": each.wave}, now) for each in no_lists),
        *(_told(f"trip/{each.id}", each, {"courier": each.courier, "hub": each.hub}, now) for each in no_trips),
    ]


def _give_back(db: Connection, tenant: str, drop: str, gone: Iterable[Parcel], cause: Cause) -> None:
    """Puts the goods of parcels back, and reserves them for the parcels' orders; what was lent is lent again."""
    units: dict[str, dict[Cell, int]] = {}
    lent: dict[Cell, int] = {}
    for parcel in gone:
        own = units.setdefault(parcel.order, {})
        for line in parcel.lines:
            cell = (parcel.hub, line.sku)
            lent[cell] = lent.get(cell, 0) + line.contingency
            if line.quantity > line.contingency:
                own[cell] = own.get(cell, 0) + line.quantity - line.contingency
    total = reservations.summed(units.values())
    lending.restore(db, tenant, drop, lent, cause)
    stock.move(db, tenant, total, reason=cause.reason, reference=cause.reference, actor=cause.actor, now=cause.at)
    stock.reserve(db, tenant, total, cause.at)
    order_rows.add_units(db, tenant, drop, units)


def _told(subject: str, each: PickListEntry | TripEntry, data: dict[str, str], now: datetime) -> Event:
    """What a partner hears of work that it has no more."""
    kind = f"{subject.partition('/')[0]}.withdrawn"
    said = {"drop": each.drop, "version": each.plan_version, **data}
    return Event(id=new_id(), type=kind, subject=subject, time=now, data=said, partner=each.partner)
