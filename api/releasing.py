"""Releases a plan: its stock is taken for good, hubs and couriers get their work, and nothing of it changes any more.

All of it happens in one transaction, so that it has happened whole or not at all.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, select

from api import begun, planning
from api.assemble import drop_document
from api.db import drops, events, lending, order_rows, orders, overrides, plans, releases, sla_log, stock
from api.db.events import Event
from api.db.movements import Cause
from api.db.plans import PlanEntry
from api.db.releases import Release
from api.db.sla_log import LogEntry
from api.db.stock import Cell
from api.db.tables.registry import skus as sku_rows
from api.db.tables.stock import stock as stock_rows
from api.deps import new_id
from api.principal import Principal
from api.routing import Reply
from router import codec
from router.errors import Conflict
from router.model import Drop, Parcel
from router.plan import Plan

REASON = "picked"
"""Why units leave the stock."""


class PlanOutdated(Conflict):
    """A plan is to be released that is not of the drop as it stands."""

    code, title = "plan-outdated", "The plan is not of the drop as it stands"

    def __init__(self, drop: str, version: int, why: str) -> None:
        super().__init__(f"version {version} of the plan of {drop!r} is outdated: {why}", version=version)


def release(db: Connection, who: Principal, drop: str, version: int, now: datetime) -> Reply[PlanEntry]:
    """Releases the newest plan of a closed drop; once is enough.

    Raises ``NoPlan``, ``DropNotOpen``, ``PlanOutdated``, ``StockShort``.
    """
    tenant = who.tenant
    found = plans.get(db, tenant, drop, version)
    if not drops.turn(db, tenant, drop, "released", of=("closed",), now=now):
        found = plans.get(db, tenant, drop, version)
        if found.state == "released":
            return Reply(record=found)
        raise PlanOutdated(drop, version, "another version was released")
    if found.state == "released":
        raise PlanOutdated(drop, version, "it was released before the drop was opened again")
    if not plans.release(db, tenant, drop, version, actor=who.actor, now=now):
        raise PlanOutdated(drop, version, "there is a later one")
    _same(db, tenant, found, now)
    planned = codec.read_drop(plans.spelt(db, tenant, drop, version, "drop"))
    plan = codec.read_plan(plans.spelt(db, tenant, drop, version, "plan"))
    cause = Cause(reason=REASON, reference=f"drop/{drop}", actor=who.actor, at=now)
    _take(db, tenant, drop, begun.new_parcels(planned, plan), cause)
    orders.taken(db, tenant, drop, {each.order for each in plan.unserved}, now)
    handed = releases.add(
        db,
        tenant,
        drop,
        version,
        planned,
        plan,
        _bins(db, tenant, plan),
        now,
        titles=_titles(db, tenant, planned),
        recipients=order_rows.recipients(db, tenant, drop),
    )
    sla_log.append_own(db, tenant, _logged(planned, plan, version, now), now)
    entry = plans.get(db, tenant, drop, version)
    events.emit(db, tenant, [planning.event("plan.released", entry, now), *_told(handed, now)])
    return Reply(record=entry)


def _same(db: Connection, tenant: str, found: PlanEntry, now: datetime) -> None:
    """Raises ``PlanOutdated`` where orders, settings, registry or overrides changed since the plan was asked for."""
    asked = codec.read_drop(plans.spelt(db, tenant, found.drop, found.version, "asked"))
    stands = overrides.applied(
        drop_document(
            db,
            tenant,
            found.drop,
            plan_at=asked.plan_at,
            now=now,
            committed=begun.committed(db, tenant, found.drop),
        ),
        overrides.every(db, tenant, found.drop),
    )
    if replace(stands, stock=asked.stock) == asked:
        return
    known = {order.id: order for order in asked.orders}
    same = sum(known.get(order.id) == order for order in stands.orders)
    changed = max(len(known), len(stands.orders)) - same
    what = f"{changed} orders changed" if changed else "settings, registry or overrides changed"
    raise PlanOutdated(found.drop, found.version, f"{what} since; plan again")


def _take(db: Connection, tenant: str, drop: str, parcels: Iterable[Parcel], cause: Cause) -> None:
    """Takes what the parcels hold away for good, wherever it had been reserved. Raises ``StockShort``."""
    units: dict[Cell, int] = {}
    lent: dict[Cell, int] = {}
    for parcel in parcels:
        for line in parcel.lines:
            cell = (parcel.hub, line.sku)
            units[cell] = units.get(cell, 0) + line.quantity - line.contingency
            lent[cell] = lent.get(cell, 0) + line.contingency
    lending.firm(db, tenant, drop)
    given_up = order_rows.give_up(db, tenant, drop, state="cleared")
    stock.available(db, tenant, {sku for _, sku in (*units, *given_up)}, cause.at, firm=True)
    stock.unreserve(db, tenant, given_up)
    stock.reserve(db, tenant, units, cause.at)
    stock.take(db, tenant, units, reason=cause.reason, reference=cause.reference, actor=cause.actor, now=cause.at)
    lending.consume(db, tenant, drop, lent, cause)
    lending.end(db, tenant, drop, cause)


def _bins(db: Connection, tenant: str, plan: Plan) -> Mapping[Cell, str]:
    """Where what is picked lies, as far as the hubs told."""
    hubs = sorted({parcel.hub for parcel in plan.parcels})
    columns = (stock_rows.c.hub, stock_rows.c.sku, stock_rows.c.bin)
    mine = (stock_rows.c.tenant == tenant, stock_rows.c.hub.in_(hubs), stock_rows.c.bin.is_not(None))
    return {(row.hub, row.sku): row.bin for row in db.execute(select(*columns).where(*mine))}


def _titles(db: Connection, tenant: str, planned: Drop) -> Mapping[str, str]:
    """What articles are called, as far as the marketplace told."""
    found: dict[str, str] = {}
    names = [sku.sku for sku in planned.catalog]
    for start in range(0, len(names), 500):
        some = sku_rows.c.id.in_(names[start : start + 500])
        for document in db.execute(select(sku_rows.c.document).where(sku_rows.c.tenant == tenant, some)).scalars():
            known = json.loads(document)
            if known.get("title") is not None:
                found[known["sku"]] = known["title"]
    return found


def _logged(planned: Drop, plan: Plan, version: int, now: datetime) -> list[LogEntry]:
    """What clocks learn of a release: for each order that is served, its parcels, and its hub where that is one.

    An order of which all had begun before was told of before.
    """
    parcels: dict[str, list[Parcel]] = {}
    for parcel in plan.parcels:
        parcels.setdefault(parcel.order, []).append(parcel)
    made = []
    told_anew = {parcel.order for parcel in begun.new_parcels(planned, plan)}
    for order in planned.orders:
        own = parcels.get(order.id, []) if order.id in told_anew else []
        hubs = {parcel.hub for parcel in own}
        data = {"order": order.id, "drop": planned.id, "tier": order.tier, "version": version}
        data |= {"parcels": [parcel.id for parcel in own]} | ({"hub": hubs.pop()} if len(hubs) == 1 else {})
        if own:
            made.append(sla_log.own(new_id(), "plan.released", f"order/{order.id}", now, data))
    return made


def _told(handed: Release, now: datetime) -> list[Event]:
    """What each hub and courier partner hears of."""
    lists = [
        Event(
            id=new_id(),
            type="pick-list.released",
            subject=f"pick-list/{each.id}",
            time=now,
            data={
                "drop": each.drop,
                "version": each.plan_version,
                "hub": each.hub,
                "wave": each.wave,
                "due_at": codec.plain(each.due_at),
                "lines": each.lines,
            },
            partner=each.partner,
        )
        for each in handed.pick_lists
    ]
    driven = [
        Event(
            id=new_id(),
            type="trip.released",
            subject=f"trip/{each.id}",
            time=now,
            data={
                "drop": each.drop,
                "version": each.plan_version,
                "courier": each.courier,
                "hub": each.hub,
                "load_at": codec.plain(each.load_at),
                "stops": each.stops,
            },
            partner=each.partner,
        )
        for each in handed.trips
    ]
    return lists + driven
