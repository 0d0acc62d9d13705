"""Orders come in, some hundreds to a transaction: each new one reserves its stock in the order in which it came.

An order is known by its id. The same one again changes nothing; another one under the same id is refused by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Literal

from sqlalchemy import Connection, Row, and_, bindparam, delete, update

from api.db import articles, holds, order_rows, order_sums, reservations, stock
from api.db.connect import Inserting, inserting
from api.db.drops import DropNotOpen, Stands
from api.db.events import Event
from api.db.holds import HoldOver, NoHold
from api.db.orders import among, event, listed, unknown_skus
from api.db.reservations import Wanted
from api.db.stock import Cell
from api.db.tables.orders import orders
from api.ordering import NewOrder, Recipient, as_in_drop
from router import codec
from router.errors import Conflict, DropwrightError, Fault, Faulty


class OrderDiffers(Conflict):
    """An order came under an id under which the drop has another one."""

    code, title = "order-differs", "There is another order of that id"

    def __init__(self, order: str) -> None:
        told = f"order {order!r} was posted before with other content: change that one, or give this one another id"
        super().__init__(told, order=order)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What became of an order: its stock is reserved, or it is short, or it was there before, or is refused.

    A refused one has the ``error`` that says why, and the field that this is about.
    """

    outcome: Literal["reserved", "short", "unchanged", "refused"]
    error: DropwrightError | None = None
    field: str = ""

    @property
    def faults(self) -> tuple[Fault, ...]:
        """The error as faults of the order."""
        if isinstance(self.error, Faulty):
            return self.error.faults
        if self.error is None:
            return ()
        return (Fault(pointer=self.field, code=self.error.code, message=str(self.error)),)


_UNCHANGED = Fate(outcome="unchanged")


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """The fates of orders, in the order in which they came, and what happened."""

    fates: tuple[Fate, ...]
    happened: tuple[Event, ...]


_RESERVED = (
    update(orders)
    .where(
        orders.c.tenant == bindparam("of"),
        orders.c.drop == bindparam("of_drop"),
        orders.c.id.in_(bindparam("names", expanding=True)),
    )
    .values(stock="reserved")
)


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
    fates: dict[int, Fate] = {}
    first: dict[str, int] = {}
    for index, order in enumerate(asked):
        faults = unknown_skus(order, made_of)
        if faults:
            fates[index] = Fate(outcome="refused", error=Faulty("order", faults))
        elif order.id in first:
            fates[index] = _UNCHANGED if order == asked[first[order.id]] else _differs(order)
        else:
            first[order.id] = index
    is_open = stands.state == "open"
    fresh = _claim(db, tenant, stands.id, [asked[index] for index in first.values()] if is_open else [], now)
    known = [asked[index] for order, index in first.items() if order not in fresh]
    if known:
        found = _known(db, tenant, stands.id, known)
        if found.keys() != {order.id for order in known}:
            raise DropNotOpen(stands.id, stands.state, ("open",))
        fates |= {first[order]: fate for order, fate in found.items()}
    new = [asked[index] for order, index in first.items() if order in fresh]
    settled = _settle(db, tenant, stands.id, new, made_of, hubs, now)
    fates |= {first[order]: fate for order, fate in settled.items()}
    placed = [order for order in new if settled[order.id].outcome != "refused"]
    happened = tuple(each for order in placed for each in _events(stands.id, order, new_id, now))
    return Added(fates=tuple(fates[index] for index in range(len(asked))), happened=happened)


def _claim(db: Connection, tenant: str, drop: str, asked: Sequence[NewOrder], now: datetime) -> set[str]:
    """Writes down those orders whose ids the drop does not have; of two at once the second waits for the first."""
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
    return set(db.execute(_claiming(inserting(db)), rows).scalars())


@cache
def _claiming(insert: Inserting) -> Any:
    return insert(orders).on_conflict_do_nothing().returning(orders.c.id)


