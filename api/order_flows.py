"""What the marketplace does with the orders of a drop: posts them, one by one or by the thousand, and changes them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence, Set
from dataclasses import fields
from datetime import datetime
from typing import TypeVar
from urllib.parse import quote

from sqlalchemy import Connection
from starlette.responses import Response

from api import ordering
from api.bulk import Intake, Kept
from api.db import articles, drops, intake, orders, sla_log
from api.db.articles import Parts
from api.db.drops import DropEdited, Stands
from api.db.events import Event
from api.deps import new_id
from api.drop_settings import DropSettings
from api.ordering import NewOrder, OrderChange, PlacedOrder
from api.principal import Principal
from api.routing import Reply
from api.rows import Row
from router import codec
from router.model import Order

BATCH = 250
"""Orders in one transaction."""

_Kind = TypeVar("_Kind", NewOrder, OrderChange)


def post(db: Connection, who: Principal, drop: str, data: bytes, now: datetime) -> Reply[PlacedOrder]:
    """Takes one order in; one that was there before is answered with 200.

    Raises ``Faulty``, ``NoDrop``, ``DropNotOpen``, ``OrderDiffers``, ``HoldOver``.
    """
    stands = drops.stands(db, who.tenant, drop, firm=True)
    settings = drops.settings(db, who.tenant, stands)
    asked, made_of = _read(db, who, stands, settings, NewOrder, data)
    added = intake.add(db, who.tenant, stands, [asked], hubs=_hubs(settings), made_of=made_of, new_id=new_id, now=now)
    (fate,) = added.fates
    if fate.error is not None:
        raise fate.error
    if fate.outcome == "unchanged":
        found, revision = orders.get(db, who.tenant, drop, asked.id)
        return Reply(record=found, revision=revision, status=200)
    sla_log.tell(db, who.tenant, added.happened, now)
    record = PlacedOrder(
        **{each.name: getattr(asked, each.name) for each in fields(Order)},
        drop=drop,
        state="held" if asked.on_hold else "cleared",
        stock="reserved" if fate.outcome == "reserved" else "short",
        created_at=now,
        updated_at=now,
        recipient=asked.recipient,
    )
    return Reply(record=record, revision=1, location=f"/v1/drops/{quote(drop)}/orders/{quote(asked.id, safe='')}")


def load(rows: Intake, drop: str) -> Response:
    """Takes the orders of a bulk request in. Raises ``FaultyRows``, ``NoDrop``, ``DropNotOpen``, ``DropEdited``."""
    tenant = rows.who.tenant
    with rows.store.read() as db:
        known = drops.stands(db, tenant, drop)
        settings = drops.settings(db, tenant, known)
        sold = articles.known(db, tenant)
    look = ordering.look(drops.names(known, settings), lambda skus: sold)
    hubs = _hubs(settings)

    def keep(db: Connection, given: Sequence[Row[NewOrder]]) -> Kept:
        stands = drops.stands(db, tenant, drop, firm=True)
        if stands.settings_sha256 != known.settings_sha256:
            raise DropEdited(drop)
        asked = [row.record for row in given]
        made_of = articles.parts(db, tenant, {line.sku for order in asked for line in order.lines})
        added = intake.add(db, tenant, stands, asked, hubs=hubs, made_of=made_of, new_id=new_id, now=rows.now)
        fates = list(zip(given, added.fates, strict=True))
        faults = [row.fault(each.pointer, each.code, each.message) for row, fate in fates for each in fate.faults]
        good: Counter[str] = Counter(fate.outcome for _, fate in fates if fate.outcome != "refused")
        return Kept(outcomes=good, faults=faults, happened=added.happened)

    return rows.load(
        NewOrder, "order", keep, read=lambda data: codec.read_as(NewOrder, data, "order", look), batch=BATCH
    )


def show(db: Connection, who: Principal, drop: str, order: str) -> Reply[PlacedOrder]:
    """One order with its recipient. Raises ``NoDrop``, ``NoOrder``."""
    drops.stands(db, who.tenant, drop)
    found, revision = orders.get(db, who.tenant, drop, order)
    return Reply(record=found, revision=revision)


def change(
    db: Connection, who: Principal, drop: str, order: str, data: bytes, revision: int, now: datetime
) -> Reply[PlacedOrder]:
    """Makes an order what ``data`` asks. Raises ``Faulty``, and what ``orders.change`` raises."""
    stands = drops.stands(db, who.tenant, drop, firm=True)
    settings = drops.settings(db, who.tenant, stands)
    asked, made_of = _read(db, who, stands, settings, OrderChange, data)
    happened = orders.change(
        db,
        who.tenant,
        drop,
        order,
        asked,
        hubs=_hubs(settings),
        made_of=made_of,
        revision=revision,
        event_id=new_id(),
        now=now,
    )
    return _told(db, who, drop, order, happened, now)


def hold(db: Connection, who: Principal, drop: str, order: str, now: datetime) -> Reply[PlacedOrder]:
    """Fraud review takes an order back. Raises what ``orders.hold`` raises."""
    return _told(db, who, drop, order, orders.hold(db, who.tenant, drop, order, event_id=new_id(), now=now), now)


def release(
    db: Connection, who: Principal, drop: str, order: str, cleared_at: datetime | None, now: datetime
) -> Reply[PlacedOrder]:
    """Fraud review lets an order through, now unless told when. Raises what ``orders.release`` raises."""
    at = cleared_at or now.replace(microsecond=0)
    happened = orders.release(db, who.tenant, drop, order, cleared_at=at, event_id=new_id(), now=now)
    return _told(db, who, drop, order, happened, now)


def cancel(db: Connection, who: Principal, drop: str, order: str, now: datetime) -> Reply[PlacedOrder]:
    """Gives an order up and its stock back. Raises what ``orders.cancel`` raises."""
    return _told(db, who, drop, order, orders.cancel(db, who.tenant, drop, order, event_id=new_id(), now=now), now)


def _told(
    db: Connection, who: Principal, drop: str, order: str, happened: Sequence[Event], now: datetime
) -> Reply[PlacedOrder]:
    found, revision = orders.get(db, who.tenant, drop, order)
    if happened:
        sla_log.tell(db, who.tenant, happened, now)
    return Reply(record=found, revision=revision)


def _read(
    db: Connection, who: Principal, stands: Stands, settings: DropSettings, kind: type[_Kind], data: bytes
) -> tuple[_Kind, Parts]:
    """An order that fits the drop, and what its lines are made of. Raises ``Faulty`` with every fault."""
    made_of: Parts = {}

    def sold(skus: set[str]) -> Set[str]:
        made_of.update(articles.parts(db, who.tenant, skus))
        return made_of.keys()

    return codec.read_as(kind, data, "order", ordering.look(drops.names(stands, settings), sold)), made_of


def _hubs(settings: DropSettings) -> tuple[str, ...]:
    return tuple(hub.id for hub in settings.hubs)
