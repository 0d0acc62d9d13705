"""Movements: every change of what lies at a hub, numbered within hub and SKU without a gap, never changed.

The number is counted in the row of the stock itself, by the very update that changes it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeAlias

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, insert, literal, select, update

from api.db.tables.movements import movements
from api.db.tables.registry import hubs
from api.db.tables.stock import stock

Cell: TypeAlias = tuple[str, str]
"""Hub and SKU."""

Pool = Literal["stock", "contingency"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Why units moved: the reason, what it was for (``order/o1``), who did it and when."""

    reason: str
    reference: str | None
    actor: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """One change of what a hub has of a SKU; ``left`` is what the pool held after it."""

    hub: str
    sku: str
    number: int
    at: datetime
    pool: Pool
    change: int
    left: int
    reason: str
    reference: str | None
    actor: str


def change(
    db: Connection,
    tenant: str,
    cell: Cell,
    pool: Pool,
    by: int,
    cause: Cause,
    *,
    allowed: ColumnElement[bool],
    also: Mapping[str, Any],
) -> Movement | None:
    """Changes a pool of a cell under a guard, and ``also`` other columns; ``None`` where the guard refused.

    What it gives back is still to be kept (``keep``).
    """
    column = stock.c.on_hand if pool == "stock" else stock.c.contingency
    values = {column.name: column + by, "movements": stock.c.movements + literal(1), **also}
    changed = update(stock).where(row(tenant, cell), allowed).values(values)
    done = db.execute(changed.returning(stock.c.movements, column)).one_or_none()
    if done is None:
        return None
    return Movement(
        hub=cell[0],
        sku=cell[1],
        number=done[0],
        at=cause.at,
        pool=pool,
        change=by,
        left=done[1],
        reason=cause.reason,
        reference=cause.reference,
        actor=cause.actor,
    )


def keep(db: Connection, tenant: str, moved: Sequence[Movement]) -> None:
    """Writes movements down, in the transaction that made them."""
    if moved:
        names = movements.c.keys()[1:]
        db.execute(insert(movements), [{"tenant": tenant, **{n: getattr(each, n) for n in names}} for each in moved])


def listed(
    tenant: str,
    *,
    hub: str | None = None,
    sku: str | None = None,
    reason: str | None = None,
    partner: str | None = None,
) -> Select[Any]:
    """Movements at a hub, of a SKU, for a reason, at the hubs of a partner; order them by ``at``, cell and number."""
    rows = select(movements).where(movements.c.tenant == tenant)
    for column, value in ((movements.c.hub, hub), (movements.c.sku, sku), (movements.c.reason, reason)):
        if value is not None:
            rows = rows.where(column == value)
    if partner is not None:
        own = select(hubs.c.id).where(hubs.c.tenant == tenant, hubs.c.partner == partner)
        rows = rows.where(movements.c.hub.in_(own))
    return rows


def movement_of(found: Row[Any]) -> Movement:
    """A row as a record."""
    return Movement(**{name: found._mapping[name] for name in movements.c.keys()[1:]})


def row(tenant: str, cell: Cell) -> ColumnElement[bool]:
    """The row of a cell."""
    hub, sku = cell
    return and_(stock.c.tenant == tenant, stock.c.hub == hub, stock.c.sku == sku)
