"""Movements that somebody reports, and stock that is set up, with word of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, select
from starlette.responses import Response

from api.bulk import Intake, Kept
from api.db import contingency, counting, events, stock
from api.db.events import Event
from api.db.movements import Cause, Cell, Movement
from api.db.registry import missing
from api.db.tables.registry import hubs, skus
from api.deps import new_id
from api.principal import OPERATORS, NotAllowed, Principal, Role
from api.rows import Row
from api.stocking import COMES, GOES, SELLERS, NewMovement, StockSetUp
from router.errors import Fault, Faulty


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """The movements of one report, by hub, SKU and number."""

    movements: tuple[Movement, ...]


def record(db: Connection, who: Principal, new: NewMovement, now: datetime) -> Moved:
    """Moves what was reported, all of it, and says so. Lines of one cell are added up; a count stands once.

    Raises ``Faulty``, ``NotAllowed`` for a hub operator who speaks for the seller, ``StockShort``,
    ``FewerThanReserved``, ``ContingencyShort``, ``TooMuchStock``.
    """
    if who.role in OPERATORS and new.reason in SELLERS:
        raise NotAllowed(who.role, (Role.ENGINEER,))
    faults = [*_unknown(db, who, new), *_twice(new)]
    if faults:
        raise Faulty("movement", tuple(faults))
    cause = Cause(reason=new.reason, reference=new.reference, actor=who.actor, at=now)
    units: dict[Cell, int] = {}
    for line in new.lines:
        units[line.hub, line.sku] = units.get((line.hub, line.sku), 0) + line.quantity
    moved = _act(new.reason)(db, who.tenant, units, cause)
    tell(db, who.tenant, moved)
    return Moved(movements=moved)


def load(rows: Intake) -> Response:
    """Sets up the stock of a bulk request. Each cell may come once."""
    first: dict[Cell, int] = {}
    cause = Cause(reason="counted", reference=None, actor=rows.who.actor, at=rows.now)

    def keep(db: Connection, given: Sequence[Row[StockSetUp]]) -> Kept:
        once, again = [], []
        for row in given:
            line = first.setdefault((row.record.hub, row.record.sku), row.line)
            if line == row.line:
                once.append(row)
            else:
                again.append(row.fault("/sku", "duplicate-id", f"the SKU stands already at line {line} with that hub"))
        wrong = counting.wrong(db, rows.who.tenant, [row.record for row in once], rows.now)
        good = [row.record for row, faults in zip(once, wrong, strict=True) if not faults]
        moved = counting.set_up(db, rows.who.tenant, good, cause)
        told = [
            row.fault(f.pointer, f.code, f.message) for row, faults in zip(once, wrong, strict=True) for f in faults
        ]
        changed = len({(each.hub, each.sku) for each in moved})
        return Kept(
            outcomes={"moved": changed, "unmoved": len(good) - changed},
            faults=[*again, *told],
            happened=_events(db, rows.who.tenant, moved),
        )

    return rows.load(StockSetUp, "stock", keep)


def tell(db: Connection, tenant: str, moved: Sequence[Movement]) -> None:
    """Says at each hub what moved there, to its partner too."""
    if moved:
        events.emit(db, tenant, _events(db, tenant, moved))


def _events(db: Connection, tenant: str, moved: Sequence[Movement]) -> list[Event]:
    by_hub = sorted(moved, key=lambda each: (each.hub, each.sku, each.number))
    wanted = select(hubs.c.id, hubs.c.partner).where(hubs.c.tenant == tenant, hubs.c.id.in_({m.hub for m in moved}))
    partners = {row.id: row.partner for row in db.execute(wanted)}
    return [
        Event(
            id=new_id(),
            type="stock.moved",
            subject=f"hub/{hub}",
            time=by_hub[0].at,
            data={"movements": [_told(each) for each in each_hub]},
            partner=partners.get(hub),
        )
        for hub, each_hub in groupby(by_hub, key=lambda each: each.hub)
    ]


def _told(each: Movement) -> dict[str, object]:
    shown: dict[str, object] = {"sku": each.sku, "number": each.number, "pool": each.pool, "change": each.change}
    return shown | {"left": each.left, "reason": each.reason}


def _act(reason: str) -> Callable[[Connection, str, dict[Cell, int], Cause], tuple[Movement, ...]]:
    """What a reason does to the units that it is given for."""
    if reason == "counted":
        return counting.count
    if reason == "set-aside":
        return contingency.set_aside
    if reason == "put-back":
        return contingency.put_back
    sign = {**dict.fromkeys(COMES, 1), **dict.fromkeys(GOES, -1)}[reason]

    def move(db: Connection, tenant: str, units: dict[Cell, int], cause: Cause) -> tuple[Movement, ...]:
        changes = {cell: sign * quantity for cell, quantity in units.items()}
        how: dict[str, Any] = {"reason": cause.reason, "reference": cause.reference, "actor": cause.actor}
        return stock.move(db, tenant, changes, now=cause.at, **how)

    return move


def _unknown(db: Connection, who: Principal, new: NewMovement) -> Iterable[Fault]:
    """Hubs and SKUs that there are not; to a hub operator, hubs of others are none."""
    named = {line.hub for line in new.lines}
    no_hubs = missing(db, who.tenant, hubs, named)
    if who.hub_partner is not None:
        mine = select(hubs.c.id).where(hubs.c.tenant == who.tenant, hubs.c.partner == who.hub_partner)
        no_hubs = named - set(db.execute(mine.where(hubs.c.id.in_(named))).scalars())
    no_skus = missing(db, who.tenant, skus, {line.sku for line in new.lines})
    for index, line in enumerate(new.lines):
        for what, name, absent in (("hub", line.hub, no_hubs), ("sku", line.sku, no_skus)):
            if name in absent:
                message = f"there is no {what} {name[:60]!r}; add it to the registry, or mend the name"
                yield Fault(pointer=f"/lines/{index}/{what}", code=f"unknown-{what}", message=message)


def _twice(new: NewMovement) -> Iterable[Fault]:
    """Counts that contradict each other."""
    first: dict[Cell, int] = {}
    for index, line in enumerate(new.lines if new.reason == "counted" else ()):
        before = first.setdefault((line.hub, line.sku), index)
        if before != index:
            message = f"was counted already in line {before}; keep one of the two"
            yield Fault(pointer=f"/lines/{index}/sku", code="duplicate-id", message=message)
