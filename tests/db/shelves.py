"""A marketplace with hubs, SKUs and stock, straight in the database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, insert, select

from api.db import accounts, migrate, stock
from api.db.connect import Database, connect
from api.db.stock import Cell
from api.db.tables.holds import held_units, holds
from api.db.tables.registry import articles, hubs, skus
from api.db.tables.stock import stock as rows

TENANT = "pop-up"
NOW = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@contextmanager
def shelved(address: str, units: Mapping[Cell, int], tenant: str = TENANT) -> Iterator[Database]:
    """The database at ``address`` with a marketplace that has these units."""
    store = connect(address, pool_size=5)
    migrate.upgrade(store)
    with store.write() as db:
        accounts.add_tenant(db, tenant, name=tenant, now=NOW)
        shelve(db, units, tenant)
    yield store
    store.close()


def shelve(db: Connection, units: Mapping[Cell, int], tenant: str = TENANT) -> None:
    """Adds these units, and the hubs and SKUs that are not there yet."""
    known = {"id": "", "revision": 1, "document": "{}", "created_at": NOW, "updated_at": NOW}
    for sku in sorted(
        {sku for _, sku in units} - set(db.execute(select(skus.c.id).where(skus.c.tenant == tenant)).scalars())
    ):
        db.execute(insert(articles).values(tenant=tenant, id=sku, kind="sku"))
        db.execute(insert(skus).values(tenant=tenant, **(known | {"id": sku})))
    for hub in sorted(
        {hub for hub, _ in units} - set(db.execute(select(hubs.c.id).where(hubs.c.tenant == tenant)).scalars())
    ):
        db.execute(insert(hubs).values(tenant=tenant, partner="northdock", **(known | {"id": hub})))
    stock.stocked(db, tenant, units)
    stock.move(db, tenant, units, reason="received", reference=None, actor="key/test", now=NOW)


def hold(db: Connection, hold_id: str, units: Mapping[Cell, int], *, until: datetime, now: datetime = NOW) -> None:
    """Reserves units for a hold."""
    stock.reserve(db, TENANT, units, now)
    written = {"for_checkout": "c", "state": "held", "lines": "[]", "units": "[]", "created_at": now, "revision": 1}
    db.execute(insert(holds).values(tenant=TENANT, id=hold_id, expires_at=until, **written))
    for (hub, sku), quantity in units.items():
        db.execute(
            insert(held_units).values(tenant=TENANT, hold=hold_id, hub=hub, sku=sku, units=quantity, expires_at=until)
        )


def counted(db: Connection, cell: Cell, tenant: str = TENANT) -> tuple[int, int]:
    """On hand and reserved."""
    wanted = select(rows.c.on_hand, rows.c.reserved).where(
        rows.c.tenant == tenant, rows.c.hub == cell[0], rows.c.sku == cell[1]
    )
    row = db.execute(wanted).one()
    return row.on_hand, row.reserved
