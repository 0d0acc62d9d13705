"""Stock by hub and SKU. Whatever takes units is one guarded UPDATE a cell, cells in order, never a read before a write.

Units that a hold reserved count as free from the instant at which it expires: whoever wants them gives them back first,
so nothing has to sweep. Locks are taken in one order, held units before stock and both by hub and SKU, so that no two
transactions wait for each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Connection,
    and_,
    bindparam,
    delete,
    func,
    select,
    update,
)

from api.db.connect import inserting
from api.db.movements import Cause, Movement, change, keep, row
from api.db.movements import Cell as Cell
from api.db.registry import missing
from api.db.tables.holds import held_units
from api.db.tables.registry import hubs as hub_rows
from api.db.tables.registry import skus as sku_rows
from api.db.tables.stock import stock
from router.errors import Conflict, Invalid
from router.model import LARGEST

MOST_AT_ONCE = 500
"""SKUs that one statement names."""


class StockShort(Conflict):
    """Units are wanted that are not there any more. ``short``: of each such cell, how many are wanted and are free."""

    code, title = "stock-short", "There is not enough stock"

    def __init__(self, short: Mapping[Cell, tuple[int, int]]) -> None:
        told = "; ".join(
            f"{hub} has {free} of the {wanted} x {sku} wanted" for (hub, sku), (wanted, free) in sorted(short.items())
        )
        super().__init__(told, cells=len(short))
        self.short = dict(short)


class NotReserved(Conflict):
    """Reserved units are to be given back or taken, and fewer are reserved."""

    code, title = "not-reserved", "Fewer units are reserved"

    def __init__(self, hub: str, sku: str, units: int) -> None:
        super().__init__(f"{hub} has fewer than {units} x {sku} reserved", hub=hub, sku=sku, units=units)


class NowhereToStock(Invalid):
    """Units are to move at a hub, or of a SKU, that the marketplace does not have."""

    code, title = "nowhere-to-stock", "There is no such hub or SKU"

    def __init__(self, hubs: Sequence[str], skus: Sequence[str]) -> None:
        told = [*(f"hub {hub!r}" for hub in hubs), *(f"SKU {sku!r}" for sku in skus)]
        super().__init__(f"there is no {', no '.join(told)}", hubs=len(hubs), skus=len(skus))
        self.hubs, self.skus = tuple(hubs), tuple(skus)


class TooMuchStock(Conflict):
    """More units than a document can spell."""

    code, title = "too-much-stock", "That is more than can be counted"

    def __init__(self, hub: str, sku: str) -> None:
        super().__init__(f"{hub} would have more than {LARGEST} x {sku}", hub=hub, sku=sku)


def available(
    db: Connection, tenant: str, skus: Iterable[str], now: datetime, *, firm: bool = False
) -> dict[Cell, int]:
    """Units of these SKUs that are free at ``now``, at every hub that stocks them, in order.

    ``firm``: the rows stay locked until the transaction ends, so that nobody takes what was found.
    """
    return look(db, tenant, skus, now, firm=firm)[0]


def look(
    db: Connection, tenant: str, skus: Iterable[str], now: datetime, *, firm: bool = False
) -> tuple[dict[Cell, int], bool]:
    """As ``available``, and whether some of it is still counted as reserved, for a hold that is over."""
    found: dict[Cell, int] = {}
    is_over = False
    for names in _parts(sorted(set(skus))):
        if firm:
            gone = _expired(db, tenant, names, now)
            mine = and_(stock.c.tenant == tenant, stock.c.sku.in_(names))
            rows = select(stock.c.hub, stock.c.sku).where(mine).order_by(stock.c.hub, stock.c.sku)
            db.execute(rows.with_for_update()).all()
            unreserve(db, tenant, _drop(db, tenant, gone))
        for each in db.execute(_FREE, {"of": tenant, "skus": names, "at": now}):
            found[each.hub, each.sku] = int(each.free + each.over)
            is_over = is_over or each.over > 0
    return dict(sorted(found.items())), is_over


def free_at(now: datetime | BindParameter[datetime]) -> ColumnElement[int]:
    """Of a row of stock: units that are free at ``now``."""
    return stock.c.on_hand - stock.c.reserved + _over(now)


def _over(now: datetime | BindParameter[datetime]) -> ColumnElement[int]:
    return (
        select(func.coalesce(func.sum(held_units.c.units), 0))
        .where(
            held_units.c.tenant == stock.c.tenant,
            held_units.c.hub == stock.c.hub,
            held_units.c.sku == stock.c.sku,
            held_units.c.expires_at <= now,
        )
        .scalar_subquery()
    )


_FREE = select(
    stock.c.hub, stock.c.sku, (stock.c.on_hand - stock.c.reserved).label("free"), _over(bindparam("at")).label("over")
)
_FREE = _FREE.where(stock.c.tenant == bindparam("of"), stock.c.sku.in_(bindparam("skus", expanding=True)))
_UNITS = bindparam("more", type_=BigInteger())
_RESERVE = (
    update(stock)
    .where(
        stock.c.tenant == bindparam("of"),
        stock.c.hub == bindparam("at_hub"),
        stock.c.sku == bindparam("of_sku"),
        stock.c.on_hand - stock.c.reserved >= _UNITS,
    )
    .values(reserved=stock.c.reserved + _UNITS)
)


def reserve(db: Connection, tenant: str, wanted: Mapping[Cell, int], now: datetime) -> None:
    """Reserves all of ``wanted``, or nothing. Raises ``StockShort`` with every cell that has too little."""
    units = _positive(wanted)
    back = _drop(db, tenant, _expired(db, tenant, {sku for _, sku in units}, now, units))
    taken: dict[Cell, int] = {}
    short: dict[Cell, tuple[int, int]] = {}
    for cell, quantity in units.items():
        given = back.get(cell, 0)
        hub, sku = cell
        if db.execute(_RESERVE, {"of": tenant, "at_hub": hub, "of_sku": sku, "more": quantity - given}).rowcount:
            taken[cell] = quantity
            continue
        if given:
            unreserve(db, tenant, {cell: given})
        free = db.execute(select(stock.c.on_hand - stock.c.reserved).where(row(tenant, cell))).scalar_one_or_none()
        short[cell] = (quantity, free or 0)
    if short:
        unreserve(db, tenant, taken)
        raise StockShort(short)


def reserve_free(db: Connection, tenant: str, wanted: Mapping[Cell, int]) -> None:
    """Reserves all of ``wanted``, of which no hold that is over keeps any.

    Raises ``StockShort``, which does not say of what; whoever catches it rolls back.
    """
    units = _positive(wanted)
    rows = [{"of": tenant, "at_hub": hub, "of_sku": sku, "more": number} for (hub, sku), number in units.items()]
    if rows and db.execute(_RESERVE, rows).rowcount != len(rows):
        raise StockShort({})


def unreserve(db: Connection, tenant: str, units: Mapping[Cell, int]) -> None:
    """Gives reserved units back. Raises ``NotReserved``."""
    for cell, quantity in _positive(units).items():
        enough = and_(row(tenant, cell), stock.c.reserved >= quantity)
        if not db.execute(update(stock).where(enough).values(reserved=stock.c.reserved - quantity)).rowcount:
            raise NotReserved(*cell, quantity)


def take(
    db: Connection,
    tenant: str,
    units: Mapping[Cell, int],
    *,
    reason: str,
    reference: str | None,
    actor: str,
    now: datetime,
) -> tuple[Movement, ...]:
    """Takes reserved units away for good, and gives the movements. Raises ``NotReserved``."""
    cause = Cause(reason=reason, reference=reference, actor=actor, at=now)
    moved = []
    for cell, quantity in _positive(units).items():
        fewer = {"reserved": stock.c.reserved - quantity}
        done = change(db, tenant, cell, "stock", -quantity, cause, allowed=stock.c.reserved >= quantity, also=fewer)
        if done is None:
            raise NotReserved(*cell, quantity)
        moved.append(done)
    keep(db, tenant, moved)
    return tuple(moved)


def move(
    db: Connection,
    tenant: str,
    changes: Mapping[Cell, int],
    *,
    reason: str,
    reference: str | None,
    actor: str,
    now: datetime,
) -> tuple[Movement, ...]:
    """Lets on-hand units rise (change > 0) or fall (< 0), free ones alone, and gives the movements.

    Whoever catches an error rolls back.

    Raises ``StockShort`` with every cell that has too few free units, ``NowhereToStock``, ``TooMuchStock``.
    """
    cells = {cell: max(-LARGEST, min(change, LARGEST + 1)) for cell, change in sorted(changes.items()) if change}
    fewer = {cell: change for cell, change in cells.items() if change < 0}
    stocked(db, tenant, [cell for cell in cells if cell not in fewer])
    back = _drop(db, tenant, _expired(db, tenant, {sku for _, sku in fewer}, now, fewer))
    cause = Cause(reason=reason, reference=reference, actor=actor, at=now)
    moved = []
    short: dict[Cell, tuple[int, int]] = {}
    for cell, by in cells.items():
        given = back.get(cell, 0)
        allowed = and_(stock.c.on_hand + by >= stock.c.reserved - given, stock.c.on_hand <= LARGEST - by)
        fewer_reserved = {"reserved": stock.c.reserved - given}
        done = change(db, tenant, cell, "stock", by, cause, allowed=allowed, also=fewer_reserved)
        if done is not None:
            moved.append(done)
        elif by > 0:
            raise TooMuchStock(*cell)
        else:
            free = db.execute(select(stock.c.on_hand - stock.c.reserved).where(row(tenant, cell))).scalar_one_or_none()
            short[cell] = (-by, (free or 0) + given)
    if short:
        raise StockShort(short)
    keep(db, tenant, moved)
    return tuple(moved)


def stocked(db: Connection, tenant: str, cells: Iterable[Cell]) -> None:
    """Makes a row, of no units, for each of these cells that has none. Raises ``NowhereToStock``."""
    wanted = set(cells)
    for names in _parts(sorted({sku for _, sku in wanted})):
        mine = and_(stock.c.tenant == tenant, stock.c.sku.in_(names))
        wanted -= {(row.hub, row.sku) for row in db.execute(select(stock.c.hub, stock.c.sku).where(mine))}
    if not wanted:
        return
    no_hubs = missing(db, tenant, hub_rows, {hub for hub, _ in wanted})
    no_skus = missing(db, tenant, sku_rows, {sku for _, sku in wanted})
    if no_hubs or no_skus:
        raise NowhereToStock(sorted(no_hubs), sorted(no_skus))
    rows = [{"tenant": tenant, "hub": hub, "sku": sku} for hub, sku in sorted(wanted)]
    db.execute(inserting(db)(stock).on_conflict_do_nothing(), rows)


def choose(
    free: dict[Cell, int], wants: Mapping[str, int], hubs: Sequence[str] | None = None
) -> dict[Cell, int] | None:
    """From where to take ``wants`` (units by SKU): all of it or ``None``. Lowers ``free`` by what it chose.

    One hub where one has it all, the one that keeps most of what it has least of; else as few as a greedy choice needs.
    ``hubs``: those allowed, ``None`` for all in ``free``; of equals the first.
    """
    allowed = sorted({hub for hub, _ in free}) if hubs is None else hubs
    left = {sku: quantity for sku, quantity in wants.items() if quantity}
    whole = [hub for hub in allowed if all(free.get((hub, sku), 0) >= quantity for sku, quantity in left.items())]
    if whole and left:
        best = max(whole, key=lambda hub: min(free[hub, sku] - quantity for sku, quantity in left.items()))
        chosen = {(best, sku): quantity for sku, quantity in left.items()}
    else:
        chosen = {}
        unused = list(allowed)
        while left and unused:
            best = max(unused, key=lambda hub: sum(min(free.get((hub, sku), 0), left[sku]) for sku in left))
            unused.remove(best)
            part = {sku: min(free.get((best, sku), 0), quantity) for sku, quantity in left.items()}
            chosen |= {(best, sku): units for sku, units in part.items() if units}
            left = {sku: quantity - part[sku] for sku, quantity in left.items() if quantity > part[sku]}
        if left:
            return None
    for cell, units in chosen.items():
        free[cell] -= units
    return chosen


def _positive(units: Mapping[Cell, int]) -> dict[Cell, int]:
    """The cells in order, without those that nothing is wanted of. What no row can hold is as much as one more."""
    if any(quantity < 0 for quantity in units.values()):
        raise ValueError("units are counted from zero up")
    return {cell: min(quantity, LARGEST + 1) for cell, quantity in sorted(units.items()) if quantity}


def _parts(names: Sequence[str]) -> Iterator[Sequence[str]]:
    ahead = iter(names)
    while part := list(islice(ahead, MOST_AT_ONCE)):
        yield part


_EXPIRED = (
    select(held_units.c.hold, held_units.c.hub, held_units.c.sku)
    .where(
        held_units.c.tenant == bindparam("of"),
        held_units.c.sku.in_(bindparam("skus", expanding=True)),
        held_units.c.expires_at <= bindparam("at"),
    )
    .order_by(held_units.c.hub, held_units.c.sku, held_units.c.hold)
    .with_for_update()
)


def _expired(
    db: Connection, tenant: str, skus: Iterable[str], now: datetime, cells: Mapping[Cell, int] | None = None
) -> list[tuple[str, str, str]]:
    """Hold, hub and SKU of the units whose hold expired, locked; of these cells alone where they are given."""
    found: list[tuple[str, str, str]] = []
    for names in _parts(sorted(set(skus))):
        rows = db.execute(_EXPIRED, {"of": tenant, "skus": names, "at": now})
        found += [(row.hold, row.hub, row.sku) for row in rows]
    return [row for row in found if cells is None or row[1:] in cells]


def _drop(db: Connection, tenant: str, expired: Sequence[tuple[str, str, str]]) -> dict[Cell, int]:
    """Ends the holding of these units; how many they were, cell by cell. They still count as reserved."""
    back: dict[Cell, int] = {}
    for hold, hub, sku in expired:
        mine = and_(
            held_units.c.tenant == tenant, held_units.c.hold == hold, held_units.c.hub == hub, held_units.c.sku == sku
        )
        units = db.execute(delete(held_units).where(mine).returning(held_units.c.units)).scalar_one_or_none()
        back[hub, sku] = back.get((hub, sku), 0) + (units or 0)
    return back