def _settle(
    db: Connection,
    tenant: str,
    drop: str,
    claimed: Sequence[NewOrder],
    made_of: articles.Parts,
    hubs: Sequence[str],
    now: datetime,
) -> dict[str, Fate]:
    """The fates of orders that are written down, after reserving their stock and writing down all else about them."""
    kept, refused = _converted(db, tenant, claimed, now)
    if refused:
        gone = and_(orders.c.tenant == tenant, orders.c.drop == drop, orders.c.id.in_(refused))
        db.execute(delete(orders).where(gone))
    new = [order for order in claimed if order.id not in refused]
    if not new:
        return refused
    wanted = {order.id: Wanted(units=articles.wants(order.lines, made_of), hubs=among(order, hubs)) for order in new}
    units = _reserve(db, tenant, wanted, kept, now)
    order_rows.add_lines(db, tenant, drop, new)
    order_rows.add_units(db, tenant, drop, units)
    order_rows.add_recipients(db, tenant, drop, {order.id: order.recipient for order in new})
    if units:
        db.execute(_RESERVED, {"of": tenant, "of_drop": drop, "names": list(units)})
    needs = (order_sums.of(order, units.get(order.id, ())) for order in new if not order.on_hold)
    order_sums.change(db, tenant, drop, order_sums.together(needs))
    return refused | {order.id: Fate(outcome="reserved" if order.id in units else "short") for order in new}


def _converted(
    db: Connection, tenant: str, new: Sequence[NewOrder], now: datetime
) -> tuple[dict[str, dict[Cell, int]], dict[str, Fate]]:
    """What the holds of orders kept for them, and the fates of orders whose hold is over, or is none."""
    kept: dict[str, dict[Cell, int]] = {}
    refused: dict[str, Fate] = {}
    for order in sorted((order for order in new if order.hold is not None), key=lambda order: order.hold or ""):
        try:
            with db.begin_nested():
                kept[order.id] = holds.convert(db, tenant, order.hold or "", now)
        except NoHold as error:
            fault = Fault(pointer="/hold", code=error.code, message=str(error))
            refused[order.id] = Fate(outcome="refused", error=Faulty("order", (fault,)))
        except HoldOver as error:
            refused[order.id] = Fate(outcome="refused", error=error, field="/hold")
    return kept, refused


def _reserve(
    db: Connection,
    tenant: str,
    wanted: Mapping[str, Wanted],
    kept: Mapping[str, Mapping[Cell, int]],
    now: datetime,
) -> dict[str, dict[Cell, int]]:
    """What is reserved for each order that got all it wants; what its hold kept counts, and what is over is free."""
    used: dict[str, dict[Cell, int]] = {order: {} for order in wanted}
    rest = dict(wanted)
    for order, had in kept.items():
        used[order], left = _used(wanted[order], had)
        rest[order] = Wanted(units=left, hubs=wanted[order].hubs)
    if kept:  # rows are locked in order before some of them are given back
        skus = {sku for each in rest.values() for sku in each.units}
        stock.available(db, tenant, skus | {sku for had in kept.values() for _, sku in had}, now, firm=True)
    found = dict(zip(rest, reservations.reserve(db, tenant, list(rest.values()), now), strict=True))
    got = {order: reservations.summed([used[order], more]) for order, more in found.items() if more is not None}
    over = (
        {cell: number - used[order].get(cell, 0) if order in got else number for cell, number in had.items()}
        for order, had in kept.items()
    )
    stock.unreserve(db, tenant, reservations.summed(over))
    return got


def _used(wanted: Wanted, kept: Mapping[Cell, int]) -> tuple[dict[Cell, int], dict[str, int]]:
    """What of a hold an order may use, and what it wants besides."""
    used: dict[Cell, int] = {}
    left = dict(wanted.units)
    for (hub, sku), number in sorted(kept.items()):
        units = min(number, left.get(sku, 0)) if hub in wanted.hubs else 0
        if units:
            used[hub, sku] = units
            left[sku] -= units
    return used, {sku: units for sku, units in left.items() if units}


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
    has_recipient = order.recipient is not None
    posted = (row.document, row.on_hold, row.posted_cleared_at, row.hold, row.has_recipient, recipient)
    return posted == (_document(order), order.on_hold, order.cleared_at, order.hold, has_recipient, order.recipient)


def _differs(order: NewOrder) -> Fate:
    return Fate(outcome="refused", error=OrderDiffers(order.id), field="/id")


def _document(order: NewOrder) -> str:
    return codec.canonical(as_in_drop(order)).decode()


def _events(drop: str, order: NewOrder, new_id: Callable[[], str], now: datetime) -> tuple[Event, Event]:
    placed = event("order.placed", drop, order, event_id=new_id(), at=order.placed_at)
    if order.on_hold:
        return placed, event("order.held", drop, order, event_id=new_id(), at=now)
    return placed, event("order.cleared", drop, order, event_id=new_id(), at=order.clear_at)
