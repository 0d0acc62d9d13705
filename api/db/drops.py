"""Drops: open while orders come in, then closed, released to its hubs and couriers, or cancelled."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    Table,
    and_,
    bindparam,
    delete,
    func,
    insert,
    literal,
    select,
    union_all,
    update,
)

from api.db.connect import inserting
from api.db.tables.drops import drop_carriers, drop_couriers, drop_hubs, drops
from api.db.tables.orders import orders
from api.db.tables.registry import carriers, couriers, hubs
from api.deps import Changed
from api.drop_settings import DropSettings, Registered, Tree
from api.ordering import names_of
from api.remembered import Remembered
from router import codec
from router.errors import Conflict, NotFound
from router.faults import Names

_SETTINGS: Remembered[DropSettings] = Remembered(32)
_NAMES: Remembered[Names] = Remembered(32)

State = Literal["open", "closed", "released", "cancelled"]


class NoDrop(NotFound):
    """The marketplace has no drop of that id."""

    code, title = "no-drop", "There is no such drop"

    def __init__(self, drop: str) -> None:
        super().__init__(f"there is no drop {drop!r}")


class DropExists(Conflict):
    """A drop is to be created under an id that another one has."""

    code, title = "drop-exists", "There is a drop of that id"

    def __init__(self, drop: str) -> None:
        super().__init__(f"there is a drop {drop!r} already: edit it, or give the new one another id", drop=drop)


class DropNotOpen(Conflict):
    """Something was asked of a drop that its state does not allow any more."""

    code, title = "drop-not-open", "The drop has gone on"

    def __init__(self, drop: str, state: str, allowed: Collection[str]) -> None:
        super().__init__(f"drop {drop!r} is {state}; this takes one that is {' or '.join(allowed)}", state=state)


class DropEdited(Conflict):
    """A drop was edited while orders of it were being read."""

    code, title = "drop-edited", "The drop was edited meanwhile"

    def __init__(self, drop: str) -> None:
        super().__init__(f"drop {drop!r} was edited while its orders were read: send the rest again", drop=drop)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCounts:
    """How many orders of a drop are in each state; ``short``: held and cleared ones that found no stock."""

    held: int
    cleared: int
    cancelled: int
    short: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DropEntry:
    """A drop as a list shows it."""

    id: str
    title: str | None
    state: str
    created_at: datetime
    updated_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveDrop:
    """A drop as the service keeps it. ``orders`` are counted where one drop alone is asked for."""

    id: str
    state: str
    revision: int
    settings: DropSettings
    created_at: datetime
    updated_at: datetime
    closed_at: datetime | None
    orders: OrderCounts | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stands:
    """How a drop stands: enough to know whether something may be done, and whether its settings are known."""

    id: str
    state: str
    revision: int
    settings_sha256: str


def registered(db: Connection, tenant: str, names: Mapping[str, Collection[str]]) -> Registered:
    """What the registry knows of these hubs, couriers and carriers."""
    return Registered(
        hubs=_documents(db, tenant, hubs, names["hubs"]),
        couriers=_documents(db, tenant, couriers, names["couriers"]),
        carriers=_documents(db, tenant, carriers, names["carriers"]),
    )


def add(db: Connection, tenant: str, asked: DropSettings, now: datetime) -> LiveDrop:
    """A new drop, open. Raises ``DropExists``."""
    row = {"id": asked.id, "revision": 1, "state": "open", "created_at": now, **_written(asked, now)}
    added = inserting(db)(drops).values(tenant=tenant, **row).on_conflict_do_nothing().returning(drops.c.id)
    if db.execute(added).one_or_none() is None:
        raise DropExists(asked.id)
    _use(db, tenant, asked)
    return get(db, tenant, asked.id)


def get(db: Connection, tenant: str, drop: str) -> LiveDrop:
    """One drop. Raises ``NoDrop``."""
    row = db.execute(select(drops).where(_row(tenant, drop))).one_or_none()
    if row is None:
        raise NoDrop(drop)
    return LiveDrop(
        id=row.id,
        state=row.state,
        revision=row.revision,
        settings=settings_of(row.settings),
        created_at=row.created_at,
        updated_at=row.updated_at,
        closed_at=row.closed_at,
    )


def listed(tenant: str, state: str | None = None) -> Select[Any]:
    """The drops of a marketplace, for ``entry`` to make records of."""
    wanted = select(drops.c.id, drops.c.title, drops.c.state, drops.c.created_at, drops.c.updated_at, drops.c.closed_at)
    wanted = wanted.where(drops.c.tenant == tenant)
    return wanted if state is None else wanted.where(drops.c.state == state)


def entry(row: Row[Any]) -> DropEntry:
    """The record of a row of ``listed``."""
    return DropEntry(**row._mapping)


def counts(db: Connection, tenant: str, drop: str) -> OrderCounts:
    """How many orders of a drop are in each state. O(orders)."""
    mine = and_(orders.c.tenant == tenant, orders.c.drop == drop)
    grouped = select(orders.c.state, orders.c.stock, func.count()).where(mine).group_by(orders.c.state, orders.c.stock)
    found = {(state, stock): number for state, stock, number in db.execute(grouped)}

    def of(which: str) -> int:
        return sum(number for words, number in found.items() if which in words)

    return OrderCounts(held=of("held"), cleared=of("cleared"), cancelled=of("cancelled"), short=of("short"))


_STANDS = select(drops.c.id, drops.c.state, drops.c.revision, drops.c.settings_sha256)
_STANDS = _STANDS.where(drops.c.tenant == bindparam("of"), drops.c.id == bindparam("named"))
_FIRM = _STANDS.with_for_update(read=True)


def stands(db: Connection, tenant: str, drop: str, *, firm: bool = False) -> Stands:
    """How a drop stands. ``firm``: it stands so until the transaction ends. Raises ``NoDrop``."""
    row = db.execute(_FIRM if firm else _STANDS, {"of": tenant, "named": drop}).one_or_none()
    if row is None:
        raise NoDrop(drop)
    return Stands(**row._mapping)


def in_state(db: Connection, tenant: str, drop: str, *allowed: str) -> Stands:
    """How a drop stands, until the transaction ends. Raises ``NoDrop``, ``DropNotOpen`` for any other state."""
    found = stands(db, tenant, drop, firm=True)
    if found.state not in allowed:
        raise DropNotOpen(drop, found.state, allowed)
    return found


def edit(db: Connection, tenant: str, asked: DropSettings, *, revision: int, now: datetime) -> LiveDrop:
    """Gives an open drop other settings. Whether its orders fit these is for ``fitting.check``, afterwards.

    Raises ``NoDrop``, ``DropNotOpen``, ``Changed``.
    """
    same = and_(_row(tenant, asked.id), drops.c.revision == revision, drops.c.state == "open")
    if not db.execute(update(drops).where(same).values(revision=revision + 1, **_written(asked, now))).rowcount:
        in_state(db, tenant, asked.id, "open")
        raise Changed
    for table in (drop_hubs, drop_couriers, drop_carriers):
        db.execute(delete(table).where(table.c.tenant == tenant, table.c.drop == asked.id))
    _use(db, tenant, asked)
    return get(db, tenant, asked.id)


def turn(db: Connection, tenant: str, drop: str, into: State, *, of: tuple[State, ...], now: datetime) -> bool:
    """Gives a drop another state, once; False where it has it. Raises ``NoDrop``, ``DropNotOpen``."""
    values: dict[str, Any] = {"state": into, "revision": drops.c.revision + 1, "updated_at": now}
    if into in ("open", "closed"):
        values["closed_at"] = now if into == "closed" else None
    if db.execute(update(drops).where(_row(tenant, drop), drops.c.state.in_(of)).values(values)).rowcount:
        return True
    in_state(db, tenant, drop, into, *of)
    return False


def settings_of(document: str) -> DropSettings:
    """The settings that were stored as ``document``."""
    return codec.read_as(DropSettings, document.encode(), "drop")


def settings(db: Connection, tenant: str, found: Stands) -> DropSettings:
    """The settings of a drop as it stands; read once as long as they stay the same."""
    return _SETTINGS.of(found.settings_sha256, lambda: settings_of(stored_settings(db, tenant, found.id)))


def names(found: Stands, known: DropSettings) -> Names:
    """What orders of a drop may name; made once as long as its settings stay the same."""
    return _NAMES.of(found.settings_sha256, lambda: names_of(known))


_REGISTRY = ((drop_hubs, hubs, "hub"), (drop_couriers, couriers, "courier"), (drop_carriers, carriers, "carrier"))
_EDITED = union_all(
    *(
        select(
            literal(table.name).label("part"), func.count(), func.sum(table.c.revision), func.max(table.c.updated_at)
        )
        .select_from(table)
        .where(table.c.tenant == bindparam("of"))
        for _, table, _ in _REGISTRY
    )
).order_by("part")


def used(db: Connection, tenant: str, drop: str) -> tuple[tuple[str, str, str], ...]:
    """Part (``hubs``, ``couriers``, ``carriers``), id and document of what a drop uses of the registry, in order."""
    parts = []
    for uses, table, what in _REGISTRY:
        same = and_(table.c.tenant == uses.c.tenant, table.c.id == uses.c[what])
        mine = and_(uses.c.tenant == tenant, uses.c.drop == drop)
        columns = (literal(table.name).label("part"), table.c.id, table.c.document)
        parts.append(select(*columns).join_from(uses, table, same).where(mine))
    return tuple((row.part, row.id, row.document) for row in db.execute(union_all(*parts).order_by("part", "id")))


def edited(db: Connection, tenant: str) -> str:
    """What is another after every edit of a marketplace's hubs, couriers and carriers, and soon read."""
    return repr([tuple(row) for row in db.execute(_EDITED, {"of": tenant})])


