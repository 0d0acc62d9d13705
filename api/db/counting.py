"""Counts: what somebody found at a hub becomes what is on hand, by a movement of the difference."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, select, update

from api.db import contingency, stock
from api.db.movements import Cause, Cell, Movement, row
from api.db.registry import missing
from api.db.tables.registry import hubs, skus
from api.db.tables.stock import stock as rows
from api.stocking import StockEntry, StockSetUp
from router.errors import Conflict, Fault


class FewerThanReserved(Conflict):
    """Fewer units were counted than are promised. ``short``: of each cell, how many were counted and are reserved."""

    code, title = "fewer-than-reserved", "Fewer units were counted than are reserved"

    def __init__(self, short: Mapping[Cell, tuple[int, int]]) -> None:
        told = "; ".join(below(cell, *counts) for cell, counts in sorted(short.items()))
        super().__init__(f"{told}: release holds or cancel orders first", cells=len(short))
        self.short = dict(short)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """What is so at a cell: on hand, reserved by what runs, set aside, and lent of that."""

    on_hand: int
    reserved: int
    contingency: int
    lent: int


def below(cell: Cell, counted: int, reserved: int) -> str:
    """The sentence for a count that is too low."""
    return f"{cell[0]} was found to have {counted} x {cell[1]}, of which {reserved} are promised"


def count(db: Connection, tenant: str, counted: Mapping[Cell, int], cause: Cause) -> tuple[Movement, ...]:
    """Makes what was counted what is on hand. Raises ``NowhereToStock``, ``FewerThanReserved``, ``TooMuchStock``."""
    shelves = locked(db, tenant, counted, cause.at)
    short = {cell: (units, shelves[cell].reserved) for cell, units in counted.items() if units < shelves[cell].reserved}
    if short:
        raise FewerThanReserved(short)
    changes = {cell: units - shelves[cell].on_hand for cell, units in counted.items()}
    return stock.move(
        db, tenant, changes, reason=cause.reason, reference=cause.reference, actor=cause.actor, now=cause.at
    )


def locked(db: Connection, tenant: str, cells: Collection[Cell], now: datetime) -> dict[Cell, Shelf]:
    """What is so at these cells, and stays so until the transaction ends. Raises ``NowhereToStock``."""
    stock.stocked(db, tenant, cells)
    names = {sku for _, sku in cells}
    stock.available(db, tenant, names, now, firm=True)
    found: dict[Cell, Shelf] = {}
    for each in db.execute(select(rows).where(rows.c.tenant == tenant, rows.c.sku.in_(names))):
        if (each.hub, each.sku) in cells:
            found[each.hub, each.sku] = Shelf(
                on_hand=each.on_hand, reserved=each.reserved, contingency=each.contingency, lent=each.lent
            )
    return found


def set_up(db: Connection, tenant: str, given: Sequence[StockSetUp], cause: Cause) -> tuple[Movement, ...]:
    """Counts stock and contingency, and says where it lies and what borrowing costs. Without faults: see ``wrong``."""
    moved = count(db, tenant, {(each.hub, each.sku): each.quantity for each in given}, cause)
    aside = {(each.hub, each.sku): each.contingency for each in given if each.contingency is not None}
    shelves = locked(db, tenant, set(aside), cause.at)
    changes = {cell: units - shelves[cell].contingency for cell, units in aside.items()}
    for each in given:
        said = {"contingency_cost": each.contingency_cost, "bin": each.bin}
        values = {name: value for name, value in said.items() if value is not None}
        if values:
            db.execute(update(rows).where(row(tenant, (each.hub, each.sku))).values(values))
    return (*moved, *contingency.add(db, tenant, changes, cause))


def wrong(db: Connection, tenant: str, given: Sequence[StockSetUp], now: datetime) -> list[tuple[Fault, ...]]:
    """What keeps each of these from being set up; what is right by this stays so until the transaction ends."""
    no_hubs = missing(db, tenant, hubs, {each.hub for each in given})
    no_skus = missing(db, tenant, skus, {each.sku for each in given})
    known = {(each.hub, each.sku) for each in given if each.hub not in no_hubs and each.sku not in no_skus}
    shelves = locked(db, tenant, known, now) if known else {}
    found = []
    for each in given:
        faults = [
            Fault(pointer=f"/{what}", code=f"unknown-{what}", message=f"there is no {what} {name[:60]!r}")
            for what, name, absent in (("hub", each.hub, no_hubs), ("sku", each.sku, no_skus))
            if name in absent
        ]
        shelf = shelves.get((each.hub, each.sku))
        if shelf is not None and each.quantity < shelf.reserved:
            message = below((each.hub, each.sku), each.quantity, shelf.reserved)
            faults.append(Fault(pointer="/quantity", code=FewerThanReserved.code, message=message))
        if shelf is not None and each.contingency is not None and each.contingency < shelf.lent:
            message = f"is less than the {shelf.lent} that are lent"
            faults.append(Fault(pointer="/contingency", code=contingency.ContingencyShort.code, message=message))
        found.append(tuple(faults))
    return found


def listed(
    tenant: str, now: datetime, *, hub: str | None = None, sku: str | None = None, partner: str | None = None
) -> Select[Any]:
    """What hubs have: at a hub, of a SKU, at the hubs of a partner; order it by hub and SKU."""
    wanted = select(rows, stock.free_at(now).label("free")).where(rows.c.tenant == tenant)
    for column, value in ((rows.c.hub, hub), (rows.c.sku, sku)):
        if value is not None:
            wanted = wanted.where(column == value)
    if partner is not None:
        own = select(hubs.c.id).where(and_(hubs.c.tenant == tenant, hubs.c.partner == partner))
        wanted = wanted.where(rows.c.hub.in_(own))
    return wanted


def entry_of(found: Row[Any]) -> StockEntry:
    """A row as a record."""
    return StockEntry(
        hub=found.hub,
        sku=found.sku,
        on_hand=found.on_hand,
        reserved=found.reserved,
        free=int(found.free),
        contingency=found.contingency,
        lent=found.lent,
        contingency_cost=found.contingency_cost,
        bin=found.bin,
    )
