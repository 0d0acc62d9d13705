"""The rows around an order: its lines, its reservation, its recipient."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import fields
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, exists, func, insert, select

from api.db.stock import Cell
from api.db.tables.drops import drops
from api.db.tables.orders import order_lines, order_units, orders
from api.db.tables.orders import recipients as recipient_rows
from api.ordering import Recipient
from router.model import Order

_ADD_LINES, _ADD_UNITS, _ADD_RECIPIENTS = insert(order_lines), insert(order_units), insert(recipient_rows)
_RECIPIENT = tuple(each.name for each in fields(Recipient))


def add_lines(db: Connection, tenant: str, drop: str, placed: Iterable[Order]) -> None:
    """Keeps what the lines of new orders name."""
    rows = [
        {
            "tenant": tenant,
            "drop": drop,
            "order": order.id,
            "position": position,
            "sku": line.sku,
            "quantity": line.quantity,
        }
        for order in placed
        for position, line in enumerate(order.lines)
    ]
    if rows:
        db.execute(_ADD_LINES, rows)


def add_units(db: Connection, tenant: str, drop: str, reserved: Mapping[str, Mapping[Cell, int]]) -> None:
    """Keeps what is reserved for orders, by order."""
    rows = [
        {"tenant": tenant, "drop": drop, "order": order, "hub": hub, "sku": sku, "units": number}
        for order, units in reserved.items()
        for (hub, sku), number in units.items()
    ]
    if rows:
        db.execute(_ADD_UNITS, rows)


def add_recipients(db: Connection, tenant: str, drop: str, to: Mapping[str, Recipient | None]) -> None:
    """Keeps whom orders go to, by order."""
    rows = [
        {"tenant": tenant, "drop": drop, "order": order} | {name: getattr(each, name) for name in _RECIPIENT}
        for order, each in to.items()
        if each is not None
    ]
    if rows:
        db.execute(_ADD_RECIPIENTS, rows)


def units(db: Connection, tenant: str, drop: str, order: str) -> dict[Cell, int]:
    """What is reserved for an order."""
    mine = select(order_units.c.hub, order_units.c.sku, order_units.c.units)
    rows = db.execute(mine.where(_of(order_units, tenant, drop, order)).order_by(order_units.c.hub, order_units.c.sku))
    return {(row.hub, row.sku): row.units for row in rows}


def cells(db: Connection, tenant: str, drop: str) -> dict[str, set[Cell]]:
    """Where orders of a drop have something reserved, by order."""
    columns = (order_units.c.order, order_units.c.hub, order_units.c.sku)
    found: dict[str, set[Cell]] = {}
    for row in db.execute(select(*columns).where(order_units.c.tenant == tenant, order_units.c.drop == drop)):
        found.setdefault(row.order, set()).add((row.hub, row.sku))
    return found


def recipients(db: Connection, tenant: str, drop: str, named: Collection[str] | None = None) -> dict[str, Recipient]:
    """Whom these orders go to, or all of a drop; where nobody told, or the data was purged, there is none."""
    columns = [recipient_rows.c[name] for name in ("order", *_RECIPIENT)]
    mine = and_(recipient_rows.c.tenant == tenant, recipient_rows.c.drop == drop)
    wanted = select(*columns).where(mine).order_by(recipient_rows.c.order)
    if named is not None:
        if not named:
            return {}
        wanted = wanted.where(recipient_rows.c.order.in_(named))
    rows = db.execute(wanted).mappings()
    return {row["order"]: Recipient(**{name: row[name] for name in _RECIPIENT}) for row in rows}


def forget(db: Connection, before: datetime) -> int:
    """Deletes the recipients of drops that were released or cancelled strictly before; gives how many."""
    over = exists().where(
        drops.c.tenant == recipient_rows.c.tenant,
        drops.c.id == recipient_rows.c.drop,
        drops.c.state.in_(("released", "cancelled")),
        drops.c.updated_at < before,
    )
    return db.execute(delete(recipient_rows).where(over)).rowcount


def drop_units(db: Connection, tenant: str, drop: str, order: str) -> None:
    """Forgets what was reserved for an order; giving it back is the caller's."""
    db.execute(delete(order_units).where(_of(order_units, tenant, drop, order)))


def give_up(db: Connection, tenant: str, drop: str, *, state: str | None = None) -> dict[Cell, int]:
    """Forgets what was reserved for the orders of a drop, all or those in a state; giving it back is the caller's.

    Gives the units summed up.
    """
    mine = and_(order_units.c.tenant == tenant, order_units.c.drop == drop)
    if state is not None:
        such = select(orders.c.id).where(orders.c.tenant == tenant, orders.c.drop == drop, orders.c.state == state)
        mine = and_(mine, order_units.c.order.in_(such))
    sums = select(order_units.c.hub, order_units.c.sku, func.sum(order_units.c.units).label("units")).where(mine)
    rows = db.execute(sums.group_by(order_units.c.hub, order_units.c.sku)).all()
    db.execute(delete(order_units).where(mine))
    return {(row.hub, row.sku): int(row.units) for row in rows}


def drop_lines(db: Connection, tenant: str, drop: str, order: str) -> None:
    """Forgets what the lines of an order named."""
    db.execute(delete(order_lines).where(_of(order_lines, tenant, drop, order)))


def drop_recipient(db: Connection, tenant: str, drop: str, order: str) -> None:
    """Forgets whom an order goes to."""
    db.execute(delete(recipient_rows).where(_of(recipient_rows, tenant, drop, order)))


def _of(table: Table, tenant: str, drop: str, order: str) -> ColumnElement[bool]:
    return and_(table.c.tenant == tenant, table.c.drop == drop, table.c.order == order)