def stored_settings(db: Connection, tenant: str, drop: str) -> str:
    """The settings of a drop as they are stored. Raises ``NoDrop``."""
    found: str | None = db.execute(select(drops.c.settings).where(_row(tenant, drop))).scalar_one_or_none()
    if found is None:
        raise NoDrop(drop)
    return found


def _written(settings: DropSettings, now: datetime) -> dict[str, Any]:
    return {
        "title": settings.title,
        "settings": codec.canonical(settings).decode(),
        "settings_sha256": codec.sha256(settings),
        "updated_at": now,
    }


def _use(db: Connection, tenant: str, settings: DropSettings) -> None:
    """Keeps what the settings name from being deleted."""
    used: Iterable[tuple[Table, str, list[str]]] = (
        (drop_hubs, "hub", [each.id for each in settings.hubs]),
        (drop_couriers, "courier", [each.id for each in settings.couriers]),
        (drop_carriers, "carrier", [each.id for each in settings.carriers]),
    )
    for table, what, ids in used:
        if ids:
            db.execute(insert(table), [{"tenant": tenant, "drop": settings.id, what: each} for each in ids])


def _documents(db: Connection, tenant: str, table: Table, ids: Collection[str]) -> dict[str, Tree]:
    found: dict[str, Tree] = {}
    wanted = sorted(ids)
    for start in range(0, len(wanted), 500):
        part = table.c.id.in_(wanted[start : start + 500])
        rows = select(table.c.id, table.c.document).where(table.c.tenant == tenant, part)
        found |= {row.id: json.loads(row.document) for row in db.execute(rows)}
    return found


def _row(tenant: str, drop: str) -> ColumnElement[bool]:
    return and_(drops.c.tenant == tenant, drops.c.id == drop)
