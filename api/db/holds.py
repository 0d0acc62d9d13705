"""Holds: stock kept for a drop or a checkout, correct by the clock alone.

The units of a hold are reserved like any other. From the instant of its expiry they count as free, and whoever wants
them takes them over (``api.db.stock``); nothing sweeps. A hold ends once: it is released, it is converted into the
reservation of an order, or its time comes.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, delete, insert, select, update

from api.db import articles, registry, stock
from api.db.connect import inserting
from api.db.events import Event
from api.db.stock import Cell, StockShort
from api.db.tables.holds import held_units, holds
from api.db.tables.registry import hubs
from api.holding import HeldUnits, Hold, HoldLine, NewHold, State
from router import codec
from router.errors import Conflict, Fault, Faulty, NotFound

TRIES = 2
"""How often stock is chosen without a lock, before it is locked to choose."""


class NoHold(NotFound):
    """The marketplace has no hold of that id."""

    code, title = "no-hold", "There is no such hold"

    def __init__(self, hold: str) -> None:
        super().__init__(f"there is no hold {hold[:60]!r}")


class HoldOver(Conflict):
    """Something is asked of a hold that has expired, was released, or became an order's."""

    code, title = "hold-over", "The hold is over"

    def __init__(self, hold: str, state: State) -> None:
        super().__init__(f"hold {hold[:60]!r} is {state}: place another one", state=state)


class HoldDiffers(Conflict):
    """A hold comes under an id under which there is another one."""

    code, title = "hold-differs", "There is another hold of that id"

    def __init__(self, hold: str) -> None:
        super().__init__(f"hold {hold[:60]!r} was placed before for something else: give this one another id")


class HoldShort(Conflict):
    """What a hold asks for is not free. ``faults`` has every line that wants too much."""

    code, title = "hold-short", "There is not enough stock to hold"

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("; ".join(each.message for each in faults), lines=len(faults))
        self.faults = tuple(faults)


def place(
    db: Connection, tenant: str, hold: str, new: NewHold, expires_at: datetime, now: datetime
) -> tuple[Hold, bool]:
    """Keeps all that a hold asks for, and whether it is new: the same one again is the one that is there.

    Raises ``Faulty`` for SKUs and hubs that there are not, ``HoldShort``, ``HoldDiffers``.
    """
    made_of = _known(db, tenant, new.lines)
    row = {
        "tenant": tenant,
        "id": hold,
        "revision": 1,
        "for_drop": new.drop,
        "for_checkout": new.checkout,
        "state": "held",
        "lines": _spelt(new.lines),
        "units": "[]",
        "created_at": now,
        "expires_at": expires_at,
    }
    claim = inserting(db)(holds).values(row).on_conflict_do_nothing().returning(holds.c.id)
    if db.execute(claim).one_or_none() is None:
        found = db.execute(listed(tenant).where(holds.c.id == hold)).one()
        if (found.lines, found.for_drop, found.for_checkout) != (row["lines"], new.drop, new.checkout):
            raise HoldDiffers(hold)
        return hold_of(found, now), False
    units = _reserve(db, tenant, new.lines, made_of, now)
    kept = [{"hub": hub, "sku": sku, "units": quantity} for (hub, sku), quantity in sorted(units.items())]
    db.execute(
        insert(held_units), [{"tenant": tenant, "hold": hold, "expires_at": expires_at, **each} for each in kept]
    )
    spelt = json.dumps([[each["hub"], each["sku"], each["units"]] for each in kept], ensure_ascii=False)
    db.execute(update(holds).where(_of(tenant, hold)).values(units=spelt))
    return read(db, tenant, hold, now), True


def read(db: Connection, tenant: str, hold: str, now: datetime) -> Hold:
    """The hold as it is at ``now``. Raises ``NoHold``."""
    return hold_of(_row(db, tenant, hold), now)


def listed(
    tenant: str,
    *,
    drop: str | None = None,
    checkout: str | None = None,
    state: State | None = None,
    now: datetime | None = None,
) -> Select[Any]:
    """Holds of a drop or checkout, in ``state`` at ``now``; order them by creation and id."""
    rows = select(holds).where(holds.c.tenant == tenant)
    if drop is not None:
        rows = rows.where(holds.c.for_drop == drop)
    if checkout is not None:
        rows = rows.where(holds.c.for_checkout == checkout)
    if state in ("held", "expired"):
        runs = holds.c.expires_at > now if state == "held" else holds.c.expires_at <= now
        rows = rows.where(holds.c.state == "held", runs)
    elif state is not None:
        rows = rows.where(holds.c.state == state)
    return rows


