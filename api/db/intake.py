"""Orders come in, some hundreds to a transaction: each new one reserves its stock in the order in which it came.

An order is known by its id. The same one again changes nothing; another one under the same id is refused by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Row, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from api.db import articles, order_rows, order_sums, reservations
from api.db.drops import DropNotOpen, Stands
from api.db.events import Event
from api.db.orders import among, event, listed, unknown_skus
from api.db.reservations import Wanted
from api.db.stock import Cell
from api.db.tables.orders import orders
from api.ordering import NewOrder, Recipient, as_in_drop
from router import codec
from router.errors import Conflict, Fault


class OrderDiffers(Conflict):
    """An order came under an id under which the drop has another one."""

    code, title = "order-differs", "There is another order of that id"

    def __init__(self, order: str) -> None:
        super().__init__(_DIFFERS.format(order), order=order)


_DIFFERS = "order {!r} was posted before with other content: change that one, or give this one another id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What became of an order: its stock is reserved, or it is short, or it was there before, or it has faults."""

    outcome: Literal["reserved", "short", "unchanged", "refused"]
    faults: tuple[Fault, ...] = ()


_UNCHANGED = Fate(outcome="unchanged")


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """The fates of orders, in the order in which they came, and what happened."""

    fates: tuple[Fate, ...]
    happened: tuple[Event, ...]


def add(
    db: Connection,
    tenant: str,
    stands: Stands,
    asked: Sequence[NewOrder],
    *,
    hubs: Sequence[str],
    made_of: articles.Parts,
    new_id: Callable[[], str],
    now: datetime,
) -> Added:
    """Takes in what is new of some hundred orders. Emits nothing itself.

    ``stands``: how the drop stands until the transaction ends; ``hubs``: those of the drop; ``made_of``: what the
    lines name, as far as the registry has it. Raises ``DropNotOpen`` where there is a new order and the drop takes none
    any more.
    """
    drop = stands.id
    fates: dict[int, Fate] = {}
    first: dict[str, int] = {}
    for index, order in enumerate(asked):
        faults = unknown_skus(order, made_of)
        if faults:
            fates[index] = Fate(outcome="refused", faults=faults)
        elif order.id in first:
            fates[index] = _again(order, asked[first[order.id]])
        else:
            first[order.id] = index
    fresh = (
        _claim(db, tenant, drop, [asked[index] for index in first.values()], now) if stands.state == "open" else set()
    )
    known = [asked[index] for order, index in first.items() if order not in fresh]
    if known:
        found = _known(db, tenant, drop, known)
        if found.keys() != {order.id for order in known}:
            raise DropNotOpen(drop, stands.state, ("open",))
        fates |= {first[order]: fate for order, fate in found.items()}
    new = [asked[index] for order, index in first.items() if order in fresh]
    for order, units in zip(new, _reserve(db, tenant, drop, new, made_of, hubs, now), strict=True):
        fates[first[order.id]] = Fate(outcome="reserved" if units else "short")
    happened = tuple(each for order in new for each in _events(drop, order, new_id, now))
    return Added(fates=tuple(fates[index] for index in range(len(asked))), happened=happened)


def _claim(db: Connection, tenant: str, drop: str, asked: Sequence[NewOrder], now: datetime) -> set[str]:
    """Writes down those orders whose ids the drop does not have; of two at once the second waits for the first."""
    insert = sqlite_insert if db.dialect.name == "sqlite" else postgresql_insert
    rows = [
        {
            "tenant": tenant,
            "drop": drop,
            "id": order.id,
            "revision": 1,
            "state": "held" if order.on_hold else "cleared",
            "stock": "short",
            "tier": order.tier,
            "cleared_at": order.cleared_at,
            "document": _document(order),
            "on_hold": order.on_hold,
            "posted_cleared_at": order.cleared_at,
            "hold": order.hold,
            "has_recipient": order.recipient is not None,
            "created_at": now,
            "updated_at": now,
        }
        for order in sorted(asked, key=lambda order: order.id)
    ]
    if not rows:
        return set()
    claimed = db.execute(insert(orders).on_conflict_do_nothing().returning(orders.c.id), rows)
    return set(claimed.scalars())


def _reserve(
    db: Connection,
    tenant: str,
    drop: str,
    new: Sequence[NewOrder],
    made_of: articles.Parts,
    hubs: Sequence[str],
    now: datetime,
) -> list[dict[Cell, int]]:
    """Where the stock of new orders is reserved, after writing it and all else about them down."""
    if not new:
        return []
    wanted = [Wanted(units=articles.wants(order, made_of), hubs=among(order, hubs)) for order in new]
    units = reservations.reserve(db, tenant, wanted, now)
    order_rows.add_lines(db, tenant, drop, new)
    order_rows.add_units(db, tenant, drop, {order.id: cells for order, cells in zip(new, units, strict=True)})
    order_rows.add_recipients(db, tenant, drop, {order.id: order.recipient for order in new})
    reserved = [order.id for order, cells in zip(new, units, strict=True) if cells]
    if reserved:
        mine = (orders.c.tenant == tenant, orders.c.drop == drop, orders.c.id.in_(reserved))
        db.execute(update(orders).where(*mine).values(stock="reserved"))
    cleared = [(order, cells) for order, cells in zip(new, units, strict=True) if not order.on_hold]
    order_sums.change(db, tenant, drop, order_sums.together(order_sums.of(order, cells) for order, cells in cleared))
    return units


def _known(db: Connection, tenant: str, drop: str, asked: Sequence[NewOrder]) -> dict[str, Fate]:
    """The fates of orders that the drop has, those that it does not have left out."""
    ids = [order.id for order in asked]
    rows = {row.id: row for row in db.execute(listed(tenant, drop).where(orders.c.id.in_(ids)))}
    named = [order for order in ids if order in rows and rows[order].has_recipient]
    to = order_rows.recipients(db, tenant, drop, named)
    return {
        order.id: _UNCHANGED if _same(rows[order.id], order, to) else _differs(order)
        for order in asked
        if order.id in rows
    }


def _same(row: Row[Any], order: NewOrder, to: Mapping[str, Recipient]) -> bool:
    """Whether an order is the one that was posted. Personal data that was purged is not compared."""
    recipient = to.get(order.id, order.recipient)
    posted = (row.document, row.on_hold, row.posted_cleared_at, row.hold, row.has_recipient, recipient)
    again = (
        _document(order),
        order.on_hold,
        order.cleared_at,
        order.hold,
        order.recipient is not None,
        order.recipient,
    )
    return posted == again


def _again(order: NewOrder, before: NewOrder) -> Fate:
    return _UNCHANGED if order == before else _differs(order)


def _differs(order: NewOrder) -> Fate:
    fault = Fault(pointer="/id", code=OrderDiffers.code, message=_DIFFERS.format(order.id))
    return Fate(outcome="refused", faults=(fault,))


def _document(order: NewOrder) -> str:
    return codec.canonical(as_in_drop(order)).decode()


def _events(drop: str, order: NewOrder, new_id: Callable[[], str], now: datetime) -> tuple[Event, Event]:
    placed = event("order.placed", drop, order, event_id=new_id(), at=order.placed_at)
    if order.on_hold:
        return placed, event("order.held", drop, order, event_id=new_id(), at=now)
    return placed, event("order.cleared", drop, order, event_id=new_id(), at=order.clear_at)
