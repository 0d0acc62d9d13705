"""Contingency: units that a seller has set aside at a hub, and may lend to a drop."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import ColumnElement, Connection, and_, select, update

from api.db.movements import Cause, Cell, Movement, change, keep, row
from api.db.stock import TooMuchStock, move
from api.db.tables.stock import stock
from router.errors import Conflict
from router.model import LARGEST


class ContingencyShort(Conflict):
    """More units are wanted than are set aside and not lent. ``short``: of each cell, how many are wanted and there."""

    code, title = "contingency-short", "Fewer units are set aside"

    def __init__(self, short: Mapping[Cell, tuple[int, int]]) -> None:
        told = (f"{hub} has {free} of the {wanted} x {sku}" for (hub, sku), (wanted, free) in sorted(short.items()))
        super().__init__(f"of what is set aside and not lent, {'; '.join(told)}", cells=len(short))
        self.short = dict(short)


def set_aside(db: Connection, tenant: str, units: Mapping[Cell, int], cause: Cause) -> tuple[Movement, ...]:
    """Moves free units from stock to contingency. Raises ``StockShort``; whoever catches it rolls back."""
    out = _moved(db, tenant, {cell: -quantity for cell, quantity in units.items()}, cause)
    return _pairs(out, add(db, tenant, units, cause))


def put_back(db: Connection, tenant: str, units: Mapping[Cell, int], cause: Cause) -> tuple[Movement, ...]:
    """Moves units that are not lent from contingency to stock. Raises ``ContingencyShort``."""
    out = add(db, tenant, {cell: -quantity for cell, quantity in units.items()}, cause)
    return _pairs(out, _moved(db, tenant, units, cause))


def add(db: Connection, tenant: str, changes: Mapping[Cell, int], cause: Cause) -> tuple[Movement, ...]:
    """Lets what is set aside rise (change > 0) or fall (< 0). Raises ``ContingencyShort``, ``TooMuchStock``."""
    moved = []
    short: dict[Cell, tuple[int, int]] = {}
    for cell, by in sorted(changes.items()):
        if not by:
            continue
        allowed = and_(stock.c.contingency + by >= stock.c.lent, stock.c.contingency <= LARGEST - by)
        done = change(db, tenant, cell, "contingency", by, cause, allowed=allowed, also={})
        if done is not None:
            moved.append(done)
        elif by > 0:
            raise TooMuchStock(*cell)
        else:
            short[cell] = (-by, _not_lent(db, tenant, cell))
    if short:
        raise ContingencyShort(short)
    keep(db, tenant, moved)
    return tuple(moved)


def lend(db: Connection, tenant: str, cell: Cell, units: int) -> None:
    """Counts units as lent that are set aside; below zero, as lent no more. Raises ``ContingencyShort``."""
    allowed: ColumnElement[bool] = stock.c.lent + units <= stock.c.contingency
    changed = update(stock).where(row(tenant, cell), allowed, stock.c.lent + units >= 0)
    if not db.execute(changed.values(lent=stock.c.lent + units)).rowcount:
        raise ContingencyShort({cell: (units, _not_lent(db, tenant, cell))})


def take(db: Connection, tenant: str, units: Mapping[Cell, int], cause: Cause) -> tuple[Movement, ...]:
    """Takes lent units away for good. Raises ``ContingencyShort``."""
    moved = []
    for cell, quantity in sorted(units.items()):
        if quantity:
            fewer = {"lent": stock.c.lent - quantity}
            allowed = stock.c.lent >= quantity
            done = change(db, tenant, cell, "contingency", -quantity, cause, allowed=allowed, also=fewer)
            if done is None:
                raise ContingencyShort({cell: (quantity, 0)})
            moved.append(done)
    keep(db, tenant, moved)
    return tuple(moved)


def _moved(db: Connection, tenant: str, changes: Mapping[Cell, int], cause: Cause) -> tuple[Movement, ...]:
    return move(db, tenant, changes, reason=cause.reason, reference=cause.reference, actor=cause.actor, now=cause.at)


def _not_lent(db: Connection, tenant: str, cell: Cell) -> int:
    found = db.execute(select(stock.c.contingency - stock.c.lent).where(row(tenant, cell))).scalar_one_or_none()
    return found or 0


def _pairs(first: tuple[Movement, ...], second: tuple[Movement, ...]) -> tuple[Movement, ...]:
    return tuple(sorted((*first, *second), key=lambda each: (each.hub, each.sku, each.number)))