def hold_of(row: Row[Any], now: datetime) -> Hold:
    """A row as what it is at ``now``."""
    return Hold(
        id=row.id,
        state=_state(row, now),
        drop=row.for_drop,
        checkout=row.for_checkout,
        lines=tuple(HoldLine(**each) for each in json.loads(row.lines)),
        units=tuple(HeldUnits(hub=hub, sku=sku, quantity=units) for hub, sku, units in json.loads(row.units)),
        created_at=row.created_at,
        expires_at=row.expires_at,
        ended_at=row.ended_at,
    )


def extend(db: Connection, tenant: str, hold: str, expires_at: datetime, now: datetime) -> Hold:
    """Lets a hold last until ``expires_at``. Raises ``NoHold``, and ``HoldOver`` where it does not run any more."""
    row = _running(db, tenant, hold, now)
    db.execute(update(holds).where(_of(tenant, hold)).values(expires_at=expires_at, revision=holds.c.revision + 1))
    mine = and_(held_units.c.tenant == tenant, held_units.c.hold == hold)
    if db.execute(update(held_units).where(mine).values(expires_at=expires_at)).rowcount != len(json.loads(row.units)):
        raise HoldOver(hold, "expired")
    return read(db, tenant, hold, now)


def release(db: Connection, tenant: str, hold: str, now: datetime) -> tuple[Hold, bool]:
    """Gives back what a hold keeps, and whether it kept anything: one that is over stays what it is.

    Raises ``NoHold``, and ``HoldOver`` for one that became an order's.
    """
    row = _row(db, tenant, hold, firm=True)
    state = _state(row, now)
    if state == "converted":
        raise HoldOver(hold, state)
    if state == "held":
        _end(db, tenant, hold, "released", now)
        stock.unreserve(db, tenant, _freed(db, tenant, hold))
    return read(db, tenant, hold, now), state == "held"


def convert(db: Connection, tenant: str, hold: str, now: datetime) -> dict[Cell, int]:
    """Ends a hold and leaves its units reserved: they are the caller's from here on, and nobody else's.

    Raises ``NoHold``, and ``HoldOver`` where it does not run any more or was converted before.
    """
    row = _running(db, tenant, hold, now)
    _end(db, tenant, hold, "converted", now)
    units = _freed(db, tenant, hold)
    if len(units) != len(json.loads(row.units)):
        raise HoldOver(hold, "expired")
    return units


def event(hold: Hold, what: str, *, event_id: str, now: datetime) -> Event:
    """Word of a hold: ``hold.created``, ``hold.extended`` or ``hold.released``."""
    units = [{"hub": each.hub, "sku": each.sku, "quantity": each.quantity} for each in hold.units]
    data = {"drop": hold.drop, "checkout": hold.checkout, "expires_at": codec.plain(hold.expires_at), "units": units}
    return Event(id=event_id, type=f"hold.{what}", subject=f"hold/{hold.id}", time=now, data=data)


def _running(db: Connection, tenant: str, hold: str, now: datetime) -> Row[Any]:
    """The row of a hold that runs, locked. Raises ``NoHold``, ``HoldOver``."""
    row = _row(db, tenant, hold, firm=True)
    state = _state(row, now)
    if state != "held":
        raise HoldOver(hold, state)
    return row


def _row(db: Connection, tenant: str, hold: str, *, firm: bool = False) -> Row[Any]:
    wanted = listed(tenant).where(holds.c.id == hold)
    row = db.execute(wanted.with_for_update() if firm else wanted).one_or_none()
    if row is None:
        raise NoHold(hold)
    return row


def _state(row: Row[Any], now: datetime) -> State:
    if row.state == "held" and row.expires_at <= now:
        return "expired"
    state: State = row.state
    return state


def _end(db: Connection, tenant: str, hold: str, state: State, now: datetime) -> None:
    values = {"state": state, "ended_at": now, "revision": holds.c.revision + 1}
    db.execute(update(holds).where(_of(tenant, hold)).values(values))


def _freed(db: Connection, tenant: str, hold: str) -> dict[Cell, int]:
    """What a hold still keeps, which is no longer its own."""
    mine = and_(held_units.c.tenant == tenant, held_units.c.hold == hold)
    db.execute(select(held_units.c.hub).where(mine).order_by(held_units.c.hub, held_units.c.sku).with_for_update())
    gone = delete(held_units).where(mine).returning(held_units.c.hub, held_units.c.sku, held_units.c.units)
    return {(row.hub, row.sku): row.units for row in db.execute(gone)}


