"""Orders of a drop: held while fraud review looks at them, cleared, or cancelled. Only cleared ones are planned.

Locks are taken in one order: the drop, its orders, held units, stock, sums, events.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, select, update

from api.db import articles, drops, order_rows, order_sums, reservations, stock
from api.db.drops import DropNotOpen
from api.db.events import Event
from api.db.reservations import Wanted
from api.db.stock import Cell
from api.db.tables.orders import orders
from api.deps import Changed
from api.ordering import OrderChange, PlacedOrder, Recipient, as_in_drop
from router import codec
from router.errors import Conflict, Fault, Faulty, NotFound
from router.model import Order

ALIVE = ("open", "closed")
"""States of a drop in which its orders may still change."""


class NoOrder(NotFound):
    """The drop has no order of that id."""

    code, title = "no-order", "There is no such order"

    def __init__(self, drop: str, order: str) -> None:
        super().__init__(f"drop {drop!r} has no order {order!r}")


class OrderCancelled(Conflict):
    """Something was asked of an order that was cancelled before."""

    code, title = "order-cancelled", "The order is cancelled"

    def __init__(self, order: str) -> None:
        super().__init__(f"order {order!r} is cancelled, and stays so: post it anew under another id", order=order)


class WorkBegun(Conflict):
    """Something was asked of an order, or of a drop, of which hubs or couriers have parcels in their hands."""

    code, title = "work-begun", "Work on it has begun"

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} is being picked or carried, and stays as it is; what comes back is a return")


def get(db: Connection, tenant: str, drop: str, order: str) -> tuple[PlacedOrder, int]:
    """One order with its recipient, and its revision. Raises ``NoOrder``."""
    row = db.execute(listed(tenant, drop).where(orders.c.id == order)).one_or_none()
    if row is None:
        raise NoOrder(drop, order)
    to = order_rows.recipients(db, tenant, drop, [order] if row.has_recipient else [])
    return placed(row, to.get(order)), row.revision


def listed(
    tenant: str, drop: str, *, state: str | None = None, stock_state: str | None = None, tier: str | None = None
) -> Select[Any]:
    """The orders of a drop, for ``placed`` to make records of."""
    asked = ((orders.c.state, state), (orders.c.stock, stock_state), (orders.c.tier, tier))
    mine = and_(orders.c.tenant == tenant, orders.c.drop == drop)
    return select(orders).where(mine, *(column == given for column, given in asked if given is not None))


def placed(row: Row[Any], to: Recipient | None = None) -> PlacedOrder:
    """The record of a row of ``listed``. Lists show no recipient."""
    order = order_of(row)
    return PlacedOrder(
        **{each.name: getattr(order, each.name) for each in fields(Order)},
        drop=row.drop,
        state=row.state,
        stock=row.stock,
        created_at=row.created_at,
        updated_at=row.updated_at,
        recipient=to,
    )


def order_of(row: Row[Any]) -> Order:
    """The order as a drop has it."""
    return replace(codec.read_as(Order, row.document.encode(), "order"), cleared_at=row.cleared_at)


def event(kind: str, drop: str, order: Order, *, event_id: str, at: datetime) -> Event:
    """Something that happened to an order, without anything personal."""
    data = {"order": order.id, "drop": drop, "tier": order.tier}
    return Event(id=event_id, type=kind, subject=f"order/{order.id}", time=at, data=data)


def among(order: Order, hubs: Sequence[str]) -> Sequence[str]:
    """Those of a drop's hubs that an order may come from, in the drop's order."""
    return hubs if order.hubs is None else [hub for hub in hubs if hub in order.hubs]


def hold(db: Connection, tenant: str, drop: str, order: str, *, event_id: str, now: datetime) -> tuple[Event, ...]:
    """Fraud review takes an order back; it keeps its stock. Nothing happens to one that is held.

    Raises ``NoOrder``, ``OrderCancelled``, ``WorkBegun``, and ``DropNotOpen`` where the drop is released or cancelled.
    """
    row = _alive(db, tenant, drop, order)
    if row.state == "held":
        return ()
    _write(db, row, state="held", cleared_at=None, updated_at=now)
    _count(db, row, -1)
    return (event("order.held", drop, order_of(row), event_id=event_id, at=now),)


def release(
    db: Connection, tenant: str, drop: str, order: str, *, cleared_at: datetime, event_id: str, now: datetime
) -> tuple[Event, ...]:
    """Fraud review lets an order through at ``cleared_at``. Nothing happens to one that is cleared.

    Raises like ``hold``.
    """
    row = _alive(db, tenant, drop, order)
    if row.state == "cleared":
        return ()
    _write(db, row, state="cleared", cleared_at=cleared_at, updated_at=now)
    _count(db, row)
    return (event("order.cleared", drop, order_of(row), event_id=event_id, at=cleared_at),)


def cancel(db: Connection, tenant: str, drop: str, order: str, *, event_id: str, now: datetime) -> tuple[Event, ...]:
    """Gives an order up and its stock back. Nothing happens to one that is cancelled.

    A held order may be cancelled even where the drop is released, since no plan has it. Raises ``NoOrder``,
    ``WorkBegun``, and ``DropNotOpen`` for others.
    """
    stands = drops.stands(db, tenant, drop, firm=True)
    row = _locked(db, tenant, drop, order)
    if row.state == "cancelled":
        return ()
    if row.state == "cleared" and stands.state not in ALIVE:
        raise DropNotOpen(drop, stands.state, ALIVE)
    _untouched(row)
    units = order_rows.units(db, tenant, drop, order)
    _write(db, row, state="cancelled", stock="none", updated_at=now)
    order_rows.drop_units(db, tenant, drop, order)
    stock.unreserve(db, tenant, units)
    if row.state == "cleared":
        order_sums.change(db, tenant, drop, order_sums.together([order_sums.of(order_of(row), units)], -1))
    return (event("order.cancelled", drop, order_of(row), event_id=event_id, at=now),)


def cancel_all(
    db: Connection, tenant: str, drop: str, *, new_id: Callable[[], str], now: datetime
) -> tuple[Event, ...]:
    """Gives every order of a drop up, and its stock back. Raises ``WorkBegun``. O(orders)."""
    mine = and_(orders.c.tenant == tenant, orders.c.drop == drop, orders.c.state != "cancelled")
    rows = db.execute(select(orders).where(mine).order_by(orders.c.id).with_for_update()).all()
    for row in rows:
        _untouched(row)
    gone = {"state": "cancelled", "stock": "none", "revision": orders.c.revision + 1, "updated_at": now}
    db.execute(update(orders).where(mine).values(gone))
    stock.unreserve(db, tenant, order_rows.give_up(db, tenant, drop))
    order_sums.forget(db, tenant, drop)
    return tuple(event("order.cancelled", drop, order_of(row), event_id=new_id(), at=now) for row in rows)


def taken(db: Connection, tenant: str, drop: str, unserved: Collection[str], now: datetime) -> None:
    """Cleared orders of a released drop: their stock was taken, but for those that the plan leaves out."""
    mine = and_(orders.c.tenant == tenant, orders.c.drop == drop, orders.c.state == "cleared")
    more = {"revision": orders.c.revision + 1, "updated_at": now}
    db.execute(update(orders).where(mine).values(stock="taken", **more))
    left = sorted(unserved)
    for start in range(0, len(left), 500):
        some = and_(mine, orders.c.id.in_(left[start : start + 500]))
        db.execute(update(orders).where(some).values(stock="short"))


def given_back(
    db: Connection,
    tenant: str,
    drop: str,
    gone: Mapping[str, bool],
    picked: Mapping[str, Collection[Cell]],
    now: datetime,
) -> None:
    """Orders of a drop that is open again: those in ``gone`` have their stock back, and the sums are counted anew.

    ``gone``: by order whether all of it is reserved; ``picked``: where the parcels of orders are that have begun, which
    are never given back. O(orders).
    """
    mine = and_(orders.c.tenant == tenant, orders.c.drop == drop, orders.c.state == "cleared")
    more = {"revision": orders.c.revision + 1, "updated_at": now}
    for state, whole in (("reserved", True), ("short", False)):
        names = sorted(order for order, all_of_it in gone.items() if all_of_it is whole and order not in picked)
        for start in range(0, len(names), 500):
            some = and_(mine, orders.c.id.in_(names[start : start + 500]))
            db.execute(update(orders).where(some).values(stock=state, **more))
    reserved = order_rows.cells(db, tenant, drop)
    needs = (
        order_sums.of(order_of(row), {*reserved.get(row.id, ()), *picked.get(row.id, ())})
        for row in db.execute(select(orders).where(mine))
    )
    order_sums.forget(db, tenant, drop)
    order_sums.change(db, tenant, drop, order_sums.together(needs))


def change(
    db: Connection,
    tenant: str,
    drop: str,
    order: str,
    asked: OrderChange,
    *,
    hubs: Sequence[str],
    made_of: articles.Parts,
    revision: int,
    event_id: str,
    now: datetime,
) -> tuple[Event, ...]:
    """Makes an order what is asked; its reservation follows, from the ``hubs`` of the drop.

    ``made_of``: what the lines name, as far as the registry has it. An order whose lines are not to be had any more is
    short. Raises like ``hold``, ``Changed``, and ``Faulty`` for SKUs that there are not.
    """
    row = _alive(db, tenant, drop, order)
    if row.revision != revision:
        raise Changed
    before = order_of(row)
    given = {each.name: getattr(asked, each.name) for each in fields(OrderChange) if each.name != "recipient"}
    after = Order(id=before.id, placed_at=before.placed_at, **given)
    unknown = unknown_skus(after, made_of)
    if unknown:
        raise Faulty("order", unknown)
    wants = articles.wants(after.lines, made_of)
    had = order_rows.units(db, tenant, drop, order)
    order_rows.drop_units(db, tenant, drop, order)
    stock.available(db, tenant, {sku for _, sku in had} | wants.keys(), now, firm=True)
    stock.unreserve(db, tenant, had)
    wanted = Wanted(units=wants, hubs=among(after, hubs))
    units = reservations.reserve(db, tenant, [wanted], now)[0] or {}
    order_rows.add_units(db, tenant, drop, {order: units})
    order_rows.drop_lines(db, tenant, drop, order)
    order_rows.add_lines(db, tenant, drop, [after])
    order_rows.drop_recipient(db, tenant, drop, order)
    order_rows.add_recipients(db, tenant, drop, {order: asked.recipient})
    _write(
        db,
        row,
        document=codec.canonical(as_in_drop(after)).decode(),
        tier=after.tier,
        stock="reserved" if units else "short",
        has_recipient=asked.recipient is not None,
        updated_at=now,
    )
    if row.state == "cleared":
        gone = order_sums.together([order_sums.of(before, had)], -1)
        order_sums.change(db, tenant, drop, order_sums.together([gone, order_sums.of(after, units)]))
    return (event("order.changed", drop, after, event_id=event_id, at=now),)


def unknown_skus(order: Order, made_of: articles.Parts) -> tuple[Fault, ...]:
    """A fault for each line whose SKU or bundle the registry does not have."""
    return tuple(
        Fault(
            pointer=f"/lines/{index}/sku",
            code="unknown-sku",
            message=f"there is no sku {line.sku[:60]!r} in the registry; add it there, or mend the name",
        )
        for index, line in enumerate(order.lines)
        if line.sku not in made_of
    )


def _alive(db: Connection, tenant: str, drop: str, order: str) -> Row[Any]:
    """The row of an order that may change, locked."""
    stands = drops.stands(db, tenant, drop, firm=True)
    row = _locked(db, tenant, drop, order)
    if row.state == "cancelled":
        raise OrderCancelled(order)
    if stands.state not in ALIVE:
        raise DropNotOpen(drop, stands.state, ALIVE)
    _untouched(row)
    return row


def _untouched(row: Row[Any]) -> None:
    """Raises ``WorkBegun`` where the stock of an order has left the shelf for it."""
    if row.stock == "taken":
        raise WorkBegun(f"order {row.id!r}")


def _locked(db: Connection, tenant: str, drop: str, order: str) -> Row[Any]:
    row = db.execute(listed(tenant, drop).where(orders.c.id == order).with_for_update()).one_or_none()
    if row is None:
        raise NoOrder(drop, order)
    return row


def _write(db: Connection, row: Row[Any], **values: Any) -> None:
    mine = and_(orders.c.tenant == row.tenant, orders.c.drop == row.drop, orders.c.id == row.id)
    db.execute(update(orders).where(mine).values(revision=row.revision + 1, **values))


def _count(db: Connection, row: Row[Any], times: int = 1) -> None:
    """Lets an order count, or count no more, among what the drop's hubs have to do."""
    needs = order_sums.of(order_of(row), order_rows.units(db, row.tenant, row.drop, row.id))
    order_sums.change(db, row.tenant, row.drop, order_sums.together([needs], times))