def _known(db: Connection, tenant: str, lines: Sequence[HoldLine]) -> articles.Parts:
    """What the lines are made of. Raises ``Faulty`` with every SKU and hub that there is not."""
    made_of = articles.parts(db, tenant, {line.sku for line in lines})
    no_hubs = registry.missing(db, tenant, hubs, {line.hub for line in lines if line.hub is not None})
    faults = []
    for index, line in enumerate(lines):
        if line.sku not in made_of:
            faults.append(_unknown(f"/lines/{index}/sku", "unknown-sku", line.sku))
        if line.hub in no_hubs and line.hub is not None:
            faults.append(_unknown(f"/lines/{index}/hub", "unknown-hub", line.hub))
    if faults:
        raise Faulty("hold", tuple(faults))
    return made_of


def _unknown(pointer: str, code: str, name: str) -> Fault:
    message = f"there is no {code.removeprefix('unknown-')} {name[:60]!r} in the registry; add it, or mend the name"
    return Fault(pointer=pointer, code=code, message=message)


def _reserve(
    db: Connection, tenant: str, lines: Sequence[HoldLine], made_of: articles.Parts, now: datetime
) -> dict[Cell, int]:
    """Reserves what the lines want, and says where. Raises ``HoldShort``.

    Chosen from what is free, without a lock; where somebody was faster, chosen again, at last under a lock.
    """
    skus = {sku for line in lines for sku in made_of[line.sku]}
    for _ in range(TRIES):
        with suppress(StockShort), db.begin_nested():
            return _once(db, tenant, skus, lines, made_of, now, firm=False)
    return _once(db, tenant, skus, lines, made_of, now, firm=True)


def _once(
    db: Connection,
    tenant: str,
    skus: Collection[str],
    lines: Sequence[HoldLine],
    made_of: articles.Parts,
    now: datetime,
    *,
    firm: bool,
) -> dict[Cell, int]:
    units = _chosen(stock.available(db, tenant, skus, now, firm=firm), lines, made_of)
    stock.reserve(db, tenant, units, now)
    return units


def _chosen(free: dict[Cell, int], lines: Sequence[HoldLine], made_of: articles.Parts) -> dict[Cell, int]:
    """Where to take what the lines want: those with a hub first, then the others. Raises ``HoldShort``."""
    there = dict(free)
    units: dict[Cell, int] = {}
    for line in lines:
        for sku, each in made_of[line.sku].items() if line.hub is not None else ():
            cell = (str(line.hub), sku)
            units[cell] = units.get(cell, 0) + each * line.quantity
    left = {cell: free.get(cell, 0) - quantity for cell, quantity in units.items()}
    anywhere: dict[str, int] = {}
    for line in lines:
        for sku, each in made_of[line.sku].items() if line.hub is None else ():
            anywhere[sku] = anywhere.get(sku, 0) + each * line.quantity
    free |= {cell: max(0, quantity) for cell, quantity in left.items()}
    chosen = stock.choose(free, anywhere)
    if chosen is None or any(quantity < 0 for quantity in left.values()):
        raise HoldShort(tuple(_short(there, lines, made_of, units, anywhere)))
    return {cell: units.get(cell, 0) + chosen.get(cell, 0) for cell in {*units, *chosen}}


def _short(
    free: Mapping[Cell, int],
    lines: Sequence[HoldLine],
    made_of: articles.Parts,
    at_hubs: Mapping[Cell, int],
    anywhere: Mapping[str, int],
) -> Iterator[Fault]:
    """A fault for every line that wants, with all other lines, more of a SKU than there is."""
    for index, line in enumerate(lines):
        for sku in sorted(made_of[line.sku]):
            if line.hub is not None:
                where, wanted, there = line.hub, at_hubs[line.hub, sku], free.get((line.hub, sku), 0)
            else:
                at = sum(min(units, free.get(cell, 0)) for cell, units in at_hubs.items() if cell[1] == sku)
                where, wanted = "all hubs", anywhere[sku]
                there = sum(units for cell, units in free.items() if cell[1] == sku) - at
            if wanted > there:
                message = f"{where} has {there} of the {wanted} x {sku} wanted"
                yield Fault(pointer=f"/lines/{index}/quantity", code=StockShort.code, message=message)
                break


def _spelt(lines: Sequence[HoldLine]) -> str:
    return json.dumps(codec.plain(tuple(lines)), ensure_ascii=False, sort_keys=True)


def _of(tenant: str, hold: str) -> ColumnElement[bool]:
    return and_(holds.c.tenant == tenant, holds.c.id == hold)
